#ifndef PLUMBLINE_AUDIT_FINDINGS_VALUE_H_
#define PLUMBLINE_AUDIT_FINDINGS_VALUE_H_

#include <cstdint>
#include <utility>

#include "audit/rules/exact.h"

namespace plumbline::audit {

// Everything a quantity may be, given what the log leaves open: [lo, hi], or
// without an end. `missing` names the columns that leave it open, as bits of
// Program::columns. A point is known exactly.
template <typename Number>
struct Value {
  Number lo = {};
  Number hi = {};
  bool point = true;
  bool lo_open = false;
  bool hi_open = false;
  uint64_t missing = 0;
};

enum class Truth : uint8_t { kFalse, kTrue, kUnknown };
struct Answer {
  Truth truth = Truth::kUnknown;
  uint64_t missing = 0;
};

// Interval arithmetic that never leaves a possible value out. The two sides of
// a sum are taken as independent, so bounds may be wider than need be; a
// verdict that holds for them holds.
template <typename Math>
class Bounds {
 public:
  using Number = typename Math::Number;
  using V = Value<Number>;

  explicit Bounds(Math& math) : math_(math) {}

  static V Point(Number number) { return {number, number}; }
  static V Anything(uint64_t missing) {
    return {{}, {}, false, true, true, missing};
  }

  V Add(const V& a, const V& b) {
    if (a.point && b.point) return Same(math_.Add(a.lo, b.lo));
    V sum = Mixed(a, b);
    sum.lo_open = a.lo_open || b.lo_open;
    sum.hi_open = a.hi_open || b.hi_open;
    if (!sum.lo_open) sum.lo = math_.Add(a.lo, b.lo);
    if (!sum.hi_open) sum.hi = math_.Add(Hi(a), Hi(b));
    return sum;
  }
  V Negate(const V& a) {
    V result = a;
    const Number zero = {};
    result.lo = math_.Subtract(zero, Hi(a));
    result.hi = math_.Subtract(zero, a.lo);
    result.lo_open = a.hi_open;
    result.hi_open = a.lo_open;
    if (a.point) result.hi = result.lo;
    return result;
  }
  V Subtract(const V& a, const V& b) {
    if (a.point && b.point) return Same(math_.Subtract(a.lo, b.lo));
    return Add(a, Negate(b));
  }
  V Multiply(const V& a, const V& b) {
    if (a.point && b.point) return Same(math_.Multiply(a.lo, b.lo));
    if (a.point) return Scale(b, a.lo);
    if (b.point) return Scale(a, b.lo);
    V product = Mixed(a, b);
    if (Bounded(a) && Bounded(b)) {
      const Number corners[4] = {
          math_.Multiply(a.lo, b.lo), math_.Multiply(a.lo, b.hi),
          math_.Multiply(a.hi, b.lo), math_.Multiply(a.hi, b.hi)};
      product.lo = product.hi = corners[0];
      for (const Number& corner : corners) {
        if (math_.Compare(corner, product.lo) < 0) product.lo = corner;
        if (math_.Compare(corner, product.hi) > 0) product.hi = corner;
      }
    } else if (NotNegative(a) && NotNegative(b)) {
      product.lo = math_.Multiply(a.lo, b.lo);
      product.hi_open = true;
    } else {
      product.lo_open = product.hi_open = true;
    }
    return product;
  }
  // Division by something that may be zero can be anything.
  V Divide(const V& a, const V& b) {
    if (b.point) {
      if (Math::Sign(b.lo) == 0) return Anything(a.missing | b.missing);
      const V inverse = Same(math_.Divide(One(), b.lo));
      return a.point ? Same(math_.Divide(a.lo, b.lo)) : Scale(a, inverse.lo);
    }
    if (b.lo_open || Math::Sign(b.lo) <= 0) {
      return Anything(a.missing | b.missing);
    }
    V inverse = b;
    inverse.hi = math_.Divide(One(), b.lo);
    inverse.lo = b.hi_open ? Number{} : math_.Divide(One(), b.hi);
    inverse.hi_open = false;
    return Multiply(a, inverse);
  }
  V Choose(const V& a, const V& b, bool smaller) {
    const int sign = smaller ? 1 : -1;
    if (a.point && b.point) {
      return sign * math_.Compare(a.lo, b.lo) <= 0 ? a : b;
    }
    if (smaller) return Negate(Choose(Negate(a), Negate(b), false));
    // The larger: open above if either is, open below only if both are.
    V larger = Mixed(a, b);
    larger.hi_open = a.hi_open || b.hi_open;
    if (!larger.hi_open) {
      larger.hi = math_.Compare(Hi(a), Hi(b)) >= 0 ? Hi(a) : Hi(b);
    }
    larger.lo_open = a.lo_open && b.lo_open;
    if (!larger.lo_open) {
      larger.lo = a.lo_open                        ? b.lo
                  : b.lo_open                      ? a.lo
                  : math_.Compare(a.lo, b.lo) >= 0 ? a.lo
                                                   : b.lo;
    }
    return larger;
  }
  // One of the two, not known which.
  V Hull(const V& a, const V& b, uint64_t missing) {
    V hull = Mixed(a, b);
    hull.missing |= missing;
    hull.lo_open = a.lo_open || b.lo_open;
    hull.hi_open = a.hi_open || b.hi_open;
    if (!hull.lo_open) hull.lo = math_.Compare(a.lo, b.lo) <= 0 ? a.lo : b.lo;
    if (!hull.hi_open) {
      hull.hi = math_.Compare(Hi(a), Hi(b)) >= 0 ? Hi(a) : Hi(b);
    }
    return hull;
  }

  // a <= b, or a < b.
  Answer Ordered(const V& a, const V& b, bool strict) {
    Answer answer{Truth::kUnknown, a.missing | b.missing};
    if (!a.hi_open && !b.lo_open) {
      const int order = math_.Compare(Hi(a), b.lo);
      if (strict ? order < 0 : order <= 0) answer.truth = Truth::kTrue;
    }
    if (answer.truth != Truth::kTrue && !a.lo_open && !b.hi_open) {
      const int order = math_.Compare(a.lo, Hi(b));
      if (strict ? order >= 0 : order > 0) answer.truth = Truth::kFalse;
    }
    return answer;
  }
  Answer Equal(const V& a, const V& b) {
    if (a.point && b.point) {
      return {math_.Compare(a.lo, b.lo) == 0 ? Truth::kTrue : Truth::kFalse, 0};
    }
    const bool apart = Ordered(a, b, true).truth == Truth::kTrue ||
                       Ordered(b, a, true).truth == Truth::kTrue;
    return {apart ? Truth::kFalse : Truth::kUnknown, a.missing | b.missing};
  }

  static const Number& Hi(const V& a) { return a.point ? a.lo : a.hi; }

 private:
  static Number One() { return Math::From(Ratio{1, 1}); }
  static V Same(Number number) {
    V value;
    value.lo = std::move(number);
    return value;
  }
  static V Mixed(const V& a, const V& b) {
    V mixed;
    mixed.point = false;
    mixed.missing = a.missing | b.missing;
    return mixed;
  }
  static bool Bounded(const V& a) { return !a.lo_open && !a.hi_open; }
  static bool NotNegative(const V& a) {
    return !a.lo_open && Math::Sign(a.lo) >= 0;
  }
  // An interval times a known number.
  V Scale(const V& a, const Number& by) {
    const int sign = Math::Sign(by);
    if (sign == 0) return Same(Number{});
    V scaled = a;
    if (!a.lo_open) scaled.lo = math_.Multiply(a.lo, by);
    if (!a.hi_open) scaled.hi = math_.Multiply(a.hi, by);
    if (sign < 0) {
      std::swap(scaled.lo, scaled.hi);
      std::swap(scaled.lo_open, scaled.hi_open);
    }
    return scaled;
  }

  Math& math_;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_FINDINGS_VALUE_H_
