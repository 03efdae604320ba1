#ifndef PLUMBLINE_AUDIT_MEASURES_EROSION_INDEX_H_
#define PLUMBLINE_AUDIT_MEASURES_EROSION_INDEX_H_

#include <cstdint>
#include <optional>
#include <span>

namespace plumbline::audit {

// One stratum in two periods; `like` where both have enough to be compared.
struct StratumPair {
  int64_t total_0 = 0, number_0 = 0;
  int64_t total_1 = 0, number_1 = 0;
  bool like = true;
};

struct IndexPoint {
  double laspeyres = 0, paasche = 0, fisher = 0;
  double crude_0 = 0, crude_1 = 0;
  double matched = 0;  // Share of all numbers with a like in both.
};

// The like-for-like index of audit/stats/price_index.h, in long double over the
// strata in the order given: exact fractions of thousands of strata would have
// denominators of thousands of digits. Nothing where no stratum with a value
// above zero is there in both periods. O(strata). Source: Fisher 1922.
std::optional<IndexPoint> IndexOf(std::span<const StratumPair> strata);

// Whether a stratum counts on both sides.
inline bool IsLike(const StratumPair& pair) {
  return pair.like && pair.number_0 > 0 && pair.number_1 > 0;
}

// Two-sided p-value of ln fisher = ln reference, t with clusters - 1 degrees.
double IndexPValue(double fisher, double log_error, int64_t clusters,
                   double reference);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_EROSION_INDEX_H_
