#ifndef PLUMBLINE_AUDIT_FINDINGS_BIG_MATH_H_
#define PLUMBLINE_AUDIT_FINDINGS_BIG_MATH_H_

#include <boost/multiprecision/cpp_int.hpp>

#include "audit/rules/exact.h"

namespace plumbline::audit {

// The same arithmetic as FastMath in rationals of any size: for the rare
// formula whose exact value does not fit 128 bits.
class BigMath {
 public:
  using Number = boost::multiprecision::cpp_rational;
  static Number From(const Ratio& ratio) {
    using boost::multiprecision::cpp_int;
    return Number(cpp_int(ratio.n), cpp_int(ratio.d));
  }
  Number Add(const Number& a, const Number& b) { return a + b; }
  Number Subtract(const Number& a, const Number& b) { return a - b; }
  Number Multiply(const Number& a, const Number& b) { return a * b; }
  Number Divide(const Number& a, const Number& b) { return a / b; }
  int Compare(const Number& a, const Number& b) {
    const int order = a.compare(b);
    return order < 0 ? -1 : order > 0;
  }
  static int Sign(const Number& a) { return a.sign(); }

  bool overflow = false;  // Never set.
};

// For figures that are only reported: exact where it fits 128 bits, else to the
// nearest 10^-12 unit, else the largest that fits.
Ratio ToRatio(const BigMath::Number& number);
inline Ratio ToRatio(const Ratio& ratio) { return ratio; }

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_FINDINGS_BIG_MATH_H_
