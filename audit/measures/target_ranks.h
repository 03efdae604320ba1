#ifndef PLUMBLINE_AUDIT_MEASURES_TARGET_RANKS_H_
#define PLUMBLINE_AUDIT_MEASURES_TARGET_RANKS_H_

#include <array>
#include <map>
#include <memory>
#include <vector>

#include "audit/measures/rank_reference.h"
#include "audit/measures/rank_tally.h"
#include "audit/measures/strata.h"
#include "audit/measures/task_records.h"
#include "audit/stats/histogram.h"
#include "plumbline/v1/partial.pb.h"
#include "plumbline/v1/plan.pb.h"

namespace plumbline::audit {

// What is printed of a stratum.
struct StratumFigures {
  StratumKey key;
  int64_t n = 0, workers = 0, days = 0;
  Fraction p05, p50, p95;  // Of the durations, ms.
  double spread = 0;
  std::array<int64_t, kTargets> target_n = {};
  std::array<Int128, kTargets> target_sum = {};
  std::array<double, kTargets> target_spread = {};
};

struct TargetRanks {
  std::vector<StratumFigures> strata;  // By key.
  std::vector<std::array<RankSums, kTargets>> sums;
  std::array<SpreadSums, kTargets> spread;
};

// Mean rank over all strata without leaving anyone out.
class PlainRank {
 public:
  void Add(const Reference& reference);
  void Add(const PlainRank& other);  // In order of the strata.
  double Mean(int t) const { return n_[t] > 0 ? sum_[t] / double(n_[t]) : 0; }

 private:
  std::array<double, kTargets> sum_ = {};
  std::array<int64_t, kTargets> n_ = {};
};

// The accepted tasks of many workers by stratum, and what is to be told of
// them: their state as exact histograms, and their ranks. What is seen is kept
// as records of 8 or 16 bytes, up to a number of bytes; past that it is folded
// into histograms, which no longer say whose a task was: ranks then need a
// second look at the tasks.
class RankedTasks {
 public:
  explicit RankedTasks(int64_t kept_bytes) : kept_bytes_(kept_bytes) {}

  // The tasks of one worker as `sorter` has sorted them, the same in all calls.
  void Add(std::span<const TaskInStratum> tasks, const StratumSorter& sorter);
  // Takes over what `other`, made with the same context, has seen.
  void Absorb(RankedTasks& other);

  // Whether Rank() can be asked.
  bool kept() const { return kept_; }
  // Ranks of all tasks among each other. On all threads that there are.
  TargetRanks Rank(const v1::AuditPlan& plan) const;

  void Save(v1::TargetsFirst* first) const;
  void Merge(const v1::TargetsFirst& first);

 private:
  // What each task touches lies in one line.
  struct alignas(64) Cell {
    int64_t completed = 0, workers = 0;  // Of the records.
    uint32_t last_worker = UINT32_MAX;
    DaySet days;
  };
  struct Folded {
    std::vector<Count> durations, censored;
    std::array<std::vector<Count>, kTargets> targets;
  };
  struct Source {
    TaskRecords records;
    std::vector<int32_t> cell_of;  // By own cell, -1 where there is none.
    uint32_t first_worker = 0;
  };

  Cell& CellAt(uint32_t cell);
  void Close() const;
  uint32_t workers() const { return own_first_ + records_.workers(); }
  void Gather(uint32_t cell, std::vector<RankedTask>* out) const;
  bool GatherSeconds(uint32_t cell, bool ranked,
                     std::vector<RankedSeconds>* out) const;
  Folded CountsOf(uint32_t cell) const;
  // Distinct workers with completed tasks of a pool's cells.
  int64_t WorkersOf(std::span<const uint32_t> cells,
                    std::vector<uint32_t>* seen_by, uint32_t pool) const;
  std::map<StratumKey, int64_t> PoolWorkers() const;
  void Fold();

  int64_t kept_bytes_;
  OwnNumbers strata_;
  bool kept_ = true;
  std::vector<Cell> cells_;
  // Sorted where they stand when they are first asked for.
  mutable TaskRecords records_;
  mutable std::vector<Source> sources_;
  uint32_t own_first_ = 0;  // Workers in `sources_`.
  std::vector<Folded> folded_;
  std::map<StratumKey, int64_t> folded_workers_;
};

// The second look, where the first was folded or comes from other shards: the
// references are those of the merged first state.
class SecondLook {
 public:
  SecondLook(const v1::TargetsFirst& first, const v1::AuditPlan& plan,
             int64_t kept_bytes);

  // As RankedTasks::Add.
  void Add(std::span<const TaskInStratum> tasks, const StratumSorter& sorter);
  void Absorb(const SecondLook& other);
  void Save(v1::TargetsSecond* second) const;
  void Merge(const v1::TargetsSecond& second);
  TargetRanks Ranks() const;

 private:
  struct Sums {
    std::vector<std::array<RankSums, kTargets>> strata;
    std::array<SpreadSums, kTargets> spread;
  };
  // The sums with those of the tasks that are still waiting.
  Sums All() const;

  std::vector<ChosenStratum> chosen_;
  std::vector<Reference> references_;
  std::vector<StratumFigures> figures_;
  PlainRank plain_;
  int64_t kept_bytes_;
  OwnNumbers strata_;
  mutable TaskRecords waiting_;  // As in RankedTasks.
  Sums done_;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_TARGET_RANKS_H_
