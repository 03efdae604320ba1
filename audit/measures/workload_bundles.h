#ifndef PLUMBLINE_AUDIT_MEASURES_WORKLOAD_BUNDLES_H_
#define PLUMBLINE_AUDIT_MEASURES_WORKLOAD_BUNDLES_H_

#include <cstdint>
#include <optional>
#include <span>

#include "replay/timeline/worker_timeline.h"

namespace plumbline::audit {

// A bundle: the orders that a worker has open just after taking one more.
//
// Saturation is what the platform itself planned for them over the time that is
// left:
//
//   sum over open orders of max(0, shortest estimate - time since acceptance)
//   / (last deadline - now)          in thousandths, at most 99,999
//
// The deadline of an order is its limit, else its promise. nullopt where one
// has no estimate or no deadline.
std::optional<int64_t> SaturationOf(std::span<const replay::Task* const> open,
                                    int64_t now);

// Whether some order of stops keeps every deadline at `kmh`: straight lines on
// the globe, the worker starting at the best stop at once, no wait, no hand
// over, an order whose pickup clock is unknown counted as carried already. All
// of that is in the platform's favour, so "no" stands. Every sequence with each
// pickup before its drop-off is tried: at most 2,520 for the four orders
// allowed. nullopt where a place or a deadline is missing.
inline constexpr size_t kMostRouted = 4;
std::optional<bool> CanKeepDeadlines(std::span<const replay::Task* const> open,
                                     int64_t now, int64_t kmh);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_WORKLOAD_BUNDLES_H_
