#include "audit/rules/exact.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "audit/rules/text.h"

namespace plumbline::audit {
namespace {

using Int = __int128;
using Unsigned = unsigned __int128;

Unsigned Magnitude(Int value) {
  return value < 0 ? -static_cast<Unsigned>(value)
                   : static_cast<Unsigned>(value);
}

Unsigned Gcd(Unsigned a, Unsigned b) {
  while (b != 0) {
    // 64-bit division is many times cheaper, and almost always enough.
    if (((a | b) >> 64) == 0) {
      uint64_t x = static_cast<uint64_t>(a), y = static_cast<uint64_t>(b);
      while (y != 0) {
        const uint64_t rest = x % y;
        x = y;
        y = rest;
      }
      return x;
    }
    const Unsigned rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

std::string IntText(Int value) {
  Unsigned rest = Magnitude(value);
  std::string text;
  do {
    text += static_cast<char>('0' + static_cast<int>(rest % 10));
    rest /= 10;
  } while (rest != 0);
  if (value < 0) text += '-';
  std::reverse(text.begin(), text.end());
  return text;
}

bool ParseInt(std::string_view text, Int* value) {
  const bool negative = !text.empty() && text[0] == '-';
  if (negative) text.remove_prefix(1);
  if (text.empty()) return false;
  Int sum = 0;
  for (char digit : text) {
    if (digit < '0' || digit > '9') return false;
    if (__builtin_mul_overflow(sum, Int{10}, &sum) ||
        __builtin_add_overflow(sum, Int{digit - '0'}, &sum)) {
      return false;
    }
  }
  *value = negative ? -sum : sum;
  return true;
}

}  // namespace

Ratio Reduced(Ratio ratio) {
  if (ratio.d == 1) return ratio;
  const Unsigned common = Gcd(Magnitude(ratio.n), Magnitude(ratio.d));
  if (common > 1) {
    ratio.n /= static_cast<Int>(common);
    ratio.d /= static_cast<Int>(common);
  }
  return ratio;
}

Ratio FastMath::Add(const Ratio& a, const Ratio& b) {
  Ratio sum;
  if (a.d == b.d) {
    sum.d = a.d;
    overflow |= __builtin_add_overflow(a.n, b.n, &sum.n);
    return sum;
  }
  Int left, right;
  if (!__builtin_mul_overflow(a.n, b.d, &left) &&
      !__builtin_mul_overflow(b.n, a.d, &right) &&
      !__builtin_add_overflow(left, right, &sum.n) &&
      !__builtin_mul_overflow(a.d, b.d, &sum.d)) {
    return sum;
  }
  // Once more in lowest terms, over the least common denominator.
  const Ratio x = Reduced(a), y = Reduced(b);
  const Int common = static_cast<Int>(Gcd(Magnitude(x.d), Magnitude(y.d)));
  const Int scale = y.d / common;
  overflow |= __builtin_mul_overflow(x.n, scale, &left);
  overflow |= __builtin_mul_overflow(y.n, x.d / common, &right);
  overflow |= __builtin_add_overflow(left, right, &sum.n);
  overflow |= __builtin_mul_overflow(x.d, scale, &sum.d);
  return overflow ? Ratio{} : sum;
}

Ratio FastMath::Subtract(const Ratio& a, const Ratio& b) {
  return Add(a, {-b.n, b.d});
}

Ratio FastMath::Multiply(const Ratio& a, const Ratio& b) {
  Ratio product;
  if (!__builtin_mul_overflow(a.n, b.n, &product.n) &&
      !__builtin_mul_overflow(a.d, b.d, &product.d)) {
    return product;
  }
  const Ratio x = Reduced({a.n, b.d}), y = Reduced({b.n, a.d});
  overflow |= __builtin_mul_overflow(x.n, y.n, &product.n);
  overflow |= __builtin_mul_overflow(x.d, y.d, &product.d);
  return overflow ? Ratio{} : product;
}

Ratio FastMath::Divide(const Ratio& a, const Ratio& b) {
  return b.n < 0 ? Multiply(a, {-b.d, -b.n}) : Multiply(a, {b.d, b.n});
}

int FastMath::Compare(const Ratio& a, const Ratio& b) {
  if (a.d == b.d) return a.n < b.n ? -1 : a.n > b.n;
  Int left, right;
  if (__builtin_mul_overflow(a.n, b.d, &left) ||
      __builtin_mul_overflow(b.n, a.d, &right)) {
    const Ratio x = Reduced(a), y = Reduced(b);
    overflow |= __builtin_mul_overflow(x.n, y.d, &left);
    overflow |= __builtin_mul_overflow(y.n, x.d, &right);
  }
  return left < right ? -1 : left > right;
}

std::string RatioTextExact(const Ratio& ratio) {
  const Ratio lowest = Reduced(ratio);
  return IntText(lowest.n) + "/" + IntText(lowest.d);
}

bool ParseRatio(std::string_view text, Ratio* ratio) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return false;
  return ParseInt(text.substr(0, slash), &ratio->n) &&
         ParseInt(text.substr(slash + 1), &ratio->d) && ratio->d > 0;
}

bool ParseExactDecimal(std::string_view text, Ratio* ratio) {
  std::string digits;
  int64_t scale = 1;
  bool point = false;
  size_t figures = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '-' && i == 0) {
      digits += c;
    } else if (c == '.' && !point && figures > 0 && i + 1 < text.size()) {
      point = true;
    } else if (c >= '0' && c <= '9') {
      digits += c;
      if (++figures > 18) return false;
      if (point) scale *= 10;
    } else {
      return false;
    }
  }
  int64_t number = 0;
  if (figures == 0 || !absl::SimpleAtoi(digits, &number)) return false;
  *ratio = Reduced({number, scale});
  return true;
}

std::string RoundedText(const Ratio& value, int digits) {
  Unsigned scale = 1;
  for (int i = 0; i < digits; ++i) scale *= 10;
  // Whole part first, so that the product stays small.
  const Unsigned n = Magnitude(value.n), d = Magnitude(value.d);
  const Unsigned whole = n / d, rest = n % d;
  Unsigned part;
  if (rest > (~Unsigned{0}) / (2 * scale)) {
    // A denominator beyond 2^100: drop low bits that no digit can show.
    int shift = 0;
    while ((rest >> shift) > (~Unsigned{0}) / (2 * scale)) ++shift;
    part = (2 * scale * (rest >> shift) + (d >> shift)) / (2 * (d >> shift));
  } else {
    part = (2 * scale * rest + d) / (2 * d);
  }
  Unsigned total = whole * scale + part;
  std::string text = IntText(static_cast<Int>(total));
  if (text.size() <= static_cast<size_t>(digits)) {
    text = Cat(std::string(digits + 1 - text.size(), '0'), text);
  }
  const std::string_view sign = value.n < 0 && total != 0 ? "-" : "";
  if (digits == 0) return Cat(sign, text);
  const std::string_view figures = text;
  return Cat(sign, figures.substr(0, text.size() - digits), ".",
             figures.substr(text.size() - digits));
}

}  // namespace plumbline::audit
