// Flat columns of Parquet against Arrow's own reader of the same bytes.
#include "replay/ingest/readers/parquet_columns.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <numeric>
#include <optional>
#include <random>

#include "absl/strings/str_cat.h"
#include "arrow/array.h"
#include "arrow/builder.h"
#include "arrow/io/memory.h"
#include "arrow/scalar.h"
#include "arrow/table.h"
#include "parquet/arrow/reader.h"
#include "parquet/arrow/writer.h"
#include "parquet/file_reader.h"

namespace plumbline::replay {
namespace {

constexpr int64_t kRows = 1000;
constexpr int64_t kGroupRows = 700;

using Values = std::vector<std::optional<int64_t>>;

// Few values often, so that a dictionary pays, or all apart; every fifth one
// missing, in stretches, if there are to be any.
Values MakeValues(bool many, bool missing, std::mt19937& random) {
  Values values;
  for (int64_t i = 0; i < kRows; ++i) {
    const bool gone = missing && (i / 17) % 5 == 0;
    const int64_t value =
        many ? i * 7919 - 1000 : static_cast<int64_t>(random() % 23) - 3;
    values.push_back(gone ? std::nullopt : std::optional(value));
  }
  return values;
}

template <typename Builder, typename Convert>
std::shared_ptr<arrow::Array> Build(Builder&& builder, const Values& values,
                                    const Convert& convert) {
  for (const auto& value : values) {
    const arrow::Status status =
        value ? builder.Append(convert(*value)) : builder.AppendNull();
    if (!status.ok()) std::abort();
  }
  return builder.Finish().ValueOrDie();
}

std::shared_ptr<arrow::Array> ArrayOf(
    const std::shared_ptr<arrow::DataType>& type, const Values& values) {
  auto* pool = arrow::default_memory_pool();
  switch (type->id()) {
    case arrow::Type::INT64:
      return Build(arrow::Int64Builder(), values, [](int64_t v) { return v; });
    case arrow::Type::INT32:
      return Build(arrow::Int32Builder(), values,
                   [](int64_t v) { return static_cast<int32_t>(v); });
    case arrow::Type::DATE32:
      return Build(arrow::Date32Builder(), values,
                   [](int64_t v) { return static_cast<int32_t>(v); });
    case arrow::Type::TIMESTAMP:
      return Build(arrow::TimestampBuilder(type, pool), values,
                   [](int64_t v) { return v * 1000; });
    case arrow::Type::DOUBLE:
      return Build(arrow::DoubleBuilder(), values,
                   [](int64_t v) { return static_cast<double>(v) / 7; });
    case arrow::Type::BOOL:
      return Build(arrow::BooleanBuilder(), values,
                   [](int64_t v) { return v % 2 == 0; });
    case arrow::Type::DECIMAL128:
      return Build(arrow::Decimal128Builder(type, pool), values,
                   [](int64_t v) { return arrow::Decimal128(v); });
    default:
      return Build(arrow::StringBuilder(), values, [](int64_t v) {
        return absl::StrCat(v < 0 ? "" : "order ", v < 0 ? 0 : v);
      });
  }
}

struct Shape {
  std::shared_ptr<arrow::DataType> type;
  bool many = false, missing = false, dictionary = true;
  bool nullable = true;
  bool decimal_as_integer = false;
};

std::shared_ptr<arrow::Buffer> Write(const Shape& shape) {
  std::mt19937 random(20260101);
  const auto array =
      ArrayOf(shape.type, MakeValues(shape.many, shape.missing, random));
  const auto table = arrow::Table::Make(
      arrow::schema({arrow::field("x", shape.type, shape.nullable)}), {array});
  parquet::WriterProperties::Builder properties;
  // Pages of a few rows, and a dictionary that large ones give up half-way.
  properties.data_pagesize(128)->write_batch_size(16);
  properties.dictionary_pagesize_limit(1024);
  if (!shape.dictionary) properties.disable_dictionary();
  if (shape.decimal_as_integer) properties.enable_store_decimal_as_integer();
  auto sink = arrow::io::BufferOutputStream::Create().ValueOrDie();
  if (!parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), sink,
                                  kGroupRows, properties.build())
           .ok()) {
    std::abort();
  }
  return sink->Finish().ValueOrDie();
}

std::string TextOf(const arrow::Array& array, int64_t i) {
  if (array.IsNull(i)) return "null";
  if (array.type_id() == arrow::Type::DICTIONARY) {
    const auto& coded = static_cast<const arrow::DictionaryArray&>(array);
    return TextOf(*coded.dictionary(), coded.GetValueIndex(i));
  }
  return array.GetScalar(i).ValueOrDie()->ToString();
}

// What the file holds, read this way; nothing where it is damaged.
std::optional<std::vector<std::string>> ReadFlat(
    const std::shared_ptr<arrow::Buffer>& bytes,
    const std::shared_ptr<arrow::DataType>& type, int64_t batch, bool* coded) {
  std::vector<std::string> texts;
  try {
    const auto file = parquet::ParquetFileReader::Open(
        std::make_shared<arrow::io::BufferReader>(bytes));
    const std::vector<ParquetColumns::Leaf> leaves = {{0, type}};
    if (file->metadata()->num_columns() != 1 ||
        !ParquetColumns::CanRead(*file, leaves)) {
      return std::nullopt;
    }
    for (int group = 0; group < file->metadata()->num_row_groups(); ++group) {
      const auto columns = ParquetColumns::Open(*file, group, leaves);
      if (!columns.ok()) return std::nullopt;
      std::vector<std::shared_ptr<arrow::Array>> arrays;
      while (true) {
        const auto rows = (*columns)->Next(batch, &arrays);
        if (!rows.ok()) return std::nullopt;
        if (*rows == 0) break;
        EXPECT_EQ(arrays.at(0)->length(), *rows);
        if (coded != nullptr) {
          *coded = arrays[0]->type_id() == arrow::Type::DICTIONARY;
        }
        for (int64_t i = 0; i < *rows; ++i) {
          texts.push_back(TextOf(*arrays[0], i));
        }
        if (texts.size() > 2 * kRows) return std::nullopt;  // Damaged counts.
      }
    }
  } catch (const parquet::ParquetException&) {
    return std::nullopt;
  }
  return texts;
}

std::vector<std::string> ReadByArrow(
    const std::shared_ptr<arrow::Buffer>& bytes) {
  auto reader =
      parquet::arrow::OpenFile(std::make_shared<arrow::io::BufferReader>(bytes),
                               arrow::default_memory_pool())
          .ValueOrDie();
  const auto table = reader->ReadTable().ValueOrDie();
  std::vector<std::string> texts;
  for (const auto& chunk : table->column(0)->chunks()) {
    for (int64_t i = 0; i < chunk->length(); ++i) {
      texts.push_back(TextOf(*chunk, i));
    }
  }
  return texts;
}

std::vector<std::shared_ptr<arrow::DataType>> Types() {
  return {arrow::int64(),
          arrow::int32(),
          arrow::date32(),
          arrow::timestamp(arrow::TimeUnit::MILLI, "UTC"),
          arrow::timestamp(arrow::TimeUnit::MICRO),
          arrow::float64(),
          arrow::boolean(),
          arrow::utf8(),
          arrow::decimal128(9, 2),
          arrow::decimal128(18, 2),
          arrow::decimal128(38, 4)};
}

TEST(ParquetColumns, EqualArrowsOwnReading) {
  int coded_columns = 0, plain_columns = 0;
  for (const auto& type : Types()) {
    for (int bits = 0; bits < 32; ++bits) {
      Shape shape{type};
      shape.many = (bits & 1) != 0;
      shape.missing = (bits & 2) != 0;
      shape.dictionary = (bits & 4) != 0;
      shape.nullable = shape.missing || (bits & 8) != 0;
      shape.decimal_as_integer = (bits & 16) != 0;
      const auto bytes = Write(shape);
      const std::vector<std::string> expected = ReadByArrow(bytes);
      ASSERT_EQ(expected.size(), kRows);
      for (const int64_t batch : {int64_t{1}, int64_t{37}, kRows}) {
        bool coded = false;
        const auto found = ReadFlat(bytes, type, batch, &coded);
        ASSERT_TRUE(found.has_value()) << type->ToString() << " " << bits;
        EXPECT_EQ(*found, expected) << type->ToString() << " " << bits;
        ++(coded ? coded_columns : plain_columns);
      }
    }
  }
  // Both ways were gone.
  EXPECT_GT(coded_columns, 100);
  EXPECT_GT(plain_columns, 100);
}

TEST(ParquetColumns, LeavesListsToArrow) {
  arrow::ListBuilder builder(arrow::default_memory_pool(),
                             std::make_shared<arrow::Int64Builder>());
  ASSERT_TRUE(builder.Append().ok());
  const auto table = arrow::Table::Make(
      arrow::schema({arrow::field("x", arrow::list(arrow::int64()))}),
      {builder.Finish().ValueOrDie()});
  auto sink = arrow::io::BufferOutputStream::Create().ValueOrDie();
  ASSERT_TRUE(
      parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), sink, 1)
          .ok());
  const auto file = parquet::ParquetFileReader::Open(
      std::make_shared<arrow::io::BufferReader>(sink->Finish().ValueOrDie()));
  const std::vector<ParquetColumns::Leaf> leaves = {{0, arrow::int64()}};
  EXPECT_FALSE(ParquetColumns::CanRead(*file, leaves));
}

// The bytes of a file of one column of 77 rows whose row group says that it has
// others: the count is a varint, and the last one of the footer is its own.
std::string WithGroupRows(const std::string& varint) {
  arrow::Int64Builder builder;
  for (int i = 0; i < 77; ++i) {
    if (!builder.Append(i).ok()) std::abort();
  }
  const auto table =
      arrow::Table::Make(arrow::schema({arrow::field("x", arrow::int64())}),
                         {builder.Finish().ValueOrDie()});
  auto sink = arrow::io::BufferOutputStream::Create().ValueOrDie();
  if (!parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), sink,
                                  100)
           .ok()) {
    std::abort();
  }
  std::string bytes = sink->Finish().ValueOrDie()->ToString();
  const std::string rows = "\x16\x9a\x01";  // The field's header, then 2 * 77.
  const size_t at = bytes.rfind(rows);
  if (at == std::string::npos) std::abort();
  bytes.replace(at + 1, rows.size() - 1, varint);
  // The length of the footer stands before the last four bytes.
  uint32_t length = 0;
  char* tail = bytes.data() + bytes.size() - 8;
  std::memcpy(&length, tail, sizeof(length));
  length += static_cast<uint32_t>(varint.size() - (rows.size() - 1));
  std::memcpy(tail, &length, sizeof(length));
  return bytes;
}

TEST(ParquetColumns, RefuseARowGroupThatCountsItsRowsWrongly) {
  const auto read = [](const std::string& varint) {
    return ReadFlat(arrow::Buffer::FromString(WithGroupRows(varint)),
                    arrow::int64(), 64, nullptr);
  };
  const auto whole = read("\x9a\x01");
  ASSERT_TRUE(whole.has_value());
  EXPECT_EQ(whole->size(), 77u);
  EXPECT_FALSE(read("\x98\x01").has_value());  // 76.
  EXPECT_FALSE(read("\x9c\x01").has_value());  // 78.
  EXPECT_FALSE(read("\x99\x01").has_value());  // -77.
  EXPECT_FALSE(                                // The most there is.
      read("\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01").has_value());
}

// Whatever a flipped byte does, it is read or refused: never a crash, and never
// more rows than the file says.
TEST(ParquetColumns, FlippedBytesAreReadOrRefused) {
  int refused = 0;
  for (const auto& type :
       {arrow::int64(), arrow::utf8(), arrow::decimal128(18, 2)}) {
    for (const bool many : {false, true}) {
      Shape shape{type, many, true};
      const auto bytes = Write(shape);
      std::mt19937 random(7);
      for (int round = 0; round < 300; ++round) {
        std::string damaged = bytes->ToString();
        for (int flips = 0; flips < 3; ++flips) {
          damaged[random() % damaged.size()] ^=
              static_cast<char>(1 << (random() % 8));
        }
        refused += !ReadFlat(arrow::Buffer::FromString(std::move(damaged)),
                             type, 64, nullptr)
                        .has_value();
      }
    }
  }
  EXPECT_GT(refused, 100);
}

}  // namespace
}  // namespace plumbline::replay
