#ifndef PLUMBLINE_AUDIT_MEASURES_STRICTNESS_DERIVED_H_
#define PLUMBLINE_AUDIT_MEASURES_STRICTNESS_DERIVED_H_

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "audit/measures/strictness/stratum_position.h"
#include "plumbline/v1/plan.pb.h"
#include "plumbline/v1/strictness.pb.h"

namespace plumbline::audit {

// S-DERIVED: are targets made from past durations? In stratum s and week t,
// with M the mean target and the window of the weeks before (or after):
//
//   kappa = share of the window's durations that are at most M
//   error(q) = |M - quantile q of the window|, q = 0.01 ... 0.99
//
// A rule that takes a quantile gives like kappas everywhere. Placebo: the best
// single level must miss the targets by less with the window before than with
// the window after, by an exact sign test over strata. Whole seconds; weeks
// with at least 10 targets, windows with as many durations as a stratum needs
// and all their weeks inside the log.
inline constexpr int kDerivedLevels = 99;
struct DerivedStratum {
  std::vector<double> kappas;
  std::array<int64_t, kDerivedLevels> past = {}, future = {};  // s
  int64_t windows = 0;                                         // With both.
};
DerivedStratum DerivedOf(std::span<const PlacedTask> tasks, int target,
                         int32_t weeks, const v1::AuditPlan& plan);

void WriteDerived(std::span<const DerivedStratum* const> strata,
                  const v1::AuditPlan& plan, v1::Derived* out);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_STRICTNESS_DERIVED_H_
