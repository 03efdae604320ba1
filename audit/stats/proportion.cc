#include "audit/stats/proportion.h"

#include <cmath>

#include "audit/stats/distributions.h"

namespace plumbline::audit {
namespace {

// Score statistic of H0: p1 = ratio p2, with p2 at its restricted maximum of
// the likelihood (Koopman 1984, equation 4.1).
double KoopmanChiSquared(double a, double m, double b, double n, double ratio) {
  const double total = m + n;
  const double inner = ratio * (m + b) + a + n;
  const double root = inner * inner - 4 * ratio * total * (a + b);
  const double p1 = (inner - std::sqrt(std::fmax(root, 0))) / (2 * total);
  if (p1 <= 0 || p1 >= 1) return p1 * m == a ? 0 : INFINITY;
  const double difference = a - m * p1;
  return difference * difference / (m * p1 * (1 - p1)) *
         (1 + m * (ratio - p1) / (n * (1 - p1)));
}

}  // namespace

ConfidenceInterval Wilson(double k, double n, double alpha) {
  const double z = NormalQuantile(1 - alpha / 2);
  const double middle = k + z * z / 2;
  const double half = z * std::sqrt(k * (n - k) / n + z * z / 4);
  return {std::fmax(0, (middle - half) / (n + z * z)),
          std::fmin(1, (middle + half) / (n + z * z))};
}

ConfidenceInterval NewcombeDifference(int64_t a, int64_t m, int64_t b,
                                      int64_t n, double alpha) {
  const double p1 = static_cast<double>(a) / static_cast<double>(m);
  const double p2 = static_cast<double>(b) / static_cast<double>(n);
  const ConfidenceInterval one =
      Wilson(static_cast<double>(a), static_cast<double>(m), alpha);
  const ConfidenceInterval two =
      Wilson(static_cast<double>(b), static_cast<double>(n), alpha);
  const double difference = p1 - p2;
  return {difference - std::hypot(p1 - one.low, two.high - p2),
          difference + std::hypot(one.high - p1, p2 - two.low)};
}

Outcome<ConfidenceInterval> KatzRatio(int64_t a, int64_t m, int64_t b,
                                      int64_t n, double alpha) {
  if (a <= 0 || b <= 0) {
    return {Reason::kNotIdentified, "a sample without a success has no ratio"};
  }
  const double ratio = static_cast<double>(a) / static_cast<double>(m) *
                       static_cast<double>(n) / static_cast<double>(b);
  const double spread =
      std::sqrt(1.0 / static_cast<double>(a) - 1.0 / static_cast<double>(m) +
                1.0 / static_cast<double>(b) - 1.0 / static_cast<double>(n));
  const double factor = std::exp(NormalQuantile(1 - alpha / 2) * spread);
  return ConfidenceInterval{ratio / factor, ratio * factor};
}

Outcome<ConfidenceInterval> KoopmanRatio(int64_t a, int64_t m, int64_t b,
                                         int64_t n, double alpha) {
  if (b <= 0 || m <= 0 || n <= 0) {
    return {Reason::kNotIdentified,
            "a second sample without a success has no ratio"};
  }
  const auto x = static_cast<double>(a), y = static_cast<double>(b);
  const auto mm = static_cast<double>(m), nn = static_cast<double>(n);
  const double limit = ChiSquaredQuantile(1 - alpha, 1);
  const double point = x / mm * nn / y;
  const auto rejected = [&](double ratio) {
    return KoopmanChiSquared(x, mm, y, nn, ratio) > limit;
  };
  // Bisects between a ratio that is kept and one that is rejected.
  const auto edge = [&](double kept, double out) {
    for (int i = 0; i < 200 && std::fabs(out - kept) > 1e-14 * out; ++i) {
      const double middle = (kept + out) / 2;
      (rejected(middle) ? out : kept) = middle;
    }
    return (kept + out) / 2;
  };
  ConfidenceInterval interval;
  if (a > 0) interval.low = edge(point, point * 1e-12);
  double high = a > 0 ? point * 2 : 1 / mm;
  for (int i = 0; i < 2000 && !rejected(high); ++i) high *= 2;
  interval.high = edge(a > 0 ? point : 1e-12 * high, high);
  return interval;
}

Outcome<double> MantelHaenszelOddsRatio(std::span<const TwoByTwo> tables) {
  double above = 0, below = 0;
  for (const TwoByTwo& t : tables) {
    const auto total = static_cast<double>(t.a + t.b + t.c + t.d);
    if (total == 0) continue;
    above += static_cast<double>(t.a) * static_cast<double>(t.d) / total;
    below += static_cast<double>(t.b) * static_cast<double>(t.c) / total;
  }
  if (below == 0) {
    return {Reason::kNotIdentified, "no stratum has both kinds of failure"};
  }
  return above / below;
}

}  // namespace plumbline::audit
