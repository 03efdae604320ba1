#ifndef PLUMBLINE_REPLAY_TIMELINE_WORKLOAD_H_
#define PLUMBLINE_REPLAY_TIMELINE_WORKLOAD_H_

#include <cstdint>
#include <span>
#include <vector>

#include "replay/base/interval_set.h"
#include "replay/timeline/worker_timeline.h"

namespace plumbline::replay {

// Runs: engaged stretches joined where the pause between them is shorter than
// `gap` (ms), from the first start to the last end. Sorted; O(stretches).
std::vector<Interval> RunsOf(const IntervalSet& engaged, int64_t gap);

// How many tasks a worker has open at an instant.
//
//   load(t) = #{accepted <= t} - #{completed or cancelled <= t}
//
// over the tasks with an engaged interval, which are half-open: a task that
// ends at t is not open at t. Building sorts, O(k log k); At is O(log k).
class LoadIndex {
 public:
  void Assign(std::span<const Task> tasks);  // Keeps its memory.
  int64_t At(int64_t instant) const;

 private:
  std::vector<int64_t> begins_, ends_;
};

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_TIMELINE_WORKLOAD_H_
