#ifndef PLUMBLINE_AUDIT_STATS_DECIMAL_H_
#define PLUMBLINE_AUDIT_STATS_DECIMAL_H_

#include <cstdint>
#include <string>

namespace plumbline::audit {

// 2^bits, by which a product has the bits that ldexp gives, but is faster.
consteval double TwoTo(int bits) {
  double value = 1;
  for (; bits > 0; --bits) value *= 2;
  for (; bits < 0; ++bits) value /= 2;
  return value;
}

using Int128 = __int128;

// Decimals behind the point in shares, indices and statistics.
inline constexpr int kDigits = 12;

// numerator / denominator with exactly `digits` decimals, rounded half away
// from zero; denominator > 0 and below 2^123. Exact. "-0.000" is never written.
std::string RatioText(Int128 numerator, Int128 denominator,
                      int digits = kDigits);

// The same for a floating value, for what has no rational form (logarithms).
std::string FloatText(long double value, int digits = kDigits);

// Millionths as a decimal: at least two decimals, no more than needed.
std::string MoneyText(Int128 millionths);

// Milliseconds as whole seconds, half up.
int64_t RoundSeconds(int64_t milliseconds);

// numerator / denominator in units of 2^-bits, to the nearest, half away from
// zero. |numerator| 2^bits must stay below 2^126. Sums of such terms are exact
// integers, so their order never shows.
Int128 FixedPoint(Int128 numerator, Int128 denominator, int bits);

// A sum of fixed-point terms over `count`, as text.
std::string FixedMeanText(Int128 sum, Int128 count, int bits,
                          int digits = kDigits);

// A whole number of 10^-digits units, given by its figures, as text.
std::string ScaledText(const std::string& figures, int digits);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_STATS_DECIMAL_H_
