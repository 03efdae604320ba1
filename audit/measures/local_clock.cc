#include "audit/measures/local_clock.h"

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

int64_t LocalClock::DayStart(int64_t day) const {
  return absl::ToUnixMillis(
      absl::FromCivil(absl::CivilDay(1970, 1, 1) + day, zone_));
}

}  // namespace plumbline::audit
