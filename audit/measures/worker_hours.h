#ifndef PLUMBLINE_AUDIT_MEASURES_WORKER_HOURS_H_
#define PLUMBLINE_AUDIT_MEASURES_WORKER_HOURS_H_

#include <array>
#include <cstdint>

#include "absl/functional/function_ref.h"
#include "audit/measures/local_clock.h"
#include "audit/measures/measure.h"
#include "replay/timeline/worker_timeline.h"

namespace plumbline::audit {

// Bin i counts days of [i, i + 1) engaged hours; the last one 24 and more.
inline constexpr int kHourBins = 25;

// Runs and days of one worker.
//
// A run joins engaged stretches whose pause is shorter than the gap and lasts
// from the first start to the last end. A worker-day is a local day with
// engaged time, cut at local midnight. A week without a rest day is an ISO week
// with engaged time on all seven. "Over" is strict.
struct WorkerHours {
  int64_t longest_run = 0;  // ms
  int64_t runs_over_4h = 0;
  int64_t days = 0;
  int64_t days_over_8h = 0;
  int64_t weeks_without_rest_day = 0;
  std::array<int64_t, kHourBins> days_by_hour = {};
};

// Gets the milliseconds of a set that lie on a local day.
using DayVisitor = absl::FunctionRef<void(int64_t day, int64_t length)>;

// `gap` in ms. Each day's engaged time goes to `visit`, ascending.
// O(engaged stretches + days).
WorkerHours RunsAndDays(const replay::IntervalSet& engaged, int64_t gap,
                        LocalClock& clock, DayVisitor visit);

// A stretch without a pause longer than this is a fault of the log's clocks: it
// stays in sums of time, but is not cut into days, of which it could have
// billions.
inline constexpr int64_t kLongestStretch = 366 * kDay;
inline bool IsCut(const replay::Interval& stretch) {
  return static_cast<uint64_t>(stretch.end) -
             static_cast<uint64_t>(stretch.begin) <=
         static_cast<uint64_t>(kLongestStretch);
}

// The parts of a set on each local day, ascending. O(intervals + days).
void CutByDay(const replay::IntervalSet& set, LocalClock& clock,
              DayVisitor visit);

// The plan's pause that ends a run, in ms.
int64_t RunGap(const MeasureContext& context);

// Time sets in the order of v1::TimeSets.
enum TimeSet {
  kOnline,
  kEngaged,
  kToPickup,
  kLoaded,
  kOnCall,
  kRequired,
  kTaskSum,
  kTimeSets
};
inline constexpr std::array<const char*, kTimeSets> kTimeSetNames = {
    "ONLINE",  "ENGAGED",  "TO_PICKUP", "LOADED",
    "ON_CALL", "REQUIRED", "TASK_SUM"};

// Milliseconds of each. Without a known worker there are no unions, and only
// the sum over tasks is filled.
std::array<int64_t, kTimeSets> TimeSetsOf(
    const replay::WorkerTimeline& timeline);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_WORKER_HOURS_H_
