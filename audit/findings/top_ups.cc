#include "audit/findings/top_ups.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "audit/findings/calendar_clock.h"

namespace plumbline::audit {

using replay::IsKnown;

int64_t TopUpDue(const CompiledTopUp& rule, WorkerFrame& frame, int plan,
                 size_t period) {
  const Period window = frame.Periods(plan)[period];
  if (rule.next_window) return frame.Next(plan, period).to;
  if (rule.months > 0) {
    return PlusMonths(window.to, rule.months, frame.clock(), frame.zone());
  }
  if (rule.days == 0) return window.to;
  return frame.DayStart(frame.clock().Day(window.to) + rule.days);
}

TopUps FindTopUps(const CompiledTopUp& rule, WorkerFrame& frame, int plan,
                  size_t period, int64_t due) {
  TopUps found;
  const Period window = frame.Periods(plan)[period];
  const auto tasks = frame.timeline().tasks;
  // Tasks of the window; false: it runs over an end, and may count elsewhere.
  std::map<uint32_t, bool> own;
  for (uint32_t i : frame.TasksIn(plan, period)) own[i] = true;
  for (uint32_t i : frame.Straddlers(plan, period)) own[i] = false;
  std::map<std::string_view, uint32_t> by_id;
  auto of_window = [&](std::string_view task) -> const uint32_t* {
    if (by_id.empty()) {
      for (const auto& [i, sure] : own) by_id.emplace(tasks[i].task_id, i);
    }
    const auto found = by_id.find(task);
    return found == by_id.end() ? nullptr : &found->second;
  };
  // Lines that name a task are in the task's own pay as well; what is left of
  // it came in columns.
  std::map<uint32_t, __int128> by_line;
  for (const replay::PayLine& line : frame.timeline().pay) {
    if (((rule.mask >> line.kind) & 1) == 0 || !IsKnown(line.amount)) continue;
    bool certain = true;
    if (!line.task_id.empty()) {
      const uint32_t* task = of_window(line.task_id);
      if (task == nullptr) continue;
      by_line[*task] += line.amount;
      certain = own[*task];
    } else if (IsKnown(line.period_start) && IsKnown(line.period_end)) {
      if (line.period_end <= window.from || line.period_start >= window.to) {
        continue;
      }
      certain =
          line.period_start >= window.from && line.period_end <= window.to;
    } else if (IsKnown(line.earned_at)) {
      if (line.earned_at < window.from || line.earned_at >= window.to) continue;
    } else {
      // Nothing says what it is for: perhaps for this window.
      if (IsKnown(line.paid_at) &&
          (line.paid_at < window.from || line.paid_at >= due)) {
        continue;
      }
      certain = false;
    }
    if (IsKnown(line.paid_at) && line.paid_at >= due) {
      found.late += line.amount;
      found.last_late = std::max(found.last_late, line.paid_at);
    } else if (certain && IsKnown(line.paid_at)) {
      found.in_time += line.amount;
    } else {
      found.perhaps += line.amount;
    }
  }
  for (const auto& [i, sure] : own) {
    __int128 amount = 0;
    for (const replay::PayAmount& part : tasks[i].pay) {
      if (((rule.mask >> part.kind) & 1) != 0 && IsKnown(part.amount)) {
        amount += part.amount;
      }
    }
    const auto lines = by_line.find(i);
    if (lines != by_line.end()) amount -= lines->second;
    (sure ? found.in_time : found.perhaps) += std::max<__int128>(0, amount);
  }
  return found;
}

}  // namespace plumbline::audit
