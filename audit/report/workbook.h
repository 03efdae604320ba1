#ifndef PLUMBLINE_AUDIT_REPORT_WORKBOOK_H_
#define PLUMBLINE_AUDIT_REPORT_WORKBOOK_H_

#include <string>

#include "absl/status/status.h"
#include "audit/report/report.h"

namespace plumbline::audit {

// workbook.xlsx: one sheet a question (summary, findings, hours, pay, targets,
// allocation, workers), then data, coverage and a dictionary of the columns.
// Numbers are number cells, everything else is a text cell, which a
// spreadsheet never evaluates; there is no formula and no link. A number with
// more than 15 significant digits stays text, since a spreadsheet would cut
// it. The creation date is fixed (1980-01-01), so that the same model gives
// the same bytes. Sheets end at 1,000,000 rows with a line that names the CSV
// file for the rest.
//
// Written row by row to `path`; errors name it. O(workers + findings).
absl::Status WriteWorkbook(const ReportModel& model, Language language,
                           const std::string& path);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_REPORT_WORKBOOK_H_
