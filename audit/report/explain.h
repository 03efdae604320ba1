#ifndef PLUMBLINE_AUDIT_REPORT_EXPLAIN_H_
#define PLUMBLINE_AUDIT_REPORT_EXPLAIN_H_

#include <string>
#include <string_view>
#include <vector>

#include "audit/report/report.h"
#include "plumbline/v1/result.pb.h"

namespace plumbline::audit {

// One finding in words, for somebody with a pocket calculator: clause, source,
// every named part with its formula and value, every figure with its date,
// source and confidence, the rows. Plain text, for a terminal.
std::string ExplainFinding(const v1::Finding& finding, Language language);

// Numbers of the findings that `what` names: "7" (from 0, the order of
// findings.json), "CN-MW-H", "CN-MW-H:W1" or "CN-MW-H:W1:2025-10", the period
// by the beginning of its first instant. Ids may hold colons themselves. The
// gravest verdict first.
std::vector<int> FindFindings(const v1::AuditResult& result,
                              std::string_view what);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_REPORT_EXPLAIN_H_
