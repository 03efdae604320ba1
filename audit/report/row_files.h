#ifndef PLUMBLINE_AUDIT_REPORT_ROW_FILES_H_
#define PLUMBLINE_AUDIT_REPORT_ROW_FILES_H_

#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "audit/report/report.h"
#include "audit/report/staged_folder.h"

namespace plumbline::audit {

// The machine-readable files. Each writes the whole of its part of the model
// to `file`; nothing is cut short and nothing is rounded. CSV: UTF-8 without a
// byte order mark, a header line, LF line ends, cells as AppendCsvCell says;
// what is unknown is an empty cell.

// findings.json: one line for each top-level field and for each finding. The
// five counts of the summary and the four of each table are there also when
// they are 0.
void WriteFindingsJson(const v1::AuditResult& result, StagedFile* file);

void WriteFindingsCsv(const v1::AuditResult& result, StagedFile* file);
void WriteWorkersCsv(const std::vector<v1::WorkerRow>& workers,
                     StagedFile* file);
void WriteFlaggedCsv(const FlaggedTasks& flagged, StagedFile* file);
absl::Status WriteQuarantineCsv(const ReportModel& model, StagedFile* file);

// manifest.json: `outputs` are (name, SHA-256) of the files beside it.
void WriteManifestJson(const Manifest& manifest, const v1::AuditResult& result,
                       std::span<const ManifestEntry> outputs,
                       StagedFile* file);

// The words of findings.json, and the columns of workers.csv in order.
std::string_view VerdictWord(v1::Verdict verdict);
std::span<const std::string_view> WorkerColumns();

// The cells of one worker in the order of WorkerColumns; "" is unknown.
std::vector<std::string> WorkerCells(const v1::WorkerRow& row);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_REPORT_ROW_FILES_H_
