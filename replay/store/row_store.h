#ifndef PLUMBLINE_REPLAY_STORE_ROW_STORE_H_
#define PLUMBLINE_REPLAY_STORE_ROW_STORE_H_

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "replay/store/log_store.h"
#include "replay/store/row_blocks.h"
#include "replay/store/row_encoder.h"
#include "replay/store/small_rows.h"
#include "replay/store/task_decoder.h"
#include "replay/store/text_table.h"
#include "replay/timeline/timeline_builder.h"

namespace plumbline::replay {

// The tables that are kept as rows; all others are small.
enum BigTable {
  kTasks,
  kSessions,
  kOffers,
  kPay,
  kFares,
  kRatings,
  kMomentOrders,
  kMomentWorkers,
  kBigTables
};

// A value that another table gives to a row of tasks.
enum class JoinKind : uint8_t { kFare, kRating, kBatch };
struct Join {
  RowAddress address;
  JoinKind kind;
  int64_t value;  // Millionths, or the symbol of the batch.
};

// The LogStore: rows of bytes in partitions by worker (by id for fares and
// ratings, by moment for the dispatcher's inputs), see row_format.h.
class RowStore : public LogStore {
 public:
  explicit RowStore(const StoreOptions& options);
  ~RowStore() override;

  absl::Status Accept(int thread, const RecordBatch& batch) override;
  absl::Status Finish(FaultLog& faults) override;
  int blocks() const override { return options_.blocks; }
  absl::Status VisitBlock(
      int block, absl::FunctionRef<void(const WorkerTimeline&)> visit) override;
  absl::Status VisitMoments(
      absl::FunctionRef<absl::Status(const DispatchMoment&)> visit) override;
  std::vector<std::string> CriterionNames() const override;
  std::string_view Text(Symbol symbol) const override {
    return symbols_.Text(symbol);
  }
  std::vector<std::string> WorkerIds() const override;
  const std::vector<v1::LogRecord>& small_tables() const override {
    return records_;
  }
  Interval observed() const override { return observed_; }

  // Bytes of rows kept, in memory and on disk, for benchmarks and tests.
  int64_t memory_bytes() const { return pool_.used(); }
  int64_t spilled_bytes() const { return pool_.spill().bytes(); }

 private:
  struct Thread {
    std::unique_ptr<RowEncoder> encoders[kBigTables];
    std::vector<SmallRow> small;
  };
  // Rows of one table in one block, by worker.
  struct Grouped {
    std::vector<char> buffer;
    std::vector<RowChunk> chunks;
    std::vector<RowEntry> entries, sorted;
    std::vector<uint32_t> ranks, starts;
  };
  // Memory of one VisitBlock, used again by the next.
  struct Scratch;

  std::string_view WorkerText(const RowTable& table, const char* row) const;
  uint64_t KeyHash(const RowTable& table, const char* row) const;
  std::string KeyText(const RowTable& table, const char* row) const;
  bool SameContent(const RowTable& table, const char* a, const char* b) const;
  absl::Status DropDuplicates(BigTable which, FaultLog& faults);

  // Calls `each(address, row)` for the living rows of one partition.
  template <typename Each>
  absl::Status ForEachRow(const RowTable& table, int partition,
                          std::vector<char>* buffer, const Each& each) const;

  void ReportFaults(FaultLog& faults);
  void SettleSmall(FaultLog& faults);
  void RankWorkers();
  absl::Status JoinToTasks(FaultLog& faults);

  template <typename Key>
  absl::Status Group(BigTable which, int block, const Key& key,
                     Scratch& scratch, Grouped* grouped,
                     std::vector<RowEntry>* unknown) const;
  void SortTasks(std::span<RowEntry> rows, Scratch& scratch) const;
  void FillTasks(int block, std::span<const RowEntry> rows, Scratch& scratch);
  void FillSessions(std::span<const RowEntry> rows, Scratch& scratch) const;
  void FillPay(std::span<const RowEntry> rows, Scratch& scratch) const;
  void FillOffers(std::span<const RowEntry> rows, Scratch& scratch) const;
  void AddPayLines(Scratch& scratch, size_t tasks) const;
  std::unique_ptr<Scratch> TakeScratch();
  void GiveScratch(std::unique_ptr<Scratch> scratch);

  struct MomentRow;
  struct MomentRows;
  class MomentRuns;
  void FillMomentIds(MomentRow* row) const;
  absl::Status ReadMoments(uint32_t part, uint32_t parts,
                           MomentRows* moments) const;
  absl::Status ShowMoment(
      std::span<const MomentRow> rows,
      absl::FunctionRef<absl::Status(const DispatchMoment&)> visit) const;

  StoreOptions options_;
  PagePool pool_;
  TextTable workers_;
  TextTable symbols_;
  std::vector<int> big_;  // BigTable by table index, -1 for small ones.
  std::unique_ptr<RowTable> tables_[kBigTables];
  std::vector<Thread> threads_;

  // After Finish.
  TaskDecoder decoder_;
  // Some row has a customer total, a batch of its own.
  bool total_ever_ = false, batch_ever_ = false;
  bool any_joins_ = false;
  std::vector<v1::LogRecord> records_;
  std::vector<std::pair<uint32_t, int64_t>> small_places_;  // File, line.
  Interval observed_ = {kUnknown, kUnknown};
  std::vector<uint32_t> rank_;    // In its block, by worker code.
  std::vector<char> on_roster_;   // By worker code.
  std::vector<int64_t> rows_of_;  // Tasks and sessions, by worker code.
  std::vector<std::vector<uint32_t>> workers_of_;  // Codes by block, sorted.
  std::vector<std::vector<Join>> joins_;           // By block, sorted.
  std::mutex mutex_;
  std::vector<std::unique_ptr<Scratch>> idle_;
};

template <typename Each>
absl::Status RowStore::ForEachRow(const RowTable& table, int partition,
                                  std::vector<char>* buffer,
                                  const Each& each) const {
  std::vector<RowChunk> chunks;
  absl::Status status = table.blocks.Read(partition, buffer, &chunks);
  if (!status.ok()) return status;
  for (const RowChunk& chunk : chunks) {
    for (size_t at = 0; at < chunk.bytes;) {
      const char* row = chunk.data + at;
      const uint16_t head = RowHead(row);
      if ((head & kDeadRow) == 0) each(chunk.address + at, row);
      at += table.format.At(head).Size(row);
    }
  }
  return absl::OkStatus();
}

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_STORE_ROW_STORE_H_
