#ifndef PLUMBLINE_AUDIT_MEASURES_PLAN_H_
#define PLUMBLINE_AUDIT_MEASURES_PLAN_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "plumbline/v1/plan.pb.h"

namespace plumbline::audit {

// What is declared before the data are looked at: gap, bands, minimums,
// margins, speeds, seed.

// Every value of plan.proto at its default.
v1::AuditPlan DefaultPlan();

// `given` over the defaults: a field that is not set keeps its default.
v1::AuditPlan OverDefaults(const v1::AuditPlan& given);

// A plan in protobuf text format over the defaults: what the file does not name
// keeps its default. Errors: InvalidArgument "file:line:column: what was found;
// what was expected", NotFound where the file cannot be opened. Unknown fields
// and values out of range are refused.
absl::StatusOr<v1::AuditPlan> LoadPlan(const std::string& file);
absl::StatusOr<v1::AuditPlan> ParsePlan(std::string_view text,
                                        const std::string& file);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_PLAN_H_
