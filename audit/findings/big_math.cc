#include "audit/findings/big_math.h"

#include <limits>

namespace plumbline::audit {
namespace {

using boost::multiprecision::cpp_int;

constexpr __int128 kLargest =
    static_cast<__int128>((~static_cast<unsigned __int128>(0)) >> 1);

bool Narrow(const cpp_int& wide, __int128* narrow) {
  if (wide > cpp_int(kLargest) || wide < -cpp_int(kLargest)) return false;
  *narrow = wide.convert_to<__int128>();
  return true;
}

}  // namespace

Ratio ToRatio(const BigMath::Number& number) {
  const cpp_int n = numerator(number), d = denominator(number);
  Ratio ratio;
  if (Narrow(n, &ratio.n) && Narrow(d, &ratio.d)) return ratio;
  const cpp_int scale = 1'000'000'000'000;
  cpp_int scaled = (abs(n) * scale * 2 + d) / (2 * d);
  if (n < 0) scaled = -scaled;
  ratio.d = 1'000'000'000'000;
  if (Narrow(scaled, &ratio.n)) return ratio;
  return {n < 0 ? -kLargest : kLargest, 1};
}

}  // namespace plumbline::audit
