#ifndef PLUMBLINE_AUDIT_MEASURES_TARGET_TALLY_H_
#define PLUMBLINE_AUDIT_MEASURES_TARGET_TALLY_H_

#include "audit/measures/measure.h"
#include "audit/stats/decimal.h"
#include "audit/stats/histogram.h"
#include "plumbline/v1/partial.pb.h"
#include "plumbline/v1/plan.pb.h"
#include "plumbline/v1/result.pb.h"

namespace plumbline::audit {

// What the targets (promise and limit) need of each task by itself: lateness,
// slack and the speed that they ask for.
//
// Speed, S-SPEED: with R the route from acceptance to drop-off, T the target
// minus acceptance and N the time not spent riding, the target asks for more
// than v0 exactly if T <= N ("impossible") or R 3600 > v0 1000 (T - N), in
// integers. N is the platform's planned wait where logged, else the recorded
// wait at the pickup, else 0, in the platform's favour. 4,200 m in 900 s ask
// for 16.8 km/h. missing: max(0, ceil(3.6 R / v_low) + N - T), seconds.
//
// All sums are integers and the histograms exact; speeds are rounded to
// hundredths of km/h first, for their quantiles only.
class TargetTally {
 public:
  explicit TargetTally(const v1::AuditPlan& plan)
      : low_(plan.speed_low_kmh()), high_(plan.speed_high_kmh()) {}

  void Observe(const replay::WorkerTimeline& timeline);
  void Save(v1::TargetsFirst* first) const;
  void Merge(const v1::TargetsFirst& first);
  void Absorb(const TargetTally& other);

 private:
  struct Tally {
    Histogram slack{-2 * replay::kHour, 1000, 18'000};
    Histogram speed{0, 10, 10'000};  // Thousandths of km/h, by tens.
    int64_t late = 0;
    Int128 late_ms = 0;
    int64_t speed_n = 0, over_low = 0, over_high = 0, impossible = 0;
    Int128 missing_ms = 0;
    int64_t workers = 0, on_time = 0, total = 0;
    Int128 on_time_squares = 0, on_time_products = 0, total_squares = 0;
  };
  // What a task's speed rests on, whatever the target.
  struct Ride {
    int64_t accepted, distance, wait;
  };
  void ObserveSpeed(const Ride& ride, int64_t deadline, Tally& tally) const;
  static v1::TargetState StateOf(const Tally& tally);
  static void MergeInto(const v1::TargetState& state, Tally* tally);

  int64_t low_, high_;
  Tally tallies_[2];
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
