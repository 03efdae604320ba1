#ifndef PLUMBLINE_AUDIT_CLI_RUN_AUDIT_H_
#define PLUMBLINE_AUDIT_CLI_RUN_AUDIT_H_

#include <string>

#include "absl/status/statusor.h"
#include "audit/cli/run_options.h"
#include "audit/report/report.h"
#include "plumbline/v1/result.pb.h"

namespace plumbline::audit {

// The whole of `plumbline audit`: read, replay, measure, judge, and, unless
// `out` is empty, write the files that are asked for into the folder `out`.
//
// The result and every byte written depend on the log, the rules, the plan and
// the language only: not on threads, memory, scratch, blocks or the path of
// `out`. Errors: those of Ingest, LoadPlan, LoadRulePack and WriteReport;
// nothing stands under a final name then. Blocks.
absl::StatusOr<v1::AuditResult> RunAudit(const RunOptions& options,
                                         Language language,
                                         const std::string& out,
                                         const ReportFiles& files = {});

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_CLI_RUN_AUDIT_H_
