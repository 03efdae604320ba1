// The part of WorkerFrame that measures time: sets, cities, runs and gaps.
#include <algorithm>

#include "audit/findings/frame_clock.h"
#include "audit/findings/worker_frame.h"

namespace plumbline::audit {
namespace {

using replay::Interval;
using replay::IntervalSet;
using replay::IsKnown;
using replay::Task;

// The intervals that end after `from`.
std::span<const Interval> After(const IntervalSet& set, int64_t from) {
  const auto all = set.intervals();
  const auto first = std::upper_bound(
      all.begin(), all.end(), from,
      [](int64_t instant, const Interval& part) { return instant < part.end; });
  return all.subspan(first - all.begin());
}

}  // namespace

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
  Walk();
  found->possible = 0;
  for (const Possible& possible : possible_) {
    if ((possible.sets & sets) != 0) found->possible |= possible.unknown;
  }
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
  const uint32_t all = CacheOf(sets).possible;
  for (const Possible& possible : possible_) {
    // All of the stretch may be, and why is known: no other says more.
    const bool full = !sum && extent.hi >= to - from;
    if (all == 0 || (full && extent.unknown == all)) break;
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
