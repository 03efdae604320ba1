#include "replay/timeline/local_calendar.h"

#include <algorithm>

#include "replay/base/units.h"

namespace plumbline::replay {
namespace {

constexpr int64_t kDay = 24 * kHour;
constexpr int64_t kMostDaysKept = 40'000;  // A century; starts anew past it.

int64_t FloorQuotient(int64_t value, int64_t by) {
  return value / by - (value % by < 0 ? 1 : 0);
}

}  // namespace

int64_t LocalCalendar::LookUp(int64_t day) const {
  const absl::CivilSecond midnight(absl::CivilDay(1970, 1, 1) + day);
  const absl::TimeZone::TimeInfo info = zone_.At(midnight);
  // A midnight that clocks skip is the instant of their change; of two, the
  // first counts.
  return absl::ToUnixMillis(
      info.kind == absl::TimeZone::TimeInfo::SKIPPED ? info.trans : info.pre);
}

int64_t LocalCalendar::DayStart(int64_t day) {
  const auto count = static_cast<int64_t>(starts_.size());
  if (count == 0 || day < first_day_ - kMostDaysKept ||
      day > first_day_ + count + kMostDaysKept || count > kMostDaysKept) {
    first_day_ = day;
    starts_.assign(1, LookUp(day));
    return starts_[0];
  }
  if (day < first_day_) {
    std::vector<int64_t> earlier;
    for (int64_t d = day; d < first_day_; ++d) earlier.push_back(LookUp(d));
    starts_.insert(starts_.begin(), earlier.begin(), earlier.end());
    first_day_ = day;
  }
  while (first_day_ + static_cast<int64_t>(starts_.size()) <= day) {
    starts_.push_back(
        LookUp(first_day_ + static_cast<int64_t>(starts_.size())));
  }
  return starts_[day - first_day_];
}

int64_t LocalCalendar::DayOf(int64_t instant) {
  if (instant >= last_.begin && instant < last_.end) return last_day_;
  // Off by a day or two at most: no zone is further from UTC.
  int64_t day = FloorQuotient(instant, kDay);
  while (DayStart(day) > instant) --day;
  while (DayStart(day + 1) <= instant) ++day;
  last_day_ = day;
  last_ = Day(day);
  return day;
}

int64_t LocalCalendar::WeekOfDay(int64_t day) {
  return FloorQuotient(day + 3, 7);
}

int LocalCalendar::WeekDay(int64_t day) {
  return static_cast<int>(day + 3 - WeekOfDay(day) * 7);
}

int64_t LocalCalendar::MonthOfDay(int64_t day) {
  const absl::CivilMonth month(absl::CivilDay(1970, 1, 1) + day);
  return month - absl::CivilMonth(1970, 1);
}

int64_t LocalCalendar::FirstDayOfMonth(int64_t month) {
  return absl::CivilDay(absl::CivilMonth(1970, 1) + month) -
         absl::CivilDay(1970, 1, 1);
}

Interval LocalCalendar::Week(int64_t week) {
  const int64_t monday = week * 7 - 3;
  return {DayStart(monday), DayStart(monday + 7)};
}

Interval LocalCalendar::Month(int64_t month) {
  return {DayStart(FirstDayOfMonth(month)),
          DayStart(FirstDayOfMonth(month + 1))};
}

Interval LocalCalendar::Period(int64_t instant, int64_t anchor, int64_t days) {
  const int64_t index = FloorQuotient(DayOf(instant) - anchor, days);
  const int64_t first = anchor + index * days;
  return {DayStart(first), DayStart(first + days)};
}

}  // namespace plumbline::replay
