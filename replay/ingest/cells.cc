#include "replay/ingest/cells.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "absl/time/civil_time.h"

namespace plumbline::replay {
namespace {

// `count` digits at `at`, or -1.
int Digits(std::string_view text, size_t at, int count) {
  if (at + static_cast<size_t>(count) > text.size()) return -1;
  int value = 0;
  for (int i = 0; i < count; ++i) {
    const char c = text[at + static_cast<size_t>(i)];
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

int DaysInMonth(int year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 && leap ? 29 : kDays[month - 1];
}

bool ParseDay(std::string_view text, int64_t* days) {
  const int year = Digits(text, 0, 4);
  const int month = Digits(text, 5, 2);
  const int day = Digits(text, 8, 2);
  if (year < 1 || month < 1 || month > 12 || day < 1 || text[4] != '-' ||
      text[7] != '-' || day > DaysInMonth(year, month)) {
    return false;
  }
  *days = absl::CivilDay(year, month, day) - absl::CivilDay(1970, 1, 1);
  return true;
}

// "+08:00", "+0800", "+08" or "Z"; -1 for none of them.
bool ParseOffset(std::string_view text, int64_t* offset) {
  if (text.size() < 3 || (text[0] != '+' && text[0] != '-')) return false;
  const int hour = Digits(text, 1, 2);
  int minute = 0;
  if (text.size() == 5) minute = Digits(text, 3, 2);
  if (text.size() == 6 && text[3] == ':') minute = Digits(text, 4, 2);
  const bool form = text.size() == 3 || text.size() == 5 ||
                    (text.size() == 6 && text[3] == ':');
  if (!form || hour < 0 || hour > 23 || minute < 0 || minute > 59) return false;
  *offset = (hour * 60 + minute) * kMinute;
  if (text[0] == '-') *offset = -*offset;
  return true;
}

std::string_view Strip(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// Decimal text as number * 10^-digits with as many digits as stand there.
struct Decimal {
  __int128 number = 0;
  int digits = 0;
};

constexpr __int128 kLargest = static_cast<__int128>(1) << 120;

// Up to 36 significant digits; more are dropped behind the point when they are
// finer than any unit (rounding of a 20th digit is none of ours to see).
CellResult ReadDecimal(std::string_view text, Decimal* decimal) {
  text = Strip(text);
  const bool negative = !text.empty() && text.front() == '-';
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    text.remove_prefix(1);
  }
  int exponent = 0;
  if (const size_t e = text.find_first_of("eE"); e != std::string_view::npos) {
    std::string_view power = text.substr(e + 1);
    if (!power.empty() && power.front() == '+') power.remove_prefix(1);
    const auto [end, error] =
        std::from_chars(power.data(), power.data() + power.size(), exponent);
    if (error == std::errc::result_out_of_range ||
        (error == std::errc() && std::abs(exponent) > 400)) {
      return CellResult::kOutOfRange;
    }
    if (error != std::errc() || end != power.data() + power.size()) {
      return CellResult::kUnparsable;
    }
    text = text.substr(0, e);
  }
  bool point = false;
  bool any = false;
  bool large = false;
  for (const char c : text) {
    if (c == '.' && !point) {
      point = true;
      continue;
    }
    if (c < '0' || c > '9') return CellResult::kUnparsable;
    any = true;
    if (point && (decimal->digits >= 24 || decimal->number > kLargest / 10)) {
      continue;
    }
    if (decimal->number > kLargest / 10) {
      large = true;
      continue;
    }
    decimal->number = decimal->number * 10 + (c - '0');
    if (point) ++decimal->digits;
  }
  if (!any) return CellResult::kUnparsable;
  if (large) return CellResult::kOutOfRange;
  if (decimal->number == 0) {
    decimal->digits = 0;
    return CellResult::kGood;
  }
  decimal->digits -= exponent;
  for (; decimal->digits < 0; ++decimal->digits) {
    if (decimal->number > kLargest / 10) return CellResult::kOutOfRange;
    decimal->number *= 10;
  }
  for (; decimal->digits > 30; --decimal->digits) decimal->number /= 10;
  if (negative) decimal->number = -decimal->number;
  return CellResult::kGood;
}

// number * 10^-digits * numerator / denominator in units of 10^-to, rounded
// half up; `whole` refuses a rest instead.
CellResult Scale(__int128 number, int digits, int to, int64_t numerator,
                 int64_t denominator, bool whole, int64_t* value) {
  __int128 up = numerator == 0 ? 1 : numerator;
  __int128 down = numerator == 0 ? 1 : denominator;
  const bool negative = number < 0;
  __int128 size = negative ? -number : number;
  // Common powers of ten first, so that the product does not overflow.
  for (; digits > to && size % 10 == 0 && size != 0; --digits) size /= 10;
  for (; digits < to; ++digits) up *= 10;
  for (; digits > to; --digits) {
    if (down > kLargest / 10) {
      // The number is so fine that only its leading digits can matter.
      size /= 10;
    } else {
      down *= 10;
    }
  }
  if (size != 0 && up > kLargest / size) {
    // Still exact where a common factor can be taken out.
    const auto gcd = [](__int128 a, __int128 b) {
      while (b != 0) {
        const __int128 rest = a % b;
        a = b;
        b = rest;
      }
      return a;
    };
    const __int128 first = gcd(size, down);
    size /= first;
    down /= first;
    const __int128 second = gcd(up, down);
    up /= second;
    down /= second;
    if (size != 0 && up > kLargest / size) return CellResult::kOutOfRange;
  }
  const __int128 product = size * up;
  __int128 quotient = product / down;
  const __int128 rest = product % down;
  if (whole && rest != 0) return CellResult::kUnparsable;
  // Half up: towards plus infinity at exactly one half.
  if (negative ? 2 * rest > down : 2 * rest >= down) ++quotient;
  if (quotient > std::numeric_limits<int64_t>::max()) {
    return CellResult::kOutOfRange;
  }
  *value = static_cast<int64_t>(negative ? -quotient : quotient);
  return CellResult::kGood;
}

}  // namespace

int DigitsOf(v1::Unit unit) {
  switch (unit) {
    case v1::MONEY:
    case v1::DECIMAL:
      return 6;
    case v1::DEGREES:
      return 7;
    case v1::DISTANCE:
    case v1::DURATION:
      return 3;
    default:
      return 0;
  }
}

CellResult LocalTime::ToUtcSlowly(int64_t local, int64_t* ms) {
  int64_t seconds = local / kSecond;
  if (local % kSecond < 0) --seconds;
  const auto info = zone_.At(absl::CivilSecond(1970, 1, 1) + seconds);
  if (info.kind == absl::TimeZone::TimeInfo::SKIPPED) {
    return CellResult::kNonexistent;
  }
  const int64_t utc = absl::ToUnixSeconds(info.pre);
  *ms = utc * kSecond + (local - seconds * kSecond);
  if (info.kind == absl::TimeZone::TimeInfo::REPEATED) {
    return CellResult::kAmbiguous;
  }
  // The offset holds from the clock change before to the next one; two days on
  // either side are looked up one by one, whatever the change is.
  constexpr int64_t kMargin = 48 * kHour;
  offset_ = (seconds - utc) * kSecond;
  absl::TimeZone::CivilTransition change;
  const absl::CivilSecond epoch(1970, 1, 1);
  from_ =
      zone_.PrevTransition(info.pre + absl::Nanoseconds(1), &change)
          ? std::max(change.to - epoch, change.from - epoch) * kSecond + kMargin
          : kFirstInstant;
  to_ =
      zone_.NextTransition(info.pre, &change)
          ? std::min(change.to - epoch, change.from - epoch) * kSecond - kMargin
          : kLastInstant;
  return CellResult::kGood;
}

void ZoneOffset::Find(int64_t ms) {
  const absl::Time time = absl::FromUnixMillis(ms);
  offset_ = zone_.At(time).offset * kSecond;
  absl::TimeZone::CivilTransition change;
  // A change is given in civil time on both sides; `from` less the offset that
  // held before it is its instant.
  to_ = zone_.NextTransition(time, &change)
            ? (change.from - absl::CivilSecond(1970, 1, 1)) * kSecond - offset_
            : std::numeric_limits<int64_t>::max();
  if (!zone_.PrevTransition(time + absl::Nanoseconds(1), &change)) {
    from_ = std::numeric_limits<int64_t>::min();
  } else {
    from_ = (change.to - absl::CivilSecond(1970, 1, 1)) * kSecond - offset_;
  }
}

FastInstant::FastInstant() {
  std::memcpy(&year_month_, "1970-01-", sizeof(year_month_));
  std::memcpy(&day_, "01", sizeof(day_));
  std::memcpy(&zone_key_, "+00:00\0", sizeof(zone_key_));
}

bool FastInstant::ReadDay(const char* text, uint64_t year_month, uint16_t day) {
  int64_t days = 0;
  if (!ParseDay({text, 10}, &days)) return false;
  year_month_ = year_month;
  day_ = day;
  day_ms_ = days * 24 * kHour;
  return true;
}

bool FastInstant::ReadOffset(const char* text, uint64_t key) {
  int64_t offset = 0;
  if (!ParseOffset({text, 6}, &offset)) return false;
  zone_key_ = key;
  zone_offset_ms_ = offset;
  return true;
}

CellResult ParseRfc3339(std::string_view text, LocalTime* local, int64_t* ms,
                        int64_t* offset) {
  if (offset != nullptr) *offset = kUnknown;
  text = Strip(text);
  int64_t days = 0;
  if (text.size() < 16 || !ParseDay(text, &days) ||
      (text[10] != 'T' && text[10] != 't' && text[10] != ' ') ||
      text[13] != ':') {
    return CellResult::kUnparsable;
  }
  const int hour = Digits(text, 11, 2);
  const int minute = Digits(text, 14, 2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59) {
    return CellResult::kUnparsable;
  }
  int64_t value = days * 24 * kHour + hour * kHour + minute * kMinute;
  size_t at = 16;
  if (text.size() > 16 && text[16] == ':') {
    const int second = Digits(text, 17, 2);
    if (second < 0 || second > 59) return CellResult::kUnparsable;
    value += second * kSecond;
    at = 19;
    if (at < text.size() && text[at] == '.') {
      int64_t place = 100;
      const size_t first = ++at;
      for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
        value += place * (text[at] - '0');
        place /= 10;
      }
      if (at == first) return CellResult::kUnparsable;
    }
  }
  std::string_view zone = Strip(text.substr(at));
  // "+0000 UTC", as one exporter writes it.
  if (zone.size() > 4 && zone.substr(zone.size() - 4) == " UTC") {
    zone = Strip(zone.substr(0, zone.size() - 4));
  }
  if (zone == "Z" || zone == "z" || zone == "UTC") {
    *ms = value;
    return CellResult::kGood;
  }
  if (zone.empty()) {
    return local == nullptr ? CellResult::kUnparsable : local->ToUtc(value, ms);
  }
  int64_t ahead = 0;
  if (!ParseOffset(zone, &ahead)) return CellResult::kUnparsable;
  if (offset != nullptr) *offset = ahead;
  *ms = value - ahead;
  return CellResult::kGood;
}

CellResult ParseEpoch(std::string_view text, int64_t ms_per_unit, int64_t* ms) {
  Decimal decimal;
  const CellResult read = ReadDecimal(text, &decimal);
  if (read != CellResult::kGood) return read;
  const CellResult scaled = Scale(decimal.number, decimal.digits, 0, 0, 1,
                                  /*whole=*/true, ms);
  if (scaled != CellResult::kGood) return scaled;
  if (*ms > kLastInstant / ms_per_unit || *ms < kFirstInstant / ms_per_unit) {
    return CellResult::kOutOfRange;
  }
  *ms *= ms_per_unit;
  return CellResult::kGood;
}

CellResult ParseQuantity(std::string_view text, v1::Unit unit,
                         int64_t numerator, int64_t denominator,
                         int64_t* value) {
  Decimal decimal;
  const CellResult read = ReadDecimal(text, &decimal);
  if (read != CellResult::kGood) return read;
  return Scale(decimal.number, decimal.digits, DigitsOf(unit), numerator,
               denominator, DigitsOf(unit) == 0 && numerator == 0, value);
}

CellResult ScaleQuantity(int64_t number, int digits, v1::Unit unit,
                         int64_t numerator, int64_t denominator,
                         int64_t* value) {
  return Scale(number, digits, DigitsOf(unit), numerator, denominator,
               DigitsOf(unit) == 0 && numerator == 0, value);
}

CellResult ScaleDouble(double number, v1::Unit unit, int64_t numerator,
                       int64_t denominator, int64_t* value) {
  if (!std::isfinite(number)) return CellResult::kUnparsable;
  // A double that is the nearest one to r / 10^6, with r of at most fifteen
  // digits, has r / 10^6 for its shortest text: one division finds that out.
  const double millionths = std::nearbyint(number * 1e6);
  if (std::abs(millionths) < 1e15 && millionths / 1e6 == number) {
    const auto exact = static_cast<int64_t>(millionths);
    if (numerator == 0 && DigitsOf(unit) == 6) {
      *value = exact;
      return CellResult::kGood;
    }
    return ScaleQuantity(exact, 6, unit, numerator, denominator, value);
  }
  char text[64];
  const auto end = std::to_chars(text, text + sizeof(text), number).ptr;
  return ParseQuantity({text, static_cast<size_t>(end - text)}, unit, numerator,
                       denominator, value);
}

bool ParseDate(std::string_view text, int64_t* days) {
  return text.size() == 10 && ParseDay(text, days);
}

bool ParseBool(std::string_view text, int64_t* value) {
  if (text == "true" || text == "1" || text == "True" || text == "TRUE") {
    *value = 1;
    return true;
  }
  if (text == "false" || text == "0" || text == "False" || text == "FALSE") {
    *value = 0;
    return true;
  }
  return false;
}

}  // namespace plumbline::replay
