#ifndef PLUMBLINE_AUDIT_RULES_MEASURE_PATH_H_
#define PLUMBLINE_AUDIT_RULES_MEASURE_PATH_H_

#include <string_view>

#include "audit/rules/exact.h"

namespace plumbline::v1 {
class Measures;
}

namespace plumbline::audit {

// A figure by its path in findings.json: "targets.limit.rank.pi",
// "durations.acceptToDone.p50". Lists are not reached.
//
// Whether such a figure exists in the format at all; a key of a map passes.
bool IsMeasurePath(std::string_view path);

// The figure in a result; false where it is absent or no decimal number.
bool FindMeasure(const v1::Measures& measures, std::string_view path,
                 Ratio* value);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_RULES_MEASURE_PATH_H_
