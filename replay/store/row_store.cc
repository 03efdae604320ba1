#include "replay/store/row_store.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "replay/store/parallel.h"
#include "replay/store/visit_scratch.h"

namespace plumbline::replay {
namespace {

constexpr const char* kBigNames[kBigTables] = {
    "tasks", "sessions", "offers",        "pay",
    "fares", "ratings",  "moment_orders", "moment_workers"};

// Full chunks of 64 KiB where the budget allows some for each partition and
// thread, smaller ones where it does not.
size_t ChunkBytes(const StoreOptions& options) {
  const int64_t lists = int64_t{8} * options.threads * options.blocks;
  return static_cast<size_t>(std::clamp<int64_t>(
      options.memory_bytes / lists, int64_t{4} << 10, int64_t{64} << 10));
}

}  // namespace

absl::StatusOr<std::unique_ptr<LogStore>> LogStore::Create(
    const StoreOptions& options) {
  if (options.threads < 1 || options.threads > 255) {
    return absl::InvalidArgumentError(
        absl::StrCat("--threads:1:1: found ", options.threads,
                     ", expected 1 to 255; give another number"));
  }
  if (options.blocks < 1 || options.blocks > 65'536) {
    return absl::InvalidArgumentError(
        absl::StrCat("blocks:1:1: found ", options.blocks,
                     ", expected 1 to 65536; give another number"));
  }
  return std::make_unique<RowStore>(options);
}

RowStore::RowStore(const StoreOptions& options)
    : options_(options),
      pool_(options.threads, options.memory_bytes, options.scratch),
      workers_(options.threads),
      symbols_(options.threads),
      threads_(options.threads) {
  for (const TableSchema& schema : Tables()) {
    int which = -1;
    for (int b = 0; b < kBigTables; ++b) {
      if (schema.name == kBigNames[b]) which = b;
    }
    big_.push_back(which);
    if (which < 0) continue;
    tables_[which] = std::make_unique<RowTable>(
        schema, &pool_, options.threads, options.blocks, ChunkBytes(options));
  }
}

RowStore::~RowStore() = default;

absl::Status RowStore::Accept(int thread, const RecordBatch& batch) {
  if (thread < 0 || thread >= options_.threads) {
    return absl::InternalError(absl::StrCat("a batch of thread ", thread,
                                            " for a store of ",
                                            options_.threads, " threads"));
  }
  Thread& own = threads_[thread];
  const int which = big_[batch.table];
  if (which < 0) {
    AppendSmallRows(batch, &own.small);
    return absl::OkStatus();
  }
  std::unique_ptr<RowEncoder>& encoder = own.encoders[which];
  if (encoder == nullptr) {
    encoder = std::make_unique<RowEncoder>(
        tables_[which].get(), thread, options_.blocks, &workers_, &symbols_);
  }
  return encoder->Encode(batch);
}

absl::Status RowStore::Finish(FaultLog& faults) {
  for (const auto& table : tables_) {
    table->blocks.Close();
    if (table->ids != nullptr) table->ids->Close();
  }
  ReportFaults(faults);
  SettleSmall(faults);
  RankWorkers();
  for (int which = 0; which < kBigTables; ++which) {
    absl::Status status = DropDuplicates(static_cast<BigTable>(which), faults);
    if (!status.ok()) return status;
  }
  absl::Status status = JoinToTasks(faults);
  if (!status.ok()) return status;
  const RowTable& tasks = *tables_[kTasks];
  const int column = tasks.format.schema().Find("status");
  bool has_status = false;
  for (const Thread& thread : threads_) {
    const auto& encoder = thread.encoders[kTasks];
    has_status |= encoder != nullptr && encoder->saw_column(column);
  }
  decoder_.Compile(tasks.format, has_status);
  total_ever_ = decoder_.Ever("customer_total");
  batch_ever_ = decoder_.Ever("batch_id");
  for (Thread& thread : threads_) {
    for (auto& encoder : thread.encoders) encoder.reset();
  }
  return absl::OkStatus();
}

void RowStore::ReportFaults(FaultLog& faults) {
  for (const Thread& thread : threads_) {
    for (int which = 0; which < kBigTables; ++which) {
      if (thread.encoders[which] == nullptr) continue;
      const TableSchema& schema = tables_[which]->format.schema();
      for (const StoreFault& fault : thread.encoders[which]->faults()) {
        faults.Add(schema.name, fault.file, fault.line,
                   schema.columns[fault.column].name, fault.id, fault.value);
      }
      if (which != kTasks && which != kSessions) continue;
      const Interval& seen = thread.encoders[which]->observed();
      if (!IsKnown(seen.begin)) continue;
      if (!IsKnown(observed_.begin) || seen.begin < observed_.begin) {
        observed_.begin = seen.begin;
      }
      if (!IsKnown(observed_.end) || seen.end > observed_.end) {
        observed_.end = seen.end;
      }
    }
  }
}

void RowStore::SettleSmall(FaultLog& faults) {
  std::vector<SmallRow> rows;
  for (Thread& thread : threads_) {
    std::move(thread.small.begin(), thread.small.end(),
              std::back_inserter(rows));
    thread.small.clear();
  }
  SettleSmallRows(&rows, faults);
  records_.reserve(rows.size());
  absl::flat_hash_map<std::string, int> sanctions;
  for (SmallRow& row : rows) {
    if (row.record.has_worker()) {
      const std::string& id = row.record.worker().worker_id();
      const uint32_t code = workers_.Code(0, id, HashText(id));
      if (on_roster_.size() <= code) on_roster_.resize(code + 1);
      on_roster_[code] = 1;
    } else if (row.record.has_sanction()) {
      ++sanctions[row.record.sanction().sanction_id()];
    }
  }
  for (SmallRow& row : rows) {
    const v1::Appeal& appeal = row.record.appeal();
    if (row.record.has_appeal() && appeal.about() == v1::ABOUT_SANCTION &&
        appeal.has_ref_id() && !sanctions.contains(appeal.ref_id())) {
      faults.Add("appeals", row.file, row.line, "ref_id", "orphan-reference",
                 appeal.ref_id());
    }
    small_places_.emplace_back(row.file, row.line);
    records_.push_back(std::move(row.record));
  }
}

void RowStore::RankWorkers() {
  const uint32_t codes = workers_.size();
  on_roster_.resize(codes);
  rank_.resize(codes);
  rows_of_.assign(codes, 0);
  workers_of_.assign(options_.blocks, {});
  for (uint32_t code = 1; code < codes; ++code) {
    const uint32_t block = PartOf(HashText(workers_.Text(code)),
                                  static_cast<uint32_t>(options_.blocks));
    workers_of_[block].push_back(code);
  }
  for (std::vector<uint32_t>& workers : workers_of_) {
    std::sort(workers.begin(), workers.end(), [this](uint32_t a, uint32_t b) {
      return workers_.Text(a) < workers_.Text(b);
    });
    for (uint32_t i = 0; i < workers.size(); ++i) rank_[workers[i]] = i;
  }
  for (const Thread& thread : threads_) {
    for (const BigTable which : {kTasks, kSessions}) {
      if (thread.encoders[which] == nullptr) continue;
      const auto& rows = thread.encoders[which]->rows_of_worker();
      for (size_t code = 0; code < std::min<size_t>(rows.size(), codes);
           ++code) {
        rows_of_[code] += rows[code];
      }
    }
  }
}

std::vector<std::string> RowStore::WorkerIds() const {
  std::vector<std::string> ids;
  for (uint32_t code = 1; code < rows_of_.size(); ++code) {
    if (rows_of_[code] > 0 || on_roster_[code]) {
      ids.emplace_back(workers_.Text(code));
    }
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::vector<std::string> RowStore::CriterionNames() const {
  std::vector<std::string> names;
  for (const auto& [name, slot] : tables_[kOffers]->format.FreeColumns()) {
    names.push_back(name);
  }
  return names;
}

}  // namespace plumbline::replay
