#ifndef PLUMBLINE_AUDIT_STATS_PROPORTION_H_
#define PLUMBLINE_AUDIT_STATS_PROPORTION_H_

#include <cstdint>
#include <span>

#include "audit/stats/outcome.h"

namespace plumbline::audit {

// Wilson's score interval of k out of n, n > 0 and possibly not whole (an
// effective number under clustering): with z the normal quantile,
//
//   (k + z^2/2 -+ z sqrt(k (n - k) / n + z^2/4)) / (n + z^2)
//
// 81 of 263 at 0.05: 0.2552885199, 0.3662095770 (Newcombe 1998).
ConfidenceInterval Wilson(double k, double n, double alpha);

// Interval of a difference of two independent proportions a/m - b/n from their
// Wilson intervals (Newcombe 1998, method 10). 56/70 - 48/80: 0.0524, 0.3339.
ConfidenceInterval NewcombeDifference(int64_t a, int64_t m, int64_t b,
                                      int64_t n, double alpha);

// Ratio (a/m) / (b/n) of two independent proportions.
//   Katz: RR exp(-+ z sqrt(1/a - 1/m + 1/b - 1/n)), for a, b > 0.
//   Koopman (1984): the ratios that a score test does not reject; better for
//   small counts. 36/40 over 16/80: 4.5, 2.939569 to 7.152223.
// Without a success in the second sample the ratio is not identified.
Outcome<ConfidenceInterval> KatzRatio(int64_t a, int64_t m, int64_t b,
                                      int64_t n, double alpha);
Outcome<ConfidenceInterval> KoopmanRatio(int64_t a, int64_t m, int64_t b,
                                         int64_t n, double alpha);

// Odds ratio common to 2x2 tables (a b / c d), one a stratum:
//   sum a d / N over sum b c / N   (Mantel and Haenszel 1959)
struct TwoByTwo {
  int64_t a = 0, b = 0, c = 0, d = 0;
};
Outcome<double> MantelHaenszelOddsRatio(std::span<const TwoByTwo> tables);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_STATS_PROPORTION_H_
