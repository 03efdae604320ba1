#ifndef PLUMBLINE_AUDIT_STATS_TREND_H_
#define PLUMBLINE_AUDIT_STATS_TREND_H_

#include <cstdint>
#include <optional>
#include <span>

#include "audit/stats/outcome.h"
#include "audit/stats/rational.h"

namespace plumbline::audit {

// Is a series y_1..y_T rising or falling?
//
//   S = sum over i < j of sign(y_j - y_i)
//   Var S = [n (n-1) (2n+5) - sum over ties t (t-1) (2t+5)] / 18
//   z = (S -+ 1) / sqrt(Var S), the step towards zero (continuity)
//
// and the Theil-Sen slope, the median of (y_j - y_i) / (j - i). Values are
// integers (an index in millionths, say); a missing one is left out with its
// pairs. S, Var S and the slope are exact. Nile 1871-1970: S -1387,
// Var 338185/3, slope -13/5.
//
// `block` > 1 adds a p-value that allows for serial dependence: blocks of that
// many neighbours are permuted by hashes of `seed`, `permutations` times.
//
// Fewer than `minimum` values give reason N, all values equal ID. O(T^2).
// Sources: Mann 1945; Kendall 1975; Theil 1950; Sen 1968.
struct TrendOptions {
  int minimum = 12;
  int block = 1;
  int permutations = 9999;
  uint64_t seed = 0;
};
struct Trend {
  int64_t n = 0;
  int64_t s = 0;
  Rational variance;
  double z = 0;
  double p_value = 1;  // Two-sided, normal.
  std::optional<double> block_p_value;
  Rational slope;  // Per step.
};
Outcome<Trend> MannKendall(std::span<const std::optional<int64_t>> series,
                           const TrendOptions& options = {});

// S and Var S summed over seasons (weekdays, months): series[i] belongs to
// season i % seasons. The slope is the median over all pairs inside seasons.
Outcome<Trend> SeasonalMannKendall(
    std::span<const std::optional<int64_t>> series, int seasons,
    const TrendOptions& options = {});

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_STATS_TREND_H_
