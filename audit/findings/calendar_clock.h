#ifndef PLUMBLINE_AUDIT_FINDINGS_CALENDAR_CLOCK_H_
#define PLUMBLINE_AUDIT_FINDINGS_CALENDAR_CLOCK_H_

#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "audit/measures/local_clock.h"
#include "audit/rules/compiled_pack.h"
#include "replay/base/interval_set.h"

namespace plumbline::audit {

// A number of calendar months later, at the same wall clock; the 31st of a
// shorter month is its last day.
int64_t PlusMonths(int64_t instant, int64_t months, LocalClock& clock,
                   absl::TimeZone zone);

// Calendars of a pack on the wall clock of the log's zone: which stretches of
// time are holiday, night, ..., and which are not known to be either.
class CalendarClock {
 public:
  CalendarClock(absl::TimeZone zone, bool allow_unverified)
      : zone_(zone), allow_unverified_(allow_unverified) {}

  struct Stretch {
    replay::Interval time;
    bool known = true;  // False: the calendar does not say.
  };
  // Stretches of the calendar within [from, to), ascending and disjoint, and
  // those that it leaves open. Valid until the next call. O(days).
  const std::vector<Stretch>& Within(const CompiledCalendar& calendar,
                                     LocalClock& clock, int64_t from,
                                     int64_t to);

  // Whether an instant is in the calendar; open where the calendar does not
  // say. O(1) for instants of days that were asked before, or between two such.
  enum class Holding : uint8_t { kOut, kIn, kOpen };
  Holding Contains(const CompiledCalendar& calendar, LocalClock& clock,
                   int64_t instant);
  // Whether all of [from, to) is out of it. O(1) beside stretches of which that
  // is known already, else O(days).
  bool AllOut(const CompiledCalendar& calendar, LocalClock& clock, int64_t from,
              int64_t to);

  // Milliseconds after the midnight of `day`, local, as an instant.
  int64_t At(int64_t day, int64_t milliseconds) const;

 private:
  // All that is known of a calendar within some span.
  struct Remembered {
    const CompiledCalendar* calendar = nullptr;
    replay::Interval span;
    std::vector<Stretch> stretches;
  };
  Remembered& Of(const CompiledCalendar& calendar);
  // `span` becomes what is remembered; a span without stretches grows.
  void Remember(const std::vector<Stretch>& stretches, replay::Interval span,
                Remembered* to) const;

  std::vector<Remembered> remembered_;
  absl::TimeZone zone_;
  bool allow_unverified_;
  std::vector<Stretch> stretches_;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_FINDINGS_CALENDAR_CLOCK_H_
