#ifndef PLUMBLINE_AUDIT_MEASURES_TARGET_TALLY_H_
#define PLUMBLINE_AUDIT_MEASURES_TARGET_TALLY_H_

#include "audit/measures/measure.h"
#include "audit/stats/decimal.h"
#include "audit/stats/histogram.h"
#include "plumbline/v1/partial.pb.h"
#include "plumbline/v1/plan.pb.h"
#include "plumbline/v1/result.pb.h"

namespace plumbline::audit {

// What one target (promise or limit) needs of each task by itself: lateness,
// slack and the speed that it asks for.
//
// Speed, S-SPEED: with R the route from acceptance to drop-off, T the target
// minus acceptance and N the time not spent riding, the target asks for more
// than v0 exactly if T <= N ("impossible") or R 3600 > v0 1000 (T - N), in
// integers. N is the platform's planned wait where logged, else the recorded
// wait at the pickup, else 0, in the platform's favour. 4,200 m in 900 s ask
// for 16.8 km/h. missing: max(0, ceil(3.6 R / v_low) + N - T), seconds.
class TargetTally {
 public:
  TargetTally(int64_t replay::Task::*deadline, const v1::AuditPlan& plan)
      : deadline_(deadline),
        low_(plan.speed_low_kmh()),
        high_(plan.speed_high_kmh()) {}

  void Observe(const replay::WorkerTimeline& timeline);
  v1::TargetState Save() const;
  void Merge(const v1::TargetState& state);

 private:
  void ObserveSpeed(const replay::Task& task, int64_t deadline);

  int64_t replay::Task::*deadline_;
  int64_t low_, high_;
  Histogram slack_{-2 * replay::kHour, 1000, 5 * 3600};
  Histogram speed_{0, 1, 100'000};  // Thousandths of km/h.
  int64_t late_ = 0;
  Int128 late_ms_ = 0;
  int64_t speed_n_ = 0, over_low_ = 0, over_high_ = 0, impossible_ = 0;
  int64_t missing_ms_ = 0;
  int64_t workers_ = 0, on_time_ = 0, total_ = 0;
  Int128 on_time_squares_ = 0, on_time_products_ = 0, total_squares_ = 0;
};

// Writes all that needs no second pass.
void WriteTarget(const v1::TargetState& state, v1::Target* out);

// Upper 95 % bound of the share on time, clustered by worker: t(G - 1) from the
// linearised variance of a ratio. 1 with fewer than two workers.
double OnTimeUpperBound(const v1::TargetState& state);

// Quantile .975 of Student's t.
double StudentBound(int64_t degrees);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_TARGET_TALLY_H_
