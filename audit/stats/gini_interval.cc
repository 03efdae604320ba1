#include "audit/stats/gini_interval.h"

#include <algorithm>
#include <cmath>

#include "audit/stats/hash.h"

namespace plumbline::audit {
namespace {

constexpr size_t kReplicates = 999;
constexpr size_t kMostDrawn = 2000;

GiniInterval Jackknife(std::span<const double> ascending) {
  const double n = static_cast<double>(ascending.size());
  double sum = 0, weighted = 0;
  for (size_t i = 0; i < ascending.size(); ++i) {
    sum += ascending[i];
    weighted += (2 * static_cast<double>(i + 1) - n - 1) * ascending[i];
  }
  std::vector<double> without;
  without.reserve(ascending.size());
  double below = 0, total = 0;
  for (size_t j = 0; j < ascending.size(); ++j) {
    const double x = ascending[j];
    const double numerator = weighted -
                             (2 * static_cast<double>(j + 1) - n - 1) * x +
                             below - (sum - below - x);
    const double rest = sum - x;
    without.push_back(rest > 0 ? numerator / ((n - 1) * rest) : 0);
    total += without.back();
    below += x;
  }
  const double mean = total / n;
  double squares = 0;
  for (const double value : without) squares += (value - mean) * (value - mean);
  const double half = 1.959963984540054 * std::sqrt((n - 1) / n * squares);
  const double gini = weighted / (n * sum);
  return {std::max(0.0, gini - half), std::min(1.0, gini + half), false};
}

}  // namespace

std::optional<GiniInterval> GiniIntervals::Of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  if (values.size() < 2) return std::nullopt;
  double sum = 0;
  for (const double value : values) sum += value;
  if (!(sum > 0) || values.front() < 0) return std::nullopt;
  return values.size() > kMostDrawn ? Jackknife(values) : Bootstrap(values);
}

GiniInterval GiniIntervals::Bootstrap(std::span<const double> ascending) {
  const size_t n = ascending.size();
  for (; drawn_ < n; ++drawn_) {
    for (size_t b = 0; b < kReplicates; ++b) {
      weights_.push_back(static_cast<uint8_t>(PoissonWeight(seed_, drawn_, b)));
    }
  }
  // All replicates at once, worker by worker: c drawn so far, of them the sum
  // of w (2c + w) x, which becomes the Gini's numerator once n is known.
  std::vector<double> count(kReplicates), ranked(kReplicates), sum(kReplicates);
  for (size_t i = 0; i < n; ++i) {
    const uint8_t* weights = &weights_[i * kReplicates];
    const double x = ascending[i];
    for (size_t b = 0; b < kReplicates; ++b) {
      const double w = weights[b];
      ranked[b] += w * (2 * count[b] + w) * x;
      count[b] += w;
      sum[b] += w * x;
    }
  }
  std::vector<double> ginis(kReplicates);
  for (size_t b = 0; b < kReplicates; ++b) {
    if (sum[b] > 0) {
      ginis[b] = (ranked[b] - count[b] * sum[b]) / (count[b] * sum[b]);
    }
  }
  std::sort(ginis.begin(), ginis.end());
  return {std::max(0.0, ginis[24]), std::min(1.0, ginis[974]), true};
}

}  // namespace plumbline::audit
