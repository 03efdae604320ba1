#ifndef PLUMBLINE_AUDIT_FINDINGS_EXACT_SUM_H_
#define PLUMBLINE_AUDIT_FINDINGS_EXACT_SUM_H_

#include "audit/findings/big_math.h"

namespace plumbline::audit {

// A sum of exact rationals: in 128 bits for as long as they suffice, then in a
// rational of any size. The total does not depend on the order. O(1) a number,
// without memory of its own while 128 bits suffice.
class ExactSum {
 public:
  void Add(const Ratio& number) {
    FastMath math;
    const Ratio sum = math.Add(near_, number);
    if (!math.overflow) {
      near_ = sum;
      return;
    }
    far_ += BigMath::From(near_);
    near_ = number;
  }
  void Add(const BigMath::Number& number) { far_ += number; }
  BigMath::Number Total() const { return far_ + BigMath::From(near_); }

 private:
  Ratio near_;
  BigMath::Number far_;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_FINDINGS_EXACT_SUM_H_
