#ifndef PLUMBLINE_AUDIT_MEASURES_EROSION_BREAKS_H_
#define PLUMBLINE_AUDIT_MEASURES_EROSION_BREAKS_H_

#include <cstdint>
#include <vector>

#include "audit/measures/erosion_series.h"

namespace plumbline::audit {

// A weekly index, ascending, without the weeks that have no value.
inline constexpr double kPartsOfIndex = 1e6;
struct IndexSeries {
  std::vector<int64_t> weeks;
  std::vector<int64_t> values;  // Millionths.
  bool within_margin = true;    // Every week's interval.
};

// E-TREND: Mann-Kendall with permuted blocks of four weeks, Theil-Sen slope and
// Sen's interval of it. Fewer than 12 weeks: N. O(T^2) a permutation.
void WriteTrend(const IndexSeries& series, uint64_t seed, v1::Trend* out);

// E-BREAK: segments of least squares, the penalty enlarged by what neighbours
// have in common, sup F with its permutation p-value, an interval for each
// date, and the published rule that lies near it. Fewer than 16 weeks: N.
void WriteBreaks(Quantity quantity, const IndexSeries& series,
                 const std::vector<DatedRule>& rules, bool has_ledger,
                 uint64_t seed, v1::Breaks* out);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_EROSION_BREAKS_H_
