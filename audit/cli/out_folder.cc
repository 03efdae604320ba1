#include "audit/cli/out_folder.h"

#include <unistd.h>

#include <filesystem>

#include "absl/strings/str_cat.h"

namespace plumbline::audit {

namespace fs = std::filesystem;

absl::Status CheckOutFolder(const std::string& out) {
  if (out.empty()) return absl::OkStatus();
  std::error_code error;
  fs::path place = fs::absolute(out, error).lexically_normal();
  // The nearest folder that is there already decides.
  while (!fs::exists(place, error) && place.has_relative_path())
    place = place.parent_path();
  if (!fs::is_directory(place, error)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--out: \"", place.string(),
                     "\" is a file, expected a folder or a name that is free; "
                     "choose another"));
  }
  if (access(place.c_str(), W_OK | X_OK) != 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--out: the folder \"", place.string(),
        "\" cannot be written, expected one that can; choose another"));
  }
  return absl::OkStatus();
}

}  // namespace plumbline::audit
