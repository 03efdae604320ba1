#ifndef PLUMBLINE_AUDIT_MEASURES_STRICTNESS_BUNCHING_H_
#define PLUMBLINE_AUDIT_MEASURES_STRICTNESS_BUNCHING_H_

#include <array>
#include <vector>

#include "audit/measures/strictness/task_pool.h"
#include "audit/measures/strictness/walk.h"
#include "audit/measures/strictness/worker_interval.h"
#include "plumbline/v1/plan.pb.h"
#include "plumbline/v1/strictness.pb.h"

namespace plumbline::audit {

// S-BUNCH: does the target bend behaviour? Slack T - D in bins of 30 s within
// 15 minutes of the deadline. The smooth curve is a polynomial in the bin with
// indicators of bins that begin at whole minutes and at whole five minutes,
// fitted by least squares outside the window [-30 s, +120 s), then scaled so
// that no mass is lost.
//
//   excess = sum over the window of (C - C^) / mean of C^ there
//
// The placebo does the same about a deadline five minutes after the true one,
// the true window left out of its fit too. Interval by worker, from the
// derivative of the excess by each bin. A finding needs the lower end above
// both 0 and the placebo's upper end.
class BunchingTest {
 public:
  BunchingTest(const Walk& walk, const v1::AuditPlan& plan);

  void AddStatistics(const TaskPool& pool, WorkerIntervals* intervals);
  void Write(const WorkerIntervals& intervals, v1::StrictTarget* promise,
             v1::StrictTarget* limit) const;

 private:
  using Bins = std::array<double, kSlackBins>;
  struct Curve {
    bool fitted = false;
    Bins expected = {};
    double excess = 0;
    Bins derivative = {};
    size_t number = 0;
  };
  // About the deadline `shift` bins below the true one.
  Curve Fit(const SlackCounts& counts, int shift) const;
  double ExcessOf(const Bins& counts, int shift, Bins* expected,
                  bool* fitted) const;

  const Walk& walk_;
  const v1::AuditPlan& plan_;
  Curve curves_[kTargets][2];  // True, placebo.
  int64_t clusters_[kTargets] = {};
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_STRICTNESS_BUNCHING_H_
