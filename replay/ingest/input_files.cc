#include "replay/ingest/input_files.h"

#include <algorithm>
#include <filesystem>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "replay/ingest/cells.h"

namespace plumbline::replay {
namespace {

namespace fs = std::filesystem;

bool LooksLikeTable(const std::string& name) {
  static constexpr const char* kEndings[] = {
      ".csv",    ".tsv", ".txt",   ".parquet",  ".arrow",
      ".arrows", ".pb",  ".binpb", ".gz",       ".feather",
      ".ipc",    ".zst", ".zip",   ".ocel.json"};
  const std::string lower = absl::AsciiStrToLower(name);
  return std::any_of(
      std::begin(kEndings), std::end(kEndings),
      [&](const char* ending) { return absl::EndsWith(lower, ending); });
}

// As it is told: bytes that are not UTF-8 (names in GBK, out of an archive)
// written out, for no message may hold them.
std::string ShownName(const std::string& name) {
  return IsUtf8(name) ? name : absl::CHexEscape(name);
}

}  // namespace

absl::StatusOr<std::vector<InputFile>> FindInputFiles(const std::string& log) {
  std::vector<InputFile> files;
  std::error_code error;
  if (log == "-") return std::vector<InputFile>{{log, log}};
  if (!fs::exists(log, error)) {
    return absl::InvalidArgumentError(absl::StrCat(
        log,
        ":1:1: found no such file or folder, expected a log; check the path"));
  }
  if (!fs::is_directory(log, error)) {
    return std::vector<InputFile>{{ShownName(fs::path(log).filename()), log}};
  }
  fs::recursive_directory_iterator entry(log, error);
  for (; !error && entry != fs::recursive_directory_iterator();
       entry.increment(error)) {
    const std::string leaf = entry->path().filename();
    std::error_code ignored;
    if (absl::StartsWith(leaf, ".")) {
      if (entry->is_directory(ignored)) entry.disable_recursion_pending();
      continue;
    }
    if (!entry->is_regular_file(ignored) || !LooksLikeTable(leaf)) continue;
    files.push_back(
        {ShownName(entry->path().lexically_relative(log)), entry->path()});
  }
  if (error) {
    return absl::InvalidArgumentError(
        absl::StrCat(log, ":1:1: found a folder that cannot be read (",
                     error.message(), "); check its rights"));
  }
  std::sort(
      files.begin(), files.end(),
      [](const InputFile& a, const InputFile& b) { return a.name < b.name; });
  if (files.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(log,
                     ":1:1: found no table in the folder, expected tasks.csv, "
                     "tasks.parquet or the like; "
                     "see docs/log_format.md"));
  }
  return files;
}

}  // namespace plumbline::replay
