#ifndef PLUMBLINE_REPLAY_INGEST_CELLS_H_
#define PLUMBLINE_REPLAY_INGEST_CELLS_H_

#include <cstdint>
#include <string_view>

#include "absl/time/time.h"
#include "plumbline/v1/log.pb.h"

namespace plumbline::replay {

// One cell of text to the integer inside. All return false for what cannot be
// read exactly, and never guess.

// "2026-03-01T12:30:00+08:00" or "...Z", fractions down to milliseconds. With
// a zone, also "2026-03-01 12:30:00" as local time there: a time that a DST
// change skips is refused, one that it repeats is taken as the earlier.
bool ParseRfc3339(std::string_view text, const absl::TimeZone* local, int64_t* ms);

// Whole numbers, also written "551.0".
bool ParseEpoch(std::string_view text, int64_t ms_per_unit, int64_t* ms);

// A number in the text unit of `unit` (seconds, metres, major units, ...)
// times numerator/denominator (0: not scaled), in the unit inside; a scaled
// number is rounded half up.
bool ParseQuantity(std::string_view text, v1::Unit unit, int64_t numerator, int64_t denominator,
                   int64_t* value);

bool ParseDate(std::string_view text, int64_t* days);
bool ParseBool(std::string_view text, int64_t* value);  // true, false, 1, 0.
bool IsUtf8(std::string_view text);

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_INGEST_CELLS_H_
