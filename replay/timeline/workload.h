#ifndef PLUMBLINE_REPLAY_TIMELINE_WORKLOAD_H_
#define PLUMBLINE_REPLAY_TIMELINE_WORKLOAD_H_

#include <cstdint>
#include <vector>

#include "replay/base/interval_set.h"

namespace plumbline::replay {

// Runs: engaged stretches joined where the pause between them is shorter than
// `gap` (ms), from the first start to the last end. `visit(run)` gets each, in
// order. O(stretches).
template <typename Visit>
void ForEachRun(const IntervalSet& engaged, int64_t gap, const Visit& visit) {
  if (engaged.empty()) return;
  Interval run = engaged.intervals().front();
  for (const Interval& stretch : engaged.intervals().subspan(1)) {
    if (stretch.begin - run.end >= gap) {
      visit(run);
      run.begin = stretch.begin;
    }
    run.end = stretch.end;
  }
  visit(run);
}
std::vector<Interval> RunsOf(const IntervalSet& engaged, int64_t gap);

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_TIMELINE_WORKLOAD_H_
