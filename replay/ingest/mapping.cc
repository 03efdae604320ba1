#include "replay/ingest/mapping.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"
#include "openssl/evp.h"
#include "replay/schema/schema.h"

namespace plumbline::replay {
namespace {

std::string Sha256Hex(const std::string& bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest = {};
  unsigned int size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr);
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) {
    absl::StrAppend(&hex, absl::Hex(digest[i], absl::kZeroPad2));
  }
  return hex;
}

// Keeps the first complaint of the text parser, with its place.
class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  explicit FirstError(std::string file) : file_(std::move(file)) {}
  void AddError(int line, int column, const std::string& message) override {
    if (text_.empty()) text_ = absl::StrCat(file_, ":", line + 1, ":", column + 1, ": ", message);
  }
  const std::string& text() const { return text_; }

 private:
  std::string file_;
  std::string text_;
};

}  // namespace

absl::StatusOr<LoadedMapping> LoadMapping(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    return absl::InvalidArgumentError(
        absl::StrCat(file, ":1:1: the mapping cannot be opened, expected a file; check the path"));
  }
  std::ostringstream text;
  text << stream.rdbuf();
  LoadedMapping loaded;
  loaded.sha256 = Sha256Hex(text.str());
  FirstError error(file);
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  if (!parser.ParseFromString(text.str(), &loaded.mapping)) {
    return absl::InvalidArgumentError(absl::StrCat(error.text(), "; see docs/log_format.md"));
  }
  for (const v1::TableImport& table : loaded.mapping.tables()) {
    const TableSchema* schema = FindTable(table.table());
    if (schema == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat(
          file, ":1:1: found table \"", table.table(), "\", expected one of docs/log_format.md"));
    }
    for (const v1::ColumnImport& column : table.columns()) {
      if (schema->Find(column.to()) < 0) {
        return absl::InvalidArgumentError(absl::StrCat(file, ":1:1: found column \"",
                                                       table.table(), ".", column.to(),
                                                       "\", expected one of docs/log_format.md"));
      }
    }
  }
  return loaded;
}

absl::StatusOr<std::vector<LoadedMapping>> ShippedMappings() {
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(DataFolder("mappings"), error)) {
    if (entry.path().extension() == ".textproto") files.push_back(entry.path());
  }
  if (error) {
    return absl::NotFoundError(absl::StrCat("the mappings that ship are missing from ",
                                            DataFolder("mappings"), "; install Plumbline again"));
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

v1::TableImport CanonicalImport(const std::string& table, const std::vector<std::string>& columns) {
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
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::filesystem::path installed =
      program.parent_path().parent_path() / "share" / "plumbline" / kind;
  if (!error && std::filesystem::is_directory(installed)) return installed;
  return std::string(PLUMBLINE_SOURCE_FOLDER) +
         (kind == "mappings" ? "/replay/mappings" : "/audit/packs");
}

}  // namespace plumbline::replay
