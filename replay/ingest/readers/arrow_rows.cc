// Numbers, instants and booleans go from their arrays into the batch,
// everything else by way of its text; of a coded column each entry of the
// dictionary is looked at once, and rows by their index.
#include "replay/ingest/readers/arrow_rows.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include "arrow/array.h"
#include "arrow/type.h"
#include "replay/base/decimal.h"
#include "replay/ingest/json_cells.h"
#include "replay/ingest/readers/arrow_values.h"

namespace plumbline::replay {
namespace {

bool AllUtf8(std::span<const std::string_view> texts) {
  return std::all_of(texts.begin(), texts.end(), IsUtf8);
}

uint64_t NextDictionary() {
  static std::atomic<uint64_t> last = 0;
  return ++last;
}

// What is known of the dictionary of one column.
struct Coded {
  std::shared_ptr<arrow::ArrayData> dictionary;
  uint64_t number = 0;  // Of no other dictionary of this process.
  std::vector<std::string_view> entries;  // Of texts.
  bool utf8 = false;
  bool all_there = false;        // No entry is empty.
  std::vector<int64_t> numbers;  // kUnknown: goes the slow way.
  bool all_good = false;
};

// The columns of one batch, by index in the file's header.
struct ArrowSource {
  std::vector<const arrow::Array*> arrays;
  TextArena* arena = nullptr;
  mutable std::map<std::pair<const Decoder*, size_t>, Coded> coded;

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
    return WithNumbers(
        decoder, index, array, work, [&](const auto& quick, const auto& slow) {
          int64_t* out = work.batch.columns[index].numbers.data();
          const Presence present(array);
          for (int64_t i = 0; i < array.length(); ++i) {
            const auto row = static_cast<size_t>(i);
            if (!present(i)) {
              out[row] = Absent(decoder, index, row, work);
            } else if (!quick(i, &out[row])) {
              out[row] = slow(i, row);
            }
          }
        });
  }

  static int64_t Absent(const Decoder& decoder, size_t index, size_t row,
                        Decoder::Work& work) {
    return decoder.columns()[index].may_be_empty
               ? kUnknown
               : decoder.SlowNumber(index, row, {}, work);
  }

  // How values become numbers of the column: use(quick, slow), where
  // quick(i, &number) is the fast way of value i, and slow(i, row) the exact
  // one for what that gives up, with its faults. False: only as texts.
  template <typename Use>
  static bool WithNumbers(const Decoder& decoder, size_t index,
                          const arrow::Array& values, Decoder::Work& work,
                          const Use& use) {
    const MappedColumn& column = decoder.columns()[index];
    const auto by_text = [&](int64_t i, size_t row) {
      int64_t number = kUnknown;
      VisitTexts(*values.Slice(i, 1), [&](std::string_view text, bool) {
        number = decoder.SlowNumber(index, row, text, work);
      });
      return number;
    };
    const arrow::Type::type type = values.type_id();
    switch (column.kind) {
      case CellKind::kEpoch:
      case CellKind::kRfc3339:
      case CellKind::kLocal:
        if (type == arrow::Type::TIMESTAMP) {
          WithInstants(decoder, index,
                       static_cast<const arrow::TimestampArray&>(values), work,
                       use);
          return true;
        }
        if (column.kind != CellKind::kEpoch) return false;
        return WithIntegers(values, [&](const auto& typed) {
          const int64_t last = kLastInstant / column.ms_per_unit;
          use(
              [&](int64_t i, int64_t* out) {
                const auto value = static_cast<int64_t>(typed.Value(i));
                if (value > last || value < 0) return false;
                *out = value * column.ms_per_unit;
                return true;
              },
              by_text);
        });
      case CellKind::kNumber:
        if (type == arrow::Type::DOUBLE) {
          const auto& typed = static_cast<const arrow::DoubleArray&>(values);
          use(
              [&](int64_t i, int64_t* out) {
                return ScaleDouble(typed.Value(i), column.schema->unit,
                                   column.numerator, column.denominator,
                                   out) == CellResult::kGood &&
                       *out >= 0;
              },
              by_text);
          return true;
        }
        if (type == arrow::Type::DECIMAL32) {
          return WithDecimals<int32_t>(column, values, by_text, use);
        }
        if (type == arrow::Type::DECIMAL64) {
          return WithDecimals<int64_t>(column, values, by_text, use);
        }
        if (type == arrow::Type::DECIMAL128) {
          return WithDecimals<__int128>(column, values, by_text, use);
        }
        return WithIntegers(values, [&](const auto& typed) {
          const int64_t most =
              std::numeric_limits<int64_t>::max() / kPowersOfTen[column.digits];
          const bool scaled = column.numerator != 0;
          use(
              [&](int64_t i, int64_t* out) {
                const auto value = static_cast<int64_t>(typed.Value(i));
                if (scaled || value < 0 || value > most) return false;
                *out = value * kPowersOfTen[column.digits];
                return true;
              },
              by_text);
        });
      case CellKind::kWord: {
        if (type != arrow::Type::BOOL ||
            column.schema->type != ColumnType::kBool) {
          return false;
        }
        const auto& typed = static_cast<const arrow::BooleanArray&>(values);
        use(
            [&](int64_t i, int64_t* out) {
              *out = typed.Value(i) ? 1 : 0;
              return true;
            },
            by_text);
        return true;
      }
      case CellKind::kDate: {
        if (type != arrow::Type::DATE32) return false;
        const auto& typed = static_cast<const arrow::Date32Array&>(values);
        use(
            [&](int64_t i, int64_t* out) {
              *out = typed.Value(i);
              return true;
            },
            by_text);
        return true;
      }
      default:
        return false;
    }
  }

  template <typename Use>
  static void WithInstants(const Decoder& decoder, size_t index,
                           const arrow::TimestampArray& values,
                           Decoder::Work& work, const Use& use) {
    const auto& type = static_cast<const arrow::TimestampType&>(*values.type());
    const int64_t per_second = PerSecond(type);
    const bool local = type.timezone().empty();
    LocalTime& clock = work.caches[index].local;
    const bool plain = !local && per_second == kSecond;
    const int64_t* raw = values.raw_values();
    const auto read = [=, &clock](int64_t value, int64_t* ms) {
      if (!ToMilliseconds(value, per_second, ms) || *ms > kLastInstant ||
          *ms < kFirstInstant) {
        return CellResult::kOutOfRange;
      }
      return local ? clock.ToUtc(*ms, ms) : CellResult::kGood;
    };
    use(
        [=](int64_t i, int64_t* out) {
          if (plain && raw[i] <= kLastInstant && raw[i] >= kFirstInstant) {
            *out = raw[i];
            return true;
          }
          return read(raw[i], out) == CellResult::kGood;
        },
        [&](int64_t i, size_t row) {
          int64_t ms = 0;
          const CellResult result = read(raw[i], &ms);
          return decoder.Settle(index, row, result, ms,
                                InstantText(raw[i], type), work);
        });
  }

  // Decimals of no more digits than the unit has inside; the others go by way
  // of their text.
  template <typename Integer, typename Slow, typename Use>
  static bool WithDecimals(const MappedColumn& column,
                           const arrow::Array& values, const Slow& by_text,
                           const Use& use) {
    const auto& type = static_cast<const arrow::DecimalType&>(*values.type());
    const int more = column.digits - type.scale();
    if (column.numerator != 0 || type.scale() < 0 || more < 0) return false;
    const int64_t power = kPowersOfTen[more];
    const int64_t most = std::numeric_limits<int64_t>::max() / power;
    const uint8_t* bytes =
        static_cast<const arrow::FixedSizeBinaryArray&>(values).raw_values();
    use(
        [=](int64_t i, int64_t* out) {
          Integer number;
          std::memcpy(&number, bytes + i * static_cast<int64_t>(sizeof(number)),
                      sizeof(number));
          if (number < 0 || number > most) return false;
          *out = static_cast<int64_t>(number) * power;
          return true;
        },
        by_text);
    return true;
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

  bool FillCoded(const Decoder& decoder, size_t index,
                 const arrow::DictionaryArray& array,
                 Decoder::Work& work) const {
    if (array.indices()->type_id() != arrow::Type::INT32) return false;
    const MappedColumn& column = decoder.columns()[index];
    Coded& known = coded[{&decoder, index}];
    const bool fresh = known.dictionary != array.data()->dictionary;
    known.dictionary = array.data()->dictionary;
    if (IsTextual(*array.dictionary()->type())) {
      if (column.kind != CellKind::kText && column.kind != CellKind::kWord) {
        return false;
      }
      if (fresh) {
        ViewTexts(*array.dictionary(), &known.entries);
        known.number = NextDictionary();
        known.utf8 = AllUtf8(known.entries);
        known.all_there =
            std::none_of(known.entries.begin(), known.entries.end(),
                         [](std::string_view entry) { return entry.empty(); });
        if (column.kind == CellKind::kWord) NumberWords(column, &known);
      }
      if (column.kind == CellKind::kText) {
        FillCodedTexts(decoder, index, array, known, work);
      } else {
        FillCodedNumbers(
            decoder, index, array, known,
            [&](int64_t entry, size_t row) {
              return decoder.SlowNumber(
                  index, row, known.entries[static_cast<size_t>(entry)], work);
            },
            work);
      }
      return true;
    }
    if (column.kind == CellKind::kText) return false;
    const arrow::Array& values = *array.dictionary();
    return WithNumbers(
        decoder, index, values, work, [&](const auto& quick, const auto& slow) {
          if (fresh) {
            known.numbers.assign(static_cast<size_t>(values.length()),
                                 kUnknown);
            known.all_good = true;
            for (int64_t i = 0; i < values.length(); ++i) {
              int64_t& number = known.numbers[static_cast<size_t>(i)];
              if (values.IsNull(i) || !quick(i, &number)) {
                number = kUnknown;
                known.all_good = false;
              }
            }
          }
          FillCodedNumbers(decoder, index, array, known, slow, work);
        });
  }

  static void NumberWords(const MappedColumn& column, Coded* known) {
    known->numbers.assign(known->entries.size(), kUnknown);
    known->all_good = true;
    for (size_t i = 0; i < known->entries.size(); ++i) {
      for (const auto& [word, number] : column.values) {
        if (word == known->entries[i]) known->numbers[i] = number;
      }
      known->all_good = known->all_good && IsKnown(known->numbers[i]);
    }
  }

  template <typename Slow>
  static void FillCodedNumbers(const Decoder& decoder, size_t index,
                               const arrow::DictionaryArray& array,
                               const Coded& known, const Slow& slow,
                               Decoder::Work& work) {
    const auto& indices =
        static_cast<const arrow::Int32Array&>(*array.indices());
    const int32_t* at = indices.raw_values();
    const Presence present(indices);
    const auto entries = static_cast<uint32_t>(known.numbers.size());
    const int64_t* numbers = known.numbers.data();
    int64_t* out = work.batch.columns[index].numbers.data();
    const int64_t rows = array.length();
    // As a rule every row has an entry, and every entry a number.
    if (known.all_good && !present.any_missing() &&
        AllWithin(at, rows, entries)) {
      for (int64_t i = 0; i < rows; ++i) out[i] = numbers[at[i]];
      return;
    }
    for (int64_t i = 0; i < rows; ++i) {
      const auto row = static_cast<size_t>(i);
      const auto entry = static_cast<uint32_t>(at[i]);
      if (!present(i) || entry >= entries) {
        out[row] = Absent(decoder, index, row, work);
      } else if (known.all_good || IsKnown(numbers[entry])) {
        out[row] = numbers[entry];
      } else if (array.dictionary()->IsNull(entry)) {
        out[row] = Absent(decoder, index, row, work);
      } else {
        out[row] = slow(entry, row);
      }
    }
  }

  static void FillCodedTexts(const Decoder& decoder, size_t index,
                             const arrow::DictionaryArray& array,
                             const Coded& known, Decoder::Work& work) {
    const auto& indices =
        static_cast<const arrow::Int32Array&>(*array.indices());
    const int32_t* at = indices.raw_values();
    const Presence present(indices);
    const bool may_be_empty = decoder.columns()[index].may_be_empty;
    const bool utf8 = work.ascii || known.utf8;
    ColumnData& data = work.batch.columns[index];
    data.entries.resize(data.texts.size());
    data.dictionary = known.number;
    const int64_t rows = array.length();
    if (utf8 && known.all_there && !present.any_missing() &&
        AllWithin(at, rows, static_cast<uint32_t>(known.entries.size()))) {
      std::memcpy(data.entries.data(), at,
                  static_cast<size_t>(rows) * sizeof(*at));
      const std::string_view* entries = known.entries.data();
      std::string_view* texts = data.texts.data();
      for (int64_t i = 0; i < rows; ++i) texts[i] = entries[at[i]];
      return;
    }
    for (int64_t i = 0; i < rows; ++i) {
      const auto row = static_cast<size_t>(i);
      const auto entry = static_cast<uint32_t>(at[i]);
      const bool there = present(i) && entry < known.entries.size();
      const std::string_view text =
          there ? known.entries[entry] : std::string_view();
      if (utf8 && !text.empty()) {
        data.texts[row] = text;
        data.entries[row] = entry;
        continue;
      }
      data.entries[row] = kNoEntry;
      data.texts[row] = may_be_empty && text.empty()
                            ? std::string_view()
                            : decoder.SlowText(index, row, text, work);
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
    case arrow::Type::STRING_VIEW:
    case arrow::Type::BINARY_VIEW:
    case arrow::Type::LIST:
    case arrow::Type::LARGE_LIST:
      return false;
    default:
      return true;
  }
}

}  // namespace

struct ArrowRows::State {
  // Of a coded column: the dictionary, and whether it is of ASCII.
  struct Ascii {
    std::shared_ptr<arrow::ArrayData> dictionary;
    bool yes = true;
  };

  bool AllAscii(const arrow::Array& array, size_t column) {
    if (array.type_id() != arrow::Type::DICTIONARY) return IsAscii(array);
    if (ascii.size() <= column) ascii.resize(column + 1);
    Ascii& known = ascii[column];
    if (known.dictionary != array.data()->dictionary) {
      known.dictionary = array.data()->dictionary;
      known.yes = IsAscii(
          *static_cast<const arrow::DictionaryArray&>(array).dictionary());
    }
    return known.yes;
  }

  ArrowSource source;
  TextArena arena;
  std::vector<int64_t> lines;
  std::vector<Ascii> ascii;  // By column.
};

ArrowRows::ArrowRows() : state_(std::make_unique<State>()) {}
ArrowRows::~ArrowRows() = default;

absl::Status ArrowRows::Deliver(
    TableReader& reader, std::span<const int> columns,
    std::span<const std::shared_ptr<arrow::Array>> arrays, int64_t rows,
    int64_t first_row, int thread) {
  State& state = *state_;
  state.arena.Clear();
  state.source.arena = &state.arena;
  state.source.arrays.assign(reader.file().columns.size(), nullptr);
  bool ascii = true;
  for (size_t i = 0; i < columns.size(); ++i) {
    const arrow::Array* array = arrays[i].get();
    const auto column = static_cast<size_t>(columns[i]);
    state.source.arrays[column] = array;
    ascii = state.AllAscii(*array, column) && ascii;
  }
  state.lines.resize(static_cast<size_t>(rows));
  for (int64_t i = 0; i < rows; ++i) {
    state.lines[static_cast<size_t>(i)] = first_row + i;
  }
  reader.CountRows(rows);
  return reader.Deliver(thread, state.source, state.lines, state.lines, ascii);
}

}  // namespace plumbline::replay
