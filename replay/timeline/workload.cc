#include "replay/timeline/workload.h"

namespace plumbline::replay {

std::vector<Interval> RunsOf(const IntervalSet& engaged, int64_t gap) {
  std::vector<Interval> runs;
  ForEachRun(engaged, gap, [&runs](Interval run) { runs.push_back(run); });
  return runs;
}

}  // namespace plumbline::replay
