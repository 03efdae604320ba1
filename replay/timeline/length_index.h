#ifndef PLUMBLINE_REPLAY_TIMELINE_LENGTH_INDEX_H_
#define PLUMBLINE_REPLAY_TIMELINE_LENGTH_INDEX_H_

#include <cstdint>
#include <span>
#include <vector>

#include "replay/base/interval_set.h"

namespace plumbline::replay {

// How much of one set lies in many stretches, asked one after another.
//
//   Within(begin, end) = |set and [begin, end)|   in ms
//
// The same as IntervalSet::LengthWithin, from sums over the intervals: O(1)
// where the next stretch begins close to where the last one ended, as days and
// weeks do, else O(log intervals). Borrows the set, which must not change.
// Not thread-safe.
class LengthIndex {
 public:
  void Assign(const IntervalSet& set);  // Keeps its memory. O(intervals).
  int64_t Within(int64_t begin, int64_t end);

 private:
  // The first interval that ends after `instant`, begun from the last answer.
  size_t FirstEndingAfter(int64_t instant);
  // The first interval from `from` on that begins at `instant` or later.
  size_t FirstBeginningAt(size_t from, int64_t instant) const;

  std::span<const Interval> intervals_;
  std::vector<int64_t> before_;  // Length of all intervals before each.
  size_t last_ = 0;
};

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_TIMELINE_LENGTH_INDEX_H_
