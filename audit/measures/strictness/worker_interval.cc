#include "audit/measures/strictness/worker_interval.h"

#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <cmath>

#include "audit/measures/cluster_spread.h"
#include "audit/measures/target_tally.h"
#include "audit/stats/cluster_bootstrap.h"
#include "audit/stats/decimal.h"
#include "audit/stats/distributions.h"
#include "audit/stats/hash.h"

namespace plumbline::audit {
namespace {

constexpr int kTile = 32;  // Replicates at a time.

}  // namespace

WorkerIntervals::WorkerIntervals(std::span<const uint64_t> keys, uint64_t seed,
                                 int replicates)
    : keys_(keys), seed_(seed), replicates_(replicates) {}

size_t WorkerIntervals::Add(double value, std::vector<double> parts,
                            std::vector<int64_t> rows, int64_t clusters,
                            std::vector<double> counted) {
  statistics_.push_back({value,
                         std::move(parts),
                         std::move(rows),
                         clusters,
                         std::move(counted),
                         {}});
  return statistics_.size() - 1;
}

void WorkerIntervals::Run() {
  std::vector<size_t> linear;
  for (size_t s = 0; s < statistics_.size(); ++s) {
    Statistic& one = statistics_[s];
    const double g = static_cast<double>(one.clusters);
    if (one.clusters < 2) continue;
    double sum = 0, squares = 0;
    for (const double part : one.parts) {
      sum += part;
      squares += part * part;
    }
    WorkerInterval& interval = one.interval;
    interval.standard_error =
        std::sqrt(g / (g - 1) * std::max(squares - sum * sum / g, 0.0));
    if (one.clusters < kFewestClusters) continue;
    interval.spread = SpreadOfParts(one.value, one.parts, one.rows);
    if (one.counted.empty() && WantsReplicates(one.clusters)) {
      linear.push_back(s);
    }
  }
  // Parts of one worker side by side, so that a weight is hashed once.
  const size_t width = linear.size();
  std::vector<double> rows(keys_.size() * width);
  for (size_t i = 0; i < width; ++i) {
    const std::vector<double>& parts = statistics_[linear[i]].parts;
    for (size_t w = 0; w < keys_.size(); ++w) rows[w * width + i] = parts[w];
  }
  std::vector<double> moved(static_cast<size_t>(replicates_) * width, 0);
  const int tiles = width == 0 ? 0 : (replicates_ + kTile - 1) / kTile;
  tbb::this_task_arena::isolate([&] {
    tbb::parallel_for(0, tiles, [&](int tile) {
      const int from = tile * kTile;
      const int to = std::min(replicates_, from + kTile);
      for (size_t w = 0; w < keys_.size(); ++w) {
        const double* row = &rows[w * width];
        for (int b = from; b < to; ++b) {
          const int weight = PoissonWeight(seed_, keys_[w], b);
          if (weight == 1) continue;
          const double times = weight - 1;
          double* out = &moved[static_cast<size_t>(b) * width];
          for (size_t i = 0; i < width; ++i) out[i] += times * row[i];
        }
      }
    });
  });
  for (size_t i = 0; i < width; ++i) {
    Statistic& one = statistics_[linear[i]];
    for (int b = 0; b < replicates_; ++b) {
      one.counted.push_back(one.value +
                            moved[static_cast<size_t>(b) * width + i]);
    }
  }
  for (size_t s = 0; s < statistics_.size(); ++s) {
    Statistic& one = statistics_[s];
    const std::optional<PolicyInterval> ends = IntervalOf(
        one.value, one.interval.standard_error, one.clusters, one.counted);
    if (!ends) continue;
    one.interval.low = ends->low;
    one.interval.high = ends->high;
    const bool is_linear = std::binary_search(linear.begin(), linear.end(), s);
    one.interval.method = !ends->replicated ? "clustered t"
                          : is_linear       ? "linear bootstrap"
                                            : "bootstrap";
  }
}

v1::Clusters SpreadOfParts(double value, std::span<const double> parts,
                           std::span<const int64_t> rows) {
  int64_t all = 0;
  for (const int64_t n : rows) all += n;
  std::vector<double> without;
  for (size_t w = 0; w < parts.size(); ++w) {
    const double rest = static_cast<double>(all - rows[w]);
    without.push_back(
        rest > 0 ? value - parts[w] * static_cast<double>(all) / rest : value);
  }
  return SpreadOf(rows, without, value);
}

v1::Figure FigureOf(double value, const WorkerInterval& interval, double least,
                    double most) {
  v1::Figure figure;
  figure.set_value(FloatText(value));
  if (interval.low.has_value() && interval.high.has_value()) {
    figure.set_lo(FloatText(std::clamp(*interval.low, least, most)));
    figure.set_hi(FloatText(std::clamp(*interval.high, least, most)));
    figure.set_method(interval.method);
    if (interval.spread.n() > 0) *figure.mutable_clusters() = interval.spread;
  }
  return figure;
}

double UpperTail(double t, int64_t clusters) {
  const double both = StudentTwoSided(t, static_cast<double>(clusters - 1));
  return t >= 0 ? both / 2 : 1 - both / 2;
}

}  // namespace plumbline::audit
