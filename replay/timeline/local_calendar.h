#ifndef PLUMBLINE_REPLAY_TIMELINE_LOCAL_CALENDAR_H_
#define PLUMBLINE_REPLAY_TIMELINE_LOCAL_CALENDAR_H_

#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "replay/base/interval_set.h"

namespace plumbline::replay {

// Local days, ISO weeks, months and pay periods of one IANA zone as exact
// stretches of UTC. A period runs from the first instant of its first local
// date to the first instant of the date after its last, so that a day has 23,
// 24 or 25 hours, or none where a zone skipped a date.
//
// Days are counted from 1970-01-01, ISO weeks from that of 1970-01-01 (Monday
// 1969-12-29), months from January 1970. Starts of days are looked up once and
// kept: O(1) a call within the days met, some kilobytes a year. Not
// thread-safe; one a thread.
class LocalCalendar {
 public:
  explicit LocalCalendar(absl::TimeZone zone) : zone_(zone) {}

  // The local day of an instant in ms. The instant must lie in the years that
  // the store lets through.
  int64_t DayOf(int64_t instant);
  int64_t WeekOf(int64_t instant) { return WeekOfDay(DayOf(instant)); }
  int64_t MonthOf(int64_t instant) { return MonthOfDay(DayOf(instant)); }

  Interval Day(int64_t day) { return {DayStart(day), DayStart(day + 1)}; }
  Interval Week(int64_t week);
  Interval Month(int64_t month);
  // The period of `days` days (> 0) around `instant`, one of which begins on
  // the local day `anchor`.
  Interval Period(int64_t instant, int64_t anchor, int64_t days);

  static int64_t WeekOfDay(int64_t day);
  static int WeekDay(int64_t day);  // 0 Monday ... 6 Sunday.
  static int64_t MonthOfDay(int64_t day);
  static int64_t FirstDayOfMonth(int64_t month);

 private:
  int64_t DayStart(int64_t day);
  int64_t LookUp(int64_t day) const;

  absl::TimeZone zone_;
  int64_t first_day_ = 0;  // Of starts_.
  std::vector<int64_t> starts_;
  int64_t last_day_ = 0;  // Answer of the last DayOf, with its stretch.
  Interval last_ = {0, 0};
};

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_TIMELINE_LOCAL_CALENDAR_H_
