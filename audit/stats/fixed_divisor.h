#ifndef PLUMBLINE_AUDIT_STATS_FIXED_DIVISOR_H_
#define PLUMBLINE_AUDIT_STATS_FIXED_DIVISOR_H_

#include <cstdint>

#include "audit/stats/decimal.h"

namespace plumbline::audit {

// Many numerators over one denominator: Of(n) is FixedPoint(n, by, bits), the
// same to the last bit. With 2^bits = whole by + rest,
//
//   n 2^bits / by = n whole + n rest / by
//
// and the last quotient is taken by a multiplication with 2^64 / by, which is
// at most two too small. Where n or by passes 32 bits, it is FixedPoint itself.
class FixedDivisor {
 public:
  FixedDivisor() = default;
  // by > 0, bits <= 60.
  FixedDivisor(int64_t by, int bits)
      : by_(static_cast<uint64_t>(by)),
        whole_((uint64_t{1} << bits) / by_),
        rest_((uint64_t{1} << bits) - whole_ * by_),
        inverse_(UINT64_MAX / by_),
        bits_(bits) {}

  uint64_t by() const { return by_; }

  Int128 Of(int64_t numerator) const {
    const uint64_t n = static_cast<uint64_t>(numerator);
    if ((n | by_) >> 32 != 0) {
      return FixedPoint(numerator, static_cast<Int128>(by_), bits_);
    }
    using Wide = unsigned __int128;
    const uint64_t part = n * rest_;
    uint64_t quotient =
        static_cast<uint64_t>(static_cast<Wide>(part) * inverse_ >> 64);
    uint64_t left = part - quotient * by_;
    while (left >= by_) {
      left -= by_;
      ++quotient;
    }
    return static_cast<Int128>(static_cast<Wide>(n) * whole_ + quotient +
                               (left >= by_ - left ? 1 : 0));
  }

 private:
  uint64_t by_ = 0, whole_ = 0, rest_ = 0, inverse_ = 0;
  int bits_ = 0;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_STATS_FIXED_DIVISOR_H_
