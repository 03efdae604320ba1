#include "replay/ingest/inspect.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "replay/base/units.h"
#include "replay/ingest/draft_mapping.h"
#include "replay/ingest/guess.h"
#include "replay/ingest/ingest.h"
#include "replay/ingest/input_files.h"
#include "replay/ingest/mapping.h"
#include "replay/ingest/mdrp.h"
#include "replay/ingest/readers/reader.h"
#include "replay/ingest/recognise.h"
#include "replay/ingest/sample_file.h"
#include "replay/schema/schema.h"

namespace plumbline::replay {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kSampleRows = 1'000;

// Counts rows by table and notes which columns know something.
class CountingSink : public RecordSink {
 public:
  absl::Status Accept(int, const RecordBatch& batch) override {
    const std::lock_guard lock(mutex_);
    const TableSchema& table = Tables()[static_cast<size_t>(batch.table)];
    rows_[table.name] += static_cast<int64_t>(batch.rows);
    for (const ColumnData& column : batch.columns) {
      const bool known =
          std::any_of(column.numbers.begin(), column.numbers.end(), IsKnown) ||
          std::any_of(column.texts.begin(), column.texts.end(),
                      [](std::string_view text) { return !text.empty(); });
      if (known) {
        columns_.insert(absl::StrCat(
            table.name, ".",
            table.columns[static_cast<size_t>(column.column)].name));
      }
    }
    return absl::OkStatus();
  }
  const std::map<std::string, int64_t>& rows() const { return rows_; }
  const std::set<std::string>& columns() const { return columns_; }

 private:
  std::mutex mutex_;
  std::map<std::string, int64_t> rows_;
  std::set<std::string> columns_;
};

void AddMissing(InspectedFile* file) {
  for (const std::string& name : file->tables) {
    for (const ColumnSchema& column : FindTable(name)->columns) {
      const std::string full = absl::StrCat(name, ".", column.name);
      if (!std::binary_search(file->gives.begin(), file->gives.end(), full)) {
        file->missing.push_back(full);
      }
    }
  }
  std::sort(file->missing.begin(), file->missing.end());
}

void Describe(const SourceFile& source, InspectedFile* file) {
  switch (source.format) {
    case FileFormat::kText:
      file->format = source.delimiter == ' ' ? "text" : "csv";
      file->delimiter = std::string(1, source.delimiter);
      break;
    case FileFormat::kParquet:
      file->format = "parquet";
      break;
    case FileFormat::kArrowFile:
      file->format = "arrow";
      break;
    case FileFormat::kArrowStream:
      file->format = "arrow-stream";
      break;
    case FileFormat::kProtobuf:
      file->format = "protobuf";
      break;
    case FileFormat::kOcel:
      file->format = "ocel";
      break;
  }
  if (source.compression == FileCompression::kGzip) file->compression = "gzip";
  if (source.compression == FileCompression::kZstd) file->compression = "zstd";
}

// Which canonical columns each source column feeds.
void AddUses(const Recognition& found, InspectedFile* file) {
  for (const v1::TableImport& import : found.imports) {
    for (const v1::ColumnImport& mapped : import.columns()) {
      std::set<std::string> names = {absl::AsciiStrToLower(mapped.from())};
      if (!mapped.json_member().empty()) {
        names.insert(absl::AsciiStrToLower(
            absl::StrCat(mapped.from(), ".", mapped.json_member())));
      }
      for (const std::string& part : mapped.joined())
        names.insert(absl::AsciiStrToLower(part));
      for (InspectedColumn& column : file->columns) {
        if (column.name.empty() ||
            !names.contains(absl::AsciiStrToLower(column.name)))
          continue;
        column.used_as.push_back(
            absl::StrCat(import.table(), ".", mapped.to()));
      }
    }
  }
  for (InspectedColumn& column : file->columns) {
    std::sort(column.used_as.begin(), column.used_as.end());
  }
}

absl::StatusOr<InspectedFile> InspectOne(
    const std::string& path, const std::string& name,
    const std::vector<LoadedMapping>& mappings, bool forced,
    const InspectOptions& options) {
  auto source = Sniff(path, name);
  if (!source.ok()) return source.status();
  InspectedFile file;
  file.name = name;
  Describe(*source, &file);
  if (source->names_its_tables()) {
    CountingSink sink;
    FaultLog faults;
    faults.SetFiles({name});
    ReadOptions read;
    read.threads = options.threads;
    absl::Status status =
        ReadTables(*source, {}, DecodeOptions(), read, faults, sink);
    if (!status.ok()) return status;
    file.mapping = "canonical";
    for (const auto& [table, rows] : sink.rows()) {
      file.tables.push_back(table);
      file.rows += rows;
    }
    file.gives.assign(sink.columns().begin(), sink.columns().end());
    AddMissing(&file);
    return file;
  }
  auto samples = SampleFile(*source, kSampleRows);
  if (!samples.ok()) return samples.status();
  for (size_t i = 0; i < source->columns.size(); ++i) {
    InspectedColumn& column = file.columns.emplace_back();
    column.name = source->columns[i];
    if (i < samples->size()) GuessForm((*samples)[i], &column);
  }
  ReadOptions read;
  read.threads = options.threads;
  auto rows = CountFileRows(*source, read);
  if (!rows.ok()) return rows.status();
  file.rows = *rows;
  auto found = Recognise(*source, mappings, forced);
  if (!found.ok()) {
    file.obstacle = std::string(found.status().message());
    file.draft = DraftMapping(name, file.columns, options.time_zone);
    return file;
  }
  file.mapping =
      found->mapping == nullptr ? "canonical" : found->mapping->mapping.name();
  for (const v1::TableImport& import : found->imports) {
    file.tables.push_back(import.table());
    const std::vector<std::string> gives = ImportedColumns(import, *source);
    file.gives.insert(file.gives.end(), gives.begin(), gives.end());
  }
  std::sort(file.gives.begin(), file.gives.end());
  file.gives.erase(std::unique(file.gives.begin(), file.gives.end()),
                   file.gives.end());
  AddUses(*found, &file);
  AddMissing(&file);
  return file;
}

// The files of a solved MDRP instance make sense only together.
absl::StatusOr<std::vector<InspectedFile>> InspectMdrp(
    const std::string& folder) {
  IngestResult result;
  FaultLog faults;
  CountingSink sink;
  if (absl::Status status = ReadMdrp(folder, faults, sink, &result);
      !status.ok())
    return status;
  InspectedFile file;
  file.name = absl::StrJoin(result.files, " + ");
  file.format = "text";
  file.mapping = result.mapping_name;
  for (const auto& [table, rows] : sink.rows()) {
    file.tables.push_back(table);
    file.rows += rows;
  }
  file.gives.assign(sink.columns().begin(), sink.columns().end());
  AddMissing(&file);
  return std::vector<InspectedFile>{file};
}

struct FormText {
  CellForm form;
  const char* english;
  const char* chinese;
};
constexpr FormText kForms[] = {
    {CellForm::kEmpty, "empty", "空"},
    {CellForm::kInteger, "integer", "整数"},
    {CellForm::kDecimal, "decimal", "小数"},
    {CellForm::kEpochSeconds, "epoch seconds", "纪元秒"},
    {CellForm::kEpochMilliseconds, "epoch milliseconds", "纪元毫秒"},
    {CellForm::kInstant, "instant with offset (RFC 3339)",
     "带时区偏移的时间（RFC 3339）"},
    {CellForm::kLocalTime, "local time without offset", "不带时区的当地时间"},
    {CellForm::kDate, "date", "日期"},
    {CellForm::kBoolean, "true or false", "真/假"},
    {CellForm::kWords, "words", "固定用词"},
    {CellForm::kJsonList, "list", "列表"},
    {CellForm::kJsonObject, "JSON object", "JSON 对象"},
    {CellForm::kText, "text", "文本"},
};

}  // namespace

absl::StatusOr<std::vector<InspectedFile>> Inspect(
    const std::string& path, const InspectOptions& options) {
  std::error_code error;
  const bool folder = fs::is_directory(path, error);
  const bool forced = !options.mapping_file.empty();
  if (folder && !forced && TellMdrpFolder(path) == MdrpFolder::kSolved)
    return InspectMdrp(path);
  auto mappings = MappingsToTry(options.mapping_file);
  if (!mappings.ok()) return mappings.status();
  auto inputs = FindInputFiles(path);
  if (!inputs.ok()) return inputs.status();
  std::vector<InspectedFile> files;
  for (const InputFile& input : *inputs) {
    auto file = InspectOne(input.path, input.name, *mappings, forced, options);
    if (!file.ok()) return file.status();
    files.push_back(*std::move(file));
  }
  return files;
}

std::string InspectionText(const InspectedFile& file, bool chinese) {
  const auto say = [chinese](const char* english, const char* other) {
    return chinese ? other : english;
  };
  const char* colon = say(": ", "：");
  std::string text = absl::StrCat(file.name, "\n");
  const auto line = [&](const char* english, const char* other,
                        const std::string& value) {
    if (!value.empty())
      absl::StrAppend(&text, "  ", say(english, other), colon, value, "\n");
  };
  std::string format = file.format;
  if (!file.compression.empty())
    absl::StrAppend(&format, ", ", file.compression);
  if (file.delimiter == ";" || file.delimiter == "\t") {
    absl::StrAppend(&format, ", ", say("cells between ", "分隔符 "),
                    file.delimiter == ";" ? ";" : say("tabs", "制表符"));
  }
  line("format", "格式", format);
  line("rows", "行数", absl::StrCat(file.rows));
  line(
      "mapping", "映射",
      file.mapping.empty() ? say("none fits", "没有适用的映射") : file.mapping);
  line("tables", "表", absl::StrJoin(file.tables, ", "));
  line("gives", "提供", absl::StrJoin(file.gives, ", "));
  line("missing", "缺少", absl::StrJoin(file.missing, ", "));
  if (!file.columns.empty()) {
    absl::StrAppend(&text, "  ", say("columns", "列"), colon, "\n");
    for (const InspectedColumn& column : file.columns) {
      const auto form = std::find_if(
          std::begin(kForms), std::end(kForms),
          [&](const FormText& known) { return known.form == column.form; });
      absl::StrAppend(
          &text, "    ",
          column.name.empty() ? say("(no name)", "（无列名）") : column.name,
          colon, say(form->english, form->chinese));
      if (!column.samples.empty()) {
        absl::StrAppend(&text, say(", for example ", "，例如 "),
                        absl::StrJoin(column.samples, " | "));
      }
      absl::StrAppend(&text, " -> ",
                      column.used_as.empty()
                          ? say("not read", "未使用")
                          : absl::StrJoin(column.used_as, ", "),
                      "\n");
    }
  }
  line("why no mapping fits", "没有映射适用的原因", file.obstacle);
  if (!file.draft.empty()) {
    absl::StrAppend(
        &text, "\n",
        say("Draft mapping (save it, fill it in, and give it with --mapping):",
            "映射草稿（请保存、补全后用 --mapping 给出）："),
        "\n\n", file.draft);
  }
  return text;
}

}  // namespace plumbline::replay
