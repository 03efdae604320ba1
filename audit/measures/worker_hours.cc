#include "audit/measures/worker_hours.h"

#include <algorithm>
#include <span>

namespace plumbline::audit {
namespace {

using replay::Interval;
using replay::kHour;

int64_t LengthOf(const replay::IntervalSet* set) {
  return set == nullptr ? 0 : set->length();
}

}  // namespace

WorkerHours RunsAndDays(const replay::IntervalSet& engaged, int64_t gap,
                        LocalClock& clock) {
  WorkerHours hours;
  const std::span<const Interval> stretches = engaged.intervals();
  if (stretches.empty()) return hours;

  int64_t run_begin = stretches.front().begin;
  int64_t run_end = run_begin;
  auto end_run = [&] {
    const int64_t length = run_end - run_begin;
    hours.longest_run = std::max(hours.longest_run, length);
    hours.runs_over_4h += length > 4 * kHour;
  };
  int64_t day = clock.Day(run_begin);
  int64_t day_end = clock.DayStart(day + 1);
  int64_t in_day = 0;
  int64_t week = LocalClock::Week(day);
  int days_in_week = 0;
  auto end_day = [&] {
    if (in_day == 0) return;
    ++hours.days;
    hours.days_over_8h += in_day > 8 * kHour;
    ++hours.days_by_hour[std::min<int64_t>(in_day / kHour, kHourBins - 1)];
    if (LocalClock::Week(day) != week) {
      week = LocalClock::Week(day);
      days_in_week = 0;
    }
    if (++days_in_week == 7) ++hours.weeks_without_rest_day;
    in_day = 0;
  };

  for (const Interval& stretch : stretches) {
    if (stretch.begin - run_end >= gap && run_end > run_begin) {
      end_run();
      run_begin = stretch.begin;
    }
    run_end = stretch.end;
    for (int64_t at = stretch.begin; at < stretch.end;) {
      if (at >= day_end) {
        end_day();
        day = clock.Day(at);
        day_end = clock.DayStart(day + 1);
      }
      const int64_t until = std::min(stretch.end, day_end);
      in_day += until - at;
      at = until;
    }
  }
  end_run();
  end_day();
  return hours;
}

int64_t RunGap(const v1::AuditPlan* plan) {
  const int64_t seconds =
      plan == nullptr || plan->run_gap_s() == 0 ? 1200 : plan->run_gap_s();
  return seconds * replay::kSecond;
}

std::array<int64_t, kTimeSets> TimeSetsOf(
    const replay::WorkerTimeline& timeline) {
  std::array<int64_t, kTimeSets> sets = {};
  if (!timeline.known) {
    for (const replay::Task& task : timeline.tasks) {
      sets[kTaskSum] += task.engaged().length();
    }
    return sets;
  }
  sets[kOnline] = LengthOf(timeline.online);
  sets[kEngaged] = LengthOf(timeline.engaged);
  sets[kToPickup] = LengthOf(timeline.to_pickup);
  sets[kLoaded] = LengthOf(timeline.loaded);
  sets[kOnCall] = LengthOf(timeline.on_call);
  sets[kRequired] = LengthOf(timeline.required);
  sets[kTaskSum] = timeline.task_sum;
  return sets;
}

}  // namespace plumbline::audit
