#include "replay/ingest/mapping.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "replay/base/sha256.h"
#include "replay/ingest/check_mapping.h"
#include "replay/schema/schema.h"

namespace plumbline::replay {
namespace {

absl::StatusOr<std::string> ReadAll(const std::string& path,
                                    const std::string& name, const char* what) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  if (stream) text << stream.rdbuf();
  std::error_code error;
  if (!stream || std::filesystem::is_directory(path, error)) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ":1:1: found nothing that can be opened, expected ",
                     what, "; check the path"));
  }
  return text.str();
}

}  // namespace

bool IsCurrency(const std::string& text) {
  return text.size() == 3 &&
         std::all_of(text.begin(), text.end(), [](const char c) {
           return absl::ascii_isupper(static_cast<unsigned char>(c));
         });
}

bool IsTimeZone(const std::string& text) {
  absl::TimeZone zone;
  return !text.empty() && absl::LoadTimeZone(text, &zone);
}

absl::StatusOr<LoadedMapping> ParseMapping(const std::string& text,
                                           const std::string& file) {
  LoadedMapping loaded;
  loaded.sha256 = Sha256Hex(text);
  LocatedText located(file);
  absl::Status status = located.Parse(
      text, "see docs/log_format.md or let `plumbline inspect` draft it",
      &loaded.mapping);
  if (status.ok()) status = CheckMapping(located, loaded.mapping);
  if (!status.ok()) return status;
  return loaded;
}

absl::StatusOr<LoadedMapping> LoadMapping(const std::string& file) {
  auto text = ReadAll(file, file, "a mapping");
  if (!text.ok()) return text.status();
  return ParseMapping(*text, file);
}

absl::StatusOr<v1::LogInfo> LoadLogInfo(const std::string& path) {
  auto text = ReadAll(path, "log.textproto", "the facts of the log");
  if (!text.ok()) return text.status();
  v1::LogInfo info;
  LocatedText located("log.textproto");
  absl::Status status = located.Parse(*text, "see docs/log_format.md", &info);
  if (status.ok()) status = CheckInfo(located, located.root(), info);
  if (!status.ok()) return status;
  return info;
}

absl::StatusOr<std::vector<LoadedMapping>> ShippedMappings() {
  std::vector<std::string> files;
  std::error_code error;
  const std::string folder = DataFolder("mappings");
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".textproto") files.push_back(entry.path());
  }
  if (error) {
    return absl::NotFoundError(
        absl::StrCat(folder,
                     ":1:1: found no mappings that ship, expected them there; "
                     "install Plumbline again"));
  }
  std::sort(files.begin(), files.end());
  std::vector<LoadedMapping> mappings;
  for (const std::string& file : files) {
    auto mapping = LoadMapping(file);
    if (!mapping.ok()) return mapping.status();
    mappings.push_back(*std::move(mapping));
  }
  return mappings;
}

absl::StatusOr<std::vector<LoadedMapping>> MappingsToTry(
    const std::string& file) {
  if (file.empty()) return ShippedMappings();
  auto mapping = LoadMapping(file);
  if (!mapping.ok()) return mapping.status();
  return std::vector<LoadedMapping>{*std::move(mapping)};
}

v1::TableImport CanonicalImport(const std::string& table,
                                const std::vector<std::string>& columns) {
  v1::TableImport import;
  import.set_table(table);
  const TableSchema& schema = *FindTable(table);
  for (const std::string& column : columns) {
    if (schema.Find(column) < 0) continue;
    v1::ColumnImport& mapped = *import.add_columns();
    mapped.set_to(column);
    mapped.set_from(column);
  }
  return import;
}

std::string DataFolder(const std::string& kind) {
  std::error_code error;
  const std::filesystem::path program =
      std::filesystem::read_symlink("/proc/self/exe", error);
  const std::filesystem::path installed =
      program.parent_path().parent_path() / "share" / "plumbline" / kind;
  if (!error && std::filesystem::is_directory(installed)) return installed;
  return std::string(PLUMBLINE_SOURCE_FOLDER) +
         (kind == "mappings" ? "/replay/mappings" : "/audit/packs");
}

}  // namespace plumbline::replay
