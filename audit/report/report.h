#ifndef PLUMBLINE_AUDIT_REPORT_REPORT_H_
#define PLUMBLINE_AUDIT_REPORT_REPORT_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "audit/findings/flagged_tasks.h"
#include "plumbline/v1/result.pb.h"

namespace plumbline::audit {

enum class Language { kEnglish, kChinese };

// What the manifest names: role ("input", "mapping", "pack", "plan"), name and
// SHA-256 in hex. Never a path of this machine, a clock or a thread count.
struct ManifestEntry {
  std::string role;
  std::string name;
  std::string sha256;
};
// Everything an audit found, in the one form that all writers render. Writers
// compute nothing. Borrowed for the call.
struct ReportModel {
  const v1::AuditResult* result = nullptr;
  const std::vector<v1::WorkerRow>* workers = nullptr;  // Sorted by id.
  const FlaggedTasks* flagged = nullptr;                // Sorted.
  // Calls back for each row of quarantine.csv, in order.
  absl::FunctionRef<absl::Status(
      absl::FunctionRef<absl::Status(const v1::Fault&)>)>
      quarantine;
};

// Which files a report has. manifest.json and quarantine.csv always come.
struct ReportFiles {
  bool json = true;  // findings.json
  bool csv = true;   // findings.csv, workers.csv, tasks_flagged.csv
  bool html = true;  // report.html
  bool xlsx = true;  // workbook.xlsx
};

struct Manifest {
  std::string program_version;
  std::string tzdata_version;
  uint64_t seed = 0;
  std::vector<ManifestEntry> entries;
};

// Writes findings.json, findings.csv, workers.csv, tasks_flagged.csv,
// quarantine.csv, report.html, workbook.xlsx and manifest.json (with the
// SHA-256 of the others) into the folder `out`, which is made where it is
// missing; of these, what `files` asks for. Those that it does not ask for and
// an earlier run left there are removed. All files are first written under
// temporary names beside their final ones, synced, then renamed, the manifest
// last: a killed run leaves no half file under a final name.
//
// Errors: the first write that failed, naming the file; a folder that another
// run is writing to. Nothing is then left under a final name by this run. Same
// bytes for the same model, however many threads oneTBB has. O(size of the
// model).
absl::Status WriteReport(const ReportModel& model, const Manifest& manifest,
                         Language language, const std::string& out,
                         const ReportFiles& files = {});

// The one-screen summary for a terminal.
std::string BriefSummary(const v1::AuditResult& result, Language language);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_REPORT_REPORT_H_
