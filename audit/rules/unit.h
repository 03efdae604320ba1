#ifndef PLUMBLINE_AUDIT_RULES_UNIT_H_
#define PLUMBLINE_AUDIT_RULES_UNIT_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace plumbline::audit {

// What a quantity of the rule language counts: money^a time^b distance^c. A
// rate of money for time has money 1 and time -1; times hours it is money.
struct Dimension {
  int8_t money = 0;
  int8_t time = 0;
  int8_t distance = 0;
  bool operator==(const Dimension&) const = default;
};
inline constexpr Dimension kPure = {};
inline constexpr Dimension kMoney = {1, 0, 0};
inline constexpr Dimension kTime = {0, 1, 0};
inline constexpr Dimension kDistance = {0, 0, 1};

Dimension Times(Dimension a, Dimension b);
Dimension Over(Dimension a, Dimension b);
// "money / time", "a plain number": for messages.
std::string DimensionText(Dimension dimension);

// A unit as printed ("USD/min", "km/h", "h", "%"): value * numerator /
// denominator is in millionths, milliseconds and millimetres (replay/base).
struct Unit {
  Dimension dimension;
  int64_t numerator = 1;
  int64_t denominator = 1;
  std::string currency;  // Where money is in it.
};

// False for a text that is no unit.
bool ParseUnit(std::string_view text, Unit* unit);
std::string_view UnitList();  // For messages.

// Days since 1970-01-01 of "2026-04-01"; false for anything else, also for
// days that do not exist.
bool ParseDate(std::string_view text, int64_t* day);
std::string DateText(int64_t day);

// Decimals that a currency is settled in: 2, 0 for JPY, KRW, VND, ...; 3 for
// KWD and its like.
int MinorDigits(std::string_view currency);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_RULES_UNIT_H_
