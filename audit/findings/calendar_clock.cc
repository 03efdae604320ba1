#include "audit/findings/calendar_clock.h"

#include <algorithm>

#include "absl/time/civil_time.h"

namespace plumbline::audit {
namespace {

bool Holds(const CompiledCalendar& calendar, int64_t day) {
  if (((calendar.weekdays >> LocalClock::WeekDay(day)) & 1) == 0) return false;
  if (calendar.days.empty()) return true;
  const auto after =
      std::upper_bound(calendar.days.begin(), calendar.days.end(), day,
                       [](int64_t d, const std::pair<int64_t, int64_t>& span) {
                         return d < span.first;
                       });
  return after != calendar.days.begin() && day <= (after - 1)->second;
}

}  // namespace

int64_t PlusMonths(int64_t instant, int64_t months, LocalClock& clock,
                   absl::TimeZone zone) {
  const int64_t local = clock.ToLocal(instant);
  const int64_t day = LocalClock::FloorDay(local);
  const absl::CivilDay civil = absl::CivilDay(1970, 1, 1) + day;
  const absl::CivilMonth month = absl::CivilMonth(civil) + months;
  absl::CivilDay target(month.year(), month.month(), civil.day());
  if (absl::CivilMonth(target) != month) {
    target = absl::CivilDay(month + 1) - 1;
  }
  const int64_t start = absl::ToUnixMillis(absl::FromCivil(target, zone));
  return start + (local - day * kDay);
}

int64_t CalendarClock::At(int64_t day, int64_t milliseconds) const {
  // Civil time, not 24 hours of clock: a day may have 23 or 25.
  const absl::CivilSecond civil =
      absl::CivilSecond(absl::CivilDay(1970, 1, 1) + day) +
      milliseconds / replay::kSecond;
  return absl::ToUnixMillis(absl::FromCivil(civil, zone_));
}

const std::vector<CalendarClock::Stretch>& CalendarClock::Within(
    const CompiledCalendar& calendar, LocalClock& clock, int64_t from,
    int64_t to) {
  stretches_.clear();
  if (from >= to) return stretches_;
  const bool usable = !calendar.from_memory || allow_unverified_;
  auto add = [&](int64_t begin, int64_t end, bool known) {
    begin = std::max(begin, from);
    end = std::min(end, to);
    if (!stretches_.empty()) {
      begin = std::max(begin, stretches_.back().time.end);
    }
    if (begin >= end) return;
    if (!stretches_.empty() && stretches_.back().time.end == begin &&
        stretches_.back().known == known) {
      stretches_.back().time.end = end;
    } else {
      stretches_.push_back({{begin, end}, known});
    }
  };
  const int64_t last = clock.Day(to - 1);
  for (int64_t day = clock.Day(from) - 1; day <= last; ++day) {
    const bool known =
        usable && day >= calendar.covers_from && day <= calendar.covers_to;
    if (known && !Holds(calendar, day)) continue;
    add(At(day, calendar.daily_from), At(day, calendar.daily_to), known);
  }
  return stretches_;
}

CalendarClock::Remembered& CalendarClock::Of(const CompiledCalendar& calendar) {
  for (Remembered& one : remembered_) {
    if (one.calendar == &calendar) return one;
  }
  Remembered& made = remembered_.emplace_back();
  made.calendar = &calendar;
  return made;
}

void CalendarClock::Remember(const std::vector<Stretch>& stretches,
                             replay::Interval span, Remembered* to) const {
  const bool grows = stretches.empty() && to->stretches.empty() &&
                     to->span.begin < to->span.end &&
                     span.begin <= to->span.end && span.end >= to->span.begin;
  if (grows) {
    to->span.begin = std::min(to->span.begin, span.begin);
    to->span.end = std::max(to->span.end, span.end);
    return;
  }
  to->span = span;
  to->stretches = stretches;
}

CalendarClock::Holding CalendarClock::Contains(const CompiledCalendar& calendar,
                                               LocalClock& clock,
                                               int64_t instant) {
  Remembered& known = Of(calendar);
  if (instant < known.span.begin || instant >= known.span.end) {
    const int64_t day = clock.Day(instant);
    // Where clocks skip midnight, a day may begin beside its first instant.
    const replay::Interval span = {
        std::min(clock.DayStart(day), instant),
        std::max(clock.DayStart(day + 1), instant + 1)};
    Remember(Within(calendar, clock, span.begin, span.end), span, &known);
  }
  for (const Stretch& stretch : known.stretches) {
    if (instant < stretch.time.begin) break;
    if (instant < stretch.time.end) {
      return stretch.known ? Holding::kIn : Holding::kOpen;
    }
  }
  return Holding::kOut;
}

bool CalendarClock::AllOut(const CompiledCalendar& calendar, LocalClock& clock,
                           int64_t from, int64_t to) {
  if (from >= to) return true;
  Remembered& known = Of(calendar);
  if (known.stretches.empty() && from >= known.span.begin &&
      to <= known.span.end) {
    return true;
  }
  if (!Within(calendar, clock, from, to).empty()) return false;
  Remember({}, {from, to}, &known);
  return true;
}

}  // namespace plumbline::audit
