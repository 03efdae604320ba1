// Fares, ratings and batches give values to tasks; rows that name a task that
// is not there are counted.
#include <algorithm>
#include <atomic>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "replay/store/parallel.h"
#include "replay/store/row_store.h"
#include "replay/store/visit_scratch.h"

namespace plumbline::replay {
namespace {

// A row that names a task, or an order of a worker.
struct Reference {
  enum class Kind : uint8_t { kFare, kRating, kBatchTask, kBatchOrder, kCheck };
  Kind kind;
  uint32_t table;  // Index in Tables().
  uint32_t file;
  int64_t line;
  int column;
  std::string id;
  uint32_t worker = 0;  // Code, of batches.
  int64_t value = kUnknown;
  int64_t next = -1;  // With the same hash.
};

uint64_t OrderHash(std::string_view order, uint32_t worker) {
  return HashText(order, uint64_t{worker} << 8 | 1);
}

// Some references, found by hash.
class References {
 public:
  void Add(Reference reference, uint64_t hash) {
    const auto index = static_cast<int64_t>(all_.size());
    const auto [place, fresh] = first_.try_emplace(hash, index);
    if (!fresh) {
      reference.next = place->second;
      place->second = index;
    }
    all_.push_back(std::move(reference));
  }
  void Freeze() { found_ = std::vector<std::atomic<bool>>(all_.size()); }
  int64_t First(uint64_t hash) const {
    const auto place = first_.find(hash);
    return place == first_.end() ? -1 : place->second;
  }
  const Reference& At(int64_t index) const { return all_[index]; }
  void SetFound(int64_t index) {
    found_[index].store(true, std::memory_order_relaxed);
  }
  bool found(size_t index) const { return found_[index]; }
  size_t size() const { return all_.size(); }
  bool has_orders = false;

 private:
  std::vector<Reference> all_;
  absl::flat_hash_map<uint64_t, int64_t> first_;
  std::vector<std::atomic<bool>> found_;
};

uint32_t TableIndex(std::string_view name) {
  return static_cast<uint32_t>(FindTable(name) - Tables().data());
}

}  // namespace

absl::Status RowStore::JoinToTasks(FaultLog& faults) {
  joins_.assign(options_.blocks, {});
  const RowTable& tasks = *tables_[kTasks];
  const int id_slot = RowFormat::SlotOf(tasks.format.schema().Find("task_id"));
  const int order_slot =
      RowFormat::SlotOf(tasks.format.schema().Find("order_id"));
  const int batch_slot =
      RowFormat::SlotOf(tasks.format.schema().Find("batch_id"));

  const auto scan = [&](References& references) -> absl::Status {
    if (references.size() == 0) return absl::OkStatus();
    references.Freeze();
    const auto search = [&](int block) -> absl::Status {
      std::vector<char> buffer;
      return ForEachRow(
          tasks, block, &buffer, [&](RowAddress address, const char* row) {
            Symbol batch = 0;
            const auto use = [&](uint64_t hash, std::string_view text,
                                 uint32_t worker, bool orders) {
              for (int64_t i = references.First(hash); i >= 0;
                   i = references.At(i).next) {
                const Reference& reference = references.At(i);
                const bool of_order =
                    reference.kind == Reference::Kind::kBatchOrder;
                if (of_order != orders || reference.id != text) continue;
                if (reference.worker != 0 && reference.worker != worker) {
                  continue;
                }
                references.SetFound(i);
                if (reference.kind == Reference::Kind::kFare ||
                    reference.kind == Reference::Kind::kRating) {
                  joins_[block].push_back(
                      {address,
                       reference.kind == Reference::Kind::kFare
                           ? JoinKind::kFare
                           : JoinKind::kRating,
                       reference.value});
                } else if (reference.kind != Reference::Kind::kCheck) {
                  const auto found = static_cast<Symbol>(reference.value);
                  // Of several batches the first by name, whatever the order.
                  if (batch == 0 ||
                      symbols_.Text(found) < symbols_.Text(batch)) {
                    batch = found;
                  }
                }
              }
            };
            const auto worker =
                static_cast<uint32_t>(tasks.format.Number(row, kWorkerSlot));
            const std::string_view id = tasks.format.Text(row, id_slot);
            if (id.data() != nullptr) use(HashText(id), id, worker, false);
            if (references.has_orders) {
              const std::string_view order = tasks.format.Text(row, order_slot);
              if (order.data() != nullptr) {
                use(OrderHash(order, worker), order, worker, true);
              }
            }
            if (batch != 0 && tasks.format.Text(row, batch_slot).empty()) {
              joins_[block].push_back({address, JoinKind::kBatch, batch});
            }
          });
    };
    absl::Status status =
        ForEachPart(options_.threads, options_.blocks, search);
    if (!status.ok()) return status;
    for (size_t i = 0; i < references.size(); ++i) {
      if (references.found(i)) continue;
      const Reference& reference = references.At(static_cast<int64_t>(i));
      const TableSchema& schema = Tables()[reference.table];
      faults.Add(schema.name, reference.file, reference.line,
                 schema.columns[reference.column].name, "orphan-reference",
                 reference.id);
    }
    return absl::OkStatus();
  };

  References references;
  for (size_t i = 0; i < records_.size(); ++i) {
    const v1::LogRecord& record = records_[i];
    Reference reference;
    reference.file = small_places_[i].first;
    reference.line = small_places_[i].second;
    if (record.has_sanction() && record.sanction().has_task_id()) {
      reference.kind = Reference::Kind::kCheck;
      reference.table = TableIndex("sanctions");
      reference.column = FindTable("sanctions")->Find("task_id");
      reference.id = record.sanction().task_id();
      references.Add(reference, HashText(reference.id));
    } else if (record.has_batch()) {
      const v1::Batch& batch = record.batch();
      reference.table = TableIndex("batches");
      reference.worker = workers_.Find(batch.worker_id());
      reference.value =
          symbols_.Code(0, batch.batch_id(), HashText(batch.batch_id()));
      if (reference.worker == 0) {
        reference.worker = workers_.size();  // Of nobody's tasks.
      }
      for (const std::string& id : batch.task_ids()) {
        reference.kind = Reference::Kind::kBatchTask;
        reference.column = FindTable("batches")->Find("task_ids");
        reference.id = id;
        references.Add(reference, HashText(id));
      }
      for (const std::string& id : batch.order_ids()) {
        reference.kind = Reference::Kind::kBatchOrder;
        reference.column = FindTable("batches")->Find("order_ids");
        reference.id = id;
        references.has_orders = true;
        references.Add(reference, OrderHash(id, reference.worker));
      }
    }
  }

  // Lines of pay mostly name a task of their worker, which lies in the same
  // block: only the others need the search.
  const RowTable& pay = *tables_[kPay];
  if (!pay.blocks.empty()) {
    const int column = pay.format.schema().Find("task_id");
    std::mutex mutex;
    const auto check = [&](int block) -> absl::Status {
      std::vector<char> buffer;
      std::vector<char> task_buffer;
      absl::flat_hash_set<std::string_view> ids;
      std::vector<Reference> own;
      bool read = false;
      absl::Status inner = absl::OkStatus();
      absl::Status status =
          ForEachRow(pay, block, &buffer, [&](RowAddress, const char* row) {
            const std::string_view id =
                pay.format.Text(row, RowFormat::SlotOf(column));
            if (id.empty()) return;
            if (!read) {
              read = true;
              inner = ForEachRow(tasks, block, &task_buffer,
                                 [&](RowAddress, const char* task) {
                                   ids.insert(tasks.format.Text(task, id_slot));
                                 });
            }
            if (ids.contains(id)) return;
            Reference reference;
            reference.kind = Reference::Kind::kCheck;
            reference.table = TableIndex("pay");
            reference.file = static_cast<uint32_t>(
                std::max<int64_t>(0, pay.format.Number(row, kFileSlot)));
            reference.line = pay.format.Number(row, kLineSlot);
            reference.column = column;
            reference.id = std::string(id);
            own.push_back(std::move(reference));
          });
      if (status.ok()) status = inner;
      std::lock_guard lock(mutex);
      for (Reference& reference : own) {
        const uint64_t hash = HashText(reference.id);
        references.Add(std::move(reference), hash);
      }
      return status;
    };
    absl::Status status = ForEachPart(options_.threads, options_.blocks, check);
    if (!status.ok()) return status;
  }

  // Fares and ratings in rounds of as many partitions as fit.
  constexpr int64_t kBytesEach = 200;
  const int64_t most =
      std::max<int64_t>(10'000, options_.memory_bytes / 4 / kBytesEach);
  for (int partition = 0; partition < options_.blocks; ++partition) {
    for (const BigTable which : {kFares, kRatings}) {
      const RowTable& table = *tables_[which];
      const TableSchema& schema = table.format.schema();
      const int id = schema.Find("task_id");
      const int value =
          schema.Find(which == kFares ? "customer_total" : "score");
      std::vector<char> buffer;
      absl::Status status = ForEachRow(
          table, partition, &buffer, [&](RowAddress, const char* row) {
            Reference reference;
            reference.kind = which == kFares ? Reference::Kind::kFare
                                             : Reference::Kind::kRating;
            reference.table = TableIndex(schema.name);
            reference.file = static_cast<uint32_t>(
                std::max<int64_t>(0, table.format.Number(row, kFileSlot)));
            reference.line = table.format.Number(row, kLineSlot);
            reference.column = id;
            reference.id =
                std::string(table.format.Text(row, RowFormat::SlotOf(id)));
            reference.value =
                table.format.Number(row, RowFormat::SlotOf(value));
            const uint64_t hash = HashText(reference.id);
            references.Add(std::move(reference), hash);
          });
      if (!status.ok()) return status;
    }
    if (static_cast<int64_t>(references.size()) < most) continue;
    absl::Status status = scan(references);
    if (!status.ok()) return status;
    references = References();
  }
  absl::Status status = scan(references);
  if (!status.ok()) return status;
  for (std::vector<Join>& joins : joins_) {
    any_joins_ |= !joins.empty();
    std::sort(joins.begin(), joins.end(), [](const Join& a, const Join& b) {
      return a.address < b.address;
    });
  }
  return absl::OkStatus();
}

}  // namespace plumbline::replay
