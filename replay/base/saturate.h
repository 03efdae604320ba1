#ifndef PLUMBLINE_REPLAY_BASE_SATURATE_H_
#define PLUMBLINE_REPLAY_BASE_SATURATE_H_

#include <cstdint>
#include <limits>

namespace plumbline::replay {

// a + b, held at the ends of int64 and never at kUnknown. Sums of real logs
// stay far below; hostile ones must not wrap round to a small figure.
inline int64_t AddSaturated(int64_t a, int64_t b) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  int64_t sum;
  if (__builtin_add_overflow(a, b, &sum)) return a < 0 ? -kMost : kMost;
  return sum < -kMost ? -kMost : sum;
}

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_BASE_SATURATE_H_
