#ifndef PLUMBLINE_AUDIT_STATS_SURVIVAL_H_
#define PLUMBLINE_AUDIT_STATS_SURVIVAL_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "audit/stats/histogram.h"
#include "audit/stats/outcome.h"
#include "audit/stats/rational.h"

namespace plumbline::audit {

// Durations of which some are only known to exceed a value (a task that was
// cancelled at that age): Kaplan and Meier's estimate of S(t) = P(D > t),
//
//   S(t) = product over event times u <= t of (1 - d_u / r_u)
//   Var S = S^2 sum d_u / (r_u (r_u - d_u))        (Greenwood)
//
// from two exact histograms, of events and of censorings. At the same time
// events come before censorings. 6-MP of Freireich: S(7) = 96/119, Greenwood
// 0.08693529. O(number of distinct values).
//
// Assumes that censoring says nothing about the duration. Tasks cancelled
// because they were late break that; see `DurationBounds`.
// Sources: Kaplan and Meier 1958; Greenwood 1926.
struct SurvivalStep {
  int64_t time = 0;
  int64_t events = 0;
  int64_t at_risk = 0;
  double survival = 1;
  double standard_error = 0;
  ConfidenceInterval interval;  // log(-log) scale.
};
std::vector<SurvivalStep> KaplanMeier(std::span<const Count> events,
                                      std::span<const Count> censored,
                                      double alpha = 0.05);

// S at `time`, exactly. O(k) products of big integers: for tests and dossiers.
Rational ExactSurvival(std::span<const Count> events,
                       std::span<const Count> censored, int64_t time);

// The first time at which S is at most 1/2; nullopt where it stays above.
std::optional<int64_t> SurvivalMedian(std::span<const SurvivalStep> steps);

// What P(D <= time) can be when nothing is assumed of the censored ones: low,
// they never arrive; high, each arrives at its censoring.
struct ShareBounds {
  int64_t low = 0;  // Numerators over `total`.
  int64_t high = 0;
  int64_t total = 0;
};
ShareBounds DurationBounds(std::span<const Count> events,
                           std::span<const Count> censored, int64_t time);

// Log-rank test of two groups: observed and expected events of the first,
// chi-squared with one degree of freedom. Control against 6-MP: O 9,
// E 19.2505009480, chi-squared 16.7929409892. No event at all gives reason ID.
// Source: Mantel 1966.
struct LogRank {
  int64_t observed = 0;
  double expected = 0;
  double variance = 0;
  double chi_squared = 0;
  double p_value = 1;
};
Outcome<LogRank> LogRankTest(std::span<const Count> events_1,
                             std::span<const Count> censored_1,
                             std::span<const Count> events_2,
                             std::span<const Count> censored_2);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_STATS_SURVIVAL_H_
