#ifndef PLUMBLINE_AUDIT_MEASURES_STRICTNESS_ESTIMATE_TALLY_H_
#define PLUMBLINE_AUDIT_MEASURES_STRICTNESS_ESTIMATE_TALLY_H_

#include <array>
#include <cstdint>
#include <map>
#include <span>

#include "audit/measures/rank_reference.h"
#include "audit/measures/strictness/worker_interval.h"
#include "plumbline/v1/plan.pb.h"
#include "plumbline/v1/strictness.pb.h"
#include "plumbline/v1/strictness_state.pb.h"
#include "replay/timeline/worker_timeline.h"

namespace plumbline::audit {

// The platform's own estimates of a task's duration, where it logs two or more,
// beside promise and limit (a platform said in 2021 that it gives the longest
// of four).
//
//   rank of the chosen one = (place - 1) / (n - 1) from the shortest, ties in
//   the mean place: 0 strictest, 0.5 the middle, 1 the longest
//
// for a target that equals one of them, counted from acceptance and from
// placement apart. Met: the time from acceptance to completion is at most the
// shortest, the middle (lower of two), the longest estimate. Exact counts by
// worker.
class EstimateTally {
 public:
  void Add(const replay::WorkerTimeline& timeline, uint64_t key);
  void Absorb(const EstimateTally& other);
  void Save(v1::StrictnessState* state) const;
  void Merge(const v1::StrictnessState& state);
  bool empty() const { return workers_.empty(); }

  void AddStatistics(std::span<const uint64_t> keys,
                     WorkerIntervals* intervals);
  void Write(const v1::AuditPlan& plan, const WorkerIntervals& intervals,
             v1::Estimates* out) const;

 private:
  static constexpr int kStarts = 2;  // Accepted, placed.
  // Ranks are counted in 1/720720, exact up to 17 estimates.
  enum Field { kN, kMetN, kMetShortest, kMetMedian, kMetLongest, kFixed };
  enum Chosen { kChosenN, kIsLongest, kIsShortest, kIsNone, kRankN, kRankSum };
  static constexpr int kPerChosen = 6;
  static constexpr int kFields = kFixed + kTargets * kStarts * kPerChosen;
  using Counts = std::array<int64_t, kFields>;
  static int At(int target, int start, int chosen) {
    return kFixed + (target * kStarts + start) * kPerChosen + chosen;
  }

  std::map<uint64_t, Counts> workers_;  // By key.
  size_t numbers_[3] = {};
  size_t rank_numbers_[kTargets][kStarts] = {};
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_STRICTNESS_ESTIMATE_TALLY_H_
