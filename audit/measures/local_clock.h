#ifndef PLUMBLINE_AUDIT_MEASURES_LOCAL_CLOCK_H_
#define PLUMBLINE_AUDIT_MEASURES_LOCAL_CLOCK_H_

#include <cstdint>

#include "absl/time/time.h"
#include "replay/base/units.h"

namespace plumbline::audit {

inline constexpr int64_t kDay = 24 * replay::kHour;

// Wall clock of one zone for instants in milliseconds. Keeps the stretch
// between two changes of the offset, so that a call is an addition. Not
// thread-safe; one per instance.
class LocalClock {
 public:
  explicit LocalClock(absl::TimeZone zone) : zone_(zone) {}

  // Milliseconds of the wall clock since 1970-01-01 00:00 local.
  int64_t ToLocal(int64_t instant) {
    if (instant < from_ || instant >= to_) Find(instant);
    return instant + offset_;
  }
  // Local days since 1970-01-01. Instants of one day in a row cost no division.
  int64_t Day(int64_t instant) {
    if (instant < day_from_ || instant >= day_to_) FindDay(instant);
    return day_;
  }
  // First instant after `instant` at which the offset may be another.
  int64_t OffsetEnd(int64_t instant) {
    ToLocal(instant);
    return to_;
  }
  // First instant of local day `day`.
  int64_t DayStart(int64_t day) const;

  static int64_t FloorDay(int64_t local) {
    return local >= 0 ? local / kDay : -((-local + kDay - 1) / kDay);
  }
  // ISO weeks since that of 1970-01-01, which began on a Monday, three days
  // before.
  static int64_t Week(int64_t day) {
    const int64_t shifted = day + 3;
    return shifted >= 0 ? shifted / 7 : -((-shifted + 6) / 7);
  }
  // 0 Monday ... 6 Sunday.
  static int WeekDay(int64_t day) {
    return static_cast<int>(day + 3 - Week(day) * 7);
  }

 private:
  void Find(int64_t instant);
  void FindDay(int64_t instant);

  absl::TimeZone zone_;
  int64_t from_ = 0, to_ = 0, offset_ = 0;
  int64_t day_ = 0, day_from_ = 0, day_to_ = 0;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_LOCAL_CLOCK_H_
