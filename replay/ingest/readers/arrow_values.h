#ifndef PLUMBLINE_REPLAY_INGEST_READERS_ARROW_VALUES_H_
#define PLUMBLINE_REPLAY_INGEST_READERS_ARROW_VALUES_H_

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/time/civil_time.h"
#include "arrow/array.h"
#include "arrow/type.h"
#include "arrow/util/bit_util.h"

namespace plumbline::replay {

int64_t PerSecond(const arrow::TimestampType& type);
// Milliseconds, finer digits cut off; false where they overflow.
bool ToMilliseconds(int64_t value, int64_t per_second, int64_t* ms);
std::string InstantText(int64_t value, const arrow::TimestampType& type);

bool IsTextual(const arrow::DataType& type);
bool IsList(const arrow::DataType& type);

// Whether all of `n` indices lie in [0, end), `end` <= 2^31. Signs are gathered
// rather than compared, which every machine does for many values at once.
inline bool AllWithin(const int32_t* indices, int64_t n, uint32_t end) {
  uint32_t outside = 0;
  for (int64_t i = 0; i < n; ++i) {
    const auto index = static_cast<uint32_t>(indices[i]);
    outside |= index | (end - 1 - index);
  }
  return n == 0 || (end > 0 && outside >> 31 == 0);
}

// The texts of a textual array where they lie, empty for null.
void ViewTexts(const arrow::Array& array, std::vector<std::string_view>* views);

// Calls visit(text) for each value of the array, empty for null. `buffer` is
// where texts that had to be made lie: only until the next call of visit.
template <typename Visit>
bool VisitTexts(const arrow::Array& array, Visit&& visit) {
  using arrow::Type;
  char buffer[80];
  const auto texts = [&](const auto& typed) {
    const bool nulls = typed.null_count() > 0;
    for (int64_t i = 0; i < typed.length(); ++i) {
      visit(nulls && typed.IsNull(i) ? std::string_view() : typed.GetView(i),
            false);
    }
    return true;
  };
  const auto numbers = [&](const auto& typed) {
    for (int64_t i = 0; i < typed.length(); ++i) {
      if (typed.IsNull(i)) {
        visit(std::string_view(), false);
        continue;
      }
      const char* end =
          std::to_chars(buffer, buffer + sizeof(buffer), typed.Value(i)).ptr;
      visit(std::string_view(buffer, static_cast<size_t>(end - buffer)), true);
    }
    return true;
  };
  const auto made = [&](const auto& typed, auto&& text_of) {
    for (int64_t i = 0; i < typed.length(); ++i) {
      if (typed.IsNull(i)) {
        visit(std::string_view(), false);
      } else {
        visit(std::string_view(text_of(i)), true);
      }
    }
    return true;
  };
  switch (array.type_id()) {
    case Type::STRING:
      return texts(static_cast<const arrow::StringArray&>(array));
    case Type::LARGE_STRING:
      return texts(static_cast<const arrow::LargeStringArray&>(array));
    case Type::STRING_VIEW:
      return texts(static_cast<const arrow::StringViewArray&>(array));
    case Type::BINARY:
      return texts(static_cast<const arrow::BinaryArray&>(array));
    case Type::LARGE_BINARY:
      return texts(static_cast<const arrow::LargeBinaryArray&>(array));
    case Type::BINARY_VIEW:
      return texts(static_cast<const arrow::BinaryViewArray&>(array));
    case Type::BOOL: {
      const auto& bools = static_cast<const arrow::BooleanArray&>(array);
      for (int64_t i = 0; i < bools.length(); ++i) {
        visit(bools.IsNull(i)  ? std::string_view()
              : bools.Value(i) ? std::string_view("true")
                               : std::string_view("false"),
              false);
      }
      return true;
    }
    case Type::INT8:
      return numbers(static_cast<const arrow::Int8Array&>(array));
    case Type::INT16:
      return numbers(static_cast<const arrow::Int16Array&>(array));
    case Type::INT32:
      return numbers(static_cast<const arrow::Int32Array&>(array));
    case Type::INT64:
      return numbers(static_cast<const arrow::Int64Array&>(array));
    case Type::UINT8:
      return numbers(static_cast<const arrow::UInt8Array&>(array));
    case Type::UINT16:
      return numbers(static_cast<const arrow::UInt16Array&>(array));
    case Type::UINT32:
      return numbers(static_cast<const arrow::UInt32Array&>(array));
    case Type::UINT64:
      return numbers(static_cast<const arrow::UInt64Array&>(array));
    case Type::FLOAT:
      return numbers(static_cast<const arrow::FloatArray&>(array));
    case Type::DOUBLE:
      return numbers(static_cast<const arrow::DoubleArray&>(array));
    case Type::DECIMAL32: {
      const auto& typed = static_cast<const arrow::Decimal32Array&>(array);
      return made(typed, [&](int64_t i) { return typed.FormatValue(i); });
    }
    case Type::DECIMAL64: {
      const auto& typed = static_cast<const arrow::Decimal64Array&>(array);
      return made(typed, [&](int64_t i) { return typed.FormatValue(i); });
    }
    case Type::DECIMAL128: {
      const auto& typed = static_cast<const arrow::Decimal128Array&>(array);
      return made(typed, [&](int64_t i) { return typed.FormatValue(i); });
    }
    case Type::DECIMAL256: {
      const auto& typed = static_cast<const arrow::Decimal256Array&>(array);
      return made(typed, [&](int64_t i) { return typed.FormatValue(i); });
    }
    case Type::TIMESTAMP: {
      const auto& typed = static_cast<const arrow::TimestampArray&>(array);
      const auto& type =
          static_cast<const arrow::TimestampType&>(*array.type());
      return made(typed,
                  [&](int64_t i) { return InstantText(typed.Value(i), type); });
    }
    case Type::DATE32: {
      const auto& typed = static_cast<const arrow::Date32Array&>(array);
      return made(typed, [&](int64_t i) {
        return absl::FormatCivilTime(absl::CivilDay(1970, 1, 1) +
                                     typed.Value(i));
      });
    }
    case Type::NA:
      for (int64_t i = 0; i < array.length(); ++i) {
        visit(std::string_view(), false);
      }
      return true;
    case Type::DICTIONARY: {
      const auto& coded = static_cast<const arrow::DictionaryArray&>(array);
      if (IsTextual(*coded.dictionary()->type())) {
        std::vector<std::string_view> views;
        ViewTexts(*coded.dictionary(), &views);
        for (int64_t i = 0; i < coded.length(); ++i) {
          const auto at = static_cast<size_t>(
              coded.IsNull(i) ? -1 : coded.GetValueIndex(i));
          visit(at < views.size() ? views[at] : std::string_view(), false);
        }
        return true;
      }
      // The texts of the dictionary once, then by index.
      std::vector<std::string> values;
      const auto keep = [&values](std::string_view text, bool) {
        values.emplace_back(text);
      };
      // One type for all, or each call would make a template of its own.
      const absl::FunctionRef<void(std::string_view, bool)> collect = keep;
      if (!VisitTexts(*coded.dictionary(), collect)) return false;
      for (int64_t i = 0; i < coded.length(); ++i) {
        const int64_t at = coded.IsNull(i) ? -1 : coded.GetValueIndex(i);
        if (at < 0 || at >= static_cast<int64_t>(values.size())) {
          visit(std::string_view(), false);
        } else {
          visit(std::string_view(values[static_cast<size_t>(at)]), true);
        }
      }
      return true;
    }
    default:
      return false;
  }
}

// Which values of an array are there, a bit at a time without a call.
class Presence {
 public:
  explicit Presence(const arrow::Array& array)
      : bits_(array.null_count() > 0 ? array.null_bitmap_data() : nullptr),
        offset_(array.offset()) {}
  bool any_missing() const { return bits_ != nullptr; }
  bool operator()(int64_t i) const {
    return bits_ == nullptr || arrow::bit_util::GetBit(bits_, offset_ + i);
  }

 private:
  const uint8_t* bits_;
  int64_t offset_;
};

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_INGEST_READERS_ARROW_VALUES_H_
