#ifndef PLUMBLINE_AUDIT_MEASURES_COVERAGE_H_
#define PLUMBLINE_AUDIT_MEASURES_COVERAGE_H_

#include <initializer_list>
#include <string_view>

#include "audit/measures/measure.h"

namespace plumbline::audit {

// Adds the coverage of one measure path: runnable where the log has each of
// `columns` ("tasks.limit_at"; "a|b" asks for one of the two), else with what
// is missing. Returns whether it is runnable.
bool Cover(const MeasureContext& context, std::string_view path,
           std::initializer_list<std::string_view> columns,
           v1::AuditResult* result);

// The same for a path whose columns are there but hold nothing to count.
void CoverEmpty(std::string_view path, std::string_view reason,
                std::string_view reason_zh, v1::AuditResult* result);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_COVERAGE_H_
