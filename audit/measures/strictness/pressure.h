#ifndef PLUMBLINE_AUDIT_MEASURES_STRICTNESS_PRESSURE_H_
#define PLUMBLINE_AUDIT_MEASURES_STRICTNESS_PRESSURE_H_

#include <vector>

#include "audit/measures/strictness/task_pool.h"
#include "audit/measures/strictness/walk.h"
#include "audit/measures/strictness/worker_interval.h"
#include "plumbline/v1/plan.pb.h"
#include "plumbline/v1/strictness.pb.h"

namespace plumbline::audit {

// The speed-up under pressure (S-FREE): does the deadline make people ride
// faster?
//
//   ln L_i = a_worker + b_stratum + delta P_i + e_i
//
// over delivered tasks that were accepted alone. L is the last leg, from pickup
// to done, in seconds. P is 0 where the deadline could not bind on that leg:
// there is none, or at pickup it was still two or more 90th percentiles of the
// stratum's last legs away; else 1. Only the last leg may be compared so, for
// slack at pickup picks the orders whose first half went fast. -0.10 is about
// ten per cent faster under pressure.
//
// Least squares with both effects, by turns until they stand still; influence
// by worker. Strata are those in which targets are ranked. Of more than
// pressure_tasks tasks the first workers by hash are kept. Fewer than
// pressure_min_tasks on either side or stratum_min_workers workers with both:
// N; pressed and unpressed never in one stratum and worker's reach: ID.
// FINDING where the whole interval lies below minus the margin, NO_FINDING
// where it lies inside; above the margin DEP, for a deadline should not slow
// anybody. O(rounds * workers' strata). Source: Frisch and Waugh 1933;
// Guimaraes and Portugal 2010.
class PressureTest {
 public:
  PressureTest(const TaskPool& pool, const Walk& walk,
               const v1::AuditPlan& plan);

  void AddStatistics(WorkerIntervals* intervals);
  void Write(int t, const WorkerIntervals& intervals, v1::Pressure* out) const;

 private:
  // Tasks of one worker in one stratum. Logarithms in 2^-32.
  struct Cell {
    uint32_t worker = 0;
    int32_t n = 0, pressed = 0;
    int64_t log = 0, log_pressed = 0;
  };
  struct Estimate {
    int64_t n = 0, pressed = 0, workers = 0, strata = 0, left_out = 0;
    bool identified = false;
    double delta = 0;
    std::vector<double> parts;  // By worker.
    std::vector<int64_t> rows;
    size_t number = 0;
  };
  void Gather(const TaskPool& pool, const std::vector<size_t>& cells,
              uint32_t workers, std::vector<Cell> (*out)[kTargets],
              int64_t* left_out) const;
  static Estimate Solve(const std::vector<std::vector<Cell>>& strata,
                        size_t workers);

  const Walk& walk_;
  const v1::AuditPlan& plan_;
  Estimate estimates_[kTargets];
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_STRICTNESS_PRESSURE_H_
