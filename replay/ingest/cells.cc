#include "replay/ingest/cells.h"

#include <limits>

#include "absl/time/civil_time.h"
#include "replay/base/decimal.h"
#include "replay/base/units.h"

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
  if (year < 1 || month < 1 || month > 12 || day < 1 || text[4] != '-' || text[7] != '-' ||
      day > DaysInMonth(year, month)) {
    return false;
  }
  *days = absl::CivilDay(year, month, day) - absl::CivilDay(1970, 1, 1);
  return true;
}

// The digits that a unit has behind the point in its text form.
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

}  // namespace

bool ParseRfc3339(std::string_view text, const absl::TimeZone* local, int64_t* ms) {
  int64_t days = 0;
  if (text.size() < 19 || !ParseDay(text, &days) || (text[10] != 'T' && text[10] != ' ') ||
      text[13] != ':' || text[16] != ':') {
    return false;
  }
  const int hour = Digits(text, 11, 2);
  const int minute = Digits(text, 14, 2);
  const int second = Digits(text, 17, 2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) {
    return false;
  }
  int64_t value = ((days * 24 + hour) * 60 + minute) * kMinute + second * kSecond;
  size_t at = 19;
  if (at < text.size() && text[at] == '.') {
    int64_t place = 100;
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, place /= 10) {
      if (place == 0 && text[at] != '0') return false;  // Finer than a millisecond.
      value += place * (text[at] - '0');
    }
  }
  const std::string_view zone = text.substr(at);
  if (zone == "Z") {
    *ms = value;
    return true;
  }
  if (zone.size() == 6 && (zone[0] == '+' || zone[0] == '-') && zone[3] == ':') {
    const int offset_hour = Digits(zone, 1, 2);
    const int offset_minute = Digits(zone, 4, 2);
    if (offset_hour < 0 || offset_hour > 23 || offset_minute < 0 || offset_minute > 59) {
      return false;
    }
    const int64_t offset = (offset_hour * 60 + offset_minute) * kMinute;
    *ms = zone[0] == '+' ? value - offset : value + offset;
    return true;
  }
  if (!zone.empty() || local == nullptr) return false;
  const auto info = local->At(absl::CivilSecond(1970, 1, 1) + value / kSecond);
  if (info.kind == absl::TimeZone::TimeInfo::SKIPPED) return false;
  *ms = absl::ToUnixMillis(info.pre) + value % kSecond;
  return true;
}

bool ParseEpoch(std::string_view text, int64_t ms_per_unit, int64_t* ms) {
  int64_t value = 0;
  if (!ParseDecimal(text, 0, &value)) return false;
  return !__builtin_mul_overflow(value, ms_per_unit, ms);
}

bool ParseQuantity(std::string_view text, v1::Unit unit, int64_t numerator, int64_t denominator,
                   int64_t* value) {
  const int digits = DigitsOf(unit);
  if (numerator == 0) return ParseDecimal(text, digits, value);
  // Read with all its digits, then scale: nine decimals hold any source.
  int64_t fine = 0;
  if (!ParseDecimal(text, 9, &fine)) return false;
  __int128 divisor = denominator;
  for (int i = digits; i < 9; ++i) divisor *= 10;
  const __int128 doubled = 2 * static_cast<__int128>(fine) * numerator + divisor;
  __int128 scaled = doubled / (2 * divisor);
  if (doubled % (2 * divisor) < 0) --scaled;
  if (scaled > std::numeric_limits<int64_t>::max() ||
      scaled <= std::numeric_limits<int64_t>::min()) {
    return false;
  }
  *value = static_cast<int64_t>(scaled);
  return true;
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

bool IsUtf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    const size_t more = (lead & 0xe0) == 0xc0 ? 1 : (lead & 0xf0) == 0xe0 ? 2 : 3;
    if (more == 3 && (lead & 0xf8) != 0xf0) return false;
    if (i + more >= text.size()) return false;
    uint32_t code = lead & (0x3fU >> more);
    for (size_t k = 1; k <= more; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xc0) != 0x80) return false;
      code = code << 6 | (next & 0x3f);
    }
    constexpr uint32_t kLeast[] = {0, 0x80, 0x800, 0x10000};
    if (code < kLeast[more] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return false;
    i += more + 1;
  }
  return true;
}

}  // namespace plumbline::replay
