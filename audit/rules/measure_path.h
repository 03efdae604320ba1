#ifndef PLUMBLINE_AUDIT_RULES_MEASURE_PATH_H_
#define PLUMBLINE_AUDIT_RULES_MEASURE_PATH_H_

#include <string>
#include <string_view>

#include "audit/rules/exact.h"

namespace plumbline::v1 {
class Measures;
}

namespace plumbline::audit {

// What the measures say, by its path under measures in findings.json:
// "targets.limit.rank.pi", "durations.acceptToDone.p50", of a list the entry
// with these words: "erosion.weather[weather=rain,quantity=limit].ratio". A
// figure with an interval ends at the figure: "strictness.limit.onTime".
//
// Cost: a walk along the path by reflection, once a rule and audit.

// Whether the format has such a number at all; a key of a map passes.
bool IsMeasurePath(std::string_view path);
// Whether the format has a verdict of the measure's own there.
bool IsVerdictPath(std::string_view path);

// The number in a result; false where it is absent or no decimal number.
bool FindMeasure(const v1::Measures& measures, std::string_view path,
                 Ratio* value);

// The number as it is written, with the ends of its interval where it has one:
// those of the figure, "giniLo" and "giniHi" of "gini", else "lo" and "hi"
// beside it. False where it is absent.
struct MeasuredFigure {
  std::string value, lo, hi;
};
bool FindFigure(const v1::Measures& measures, std::string_view path,
                MeasuredFigure* figure);

// What a measure itself concludes: a finding, none, or neither with a code and
// the measure's own words where it has some. False where it is absent.
enum class OwnVerdict { kFinding, kNoFinding, kCannotConclude };
struct MeasuredVerdict {
  OwnVerdict verdict = OwnVerdict::kCannotConclude;
  std::string word;  // "FINDING", "BELOW_MIDDLE", "CANNOT_CONCLUDE(N)", ...
  std::string reason, reason_zh;
};
bool FindVerdict(const v1::Measures& measures, std::string_view path,
                 MeasuredVerdict* verdict);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_RULES_MEASURE_PATH_H_
