#include "audit/stats/cluster_bootstrap.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "audit/stats/distributions.h"

namespace plumbline::audit {

Outcome<ConfidenceInterval> BootstrapInterval(
    int64_t clusters, const BootstrapOptions& options,
    const std::function<std::optional<double>(int replicate)>& statistic) {
  if (clusters < options.minimum_clusters) {
    return {Reason::kTooFew, std::to_string(clusters) + " clusters, at least " +
                                 std::to_string(options.minimum_clusters) +
                                 " needed"};
  }
  std::vector<double> values;
  for (int b = 0; b < options.replicates; ++b) {
    if (const std::optional<double> value = statistic(b)) {
      values.push_back(*value);
    }
  }
  if (values.size() * 10 < static_cast<size_t>(options.replicates) * 9) {
    return {Reason::kNotIdentified,
            "the statistic is not defined in more than a tenth of the "
            "replicates"};
  }
  std::sort(values.begin(), values.end());
  const auto size = static_cast<double>(values.size() + 1);
  // Ranks count from one.
  const auto at = [&](double rank) {
    const double last = static_cast<double>(values.size());
    return values[static_cast<size_t>(std::clamp(rank, 1.0, last)) - 1];
  };
  constexpr double kSlack = 1e-9;  // 0.025 * 1000 is not quite 25.
  return ConfidenceInterval{
      at(std::floor(options.alpha / 2 * size + kSlack)),
      at(std::ceil((1 - options.alpha / 2) * size - kSlack))};
}

std::optional<PolicyInterval> IntervalOf(double value, double standard_error,
                                         int64_t clusters,
                                         std::span<const double> replicates) {
  if (clusters < kFewestClusters) return std::nullopt;
  if (clusters >= kFewForReplicates && !replicates.empty()) {
    BootstrapOptions options;
    options.replicates = static_cast<int>(replicates.size());
    options.minimum_clusters = kFewestClusters;
    const Outcome<ConfidenceInterval> ends =
        BootstrapInterval(clusters, options, [&replicates](int b) {
          return std::optional<double>(replicates[static_cast<size_t>(b)]);
        });
    if (ends.ok()) return PolicyInterval{ends->low, ends->high, true};
  }
  const double half =
      StudentQuantile(0.975, static_cast<double>(clusters - 1)) *
      standard_error;
  return PolicyInterval{value - half, value + half, false};
}

}  // namespace plumbline::audit
