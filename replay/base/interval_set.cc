#include "replay/base/interval_set.h"

#include <algorithm>

namespace plumbline::replay {
namespace {

// Intervals of one worker come nearly in order: insertion is linear then. Where
// it would not be, it gives up after a few moves an interval.
void SortByBegin(std::vector<Interval>& intervals) {
  size_t moves_left = 8 * intervals.size();
  for (size_t i = 1; i < intervals.size(); ++i) {
    const Interval next = intervals[i];
    size_t j = i;
    for (; j > 0 && next.begin < intervals[j - 1].begin; --j) {
      if (moves_left-- == 0) {
        intervals[j] = next;
        std::sort(intervals.begin(), intervals.end(),
                  [](const Interval& a, const Interval& b) {
                    return a.begin < b.begin;
                  });
        return;
      }
      intervals[j] = intervals[j - 1];
    }
    intervals[j] = next;
  }
}

}  // namespace

void IntervalSet::AssignUnion(std::span<const Interval> intervals) {
  Clear();
  for (const Interval& interval : intervals) Add(interval);
  Settle();
}

// Begins before the last one: most often it still belongs among the last two.
void IntervalSet::AddEarlier(Interval interval) {
  const size_t count = intervals_.size();
  Interval& last = intervals_.back();
  if (count == 1 || intervals_[count - 2].end < interval.begin) {
    if (interval.end >= last.begin) {
      last = {interval.begin, std::max(last.end, interval.end)};
    } else {
      const Interval later = last;
      last = interval;
      intervals_.push_back(later);
    }
    return;
  }
  Interval& before = intervals_[count - 2];
  if (interval.begin >= before.begin) {
    before.end = std::max(before.end, interval.end);
    if (before.end >= last.begin) {
      before.end = std::max(before.end, last.end);
      intervals_.pop_back();
    }
    return;
  }
  sorted_ = false;
  intervals_.push_back(interval);
}

void IntervalSet::Unite() {
  SortByBegin(intervals_);
  size_t kept = 0;
  for (size_t i = 0; i < intervals_.size(); ++i) {
    if (kept > 0 && intervals_[i].begin <= intervals_[kept - 1].end) {
      intervals_[kept - 1].end =
          std::max(intervals_[kept - 1].end, intervals_[i].end);
    } else {
      intervals_[kept++] = intervals_[i];
    }
  }
  intervals_.resize(kept);
  sorted_ = true;
}

void IntervalSet::AssignDifference(const IntervalSet& a, const IntervalSet& b) {
  intervals_.clear();
  size_t j = 0;
  for (Interval rest : a.intervals_) {
    while (j < b.intervals_.size() && b.intervals_[j].end <= rest.begin) ++j;
    for (size_t k = j;
         k < b.intervals_.size() && b.intervals_[k].begin < rest.end; ++k) {
      if (b.intervals_[k].begin > rest.begin) {
        intervals_.push_back({rest.begin, b.intervals_[k].begin});
      }
      rest.begin = std::max(rest.begin, b.intervals_[k].end);
    }
    if (rest.begin < rest.end) intervals_.push_back(rest);
  }
}

void IntervalSet::AssignIntersection(const IntervalSet& a,
                                     const IntervalSet& b) {
  intervals_.clear();
  size_t i = 0;
  size_t j = 0;
  while (i < a.intervals_.size() && j < b.intervals_.size()) {
    const int64_t begin =
        std::max(a.intervals_[i].begin, b.intervals_[j].begin);
    const int64_t end = std::min(a.intervals_[i].end, b.intervals_[j].end);
    if (begin < end) intervals_.push_back({begin, end});
    if (a.intervals_[i].end < b.intervals_[j].end) {
      ++i;
    } else {
      ++j;
    }
  }
}

int64_t IntervalSet::length() const {
  int64_t total = 0;
  for (const Interval& interval : intervals_) total += interval.length();
  return total;
}

int64_t IntervalSet::LengthWithin(int64_t begin, int64_t end) const {
  auto it = std::upper_bound(
      intervals_.begin(), intervals_.end(), begin,
      [](int64_t at, const Interval& x) { return at < x.end; });
  int64_t total = 0;
  for (; it != intervals_.end() && it->begin < end; ++it) {
    total += std::max<int64_t>(
        0, std::min(end, it->end) - std::max(begin, it->begin));
  }
  return total;
}

}  // namespace plumbline::replay
