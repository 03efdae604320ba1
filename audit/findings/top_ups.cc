#include "audit/findings/top_ups.h"

#include <algorithm>
#include <set>
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
  std::set<std::string_view> ids;
  bool have_ids = false;
  auto of_window = [&](std::string_view task) {
    if (!have_ids) {
      have_ids = true;
      for (uint32_t i : frame.TasksIn(plan, period)) {
        ids.insert(tasks[i].task_id);
      }
    }
    return ids.count(task) > 0;
  };
  // Lines that name a task are in the task's own pay as well; what is left of
  // it came in columns.
  __int128 by_line = 0;
  for (const replay::PayLine& line : frame.timeline().pay) {
    if (((rule.mask >> line.kind) & 1) == 0 || !IsKnown(line.amount)) continue;
    bool certain = true;
    if (!line.task_id.empty()) {
      if (!of_window(line.task_id)) continue;
      by_line += line.amount;
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
  __int128 of_tasks = 0;
  for (uint32_t i : frame.TasksIn(plan, period)) {
    for (const replay::PayAmount& part : tasks[i].pay) {
      if (((rule.mask >> part.kind) & 1) != 0 && IsKnown(part.amount)) {
        of_tasks += part.amount;
      }
    }
  }
  found.in_time += std::max<__int128>(0, of_tasks - by_line);
  return found;
}

}  // namespace plumbline::audit
