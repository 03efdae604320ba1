#include "audit/findings/worker_frame.h"

#include <algorithm>
#include <limits>

#include "absl/time/civil_time.h"
#include "audit/measures/pay_sums.h"

namespace plumbline::audit {
namespace {

using replay::Interval;
using replay::IntervalSet;
using replay::IsKnown;
using replay::kUnknown;
using replay::Task;

// Local days of 1990-01-01 and 2100-01-01: clocks outside of them are no
// working time of anybody, and would make periods without end.
constexpr int64_t kFirstDay = 7305;
constexpr int64_t kLastDay = 47482;
constexpr int64_t kFirstInstant = kFirstDay * kDay;
constexpr int64_t kLastInstant = kLastDay * kDay;

constexpr int64_t kFirstMonday = 4;  // 1970-01-05.

constexpr uint32_t kNoPeriod = std::numeric_limits<uint32_t>::max();
constexpr int64_t kBegin = std::numeric_limits<int64_t>::min() / 4;
constexpr int64_t kEnd = std::numeric_limits<int64_t>::max() / 4;

bool Plausible(int64_t instant) {
  return instant >= kFirstInstant && instant < kLastInstant;
}

int64_t FirstKnown(std::initializer_list<int64_t> instants) {
  for (int64_t instant : instants) {
    if (IsKnown(instant)) return instant;
  }
  return kUnknown;
}

int64_t CivilToDay(absl::CivilDay day) {
  return day - absl::CivilDay(1970, 1, 1);
}

// Overlap of two stretches; 0 where they do not meet.
int64_t Overlap(int64_t a_from, int64_t a_to, int64_t b_from, int64_t b_to) {
  return std::max<int64_t>(0, std::min(a_to, b_to) - std::max(a_from, b_from));
}

}  // namespace

int64_t CountedAt(const Task& task, bool by_start) {
  if (by_start) {
    if (IsKnown(task.accepted_at)) return task.accepted_at;
    return FirstKnown({task.offered_at, task.placed_at, task.picked_up_at,
                       task.completed_at, task.cancelled_at});
  }
  if (IsKnown(task.completed_at)) return task.completed_at;
  return FirstKnown({task.cancelled_at, task.picked_up_at, task.accepted_at,
                     task.offered_at, task.placed_at});
}

WorkerFrame::WorkerFrame(absl::TimeZone zone, const LogShape& shape)
    : shape_(shape), zone_(zone), clock_(zone) {}

int WorkerFrame::AddPlan(const WindowPlan& plan) {
  for (size_t i = 0; i < plans_.size(); ++i) {
    if (plans_[i].plan == plan) return static_cast<int>(i);
  }
  plans_.emplace_back().plan = plan;
  return static_cast<int>(plans_.size()) - 1;
}

void WorkerFrame::Reset(const replay::WorkerTimeline& timeline) {
  timeline_ = &timeline;
  ++generation_;
  for (PlanState& state : plans_) state.ready = false;
  for (SetCache& cache : sets_) cache.ready = false;
  for (SumCache& cache : sums_) cache.ready = false;
  days_ready_ = false;
  walked_ = loose_ready_ = city_sets_ready_ = false;
  has_span_ = false;
  overlaps_.Reset();
}

int64_t WorkerFrame::DayStart(int64_t day) {
  if (day_starts_.empty()) {
    day_base_ = day;
    day_starts_.push_back(clock_.DayStart(day));
  }
  while (day < day_base_) {
    day_starts_.insert(day_starts_.begin(), clock_.DayStart(--day_base_));
  }
  while (day >= day_base_ + static_cast<int64_t>(day_starts_.size())) {
    day_starts_.push_back(
        clock_.DayStart(day_base_ + static_cast<int64_t>(day_starts_.size())));
  }
  return day_starts_[day - day_base_];
}

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

// All that needs every task, in one walk: most rules ask for most of it.
void WorkerFrame::Walk() {
  if (walked_) return;
  walked_ = true;
  const std::span<const Task> tasks = timeline_->tasks;
  while (numbers_.size() < tasks.size()) {
    numbers_.push_back(static_cast<uint32_t>(numbers_.size()));
  }
  counted_[0].resize(tasks.size());
  counted_[1].resize(tasks.size());
  possible_.clear();
  cities_.clear();
  all_accepted_ = true;
  int64_t first = kEnd, last = kBegin;
  for (size_t i = 0; i < tasks.size(); ++i) {
    const Task& task = tasks[i];
    all_accepted_ &= IsKnown(task.accepted_at);
    const int64_t at_end = CountedAt(task, false);
    const int64_t at_start = CountedAt(task, true);
    counted_[0][i] = at_end;
    counted_[1][i] = at_start;
    for (const int64_t at : {at_end, at_start}) {
      if (!Plausible(at)) continue;
      first = std::min(first, at);
      last = std::max(last, at);
    }
    const bool in_order = IsKnown(task.accepted_at) &&
                          IsKnown(task.completed_at) &&
                          task.accepted_at <= task.picked_up_at &&
                          task.picked_up_at <= task.completed_at;
    if (!in_order) AddPossible(task);
    if (cities_.empty() || cities_.back() != task.city) {
      if (std::find(cities_.begin(), cities_.end(), task.city) ==
          cities_.end()) {
        cities_.push_back(task.city);
      }
    }
  }
  if (cities_.empty()) cities_.push_back(0);
  for (const replay::Session& session : timeline_->sessions) {
    AddPossible(session);
  }
  first_ = first;
  last_ = last;
}

void WorkerFrame::FindSpan() {
  Walk();
  if (has_span_) return;
  has_span_ = true;
  auto take = [&](int64_t from, int64_t to) {
    if (!Plausible(from) || !Plausible(to)) return;
    first_ = std::min(first_, from);
    last_ = std::max(last_, to);
  };
  for (const IntervalSet* set : {timeline_->engaged, timeline_->online}) {
    for (const Interval& part : set->intervals()) {
      const int64_t from = std::max(part.begin, kFirstInstant);
      const int64_t to = std::min(part.end - 1, kLastInstant - 1);
      if (from <= to) take(from, to);
    }
  }
  if (!loose_ready_) {
    loose_ready_ = true;
    loose_.clear();
    VisitLoosePay(*timeline_,
                  [&](const replay::PayLine& line) { loose_.push_back(line); });
  }
  for (const replay::PayLine& line : loose_) {
    if (IsKnown(line.earned_at)) {
      take(line.earned_at, line.earned_at);
    } else if (IsKnown(line.period_start) && IsKnown(line.period_end) &&
               line.period_end > line.period_start) {
      take(line.period_start, line.period_end - 1);
    }
  }
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

const IntervalSet* WorkerFrame::Single(uint32_t set) const {
  switch (set) {
    case kEngaged:
      return timeline_->engaged;
    case kToPickup:
      return timeline_->to_pickup;
    case kLoaded:
      return timeline_->loaded;
    case kOnline:
      return timeline_->online;
    case kOnCall:
      return timeline_->on_call;
    case kRequired:
      return timeline_->required;
    default:
      return nullptr;
  }
}

// The union of sets, which lives as the timeline does; the reference until the
// next call.
WorkerFrame::SetCache& WorkerFrame::CacheOf(uint32_t sets) {
  SetCache* found = nullptr;
  for (SetCache& cache : sets_) {
    if (cache.sets == sets) found = &cache;
  }
  if (found == nullptr) {
    found = &sets_.emplace_back();
    found->sets = sets;
  }
  if (found->ready) return *found;
  found->ready = true;
  found->measured = found->by_days = false;
  // Empty parts add nothing, and one set alone needs no union.
  uint32_t full = 0;
  for (uint32_t bit = 1; bit <= kRequired; bit <<= 1) {
    if ((sets & bit) != 0 && !Single(bit)->empty()) full |= bit;
  }
  if (full == 0) full = sets & -sets;
  found->single = Single(full);
  if (found->single != nullptr) return *found;
  scratch_.clear();
  for (uint32_t bit = 1; bit <= kRequired; bit <<= 1) {
    if ((full & bit) == 0) continue;
    const auto parts = Single(bit)->intervals();
    scratch_.insert(scratch_.end(), parts.begin(), parts.end());
  }
  found->united.AssignUnion(scratch_);
  return *found;
}

int64_t WorkerFrame::LengthWithin(uint32_t sets, int64_t from, int64_t to) {
  SetCache& cache = CacheOf(sets);
  const std::span<const int64_t> days = Days();
  if (!days.empty()) {
    if (!cache.by_days) {
      cache.by_days = true;
      cache.days.Assign(days);
      for (const Interval& part : cache.set().intervals()) {
        cache.days.Add(part);
      }
      cache.days.Finish();
    }
    int64_t length = 0;
    if (cache.days.Within(from, to, &length)) return length;
  }
  if (!cache.measured) {
    cache.measured = true;
    cache.length.Assign(cache.set());
  }
  return cache.length.Within(from, to);
}

std::span<const int64_t> WorkerFrame::Days() {
  constexpr int64_t kMostDays = 4000;
  FindSpan();
  if (days_ready_) return days_;
  days_ready_ = true;
  days_.clear();
  if (first_ > last_) return days_;
  const int64_t first = clock_.Day(first_), last = clock_.Day(last_);
  if (last - first > kMostDays) return days_;
  for (int64_t day = first; day <= last + 1; ++day) {
    days_.push_back(DayStart(day));
  }
  return days_;
}

Interval WorkerFrame::PartOf(const Task& task, uint32_t sets) {
  Interval part = task.engaged();
  if (sets == kToPickup) {
    part.end = task.picked_up_at;
  } else if (sets == kLoaded) {
    part.begin = task.picked_up_at;
  }
  if (!IsKnown(part.begin) || !IsKnown(part.end)) return {};
  return part;
}

int64_t WorkerFrame::SumWithin(uint32_t sets, int64_t from, int64_t to) {
  const std::span<const int64_t> days = Days();
  if (!days.empty()) {
    auto found =
        std::find_if(sums_.begin(), sums_.end(),
                     [sets](const SumCache& sum) { return sum.sets == sets; });
    if (found == sums_.end()) {
      found = sums_.emplace(sums_.end());
      found->sets = sets;
    }
    if (!found->ready) {
      found->ready = true;
      found->days.Assign(days);
      for (const Task& task : timeline_->tasks) {
        found->days.Add(PartOf(task, sets));
      }
      found->days.Finish();
    }
    int64_t length = 0;
    if (found->days.Within(from, to, &length)) return length;
  }
  int64_t sum = 0;
  for (const Task& task : timeline_->tasks) {
    const Interval part = PartOf(task, sets);
    sum += Overlap(part.begin, part.end, from, to);
  }
  return sum;
}

// What a task adds to time that may have been, for want of a clock.
void WorkerFrame::AddPossible(const Task& task) {
  const int64_t end =
      IsKnown(task.completed_at) ? task.completed_at : task.cancelled_at;
  const bool accepted = IsKnown(task.accepted_at), ended = IsKnown(end);
  if (accepted && ended && task.accepted_at <= end &&
      IsKnown(task.picked_up_at) && task.picked_up_at >= task.accepted_at &&
      task.picked_up_at <= end) {
    return;
  }
  // Offered and never taken, or cancelled before anybody took it.
  if (!accepted && !task.delivered && !IsKnown(task.picked_up_at)) return;
  const int64_t earliest =
      FirstKnown({task.accepted_at, task.offered_at, task.placed_at});
  int64_t from = IsKnown(earliest) ? earliest : kBegin;
  int64_t to = ended ? end : kEnd;
  if (to < from) {  // Clocks in an impossible order: anywhere.
    from = kBegin;
    to = kEnd;
  }
  uint32_t unknown = 0;
  if (!accepted) unknown |= kAcceptedUnknown;
  if (!ended) unknown |= kEndUnknown;
  if (accepted && ended && task.accepted_at > end) {
    unknown |= kAcceptedUnknown | kEndUnknown;
  }
  uint32_t sets = unknown != 0 ? kEngaged | kToPickup | kLoaded : 0;
  if (!IsKnown(task.picked_up_at) && task.delivered) {
    unknown |= kPickupUnknown;
    sets |= kToPickup | kLoaded;
  }
  sets &= shape_.wanted_sets;
  if (sets != 0) possible_.push_back({from, to, sets, unknown});
}

void WorkerFrame::AddPossible(const replay::Session& session) {
  if (IsKnown(session.started_at) && !IsKnown(session.ended_at)) {
    possible_.push_back(
        {session.started_at, kEnd,
         kOnline | kOnCall | (session.required == 0 ? 0u : +kRequired),
         kSessionEndUnknown});
  } else if (!IsKnown(session.required)) {
    possible_.push_back(
        {session.started_at, session.ended_at, kRequired, kRequiredUnknown});
  }
}

Extent WorkerFrame::Time(uint32_t sets, bool sum, int64_t from, int64_t to) {
  Extent extent;
  // Sums follow the clock as unions do: a task is cut at the period's ends.
  extent.lo = sum ? SumWithin(sets, from, to) : LengthWithin(sets, from, to);
  extent.hi = extent.lo;
  Walk();
  for (const Possible& possible : possible_) {
    if ((possible.sets & sets) == 0) continue;
    // Beside the union that contains it, it can add only what lies outside.
    int64_t more = Overlap(possible.from, possible.to, from, to);
    if (!sum && more > 0) {
      const int64_t begin = std::max(possible.from, from);
      const int64_t end = std::min(possible.to, to);
      more = end - begin - LengthWithin(sets, begin, end);
    }
    if (more <= 0) continue;
    extent.hi += more;
    extent.unknown |= possible.unknown;
  }
  if ((sets & kRequired) != 0 && !shape_.sessions) {
    // Without sessions nobody can say what was demanded.
    extent.hi = to - from;
    extent.unknown |= kRequiredUnknown;
  }
  if (!sum && extent.hi > to - from) extent.hi = to - from;
  if (extent.hi < extent.lo) extent.hi = extent.lo;
  if (extent.hi == extent.lo) extent.unknown = 0;
  return extent;
}

std::span<const replay::Symbol> WorkerFrame::Cities() {
  Walk();
  return cities_;
}

void WorkerFrame::BuildCities() {
  if (city_sets_ready_) return;
  city_sets_ready_ = true;
  city_sets_.resize(cities_.size());
  IntervalSet others;
  std::vector<Interval> own, rest;
  for (size_t i = 0; i < cities_.size(); ++i) {
    own.clear();
    rest.clear();
    for (const Task& task : timeline_->tasks) {
      (task.city == cities_[i] ? own : rest).push_back(task.engaged());
    }
    city_sets_[i].city = cities_[i];
    city_sets_[i].own.AssignUnion(own);
    others.AssignUnion(rest);
    city_sets_[i].alone.AssignDifference(city_sets_[i].own, others);
  }
}

Extent WorkerFrame::TimeInCity(uint32_t sets, replay::Symbol city, int64_t from,
                               int64_t to) {
  if (Cities().size() == 1) return Time(sets, false, from, to);
  BuildCities();
  const Extent all = Time(sets, false, from, to);
  Extent extent;
  // Time shared with another city, and time outside of tasks, may belong here
  // or there.
  __int128 elsewhere = 0;
  for (const CityCache& cache : city_sets_) {
    const int64_t alone = cache.alone.LengthWithin(from, to);
    if (cache.city == city) {
      extent.lo = (sets & kEngaged) != 0 ? alone : 0;
    } else if ((sets & kEngaged) != 0) {
      elsewhere += alone;
    }
  }
  extent.hi = std::max<__int128>(extent.lo, all.hi - elsewhere);
  extent.unknown = all.unknown;
  return extent;
}

Extent WorkerFrame::TaskPay(uint32_t mask, const Task& task) const {
  Extent extent;
  uint32_t recorded = 0;
  for (const replay::PayAmount& part : task.pay) {
    if (!IsKnown(part.amount)) continue;
    const uint32_t bit = uint32_t{1} << part.kind;
    recorded |= bit;
    if ((mask & bit) != 0) extent.lo += part.amount;
  }
  extent.hi = extent.lo;
  // A column that is there but empty for a delivered task is unknown, not zero;
  // so is its pay where the statement has no line for the task.
  const uint32_t credits = mask & ~DebitMask();
  const bool unnamed =
      shape_.pay_lines && credits != 0 && (recorded & CountedPayMask()) == 0;
  if (task.delivered &&
      (unnamed || (credits & shape_.wide_pay & ~recorded) != 0)) {
    extent.hi_open = true;
    extent.unknown |= kPayUnknown;
  }
  return extent;
}

// As TaskPay does for each task, for all kinds at once: several rules ask for
// the same tasks with masks of their own.
void WorkerFrame::SumPayments(PlanState& state) {
  if (state.paid) return;
  state.paid = true;
  state.payments.assign(state.periods.size(), {});
  const uint32_t needed = shape_.wide_pay & ~DebitMask();
  for (size_t p = 0; p < state.periods.size(); ++p) {
    TaskPayments& payments = state.payments[p];
    const std::span<const uint32_t> cut = CutIn(state, p);
    for (uint32_t at = state.starts[p]; at < state.starts[p + 1]; ++at) {
      const uint32_t number = state.order[at];
      if (!cut.empty() && std::binary_search(cut.begin(), cut.end(), number)) {
        continue;
      }
      const Task& task = timeline_->tasks[number];
      uint32_t seen = 0;
      for (const replay::PayAmount& part : task.pay) {
        if (!IsKnown(part.amount)) continue;
        seen |= uint32_t{1} << part.kind;
        payments.sum[part.kind] += part.amount;
      }
      if (task.delivered) payments.lacking |= needed & ~seen;
    }
  }
}

// What a task that runs over an end of `window` adds to the pay of it.
Extent WorkerFrame::StraddlingPay(uint32_t mask, uint32_t task,
                                  const PlanState& state,
                                  const Period& window) const {
  Extent pay = TaskPay(mask, timeline_->tasks[task]);
  if (state.plan.straddle == Straddle::kEither) {
    pay.lo = std::min<__int128>(pay.lo, 0);
    pay.hi = std::max<__int128>(pay.hi, 0);
    if (pay.lo != pay.hi || pay.hi_open) pay.unknown |= kStraddles;
    return pay;
  }
  // In proportion to its time, to a millionth down and up.
  const int64_t start = counted_[1][task], end = counted_[0][task];
  const int64_t from = std::min(start, end), to = std::max(start, end);
  const __int128 length = to - from;
  const __int128 here = Overlap(from, to, window.from, window.to);
  auto down = [&](__int128 product) {
    return product / length - (product % length < 0 ? 1 : 0);
  };
  pay.lo = down(pay.lo * here);
  pay.hi = -down(-pay.hi * here);
  if (pay.lo != pay.hi) pay.unknown |= kStraddles;
  return pay;
}

bool WorkerFrame::WithoutStatement() const {
  if (!shape_.pay_lines || !timeline_->pay.empty()) return false;
  return std::all_of(timeline_->tasks.begin(), timeline_->tasks.end(),
                     [](const Task& task) { return task.pay.empty(); });
}

Extent WorkerFrame::Pay(uint32_t mask, int plan, size_t period) {
  PlanState& state = plans_[plan];
  Prepare(state);
  SumPayments(state);
  Extent extent;
  const TaskPayments& payments = state.payments[period];
  for (int kind = 0; kind < replay::kPayKinds; ++kind) {
    if (((mask >> kind) & 1) != 0) extent.lo += payments.sum[kind];
  }
  // A statement without any line of the worker does not say that nothing was
  // paid.
  if ((mask & payments.lacking) != 0 ||
      ((mask & ~DebitMask()) != 0 && WithoutStatement())) {
    extent.hi_open = true;
    extent.unknown |= kPayUnknown;
  }
  extent.hi = extent.lo;
  const Period& window = state.periods[period];
  for (const replay::PayLine& line : loose_) {
    if (((mask >> line.kind) & 1) == 0) continue;
    int64_t from = line.earned_at, to = line.earned_at;
    if (!IsKnown(from)) {
      from = line.period_start;
      to = IsKnown(line.period_end) ? line.period_end - 1 : kUnknown;
    }
    if (IsKnown(from) && IsKnown(to)) {
      if (from >= window.from && to < window.to) {
        extent.lo += line.amount;
        extent.hi += line.amount;
        continue;
      }
      if (to < window.from || from >= window.to) continue;
    }
    // For a period that this one cuts, or for none: perhaps here.
    if (line.amount > 0) {
      extent.hi += line.amount;
    } else {
      extent.lo += line.amount;
    }
    extent.unknown |= kPayDateUnknown;
  }
  for (uint32_t i : CutIn(state, period)) {
    const Extent part = StraddlingPay(mask, i, state, window);
    extent.lo += part.lo;
    extent.hi += part.hi;
    extent.hi_open |= part.hi_open;
    extent.unknown |= part.unknown;
  }
  // Tasks without any clock may belong to any period.
  for (uint32_t i : state.undated) {
    const Task& task = timeline_->tasks[i];
    const Extent part = TaskPay(mask, task);
    if (part.hi > 0 || part.hi_open) {
      extent.hi += part.hi;
      extent.hi_open |= part.hi_open;
      extent.unknown |= kPayDateUnknown;
    }
  }
  return extent;
}

namespace {

// The intervals that end after `from`.
std::span<const Interval> After(const IntervalSet& set, int64_t from) {
  const auto all = set.intervals();
  const auto first = std::upper_bound(
      all.begin(), all.end(), from,
      [](int64_t instant, const Interval& part) { return instant < part.end; });
  return all.subspan(first - all.begin());
}

}  // namespace

int64_t WorkerFrame::LongestRun(uint32_t sets, int64_t pause, int64_t from,
                                int64_t to) {
  int64_t longest = 0, begin = 0, end = 0;
  bool open = false;
  for (const Interval& part : After(Set(sets), from)) {
    if (part.begin >= to) break;
    const int64_t start = std::max(part.begin, from);
    const int64_t stop = std::min(part.end, to);
    if (!open || start - end >= pause) begin = start;
    open = true;
    end = stop;
    longest = std::max(longest, end - begin);
  }
  return longest;
}

int64_t WorkerFrame::LongestGap(uint32_t sets, int64_t from, int64_t to) {
  int64_t longest = 0, end = from;
  for (const Interval& part : After(Set(sets), from)) {
    if (part.begin >= to) break;
    longest = std::max(longest, part.begin - end);
    end = std::max(end, part.end);
  }
  return std::max(longest, to - end);
}

}  // namespace plumbline::audit
