#include "audit/stats/distributions.h"

#include <cmath>

#include "boost/math/distributions/beta.hpp"
#include "boost/math/distributions/binomial.hpp"
#include "boost/math/distributions/chi_squared.hpp"
#include "boost/math/distributions/fisher_f.hpp"
#include "boost/math/distributions/normal.hpp"
#include "boost/math/distributions/students_t.hpp"

namespace plumbline::audit {

namespace math = boost::math;

double NormalCdf(double x) { return math::cdf(math::normal(), x); }

double NormalQuantile(double probability) {
  return math::quantile(math::normal(), probability);
}

double NormalTwoSided(double z) {
  return 2 * math::cdf(math::complement(math::normal(), std::fabs(z)));
}

double StudentQuantile(double probability, double degrees) {
  return math::quantile(math::students_t(degrees), probability);
}

double StudentTwoSided(double t, double degrees) {
  return 2 *
         math::cdf(math::complement(math::students_t(degrees), std::fabs(t)));
}

double StudentPValue(double value, double standard_error, double degrees) {
  if (standard_error <= 0) return value == 0 ? 1 : 0;
  return StudentTwoSided(value / standard_error, degrees);
}

double ChiSquaredQuantile(double probability, double degrees) {
  return math::quantile(math::chi_squared(degrees), probability);
}

double ChiSquaredUpper(double x, double degrees) {
  return x <= 0 ? 1
                : math::cdf(math::complement(math::chi_squared(degrees), x));
}

double FisherUpper(double x, double degrees_1, double degrees_2) {
  return x <= 0 ? 1
                : math::cdf(math::complement(
                      math::fisher_f(degrees_1, degrees_2), x));
}

double BinomialLower(int64_t k, int64_t n, double p) {
  if (k < 0) return 0;
  if (k >= n) return 1;
  return math::cdf(math::binomial(static_cast<double>(n), p),
                   static_cast<double>(k));
}

double BinomialUpper(int64_t k, int64_t n, double p) {
  if (k <= 0) return 1;
  if (k > n) return 0;
  return math::cdf(math::complement(math::binomial(static_cast<double>(n), p),
                                    static_cast<double>(k - 1)));
}

ConfidenceInterval ClopperPearson(int64_t k, int64_t n, double alpha) {
  const auto count = static_cast<double>(k);
  const auto rest = static_cast<double>(n - k);
  ConfidenceInterval interval{0, 1};
  if (k > 0) {
    interval.low =
        math::quantile(math::beta_distribution<>(count, rest + 1), alpha / 2);
  }
  if (k < n) {
    interval.high = math::quantile(math::complement(
        math::beta_distribution<>(count + 1, rest), alpha / 2));
  }
  return interval;
}

}  // namespace plumbline::audit
