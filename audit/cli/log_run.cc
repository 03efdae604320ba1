#include "audit/cli/log_run.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "audit/cli/sha256.h"
#include "audit/measures/plan.h"
#include "google/protobuf/text_format.h"
#include "replay/base/sha256.h"
#include "replay/ingest/mapping.h"
#include "replay/schema/schema.h"

namespace plumbline::audit {
namespace {

namespace fs = std::filesystem;

// Of the memory budget, what the store may keep before it spills; the rest is
// for buffers of the readers, the measures and the report.
constexpr int64_t kStoreParts = 5;
constexpr int64_t kMeasureParts = 1;
constexpr int64_t kParts = 8;
constexpr int64_t kFaultMemory = int64_t{64} << 20;

// Of files that were hashed while they were read, `known` says the hash.
absl::StatusOr<std::vector<ManifestEntry>> HashInputs(
    const std::vector<std::string>& names,
    const std::vector<std::string>& paths,
    const std::vector<std::string>& known) {
  std::vector<ManifestEntry> entries;
  for (size_t i = 0; i < names.size(); ++i) {
    if (!known[i].empty()) {
      entries.push_back({"input", names[i], known[i]});
      continue;
    }
    auto hash = Sha256OfFile(paths[i]);
    if (!hash.ok()) return hash.status();
    entries.push_back({"input", names[i], *std::move(hash)});
  }
  std::sort(entries.begin(), entries.end(),
            [](const ManifestEntry& a, const ManifestEntry& b) {
              return a.name < b.name;
            });
  return entries;
}

// Free columns go through `convert`, but no figure uses them.
void NameFreeColumns(replay::IngestResult* ingest) {
  for (const std::string& column : ingest->columns) {
    const size_t dot = column.find('.');
    const replay::TableSchema* table = replay::FindTable(column.substr(0, dot));
    if (table == nullptr || table->Find(column.substr(dot + 1)) >= 0) continue;
    ingest->unknown_columns.push_back(column);
  }
  std::sort(ingest->unknown_columns.begin(), ingest->unknown_columns.end());
}

}  // namespace

replay::IngestOptions IngestOptionsOf(const RunOptions& options) {
  replay::IngestOptions ingest;
  ingest.threads = options.threads;
  ingest.mapping_file = options.mapping_file;
  ingest.currency = options.currency;
  ingest.time_zone = options.time_zone;
  ingest.instants = options.instants;
  if (options.progress) {
    ingest.progress = [&options](int64_t done, int64_t total) {
      options.progress(Stage::kReading, done, total);
    };
  }
  return ingest;
}

absl::StatusOr<UsedPlan> ReadPlan(const RunOptions& options) {
  UsedPlan used;
  used.plan = DefaultPlan();
  used.name = "default";
  if (!options.plan_file.empty()) {
    auto read = LoadPlan(options.plan_file);
    if (!read.ok()) return read.status();
    used.plan = *std::move(read);
    used.name = fs::path(options.plan_file).filename().string();
  }
  if (options.seed.has_value()) used.plan.set_seed(*options.seed);
  // The text form is the same for the same plan, whoever wrote the file.
  std::string text;
  google::protobuf::TextFormat::PrintToString(used.plan, &text);
  used.sha256 = replay::Sha256Hex(text);
  return used;
}

void DescribeLog(const replay::IngestResult& ingest, replay::Interval observed,
                 const absl::TimeZone& zone, v1::Input* input) {
  input->set_mapping(ingest.mapping_name);
  input->set_platform(ingest.info.platform());
  input->set_currency(ingest.info.currency());
  input->set_time_zone(ingest.info.time_zone());
  const auto text = [&zone](int64_t instant) {
    return absl::FormatTime(absl::RFC3339_full, absl::FromUnixMillis(instant),
                            zone);
  };
  if (replay::IsKnown(observed.begin))
    input->set_observed_from(text(observed.begin));
  if (replay::IsKnown(observed.end)) input->set_observed_to(text(observed.end));
  for (const std::string& source : ingest.info.sources()) {
    if (absl::StartsWithIgnoreCase(source, "synthetic"))
      input->set_synthetic(true);
  }
  input->mutable_unknown_columns()->Assign(ingest.unknown_columns.begin(),
                                           ingest.unknown_columns.end());
}

absl::StatusOr<std::vector<ManifestEntry>> LogRun::Inputs() {
  return hashing_.get();
}

absl::StatusOr<std::unique_ptr<LogRun>> ReadLog(const RunOptions& options) {
  auto plan = ReadPlan(options);
  if (!plan.ok()) return plan.status();
  auto run = std::make_unique<LogRun>(
      options.scratch, std::min(kFaultMemory, options.memory_bytes / kParts));
  run->plan = *std::move(plan);

  replay::StoreOptions store_options;
  store_options.threads = options.threads;
  store_options.memory_bytes = options.memory_bytes / kParts * kStoreParts;
  store_options.scratch = options.scratch;
  store_options.blocks = options.blocks;
  auto store = replay::LogStore::Create(store_options);
  if (!store.ok()) return store.status();
  run->store = *std::move(store);

  replay::IngestOptions ingest_options = IngestOptionsOf(options);
  ingest_options.hash_files = true;
  auto ingest =
      replay::Ingest(options.log, ingest_options, run->faults, *run->store);
  if (!ingest.ok()) return ingest.status();
  run->ingest = *std::move(ingest);
  NameFreeColumns(&run->ingest);

  std::vector<std::string> names, paths, known;
  for (size_t i = 0; i < run->ingest.files.size(); ++i) {
    if (run->ingest.file_paths[i] == "-") continue;  // Read once, gone.
    names.push_back(run->ingest.files[i]);
    paths.push_back(run->ingest.file_paths[i]);
    const std::vector<std::string>& hashes = run->ingest.file_hashes;
    known.push_back(i < hashes.size() ? hashes[i] : "");
  }
  const fs::path base(options.log);
  std::error_code error;
  const fs::path info =
      (fs::is_directory(base, error) ? base : base.parent_path()) /
      "log.textproto";
  if (options.log != "-" && fs::is_regular_file(info, error) &&
      std::find(names.begin(), names.end(), "log.textproto") == names.end()) {
    names.push_back("log.textproto");
    paths.push_back(info.string());
    known.emplace_back();
  }
  // Nobody needs the hashes before the manifest is written.
  run->hashing_ =
      std::async(std::launch::deferred, HashInputs, std::move(names),
                 std::move(paths), std::move(known));

  absl::Status status = run->store->Finish(run->faults);
  if (!status.ok()) return status;
  status = run->faults.Conclude(&run->input);
  if (!status.ok()) return status;

  MeasureContext& context = run->context;
  context.log = &run->ingest;
  context.store = run->store.get();
  context.plan = &run->plan.plan;
  context.kept_bytes =
      options.memory_bytes / kParts * kMeasureParts / options.threads;
  context.zone = absl::UTCTimeZone();
  const std::string& zone = run->ingest.info.time_zone();
  if (!zone.empty()) {
    if (!absl::LoadTimeZone(zone, &context.zone)) {
      return absl::InvalidArgumentError(
          absl::StrCat("log.textproto:1:1: the time zone is \"", zone,
                       "\", expected an IANA name such as Asia/Shanghai; "
                       "correct it or give --time-zone"));
    }
    context.zone_known = true;
  }
  DescribeLog(run->ingest, run->store->observed(), context.zone, &run->input);

  const PackQuery query = {run->ingest.info.currency(),
                           run->ingest.info.time_zone(),
                           run->ingest.mapping_name, run->ingest.mdrp.present};
  auto packs = SelectPacks(replay::DataFolder("packs"), options.rules, query);
  if (!packs.ok()) return packs.status();
  run->packs = *std::move(packs);
  return run;
}

}  // namespace plumbline::audit
