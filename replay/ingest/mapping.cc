#include "replay/ingest/mapping.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <tuple>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"
#include "openssl/evp.h"
#include "replay/schema/schema.h"

namespace plumbline::replay {
namespace {

using google::protobuf::Message;
using google::protobuf::TextFormat;

std::string Sha256Hex(const std::string& bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest = {};
  unsigned int size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(),
             nullptr);
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
    if (text_.empty()) {
      text_ = absl::StrCat(file_, ":", line + 1, ":", column + 1,
                           ": found text that cannot be read (", message,
                           "), expected protobuf text");
    }
  }
  const std::string& text() const { return text_; }

 private:
  std::string file_;
  std::string text_;
};

// A parsed text together with the place of each of its fields.
class Located {
 public:
  explicit Located(std::string file) : file_(std::move(file)) {}

  absl::Status Parse(const std::string& text, const char* remedy,
                     Message* message) {
    FirstError error(file_);
    TextFormat::Parser parser;
    parser.RecordErrorsTo(&error);
    parser.WriteLocationsTo(&root_);
    if (parser.ParseFromString(text, message)) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat(error.text(), "; ", remedy));
  }

  const TextFormat::ParseInfoTree* root() const { return &root_; }

  static const TextFormat::ParseInfoTree* Nested(
      const TextFormat::ParseInfoTree* tree, const Message& parent,
      const char* field, int index) {
    if (tree == nullptr) return nullptr;
    return tree->GetTreeForNested(
        parent.GetDescriptor()->FindFieldByName(field), index);
  }

  // "file:line:column: <what>" at `field` of `message`, whose places are
  // `tree`.
  absl::Status Wrong(const TextFormat::ParseInfoTree* tree,
                     const Message& message, const char* field, int index,
                     const std::string& what) const {
    int line = 1;
    int column = 1;
    const auto* descriptor = message.GetDescriptor()->FindFieldByName(field);
    // A repeated field that is empty has no place; its message's would do, but
    // the text format does not keep that.
    if (tree != nullptr && descriptor != nullptr &&
        descriptor->is_repeated() == (index >= 0)) {
      const auto place = tree->GetLocation(descriptor, index);
      if (place.line >= 0) {
        line = place.line + 1;
        column = place.column + 1;
      }
    }
    return absl::InvalidArgumentError(
        absl::StrCat(file_, ":", line, ":", column, ": ", what));
  }

 private:
  std::string file_;
  TextFormat::ParseInfoTree root_;
};

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

std::string TableNames() {
  return absl::StrJoin(Tables(), ", ",
                       [](std::string* out, const TableSchema& table) {
                         out->append(table.name);
                       });
}

std::string ColumnNames(const TableSchema& table) {
  return absl::StrJoin(table.columns, ", ",
                       [](std::string* out, const ColumnSchema& column) {
                         out->append(column.name);
                       });
}

// Everything that can be wrong in one column of a mapping.
absl::Status CheckColumn(const Located& located,
                         const TextFormat::ParseInfoTree* tree,
                         const TableSchema& table,
                         const v1::ColumnImport& column) {
  const auto wrong = [&](const char* field, int index,
                         const std::string& what) {
    return located.Wrong(tree, column, field, index, what);
  };
  const int target = table.Find(column.to());
  const bool free = !table.free_prefix.empty() &&
                    absl::StartsWith(column.to(), table.free_prefix) &&
                    column.to().size() > table.free_prefix.size();
  if (target < 0 && !free) {
    return wrong("to", -1,
                 absl::StrCat("found column \"", column.to(), "\" of ",
                              table.name, ", expected one of ",
                              ColumnNames(table), "; correct the name"));
  }
  const int sources =
      (column.from().empty() ? 0 : 1) + (column.constant().empty() ? 0 : 1) +
      (column.row_number() ? 1 : 0) + (column.joined().empty() ? 0 : 1);
  if (sources > 1) {
    return wrong(
        "to", -1,
        absl::StrCat(
            "found several sources of ", column.to(),
            ", expected one of from, constant, row_number, joined; leave one"));
  }
  if (free && column.from().empty()) {
    return wrong("to", -1,
                 absl::StrCat("found the free column ", column.to(),
                              " without from, expected a source; add it"));
  }
  const bool text = free || table.columns[static_cast<size_t>(target)].type ==
                                ColumnType::kText;
  if ((column.row_number() || !column.joined().empty()) && !text) {
    return wrong(
        "to", -1,
        absl::StrCat(
            "found an id made up for ", column.to(),
            ", which holds no text, expected a column of text; use from"));
  }
  if (free) return absl::OkStatus();
  const ColumnSchema& schema = table.columns[static_cast<size_t>(target)];
  if (column.numerator() < 0 || column.denominator() < 0) {
    return wrong(
        column.numerator() < 0 ? "numerator" : "denominator", -1,
        "found a negative factor, expected a positive one; correct it");
  }
  const bool scaled = column.numerator() != 0 || column.denominator() != 0;
  const bool number = (schema.type == ColumnType::kNumber &&
                       schema.unit != v1::INSTANT && schema.unit != v1::DATE) ||
                      schema.type == ColumnType::kNumberList;
  if (scaled && !number) {
    return wrong(
        column.numerator() != 0 ? "numerator" : "denominator", -1,
        absl::StrCat("found a factor for ", column.to(),
                     ", which is no quantity, expected none; leave it out"));
  }
  const bool instant =
      schema.type == ColumnType::kNumber && schema.unit == v1::INSTANT;
  if (!column.local_zone().empty() && !IsTimeZone(column.local_zone())) {
    return wrong(
        "local_zone", -1,
        absl::StrCat(
            "found the time zone \"", column.local_zone(),
            "\", expected an IANA name such as Asia/Shanghai; correct it"));
  }
  if (!instant && (!column.local_zone().empty() ||
                   column.instants() != v1::INSTANT_FORM_UNSPECIFIED)) {
    return wrong(
        column.local_zone().empty() ? "instants" : "local_zone", -1,
        absl::StrCat("found a form of instants for ", column.to(),
                     ", which is no instant, expected none; leave it out"));
  }
  const bool list = schema.type == ColumnType::kTextList ||
                    schema.type == ColumnType::kNumberList;
  if (column.list() != v1::LIST_FORM_UNSPECIFIED && !list) {
    return wrong(
        "list", -1,
        absl::StrCat("found a list form for ", column.to(),
                     ", which is no list, expected none; leave it out"));
  }
  if ((column.list() == v1::SEPARATED) != !column.list_separator().empty()) {
    return wrong(column.list_separator().empty() ? "list" : "list_separator",
                 -1,
                 "found only one of list: SEPARATED and list_separator, "
                 "expected both or neither; "
                 "add the other");
  }
  for (int i = 0; i < column.words_size(); ++i) {
    const std::string& word = column.words(i).to();
    bool good = true;
    if (column.words(i).has_unless() &&
        (column.words(i).unless().from().empty() ||
         column.words(i).unless().equals().empty())) {
      return located.Wrong(
          Located::Nested(tree, column, "words", i), column.words(i), "unless",
          -1,
          "found an unless without from or equals, expected both; add what is "
          "missing");
    }
    if (word.empty()) continue;  // Unknown.
    if (schema.type == ColumnType::kEnum) good = EnumValue(schema, word) > 0;
    if (schema.type == ColumnType::kBool)
      good = word == "true" || word == "false";
    if (good) continue;
    return located.Wrong(
        Located::Nested(tree, column, "words", i), column.words(i), "to", -1,
        absl::StrCat("found the word \"", word, "\", expected a word of ",
                     table.name, ".", column.to(), "; see docs/log_format.md"));
  }
  return absl::OkStatus();
}

absl::Status CheckTable(const Located& located,
                        const TextFormat::ParseInfoTree* tree,
                        const v1::TableImport& import) {
  const TableSchema* table = FindTable(import.table());
  if (table == nullptr) {
    return located.Wrong(
        tree, import, "table", -1,
        absl::StrCat("found table \"", import.table(), "\", expected one of ",
                     TableNames(), "; correct the name"));
  }
  if (import.fingerprint().empty()) {
    return located.Wrong(
        tree, import, "table", -1,
        absl::StrCat(
            "found no fingerprint of ", table->name,
            ", expected the header cells that tell the file; add them"));
  }
  std::set<std::string> seen;
  for (int i = 0; i < import.columns_size(); ++i) {
    const v1::ColumnImport& column = import.columns(i);
    const auto* nested = Located::Nested(tree, import, "columns", i);
    if (absl::Status status = CheckColumn(located, nested, *table, column);
        !status.ok()) {
      return status;
    }
    if (!seen.insert(column.to()).second) {
      return located.Wrong(
          nested, column, "to", -1,
          absl::StrCat("found ", column.to(),
                       " a second time, expected each column once; leave one"));
    }
  }
  for (const ColumnSchema& column : table->columns) {
    if (!column.required || seen.contains(column.name)) continue;
    return located.Wrong(tree, import, "table", -1,
                         absl::StrCat("found no source of the required column ",
                                      table->name, ".", column.name,
                                      ", expected one; add a `columns` entry"));
  }
  for (int i = 0; i < import.skip_size(); ++i) {
    if (!import.skip(i).from().empty() && !import.skip(i).equals().empty())
      continue;
    return located.Wrong(tree, import, "skip", i,
                         "found a skip without from or equals, expected both; "
                         "add what is missing");
  }
  if (import.has_currency() && import.currency().from().empty()) {
    return located.Wrong(
        tree, import, "currency", -1,
        "found a currency without from, expected the source column; add it");
  }
  return absl::OkStatus();
}

absl::Status CheckInfo(const Located& located,
                       const TextFormat::ParseInfoTree* tree,
                       const v1::LogInfo& info) {
  if (!info.currency().empty() && !IsCurrency(info.currency())) {
    return located.Wrong(
        tree, info, "currency", -1,
        absl::StrCat("found the currency \"", info.currency(),
                     "\", expected an ISO 4217 code such as CNY; correct it"));
  }
  if (!info.time_zone().empty() && !IsTimeZone(info.time_zone())) {
    return located.Wrong(
        tree, info, "time_zone", -1,
        absl::StrCat(
            "found the time zone \"", info.time_zone(),
            "\", expected an IANA name such as Asia/Shanghai; correct it"));
  }
  absl::Time from;
  absl::Time to;
  for (const auto& [field, text, value] :
       {std::tuple("observed_from", &info.observed_from(), &from),
        std::tuple("observed_to", &info.observed_to(), &to)}) {
    if (text->empty() ||
        absl::ParseTime(absl::RFC3339_full, *text, value, nullptr))
      continue;
    return located.Wrong(
        tree, info, field, -1,
        absl::StrCat("found \"", *text,
                     "\", expected RFC 3339 with an offset such as "
                     "2026-03-01T00:00:00+08:00; correct it"));
  }
  if (!info.observed_from().empty() && !info.observed_to().empty() &&
      from >= to) {
    return located.Wrong(
        tree, info, "observed_to", -1,
        absl::StrCat("found the end ", info.observed_to(),
                     " at or before the start ", info.observed_from(),
                     ", expected it after; correct them"));
  }
  return absl::OkStatus();
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
  Located located(file);
  const v1::ImportMapping& mapping = loaded.mapping;
  if (absl::Status status = located.Parse(
          text, "see docs/log_format.md or let `plumbline inspect` draft it",
          &loaded.mapping);
      !status.ok()) {
    return status;
  }
  if (mapping.name().empty()) {
    return located.Wrong(
        located.root(), mapping, "name", -1,
        "found no name, expected one for the report; add `name: \"...\"`");
  }
  if (mapping.tables().empty()) {
    return located.Wrong(
        located.root(), mapping, "tables", -1,
        "found no table, expected at least one; add a `tables` entry");
  }
  if (absl::Status status = CheckInfo(
          located, Located::Nested(located.root(), mapping, "log", -1),
          mapping.log());
      !status.ok()) {
    return status;
  }
  for (int i = 0; i < mapping.tables_size(); ++i) {
    absl::Status status = CheckTable(
        located, Located::Nested(located.root(), mapping, "tables", i),
        mapping.tables(i));
    if (!status.ok()) return status;
  }
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
  Located located("log.textproto");
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
