#include "audit/stats/hash.h"

#include <cmath>

namespace plumbline::audit {
namespace {

// floor(2^64 P(Poisson(1) <= j)), j = 0, 1, ...
constexpr uint64_t kThresholds[] = {
    0x5e2d58d8b3bcdf1au, 0xbc5ab1b16779be35u, 0xeb715e1dc1582dc2u,
    0xfb23979734a252f1u, 0xff1025f59174dc3du, 0xffd90f3ba4055e19u,
    0xfffa8b71fc72c913u, 0xffff540c0914b3c9u, 0xffffed1f4aa8f120u,
    0xfffffe216e641462u, 0xffffffd4d85d3183u, 0xfffffffc6da262b4u};

// Uniform in (0, 1): 53 bits, never an end.
double Uniform(uint64_t bits) {
  return (static_cast<double>(bits >> 11) + 0.5) * 0x1.0p-53;
}

}  // namespace

int PoissonWeight(uint64_t seed, uint64_t key, uint64_t replicate) {
  const uint64_t u = HashOf(seed, key, replicate);
  int weight = 0;
  for (const uint64_t threshold : kThresholds) weight += u >= threshold;
  return weight;
}

int64_t PoissonDraw(double mean, uint64_t seed, uint64_t key,
                    uint64_t replicate) {
  uint64_t state = HashOf(seed, key, replicate);
  auto next = [&state] { return Uniform(state = Mix(state)); };
  if (!(mean > 0)) return 0;
  if (mean < 10) {
    const double limit = std::exp(-mean);
    double product = next();
    int64_t k = 0;
    while (product > limit) {
      product *= next();
      ++k;
    }
    return k;
  }
  const double log_mean = std::log(mean);
  const double b = 0.931 + 2.53 * std::sqrt(mean);
  const double a = -0.059 + 0.02483 * b;
  const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
  const double v_r = 0.9277 - 3.6224 / (b - 2);
  while (true) {
    const double u = next() - 0.5;
    const double v = next();
    const double us = 0.5 - std::fabs(u);
    const double k = std::floor((2 * a / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= v_r) return static_cast<int64_t>(k);
    if (k < 0 || (us < 0.013 && v > us)) continue;
    if (std::log(v) + std::log(inverse_alpha) - std::log(a / (us * us) + b) <=
        -mean + k * log_mean - std::lgamma(k + 1)) {
      return static_cast<int64_t>(k);
    }
  }
}

}  // namespace plumbline::audit
