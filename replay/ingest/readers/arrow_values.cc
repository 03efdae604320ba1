#include "replay/ingest/readers/arrow_values.h"

#include "absl/time/time.h"
#include "arrow/type_traits.h"
#include "replay/base/units.h"

namespace plumbline::replay {

int64_t PerSecond(const arrow::TimestampType& type) {
  switch (type.unit()) {
    case arrow::TimeUnit::SECOND:
      return 1;
    case arrow::TimeUnit::MILLI:
      return 1'000;
    case arrow::TimeUnit::MICRO:
      return 1'000'000;
    default:
      return 1'000'000'000;
  }
}

// Milliseconds, finer digits cut off; false where they overflow.
bool ToMilliseconds(int64_t value, int64_t per_second, int64_t* ms) {
  if (per_second <= kSecond) {
    return !__builtin_mul_overflow(value, kSecond / per_second, ms);
  }
  const int64_t part = per_second / kSecond;
  *ms = value / part - (value % part < 0 ? 1 : 0);
  return true;
}

std::string InstantText(int64_t value, const arrow::TimestampType& type) {
  int64_t ms = 0;
  if (!ToMilliseconds(value, PerSecond(type), &ms)) {
    return std::to_string(value);
  }
  return absl::FormatTime(
      type.timezone().empty() ? "%Y-%m-%d %H:%M:%E*S" : "%Y-%m-%dT%H:%M:%E*SZ",
      absl::FromUnixMillis(ms), absl::UTCTimeZone());
}

bool IsTextual(const arrow::DataType& type) {
  return arrow::is_base_binary_like(type.id()) ||
         type.id() == arrow::Type::STRING_VIEW ||
         type.id() == arrow::Type::BINARY_VIEW;
}

void ViewTexts(const arrow::Array& array,
               std::vector<std::string_view>* views) {
  views->clear();
  const auto keep = [views](std::string_view text, bool) {
    views->push_back(text);
  };
  const absl::FunctionRef<void(std::string_view, bool)> collect = keep;
  VisitTexts(array, collect);
}

bool IsList(const arrow::DataType& type) {
  return type.id() == arrow::Type::LIST || type.id() == arrow::Type::LARGE_LIST;
}

}  // namespace plumbline::replay
