#include "replay/timeline/workload.h"

#include <algorithm>

namespace plumbline::replay {

std::vector<Interval> RunsOf(const IntervalSet& engaged, int64_t gap) {
  std::vector<Interval> runs;
  for (const Interval& stretch : engaged.intervals()) {
    if (!runs.empty() && stretch.begin - runs.back().end < gap) {
      runs.back().end = stretch.end;
    } else {
      runs.push_back(stretch);
    }
  }
  return runs;
}

void LoadIndex::Assign(std::span<const Task> tasks) {
  begins_.clear();
  ends_.clear();
  for (const Task& task : tasks) {
    const Interval engaged = task.engaged();
    if (engaged.length() <= 0) continue;
    begins_.push_back(engaged.begin);
    ends_.push_back(engaged.end);
  }
  std::sort(begins_.begin(), begins_.end());
  std::sort(ends_.begin(), ends_.end());
}

int64_t LoadIndex::At(int64_t instant) const {
  const auto until = [instant](const std::vector<int64_t>& sorted) {
    return std::upper_bound(sorted.begin(), sorted.end(), instant) -
           sorted.begin();
  };
  return until(begins_) - until(ends_);
}

}  // namespace plumbline::replay
