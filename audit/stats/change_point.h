#ifndef PLUMBLINE_AUDIT_STATS_CHANGE_POINT_H_
#define PLUMBLINE_AUDIT_STATS_CHANGE_POINT_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "audit/stats/outcome.h"
#include "audit/stats/rational.h"

namespace plumbline::audit {

// Where does the mean of a series change? The segmentation of y_1..y_T with
// the least
//
//   sum over segments of [sum (y - mean)^2] + penalty * number of segments
//
// with segments of at least `minimum` values. Costs are exact fractions, ties
// go to the smallest break. A break at k means that the first k values belong
// before it. Nile with penalty 2 s^2 ln T, s^2 from first differences: {28},
// the year after 1898.
//
// `ChangePoints` prunes candidates that can never win (PELT); it has the same
// optimum as `ChangePointsByTable`, the plain O(T^2) programme, and both run
// in the tests. Values must stay below 2^50 in size. Fewer than two minimal
// segments give reason N.
//
// Sources: Jackson et al. 2005; Killick, Fearnhead and Eckley 2012.
struct Segmentation {
  std::vector<int> breaks;  // Ascending.
  Rational cost;            // Squares alone, without the penalty.
};
Outcome<Segmentation> ChangePoints(std::span<const int64_t> series,
                                   const Rational& penalty, int minimum);
Outcome<Segmentation> ChangePointsByTable(std::span<const int64_t> series,
                                          const Rational& penalty, int minimum);

// 2 s^2 ln T with s^2 = sum (y_{t+1} - y_t)^2 / (2 (T - 1)), the logarithm
// rounded to a multiple of 2^-40; times (1 + r)/(1 - r) where `autocorrelation`
// r is given. T >= 2.
Rational DefaultPenalty(std::span<const int64_t> series,
                        std::optional<double> autocorrelation = std::nullopt);

// sup F over the number of one break (Chow), with at least `minimum` values on
// either side: (RSS0 - RSS1) / (RSS1 / (T - 2)). Its p-value is not that of an
// F distribution, since the date was chosen; it is taken from permutations by
// hashes of `seed`. Nile: break 28, F 75.9297694275.
struct OneBreak {
  int at = 0;
  Rational before_mean, after_mean;
  Rational rss_without, rss_with;
  double f = 0;
  double p_value = 1;
};
Outcome<OneBreak> SupF(std::span<const int64_t> series, int minimum,
                       uint64_t seed, int permutations);

// Interval of the date of each break: residuals inside segments are drawn anew
// by hashes of `seed`, the break nearest to it found again, and the quantiles
// alpha/2 and 1 - alpha/2 of its place taken. One interval a break.
std::vector<std::pair<int, int>> BreakIntervals(
    std::span<const int64_t> series, const Segmentation& segmentation,
    int minimum, double alpha, uint64_t seed, int replicates);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_STATS_CHANGE_POINT_H_
