#include "audit/measures/strictness/counterfactual.h"

#include <algorithm>

namespace plumbline::audit {

void CounterfactualSums::operator+=(const CounterfactualSums& other) {
  for (size_t c = 0; c < cases.size(); ++c) {
    cases[c].late_same += other.cases[c].late_same;
    cases[c].over15 += other.cases[c].over15;
    cases[c].extra_ms += other.cases[c].extra_ms;
    cases[c].late_unpressured += other.cases[c].late_unpressured;
  }
  n += other.n;
  late_now += other.late_now;
  over15_now += other.over15_now;
  unpressured_n += other.unpressured_n;
}

CounterfactualSums CounterfactualOf(std::span<const PlacedTask> tasks,
                                    int target, int reference, int64_t middle,
                                    const SortedValues* free, int64_t lawful) {
  CounterfactualSums sums;
  sums.reference = reference;
  sums.middle = middle;
  for (const PlacedTask& placed : tasks) {
    const StrictTask& task = placed.task;
    if (!placed.ranked || placed.prebooked || task.censored) continue;
    if (task.target[target] == kNoNumber) continue;
    const int64_t limit = task.target[target];
    ++sums.n;
    sums.late_now += task.value > limit;
    const int64_t wait = task.wait == kNoNumber ? 0 : task.wait;
    const auto over = [&](int64_t allowed) {
      return task.route != kNoNumber &&
             (allowed <= wait ||
              int64_t{task.route} * 3600 > lawful * (allowed - wait));
    };
    sums.over15_now += over(limit);
    sums.unpressured_n += free != nullptr;
    const int64_t changed[] = {std::max(limit, middle), middle};
    for (size_t c = 0; c < sums.cases.size(); ++c) {
      CounterfactualSums::Case& one = sums.cases[c];
      one.late_same += task.value > changed[c];
      one.over15 += over(changed[c]);
      one.extra_ms += changed[c] - limit;
      if (free != nullptr) {
        one.late_unpressured += FixedPoint(
            free->size() - free->AtMost(changed[c]), free->size(), kRankUnit);
      }
    }
  }
  return sums;
}

}  // namespace plumbline::audit
