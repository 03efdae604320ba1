#include "audit/measures/worker_hours.h"

#include <algorithm>
#include <limits>
#include <span>

#include "replay/timeline/workload.h"

namespace plumbline::audit {
namespace {

using replay::Interval;
using replay::kHour;

int64_t LengthOf(const replay::IntervalSet* set) {
  return set == nullptr ? 0 : set->length();
}

}  // namespace

void CutByDay(const replay::IntervalSet& set, LocalClock& clock,
              DayVisitor visit) {
  if (set.empty()) return;
  int64_t day = clock.Day(set.intervals().front().begin);
  int64_t day_end = clock.DayStart(day + 1);
  int64_t in_day = 0;
  for (const Interval& stretch : set.intervals()) {
    if (!IsCut(stretch)) continue;
    for (int64_t at = stretch.begin; at < stretch.end;) {
      if (at >= day_end) {
        if (in_day > 0) visit(day, in_day);
        in_day = 0;
        day = clock.Day(at);
        day_end = clock.DayStart(day + 1);
      }
      const int64_t until = std::min(stretch.end, day_end);
      in_day += until - at;
      at = until;
    }
  }
  if (in_day > 0) visit(day, in_day);
}

WorkerHours RunsAndDays(const replay::IntervalSet& engaged, int64_t gap,
                        LocalClock& clock, DayVisitor visit) {
  WorkerHours hours;
  if (engaged.empty()) return hours;
  replay::ForEachRun(engaged, gap, [&hours](const Interval& run) {
    hours.longest_run = std::max(hours.longest_run, run.length());
    hours.runs_over_4h += run.length() > 4 * kHour;
  });

  int64_t week = std::numeric_limits<int64_t>::min();
  int days_in_week = 0;
  CutByDay(engaged, clock, [&](int64_t day, int64_t in_day) {
    visit(day, in_day);
    ++hours.days;
    hours.days_over_8h += in_day > 8 * kHour;
    ++hours.days_by_hour[std::min<int64_t>(in_day / kHour, kHourBins - 1)];
    if (LocalClock::Week(day) != week) {
      week = LocalClock::Week(day);
      days_in_week = 0;
    }
    hours.weeks_without_rest_day += ++days_in_week == 7;
  });
  return hours;
}

int64_t RunGap(const MeasureContext& context) {
  return PlanOf(context).run_gap_s() * replay::kSecond;
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
