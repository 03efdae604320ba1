#ifndef PLUMBLINE_BENCH_GENERATE_SAMPLE_LIMITS_H_
#define PLUMBLINE_BENCH_GENERATE_SAMPLE_LIMITS_H_

#include <cstdint>

#include "bench/generate/sample_dispatch.h"

namespace plumbline::bench {

// The promise to the worker. Comparable tasks: the same distance band (1, 2, 3,
// 5 km), kind of hour (lunch 11-14, dinner 17-20, other; weekday, weekend),
// weather and load (1, 2, 3 and more). D are their durations from acceptance to
// completion, in order; a stratum below 30 takes those of all weather.
//
// The fair setting takes D's middle (the upper of two), or what 15 km/h and a
// wait of 240 s ask if that is more. The unfair one takes the 5th percentile of
// D, and from 15 September the 3rd.
inline constexpr int kTightenedDay = 14;
inline constexpr int64_t kPlannedWait = 240;
inline constexpr int64_t kLawfulKmPerHour = 15;

struct LimitCounts {
  int64_t limits = 0;
  // In strata of 30 and more completed: limits below the 10th percentile and
  // below the median of durations, both of type 7.
  int64_t compared = 0;
  int64_t below_tenth = 0;
  int64_t below_middle = 0;
  int64_t late = 0;
  // Tasks whose limit asks for more than 15 km/h after the planned wait.
  int64_t too_fast = 0;
};

LimitCounts SetLimits(const SampleCity& city, SampleRun& run);

// 0 lunch, 1 dinner, 2 other hours; by the local clock.
int HourKind(int64_t instant);
bool IsWeekend(int64_t instant);

}  // namespace plumbline::bench

#endif  // PLUMBLINE_BENCH_GENERATE_SAMPLE_LIMITS_H_
