#include "audit/report/numbers.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "audit/report/cat.h"

namespace plumbline::audit {
namespace {

struct Parts {
  bool negative = false;
  std::string whole;     // No leading zeros, at least one digit.
  std::string fraction;  // As written.
};

bool AllDigits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return absl::ascii_isdigit(c); });
}

bool Split(std::string_view text, Parts* parts) {
  parts->negative = !text.empty() && text[0] == '-';
  if (parts->negative) text.remove_prefix(1);
  const size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  if (!AllDigits(whole)) return false;
  if (point != std::string_view::npos) {
    if (!AllDigits(text.substr(point + 1))) return false;
    parts->fraction = std::string(text.substr(point + 1));
  }
  const size_t start = std::min(whole.find_first_not_of('0'), whole.size() - 1);
  parts->whole = std::string(whole.substr(start));
  return true;
}

bool IsZero(const Parts& parts) {
  return parts.whole.find_first_not_of('0') == std::string::npos &&
         parts.fraction.find_first_not_of('0') == std::string::npos;
}

std::string Join(const Parts& parts) {
  return Cat(parts.negative && !IsZero(parts) ? "-" : "", parts.whole,
             parts.fraction.empty() ? "" : ".", parts.fraction);
}

void RoundTo(int digits, Parts* parts) {
  const size_t keep = static_cast<size_t>(digits);
  if (parts->fraction.size() <= keep) {
    parts->fraction.resize(keep, '0');
    return;
  }
  const bool up = parts->fraction[keep] >= '5';
  parts->fraction.resize(keep);
  if (!up) return;
  std::string all = parts->whole + parts->fraction;
  size_t i = all.size();
  while (i > 0 && all[i - 1] == '9') all[--i] = '0';
  if (i == 0) {
    all = Cat("1", all);
  } else {
    ++all[i - 1];
  }
  parts->whole = all.substr(0, all.size() - keep);
  parts->fraction = all.substr(all.size() - keep);
}

}  // namespace

bool IsDecimal(std::string_view text) {
  Parts parts;
  return Split(text, &parts);
}

std::string Rounded(std::string_view decimal, int digits) {
  Parts parts;
  if (!Split(decimal, &parts)) return std::string(decimal);
  RoundTo(digits, &parts);
  return Join(parts);
}

std::string RoundedDown(std::string_view decimal, int digits) {
  Parts parts;
  if (!Split(decimal, &parts)) return std::string(decimal);
  parts.fraction.resize(digits, '0');
  return Join(parts);
}

std::string Grouped(std::string_view decimal) {
  Parts parts;
  if (!Split(decimal, &parts)) return std::string(decimal);
  std::string grouped;
  for (size_t i = 0; i < parts.whole.size(); ++i) {
    if (i > 0 && (parts.whole.size() - i) % 3 == 0) grouped.push_back(',');
    grouped.push_back(parts.whole[i]);
  }
  parts.whole = std::move(grouped);
  return Join(parts);
}

std::string Shown(std::string_view decimal, int digits) {
  return Grouped(Rounded(decimal, digits));
}

std::string Percent(std::string_view share, int digits) {
  Parts parts;
  if (!Split(share, &parts)) return std::string(share);
  if (parts.fraction.size() < 2) parts.fraction.resize(2, '0');
  const std::string shifted =
      Cat(parts.negative ? "-" : "", parts.whole, parts.fraction.substr(0, 2),
          ".", parts.fraction.substr(2), "0");
  return Cat(Shown(shifted, digits), "%");
}

std::string PValue(std::string_view p) {
  return IsDecimal(p) && CompareDecimals(p, "0.0001") < 0 ? "< 0.0001"
                                                          : Rounded(p, 4);
}

std::string HoursOf(int64_t seconds) {
  const __int128 tenths_doubled =
      static_cast<__int128>(seconds < 0 ? 0 : seconds) / 180;
  const int64_t tenths = static_cast<int64_t>((tenths_doubled + 1) / 2);
  return Grouped(Cat(tenths / 10, ".", tenths % 10));
}

std::string Kilometres(std::string_view metres, int digits) {
  Parts parts;
  if (!Split(metres, &parts)) return std::string(metres);
  std::string& whole = parts.whole;
  if (whole.size() < 4) whole.insert(0, 4 - whole.size(), '0');
  const size_t point = whole.size() - 3;
  return Shown(Cat(parts.negative ? "-" : "", whole.substr(0, point), ".",
                   whole.substr(point), parts.fraction),
               digits);
}

std::string Count(int64_t n) { return Grouped(Cat(n)); }

std::string ShownInstant(std::string_view instant) {
  if (instant.size() < 19 || instant[10] != 'T' || instant[13] != ':')
    return std::string(instant);
  return Cat(instant.substr(0, 10), " ", instant.substr(11, 5));
}

int CompareDecimals(std::string_view a, std::string_view b) {
  Parts left;
  Parts right;
  const bool left_ok = Split(a, &left);
  const bool right_ok = Split(b, &right);
  if (!left_ok || !right_ok) return left_ok - right_ok;
  const size_t digits = std::max(left.fraction.size(), right.fraction.size());
  left.fraction.resize(digits, '0');
  right.fraction.resize(digits, '0');
  const bool left_negative = left.negative && !IsZero(left);
  const bool right_negative = right.negative && !IsZero(right);
  if (left_negative != right_negative) return left_negative ? -1 : 1;
  int order = 0;
  if (left.whole.size() != right.whole.size()) {
    order = left.whole.size() < right.whole.size() ? -1 : 1;
  } else {
    const int text =
        (left.whole + left.fraction).compare(right.whole + right.fraction);
    order = (text > 0) - (text < 0);
  }
  return left_negative ? -order : order;
}

std::string Minutes(std::string_view seconds, int digits) {
  if (!IsDecimal(seconds)) return std::string(seconds);
  const std::string rounded = Rounded(seconds, 3);
  const bool negative = rounded[0] == '-';
  int64_t thousandths = 0;
  for (const char c : rounded) {
    if (c < '0' || c > '9') continue;
    if (thousandths > INT64_MAX / 10 - 10) return std::string(seconds);
    thousandths = thousandths * 10 + (c - '0');
  }
  // thousandths of a second / 60 = millionths of a minute * 0.06
  const __int128 millionths = static_cast<__int128>(thousandths) * 1000 / 60;
  std::string fraction = Cat(static_cast<int64_t>(millionths % 1000000));
  fraction.insert(0, 6 - fraction.size(), '0');
  return Rounded(Cat(negative ? "-" : "",
                     static_cast<int64_t>(millionths / 1000000), ".", fraction),
                 digits);
}

}  // namespace plumbline::audit
