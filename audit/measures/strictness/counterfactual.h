#ifndef PLUMBLINE_AUDIT_MEASURES_STRICTNESS_COUNTERFACTUAL_H_
#define PLUMBLINE_AUDIT_MEASURES_STRICTNESS_COUNTERFACTUAL_H_

#include <array>
#include <cstdint>
#include <span>

#include "audit/measures/strictness/stratum_position.h"

namespace plumbline::audit {

// S-CF: what if targets stood at the middle of comparable durations? With M the
// middle of the stratum's reference (FREE, else BASE, else OBS), whole ms:
//
//   FLOOR    T' = max(T, M)        REPLACE  T' = M
//
// Late with the same durations: D > T'; with unpressured ones: the share of the
// stratum's FREE durations above T'. Behaviour would change, so the truth lies
// about the two. Speed as in S-SPEED with the recorded wait.
struct CounterfactualSums {
  struct Case {
    int64_t late_same = 0, over15 = 0;
    Int128 extra_ms = 0;
    Int128 late_unpressured = 0;  // 2^-60
  };
  std::array<Case, 2> cases;  // FLOOR, REPLACE.
  int64_t n = 0, late_now = 0, over15_now = 0;
  int64_t unpressured_n = 0;  // Tasks in strata with FREE durations.
  int64_t middle = 0;         // ms
  int reference = kObserved;
  void operator+=(const CounterfactualSums& other);
};

CounterfactualSums CounterfactualOf(std::span<const PlacedTask> tasks,
                                    int target, int reference, int64_t middle,
                                    const SortedValues* free, int64_t lawful);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_STRICTNESS_COUNTERFACTUAL_H_
