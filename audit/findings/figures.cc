#include "audit/findings/figures.h"

#include "audit/rules/text.h"
#include "replay/base/units.h"

namespace plumbline::audit {
namespace {

struct Shape {
  Dimension dimension;
  const char* unit;  // "$" stands for the currency.
  Ratio scale;       // From base units.
  int decimals;      // Of the rounded form; -1: those of the currency.
};

constexpr Shape kShapes[] = {
    {kMoney, "$", {1, replay::kMajorUnit}, -1},
    {kTime, "s", {1, replay::kSecond}, 0},
    {kDistance, "m", {1, replay::kMetre}, 3},
    {{1, -1, 0}, "$/h", {replay::kHour, replay::kMajorUnit}, 4},
    {{1, 0, -1},
     "$/km",
     {__int128{1000} * replay::kMetre, replay::kMajorUnit},
     4},
    {{0, -1, 1}, "km/h", {replay::kHour, __int128{1000} * replay::kMetre}, 4},
    {{0, 1, -1}, "s/m", {replay::kMetre, replay::kSecond}, 4},
    {{0, -1, 0}, "1/h", {replay::kHour, 1}, 4},
};

const Shape* ShapeOf(const Type& type) {
  if (type.kind != Kind::kNumber) return nullptr;
  for (const Shape& shape : kShapes) {
    if (shape.dimension == type.dimension) return &shape;
  }
  return nullptr;
}

}  // namespace

std::string UnitOf(const Type& type, const std::string& currency) {
  const Shape* shape = ShapeOf(type);
  if (shape == nullptr) return "";
  const std::string_view unit = shape->unit;
  return unit[0] == '$' ? Cat(currency, unit.substr(1)) : std::string(unit);
}

std::string PlainText(const Ratio& value, const Type& type,
                      const std::string& currency) {
  const Shape* shape = ShapeOf(type);
  if (shape == nullptr) {
    const Ratio lowest = Reduced(value);
    return RoundedText(lowest, lowest.d == 1 ? 0 : 9);
  }
  return RoundedText(
      FastMath().Multiply(value, shape->scale),
      shape->decimals < 0 ? MinorDigits(currency) : shape->decimals);
}

std::string ExactFigure(const Ratio& value, const Type& type) {
  const Shape* shape = ShapeOf(type);
  FastMath math;
  const Ratio lowest =
      Reduced(shape == nullptr ? value : math.Multiply(value, shape->scale));
  __int128 rest = lowest.d;
  int twos = 0, fives = 0;
  for (; rest % 2 == 0; rest /= 2) ++twos;
  for (; rest % 5 == 0; rest /= 5) ++fives;
  const int digits = twos > fives ? twos : fives;
  if (rest != 1 || digits > 12) return RatioTextExact(lowest);
  return RoundedText(lowest, digits);
}

}  // namespace plumbline::audit
