#include "audit/measures/local_clock.h"

#include <algorithm>
#include <limits>

namespace plumbline::audit {
namespace {

int64_t InstantOf(const absl::TimeZone::CivilTransition& change,
                  absl::TimeZone zone) {
  // The first wall time after a change names it, also where it occurs twice.
  const absl::TimeZone::TimeInfo info = zone.At(change.to);
  return absl::ToUnixMillis(
      info.kind == absl::TimeZone::TimeInfo::UNIQUE ? info.pre : info.trans);
}

}  // namespace

void LocalClock::Find(int64_t instant) {
  const absl::Time time = absl::FromUnixMillis(instant);
  offset_ = int64_t{zone_.At(time).offset} * replay::kSecond;
  from_ = std::numeric_limits<int64_t>::min();
  to_ = std::numeric_limits<int64_t>::max();
  absl::TimeZone::CivilTransition change;
  if (zone_.NextTransition(time, &change)) to_ = InstantOf(change, zone_);
  // Looks strictly before whole seconds, and a change at `time` counts.
  if (zone_.PrevTransition(time + absl::Seconds(1), &change)) {
    from_ = InstantOf(change, zone_);
  }
}

void LocalClock::FindDay(int64_t instant) {
  const int64_t local = ToLocal(instant);
  day_ = FloorDay(local);
  const int64_t of_day = local - day_ * kDay;
  day_from_ = std::max(from_, instant - of_day);
  day_to_ = std::min(to_, instant + (kDay - of_day));
}

int64_t LocalClock::DayStart(int64_t day) const {
  // Well inside the stretch of one offset there is nothing to look up: no
  // change reaches over two days.
  const int64_t start = day * kDay - offset_;
  if (from_ < to_ && start < to_ && start - 2 * kDay > from_) return start;
  return absl::ToUnixMillis(
      absl::FromCivil(absl::CivilDay(1970, 1, 1) + day, zone_));
}

}  // namespace plumbline::audit
