#ifndef PLUMBLINE_AUDIT_MEASURES_CLUSTER_SPREAD_H_
#define PLUMBLINE_AUDIT_MEASURES_CLUSTER_SPREAD_H_

#include <cstdint>
#include <span>

#include "plumbline/v1/figure.pb.h"

namespace plumbline::audit {

// What an interval rests on: how many clusters, the smallest, middle (the lower
// one of two) and largest of them in rows, the statistic without the largest
// one (the first of equals), and the largest change when any one is left out.
// `without` is the statistic without each cluster, `value` with all. Clusters
// without rows count only by what they change. O(n log n).
v1::Clusters SpreadOf(std::span<const int64_t> rows,
                      std::span<const double> without, double value);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_CLUSTER_SPREAD_H_
