#include "audit/measures/erosion_index.h"

#include <cmath>

#include "audit/stats/distributions.h"

namespace plumbline::audit {

std::optional<IndexPoint> IndexOf(std::span<const StratumPair> strata) {
  long double old_0 = 0, old_1 = 0, new_0 = 0, new_1 = 0;
  __int128 totals[2] = {0, 0}, numbers[2] = {0, 0}, matched = 0;
  for (const StratumPair& pair : strata) {
    totals[0] += pair.total_0;
    totals[1] += pair.total_1;
    numbers[0] += pair.number_0;
    numbers[1] += pair.number_1;
    if (!IsLike(pair)) continue;
    matched += pair.number_0;
    matched += pair.number_1;
    const long double number_0 = static_cast<long double>(pair.number_0);
    const long double number_1 = static_cast<long double>(pair.number_1);
    old_0 += static_cast<long double>(pair.total_0);
    old_1 += static_cast<long double>(pair.total_1) / number_1 * number_0;
    new_0 += static_cast<long double>(pair.total_0) / number_0 * number_1;
    new_1 += static_cast<long double>(pair.total_1);
  }
  if (!(old_0 > 0 && new_0 > 0 && old_1 > 0 && new_1 > 0)) return std::nullopt;
  IndexPoint point;
  point.laspeyres = static_cast<double>(old_1 / old_0);
  point.paasche = static_cast<double>(new_1 / new_0);
  point.fisher = std::exp(static_cast<double>(
      (std::log(old_1 / old_0) + std::log(new_1 / new_0)) / 2));
  const auto ratio = [](__int128 a, __int128 b) {
    return static_cast<double>(static_cast<long double>(a) /
                               static_cast<long double>(b));
  };
  point.crude_0 = ratio(totals[0], numbers[0]);
  point.crude_1 = ratio(totals[1], numbers[1]);
  point.matched = ratio(matched, numbers[0] + numbers[1]);
  return point;
}

double IndexPValue(double fisher, double log_error, int64_t clusters,
                   double reference) {
  const double apart = std::log(fisher) - std::log(reference);
  if (log_error <= 0) return std::fabs(apart) < 1e-12 ? 1 : 0;
  return StudentTwoSided(apart / log_error, static_cast<double>(clusters - 1));
}

}  // namespace plumbline::audit
