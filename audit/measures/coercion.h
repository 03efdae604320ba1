#ifndef PLUMBLINE_AUDIT_MEASURES_COERCION_H_
#define PLUMBLINE_AUDIT_MEASURES_COERCION_H_

#include <array>
#include <vector>

#include "audit/measures/local_clock.h"
#include "audit/measures/worker_blocks.h"
#include "audit/measures/worker_summary.h"
#include "plumbline/v1/plan.pb.h"
#include "plumbline/v1/workload.pb.h"

namespace plumbline::audit {

// STR-6: do days with many refusals cost later work?
//
//   y_d = a_{worker, day of the week} + b R_{d-1} + c R_{d+1} + e_d
//
// over days d with an hour online or more whose working days before and after
// lie at most three days off. R: a fifth or more of the offers of that day were
// rejected, by a share, so that more offers do not make more of it. y: offers,
// or counted pay, per hour online. c is the placebo: what is refused tomorrow
// cannot have cost work today; where its interval leaves 0, place or mood move
// both and nothing is concluded (ID). Errors are clustered by worker.
//
// FINDING where the whole interval of b lies below minus the margin times the
// mean of y, NO_FINDING where it lies above. Fewer days with the cause than the
// plan asks for, or fewer than 30 workers: N. A model (grade M) of days: who
// refuses while waiting in a bad place is not told from who is punished;
// candidates of each dispatch say more.
class CoercionTally {
 public:
  enum Outcome { kOffers, kPay, kOutcomes };

  CoercionTally(const MeasureContext& context, const v1::AuditPlan& plan);

  void Observe(const replay::WorkerTimeline& timeline,
               const WorkerSummary& summary);
  void Save(v1::WorkloadState* state) const;
  void Merge(const v1::WorkloadState& state);
  void Write(v1::Workload* out) const;
  bool runs() const { return runs_; }

 private:
  struct Day {
    int64_t day = 0, made = 0, rejected = 0;
  };
  struct Counts {
    int64_t n = 0, workers = 0, caused = 0;
    Int128 sum = 0;
  };
  void WriteOne(int outcome, v1::Coercion* out) const;

  const v1::AuditPlan& plan_;
  bool runs_, pay_;
  LocalClock clock_;
  WorkerBlocks blocks_[kOutcomes];
  Counts counts_[kOutcomes];
  std::vector<Day> days_;  // Of one worker, used again.
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_COERCION_H_
