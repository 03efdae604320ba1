#ifndef PLUMBLINE_AUDIT_CLI_SHARED_FLAGS_H_
#define PLUMBLINE_AUDIT_CLI_SHARED_FLAGS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "audit/cli/console.h"
#include "audit/cli/run_options.h"
#include "audit/cli/write_outcome.h"

namespace CLI {
class App;
}

namespace plumbline::audit {

// The flags that commands share, as they were typed. Add...Flags name them to
// `app`; the values are read by Options() once the line was parsed.
class SharedFlags {
 public:
  // How a log is read: --mapping, --currency, --time-zone, --instants,
  // --threads, --memory, --scratch.
  void AddLogFlags(CLI::App& app, Language language);
  // What is measured: --rules, --plan, --seed, --only, --allow-unverified.
  void AddAuditFlags(CLI::App& app, Language language);
  // What is written and when the exit code is 1: --files, --fail-on.
  void AddReportFlags(CLI::App& app, Language language);
  void AddQuiet(CLI::App& app, Language language);

  // Everything settled and checked, with progress on `console`. Errors: those
  // of RunOptions::Settle, ParseSize, ParseInstantForm.
  absl::StatusOr<RunOptions> Options(const std::string& log,
                                     Console& console) const;
  struct ReportChoice {
    ReportFiles files;
    FailOn fail_on = FailOn::kNever;
  };
  // Errors: those of ParseReportFiles and ParseFailOn.
  absl::StatusOr<ReportChoice> Report() const;
  bool quiet() const { return quiet_; }

 private:
  int threads_ = 0;
  std::string memory_, scratch_, mapping_, currency_, time_zone_, instants_,
      plan_, seed_, fail_on_;
  std::vector<std::string> rules_, only_, files_;
  bool allow_unverified_ = false;
  bool quiet_ = false;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_CLI_SHARED_FLAGS_H_
