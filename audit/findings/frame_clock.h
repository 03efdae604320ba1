#ifndef PLUMBLINE_AUDIT_FINDINGS_FRAME_CLOCK_H_
#define PLUMBLINE_AUDIT_FINDINGS_FRAME_CLOCK_H_

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <limits>

#include "audit/measures/local_clock.h"
#include "replay/base/units.h"

namespace plumbline::audit {

// Local days of 1990-01-01 and 2100-01-01: clocks outside of them are no
// working time of anybody, and would make periods without end.
inline constexpr int64_t kFirstInstant = 7305 * kDay;
inline constexpr int64_t kLastInstant = 47482 * kDay;

inline bool Plausible(int64_t instant) {
  return instant >= kFirstInstant && instant < kLastInstant;
}

// Before and after every clock, near enough to be added to.
inline constexpr int64_t kBegin = std::numeric_limits<int64_t>::min() / 4;
inline constexpr int64_t kEnd = std::numeric_limits<int64_t>::max() / 4;

inline int64_t FirstKnown(std::initializer_list<int64_t> instants) {
  for (const int64_t instant : instants) {
    if (replay::IsKnown(instant)) return instant;
  }
  return replay::kUnknown;
}

// Overlap of two stretches; 0 where they do not meet.
inline int64_t Overlap(int64_t a_from, int64_t a_to, int64_t b_from,
                       int64_t b_to) {
  return std::max<int64_t>(0, std::min(a_to, b_to) - std::max(a_from, b_from));
}

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_FINDINGS_FRAME_CLOCK_H_
