#include "audit/measures/cluster_spread.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "audit/stats/decimal.h"

namespace plumbline::audit {

v1::Clusters SpreadOf(std::span<const int64_t> rows,
                      std::span<const double> without, double value) {
  v1::Clusters out;
  std::vector<int64_t> sizes;
  size_t largest = 0;
  double change = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (std::fabs(without[i] - value) > std::fabs(change)) {
      change = without[i] - value;
    }
    if (rows[i] <= 0) continue;
    sizes.push_back(rows[i]);
    if (rows[i] > rows[largest]) largest = i;
  }
  out.set_n(static_cast<int64_t>(sizes.size()));
  if (sizes.empty()) return out;
  const auto middle =
      sizes.begin() + static_cast<int64_t>(sizes.size() - 1) / 2;
  std::nth_element(sizes.begin(), middle, sizes.end());
  out.set_median(*middle);
  out.set_smallest(*std::min_element(sizes.begin(), sizes.end()));
  out.set_largest(*std::max_element(sizes.begin(), sizes.end()));
  out.set_without_largest(FloatText(without[largest]));
  out.set_largest_change(FloatText(change));
  return out;
}

}  // namespace plumbline::audit
