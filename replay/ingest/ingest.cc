#include "replay/ingest/ingest.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "google/protobuf/text_format.h"
#include "replay/ingest/decode.h"
#include "replay/ingest/mapping.h"
#include "replay/ingest/mdrp.h"
#include "replay/ingest/readers/reader.h"
#include "replay/schema/schema.h"

namespace plumbline::replay {
namespace {

namespace fs = std::filesystem;

// "tasks.csv.gz", "tasks-0001.parquet" -> "tasks"; "" if it names no table.
std::string TableOfName(const std::string& name) {
  std::string stem = fs::path(name).filename();
  stem = stem.substr(0, stem.find('.'));
  std::string best;
  for (const TableSchema& table : Tables()) {
    if (!absl::StartsWith(stem, table.name)) continue;
    const std::string rest = stem.substr(table.name.size());
    const bool part = rest.empty() || ((rest[0] == '-' || rest[0] == '_') && rest.size() > 1 &&
                                       absl::ascii_isdigit(static_cast<unsigned char>(rest[1])));
    if (part && table.name.size() > best.size()) best = table.name;
  }
  return best;
}

bool HasAll(const SourceFile& file, const google::protobuf::RepeatedPtrField<std::string>& wanted) {
  for (const std::string& name : wanted) {
    const bool found = std::any_of(file.columns.begin(), file.columns.end(), [&](const auto& column) {
      return absl::EqualsIgnoreCase(column, name);
    });
    if (!found) return false;
  }
  return true;
}

// A canonical table that every required column of is in the header; the one
// that knows most of the columns.
std::string TableOfHeader(const SourceFile& file) {
  std::string best;
  size_t most = 0;
  for (const TableSchema& table : Tables()) {
    size_t known = 0;
    bool complete = true;
    for (const ColumnSchema& column : table.columns) {
      const bool there = std::find(file.columns.begin(), file.columns.end(), column.name) !=
                         file.columns.end();
      known += there ? 1 : 0;
      complete = complete && (there || !column.required);
    }
    if (complete && known > most) {
      most = known;
      best = table.name;
    }
  }
  return best;
}

absl::StatusOr<v1::LogInfo> ReadLogInfo(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  v1::LogInfo info;
  if (!google::protobuf::TextFormat::ParseFromString(text.str(), &info)) {
    return absl::InvalidArgumentError(
        "log.textproto:1:1: the text is not of the expected form; see docs/log_format.md");
  }
  return info;
}

struct Job {
  SourceFile file;
  v1::TableImport import;
};

}  // namespace

absl::StatusOr<IngestResult> Ingest(const std::string& log, const IngestOptions& options,
                                    FaultLog& faults, RecordSink& sink) {
  IngestResult result;
  std::error_code error;
  if (log != "-" && !fs::exists(log, error)) {
    return absl::InvalidArgumentError(
        absl::StrCat(log, ":1:1: there is no such file or folder; check the path"));
  }
  const bool folder = log != "-" && fs::is_directory(log, error);
  const auto settle = [&] {
    if (!options.currency.empty()) result.info.set_currency(options.currency);
    if (!options.time_zone.empty()) result.info.set_time_zone(options.time_zone);
    if (options.instants != v1::INSTANT_FORM_UNSPECIFIED) result.info.set_instants(options.instants);
    std::sort(result.columns.begin(), result.columns.end());
    result.columns.erase(std::unique(result.columns.begin(), result.columns.end()),
                         result.columns.end());
  };
  if (folder && options.mapping_file.empty() && IsMdrpFolder(log)) {
    absl::Status status = ReadMdrp(log, faults, sink, &result);
    if (!status.ok()) return status;
    settle();
    return result;
  }

  std::vector<std::pair<std::string, std::string>> paths;  // Name, path.
  if (log == "-") {
    paths.emplace_back("-", "-");
  } else if (folder) {
    for (const auto& entry : fs::recursive_directory_iterator(log, error)) {
      if (!entry.is_regular_file()) continue;
      const std::string name = fs::relative(entry.path(), log);
      const std::string leaf = entry.path().filename();
      if (leaf.empty() || leaf[0] == '.' || leaf == "log.textproto") continue;
      static constexpr const char* kEndings[] = {".csv", ".tsv", ".txt", ".parquet", ".arrow",
                                                 ".arrows", ".gz", ".zst"};
      const bool table = std::any_of(std::begin(kEndings), std::end(kEndings), [&](const char* end) {
        return absl::EndsWith(leaf, end);
      });
      if (table) paths.emplace_back(name, entry.path());
    }
    std::sort(paths.begin(), paths.end());
    if (paths.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(
          log, ":1:1: the folder holds no table, expected tasks.csv, tasks.parquet or the like; "
               "see docs/log_format.md"));
    }
    const fs::path info = fs::path(log) / "log.textproto";
    if (fs::exists(info, error)) {
      auto read = ReadLogInfo(info);
      if (!read.ok()) return read.status();
      result.info = *std::move(read);
    }
  } else {
    paths.emplace_back(fs::path(log).filename(), log);
    const fs::path info = fs::path(log).parent_path() / "log.textproto";
    if (fs::exists(info, error)) {
      auto read = ReadLogInfo(info);
      if (!read.ok()) return read.status();
      result.info = *std::move(read);
    }
  }

  std::vector<LoadedMapping> mappings;
  if (!options.mapping_file.empty()) {
    auto mapping = LoadMapping(options.mapping_file);
    if (!mapping.ok()) return mapping.status();
    mappings.push_back(*std::move(mapping));
  } else {
    auto shipped = ShippedMappings();
    if (!shipped.ok()) return shipped.status();
    mappings = *std::move(shipped);
  }

  std::vector<Job> jobs;
  const LoadedMapping* used = nullptr;
  for (const auto& [name, path] : paths) {
    auto file = Sniff(path, name);
    if (!file.ok()) return file.status();
    Job job;
    job.file = *std::move(file);
    if (options.mapping_file.empty()) {
      std::string table = TableOfName(name);
      if (table.empty() || !FindTable(table)) table = TableOfHeader(job.file);
      // The name alone does not make a table: its required columns must be there.
      if (!table.empty() && job.file.format != FileFormat::kArrowStream) {
        for (const ColumnSchema& column : FindTable(table)->columns) {
          if (!column.required) continue;
          const auto& columns = job.file.columns;
          if (std::find(columns.begin(), columns.end(), column.name) == columns.end()) {
            if (TableOfHeader(job.file).empty()) {
              bool fits = false;
              for (const LoadedMapping& mapping : mappings) {
                for (const v1::TableImport& import : mapping.mapping.tables()) {
                  fits = fits || HasAll(job.file, import.fingerprint());
                }
              }
              if (!fits) {
                return absl::InvalidArgumentError(absl::StrCat(
                    name, ":1:1: the header has no column ", column.name, ", expected it in ", table,
                    "; add it or give --mapping"));
              }
            }
            table = TableOfHeader(job.file);
            break;
          }
        }
      }
      if (log == "-") table = "tasks";
      if (!table.empty()) {
        job.import = CanonicalImport(table, job.file.columns);
        for (const std::string& column : job.file.columns) {
          const TableSchema& schema = *FindTable(table);
          if (schema.Find(column) < 0 && (schema.free_prefix.empty() ||
                                          !absl::StartsWith(column, schema.free_prefix))) {
            result.unknown_columns.push_back(absl::StrCat(name, ":", column));
          }
        }
        jobs.push_back(std::move(job));
        continue;
      }
    }
    const size_t before = jobs.size();
    for (const LoadedMapping& mapping : mappings) {
      for (const v1::TableImport& import : mapping.mapping.tables()) {
        if (!HasAll(job.file, import.fingerprint())) continue;
        if (used != nullptr && used != &mapping) {
          return absl::InvalidArgumentError(
              absl::StrCat(name, ":1:1: found a file of ", mapping.mapping.name(), " beside one of ",
                           used->mapping.name(), ", expected one kind of export; audit them apart"));
        }
        used = &mapping;
        job.import = import;
        jobs.push_back(job);
      }
      if (jobs.size() > before) break;
    }
    if (jobs.size() == before) {
      return absl::InvalidArgumentError(absl::StrCat(
          name, ":1:1: the header fits no table and no known export; run `plumbline inspect` for a "
                "draft mapping and give it with --mapping"));
    }
  }
  result.mapping_name = used == nullptr ? "canonical" : used->mapping.name();
  if (used != nullptr) {
    result.mapping_sha256 = used->sha256;
    v1::LogInfo info = used->mapping.log();
    info.MergeFrom(result.info);
    result.info = info;
    result.notes.assign(used->mapping.notes().begin(), used->mapping.notes().end());
  }
  settle();

  int64_t total = 0;
  std::map<std::string, int> files_of;  // By table.
  for (const Job& job : jobs) {
    const auto found = std::find(result.files.begin(), result.files.end(), job.file.name);
    if (found == result.files.end()) {
      result.files.push_back(job.file.name);
      result.file_paths.push_back(job.file.path);
      total += job.file.bytes;
    }
    ++files_of[job.import.table()];
  }
  faults.SetFiles(result.files);
  int64_t done = 0;
  for (Job& job : jobs) {
    const auto index = static_cast<uint32_t>(
        std::find(result.files.begin(), result.files.end(), job.file.name) - result.files.begin());
    const std::string prefix =
        files_of[job.import.table()] > 1 ? absl::StrCat(job.file.name, "#") : std::string();
    auto decoder = Decoder::Make(job.import, job.file, index, result.info.instants(), prefix);
    if (!decoder.ok()) return decoder.status();
    const std::vector<std::string> columns = decoder->columns();
    result.columns.insert(result.columns.end(), columns.begin(), columns.end());
    ReadOptions read;
    read.threads = options.threads;
    read.columns = decoder->source_columns();
    faults.CountRows(job.import.table(), index, 0);
    absl::Status status = ReadFile(job.file, read, [&](int thread, RawBatch raw) -> absl::Status {
      faults.CountRows(job.import.table(), index,
                       static_cast<int64_t>(raw.lines.size() + raw.ragged.size()));
      auto batch = decoder->Decode(std::move(raw), faults);
      if (!batch.ok()) return batch.status();
      return sink.Accept(thread, *std::move(batch));
    });
    if (!status.ok()) return status;
    done += job.file.bytes;
    if (options.progress) options.progress(done, total);
  }
  settle();
  return result;
}

}  // namespace plumbline::replay
