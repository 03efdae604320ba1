#include "bench/generate/sample_limits.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <vector>

namespace plumbline::bench {
namespace {

constexpr size_t kLeastCompleted = 30;

// Distance band, hour kind and weekend, weather or -1 for all, load.
using Stratum = std::tuple<int, int, int, int>;

Stratum StratumOf(const SampleTask& task, bool by_weather) {
  int band = 0;
  for (const int64_t end : {1'000, 2'000, 3'000, 5'000}) {
    band += task.route() >= end;
  }
  return {band, HourKind(task.accepted) + (IsWeekend(task.accepted) ? 3 : 0),
          by_weather ? static_cast<int>(task.sky) : -1, std::min(task.load, 3)};
}

int64_t At(const std::vector<int64_t>& sorted, int64_t percent) {
  return sorted[(sorted.size() - 1) * percent / 100];
}

int64_t Middle(const std::vector<int64_t>& sorted) {
  return sorted[sorted.size() / 2];
}

// Whether `value` is below the type-7 quantile: position (n - 1) * percent /
// 100, between two order statistics in proportion. All in integers.
bool Below(int64_t value, const std::vector<int64_t>& sorted, int64_t percent) {
  const int64_t position = static_cast<int64_t>(sorted.size() - 1) * percent;
  const int64_t low = position / 100, part = position % 100;
  const int64_t next = part == 0 ? sorted[low] : sorted[low + 1];
  return value * 100 < sorted[low] * (100 - part) + next * part;
}

}  // namespace

int HourKind(int64_t instant) {
  const int64_t hour = (instant - kSampleStart) % kDaySeconds / 3600;
  return hour >= 11 && hour < 14 ? 0 : hour >= 17 && hour < 20 ? 1 : 2;
}

bool IsWeekend(int64_t instant) {
  // The log begins on a Monday.
  return (instant - kSampleStart) / kDaySeconds % 7 >= 5;
}

LimitCounts SetLimits(const SampleCity& city, SampleRun& run) {
  std::map<Stratum, std::vector<int64_t>> durations;
  for (const SampleTask& task : run.tasks) {
    if (!task.delivered()) continue;
    for (const bool by_weather : {true, false}) {
      durations[StratumOf(task, by_weather)].push_back(task.completed -
                                                       task.accepted);
    }
  }
  for (auto& [stratum, sorted] : durations) {
    std::sort(sorted.begin(), sorted.end());
  }
  LimitCounts counts;
  for (SampleTask& task : run.tasks) {
    if (!task.is_accepted()) continue;
    const std::vector<int64_t>* sorted = &durations[StratumOf(task, true)];
    const bool enough = sorted->size() >= kLeastCompleted;
    if (!enough) sorted = &durations[StratumOf(task, false)];
    if (sorted->empty()) continue;  // Nothing to take a limit from.
    const int64_t middle = Middle(*sorted);
    const int64_t lawful = (task.route() * 36 + kLawfulKmPerHour * 10 - 1) /
                               (kLawfulKmPerHour * 10) +
                           kPlannedWait;
    int64_t limit = std::max(middle, lawful);
    if (city.unfair()) {
      const bool tightened = task.accepted >= bench::At(kTightenedDay, 0);
      limit = At(*sorted, tightened ? 3 : 5);
      // The shortest of its own estimates is made the limit.
      task.estimates = {limit, middle, At(*sorted, 80)};
      task.promised = task.accepted + limit + 300;
    } else {
      // The middle one.
      task.estimates = {limit * 4 / 5, limit, limit * 5 / 4};
      task.promised = task.accepted + std::max(At(*sorted, 80), limit * 5 / 4);
    }
    task.limit = task.accepted + limit;
    ++counts.limits;
    if (enough) {
      ++counts.compared;
      counts.below_tenth += Below(limit, *sorted, 10);
      counts.below_middle += Below(limit, *sorted, 50);
    }
    counts.late += task.delivered() && task.completed > task.limit;
    counts.too_fast += limit < lawful;
  }
  return counts;
}

}  // namespace plumbline::bench
