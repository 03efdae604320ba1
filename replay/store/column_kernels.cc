#include "replay/store/column_kernels.h"

#include <algorithm>

#include "replay/base/per_machine.h"
#include "replay/store/row_format.h"

namespace plumbline::replay {
namespace {

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

// Branches and what a loop keeps for its end are written so that g++ 12 makes
// vector instructions of them (-fopt-info-vec tells).

// From the least of the values less one, for which unknown, the least of all
// numbers, becomes the greatest.
ColumnRange RangeFrom(int64_t low_less_one, int64_t high, int64_t least) {
  return {high == kUnknown ? kMost : low_less_one + 1, high, least};
}
int64_t LessOne(int64_t value) {
  return static_cast<int64_t>(static_cast<uint64_t>(value) - 1);
}

// By the inverse of the odd part of the scale, which is right for multiples.
template <int64_t kScale, int kTwos>
[[gnu::always_inline]] inline bool Divide(const int64_t* __restrict values,
                                          size_t rows, int64_t* __restrict out,
                                          ColumnRange* range) {
  constexpr uint64_t kOdd = static_cast<uint64_t>(kScale) >> kTwos;
  constexpr uint64_t kInverse = [] {
    uint64_t inverse = kOdd;  // Right in 3 bits; each round doubles them.
    for (int i = 0; i < 5; ++i) inverse *= 2 - kOdd * inverse;
    return inverse;
  }();
  constexpr uint64_t kLimit = static_cast<uint64_t>(kMost / kScale);
  constexpr uint64_t kLow = (uint64_t{1} << kTwos) - 1;
  int64_t low = kMost, high = kUnknown, least = kMost;
  uint64_t wrong = 0;
  for (size_t i = 0; i < rows; ++i) {
    const int64_t value = values[i];
    const uint64_t quotient = static_cast<uint64_t>(value >> kTwos) * kInverse;
    const uint64_t known = value != kUnknown ? ~uint64_t{0} : 0;
    const uint64_t far = quotient + kLimit > 2 * kLimit ? ~uint64_t{0} : 0;
    wrong |= ((static_cast<uint64_t>(value) & kLow) | far) & known;
    out[i] = static_cast<int64_t>((quotient & known) |
                                  (static_cast<uint64_t>(kUnknown) & ~known));
    low = std::min(low, LessOne(value));
    least = std::min(least, value);
    high = std::max(high, value);
  }
  *range = RangeFrom(low, high, least);
  if (high != kUnknown) {
    range->low /= kScale;
    range->high /= kScale;
  }
  return wrong == 0;
}
PLUMBLINE_PER_MACHINE
bool DivideBy1000(const int64_t* values, size_t rows, int64_t* out,
                  ColumnRange* range) {
  return Divide<1000, 3>(values, rows, out, range);
}

PLUMBLINE_PER_MACHINE
bool DivideBy10000(const int64_t* values, size_t rows, int64_t* out,
                   ColumnRange* range) {
  return Divide<10000, 4>(values, rows, out, range);
}

}  // namespace

bool DivideExactly(int64_t scale, const int64_t* values, size_t rows,
                   int64_t* quotients, ColumnRange* range) {
  return scale == 1000 ? DivideBy1000(values, rows, quotients, range)
                       : DivideBy10000(values, rows, quotients, range);
}

PLUMBLINE_PER_MACHINE
ColumnRange RangeOf(const int64_t* values, size_t rows) {
  int64_t low = kMost, high = kUnknown, least = kMost;
  for (size_t i = 0; i < rows; ++i) {
    const int64_t value = values[i];
    low = std::min(low, LessOne(value));
    least = std::min(least, value);
    high = std::max(high, value);
  }
  return RangeFrom(low, high, least);
}

PLUMBLINE_PER_MACHINE
void Subtract(const int64_t* __restrict values, const int64_t* __restrict base,
              size_t rows, int64_t* __restrict differences) {
  for (size_t i = 0; i < rows; ++i) {
    // Unsigned: the difference of unknown ones is not used.
    const auto difference = static_cast<int64_t>(
        static_cast<uint64_t>(values[i]) - static_cast<uint64_t>(base[i]));
    differences[i] = values[i] != kUnknown ? difference : kUnknown;
  }
}

PLUMBLINE_PER_MACHINE
void FillUnknown(const int64_t* __restrict values, size_t rows,
                 int64_t* __restrict base) {
  for (size_t i = 0; i < rows; ++i) {
    base[i] = base[i] != kUnknown ? base[i] : values[i];
  }
}

PLUMBLINE_PER_MACHINE
void Pack(const int64_t* __restrict values, size_t rows, int width, int shift,
          uint64_t* __restrict words) {
  const auto none = static_cast<uint64_t>(UnknownOf(width));
  const uint64_t mask = ~uint64_t{0} >> (64 - width);
  for (size_t i = 0; i < rows; ++i) {
    const uint64_t kept =
        values[i] != kUnknown ? static_cast<uint64_t>(values[i]) : none;
    words[i] |= (kept & mask) << shift;
  }
}

}  // namespace plumbline::replay
