#ifndef PLUMBLINE_AUDIT_MEASURES_TASK_RECORDS_H_
#define PLUMBLINE_AUDIT_MEASURES_TASK_RECORDS_H_

#include <cstdint>
#include <memory>
#include <span>
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

// The accepted tasks of whole workers, kept to be asked for by stratum cell: 16
// bytes a task. What comes in by worker is gathered in blocks that are sorted
// by cell with one counting pass while they lie in the cache. Values past 24
// days go to a list of their own, so nothing is rounded.
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

 private:
  static constexpr uint32_t kCensored = uint32_t{1} << 31;

  struct Record {
    uint32_t who;  // Cell while open, then worker; kCensored on top.
    int32_t value;
    int32_t target[2];
  };
  struct Block {
    std::vector<uint32_t> begins;  // By cell; one more at the end.
    std::unique_ptr<Record[]> records;
  };
  struct WideRecord {
    uint32_t cell;
    RankedTask task;
  };

  uint32_t workers_ = 0;
  std::vector<Record> open_;
  std::vector<uint32_t> open_ends_;  // End of each worker's part of `open_`.
  std::vector<Block> blocks_;
  int64_t closed_ = 0;
  std::vector<WideRecord> wide_;  // By cell and worker once closed.
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_TASK_RECORDS_H_
