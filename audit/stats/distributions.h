#ifndef PLUMBLINE_AUDIT_STATS_DISTRIBUTIONS_H_
#define PLUMBLINE_AUDIT_STATS_DISTRIBUTIONS_H_

#include <cstdint>

#include "audit/stats/outcome.h"

namespace plumbline::audit {

// Distribution functions and quantiles, from Boost.Math. Probabilities lie
// strictly between 0 and 1, degrees of freedom are above 0 and need not be
// whole. Upper tails are computed as such, so that small p-values keep their
// digits.
double NormalCdf(double x);
double NormalQuantile(double probability);
double NormalTwoSided(double z);  // P(|Z| >= |z|)
double StudentQuantile(double probability, double degrees);
double StudentTwoSided(double t, double degrees);
// The same for a value and its standard error; without an error 1 where the
// value is 0, else 0.
double StudentPValue(double value, double standard_error, double degrees);
double ChiSquaredQuantile(double probability, double degrees);
double ChiSquaredUpper(double x, double degrees);
double FisherUpper(double x, double degrees_1, double degrees_2);

// P(X <= k) and P(X >= k) of a binomial with n trials, 0 <= p <= 1.
double BinomialLower(int64_t k, int64_t n, double p);
double BinomialUpper(int64_t k, int64_t n, double p);

// Exact interval of a proportion (Clopper and Pearson 1934): the ends at which
// a one-sided binomial test has p = alpha / 2. 81 of 263 at 0.05:
// 0.2527367455, 0.3676219226. 0 <= k <= n, n > 0.
ConfidenceInterval ClopperPearson(int64_t k, int64_t n, double alpha);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_STATS_DISTRIBUTIONS_H_
