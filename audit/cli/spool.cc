#include "audit/cli/spool.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "absl/strings/str_cat.h"

namespace plumbline::audit {

namespace fs = std::filesystem;

namespace {
constexpr size_t kBlock = size_t{1} << 20;
}  // namespace

Spool::~Spool() {
  std::error_code error;
  fs::remove_all(folder_, error);
}

absl::StatusOr<std::unique_ptr<Spool>> SpoolStandardInput(RunOptions* options) {
  if (options->log != "-") return std::unique_ptr<Spool>();
  std::error_code error;
  const fs::path scratch = options->scratch.empty()
                               ? fs::temp_directory_path(error)
                               : fs::path(options->scratch);
  std::string folder = (scratch / "plumbline-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--scratch: the folder \"", scratch.string(),
        "\" cannot be written, expected one that can; choose another"));
  }
  auto spool = std::make_unique<Spool>(folder);
  const std::string path = (fs::path(folder) / "stdin.arrows").string();
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr)
    return absl::InternalError(absl::StrCat("cannot write ", path));
  std::vector<char> block(kBlock);
  bool written = true;
  ssize_t got = 0;
  while (written &&
         (got = read(STDIN_FILENO, block.data(), block.size())) > 0) {
    written = std::fwrite(block.data(), 1, static_cast<size_t>(got), file) ==
              static_cast<size_t>(got);
  }
  written = std::fclose(file) == 0 && written && got == 0;
  if (!written)
    return absl::InternalError(
        absl::StrCat("copying standard input to ", path, " failed"));
  options->log = path;
  return spool;
}

}  // namespace plumbline::audit
