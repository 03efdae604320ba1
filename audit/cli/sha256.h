#ifndef PLUMBLINE_AUDIT_CLI_SHA256_H_
#define PLUMBLINE_AUDIT_CLI_SHA256_H_

#include <string>

#include "absl/status/statusor.h"

namespace plumbline::audit {

// SHA-256 of a file's bytes in lower-case hex, read in blocks: O(bytes) in
// constant memory, at the speed of the machine's SHA instructions. Errors:
// NotFound naming the file.
absl::StatusOr<std::string> Sha256OfFile(const std::string& path);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_CLI_SHA256_H_
