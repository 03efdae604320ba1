#ifndef PLUMBLINE_AUDIT_CLI_OUT_FOLDER_H_
#define PLUMBLINE_AUDIT_CLI_OUT_FOLDER_H_

#include <string>

#include "absl/status/status.h"

namespace plumbline::audit {

// Whether results can be written into the folder `out`, which may not exist
// yet; "" is fine. Makes nothing. Errors: InvalidArgument naming --out.
absl::Status CheckOutFolder(const std::string& out);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_CLI_OUT_FOLDER_H_
