#ifndef PLUMBLINE_AUDIT_CLI_CONSOLE_H_
#define PLUMBLINE_AUDIT_CLI_CONSOLE_H_

#include <atomic>
#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "audit/cli/words.h"

namespace plumbline::audit {

// What the program leaves with.
enum ExitCode {
  kRan = 0,         // Nothing at or above --fail-on.
  kFound = 1,       // Findings at or above --fail-on.
  kWrongInput = 2,  // The command line or an input is wrong.
  kInternal = 3,    // The program itself failed.
};

// The terminal: results on stdout, problems and progress on stderr. Progress is
// written only where stderr is a terminal, and never under --quiet.
class Console {
 public:
  explicit Console(Language language);
  Language language() const { return language_; }
  void set_quiet(bool quiet) { quiet_ = quiet; }
  bool quiet() const { return quiet_; }

  // A result, on stdout as it stands.
  void Print(std::string_view text) const;
  // A problem, on stderr, as one line.
  void Problem(std::string_view text) const;
  // The problem of a status that is not OK, and the exit code that goes with
  // it.
  int Fail(const absl::Status& status) const;

  // "Reading 43 %" over the last such line. Thread-safe; prints a line only
  // when the percentage changes.
  void Progress(const Words& stage, int64_t done, int64_t total);
  // Takes the progress line away.
  void EndProgress();

 private:
  const Language language_;
  const bool terminal_;
  bool quiet_ = false;
  std::atomic<int64_t> last_{-1};
  std::atomic<bool> shown_{false};
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_CLI_CONSOLE_H_
