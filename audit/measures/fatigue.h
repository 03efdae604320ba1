#ifndef PLUMBLINE_AUDIT_MEASURES_FATIGUE_H_
#define PLUMBLINE_AUDIT_MEASURES_FATIGUE_H_

#include <array>
#include <vector>

#include "audit/measures/worker_blocks.h"
#include "audit/measures/worker_summary.h"
#include "plumbline/v1/plan.pb.h"
#include "plumbline/v1/workload.pb.h"

namespace plumbline::audit {

// F-LOAD: what the hours since the start of the shift do to lateness and speed.
//
//   y_i = a_{worker, day of the week} + b_{hours since the shift began}
//         + c_{load} + c_{type of hour} + c_{weather} + c_{distance band} + e_i
//
// A shift is a stretch of sessions and engaged time without a pause of the
// plan's shift_gap_s. `late` is 1 where a delivered task came after its limit
// (the promise where the log has no limits), else 0. `speed` is km/h over the
// recorded route of tasks carried alone, recorded waits taken off. b is 0 in
// the first hour. Errors are clustered by worker (worker_blocks.h).
//
// Late hours: mean b of tasks accepted shift_long_s or more after the start.
// FINDING where the whole interval for lateness lies above the margin,
// NO_FINDING where it lies below; fewer workers with both short shifts (none
// longer than run_limit_s) and long ones than the plan asks for: N. Who tires
// logs off, so what is found is too small; the reason says so. Speed has no
// verdict. Memory: that of the blocks.
class FatigueTally {
 public:
  enum Outcome { kLate, kSpeed, kOutcomes };
  static constexpr int kBins = 9;

  explicit FatigueTally(const MeasureContext& context,
                        const v1::AuditPlan& plan);

  void Observe(const replay::WorkerTimeline& timeline,
               const WorkerSummary& summary);
  void Save(v1::WorkloadState* state) const;
  void Merge(const v1::WorkloadState& state);
  void Write(v1::Workload* out) const;

 private:
  struct Counts {
    int64_t n = 0, workers = 0;
    std::array<int64_t, kBins> by_bin = {};
    std::array<Int128, kBins> sums = {};
  };
  void FindShifts(const replay::WorkerTimeline& timeline);
  int ColumnsOf(const StratumKey& key, int bin, int* holds) const;
  void WriteOne(int outcome, v1::Fatigue* out) const;

  const v1::AuditPlan& plan_;
  bool runs_[kOutcomes];
  int target_;  // 0 promise, 1 limit.
  int bands_;
  WorkerBlocks blocks_[kOutcomes];
  Counts counts_[kOutcomes];
  int64_t workers_both_ = 0;
  // Of one worker, used again.
  std::vector<replay::Interval> parts_, shifts_;
  replay::IntervalSet joined_;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_FATIGUE_H_
