#ifndef PLUMBLINE_AUDIT_CLI_WRITE_OUTCOME_H_
#define PLUMBLINE_AUDIT_CLI_WRITE_OUTCOME_H_

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "audit/cli/passes.h"
#include "audit/report/report.h"
#include "audit/rules/rule_pack.h"

namespace plumbline::audit {

// From which verdict on the exit code is 1.
enum class FailOn { kNever, kBreach, kIndicator, kInsufficient };

// Errors: InvalidArgument naming --fail-on.
absl::StatusOr<FailOn> ParseFailOn(const std::string& text);

// "json,csv,html,xlsx", any of them in any order; empty: all.
// Errors: InvalidArgument naming --files.
absl::StatusOr<ReportFiles> ParseReportFiles(
    const std::vector<std::string>& names);

// Whether `summary` has a finding at or above the level.
bool Reaches(const v1::Summary& summary, FailOn level);

// What the manifest says of a run beside its inputs.
struct RunIdentity {
  std::string mapping_name, mapping_sha256;
  std::string plan_name, plan_sha256;
  uint64_t seed = 0;
};

using VisitFaults = absl::FunctionRef<absl::Status(
    absl::FunctionRef<absl::Status(const v1::Fault&)>)>;

// Writes the files of an audit that are asked for into `out`. `inputs` are the
// files that were read.
absl::Status WriteOutcome(const AuditOutcome& outcome, VisitFaults quarantine,
                          std::vector<ManifestEntry> inputs,
                          const std::vector<RulePack>& packs,
                          const RunIdentity& identity, Language language,
                          const std::string& out, const ReportFiles& files);

// The line that ends a run on the terminal: where to look first.
std::string WhereTheReportIs(const std::string& out, const ReportFiles& files,
                             Language language);

// The version of the time zone data of this machine, "" where it is not known.
std::string TzdataVersion();

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_CLI_WRITE_OUTCOME_H_
