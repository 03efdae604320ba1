#include "replay/ingest/ingest.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "replay/base/sha256.h"
#include "replay/base/units.h"
#include "replay/ingest/input_files.h"
#include "replay/ingest/mapping.h"
#include "replay/ingest/mdrp.h"
#include "replay/ingest/readers/reader.h"
#include "replay/ingest/recognise.h"
#include "replay/schema/schema.h"

namespace plumbline::replay {
namespace {

namespace fs = std::filesystem;

// Notes which columns know a value anywhere, and passes batches on.
class ColumnWatch : public RecordSink {
 public:
  ColumnWatch(RecordSink& sink, int threads)
      : sink_(sink), seen_(static_cast<size_t>(threads)), free_(seen_.size()) {
    for (auto& tables : seen_) {
      for (const TableSchema& table : Tables())
        tables.emplace_back(table.columns.size(), 0);
    }
  }

  absl::Status Accept(int thread, const RecordBatch& batch) override {
    const auto self = static_cast<size_t>(thread);
    std::vector<char>& seen = seen_[self][static_cast<size_t>(batch.table)];
    for (const ColumnData& column : batch.columns) {
      char& known = seen[static_cast<size_t>(column.column)];
      if (known) continue;
      known =
          std::any_of(column.numbers.begin(), column.numbers.end(), IsKnown) ||
          std::any_of(column.texts.begin(), column.texts.end(), IsText);
    }
    for (const auto& [name, texts] : batch.free) {
      const std::string key =
          absl::StrCat(Tables()[static_cast<size_t>(batch.table)].name, ".",
                       std::string(name));
      if (free_[self].contains(key)) continue;
      if (std::any_of(texts.begin(), texts.end(), IsText))
        free_[self].insert(key);
    }
    return batch.rows == 0 ? absl::OkStatus() : sink_.Accept(thread, batch);
  }

  std::vector<std::string> columns() const {
    std::set<std::string> names;
    for (const auto& tables : seen_) {
      for (size_t t = 0; t < tables.size(); ++t) {
        for (size_t c = 0; c < tables[t].size(); ++c) {
          if (tables[t][c]) {
            names.insert(absl::StrCat(Tables()[t].name, ".",
                                      Tables()[t].columns[c].name));
          }
        }
      }
    }
    for (const auto& free : free_) names.insert(free.begin(), free.end());
    return {names.begin(), names.end()};
  }

 private:
  static bool IsText(std::string_view text) { return !text.empty(); }
  RecordSink& sink_;
  std::vector<std::vector<std::vector<char>>> seen_;  // Thread, table, column.
  std::vector<std::set<std::string>> free_;
};

absl::Status CheckOptions(const IngestOptions& options) {
  if (!options.currency.empty() && !IsCurrency(options.currency)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--currency:1:1: found \"", options.currency,
                     "\", expected an ISO 4217 code such as CNY; correct it"));
  }
  if (!options.time_zone.empty() && !IsTimeZone(options.time_zone)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--time-zone:1:1: found \"", options.time_zone,
        "\", expected an IANA name such as Asia/Shanghai; correct it"));
  }
  return absl::OkStatus();
}

void AddNotes(const std::string& lines, std::vector<std::string>* notes) {
  for (absl::string_view line :
       absl::StrSplit(lines, '\n', absl::SkipWhitespace())) {
    notes->emplace_back(line);
  }
}

// Tells where two sources of a fact differ, and which one is used.
void Clash(const char* what, const char* what_zh, const std::string& weaker,
           const std::string& weaker_name, const std::string& stronger,
           const std::string& stronger_name, IngestResult* result) {
  if (weaker.empty() || stronger.empty() || weaker == stronger) return;
  result->notes.push_back(absl::StrCat("The ", what, " is ", stronger, " as ",
                                       stronger_name, " says; ", weaker_name,
                                       " says ", weaker, "."));
  result->notes_zh.push_back(
      absl::StrCat(what_zh, "采用", stronger_name, "给出的 ", stronger, "；",
                   weaker_name, "给出的是 ", weaker, "。"));
}

// Mapping, log.textproto and options, the last the strongest.
void SettleInfo(const v1::LogInfo& of_mapping, const std::string& mapping_name,
                const v1::LogInfo& of_log, const IngestOptions& options,
                IngestResult* result) {
  const std::string mapping = absl::StrCat("the mapping ", mapping_name);
  v1::LogInfo& info = result->info;
  info = of_mapping;
  info.MergeFrom(of_log);
  if (!options.currency.empty()) info.set_currency(options.currency);
  if (!options.time_zone.empty()) info.set_time_zone(options.time_zone);
  if (options.instants != v1::INSTANT_FORM_UNSPECIFIED)
    info.set_instants(options.instants);
  const auto clashes = [&](const char* what, const char* what_zh,
                           const std::string& by_mapping,
                           const std::string& by_log,
                           const std::string& by_option, const char* option) {
    Clash(what, what_zh, by_mapping, mapping, by_log, "log.textproto", result);
    Clash(what, what_zh, by_log.empty() ? by_mapping : by_log,
          by_log.empty() ? mapping : "log.textproto", by_option, option,
          result);
  };
  clashes("currency", "货币", of_mapping.currency(), of_log.currency(),
          options.currency, "--currency");
  clashes("time zone", "时区", of_mapping.time_zone(), of_log.time_zone(),
          options.time_zone, "--time-zone");
}

int64_t InstantOf(const std::string& text) {
  absl::Time time;
  if (text.empty() ||
      !absl::ParseTime(absl::RFC3339_full, text, &time, nullptr))
    return kUnknown;
  return absl::ToUnixMillis(time);
}

void TakeMdrp(const v1::MdrpInstance& instance, MdrpParameters* mdrp) {
  mdrp->present = true;
  mdrp->pickup_service = instance.pickup_service_ms();
  mdrp->dropoff_service = instance.dropoff_service_ms();
  mdrp->target_click_to_door = instance.target_click_to_door_ms();
  mdrp->maximum_click_to_door = instance.maximum_click_to_door_ms();
  mdrp->pay_per_order = instance.pay_per_order();
  mdrp->guaranteed_per_hour = instance.guaranteed_per_hour();
  mdrp->orders_total = instance.orders_total();
  mdrp->bundles = instance.bundles();
  for (const v1::MdrpDriving& driving : instance.driving()) {
    mdrp->driving.emplace_back(driving.courier(), driving.ms());
  }
}

struct Job {
  SourceFile file;
  std::vector<v1::TableImport> imports;
  v1::InstantForm instants = v1::INSTANT_FORM_UNSPECIFIED;  // Of the mapping.
};

}  // namespace

absl::StatusOr<IngestResult> Ingest(const std::string& log,
                                    const IngestOptions& options,
                                    FaultLog& faults, RecordSink& sink) {
  if (absl::Status status = CheckOptions(options); !status.ok()) return status;
  IngestResult result;
  auto inputs = FindInputFiles(log);
  if (!inputs.ok()) return inputs.status();
  std::error_code error;
  ColumnWatch watch(sink, options.threads);
  const bool folder = log != "-" && fs::is_directory(log, error);

  v1::LogInfo of_log;
  const fs::path info_path =
      folder ? fs::path(log) / "log.textproto"
             : fs::path(log).parent_path() / "log.textproto";
  const bool has_info = log != "-" && fs::exists(info_path, error);
  if (has_info) {
    auto read = LoadLogInfo(info_path);
    if (!read.ok()) return read.status();
    of_log = *std::move(read);
  }

  const MdrpFolder mdrp = folder && options.mapping_file.empty()
                              ? TellMdrpFolder(log)
                              : MdrpFolder::kNone;
  if (mdrp == MdrpFolder::kInstanceOnly) {
    return absl::InvalidArgumentError(
        absl::StrCat(log,
                     ":1:1: found an MDRP instance without a solution, "
                     "expected solution_info_orders.txt "
                     "and solution_info_assignments.txt beside it; add them"));
  }
  if (mdrp == MdrpFolder::kSolved) {
    if (absl::Status status = ReadMdrp(log, faults, watch, &result);
        !status.ok())
      return status;
    const v1::LogInfo of_instance = result.info;
    SettleInfo(of_instance, result.mapping_name, of_log, options, &result);
    AddNotes(of_log.notes(), &result.notes);
    AddNotes(of_log.notes_zh(), &result.notes_zh);
    result.columns = watch.columns();
    return result;
  }

  const bool forced = !options.mapping_file.empty();
  auto mappings = MappingsToTry(options.mapping_file);
  if (!mappings.ok()) return mappings.status();

  std::vector<Job> jobs;
  const LoadedMapping* used = nullptr;
  int64_t total = 0;
  for (const InputFile& input : *inputs) {
    auto file = Sniff(input.path, input.name);
    if (!file.ok()) return file.status();
    auto found = Recognise(*file, *mappings, forced);
    if (!found.ok()) return found.status();
    if (found->mapping != nullptr) {
      if (used != nullptr && used != found->mapping) {
        return absl::InvalidArgumentError(
            absl::StrCat(input.name, ":1:1: found a file of ",
                         found->mapping->mapping.name(), " beside one of ",
                         used->mapping.name(),
                         ", expected one kind of export; audit them apart"));
      }
      used = found->mapping;
    }
    for (const std::string& column : found->unread) {
      result.unknown_columns.push_back(absl::StrCat(input.name, ":", column));
    }
    if (file->info != nullptr && !has_info && of_log.ByteSizeLong() == 0)
      of_log = *file->info;
    result.files.push_back(input.name);
    result.file_paths.push_back(input.path);
    total += file->bytes;
    Job& job = jobs.emplace_back();
    if (found->mapping != nullptr)
      job.instants = found->mapping->mapping.log().instants();
    job.imports = std::move(found->imports);
    job.file = *std::move(file);
  }
  std::sort(result.unknown_columns.begin(), result.unknown_columns.end());

  result.mapping_name =
      !of_log.mapping().empty() ? of_log.mapping() : "canonical";
  v1::LogInfo of_mapping;
  if (used != nullptr) {
    result.mapping_name = used->mapping.name();
    result.mapping_sha256 = used->sha256;
    of_mapping = used->mapping.log();
    of_mapping.clear_instants();  // Holds for the mapped files only.
    result.notes.assign(used->mapping.notes().begin(),
                        used->mapping.notes().end());
    result.notes_zh.assign(used->mapping.notes_zh().begin(),
                           used->mapping.notes_zh().end());
  }
  SettleInfo(of_mapping, result.mapping_name, of_log, options, &result);
  AddNotes(of_log.notes(), &result.notes);
  AddNotes(of_log.notes_zh(), &result.notes_zh);
  if (of_log.has_mdrp()) TakeMdrp(of_log.mdrp(), &result.mdrp);

  std::map<std::string, int>
      files_of;  // By table, for ids made of row numbers.
  for (const Job& job : jobs) {
    for (const v1::TableImport& import : job.imports)
      ++files_of[import.table()];
  }
  faults.SetFiles(result.files);
  std::mutex progress_mutex;
  int64_t done = 0;
  for (size_t i = 0; i < jobs.size(); ++i) {
    Job& job = jobs[i];
    DecodeOptions decode;
    decode.file_index = static_cast<uint32_t>(i);
    decode.time_zone = result.info.time_zone();
    decode.currency = result.info.currency();
    decode.observed_from = InstantOf(result.info.observed_from());
    decode.observed_to = InstantOf(result.info.observed_to());
    decode.instants = job.instants != v1::INSTANT_FORM_UNSPECIFIED
                          ? job.instants
                      : result.info.instants() != v1::INSTANT_FORM_UNSPECIFIED
                          ? result.info.instants()
                          : v1::RFC_3339;
    bool several = false;
    for (const v1::TableImport& import : job.imports) {
      several = several || files_of[import.table()] > 1;
      if (import.derived())
        faults.MarkDerived(import.table(), decode.file_index);
    }
    if (several) decode.row_id_prefix = absl::StrCat(job.file.name, "#");
    ReadOptions read;
    read.threads = options.threads;
    const int64_t end = done + job.file.bytes;
    if (options.progress) {
      read.progress = [&](int64_t bytes) {
        const std::lock_guard lock(progress_mutex);
        done = std::min(done + bytes, end);
        options.progress(done, total);
      };
    }
    Sha256Digest digest;
    int64_t hashed = 0;
    if (options.hash_files) {
      read.bytes = [&](std::string_view bytes) {
        digest.Add(bytes);
        hashed += static_cast<int64_t>(bytes.size());
      };
    }
    absl::Status status =
        ReadTables(job.file, job.imports, decode, read, faults, watch);
    if (!status.ok()) return status;
    const bool whole = hashed > 0 && hashed == job.file.bytes;
    result.file_hashes.push_back(whole ? digest.Hex() : "");
    // Readers leave out what they do not need.
    done = end;
    if (options.progress) options.progress(done, total);
    job.file = SourceFile();  // Lets go of what the reader kept open.
  }
  if (log != "-" && faults.rows_read() == 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        result.files.front(), ":2:1: found a header and no row",
        result.files.size() > 1 ? ", nor in any other file of the log" : "",
        ", expected at least one row; export it again"));
  }
  result.columns = watch.columns();
  return result;
}

}  // namespace plumbline::replay
