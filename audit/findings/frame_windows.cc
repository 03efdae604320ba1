// The part of WorkerFrame about windows that are no calendar, and stretches.
#include <algorithm>

#include "audit/findings/worker_frame.h"

namespace plumbline::audit {
namespace {

using replay::Interval;
using replay::IntervalSet;
using replay::IsKnown;

// Far enough for every clock, near enough to be added to.
constexpr int64_t kForever = int64_t{1} << 60;

}  // namespace

bool WorkerFrame::OwnPeriods(PlanState& state) {
  const WindowPlan& plan = state.plan;
  const bool any = first_ <= last_;
  switch (plan.kind) {
    case WindowKind::kSession:
      for (const Interval& online : timeline_->online->intervals()) {
        state.periods.push_back({online.begin, online.end});
      }
      SortByPeriod(state);
      return true;
    case WindowKind::kWeeks: {
      // One beginning in each week of the worker's time, as long as all of it
      // lies in that time; at least one.
      if (!any) break;
      WindowPlan week = plan;
      week.kind = WindowKind::kDays;
      week.count = 7;
      if (week.anchor == kNoDay) week.anchor = 4 + week.week_start;
      const int64_t last = clock_.Day(last_);
      Period start = PeriodOf(week, clock_.Day(first_));
      do {
        const int64_t day = clock_.Day(start.from);
        state.periods.push_back(
            {start.from, DayStart(day + 7 * int64_t{plan.count})});
        start = PeriodOf(week, day + 7);
      } while (clock_.Day(start.from) + 7 * int64_t{plan.count} - 1 <= last);
      break;
    }
    case WindowKind::kRolling: {
      // The most or the least of anything in a window of fixed length comes
      // where the window begins or ends with a stretch.
      if (!any) break;
      const IntervalSet& set = Set(plan.sets);
      for (const Interval& part : set.intervals()) {
        state.periods.push_back({part.begin, part.begin + plan.rolling});
        const int64_t before = part.end - plan.rolling;
        if (before >= first_) state.periods.push_back({before, part.end});
      }
      std::sort(
          state.periods.begin(), state.periods.end(),
          [](const Period& a, const Period& b) { return a.from < b.from; });
      const auto end = std::unique(
          state.periods.begin(), state.periods.end(),
          [](const Period& a, const Period& b) { return a.from == b.from; });
      state.periods.erase(end, state.periods.end());
      // What was not observed to its end says nothing.
      std::erase_if(state.periods, [&](const Period& window) {
        return window.to > Horizon();
      });
      break;
    }
    default:
      return false;
  }
  // Windows that overlap hold no tasks of their own.
  state.starts.assign(state.periods.size() + 1, 0);
  return true;
}

int64_t WorkerFrame::Horizon() const {
  return IsKnown(shape_.observed_to) ? shape_.observed_to : kForever;
}

bool WorkerFrame::LastsTo(int64_t instant) {
  if (IsKnown(shape_.observed_to) && shape_.observed_to >= instant) return true;
  FindSpan();
  if (last_ >= instant) return true;
  return std::any_of(timeline_->pay.begin(), timeline_->pay.end(),
                     [instant](const replay::PayLine& line) {
                       return IsKnown(line.paid_at) && line.paid_at >= instant;
                     });
}

Period WorkerFrame::Next(int plan, size_t period) {
  PlanState& state = plans_[plan];
  const Period window = state.periods[period];
  if (state.plan.kind == WindowKind::kPayPeriod) {
    if (period + 1 < state.periods.size() &&
        state.periods[period + 1].from == window.to) {
      return state.periods[period + 1];
    }
    // As long in days as this one.
    const int64_t from = clock_.Day(window.to);
    const int64_t days = from - clock_.Day(window.from);
    return {window.to, DayStart(from + days)};
  }
  return PeriodOf(state.plan, PlanDay(state.plan, window.to));
}

std::span<const Stretch> WorkerFrame::Stretches(uint32_t sets, int64_t pause) {
  Walk();
  stretches_.clear();
  // Where more of the sets may lie.
  scratch_.clear();
  uint32_t unknown = 0;
  for (const Possible& possible : possible_) {
    if ((possible.sets & sets) == 0) continue;
    scratch_.push_back({possible.from, possible.to});
    unknown |= possible.unknown;
  }
  IntervalSet more;
  more.AssignUnion(scratch_);
  for (const Interval& part : Set(sets).intervals()) {
    Stretch stretch{part.begin, part.begin, part.end};
    if (!stretches_.empty() && part.begin - stretches_.back().end < pause) {
      stretch.run_begin = stretches_.back().run_begin;
    }
    if (!more.empty() &&
        more.LengthWithin(stretch.run_begin - pause, stretch.end + pause) > 0) {
      stretch.unknown = unknown;
    }
    stretches_.push_back(stretch);
  }
  return stretches_;
}

int64_t WorkerFrame::ReachedAt(uint32_t sets, int64_t amount, int64_t from,
                               int64_t to) {
  int64_t so_far = 0;
  const auto& all = Set(sets).intervals();
  const auto first = std::partition_point(
      all.begin(), all.end(),
      [from](const Interval& part) { return part.end <= from; });
  for (const Interval& part : std::span(first, all.end())) {
    if (part.begin >= to) break;
    const int64_t begin = std::max(part.begin, from);
    const int64_t length = std::min(part.end, to) - begin;
    if (so_far + length >= amount) return begin + (amount - so_far);
    so_far += length;
  }
  return replay::kUnknown;
}

}  // namespace plumbline::audit
