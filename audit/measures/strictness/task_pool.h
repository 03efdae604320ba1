#ifndef PLUMBLINE_AUDIT_MEASURES_STRICTNESS_TASK_POOL_H_
#define PLUMBLINE_AUDIT_MEASURES_STRICTNESS_TASK_POOL_H_

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "audit/measures/strata.h"
#include "audit/measures/strictness/records.h"
#include "plumbline/v1/strictness_state.pb.h"

namespace plumbline::audit {

// Tasks of one stratum (of level 0), local ISO week and kind.
struct WeekCell {
  StratumKey key;
  int64_t week = 0;  // Since that of 1970-01-01.
  bool prebooked = false;
  uint32_t days = 0;  // Bit d: some were completed on week day d.

  auto Order() const { return std::tie(key, week, prebooked); }
};

// A task that was fined for lateness.
struct FinedTask {
  uint32_t cell = 0;
  StrictTask task;
  int64_t fine = 0;  // Millionths.
};

// The accepted tasks of known workers by stratum, week and kind: whole workers,
// so that pools of different shards are put side by side.
//
//   Add or Merge or Absorb..., Close(most), then ask.
//
// After Close cells and workers stand in an order of their own (by key, and by
// a hash of the id), whatever the order in which they came.
class TaskPool {
 public:
  TaskPool() = default;

  // `tasks` is what `sorter` makes of the timeline.
  void Add(const replay::WorkerTimeline& timeline,
           std::span<const TaskInStratum> tasks, const StratumSorter& sorter);
  void Absorb(TaskPool& other);
  void Save(v1::StrictnessState* state) const;
  absl::Status Merge(const v1::StrictnessState& state);

  // Of more than `most` tasks, only the first workers by hash are kept that
  // have no more together: the same ones however the pool came about.
  void Close(int64_t most);
  std::span<const WeekCell> cells() const { return ordered_; }
  std::span<const uint64_t> workers() const { return ordered_keys_; }
  int64_t tasks() const { return tasks_ - left_out_; }
  int64_t tasks_left_out() const { return left_out_; }
  // Whether any task has a recorded wait.
  bool waits() const { return waits_; }
  int64_t prebooked() const { return prebooked_; }
  // Appends the tasks of a cell; workers are places in workers().
  void Append(size_t cell, std::vector<StrictTask>* out) const;
  // Cells are places in cells().
  const std::vector<FinedTask>& fined() const { return ordered_fined_; }

 private:
  uint32_t CellOf(const StratumKey& key, int64_t week, bool prebooked);
  struct Order {
    std::vector<uint32_t> cells, workers;
  };
  Order Sorted() const;

  std::map<std::tuple<StratumKey, int64_t, bool>, uint32_t> places_;
  std::vector<WeekCell> cells_;
  // By the sorter's cell and kind: cells of the weeks from `first` on.
  struct Weeks {
    int64_t first = 0;
    std::vector<int32_t> at;
  };
  std::vector<Weeks> weeks_;
  mutable StrictRecords records_;  // Sorted where they stand.
  std::vector<uint64_t> keys_;     // By worker as they came,
  std::vector<int64_t> counts_;    // and how many tasks each has.
  std::vector<FinedTask> fined_;
  int64_t tasks_ = 0, prebooked_ = 0, left_out_ = 0;
  bool waits_ = false;
  // Once closed.
  std::vector<WeekCell> ordered_;
  std::vector<uint64_t> ordered_keys_;
  std::vector<FinedTask> ordered_fined_;
  std::vector<uint32_t> cell_at_, rank_of_;
};

// A worker's key for every hashed draw.
uint64_t WorkerKey(std::string_view worker_id);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_STRICTNESS_TASK_POOL_H_
