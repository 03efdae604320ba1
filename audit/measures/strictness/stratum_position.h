#ifndef PLUMBLINE_AUDIT_MEASURES_STRICTNESS_STRATUM_POSITION_H_
#define PLUMBLINE_AUDIT_MEASURES_STRICTNESS_STRATUM_POSITION_H_

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "audit/measures/rank_reference.h"
#include "audit/measures/strictness/records.h"
#include "audit/stats/decimal.h"
#include "plumbline/v1/figure.pb.h"
#include "plumbline/v1/plan.pb.h"

namespace plumbline::audit {

// Against whose durations a target is ranked: those of the same period, of a
// base period before, of tasks that no deadline could press.
enum ReferenceKind { kObserved, kBase, kFree };
inline constexpr int kReferences = 3;
inline constexpr const char* kReferenceNames[] = {"OBS", "BASE", "FREE"};

// Undelivered tasks: left out, never arriving, arriving at their last clock.
enum Bound { kMiddle, kLow, kHigh };
inline constexpr int kBounds = 3;

inline constexpr int kRankUnit = 60;       // Ranks add up in 2^-60.
inline constexpr int kInfluenceUnit = 32;  // Influences in 2^-32.

// One task of a stratum with what its cell says of it.
struct PlacedTask {
  StrictTask task;
  bool ranked = false;  // Its cell is ranked in this stratum.
  bool prebooked = false;
  bool base = false;   // In the base period.
  bool after = false;  // After it.
  bool alone = false;  // Load 1 at acceptance.
  int32_t week = 0;    // From the first week of the log on.
  uint32_t cell = 0;   // Of level 0, for bands.
};

// Sums of the ranks of targets against one reference.
struct PositionSums {
  int64_t n = 0;
  std::array<Int128, kBounds> rank = {};  // 2^-60
  double kaplan_meier = 0;
  int64_t fastest5 = 0, fastest25 = 0, below_middle = 0;
  void operator+=(const PositionSums& other);
};

// How much a worker moves the mean ranks, but for the part that rests on the
// mean itself; and what the worker was ranked in.
struct WorkerPosition {
  int64_t influence[kReferences][kTargets][kBounds] = {};  // 2^-32
  int32_t n[kReferences][kTargets] = {};
  void operator+=(const WorkerPosition& other);
};

// Replicates of the weighted mean rank: sums over strata, by replicate.
struct ReplicateSums {
  std::vector<double> rank[kReferences][kTargets][kBounds];
  std::vector<double> n[kReferences][kTargets];
  void operator+=(const ReplicateSums& other);
};

// Mean differences between unpressured tasks and those that are ranked against
// them, over strata.
enum Covariate { kRoute, kWait, kWeek };
inline constexpr int kCovariates = 3;
struct BalanceSums {
  // Sum over strata of n (mean of free - mean of others), of n times the
  // pooled variance, of n; n the others.
  double difference[kCovariates] = {}, variance[kCovariates] = {},
         n[kCovariates] = {};
  void operator+=(const BalanceSums& other);
};

// What one stratum says.
struct StratumPositionFigures {
  int64_t durations[kReferences] = {};
  int64_t own_durations[kReferences] = {};  // Of cells ranked here.
  bool usable[kReferences] = {};
  bool targets_vary[kTargets] = {};
  PositionSums sums[kReferences][kTargets];
  // Of this stratum alone, against OBS: 2^-32 squared, by worker.
  double variance[kTargets] = {};  // Of the sum of ranks.
  int64_t clusters[kTargets] = {};
  v1::Clusters spread[kTargets];
  Int128 target_sum[kTargets] = {};
  int64_t target_n[kTargets] = {};
  Fraction quantile[7];  // 5, 10, 25, 50, 75, 90, 95 % of OBS.
  double median_low = 0, median_high = 0;
  Fraction free_median, base_median;
  std::vector<int64_t> bins;
  int64_t bins_from_s = 0, bin_width_s = 0;
  Int128 route_sum = 0, wait_sum = 0;
  int64_t route_n = 0, wait_n = 0;
  BalanceSums balance;
};

// Ranks the targets of one stratum against the three references:
//
//   F_i = (C(T_i) - C_w(T_i)) / (n - n_w),   C(T) = #{D <= T}, w the worker of
//   i; low: undelivered tasks in n only; high: in C at their last clock too
//
// Unpressured: load 1, and prebooked, or without any deadline, or every
// deadline at or above the 95th percentile of the base durations of the
// stratum; all known when the task is accepted. Prebooked tasks are in no other
// reference and are not ranked. Against unpressured tasks only targets of tasks
// accepted alone are ranked: a bundle is given more time than they need.
//
// Tasks come grouped by worker; memory and time O(n log n). `replicates` are
// filled where given: each counts the statistic anew with weights
// PoissonWeight(seed, key of the worker, b). Not thread-safe; one a thread.
class StratumPosition {
 public:
  StratumPosition(const v1::AuditPlan& plan, std::span<const uint64_t> workers)
      : plan_(plan), keys_(workers) {}

  StratumPositionFigures Rank(std::span<const PlacedTask> tasks,
                              int64_t days_base,
                              std::span<WorkerPosition> workers,
                              ReplicateSums* replicates);

  // Against unpressured tasks alone, for strata that have too few of their own:
  // `tasks` are those of a wider one.
  StratumPositionFigures RankFree(std::span<const PlacedTask> tasks,
                                  std::span<WorkerPosition> workers,
                                  ReplicateSums* replicates);

  // Of the last stratum, by place in `tasks`: F against OBS, negative where
  // not ranked; and the durations of each reference in order.
  std::span<const double> ranks(int t) const { return ranks_[t]; }
  // By worker: what moves the sum of the ranks against OBS through the worker's
  // durations, in which others are ranked.
  std::span<const std::pair<uint32_t, double>> lent(int t) const {
    return lent_[t];
  }
  const SortedValues& durations(int r) const { return durations_[r]; }
  bool is_free(size_t i) const { return (member_[i] & (1u << kFree)) != 0; }

 private:
  void FindMembers(std::span<const PlacedTask> tasks);
  void RankReferences(int first, std::span<const PlacedTask> tasks,
                      int64_t days_base, std::span<WorkerPosition> workers,
                      ReplicateSums* replicates,
                      StratumPositionFigures* figures);
  void RankAgainst(int r, int t, std::span<const PlacedTask> tasks,
                   StratumPositionFigures* figures,
                   std::span<WorkerPosition> workers);
  void Replicate(int r, int t, std::span<const PlacedTask> tasks,
                 ReplicateSums* replicates);
  bool IsRanked(int r, int t, const PlacedTask& task) const;
  BalanceSums BalanceOf(std::span<const PlacedTask> tasks) const;

  // A target that is ranked, and how many durations are at most as long.
  struct RankedTarget {
    size_t task;
    int64_t target, met, met_censored;
  };

  const v1::AuditPlan& plan_;
  std::span<const uint64_t> keys_;
  std::vector<RankedTarget> ranked_;  // Used again.
  std::vector<uint8_t> member_;  // Bit r: in reference r, delivered or not.
  SortedValues durations_[kReferences], censored_[kReferences];
  std::vector<double> ranks_[kTargets];
  std::vector<std::pair<uint32_t, double>> lent_[kTargets];
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_STRICTNESS_STRATUM_POSITION_H_
