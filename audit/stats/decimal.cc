#include "audit/stats/decimal.h"

#include <boost/multiprecision/cpp_int.hpp>
#include <cstdio>

namespace plumbline::audit {
namespace {

std::string Digits(unsigned __int128 value) {
  if (value == 0) return "0";
  std::string text;
  for (; value != 0; value /= 10) {
    text.insert(text.begin(), static_cast<char>('0' + int(value % 10)));
  }
  return text;
}

}  // namespace

std::string RatioText(Int128 numerator, Int128 denominator, int digits) {
  const bool negative = numerator < 0;
  unsigned __int128 rest = negative ? -static_cast<unsigned __int128>(numerator)
                                    : static_cast<unsigned __int128>(numerator);
  const unsigned __int128 by = denominator;
  unsigned __int128 whole = rest / by;
  rest %= by;
  std::string decimals;
  for (int i = 0; i < digits; ++i) {
    rest *= 10;
    decimals += static_cast<char>('0' + int(rest / by));
    rest %= by;
  }
  if (rest * 2 >= by) {  // Round the string up by one in its last place.
    int i = digits - 1;
    for (; i >= 0 && decimals[i] == '9'; --i) decimals[i] = '0';
    if (i >= 0) {
      ++decimals[i];
    } else {
      ++whole;
    }
  }
  const bool zero =
      whole == 0 && decimals.find_first_not_of('0') == std::string::npos;
  std::string text = negative && !zero ? "-" : "";
  text += Digits(whole);
  if (digits > 0) text.append(1, '.').append(decimals);
  return text;
}

std::string FloatText(long double value, int digits) {
  char buffer[128];
  std::snprintf(buffer, sizeof(buffer), "%.*Lf", digits, value);
  std::string text = buffer;
  if (text[0] == '-' && text.find_first_not_of("-0.") == std::string::npos) {
    text.erase(0, 1);
  }
  return text;
}

std::string MoneyText(Int128 millionths) {
  std::string text = RatioText(millionths, 1'000'000, 6);
  const size_t least = text.find('.') + 3;
  while (text.size() > least && text.back() == '0') text.pop_back();
  return text;
}

int64_t RoundSeconds(int64_t milliseconds) {
  const int64_t shifted = milliseconds + 500;
  const int64_t quotient = shifted / 1000;
  return shifted % 1000 < 0 ? quotient - 1 : quotient;
}

Int128 FixedPoint(Int128 numerator, Int128 denominator, int bits) {
  const bool negative = numerator < 0;
  const Int128 size = negative ? -numerator : numerator;
  constexpr Int128 kWord = Int128{1} << 63;
  Int128 rounded;
  if (size < kWord && denominator < kWord && bits <= 62) {
    // Common case, in words: the quotient of the rest fits one.
    const uint64_t by = static_cast<uint64_t>(denominator);
    // Shares are below one: a division less.
    const uint64_t value = static_cast<uint64_t>(size);
    const uint64_t whole = value < by ? 0 : value / by;
    // Short denominators: long division in two halves, each in one word.
    const int low = bits / 2, high = bits - low;
    if (bits >= 2 && by >> (64 - high) == 0) {
      const uint64_t first = (value - whole * by) << high;
      const uint64_t second = (first % by) << low;
      const uint64_t quotient = ((first / by) << low) + second / by;
      const uint64_t rest = second % by;
      rounded =
          (Int128{whole} << bits) + quotient + (rest >= by - rest ? 1 : 0);
      return negative ? -rounded : rounded;
    }
    const auto scaled = static_cast<unsigned __int128>(value - whole * by)
                        << bits;
    const uint64_t quotient = static_cast<uint64_t>(scaled / by);
    const uint64_t rest = static_cast<uint64_t>(scaled) - quotient * by;
    rounded = (Int128{whole} << bits) + quotient + (rest >= by - rest ? 1 : 0);
  } else {
    const Int128 scaled = size << bits;
    const Int128 quotient = scaled / denominator;
    const Int128 rest = scaled - quotient * denominator;
    rounded = quotient + (rest >= denominator - rest ? 1 : 0);
  }
  return negative ? -rounded : rounded;
}

std::string FixedMeanText(Int128 sum, Int128 count, int bits, int digits) {
  using boost::multiprecision::cpp_int;
  const bool negative = sum < 0;
  const cpp_int by = cpp_int(count) << bits;
  cpp_int scale = 1;
  for (int i = 0; i < digits; ++i) scale *= 10;
  const cpp_int scaled =
      (cpp_int(negative ? -sum : sum) * scale * 2 + by) / (by * 2);
  // The quotient of a mean fits 128 bits: terms are bounded, counts are whole.
  const std::string text =
      ScaledText(Digits(scaled.convert_to<unsigned __int128>()), digits);
  return negative && scaled != 0 ? std::string(1, '-').append(text) : text;
}

std::string ScaledText(const std::string& figures, int digits) {
  if (digits <= 0) return figures;
  const size_t behind = static_cast<size_t>(digits);
  std::string text;
  if (figures.size() <= behind) {
    text.append("0.").append(behind - figures.size(), '0').append(figures);
  } else {
    const size_t before = figures.size() - behind;
    text.append(figures, 0, before).append(1, '.').append(figures, before);
  }
  return text;
}

}  // namespace plumbline::audit
