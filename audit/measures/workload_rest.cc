#include "audit/measures/workload_rest.h"

#include <algorithm>

namespace plumbline::audit {

using replay::Interval;
using replay::kHour;

DailyRestCounts RestOf(const replay::IntervalSet& engaged, int64_t rest) {
  constexpr int64_t kWindow = 24 * kHour;
  DailyRestCounts counts;
  const std::span<const Interval> work = engaged.intervals();
  size_t at = 0;
  while (at < work.size()) {
    const int64_t begin = work[at].begin;
    int64_t longest = 0;
    bool closed = false;  // Whether the window is seen to its end.
    size_t next = work.size();
    for (size_t i = at; i < work.size(); ++i) {
      if (work[i].begin - begin >= kWindow) {
        next = i;
        closed = true;
        break;
      }
      if (work[i].end - begin >= kWindow) closed = true;
      if (i + 1 == work.size() || work[i].end - begin >= kWindow) continue;
      const int64_t pause = work[i + 1].begin - work[i].end;
      longest = std::max(longest, pause);
      if (pause >= rest) {
        next = i + 1;
        closed = true;
        break;
      }
    }
    if (closed) {
      ++counts.windows;
      counts.short_windows += longest < rest;
      ++counts.by_longest_pause[static_cast<size_t>(
          std::min<int64_t>(longest / kHour, kPauseBins - 1))];
    }
    at = next;
  }
  return counts;
}

PushCounts PushesOf(std::span<const Interval> runs,
                    std::span<const int64_t> offers, int64_t limit,
                    int64_t rest) {
  PushCounts counts;
  const auto between = [offers](int64_t from, int64_t to) {
    const auto low = std::lower_bound(offers.begin(), offers.end(), from);
    const auto high = std::lower_bound(low, offers.end(), to);
    return static_cast<int64_t>(high - low);
  };
  for (const Interval& run : runs) {
    if (run.length() <= limit) continue;
    ++counts.rest_windows;
    const int64_t in_rest = between(run.end, run.end + rest);
    counts.in_rest_window += in_rest;
    counts.rest_windows_with_push += in_rest > 0;
    counts.after_four_hours += between(run.begin + limit, run.end);
  }
  return counts;
}

}  // namespace plumbline::audit
