#ifndef PLUMBLINE_AUDIT_CLI_SHARED_FLAGS_H_
#define PLUMBLINE_AUDIT_CLI_SHARED_FLAGS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "audit/cli/console.h"
#include "audit/cli/run_options.h"

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
  void AddQuiet(CLI::App& app, Language language);

  // Everything settled and checked, with progress on `console`. Errors: those
  // of RunOptions::Settle, ParseSize, ParseInstantForm.
  absl::StatusOr<RunOptions> Options(const std::string& log,
                                     Console& console) const;
  bool quiet() const { return quiet_; }

 private:
  int threads_ = 0;
  std::string memory_, scratch_, mapping_, currency_, time_zone_, instants_,
      plan_, seed_;
  std::vector<std::string> rules_, only_;
  bool allow_unverified_ = false;
  bool quiet_ = false;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_CLI_SHARED_FLAGS_H_
