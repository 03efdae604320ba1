#ifndef PLUMBLINE_AUDIT_MEASURES_WORKLOAD_REST_H_
#define PLUMBLINE_AUDIT_MEASURES_WORKLOAD_REST_H_

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "replay/base/interval_set.h"
#include "replay/base/units.h"

namespace plumbline::audit {

// Daily rest of one worker, as laws of 11 hours in 24 count it, with `rest`
// (ms) for the 11 hours: a window of 24 hours begins with the first work after
// such a rest; it is short where no pause that begins in it lasts as long (a
// pause counts whole, also past the end of the window). After a short window
// the next one begins with the first work past its end. The time after the last
// work of the log is no pause, so that the last window counts only where it is
// short for certain: its last work lies 24 hours or more after its start, or
// such a rest is in it.
inline constexpr int kPauseBins = 25;  // Bin i: [i, i + 1) hours, 24 and more.
struct DailyRestCounts {
  int64_t windows = 0;
  int64_t short_windows = 0;
  std::array<int64_t, kPauseBins> by_longest_pause = {};
};
DailyRestCounts RestOf(const replay::IntervalSet& engaged,
                       int64_t rest = 11 * replay::kHour);

// Offers against runs: those in the rest after a run of more than `limit`, and
// those in a run that had already lasted as long. `offers` and `runs` sorted;
// ms.
struct PushCounts {
  int64_t rest_windows = 0;
  int64_t rest_windows_with_push = 0;
  int64_t in_rest_window = 0;
  int64_t after_four_hours = 0;
};
PushCounts PushesOf(std::span<const replay::Interval> runs,
                    std::span<const int64_t> offers,
                    int64_t limit = 4 * replay::kHour,
                    int64_t rest = 20 * replay::kMinute);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_WORKLOAD_REST_H_
