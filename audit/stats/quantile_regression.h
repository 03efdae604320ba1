#ifndef PLUMBLINE_AUDIT_STATS_QUANTILE_REGRESSION_H_
#define PLUMBLINE_AUDIT_STATS_QUANTILE_REGRESSION_H_

#include <cstdint>
#include <span>
#include <vector>

#include "audit/stats/outcome.h"
#include "audit/stats/rational.h"

namespace plumbline::audit {

// Conditional quantiles: b minimises sum w rho(y - x'b) with
// rho(u) = u (tau - 1{u < 0}), tau = numerator / denominator.
//
// Solved by the primal-dual interior point of Frisch and Newton with
// Mehrotra's corrector, in floating point, then certified in exact fractions:
// b through p independent rows is optimal if and only if there are v_i, tau
// where the residual is above zero, tau - 1 below, anything between at zero,
// with sum w v_i x_i = 0. Integer seconds tie, so there may be more than p zero
// residuals: the v of the extra ones come from the interior dual. Engel,
// median: 81.482247, 0.56018055, objective 8779.966323.
//
// Integer data, |x|, |y|, w < 2^40; weights stand for repeated rows (none
// given: 1 each). A collinear design gives reason ID (decided exactly), fewer
// than `minimum_per_column` rows a column on the thinner side of tau N.
//
// O(iterations n p^2), 10 to 15 iterations; memory some n p doubles.
// Sources: Koenker and Bassett 1978; Portnoy and Koenker 1997.
struct QuantileData {
  int columns = 0;
  std::vector<int64_t> x;  // By rows.
  std::vector<int64_t> y;
  std::vector<int64_t> weights;  // Empty: all 1.
};

struct QuantileOptions {
  int64_t numerator = 1;
  int64_t denominator = 2;
  int64_t minimum_per_column = 20;
  int iterations = 80;
};

struct QuantileFit {
  std::vector<double> coefficients;
  double objective = 0;
  // Set by the certificate. Where `unique` is false the solutions are more than
  // one point: publish the objective and fitted quantiles, not b.
  bool certified = false;
  bool unique = false;
  std::vector<Rational> exact;
  Rational exact_objective;
  int64_t zero_residuals = 0;
  int iterations = 0;
};

Outcome<QuantileFit> QuantileRegression(const QuantileData& data,
                                        const QuantileOptions& options);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_STATS_QUANTILE_REGRESSION_H_
