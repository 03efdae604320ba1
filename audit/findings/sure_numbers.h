#ifndef PLUMBLINE_AUDIT_FINDINGS_SURE_NUMBERS_H_
#define PLUMBLINE_AUDIT_FINDINGS_SURE_NUMBERS_H_

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "audit/findings/sure_columns.h"
#include "audit/rules/exact.h"
#include "replay/base/units.h"

namespace plumbline::audit {

// Twice the rounding of one operation, and what a gap itself may lose.
inline constexpr double kUnit = 0x1p-52;
inline constexpr double kGapUnit = 0x1p-50;
inline constexpr double kWholeBelow = 0x1p53;

inline void Resize(size_t rows, SureNumbers* out) {
  if (out->value.size() < rows) {
    out->value.resize(rows);
    out->known.resize(rows);
  }
}

// Fills a column with whole numbers of base units, row by row.
class WholeColumn {
 public:
  WholeColumn(size_t rows, SureNumbers* out) : out_(*out) { Resize(rows, out); }

  // kUnknown is not known.
  void Put(size_t row, int64_t number) {
    const bool known = replay::IsKnown(number);
    const int64_t used = known ? number : 0;
    out_.value[row] = static_cast<double>(used);
    out_.known[row] = known ? 1 : 0;
    all_known_ = all_known_ && known;
    bits_ |= static_cast<uint64_t>(used < 0 ? -used : used);
  }
  // Of 128 bits.
  void PutWide(size_t row, __int128 number, bool known) {
    const double value = known ? static_cast<double>(number) : 0;
    out_.value[row] = value;
    out_.known[row] = known ? 1 : 0;
    all_known_ = all_known_ && known;
    if (std::abs(value) < kWholeBelow) {
      const auto narrow = static_cast<int64_t>(value);
      bits_ |= static_cast<uint64_t>(narrow < 0 ? -narrow : narrow);
    } else {
      most_ = std::max(most_, std::abs(value));
    }
  }
  void Finish() {
    const int width = 64 - std::countl_zero(bits_);
    out_.all_known = all_known_;
    out_.most = std::max(std::ldexp(1, width), most_);
    out_.whole = width < 53 && most_ == 0;
    out_.error = out_.whole ? 0 : out_.most * kUnit;
    out_.least = -1;
  }

 private:
  SureNumbers& out_;
  uint64_t bits_ = 0;  // All bits that some row has.
  double most_ = 0;
  bool all_known_ = true;
};

// The same in every row.
inline void FillConstant(const Ratio& number, size_t rows, SureNumbers* out) {
  if (out->value.size() >= rows && out->least >= 0) return;  // As it is.
  const double value =
      static_cast<double>(number.n) / static_cast<double>(number.d);
  out->value.assign(rows, value);
  out->known.assign(rows, 1);
  out->all_known = true;
  out->most = out->least = std::abs(value);
  out->whole = number.d == 1 && out->most < kWholeBelow;
  out->error = out->whole ? 0 : out->most * 4 * kUnit;
}

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_FINDINGS_SURE_NUMBERS_H_
