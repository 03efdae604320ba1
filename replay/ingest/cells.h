#ifndef PLUMBLINE_REPLAY_INGEST_CELLS_H_
#define PLUMBLINE_REPLAY_INGEST_CELLS_H_

#include <cstdint>
#include <cstring>
#include <string_view>

#include "absl/time/time.h"
#include "plumbline/v1/log.pb.h"
#include "replay/base/units.h"
#include "replay/base/utf8.h"

namespace plumbline::replay {

// One cell of text to the integer inside. Nothing is guessed: what cannot be
// read is told apart from what can be read and does not fit.
enum class CellResult {
  kGood,
  kUnparsable,
  kOutOfRange,   // A number, but not one that 64 bits or the calendar hold.
  kNonexistent,  // A local time that a clock change skips.
  kAmbiguous     // A local time that exists twice; the earlier was taken.
};

// The first and last millisecond of the years 1 to 9999.
inline constexpr int64_t kFirstInstant = -62'135'596'800'000;
inline constexpr int64_t kLastInstant = 253'402'300'799'999;

inline constexpr int64_t kPowersOfTen[] = {
    1,       10,        100,        1'000,       10'000,
    100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000};

// A local clock with the last stretch of constant offset kept: one each thread
// and column.
class LocalTime {
 public:
  void set_zone(const absl::TimeZone& zone) { zone_ = zone; }

  // `local` is the local time as milliseconds as if it were UTC.
  CellResult ToUtc(int64_t local, int64_t* ms) {
    if (local >= from_ && local < to_) {
      *ms = local - offset_;
      return CellResult::kGood;
    }
    return ToUtcSlowly(local, ms);
  }

 private:
  CellResult ToUtcSlowly(int64_t local, int64_t* ms);

  absl::TimeZone zone_ = absl::UTCTimeZone();
  int64_t from_ = 0;  // Local times [from_, to_) have `offset_` for certain.
  int64_t to_ = 0;
  int64_t offset_ = 0;
};

// "2026-03-01T12:30:00+08:00", "...Z", also with a blank for the T, with
// "+0800", " +0000 UTC" or " UTC" behind, or with seconds left out. Digits
// finer than a millisecond are cut off. Without an offset the text needs
// `local`. `offset`, if not null, gets the offset in milliseconds that stood
// there, or kUnknown for none and for Z.
CellResult ParseRfc3339(std::string_view text, LocalTime* local, int64_t* ms,
                        int64_t* offset = nullptr);

// Whole numbers, also written "551.0"; `ms_per_unit` is 1 or 1000.
CellResult ParseEpoch(std::string_view text, int64_t ms_per_unit, int64_t* ms);

// Decimal text, also "1.5e3", in the text unit of `unit` (seconds, metres,
// major units, ...) times numerator / denominator (0: not scaled), in the unit
// inside. More digits than the unit holds are rounded half up; a count must be
// whole unless it was scaled.
CellResult ParseQuantity(std::string_view text, v1::Unit unit,
                         int64_t numerator, int64_t denominator,
                         int64_t* value);

// A whole number of 10^-`digits` in the unit inside, scaled and rounded as
// ParseQuantity does.
CellResult ScaleQuantity(int64_t number, int digits, v1::Unit unit,
                         int64_t numerator, int64_t denominator,
                         int64_t* value);

// A binary fraction as its shortest decimal text, so that 12.34 is 12.34.
CellResult ScaleDouble(double number, v1::Unit unit, int64_t numerator,
                       int64_t denominator, int64_t* value);

bool ParseDate(std::string_view text, int64_t* days);
bool ParseBool(std::string_view text, int64_t* value);  // true, false, 1, 0.

// Decimals that a unit has inside: 6 for money, 3 for metres and seconds.
int DigitsOf(v1::Unit unit);

// The way of nearly all cells, which takes about ten nanoseconds and no calls.
// They take the plain forms only and say false to anything else, which the
// functions above then read.

// The number of eight bytes that are digits less '0', the first in the lowest
// byte: pairs, then fours, then eight at once.
inline uint64_t EightDigits(uint64_t digits) {
  digits = digits * 10 + (digits >> 8);
  return ((digits & 0x000000FF000000FF) * (100 + (uint64_t{1'000'000} << 32)) +
          (digits >> 16 & 0x000000FF000000FF) *
              (1 + (uint64_t{10'000} << 32))) >>
         32;
}

// Up to fifteen digits and nothing else.
inline bool FastDigits(const char* text, size_t size, int64_t* value) {
  if (size - 1 >= 15) return false;  // Also for none.
  constexpr uint64_t kZeros = 0x3030303030303030;
  constexpr uint64_t kSix = 0x0606060606060606;
  constexpr uint64_t kHigh = 0xF0F0F0F0F0F0F0F0;
  if (size >= 8) {
    uint64_t first = 0;
    uint64_t last = 0;  // Overlaps the first; the bytes of that are cleared.
    std::memcpy(&first, text, 8);
    std::memcpy(&last, text + size - 8, 8);
    first ^= kZeros;
    last ^= kZeros;
    if (((first | last | (first + kSix) | (last + kSix)) & kHigh) != 0) {
      return false;
    }
    const size_t more = size - 8;
    uint64_t number = EightDigits(first);
    if (more > 0) {
      last = last >> (8 * (8 - more)) << (8 * (8 - more));
      number = number * static_cast<uint64_t>(kPowersOfTen[more]) +
               EightDigits(last);
    }
    *value = static_cast<int64_t>(number);
    return true;
  }
  uint64_t number = 0;
  for (size_t i = 0; i < size; ++i) {
    const unsigned digit = static_cast<unsigned char>(text[i]) - unsigned{'0'};
    if (digit > 9) return false;
    number = number * 10 + digit;
  }
  *value = static_cast<int64_t>(number);
  return true;
}

// At most eleven characters, no sign, at most `digits` (<= 7) behind the point.
inline bool FastDecimal(const char* text, size_t size, int digits,
                        int64_t* value) {
  if (size - 1 >= 11) return false;
  uint64_t number = 0;
  size_t i = 0;
  for (; i < size; ++i) {
    const unsigned digit = static_cast<unsigned char>(text[i]) - unsigned{'0'};
    if (digit > 9) break;
    number = number * 10 + digit;
  }
  if (i == size) {
    *value = static_cast<int64_t>(number) * kPowersOfTen[digits];
    return true;
  }
  const size_t decimals = size - i - 1;
  if (text[i] != '.' || i == 0 || decimals - 1 >= static_cast<size_t>(digits)) {
    return false;
  }
  for (++i; i < size; ++i) {
    const unsigned digit = static_cast<unsigned char>(text[i]) - unsigned{'0'};
    if (digit > 9) return false;
    number = number * 10 + digit;
  }
  *value = static_cast<int64_t>(number) *
           kPowersOfTen[static_cast<size_t>(digits) - decimals];
  return true;
}

// The same where eight bytes before the end of the cell may be read, whatever
// they are: without a branch on the size or on where the point stands. Nothing
// is 0.

// Masks of the last bytes of a word, as loaded.
inline constexpr uint64_t kLastBytes[] = {0,
                                          0xFF00000000000000,
                                          0xFFFF000000000000,
                                          0xFFFFFF0000000000,
                                          0xFFFFFFFF00000000,
                                          0xFFFFFFFFFF000000,
                                          0xFFFFFFFFFFFF0000,
                                          0xFFFFFFFFFFFFFF00,
                                          0xFFFFFFFFFFFFFFFF};

// Of digits less '0', and false for anything else.
inline bool AreDigits(uint64_t bytes) {
  constexpr uint64_t kSix = 0x0606060606060606;
  constexpr uint64_t kHigh = 0xF0F0F0F0F0F0F0F0;
  return ((bytes | (bytes + kSix)) & kHigh) == 0;
}

// The bytes of a cell less '0', the last one the highest, zeros in front.
inline uint64_t LastBytes(const char* text, size_t size) {
  uint64_t bytes = 0;
  std::memcpy(&bytes, text + size - 8, 8);
  return (bytes ^ 0x3030303030303030) & kLastBytes[size];
}

inline bool FastDecimalPadded(const char* text, size_t size, int digits,
                              int64_t* value) {
  if (size > 8) return FastDecimal(text, size, digits, value);
  uint64_t bytes = LastBytes(text, size);
  constexpr uint64_t kOnes = 0x0101010101010101;
  const uint64_t off = bytes ^ (kOnes * ('.' ^ '0'));
  const uint64_t points = (off - kOnes) & ~off & (kOnes << 7);
  int decimals = 0;
  if (points != 0) {
    // The digits before the point move up into its place.
    const int point = __builtin_ctzll(points) / 8;
    decimals = 7 - point;
    if (decimals == 0 || decimals > digits ||
        point + static_cast<int>(size) <= 8) {
      return false;
    }
    bytes = (bytes & (kLastBytes[decimals])) |
            (bytes & (kLastBytes[8] >> (8 * (8 - point)))) << 8;
  }
  if (!AreDigits(bytes)) return false;
  *value = static_cast<int64_t>(EightDigits(bytes)) *
           kPowersOfTen[digits - decimals];
  return true;
}

// Whether two texts of that size are equal, without a call for short ones.
inline bool SameText(const char* a, const char* b, size_t size) {
  if (size < 8 || size > 16) return std::memcmp(a, b, size) == 0;
  uint64_t first[2], last[2];
  std::memcpy(&first[0], a, 8);
  std::memcpy(&first[1], b, 8);
  std::memcpy(&last[0], a + size - 8, 8);
  std::memcpy(&last[1], b + size - 8, 8);
  return first[0] == first[1] && last[0] == last[1];
}

// Reads fixed-width RFC 3339 by integer arithmetic; the day and the offset that
// were read last are kept, for the next cell mostly has the same.
class FastInstant {
 public:
  FastInstant();

  // "YYYY-MM-DDTHH:MM:SS", ".fff" or nothing, "Z" or "+hh:mm" (which
  // `offset_ms` tells; 0 for Z).
  bool Parse(const char* text, size_t size, int64_t* ms) {
    if (size < 20 || size > 29) return false;
    int64_t clock = 0;
    if (!ParseClock(text, &clock)) return false;
    size_t at = 19;
    if (text[19] == '.') {
      if (size < 24) return false;
      const unsigned a = static_cast<unsigned char>(text[20]) - unsigned{'0'};
      const unsigned b = static_cast<unsigned char>(text[21]) - unsigned{'0'};
      const unsigned c = static_cast<unsigned char>(text[22]) - unsigned{'0'};
      if (a > 9 || b > 9 || c > 9) return false;
      clock += static_cast<int64_t>(a * 100 + b * 10 + c);
      at = 23;
    }
    if (size == at + 1) {
      if (text[at] != 'Z') return false;
      offset_ms_ = 0;
    } else {
      if (size != at + 6) return false;
      uint64_t tail = 0;  // The last six bytes; eight are there to be read.
      std::memcpy(&tail, text + size - 8, sizeof(tail));
      tail >>= 16;
      if (tail != zone_key_ && !ReadOffset(text + at, tail)) return false;
      offset_ms_ = zone_offset_ms_;
    }
    *ms = day_ms_ + clock - offset_ms_;
    return true;
  }

  // "YYYY-MM-DD HH:MM:SS" exactly; `*local` as if it were UTC.
  bool ParseLocal(const char* text, size_t size, int64_t* local) {
    int64_t clock = 0;
    if (size != 19 || !ParseClock(text, &clock)) return false;
    *local = day_ms_ + clock;
    return true;
  }

  int64_t offset_ms() const { return offset_ms_; }  // Of the last cell.

 private:
  // The first nineteen bytes; false for what is not exactly that.
  bool ParseClock(const char* text, int64_t* clock) {
    uint64_t year_month = 0;
    uint16_t day = 0;
    uint64_t time = 0;
    std::memcpy(&year_month, text, 8);
    std::memcpy(&day, text + 8, 2);
    std::memcpy(&time, text + 11, 8);
    if ((year_month != year_month_ || day != day_) &&
        !ReadDay(text, year_month, day)) {
      return false;
    }
    if (text[10] != 'T' && text[10] != ' ') return false;
    // "HH:MM:SS": bytes 2 and 5 are colons, the others digits.
    if ((time & 0x0000FF0000FF0000) != 0x00003A00003A0000) return false;
    const uint64_t digits = (time & 0xFFFF00FFFF00FFFF) ^ 0x3030003030003030;
    if (((digits + 0x0606000606000606) | digits) & 0xF0F000F0F000F0F0) {
      return false;
    }
    const auto pair = [digits](int shift) {
      return static_cast<int64_t>((digits >> shift & 0xF) * 10 +
                                  (digits >> (shift + 8) & 0xF));
    };
    const int64_t hour = pair(0);
    const int64_t minute = pair(24);
    const int64_t second = pair(48);
    if (hour > 23 || minute > 59 || second > 59) return false;
    *clock = hour * kHour + minute * kMinute + second * kSecond;
    return true;
  }
  bool ReadDay(const char* text, uint64_t year_month, uint16_t day);
  bool ReadOffset(const char* text, uint64_t key);

  uint64_t year_month_ = 0;  // The bytes of the day that is kept.
  uint16_t day_ = 0;
  int64_t day_ms_ = 0;
  uint64_t zone_key_ = 0;
  int64_t zone_offset_ms_ = 0;
  int64_t offset_ms_ = 0;
};

// The offset of a zone at an instant, with the last stretch kept.
class ZoneOffset {
 public:
  void set_zone(const absl::TimeZone& zone) { zone_ = zone; }
  int64_t At(int64_t ms) {
    if (ms < from_ || ms >= to_) Find(ms);
    return offset_;
  }

 private:
  void Find(int64_t ms);
  absl::TimeZone zone_ = absl::UTCTimeZone();
  int64_t from_ = 0;
  int64_t to_ = 0;
  int64_t offset_ = 0;
};

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_INGEST_CELLS_H_
