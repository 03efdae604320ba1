#ifndef PLUMBLINE_REPLAY_BASE_UNITS_H_
#define PLUMBLINE_REPLAY_BASE_UNITS_H_

#include <cstdint>
#include <limits>

namespace plumbline::replay {

// Every quantity is an int64 in one unit; docs/units.md is the list.
//
//   instants, durations   milliseconds (UTC for instants)
//   money, decimals       millionths of the major unit
//   distances             millimetres
//   degrees               1e-7 degree
//
// Unknown is a value of its own and never zero.
inline constexpr int64_t kUnknown = std::numeric_limits<int64_t>::min();

inline constexpr int64_t kSecond = 1'000;
inline constexpr int64_t kMinute = 60 * kSecond;
inline constexpr int64_t kHour = 60 * kMinute;
inline constexpr int64_t kMajorUnit = 1'000'000;
inline constexpr int64_t kMetre = 1'000;
inline constexpr int64_t kMile = 1'609'344;

constexpr bool IsKnown(int64_t value) { return value != kUnknown; }

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_BASE_UNITS_H_
