#ifndef PLUMBLINE_TESTS_REPORT_MADE_UP_RESULT_H_
#define PLUMBLINE_TESTS_REPORT_MADE_UP_RESULT_H_

#include <string>
#include <vector>

#include "audit/report/report.h"
#include "plumbline/v1/result.pb.h"

namespace plumbline::audit {

// Ids as a hostile log could hold them.
inline constexpr char kMarkupId[] = "<img src=x onerror=alert(1)>";
inline constexpr char kFormulaId[] = "=cmd()";
inline constexpr char kScriptEndId[] = "</script><script>alert(2)</script>";

// A small result that fills every part of the report.
struct MadeUpResult {
  v1::AuditResult result;
  std::vector<v1::WorkerRow> workers;
  FlaggedTasks flagged;
  std::vector<v1::Fault> faults;
  Manifest manifest;

  MadeUpResult();
  absl::Status Write(Language language, const std::string& out,
                     const ReportFiles& files = {}) const;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_TESTS_REPORT_MADE_UP_RESULT_H_
