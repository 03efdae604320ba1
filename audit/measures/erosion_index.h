#ifndef PLUMBLINE_AUDIT_MEASURES_EROSION_INDEX_H_
#define PLUMBLINE_AUDIT_MEASURES_EROSION_INDEX_H_

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "audit/measures/erosion_cells.h"
#include "audit/stats/outcome.h"

namespace plumbline::audit {

// One stratum in two periods, by group of workers.
struct GroupedStratum {
  std::array<int64_t, kGroups> total_0 = {}, number_0 = {};
  std::array<int64_t, kGroups> total_1 = {}, number_1 = {};
};

struct IndexEstimate {
  double laspeyres = 0, paasche = 0, fisher = 0;
  double log_error = 0;      // Standard error of ln(fisher).
  double low = 0, high = 0;  // 95 %
  double crude_0 = 0, crude_1 = 0;
  double matched = 0;  // Share of all numbers with a like in both.
  int groups = 0;
};

// The like-for-like index of audit/stats/price_index.h, in long double over the
// strata in the order given (exact fractions of thousands of strata would have
// denominators of thousands of digits), with the delete-a-group jackknife:
//
//   V(ln F) = (G - 1)/G sum over g (ln F_(g) - mean)^2,   exp(ln F -+ t_{G-1}
//   s)
//
// over the G groups that have anything. Fewer than 6 groups: reason N; no
// stratum in both periods, or an index that a single group decides: ID.
// O(strata * groups). Source: Kott 2001; Fisher 1922.
Outcome<IndexEstimate> EstimateIndex(std::span<const GroupedStratum> strata);

// The point alone, without its interval, for any number of groups.
std::optional<IndexEstimate> IndexPoint(std::span<const GroupedStratum> strata);

// Two-sided p-value of ln F = ln(reference), t with G - 1 degrees.
double IndexPValue(const IndexEstimate& estimate, double reference);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_EROSION_INDEX_H_
