// The part of WorkerFrame that cuts a life into periods of the calendar.
#include <algorithm>
#include <limits>
#include <utility>

#include "absl/time/civil_time.h"
#include "audit/findings/frame_clock.h"
#include "audit/findings/worker_frame.h"

namespace plumbline::audit {
namespace {

using replay::IsKnown;

constexpr int64_t kFirstMonday = 4;  // 1970-01-05.
constexpr uint32_t kNoPeriod = std::numeric_limits<uint32_t>::max();

int64_t CivilToDay(absl::CivilDay day) {
  return day - absl::CivilDay(1970, 1, 1);
}

}  // namespace

Period WorkerFrame::PeriodOf(const WindowPlan& plan, int64_t day) {
  int64_t from = day, to = day + 1;
  const absl::CivilDay civil = absl::CivilDay(1970, 1, 1) + day;
  // The block of n days that `day` is in, counted from `origin`.
  auto block = [&](int64_t origin, int64_t n) {
    const int64_t since = day - origin;
    const int64_t number = since >= 0 ? since / n : -((-since + n - 1) / n);
    from = origin + number * n;
    to = from + n;
  };
  switch (plan.kind) {
    case WindowKind::kWeek:
    case WindowKind::kPayPeriod:  // Where no line names its period.
      block(kFirstMonday + plan.week_start, 7);
      break;
    case WindowKind::kMonth: {
      const absl::CivilMonth month(civil);
      from = CivilToDay(absl::CivilDay(month));
      to = CivilToDay(absl::CivilDay(month + 1));
      break;
    }
    case WindowKind::kQuarter: {
      const absl::CivilMonth month(civil.year(),
                                   (civil.month() - 1) / 3 * 3 + 1);
      from = CivilToDay(absl::CivilDay(month));
      to = CivilToDay(absl::CivilDay(month + 3));
      break;
    }
    case WindowKind::kDays:
      // Without an anchor from a Monday, so that weeks come out as weeks.
      block(plan.anchor == kNoDay ? kFirstMonday : plan.anchor, plan.count);
      break;
    default:
      break;
  }
  if (plan.day_cut == 0) return {DayStart(from), DayStart(to)};
  auto cut = [&](int64_t of) {
    const absl::CivilSecond at(absl::CivilDay(1970, 1, 1) + of);
    return absl::ToUnixMillis(
        absl::FromCivil(at + plan.day_cut / replay::kSecond, zone_));
  };
  return {cut(from), cut(to)};
}

void WorkerFrame::Extend(PlanState& state, int64_t first_day,
                         int64_t last_day) {
  std::vector<Period>& periods = state.calendar.periods;
  if (periods.empty()) periods.push_back(PeriodOf(state.plan, first_day));
  const int64_t first = PeriodOf(state.plan, first_day).from;
  const int64_t last = PeriodOf(state.plan, last_day).from;
  while (periods.front().from > first) {
    const int64_t day = PlanDay(state.plan, periods.front().from - 1);
    periods.insert(periods.begin(), PeriodOf(state.plan, day));
  }
  while (periods.back().to <= last) {
    periods.push_back(
        PeriodOf(state.plan, PlanDay(state.plan, periods.back().to)));
  }
}

void WorkerFrame::Prepare(PlanState& state) {
  if (state.ready) return;
  state.ready = true;
  FindSpan();
  state.periods.clear();
  state.order = {};
  state.undated.clear();
  state.active.clear();
  state.first_days.clear();
  state.paid = false;
  state.assumed = false;
  const bool any = first_ <= last_;
  if (OwnPeriods(state)) return;
  if (state.plan.kind == WindowKind::kLog) {
    if (any) state.periods.push_back({first_, last_ + 1});
  } else if (any) {
    if (state.plan.kind == WindowKind::kPayPeriod) {
      for (const replay::PayLine& line : timeline_->pay) {
        if (Plausible(line.period_start) && Plausible(line.period_end) &&
            line.period_start < line.period_end) {
          state.periods.push_back({line.period_start, line.period_end});
        }
      }
      auto less = [](const Period& a, const Period& b) {
        return a.from != b.from ? a.from < b.from : a.to < b.to;
      };
      std::sort(state.periods.begin(), state.periods.end(), less);
      // Periods that overlap (a bonus line for a whole month) are left to the
      // first of them: an instant belongs to one period only.
      size_t kept = 0;
      for (const Period& period : state.periods) {
        if (kept > 0 && state.periods[kept - 1].to > period.from) continue;
        state.periods[kept++] = period;
      }
      state.periods.resize(kept);
    }
    if (state.periods.empty()) {
      state.assumed = state.plan.kind == WindowKind::kPayPeriod;
      const int64_t first = PlanDay(state.plan, first_);
      const int64_t last = PlanDay(state.plan, last_);
      Extend(state, first, last);
      const auto& all = state.calendar.periods;
      auto at = std::upper_bound(
          all.begin(), all.end(), first_,
          [](int64_t instant, const Period& p) { return instant < p.to; });
      for (; at != all.end() && at->from <= last_; ++at) {
        state.periods.push_back(*at);
      }
    }
  }
  SortByPeriod(state);
}

void WorkerFrame::SortByPeriod(PlanState& state) {
  const std::vector<Period>& periods = state.periods;
  const bool by_start = state.plan.straddle == Straddle::kByStart;
  const std::vector<int64_t>& counted = counted_[by_start ? 1 : 0];
  state.starts.assign(periods.size() + 1, 0);
  state.cut.clear();
  state.cut_starts.clear();
  if (periods.empty()) return;
  state.of_task.resize(counted.size());
  size_t cursor = 0;
  bool in_order = true;
  for (size_t i = 0; i < counted.size(); ++i) {
    const int64_t at = counted[i];
    if (at < periods[cursor].from || at >= periods[cursor].to) {
      const auto found = std::upper_bound(
          periods.begin(), periods.end(), at,
          [](int64_t instant, const Period& p) { return instant < p.to; });
      if (!IsKnown(at) || found == periods.end() || at < found->from) {
        if (!IsKnown(at)) state.undated.push_back(static_cast<uint32_t>(i));
        state.of_task[i] = kNoPeriod;
        in_order = false;
        continue;
      }
      const size_t place = found - periods.begin();
      in_order = in_order && place > cursor;
      cursor = place;
    }
    state.of_task[i] = static_cast<uint32_t>(cursor);
    ++state.starts[cursor + 1];
  }
  for (size_t p = 0; p < periods.size(); ++p) {
    state.starts[p + 1] += state.starts[p];
  }
  FindStraddlers(state);
  if (in_order) {
    state.order = std::span(numbers_).first(counted.size());
    return;
  }
  state.sorted.resize(state.starts.back());
  std::vector<uint32_t>& next = state.starts;
  // Filling moves each start to its end; walking backwards puts them right.
  for (size_t i = counted.size(); i-- > 0;) {
    const uint32_t period = state.of_task[i];
    if (period == kNoPeriod) continue;
    state.sorted[--next[period + 1]] = static_cast<uint32_t>(i);
  }
  // Now next[p + 1] is where p begins: shift down.
  for (size_t p = 0; p < periods.size(); ++p) next[p] = next[p + 1];
  next[periods.size()] = static_cast<uint32_t>(state.sorted.size());
  state.order = state.sorted;
}

// Of each task the period of its end is known here.
void WorkerFrame::FindStraddlers(PlanState& state) {
  if (state.plan.straddle != Straddle::kEither &&
      state.plan.straddle != Straddle::kSplit) {
    return;
  }
  const std::vector<Period>& periods = state.periods;
  std::vector<std::pair<uint32_t, uint32_t>> found;  // Period and task.
  for (size_t i = 0; i < counted_[0].size(); ++i) {
    const int64_t end = counted_[0][i], start = counted_[1][i];
    if (!IsKnown(end)) continue;
    const uint32_t own = state.of_task[i];
    if (own != kNoPeriod && start >= periods[own].from &&
        start < periods[own].to) {
      continue;
    }
    const int64_t first = std::min(start, end), last = std::max(start, end);
    auto at = std::upper_bound(
        periods.begin(), periods.end(), first,
        [](int64_t instant, const Period& p) { return instant < p.to; });
    for (; at != periods.end() && at->from <= last; ++at) {
      found.emplace_back(static_cast<uint32_t>(at - periods.begin()),
                         static_cast<uint32_t>(i));
    }
  }
  if (found.empty()) return;
  std::sort(found.begin(), found.end());
  state.cut_starts.assign(periods.size() + 1, 0);
  for (const auto& [period, task] : found) {
    state.cut.push_back(task);
    ++state.cut_starts[period + 1];
  }
  for (size_t p = 0; p < periods.size(); ++p) {
    state.cut_starts[p + 1] += state.cut_starts[p];
  }
}

std::span<const uint32_t> WorkerFrame::CutIn(const PlanState& state,
                                             size_t period) {
  if (state.cut_starts.empty()) return {};
  return std::span(state.cut).subspan(
      state.cut_starts[period],
      state.cut_starts[period + 1] - state.cut_starts[period]);
}

std::span<const uint32_t> WorkerFrame::Straddlers(int plan, size_t period) {
  PlanState& state = plans_[plan];
  if (state.plan.straddle != Straddle::kEither) return {};
  Prepare(state);
  return CutIn(state, period);
}

WorkerFrame::Within WorkerFrame::IsWithin(uint32_t task, Straddle straddle,
                                          int64_t from, int64_t to) const {
  const int64_t end = counted_[0][task], start = counted_[1][task];
  if (!IsKnown(end)) return Within::kNo;
  auto inside = [&](int64_t at) { return at >= from && at < to; };
  if (straddle == Straddle::kByStart) {
    return inside(start) ? Within::kYes : Within::kNo;
  }
  if (straddle != Straddle::kEither) {
    return inside(end) ? Within::kYes : Within::kNo;
  }
  if (inside(start) && inside(end)) return Within::kYes;
  return std::min(start, end) < to && std::max(start, end) >= from
             ? Within::kPerhaps
             : Within::kNo;
}

std::span<const Period> WorkerFrame::Periods(int plan) {
  PlanState& state = plans_[plan];
  Prepare(state);
  return state.periods;
}

bool WorkerFrame::PeriodsAssumed(int plan) {
  Prepare(plans_[plan]);
  return plans_[plan].assumed;
}

std::span<const uint32_t> WorkerFrame::TasksIn(int plan, size_t period) {
  PlanState& state = plans_[plan];
  Prepare(state);
  return state.order.subspan(state.starts[period],
                             state.starts[period + 1] - state.starts[period]);
}

bool WorkerFrame::AcceptedIn(int plan, size_t period, int64_t* first,
                             int64_t* last) {
  const std::span<const uint32_t> own = TasksIn(plan, period);
  const std::span<const uint32_t> cut = Straddlers(plan, period);
  const PlanState& state = plans_[plan];
  *first = state.periods[period].from;
  *last = state.periods[period].to - 1;
  if (state.plan.straddle == Straddle::kByStart && all_accepted_) return true;
  for (const std::span<const uint32_t> tasks : {own, cut}) {
    for (const uint32_t i : tasks) {
      const int64_t at = timeline_->tasks[i].accepted_at;
      if (!IsKnown(at)) return false;
      *first = std::min(*first, at);
      *last = std::max(*last, at);
    }
  }
  return true;
}

std::span<const uint8_t> WorkerFrame::Active(int plan) {
  PlanState& state = plans_[plan];
  Prepare(state);
  if (state.active.empty()) {
    for (size_t p = 0; p < state.periods.size(); ++p) {
      state.active.push_back(IsActive(state, p) ? 1 : 0);
    }
  }
  return state.active;
}

std::span<const int64_t> WorkerFrame::FirstDays(int plan) {
  PlanState& state = plans_[plan];
  Prepare(state);
  if (state.first_days.empty()) {
    for (const Period& period : state.periods) {
      state.first_days.push_back(clock_.Day(period.from));
    }
  }
  return state.first_days;
}

bool WorkerFrame::IsActive(const PlanState& state, size_t period) {
  if (state.starts[period] != state.starts[period + 1]) return true;
  const Period window = state.periods[period];
  if (LengthWithin(kEngaged, window.from, window.to) > 0 ||
      LengthWithin(kOnline, window.from, window.to) > 0) {
    return true;
  }
  for (const replay::PayLine& line : loose_) {
    const int64_t from =
        IsKnown(line.earned_at) ? line.earned_at : line.period_start;
    const int64_t to =
        IsKnown(line.earned_at) ? line.earned_at + 1 : line.period_end;
    if (IsKnown(from) && IsKnown(to) && from < window.to && to > window.from) {
      return true;
    }
  }
  return false;
}

}  // namespace plumbline::audit
