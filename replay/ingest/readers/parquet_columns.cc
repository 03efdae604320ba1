#include "replay/ingest/readers/parquet_columns.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "arrow/array.h"
#include "arrow/buffer.h"
#include "arrow/type.h"
#include "arrow/type_traits.h"
#include "arrow/util/bit_util.h"
#include "parquet/column_reader.h"
#include "parquet/exception.h"
#include "parquet/file_reader.h"
#include "parquet/metadata.h"
#include "parquet/types.h"
#include "replay/ingest/readers/arrow_values.h"

namespace plumbline::replay {
namespace {

using ArrayPointer = std::shared_ptr<arrow::Array>;
using TypePointer = std::shared_ptr<arrow::DataType>;

// A value of 128 bits as Arrow keeps decimals.
struct Wide {
  uint64_t low = 0;
  int64_t high = 0;
};

// A number of `size` bytes, the first one the highest.
Wide FromBigEndian(const uint8_t* bytes, int size) {
  unsigned __int128 number = (bytes[0] & 0x80) != 0 ? ~__int128{0} : 0;
  for (int i = 0; i < size; ++i) number = (number << 8) | bytes[i];
  return {static_cast<uint64_t>(number), static_cast<int64_t>(number >> 64)};
}

// The bytes of a vector, which stays the owner.
template <typename T>
std::shared_ptr<arrow::Buffer> BytesOf(const std::vector<T>& values) {
  return std::make_shared<arrow::Buffer>(
      reinterpret_cast<const uint8_t*>(values.data()),
      static_cast<int64_t>(values.size() * sizeof(T)));
}

ArrayPointer MakeArray(const TypePointer& type, int64_t rows,
                       std::vector<std::shared_ptr<arrow::Buffer>> buffers,
                       int64_t nulls) {
  return arrow::MakeArray(
      arrow::ArrayData::Make(type, rows, std::move(buffers), nulls));
}

bool IsText(const arrow::DataType& type) {
  if (type.id() == arrow::Type::DICTIONARY) {
    return IsText(
        *static_cast<const arrow::DictionaryType&>(type).value_type());
  }
  return arrow::is_base_binary_like(type.id());
}

bool CanReadLeaf(const parquet::ColumnDescriptor& leaf,
                 const arrow::DataType& type) {
  using arrow::Type;
  if (leaf.max_repetition_level() != 0 || leaf.max_definition_level() > 1) {
    return false;
  }
  switch (leaf.physical_type()) {
    case parquet::Type::BYTE_ARRAY:
      return IsText(type);
    case parquet::Type::INT64:
      return type.id() == Type::INT64 || type.id() == Type::TIMESTAMP ||
             type.id() == Type::DECIMAL128;
    case parquet::Type::INT32:
      return type.id() == Type::INT32 || type.id() == Type::DATE32 ||
             type.id() == Type::DECIMAL128;
    case parquet::Type::DOUBLE:
      return type.id() == Type::DOUBLE;
    case parquet::Type::BOOLEAN:
      return type.id() == Type::BOOL;
    case parquet::Type::FIXED_LEN_BYTE_ARRAY:
      return type.id() == Type::DECIMAL128 && leaf.type_length() >= 1 &&
             leaf.type_length() <= 16;
    default:
      return false;
  }
}

class Column {
 public:
  virtual ~Column() = default;
  // Exactly `rows` more values, of which there are that many.
  virtual arrow::Result<ArrayPointer> Next(int64_t rows) = 0;
  // Whether any value is left.
  virtual bool HasMore() = 0;
};

// Values that Parquet keeps as Physical, one after the other.
template <typename Physical>
class ColumnOf : public Column {
 public:
  using Value = typename Physical::c_type;
  static constexpr bool kText =
      std::is_same_v<Physical, parquet::ByteArrayType>;
  static constexpr bool kFixed = std::is_same_v<Physical, parquet::FLBAType>;
  static constexpr bool kBoolean =
      std::is_same_v<Physical, parquet::BooleanType>;

  ColumnOf(std::shared_ptr<parquet::ColumnReader> reader, TypePointer type)
      : reader_(std::move(reader)),
        typed_(
            static_cast<parquet::TypedColumnReader<Physical>*>(reader_.get())),
        type_(kText ? arrow::utf8() : std::move(type)),
        coded_type_(arrow::dictionary(arrow::int32(), type_)),
        nullable_(reader_->descr()->max_definition_level() == 1),
        coded_(reader_->GetExposedEncoding() ==
               parquet::ExposedEncoding::DICTIONARY) {}

  arrow::Result<ArrayPointer> Next(int64_t rows) override {
    levels_.resize(static_cast<size_t>(rows));
    ARROW_RETURN_NOT_OK(coded_ ? ReadCoded(rows) : ReadValues(rows));
    // Pages may hold fewer values than their levels promise, never more.
    if (found_ < rows) {
      int64_t promised = rows;
      if (nullable_) {
        promised = std::count(levels_.begin(), levels_.end(), 1);
      }
      if (promised != found_) return EndsEarly();
    }
    std::shared_ptr<arrow::Buffer> present;
    if (found_ < rows) present = MarkPresent(rows);
    if (coded_) return MakeCoded(rows, present);
    return MakePlain(rows, present);
  }

  bool HasMore() override { return reader_->HasNext(); }

 private:
  int16_t* LevelsAt(int64_t row) {
    return nullable_ ? levels_.data() + row : nullptr;
  }

  static arrow::Status EndsEarly() {
    return arrow::Status::IOError("a column has fewer values than rows");
  }

  arrow::Status ReadCoded(int64_t rows) {
    indices_.resize(static_cast<size_t>(rows));
    found_ = 0;
    const Value* dictionary = nullptr;
    int32_t size = 0;
    for (int64_t done = 0; done < rows;) {
      int64_t found = 0;
      const int64_t levels = typed_->ReadBatchWithDictionary(
          rows - done, LevelsAt(done), nullptr, indices_.data() + found_,
          &found, &dictionary, &size);
      if (levels <= 0) return EndsEarly();
      done += levels;
      found_ += found;
      if (dictionary != nullptr && dictionary_ == nullptr) {
        entries_ = static_cast<uint32_t>(size);
        ARROW_ASSIGN_OR_RAISE(dictionary_, ArrayOf(dictionary, size));
      }
    }
    if (!AllWithin(indices_.data(), found_, entries_)) {
      return arrow::Status::IOError("an index past the end of its dictionary");
    }
    if (dictionary_ == nullptr) {
      ARROW_ASSIGN_OR_RAISE(dictionary_, ArrayOf(nullptr, 0));
    }
    return arrow::Status::OK();
  }

  arrow::Status ReadValues(int64_t rows) {
    if constexpr (kBoolean) {
      booleans_ = std::make_unique<bool[]>(static_cast<size_t>(rows));
    } else {
      values_.resize(static_cast<size_t>(rows));
    }
    lengths_.clear();
    bytes_.clear();
    found_ = 0;
    for (int64_t done = 0; done < rows;) {
      int64_t found = 0;
      Value* values = nullptr;
      if constexpr (kBoolean) {
        values = booleans_.get() + found_;
      } else {
        values = values_.data() + found_;
      }
      const int64_t levels = typed_->ReadBatch(rows - done, LevelsAt(done),
                                               nullptr, values, &found);
      if (levels <= 0) return EndsEarly();
      // Texts lie in their page, which the next call may let go of.
      if constexpr (kText) ARROW_RETURN_NOT_OK(CopyTexts(values, found));
      if constexpr (kFixed) CopyFixed(values, found);
      done += levels;
      found_ += found;
    }
    return arrow::Status::OK();
  }

  // A small page can name one long entry of its dictionary for every row, so
  // the sum is looked at before memory is asked for.
  arrow::Status CopyTexts(const Value* values, int64_t n) {
    size_t total = bytes_.size();
    for (int64_t i = 0; i < n; ++i) {
      lengths_.push_back(static_cast<int32_t>(values[i].len));
      total += values[i].len;
    }
    if (total > INT32_MAX) {
      return arrow::Status::IOError("texts of more than 2 GiB in one batch");
    }
    size_t at = bytes_.size();
    bytes_.resize(total);
    for (int64_t i = 0; i < n; ++i) {
      if (values[i].len == 0) continue;
      std::memcpy(bytes_.data() + at, values[i].ptr, values[i].len);
      at += values[i].len;
    }
    return arrow::Status::OK();
  }

  void CopyFixed(const Value* values, int64_t n) {
    const int size = reader_->descr()->type_length();
    wide_.resize(static_cast<size_t>(found_ + n));
    for (int64_t i = 0; i < n; ++i) {
      wide_[static_cast<size_t>(found_ + i)] =
          FromBigEndian(values[i].ptr, size);
    }
  }

  // Bits of the rows that have a value; moves nothing.
  std::shared_ptr<arrow::Buffer> MarkPresent(int64_t rows) {
    bits_.assign(static_cast<size_t>(arrow::bit_util::BytesForBits(rows)), 0);
    for (int64_t i = 0; i < rows; ++i) {
      bits_[static_cast<size_t>(i / 8)] |= static_cast<uint8_t>(
          (levels_[static_cast<size_t>(i)] & 1) << (i % 8));
    }
    return BytesOf(bits_);
  }

  // Moves the values that were found to their rows, from the last on.
  template <typename T>
  void Spread(int64_t rows, std::vector<T>* values) const {
    values->resize(static_cast<size_t>(rows));
    int64_t from = found_;
    for (int64_t i = rows; i-- > 0;) {
      const bool there = (levels_[static_cast<size_t>(i)] & 1) != 0;
      (*values)[static_cast<size_t>(i)] =
          there ? (*values)[static_cast<size_t>(--from)] : T{};
    }
  }

  ArrayPointer MakeCoded(int64_t rows,
                         const std::shared_ptr<arrow::Buffer>& present) {
    if (found_ < rows) Spread(rows, &indices_);
    auto data = arrow::ArrayData::Make(
        coded_type_, rows, {present, BytesOf(indices_)}, rows - found_);
    data->dictionary = dictionary_->data();
    return arrow::MakeArray(data);
  }

  arrow::Result<ArrayPointer> MakePlain(
      int64_t rows, const std::shared_ptr<arrow::Buffer>& present) {
    const int64_t nulls = rows - found_;
    if constexpr (kText) {
      if (nulls > 0) Spread(rows, &lengths_);
      offsets_.resize(static_cast<size_t>(rows) + 1);
      int32_t at = 0;
      for (int64_t i = 0; i < rows; ++i) {
        offsets_[static_cast<size_t>(i)] = at;
        at += lengths_[static_cast<size_t>(i)];
      }
      offsets_.back() = at;
      return MakeArray(type_, rows,
                       {present, BytesOf(offsets_), BytesOf(bytes_)}, nulls);
    } else if constexpr (kBoolean) {
      truths_.assign(static_cast<size_t>(arrow::bit_util::BytesForBits(rows)),
                     0);
      int64_t from = 0;
      for (int64_t i = 0; i < rows; ++i) {
        if (present != nullptr && (levels_[static_cast<size_t>(i)] & 1) == 0) {
          continue;
        }
        arrow::bit_util::SetBitTo(truths_.data(), i, booleans_[from++]);
      }
      return MakeArray(type_, rows, {present, BytesOf(truths_)}, nulls);
    } else if constexpr (kFixed) {
      if (nulls > 0) Spread(rows, &wide_);
      return MakeArray(type_, rows, {present, BytesOf(wide_)}, nulls);
    } else {
      if (type_->id() == arrow::Type::DECIMAL128) {
        Widen(values_.data(), found_, &wide_);
        if (nulls > 0) Spread(rows, &wide_);
        return MakeArray(type_, rows, {present, BytesOf(wide_)}, nulls);
      }
      if (nulls > 0) Spread(rows, &values_);
      return MakeArray(type_, rows, {present, BytesOf(values_)}, nulls);
    }
  }

  static void Widen(const Value* values, int64_t n, std::vector<Wide>* out) {
    if constexpr (std::is_integral_v<Value>) {
      out->resize(static_cast<size_t>(n));
      for (int64_t i = 0; i < n; ++i) {
        const int64_t value = values[i];
        (*out)[static_cast<size_t>(i)] = {static_cast<uint64_t>(value),
                                          value < 0 ? -1 : 0};
      }
    }
  }

  // The entries of a dictionary, in memory of their own.
  arrow::Result<ArrayPointer> ArrayOf(const Value* entries, int64_t n) const {
    if constexpr (kBoolean) {
      return arrow::Status::IOError("a dictionary of booleans");
    } else if constexpr (kText) {
      std::string offsets, bytes;
      int64_t at = 0;
      const auto add = [&] {
        if (at > INT32_MAX) return false;
        const auto offset = static_cast<int32_t>(at);
        offsets.append(reinterpret_cast<const char*>(&offset), sizeof(offset));
        return true;
      };
      for (int64_t i = 0; i < n; ++i) {
        if (!add()) break;
        bytes.append(reinterpret_cast<const char*>(entries[i].ptr),
                     entries[i].len);
        at += entries[i].len;
      }
      if (!add()) {
        return arrow::Status::IOError("a dictionary of more than 2 GiB");
      }
      return MakeArray(type_, n,
                       {nullptr, arrow::Buffer::FromString(std::move(offsets)),
                        arrow::Buffer::FromString(std::move(bytes))},
                       0);
    } else {
      std::string bytes;
      const auto keep = [&bytes](const auto& values) {
        bytes.assign(reinterpret_cast<const char*>(values.data()),
                     values.size() * sizeof(values[0]));
      };
      if constexpr (kFixed) {
        std::vector<Wide> wide;
        for (int64_t i = 0; i < n; ++i) {
          wide.push_back(
              FromBigEndian(entries[i].ptr, reader_->descr()->type_length()));
        }
        keep(wide);
      } else if (type_->id() == arrow::Type::DECIMAL128) {
        std::vector<Wide> wide;
        Widen(entries, n, &wide);
        keep(wide);
      } else {
        keep(std::vector<Value>(entries, entries + n));
      }
      return MakeArray(
          type_, n, {nullptr, arrow::Buffer::FromString(std::move(bytes))}, 0);
    }
  }

  std::shared_ptr<parquet::ColumnReader> reader_;
  parquet::TypedColumnReader<Physical>* typed_;
  TypePointer type_;
  TypePointer coded_type_;
  bool nullable_;
  bool coded_;
  ArrayPointer dictionary_;
  uint32_t entries_ = 0;

  int64_t found_ = 0;  // Values among the rows of the last read.
  std::vector<int16_t> levels_;
  std::vector<int32_t> indices_;
  std::vector<Value> values_;
  std::unique_ptr<bool[]> booleans_;
  std::vector<Wide> wide_;
  std::vector<int32_t> lengths_, offsets_;
  std::vector<char> bytes_;
  std::vector<uint8_t> bits_, truths_;
};

template <typename Physical>
std::unique_ptr<Column> MakeColumn(
    std::shared_ptr<parquet::ColumnReader> reader, const TypePointer& type) {
  return std::make_unique<ColumnOf<Physical>>(std::move(reader), type);
}

class Columns : public ParquetColumns {
 public:
  Columns(int64_t rows, std::vector<std::unique_ptr<Column>> columns)
      : left_(rows), columns_(std::move(columns)) {}

  arrow::Result<int64_t> Next(int64_t rows,
                              std::vector<ArrayPointer>* arrays) override {
    rows = std::min(rows, left_);
    arrays->clear();
    try {
      if (rows == 0) {
        for (const std::unique_ptr<Column>& column : columns_) {
          if (!column->HasMore()) continue;
          return arrow::Status::IOError("a column has more values than rows");
        }
        return 0;
      }
      for (const std::unique_ptr<Column>& column : columns_) {
        ARROW_ASSIGN_OR_RAISE(ArrayPointer array, column->Next(rows));
        arrays->push_back(std::move(array));
      }
    } catch (const parquet::ParquetException& error) {
      return arrow::Status::IOError(error.what());
    }
    left_ -= rows;
    return rows;
  }

 private:
  int64_t left_;
  std::vector<std::unique_ptr<Column>> columns_;
};

}  // namespace

bool ParquetColumns::CanRead(const parquet::ParquetFileReader& file,
                             std::span<const Leaf> leaves) {
  const parquet::SchemaDescriptor& schema = *file.metadata()->schema();
  return std::all_of(leaves.begin(), leaves.end(), [&](const Leaf& leaf) {
    return CanReadLeaf(*schema.Column(leaf.index), *leaf.type);
  });
}

arrow::Result<std::unique_ptr<ParquetColumns>> ParquetColumns::Open(
    parquet::ParquetFileReader& file, int row_group,
    std::span<const Leaf> leaves) {
  try {
    const auto group = file.RowGroup(row_group);
    const int64_t rows = group->metadata()->num_rows();
    if (rows < 0) {
      return arrow::Status::IOError("a row group of less than no rows");
    }
    std::vector<std::unique_ptr<Column>> columns;
    for (const Leaf& leaf : leaves) {
      auto reader = group->ColumnWithExposeEncoding(
          leaf.index, parquet::ExposedEncoding::DICTIONARY);
      switch (reader->type()) {
        case parquet::Type::BYTE_ARRAY:
          columns.push_back(
              MakeColumn<parquet::ByteArrayType>(std::move(reader), leaf.type));
          break;
        case parquet::Type::INT64:
          columns.push_back(
              MakeColumn<parquet::Int64Type>(std::move(reader), leaf.type));
          break;
        case parquet::Type::INT32:
          columns.push_back(
              MakeColumn<parquet::Int32Type>(std::move(reader), leaf.type));
          break;
        case parquet::Type::DOUBLE:
          columns.push_back(
              MakeColumn<parquet::DoubleType>(std::move(reader), leaf.type));
          break;
        case parquet::Type::BOOLEAN:
          columns.push_back(
              MakeColumn<parquet::BooleanType>(std::move(reader), leaf.type));
          break;
        case parquet::Type::FIXED_LEN_BYTE_ARRAY:
          columns.push_back(
              MakeColumn<parquet::FLBAType>(std::move(reader), leaf.type));
          break;
        default:
          return arrow::Status::IOError("a type that its schema does not name");
      }
    }
    return std::make_unique<Columns>(rows, std::move(columns));
  } catch (const parquet::ParquetException& error) {
    return arrow::Status::IOError(error.what());
  }
}

}  // namespace plumbline::replay
