#ifndef PLUMBLINE_AUDIT_STATS_CLUSTER_BOOTSTRAP_H_
#define PLUMBLINE_AUDIT_STATS_CLUSTER_BOOTSTRAP_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "audit/stats/outcome.h"

namespace plumbline::audit {

// Percentile interval of a statistic over replicates of whole clusters. In
// replicate b cluster k has the weight PoissonWeight(seed, k, b), a hash and no
// generator, so any shard weighs its own clusters and the parts add up.
//
//   statistic(b)   the statistic with the weights of replicate b, or nothing
//                  where it is not defined there
//
// The interval holds the order statistics floor(alpha/2 (B+1)) and
// ceil((1 - alpha/2)(B+1)) of the B replicates that have a value. Fewer than
// `minimum_clusters` clusters give reason N; more than a tenth of the
// replicates without a value give ID. `replicates` calls.
struct BootstrapOptions {
  int replicates = 999;
  double alpha = 0.05;
  int64_t minimum_clusters = 6;
};
Outcome<ConfidenceInterval> BootstrapInterval(
    int64_t clusters, const BootstrapOptions& options,
    const std::function<std::optional<double>(int replicate)>& statistic);

// The one policy by which a statistic of whole clusters has its 95 % interval:
//
//   fewer than 6 clusters            none
//   6 to 39, or more than 200,000,   value -+ t(G - 1) standard error
//   or no replicates
//   else                             percentiles of the replicates
//
// With few clusters replicates are too narrow; of very many they cannot be told
// from t.
inline constexpr int64_t kFewestClusters = 6;
inline constexpr int64_t kFewForReplicates = 40;
inline constexpr int64_t kManyForReplicates = 200'000;
inline bool WantsReplicates(int64_t clusters) {
  return clusters >= kFewForReplicates && clusters <= kManyForReplicates;
}
struct PolicyInterval {
  double low = 0, high = 0;
  bool replicated = false;
};
std::optional<PolicyInterval> IntervalOf(double value, double standard_error,
                                         int64_t clusters,
                                         std::span<const double> replicates);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_STATS_CLUSTER_BOOTSTRAP_H_
