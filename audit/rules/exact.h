#ifndef PLUMBLINE_AUDIT_RULES_EXACT_H_
#define PLUMBLINE_AUDIT_RULES_EXACT_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace plumbline::audit {

// An exact rational in 128 bits: n / d, d > 0, not always in lowest terms.
struct Ratio {
  __int128 n = 0;
  __int128 d = 1;
};

// Arithmetic on Ratio that says when a result did not fit: `overflow` stays
// set, and the caller repeats the whole formula with BigMath. Not one wrong
// digit either way.
class FastMath {
 public:
  using Number = Ratio;
  static Number From(const Ratio& ratio) { return ratio; }

  Number Add(const Number& a, const Number& b);
  Number Subtract(const Number& a, const Number& b);
  Number Multiply(const Number& a, const Number& b);
  Number Divide(const Number& a, const Number& b);  // b is not zero.
  int Compare(const Number& a, const Number& b);    // -1, 0 or 1
  static int Sign(const Number& a) { return a.n < 0 ? -1 : a.n > 0; }

  bool overflow = false;
};

Ratio Reduced(Ratio ratio);

// "numerator/denominator" in lowest terms, and back; false for other text.
// Of any size: what does not fit 128 bits goes through BigText functions.
std::string RatioTextExact(const Ratio& ratio);
bool ParseRatio(std::string_view text, Ratio* ratio);

// Decimal text ("0.583") exactly; false for other text or more than 18 digits.
bool ParseExactDecimal(std::string_view text, Ratio* ratio);

// `value` times 10^digits, rounded half up (away from zero where negative), as
// decimal text with `digits` decimals.
std::string RoundedText(const Ratio& value, int digits);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_RULES_EXACT_H_
