#include "audit/rules/unit.h"

#include <algorithm>
#include <array>

#include "absl/time/civil_time.h"
#include "audit/rules/text.h"
#include "replay/base/units.h"

namespace plumbline::audit {
namespace {

struct Named {
  std::string_view name;
  Dimension dimension;
  int64_t numerator;
  int64_t denominator;
};

constexpr Named kUnits[] = {
    {"h", kTime, replay::kHour, 1},
    {"hour", kTime, replay::kHour, 1},
    {"min", kTime, replay::kMinute, 1},
    {"s", kTime, replay::kSecond, 1},
    {"ms", kTime, 1, 1},
    {"day", kTime, 24 * replay::kHour, 1},
    {"m", kDistance, replay::kMetre, 1},
    {"km", kDistance, 1000 * replay::kMetre, 1},
    {"mi", kDistance, replay::kMile, 1},
    {"mile", kDistance, replay::kMile, 1},
    {"%", kPure, 1, 100},
    {"count", kPure, 1, 1},
    {"ratio", kPure, 1, 1},
};

bool IsCurrency(std::string_view text) {
  return text.size() == 3 && std::all_of(text.begin(), text.end(), [](char c) {
           return c >= 'A' && c <= 'Z';
         });
}

bool ParseSingle(std::string_view text, Unit* unit) {
  if (IsCurrency(text)) {
    *unit = {kMoney, replay::kMajorUnit, 1, std::string(text)};
    return true;
  }
  for (const Named& named : kUnits) {
    if (named.name == text) {
      *unit = {named.dimension, named.numerator, named.denominator, ""};
      return true;
    }
  }
  return false;
}

std::string PowerText(std::string_view name, int power) {
  return power == 1 ? std::string(name) : Cat(name, "^", power);
}

}  // namespace

Dimension Times(Dimension a, Dimension b) {
  return {static_cast<int8_t>(a.money + b.money),
          static_cast<int8_t>(a.time + b.time),
          static_cast<int8_t>(a.distance + b.distance)};
}

Dimension Over(Dimension a, Dimension b) {
  return {static_cast<int8_t>(a.money - b.money),
          static_cast<int8_t>(a.time - b.time),
          static_cast<int8_t>(a.distance - b.distance)};
}

std::string DimensionText(Dimension dimension) {
  const std::array<std::pair<std::string_view, int>, 3> parts = {
      {{"money", dimension.money},
       {"time", dimension.time},
       {"distance", dimension.distance}}};
  std::string above, below;
  for (const auto& [name, power] : parts) {
    if (power > 0)
      above += Cat(above.empty() ? "" : " x ", PowerText(name, power));
    if (power < 0) below += Cat(" / ", PowerText(name, -power));
  }
  if (above.empty() && below.empty()) return "a plain number";
  return (above.empty() ? "1" : above) + below;
}

bool ParseUnit(std::string_view text, Unit* unit) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return ParseSingle(text, unit);
  Unit above, below;
  if (!ParseSingle(text.substr(0, slash), &above) ||
      !ParseSingle(text.substr(slash + 1), &below)) {
    return false;
  }
  *unit = {Over(above.dimension, below.dimension),
           above.numerator * below.denominator,
           above.denominator * below.numerator,
           above.currency.empty() ? below.currency : above.currency};
  return true;
}

std::string_view UnitList() {
  return "h, min, s, day, m, km, mi, %, count, a currency such as CNY, or a "
         "quotient of two such as USD/min";
}

bool ParseDate(std::string_view text, int64_t* day) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  int part[3] = {};
  constexpr int kFrom[3] = {0, 5, 8}, kSize[3] = {4, 2, 2};
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < kSize[i]; ++j) {
      const char digit = text[kFrom[i] + j];
      if (digit < '0' || digit > '9') return false;
      part[i] = part[i] * 10 + (digit - '0');
    }
  }
  const absl::CivilDay civil(part[0], part[1], part[2]);
  // An impossible day is carried into the next month.
  if (civil.month() != part[1] || civil.day() != part[2]) return false;
  *day = civil - absl::CivilDay(1970, 1, 1);
  return true;
}

std::string DateText(int64_t day) {
  return absl::FormatCivilTime(absl::CivilDay(1970, 1, 1) + day);
}

int MinorDigits(std::string_view currency) {
  constexpr std::string_view kNone[] = {"CLP", "ISK", "JPY", "KRW", "PYG",
                                        "UGX", "VND", "XAF", "XOF"};
  constexpr std::string_view kThree[] = {"BHD", "IQD", "JOD",
                                         "KWD", "OMR", "TND"};
  if (std::find(std::begin(kNone), std::end(kNone), currency) !=
      std::end(kNone)) {
    return 0;
  }
  return std::find(std::begin(kThree), std::end(kThree), currency) !=
                 std::end(kThree)
             ? 3
             : 2;
}

}  // namespace plumbline::audit
