#include "replay/ingest/convert.h"

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "google/protobuf/text_format.h"
#include "replay/ingest/writers/spool.h"
#include "replay/ingest/writers/writer.h"
#include "replay/schema/schema.h"

namespace plumbline::replay {
namespace {

namespace fs = std::filesystem;

// A folder beside `out` that is `out` once all is written, and nothing if not.
class NewFolder {
 public:
  static absl::StatusOr<NewFolder> Create(const std::string& out) {
    std::error_code error;
    const bool there = fs::exists(out, error);
    if (there && !(fs::is_directory(out, error) && fs::is_empty(out, error))) {
      return absl::InvalidArgumentError(
          absl::StrCat(out,
                       ":1:1: found something there already, expected a folder "
                       "that is empty or does not "
                       "exist; name another one"));
    }
    const fs::path whole = fs::absolute(out, error).lexically_normal();
    const fs::path last = whole.has_filename() ? whole : whole.parent_path();
    fs::create_directories(last.parent_path(), error);
    std::string name = (last.parent_path() /
                        absl::StrCat(".", last.filename().string(), "-XXXXXX"))
                           .string();
    if (mkdtemp(name.data()) == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat(out,
                       ":1:1: found a place where no folder can be made, "
                       "expected one that can be "
                       "written; name another one"));
    }
    fs::permissions(name,
                    fs::perms::owner_all | fs::perms::group_read |
                        fs::perms::group_exec | fs::perms::others_read |
                        fs::perms::others_exec,
                    error);
    return NewFolder(name, last);
  }
  NewFolder(NewFolder&& other) noexcept
      : name_(std::exchange(other.name_, "")), out_(std::move(other.out_)) {}
  NewFolder& operator=(NewFolder&&) = delete;
  ~NewFolder() {
    std::error_code error;
    if (!name_.empty()) fs::remove_all(name_, error);
  }

  const std::string& name() const { return name_; }

  absl::Status Keep() {
    std::error_code error;
    fs::rename(name_, out_, error);
    if (error) {
      return absl::InternalError(absl::StrCat(out_.string(),
                                              ":1:1: found no way to make it (",
                                              error.message(), ")"));
    }
    name_.clear();
    return absl::OkStatus();
  }

 private:
  NewFolder(std::string name, fs::path out)
      : name_(std::move(name)), out_(std::move(out)) {}
  std::string name_;
  fs::path out_;
};

v1::LogInfo InfoToWrite(const IngestResult& input) {
  v1::LogInfo info = input.info;
  info.set_instants(v1::RFC_3339);
  info.set_notes(absl::StrJoin(input.notes, "\n"));
  info.set_notes_zh(absl::StrJoin(input.notes_zh, "\n"));
  if (input.mapping_name != "canonical") info.set_mapping(input.mapping_name);
  info.clear_mdrp();
  if (input.mdrp.present) {
    v1::MdrpInstance& mdrp = *info.mutable_mdrp();
    mdrp.set_pickup_service_ms(input.mdrp.pickup_service);
    mdrp.set_dropoff_service_ms(input.mdrp.dropoff_service);
    mdrp.set_target_click_to_door_ms(input.mdrp.target_click_to_door);
    mdrp.set_maximum_click_to_door_ms(input.mdrp.maximum_click_to_door);
    mdrp.set_pay_per_order(input.mdrp.pay_per_order);
    mdrp.set_guaranteed_per_hour(input.mdrp.guaranteed_per_hour);
    mdrp.set_orders_total(input.mdrp.orders_total);
    mdrp.set_bundles(input.mdrp.bundles);
    for (const auto& [courier, ms] : input.mdrp.driving) {
      v1::MdrpDriving& driving = *mdrp.add_driving();
      driving.set_courier(courier);
      driving.set_ms(ms);
    }
  }
  return info;
}

absl::Status WriteInfo(const v1::LogInfo& info, const std::string& path) {
  std::string text;
  google::protobuf::TextFormat::Printer printer;
  printer.SetUseUtf8StringEscaping(true);
  printer.PrintToString(info, &text);
  OutputFile file(path);
  file.buffer() = text;
  return file.Close();
}

const char* EndingOf(ConvertFormat format) {
  switch (format) {
    case ConvertFormat::kCsv:
      return ".csv";
    case ConvertFormat::kParquet:
      return ".parquet";
    case ConvertFormat::kArrow:
      return ".arrow";
    case ConvertFormat::kProtobuf:
      return ".binpb";
    case ConvertFormat::kOcel:
      break;
  }
  return ".ocel.json";
}

// In a form that gives each table its file.
absl::Status WriteTable(Spool& spool, const SpooledTable& table,
                        ConvertFormat format, const absl::TimeZone& zone,
                        const std::string& path) {
  if (format == ConvertFormat::kCsv) return WriteCsv(spool, table, zone, path);
  if (format == ConvertFormat::kProtobuf) {
    return WriteProtobuf(spool, table, path);
  }
  return WriteArrow(spool, table, format == ConvertFormat::kParquet, path);
}

}  // namespace

bool ParseConvertFormat(const std::string& word, ConvertFormat* format) {
  static constexpr std::pair<const char*, ConvertFormat> kWords[] = {
      {"csv", ConvertFormat::kCsv},
      {"parquet", ConvertFormat::kParquet},
      {"arrow", ConvertFormat::kArrow},
      {"protobuf", ConvertFormat::kProtobuf},
      {"ocel", ConvertFormat::kOcel}};
  for (const auto& [name, value] : kWords) {
    if (word != name) continue;
    *format = value;
    return true;
  }
  return false;
}

absl::StatusOr<ConvertResult> Convert(const std::string& log,
                                      const IngestOptions& ingest,
                                      const ConvertOptions& options,
                                      const std::string& out,
                                      FaultLog& faults) {
  auto folder = NewFolder::Create(out);
  if (!folder.ok()) return folder.status();
  Spool spool(ingest.threads, options.scratch);
  auto input = Ingest(log, ingest, faults, spool);
  if (!input.ok()) return input.status();
  ConvertResult result;
  result.input = *std::move(input);
  absl::TimeZone zone = absl::UTCTimeZone();
  if (!result.input.info.time_zone().empty()) {
    absl::LoadTimeZone(result.input.info.time_zone(), &zone);
  }
  const std::vector<SpooledTable> tables = spool.Finish();
  absl::Status status = absl::OkStatus();
  if (options.format == ConvertFormat::kOcel) {
    status = WriteOcel(spool, tables, folder->name() + "/log.ocel.json");
    int64_t rows = 0;
    for (const SpooledTable& table : tables) rows += table.rows;
    result.files.push_back({"log.ocel.json", rows});
  } else {
    for (const SpooledTable& table : tables) {
      if (!status.ok()) break;
      const std::string name =
          absl::StrCat(Tables()[static_cast<size_t>(table.table)].name,
                       EndingOf(options.format));
      status = WriteTable(spool, table, options.format, zone,
                          absl::StrCat(folder->name(), "/", name));
      result.files.push_back({name, table.rows});
    }
  }
  if (!status.ok()) return status;
  std::sort(result.files.begin(), result.files.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  status = WriteInfo(InfoToWrite(result.input),
                     absl::StrCat(folder->name(), "/log.textproto"));
  if (status.ok()) status = folder->Keep();
  if (!status.ok()) return status;
  return result;
}

}  // namespace plumbline::replay
