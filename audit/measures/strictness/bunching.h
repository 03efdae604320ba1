#ifndef PLUMBLINE_AUDIT_MEASURES_STRICTNESS_BUNCHING_H_
#define PLUMBLINE_AUDIT_MEASURES_STRICTNESS_BUNCHING_H_

#include <tbb/enumerable_thread_specific.h>

#include <array>
#include <span>
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
// Placebos do the same about deadlines five minutes after and before the true
// one, the true window left out of their fits too, and about the true promise
// of tasks that have no limit though the log has limits: nobody is punished for
// being late with those. Interval by worker, from the
// derivative of the excess by each bin. Misfit: the largest such figure, either
// way, of any five bins in a row outside the window where the curve is at least
// a tenth of its peak. A finding needs the lower end above 0, above the
// false deadlines' ends without their signs, above the misfit, and above the
// upper end of the unpunished tasks, where there are enough of them: a curve
// that misses as much elsewhere proves nothing here.
class BunchingTest {
 public:
  BunchingTest(const Walk& walk, const v1::AuditPlan& plan);

  // Prepare, Visit all tasks that were not prebooked, from any threads, then
  // AddStatistics.
  void Prepare(size_t workers);
  void Visit(std::span<const StrictTask> tasks);
  void AddStatistics(WorkerIntervals* intervals);
  void Write(const WorkerIntervals& intervals, v1::StrictTarget* promise,
             v1::StrictTarget* limit) const;

 private:
  using Bins = std::array<double, kSlackBins>;
  struct Curve {
    bool fitted = false;
    Bins expected = {};
    double excess = 0;
    Bins derivative = {};
    double misfit = 0;
    size_t number = 0;
  };
  // About the deadline `shift` bins below the true one.
  Curve Fit(const SlackCounts& counts, int shift) const;
  double ExcessOf(const Bins& counts, int shift, Bins* expected,
                  bool* fitted) const;

  const Walk& walk_;
  const v1::AuditPlan& plan_;
  // The curves: of the true deadline, of false ones after and before it, and of
  // the true promise where nobody is punished.
  enum { kTrue, kAfter, kBefore, kUnpenalised, kCurves };
  Curve curves_[kTargets][kCurves];
  int64_t clusters_[kTargets] = {};
  int64_t unpenalised_clusters_ = 0;
  bool has_limits_ = false;
  struct Own {
    int64_t part[kTargets][kCurves] = {};
    int64_t n[kTargets] = {};
    int64_t unpenalised = 0;
    void operator+=(const Own& other);
  };
  // By worker, of each thread; empty where nothing was fitted.
  tbb::enumerable_thread_specific<std::vector<Own>> owns_;
  size_t workers_ = 0;
  int64_t steps_[kTargets][kCurves][kSlackBins] = {};
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_STRICTNESS_BUNCHING_H_
