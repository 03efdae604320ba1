#include "audit/stats/multiplicity.h"

#include <algorithm>
#include <numeric>

namespace plumbline::audit {
namespace {

// Positions of the p-values in ascending order; ties by position.
std::vector<size_t> Ascending(std::span<const double> p_values) {
  std::vector<size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return p_values[a] < p_values[b];
  });
  return order;
}

std::vector<double> StepUp(std::span<const double> p_values, double factor) {
  const std::vector<size_t> order = Ascending(p_values);
  std::vector<double> adjusted(p_values.size());
  double least = 1;
  for (size_t k = order.size(); k-- > 0;) {
    const double here =
        factor * p_values[order[k]] / static_cast<double>(k + 1);
    least = std::min(least, here);
    adjusted[order[k]] = least;
  }
  return adjusted;
}

}  // namespace

std::vector<double> HolmAdjusted(std::span<const double> p_values) {
  const std::vector<size_t> order = Ascending(p_values);
  std::vector<double> adjusted(p_values.size());
  double most = 0;
  for (size_t k = 0; k < order.size(); ++k) {
    const auto rest = static_cast<double>(order.size() - k);
    most = std::max(most, std::min(1.0, rest * p_values[order[k]]));
    adjusted[order[k]] = most;
  }
  return adjusted;
}

std::vector<double> BenjaminiHochbergAdjusted(
    std::span<const double> p_values) {
  return StepUp(p_values, static_cast<double>(p_values.size()));
}

std::vector<double> BenjaminiYekutieliAdjusted(
    std::span<const double> p_values) {
  double harmonic = 0;
  for (size_t j = p_values.size(); j > 0; --j) {
    harmonic += 1.0 / static_cast<double>(j);
  }
  return StepUp(p_values, harmonic * static_cast<double>(p_values.size()));
}

}  // namespace plumbline::audit
