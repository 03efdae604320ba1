#ifndef PLUMBLINE_AUDIT_CLI_SPOOL_H_
#define PLUMBLINE_AUDIT_CLI_SPOOL_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "audit/cli/run_options.h"

namespace plumbline::audit {

// A copy of standard input in a folder of its own, removed with this object.
class Spool {
 public:
  explicit Spool(std::string folder) : folder_(std::move(folder)) {}
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

 private:
  const std::string folder_;
};

// Where `options->log` is "-", copies standard input into the scratch folder
// and makes the log that copy, so that it can be hashed and read by several
// threads; otherwise does nothing and gives nullptr. Errors: Internal where the
// scratch folder cannot hold it.
absl::StatusOr<std::unique_ptr<Spool>> SpoolStandardInput(RunOptions* options);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_CLI_SPOOL_H_
