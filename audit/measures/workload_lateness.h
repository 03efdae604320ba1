#ifndef PLUMBLINE_AUDIT_MEASURES_WORKLOAD_LATENESS_H_
#define PLUMBLINE_AUDIT_MEASURES_WORKLOAD_LATENESS_H_

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "audit/stats/decimal.h"
#include "plumbline/v1/workload.pb.h"
#include "plumbline/v1/workload_state.pb.h"
#include "replay/timeline/worker_timeline.h"

namespace plumbline::audit {

// What made late orders late (STR-7), for one kind of deadline. Parts of a
// task's time beside the worker's own riding:
//
//   dispatch       accepted - placed; of a promise only, which stands when the
//                  customer orders
//   merchantWait   picked up - arrived at pickup, less the wait that was
//   planned batching       from acceptance to the last other drop-off before
//   the
//                  pickup, and from pickup to the last other one after it
//   handover       done - arrived at drop-off
//   ride           the rest of accepted to done
//
// A part explains at most min(L, part) of a lateness L, and at least what is
// left of L when all other parts are taken off; so no order of blame is needed.
// A part whose clocks are missing is unknown and explains at least nothing.
enum LateCauseKind {
  kDispatchDelay,
  kMerchantWait,
  kBatching,
  kHandover,
  kRide,
  kLateCauses
};

class LatenessTally {
 public:
  explicit LatenessTally(bool promise) : promise_(promise) {}

  void Observe(const replay::WorkerTimeline& timeline);
  void Save(v1::WorkloadState::Late* state) const;
  void Merge(const v1::WorkloadState::Late& state);
  void Write(v1::Lateness* out) const;
  int64_t late() const { return counts_[kLate]; }

 private:
  enum Counter {
    kLate,
    kLateMs,
    kNotByWorker,
    kByWorker,
    kDepends,
    kUnknownCause,
    kKnown,                            // By cause,
    kAtLeast = kKnown + kLateCauses,   // ms
    kAtMost = kAtLeast + kLateCauses,  // ms
    kCounters = kAtMost + kLateCauses
  };
  using Parts = std::array<int64_t, kLateCauses>;

  Parts PartsOf(const replay::Task& task) const;
  int64_t BatchingOf(const replay::Task& task) const;
  void Add(const replay::Task& task, int64_t lateness);

  bool promise_;
  std::vector<int64_t> done_;  // Of one worker, sorted.
  std::array<int64_t, kCounters> counts_ = {};
  Int128 fines_ = 0, fines_not_by_worker_ = 0;
  int64_t fines_seen_ = 0;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_WORKLOAD_LATENESS_H_
