#ifndef PLUMBLINE_AUDIT_MEASURES_TASK_RECORDS_H_
#define PLUMBLINE_AUDIT_MEASURES_TASK_RECORDS_H_

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "audit/measures/strata.h"

namespace plumbline::audit {

// One accepted task as ranking sees it. Times are in ms since acceptance,
// kUnknown where there is none.
struct RankedTask {
  uint32_t worker = 0;
  bool censored = false;  // Not delivered; `value` is its last clock then.
  bool ranked = false;    // Ranked in the stratum at hand, not only a duration.
  int64_t value = 0;
  int64_t target[2] = {replay::kUnknown, replay::kUnknown};
};

// The same where all times of a task are whole seconds, in seconds: kNoSecond
// where there is none. A task that is not ranked has no targets here.
struct RankedSeconds {
  uint32_t worker = 0;  // kCensoredBit on top where not delivered.
  int32_t value = 0;
  int32_t target[2] = {0, 0};
};
inline constexpr uint32_t kCensoredBit = uint32_t{1} << 31;
inline constexpr int32_t kNoSecond = std::numeric_limits<int32_t>::min();

// The accepted tasks of whole workers, kept to be asked for by stratum cell: 8
// bytes a task where times are whole seconds of less than 15 hours, else 16.
// What comes in by worker is gathered in blocks that are sorted by cell with
// one counting pass while they lie in the cache. Values past 24 days go to a
// list of their own, so nothing is rounded.
class TaskRecords {
 public:
  // All tasks of the next worker.
  void Add(std::span<const TaskInStratum> tasks);
  // Sorts the last block; to be called before AppendCell.
  void Close();
  void Clear();

  uint32_t workers() const { return workers_; }
  int64_t bytes() const;

  // Appends the tasks of a cell in order of the workers, who are numbered from
  // `first_worker` as they came.
  void AppendCell(uint32_t cell, uint32_t first_worker,
                  std::vector<RankedTask>* out) const;
  // The same in seconds, with targets only if `ranked`. Returns false, having
  // appended some or none, where that cannot be.
  bool AppendSeconds(uint32_t cell, uint32_t first_worker, bool ranked,
                     std::vector<RankedSeconds>* out) const;
  // Calls `visit(worker)` for each delivered task of a cell.
  template <typename Visit>
  void VisitDelivered(uint32_t cell, uint32_t first_worker,
                      const Visit& visit) const;

 private:
  struct Record {
    uint32_t who;  // Worker of the block; kCensoredBit on top.
    int32_t value;
    int32_t target[2];
  };
  // In seconds from -kShortBias on, kShortNone for none.
  struct ShortRecord {
    uint16_t who;  // Worker of the block; kShortCensored on top.
    uint16_t value;
    uint16_t target[2];
  };
  static constexpr uint16_t kShortCensored = uint16_t{1} << 15;
  static constexpr uint16_t kShortNone = UINT16_MAX;
  static constexpr int32_t kShortBias = 8192;
  struct Block {
    std::vector<uint32_t> begins;  // By cell; one more at the end.
    uint32_t first_worker = 0;
    std::unique_ptr<Record[]> records;  // Or
    std::unique_ptr<ShortRecord[]> shorts;
  };
  struct WideRecord {
    uint32_t cell;
    RankedTask task;
  };

  // The range of a cell in a block, empty where it has none.
  static std::pair<uint32_t, uint32_t> RangeOf(const Block& block,
                                               uint32_t cell) {
    if (cell + 1 >= block.begins.size()) return {0, 0};
    return {block.begins[cell], block.begins[cell + 1]};
  }
  std::span<const WideRecord> WideOf(uint32_t cell) const;
  static bool Shorten(const TaskInStratum& task, uint32_t worker,
                      ShortRecord* out);
  void AddLong(const TaskInStratum& task);
  template <typename Out>
  std::unique_ptr<Out[]> Scattered(std::span<const uint32_t> begins,
                                   const std::vector<Out>& records) const;

  uint32_t workers_ = 0;
  // The block at hand: the cell of each task, and the tasks in one of two
  // forms.
  std::vector<uint32_t> open_cells_;
  std::vector<ShortRecord> open_shorts_;
  std::vector<Record> open_records_;
  bool open_short_ = true;
  uint32_t open_first_ = 0;  // Its first worker.
  std::vector<Block> blocks_;
  int64_t closed_bytes_ = 0;
  std::vector<WideRecord> wide_;  // By cell and worker once closed.
};

template <typename Visit>
void TaskRecords::VisitDelivered(uint32_t cell, uint32_t first_worker,
                                 const Visit& visit) const {
  for (const Block& block : blocks_) {
    const auto [begin, end] = RangeOf(block, cell);
    for (uint32_t i = begin; i < end; ++i) {
      if (block.shorts == nullptr) {
        const uint32_t who = block.records[i].who;
        if ((who & kCensoredBit) == 0) {
          visit(first_worker + block.first_worker + who);
        }
      } else {
        const uint16_t who = block.shorts[i].who;
        if ((who & kShortCensored) == 0) {
          visit(first_worker + block.first_worker + who);
        }
      }
    }
  }
  for (const WideRecord& record : WideOf(cell)) {
    if (!record.task.censored) visit(first_worker + record.task.worker);
  }
}

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_TASK_RECORDS_H_
