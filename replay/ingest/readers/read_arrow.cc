// Parquet by row group and Arrow IPC by batch; numbers, instants and booleans
// go from their arrays into the batch, everything else by way of its text.
#include <charconv>
#include <cstring>
#include <optional>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "arrow/array.h"
#include "arrow/io/file.h"
#include "arrow/io/memory.h"
#include "arrow/ipc/reader.h"
#include "arrow/record_batch.h"
#include "arrow/table.h"
#include "arrow/type.h"
#include "arrow/type_traits.h"
#include "arrow/util/bit_util.h"
#include "parquet/arrow/reader.h"
#include "parquet/arrow/schema.h"
#include "parquet/exception.h"
#include "parquet/file_reader.h"
#include "parquet/properties.h"
#include "replay/base/decimal.h"
#include "replay/ingest/json_cells.h"
#include "replay/ingest/readers/internal.h"

namespace plumbline::replay {
namespace {

constexpr int64_t kBatchRows = int64_t{8} << 10;
constexpr const char* kDamaged = "copy or export it again";

absl::Status Damaged(const SourceFile& file, const std::string& detail) {
  return FileError(file,
                   absl::StrCat("the file breaks off or is damaged (", detail,
                                "), expected it whole"),
                   kDamaged);
}

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

void ViewTexts(const arrow::Array& array,
               std::vector<std::string_view>* views) {
  views->clear();
  const auto keep = [views](std::string_view text, bool) {
    views->push_back(text);
  };
  const absl::FunctionRef<void(std::string_view, bool)> collect = keep;
  VisitTexts(array, collect);
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

bool IsList(const arrow::DataType& type) {
  return type.id() == arrow::Type::LIST || type.id() == arrow::Type::LARGE_LIST;
}

// The columns of one batch, by index in the file's header.
struct ArrowSource {
  std::vector<const arrow::Array*> arrays;
  TextArena* arena = nullptr;
  // Of the dictionary that is read just now.
  mutable std::vector<std::string_view> entries;
  mutable std::vector<int64_t> numbers;

  template <typename Visitor>
  void Visit(int column, Visitor&& visitor) const {
    VisitTexts(*arrays[static_cast<size_t>(column)],
               [&](std::string_view text, bool made) {
                 if (made) text = arena->Copy(text);
                 visitor(text.data(), text.size());
               });
  }

  bool Typed(const Decoder& decoder, size_t index, Decoder::Work& work) const {
    const MappedColumn& column = decoder.columns()[index];
    const arrow::Array& array = *arrays[static_cast<size_t>(column.source)];
    ColumnData& data = work.batch.columns[index];
    if (IsList(*array.type())) {
      FillList(decoder, index, array, work);
      return true;
    }
    const bool words = !column.unknown.empty() || !column.words.empty() ||
                       !column.member.empty() || !column.prefix.empty();
    if (words) return false;
    if (array.type_id() == arrow::Type::DICTIONARY) {
      return FillCoded(decoder, index,
                       static_cast<const arrow::DictionaryArray&>(array), work);
    }
    int64_t* out = data.numbers.data();
    switch (column.kind) {
      case CellKind::kEpoch:
      case CellKind::kRfc3339:
      case CellKind::kLocal:
        if (array.type_id() == arrow::Type::TIMESTAMP) {
          FillInstants(decoder, index,
                       static_cast<const arrow::TimestampArray&>(array), work);
          return true;
        }
        if (column.kind != CellKind::kEpoch) return false;
        return WithIntegers(array, [&](const auto& typed) {
          Fill(decoder, index, typed, out, work, [&](int64_t i, int64_t* v) {
            const int64_t last = kLastInstant / column.ms_per_unit;
            const auto value = static_cast<int64_t>(typed.Value(i));
            if (value > last || value < 0) return false;
            *v = value * column.ms_per_unit;
            return true;
          });
        });
      case CellKind::kNumber:
        if (array.type_id() == arrow::Type::DOUBLE) {
          const auto& typed = static_cast<const arrow::DoubleArray&>(array);
          Fill(decoder, index, typed, out, work, [&](int64_t i, int64_t* v) {
            return ScaleDouble(typed.Value(i), column.schema->unit,
                               column.numerator, column.denominator,
                               v) == CellResult::kGood &&
                   *v >= 0;
          });
          return true;
        }
        if (array.type_id() == arrow::Type::DECIMAL32) {
          return FillDecimals<int32_t>(decoder, index, array, work);
        }
        if (array.type_id() == arrow::Type::DECIMAL64) {
          return FillDecimals<int64_t>(decoder, index, array, work);
        }
        if (array.type_id() == arrow::Type::DECIMAL128) {
          return FillDecimals<__int128>(decoder, index, array, work);
        }
        return WithIntegers(array, [&](const auto& typed) {
          const int64_t most =
              std::numeric_limits<int64_t>::max() / kPowersOfTen[column.digits];
          const bool scaled = column.numerator != 0;
          Fill(decoder, index, typed, out, work, [&](int64_t i, int64_t* v) {
            const auto value = static_cast<int64_t>(typed.Value(i));
            if (scaled || value < 0 || value > most) return false;
            *v = value * kPowersOfTen[column.digits];
            return true;
          });
        });
      case CellKind::kWord: {
        if (array.type_id() != arrow::Type::BOOL ||
            column.schema->type != ColumnType::kBool) {
          return false;
        }
        const auto& typed = static_cast<const arrow::BooleanArray&>(array);
        Fill(decoder, index, typed, out, work, [&](int64_t i, int64_t* v) {
          *v = typed.Value(i) ? 1 : 0;
          return true;
        });
        return true;
      }
      case CellKind::kDate: {
        if (array.type_id() != arrow::Type::DATE32) return false;
        const auto& typed = static_cast<const arrow::Date32Array&>(array);
        Fill(decoder, index, typed, out, work, [&](int64_t i, int64_t* v) {
          *v = typed.Value(i);
          return true;
        });
        return true;
      }
      default:
        return false;
    }
  }

  // Decimals of no more digits than the unit has inside; the others go by way
  // of their text.
  template <typename Integer>
  static bool FillDecimals(const Decoder& decoder, size_t index,
                           const arrow::Array& array, Decoder::Work& work) {
    const MappedColumn& column = decoder.columns()[index];
    const auto& decimals =
        static_cast<const arrow::FixedSizeBinaryArray&>(array);
    const auto& type = static_cast<const arrow::DecimalType&>(*array.type());
    const int more = column.digits - type.scale();
    if (column.numerator != 0 || type.scale() < 0 || more < 0) return false;
    const int64_t power = kPowersOfTen[more];
    const int64_t most = std::numeric_limits<int64_t>::max() / power;
    const uint8_t* bytes = decimals.raw_values();
    Fill(decoder, index, array, work.batch.columns[index].numbers.data(), work,
         [=](int64_t i, int64_t* v) {
           Integer number;
           std::memcpy(&number,
                       bytes + i * static_cast<int64_t>(sizeof(number)),
                       sizeof(number));
           if (number < 0 || number > most) return false;
           *v = static_cast<int64_t>(number) * power;
           return true;
         });
    return true;
  }

  // Words and texts that stand in the dictionary: each is looked at once, and
  // rows by their index. What is not good goes the slow way in each of its
  // rows, for its faults.
  bool FillCoded(const Decoder& decoder, size_t index,
                 const arrow::DictionaryArray& array,
                 Decoder::Work& work) const {
    const MappedColumn& column = decoder.columns()[index];
    const bool text = column.kind == CellKind::kText;
    if ((!text && column.kind != CellKind::kWord) ||
        array.indices()->type_id() != arrow::Type::INT32 ||
        !IsTextual(*array.dictionary()->type())) {
      return false;
    }
    const auto& indices =
        static_cast<const arrow::Int32Array&>(*array.indices());
    const int32_t* at = indices.raw_values();
    const Presence present(indices);
    ViewTexts(*array.dictionary(), &entries);
    const auto view = [&](int64_t i) {
      const auto entry = static_cast<size_t>(at[i]);
      return present(i) && entry < entries.size() ? entries[entry]
                                                  : std::string_view();
    };
    const auto rows = static_cast<size_t>(array.length());
    if (text) {
      std::string_view* out = work.batch.columns[index].texts.data();
      const bool ascii =
          work.ascii || std::all_of(entries.begin(), entries.end(), IsUtf8);
      for (size_t row = 0; row < rows; ++row) {
        const std::string_view entry = view(static_cast<int64_t>(row));
        if (ascii && !entry.empty()) {
          out[row] = entry;
        } else if (column.may_be_empty && entry.empty()) {
          out[row] = {};
        } else {
          out[row] = decoder.SlowText(index, row, entry, work);
        }
      }
      return true;
    }
    numbers.assign(entries.size(), kUnknown);
    for (size_t i = 0; i < entries.size(); ++i) {
      for (const auto& [word, number] : column.values) {
        if (word == entries[i]) numbers[i] = number;
      }
    }
    int64_t* out = work.batch.columns[index].numbers.data();
    for (size_t row = 0; row < rows; ++row) {
      const auto i = static_cast<int64_t>(row);
      const auto entry = static_cast<size_t>(at[i]);
      if (present(i) && entry < numbers.size() && IsKnown(numbers[entry])) {
        out[row] = numbers[entry];
      } else {
        out[row] = decoder.SlowNumber(index, row, view(i), work);
      }
    }
    return true;
  }

  // `read(i, &value)` is the fast way; where it gives up, the text of the value
  // goes the slow and exact one.
  template <typename Array, typename Read>
  static void Fill(const Decoder& decoder, size_t index, const Array& array,
                   int64_t* out, Decoder::Work& work, Read&& read) {
    const Presence present(array);
    const bool may_be_empty = decoder.columns()[index].may_be_empty;
    for (int64_t i = 0; i < array.length(); ++i) {
      const auto row = static_cast<size_t>(i);
      int64_t value;
      if (!present(i)) {
        out[row] =
            may_be_empty ? kUnknown : decoder.SlowNumber(index, row, {}, work);
        continue;
      }
      if (read(i, &value)) {
        out[row] = value;
        continue;
      }
      const auto one = array.Slice(i, 1);
      VisitTexts(*one, [&](std::string_view text, bool) {
        out[row] = decoder.SlowNumber(index, row, text, work);
      });
    }
  }

  template <typename Use>
  static bool WithIntegers(const arrow::Array& array, Use&& use) {
    using arrow::Type;
    switch (array.type_id()) {
      case Type::INT8:
        use(static_cast<const arrow::Int8Array&>(array));
        return true;
      case Type::INT16:
        use(static_cast<const arrow::Int16Array&>(array));
        return true;
      case Type::INT32:
        use(static_cast<const arrow::Int32Array&>(array));
        return true;
      case Type::INT64:
        use(static_cast<const arrow::Int64Array&>(array));
        return true;
      case Type::UINT8:
        use(static_cast<const arrow::UInt8Array&>(array));
        return true;
      case Type::UINT16:
        use(static_cast<const arrow::UInt16Array&>(array));
        return true;
      case Type::UINT32:
        use(static_cast<const arrow::UInt32Array&>(array));
        return true;
      default:
        return false;
    }
  }

  static void FillInstants(const Decoder& decoder, size_t index,
                           const arrow::TimestampArray& array,
                           Decoder::Work& work) {
    const auto& type = static_cast<const arrow::TimestampType&>(*array.type());
    const int64_t per_second = PerSecond(type);
    const bool local = type.timezone().empty();
    LocalTime& clock = work.caches[index].local;
    int64_t* out = work.batch.columns[index].numbers.data();
    const Presence present(array);
    const bool may_be_empty = decoder.columns()[index].may_be_empty;
    const bool plain = !local && per_second == kSecond;
    const int64_t* values = array.raw_values();
    for (int64_t i = 0; i < array.length(); ++i) {
      const auto row = static_cast<size_t>(i);
      if (!present(i)) {
        out[row] =
            may_be_empty ? kUnknown : decoder.SlowNumber(index, row, {}, work);
        continue;
      }
      if (plain && values[i] <= kLastInstant && values[i] >= kFirstInstant) {
        out[row] = values[i];
        continue;
      }
      int64_t ms = 0;
      CellResult result = CellResult::kGood;
      if (!ToMilliseconds(values[i], per_second, &ms) || ms > kLastInstant ||
          ms < kFirstInstant) {
        result = CellResult::kOutOfRange;
      } else if (local) {
        result = clock.ToUtc(ms, &ms);
      }
      out[row] = result == CellResult::kGood
                     ? ms
                     : decoder.Settle(index, row, result, ms,
                                      InstantText(array.Value(i), type), work);
    }
  }

  static void FillList(const Decoder& decoder, size_t index,
                       const arrow::Array& array, Decoder::Work& work) {
    const auto fill = [&](const auto& lists) {
      std::vector<std::string> items;
      std::string json;
      for (int64_t i = 0; i < lists.length(); ++i) {
        const auto row = static_cast<size_t>(i);
        json.clear();
        if (!lists.IsNull(i)) {
          items.clear();
          VisitTexts(*lists.value_slice(i), [&](std::string_view item, bool) {
            items.emplace_back(item);
          });
          AppendJsonList(
              items,
              decoder.columns()[index].schema->type == ColumnType::kNumberList,
              &json);
        }
        // The array text goes the way of all JSON cells.
        work.batch.columns[index].texts[row] =
            decoder.SlowText(index, row, work.arena.Copy(json), work);
      }
    };
    if (array.type_id() == arrow::Type::LIST) {
      fill(static_cast<const arrow::ListArray&>(array));
    } else {
      fill(static_cast<const arrow::LargeListArray&>(array));
    }
  }
};

bool AsciiBytes(const uint8_t* bytes, int64_t size) {
  uint8_t all = 0;
  for (int64_t i = 0; i < size; ++i) all |= bytes[i];
  return all < 0x80;
}

// Texts of plain arrays are looked at as a whole; of others, one by one.
bool IsAscii(const arrow::Array& array) {
  switch (array.type_id()) {
    case arrow::Type::STRING:
    case arrow::Type::BINARY: {
      const auto& texts = static_cast<const arrow::BinaryArray&>(array);
      if (texts.length() == 0) return true;
      const int64_t first = texts.value_offset(0);
      return AsciiBytes(texts.raw_data() + first,
                        texts.value_offset(texts.length()) - first);
    }
    case arrow::Type::LARGE_STRING:
    case arrow::Type::LARGE_BINARY: {
      const auto& texts = static_cast<const arrow::LargeBinaryArray&>(array);
      if (texts.length() == 0) return true;
      const int64_t first = texts.value_offset(0);
      return AsciiBytes(texts.raw_data() + first,
                        texts.value_offset(texts.length()) - first);
    }
    case arrow::Type::DICTIONARY:
      return IsAscii(
          *static_cast<const arrow::DictionaryArray&>(array).dictionary());
    case arrow::Type::STRING_VIEW:
    case arrow::Type::BINARY_VIEW:
    case arrow::Type::LIST:
    case arrow::Type::LARGE_LIST:
      return false;
    default:
      return true;
  }
}

// What a column of Arrow may be for a canonical column; empty: it fits.
std::string WrongType(const MappedColumn& column, const arrow::DataType& type) {
  using arrow::Type;
  const arrow::DataType& plain =
      type.id() == Type::DICTIONARY
          ? *static_cast<const arrow::DictionaryType&>(type).value_type()
          : type;
  const Type::type id = plain.id();
  const bool integer = arrow::is_integer(id);
  const bool number = integer || id == Type::FLOAT || id == Type::DOUBLE ||
                      arrow::is_decimal(id);
  if (id == Type::NA || IsTextual(plain)) return "";
  switch (column.kind) {
    case CellKind::kText:
      return number || id == Type::BOOL || id == Type::TIMESTAMP ||
                     id == Type::DATE32
                 ? ""
                 : "texts";
    case CellKind::kList: {
      if (!IsList(type)) return "lists, or JSON arrays as texts";
      const Type::type item =
          static_cast<const arrow::BaseListType&>(type).value_type()->id();
      return arrow::is_integer(item) || arrow::is_base_binary_like(item) ||
                     item == Type::FLOAT || item == Type::DOUBLE ||
                     item == Type::STRING_VIEW || item == Type::NA
                 ? ""
                 : "lists of texts or numbers";
    }
    case CellKind::kWord:
      return integer || id == Type::BOOL ? "" : "words or booleans";
    case CellKind::kDate:
      return id == Type::DATE32 ? "" : "dates";
    case CellKind::kNumber:
      return number ? "" : "numbers";
    default:
      break;
  }
  if (id == Type::TIMESTAMP) {
    const bool local =
        static_cast<const arrow::TimestampType&>(plain).timezone().empty();
    return local && !column.has_zone
               ? "timestamps with a time zone, or local_zone in a mapping"
               : "";
  }
  if (!number) return "timestamps, RFC 3339 texts or epoch numbers";
  return column.kind == CellKind::kEpoch
             ? ""
             : "RFC 3339, the form of this log's instants, or timestamps; give "
               "--instants EPOCH_SECONDS or EPOCH_MILLISECONDS";
}

absl::Status CheckTypes(const TableReader& reader,
                        const arrow::Schema& schema) {
  const SourceFile& file = reader.file();
  const auto check = [&](int column,
                         const std::string& expected) -> absl::Status {
    if (expected.empty()) return absl::OkStatus();
    const arrow::Field& field = *schema.field(column);
    return absl::InvalidArgumentError(absl::StrCat(
        file.name, ":1:", column + 1, ": found column ", field.name(),
        " of type ", field.type()->ToString(), ", expected ", expected,
        "; cast it or map another column"));
  };
  for (const Decoder& decoder : reader.decoders()) {
    std::vector<int> others = decoder.SourceColumns();
    for (const MappedColumn& column : decoder.columns()) {
      if (column.source < 0) continue;
      absl::Status status =
          check(column.source,
                WrongType(column, *schema.field(column.source)->type()));
      if (!status.ok()) return status;
      std::erase(others, column.source);
    }
    // Parts of ids, conditions and free columns are read as texts.
    MappedColumn text;
    for (const int column : others) {
      absl::Status status =
          check(column, WrongType(text, *schema.field(column)->type()));
      if (!status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

std::vector<int> NeededColumns(const TableReader& reader) {
  std::vector<int> columns;
  for (const Decoder& decoder : reader.decoders()) {
    const std::vector<int> more = decoder.SourceColumns();
    columns.insert(columns.end(), more.begin(), more.end());
  }
  std::sort(columns.begin(), columns.end());
  columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
  return columns;
}

// Decodes one batch whose columns are those of `columns`.
struct ThreadState {
  ArrowSource source;
  TextArena arena;
  std::vector<int64_t> lines;
};

absl::Status Decode(TableReader& reader, const std::vector<int>& columns,
                    const arrow::RecordBatch& batch, int64_t first_row,
                    int thread, ThreadState& state) {
  const auto rows = static_cast<size_t>(batch.num_rows());
  state.arena.Clear();
  state.source.arena = &state.arena;
  state.source.arrays.assign(reader.file().columns.size(), nullptr);
  bool ascii = true;
  for (size_t i = 0; i < columns.size(); ++i) {
    const arrow::Array* array = batch.column(static_cast<int>(i)).get();
    state.source.arrays[static_cast<size_t>(columns[i])] = array;
    ascii = ascii && IsAscii(*array);
  }
  state.lines.resize(rows);
  for (size_t i = 0; i < rows; ++i) {
    state.lines[i] = first_row + static_cast<int64_t>(i);
  }
  reader.CountRows(batch.num_rows());
  return reader.Deliver(thread, state.source, state.lines, state.lines, ascii);
}

// Leaves of text of which every page in every row group holds indices of a
// dictionary; where a writer gave the dictionary up, making one again costs
// more than the texts do.
std::vector<int> CodedLeaves(const parquet::FileMetaData& metadata) {
  std::vector<int> leaves;
  for (int leaf = 0; leaf < metadata.num_columns(); ++leaf) {
    bool coded = metadata.schema()->Column(leaf)->physical_type() ==
                     parquet::Type::BYTE_ARRAY &&
                 metadata.num_row_groups() > 0;
    for (int i = 0; coded && i < metadata.num_row_groups(); ++i) {
      const auto chunk = metadata.RowGroup(i)->ColumnChunk(leaf);
      coded = chunk->has_dictionary_page() && !chunk->encoding_stats().empty();
      for (const parquet::PageEncodingStats& pages : chunk->encoding_stats()) {
        coded =
            coded && (pages.page_type == parquet::PageType::DICTIONARY_PAGE ||
                      pages.encoding == parquet::Encoding::RLE_DICTIONARY ||
                      pages.encoding == parquet::Encoding::PLAIN_DICTIONARY);
      }
    }
    if (coded) leaves.push_back(leaf);
  }
  return leaves;
}

arrow::Result<std::unique_ptr<parquet::arrow::FileReader>> OpenParquet(
    const SourceFile& file) {
  ARROW_ASSIGN_OR_RAISE(auto input, arrow::io::ReadableFile::Open(file.path));
  parquet::arrow::FileReaderBuilder builder;
  ARROW_RETURN_NOT_OK(builder.Open(input));
  parquet::ArrowReaderProperties properties;
  try {
    for (const int leaf : CodedLeaves(*builder.raw_reader()->metadata())) {
      properties.set_read_dictionary(leaf, true);
    }
  } catch (const parquet::ParquetException& error) {
    return arrow::Status::IOError(error.what());
  }
  properties.set_batch_size(kBatchRows);
  properties.set_use_threads(false);
  properties.set_pre_buffer(false);
  return builder.properties(properties)->Build();
}

void AddLeaves(const parquet::arrow::SchemaField& field,
               std::vector<int>* leaves) {
  if (field.column_index >= 0) leaves->push_back(field.column_index);
  for (const auto& child : field.children) AddLeaves(child, leaves);
}

absl::Status ReadParquet(TableReader& reader) {
  const SourceFile& file = reader.file();
  auto first = OpenParquet(file);
  if (!first.ok()) return Damaged(file, first.status().message());
  std::shared_ptr<arrow::Schema> schema;
  if (const arrow::Status status = (*first)->GetSchema(&schema); !status.ok()) {
    return Damaged(file, status.message());
  }
  if (absl::Status status = CheckTypes(reader, *schema); !status.ok()) {
    return status;
  }
  std::vector<int> columns = NeededColumns(reader);
  // A file of which nothing but the number of rows is wanted is still read.
  if (columns.empty() && !file.columns.empty()) columns.push_back(0);
  std::vector<int> leaves;
  for (const int column : columns) {
    AddLeaves((*first)->manifest().schema_fields[static_cast<size_t>(column)],
              &leaves);
  }
  std::vector<int64_t> starts(1, 1);
  std::vector<int64_t> bytes;
  try {
    const auto metadata = (*first)->parquet_reader()->metadata();
    for (int i = 0; i < metadata->num_row_groups(); ++i) {
      const auto group = metadata->RowGroup(i);
      starts.push_back(starts.back() + group->num_rows());
      bytes.push_back(group->total_compressed_size());
    }
  } catch (const parquet::ParquetException& error) {
    return Damaged(file, error.what());
  }
  FirstFailure failure;
  std::atomic<int> next = 0;
  RunThreads(reader.options().threads, [&](int thread) {
    std::unique_ptr<parquet::arrow::FileReader> own;
    ThreadState state;
    while (!failure.failed()) {
      const int group = next.fetch_add(1);
      if (group >= static_cast<int>(bytes.size())) return;
      const auto read = [&]() -> absl::Status {
        if (own == nullptr) {
          auto opened = OpenParquet(file);
          if (!opened.ok()) return Damaged(file, opened.status().message());
          own = *std::move(opened);
        }
        auto batches = own->GetRecordBatchReader({group}, leaves);
        if (!batches.ok()) return Damaged(file, batches.status().message());
        int64_t row = starts[static_cast<size_t>(group)];
        while (true) {
          auto batch = (*batches)->Next();
          if (!batch.ok()) return Damaged(file, batch.status().message());
          if (*batch == nullptr) break;
          if ((*batch)->num_columns() != static_cast<int>(columns.size())) {
            return Damaged(file, "its schema and its columns differ");
          }
          absl::Status status =
              Decode(reader, columns, **batch, row, thread, state);
          if (!status.ok()) return status;
          row += (*batch)->num_rows();
        }
        if (reader.options().progress) {
          reader.options().progress(bytes[static_cast<size_t>(group)]);
        }
        return absl::OkStatus();
      };
      if (absl::Status status = read(); !status.ok()) {
        failure.Note(group, status);
      }
    }
  });
  return failure.status();
}

// Batches of an IPC file or stream, one after the other, cut into pieces that
// threads share. Opened by Sniff for standard input.
class IpcBatches {
 public:
  static arrow::Result<std::shared_ptr<IpcBatches>> Open(
      const SourceFile& file) {
    auto batches = std::make_shared<IpcBatches>();
    if (file.format == FileFormat::kArrowStream ||
        file.compression != FileCompression::kNone) {
      ARROW_ASSIGN_OR_RAISE(auto stream,
                            OpenStream(file.path, file.compression));
      if (file.format == FileFormat::kArrowFile) {
        // The file form needs to jump about.
        ARROW_ASSIGN_OR_RAISE(auto whole, ReadAll(*stream));
        ARROW_RETURN_NOT_OK(batches->OpenFile(
            std::make_shared<arrow::io::BufferReader>(std::move(whole))));
        return batches;
      }
      ARROW_ASSIGN_OR_RAISE(batches->stream_,
                            arrow::ipc::RecordBatchStreamReader::Open(stream));
      batches->schema_ = batches->stream_->schema();
      return batches;
    }
    ARROW_ASSIGN_OR_RAISE(auto input, arrow::io::ReadableFile::Open(file.path));
    ARROW_RETURN_NOT_OK(batches->OpenFile(input));
    return batches;
  }

  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }

  // The next piece and the number of its first row; null at the end.
  arrow::Status Next(std::shared_ptr<arrow::RecordBatch>* piece, int64_t* row,
                     int64_t* number) {
    const std::lock_guard lock(mutex_);
    *piece = nullptr;
    *number = pieces_;
    while (batch_ == nullptr || taken_ == batch_->num_rows()) {
      ARROW_ASSIGN_OR_RAISE(batch_, ReadOne());
      taken_ = 0;
      if (batch_ == nullptr) return arrow::Status::OK();
    }
    *piece = batch_->Slice(taken_, kBatchRows);
    *row = row_;
    taken_ += (*piece)->num_rows();
    row_ += (*piece)->num_rows();
    ++pieces_;
    return arrow::Status::OK();
  }

 private:
  static arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAll(
      arrow::io::InputStream& stream) {
    std::string bytes;
    while (true) {
      ARROW_ASSIGN_OR_RAISE(auto some, stream.Read(int64_t{1} << 20));
      if (some->size() == 0) return arrow::Buffer::FromString(std::move(bytes));
      bytes.append(reinterpret_cast<const char*>(some->data()),
                   static_cast<size_t>(some->size()));
    }
  }

  arrow::Status OpenFile(std::shared_ptr<arrow::io::RandomAccessFile> input) {
    ARROW_ASSIGN_OR_RAISE(file_,
                          arrow::ipc::RecordBatchFileReader::Open(input));
    schema_ = file_->schema();
    return arrow::Status::OK();
  }

  arrow::Result<std::shared_ptr<arrow::RecordBatch>> ReadOne() {
    if (stream_ != nullptr) return stream_->Next();
    if (next_ == file_->num_record_batches()) return nullptr;
    return file_->ReadRecordBatch(next_++);
  }

  std::mutex mutex_;
  std::shared_ptr<arrow::RecordBatchReader> stream_;
  std::shared_ptr<arrow::ipc::RecordBatchFileReader> file_;
  std::shared_ptr<arrow::Schema> schema_;
  std::shared_ptr<arrow::RecordBatch> batch_;
  int next_ = 0;
  int64_t taken_ = 0;
  int64_t row_ = 1;
  int64_t pieces_ = 0;
};

absl::Status ReadIpc(TableReader& reader) {
  const SourceFile& file = reader.file();
  std::shared_ptr<IpcBatches> batches =
      std::static_pointer_cast<IpcBatches>(file.opened);
  if (batches == nullptr) {
    auto opened = IpcBatches::Open(file);
    if (!opened.ok()) return Damaged(file, opened.status().message());
    batches = *std::move(opened);
  }
  if (absl::Status status = CheckTypes(reader, *batches->schema());
      !status.ok()) {
    return status;
  }
  const std::vector<int> columns = NeededColumns(reader);
  FirstFailure failure;
  RunThreads(reader.options().threads, [&](int thread) {
    ThreadState state;
    while (!failure.failed()) {
      std::shared_ptr<arrow::RecordBatch> piece;
      int64_t row = 0;
      int64_t number = 0;
      const arrow::Status next = batches->Next(&piece, &row, &number);
      if (!next.ok()) {
        failure.Note(number, Damaged(file, next.message()));
        return;
      }
      if (piece == nullptr) return;
      const auto decode = [&]() -> absl::Status {
        // The bytes are whatever somebody sent: offsets may lead anywhere.
        auto chosen = piece->SelectColumns(columns);
        if (!chosen.ok()) return Damaged(file, chosen.status().message());
        const arrow::Status valid = (*chosen)->ValidateFull();
        if (!valid.ok()) return Damaged(file, valid.message());
        return Decode(reader, columns, **chosen, row, thread, state);
      };
      if (absl::Status status = decode(); !status.ok()) {
        failure.Note(number, status);
      }
    }
  });
  return failure.status();
}

}  // namespace

absl::Status SniffArrow(SourceFile* file) {
  std::shared_ptr<arrow::Schema> schema;
  if (file->format == FileFormat::kParquet) {
    if (file->compression != FileCompression::kNone) {
      return FileError(*file,
                       "found a compressed Parquet file, expected it as it is "
                       "(its pages are compressed already)",
                       "unpack it");
    }
    auto reader = OpenParquet(*file);
    if (!reader.ok()) return Damaged(*file, reader.status().message());
    const arrow::Status status = (*reader)->GetSchema(&schema);
    if (!status.ok()) return Damaged(*file, status.message());
  } else {
    auto batches = IpcBatches::Open(*file);
    if (!batches.ok()) return Damaged(*file, batches.status().message());
    schema = (*batches)->schema();
    if (file->path == "-") file->opened = *batches;
  }
  file->columns = schema->field_names();
  return absl::OkStatus();
}

absl::Status ReadArrow(TableReader& reader) {
  return reader.file().format == FileFormat::kParquet ? ReadParquet(reader)
                                                      : ReadIpc(reader);
}

absl::StatusOr<int64_t> CountArrowRows(const SourceFile& file) {
  if (file.format == FileFormat::kParquet) {
    auto reader = OpenParquet(file);
    if (!reader.ok()) return Damaged(file, reader.status().message());
    return (*reader)->parquet_reader()->metadata()->num_rows();
  }
  auto batches = IpcBatches::Open(file);
  if (!batches.ok()) return Damaged(file, batches.status().message());
  int64_t rows = 0;
  while (true) {
    std::shared_ptr<arrow::RecordBatch> piece;
    int64_t row = 0;
    int64_t number = 0;
    const arrow::Status next = (*batches)->Next(&piece, &row, &number);
    if (!next.ok()) return Damaged(file, next.message());
    if (piece == nullptr) return rows;
    rows += piece->num_rows();
  }
}

}  // namespace plumbline::replay
