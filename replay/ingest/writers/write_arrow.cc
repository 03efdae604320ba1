#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "arrow/array/builder_decimal.h"
#include "arrow/array/builder_primitive.h"
#include "arrow/io/file.h"
#include "arrow/ipc/writer.h"
#include "arrow/record_batch.h"
#include "arrow/table.h"
#include "arrow/type.h"
#include "arrow/util/decimal.h"
#include "parquet/arrow/writer.h"
#include "parquet/properties.h"
#include "replay/base/units.h"
#include "replay/ingest/writers/writer.h"

namespace plumbline::replay {
namespace {

// Rows of a row group or record batch: always the same, whatever came in.
constexpr int64_t kGroup = 65'536;

absl::Status FromArrow(const arrow::Status& status, const std::string& path) {
  if (status.ok()) return absl::OkStatus();
  return absl::InternalError(
      absl::StrCat(path, ":1:1: found no way to write (", status.message(),
                   "), expected room on the disk; make some"));
}

// Quantities stand in the text unit of the column, as exact decimals.
std::shared_ptr<arrow::DataType> TypeOf(const ColumnSchema& column) {
  if (column.type == ColumnType::kBool) return arrow::boolean();
  if (column.type != ColumnType::kNumber) return arrow::utf8();
  switch (column.unit) {
    case v1::INSTANT:
      return arrow::timestamp(arrow::TimeUnit::MILLI, "UTC");
    case v1::DURATION:
    case v1::DISTANCE:
      return arrow::decimal128(19, 3);
    case v1::MONEY:
    case v1::DECIMAL:
      return arrow::decimal128(19, 6);
    case v1::DEGREES:
      return arrow::decimal128(19, 7);
    case v1::DATE:
      return arrow::date32();
    default:
      return arrow::int64();
  }
}

arrow::Status Append(const ColumnSchema& column, int64_t number,
                     std::string_view text, arrow::ArrayBuilder* builder) {
  if (!IsKnown(number) && text.empty()) return builder->AppendNull();
  switch (builder->type()->id()) {
    case arrow::Type::BOOL:
      return static_cast<arrow::BooleanBuilder*>(builder)->Append(number != 0);
    case arrow::Type::TIMESTAMP:
      return static_cast<arrow::TimestampBuilder*>(builder)->Append(number);
    case arrow::Type::DECIMAL128:
      return static_cast<arrow::Decimal128Builder*>(builder)->Append(
          arrow::Decimal128(number));
    case arrow::Type::DATE32:
      return static_cast<arrow::Date32Builder*>(builder)->Append(
          static_cast<int32_t>(number));
    case arrow::Type::INT64:
      return static_cast<arrow::Int64Builder*>(builder)->Append(number);
    default:
      break;
  }
  auto* strings = static_cast<arrow::StringBuilder*>(builder);
  if (column.type == ColumnType::kEnum) {
    return strings->Append(EnumWord(column, static_cast<int>(number)));
  }
  return strings->Append(text);
}

class GroupWriter {
 public:
  virtual ~GroupWriter() = default;
  virtual arrow::Status Write(
      const std::shared_ptr<arrow::RecordBatch>& batch) = 0;
  virtual arrow::Status Close() = 0;
};

class ParquetWriter : public GroupWriter {
 public:
  explicit ParquetWriter(std::unique_ptr<parquet::arrow::FileWriter> writer)
      : writer_(std::move(writer)) {}
  arrow::Status Write(
      const std::shared_ptr<arrow::RecordBatch>& batch) override {
    ARROW_ASSIGN_OR_RAISE(auto table, arrow::Table::FromRecordBatches({batch}));
    return writer_->WriteTable(*table, kGroup);
  }
  arrow::Status Close() override { return writer_->Close(); }

 private:
  std::unique_ptr<parquet::arrow::FileWriter> writer_;
};

class IpcWriter : public GroupWriter {
 public:
  explicit IpcWriter(std::shared_ptr<arrow::ipc::RecordBatchWriter> writer)
      : writer_(std::move(writer)) {}
  arrow::Status Write(
      const std::shared_ptr<arrow::RecordBatch>& batch) override {
    return writer_->WriteRecordBatch(*batch);
  }
  arrow::Status Close() override { return writer_->Close(); }

 private:
  std::shared_ptr<arrow::ipc::RecordBatchWriter> writer_;
};

arrow::Result<std::unique_ptr<GroupWriter>> MakeWriter(
    const std::shared_ptr<arrow::Schema>& schema,
    const std::shared_ptr<arrow::io::FileOutputStream>& stream, bool parquet) {
  if (!parquet) {
    ARROW_ASSIGN_OR_RAISE(auto writer,
                          arrow::ipc::MakeFileWriter(stream, schema));
    return std::make_unique<IpcWriter>(std::move(writer));
  }
  const auto properties = parquet::WriterProperties::Builder()
                              .compression(arrow::Compression::ZSTD)
                              ->created_by("plumbline")
                              ->build();
  const auto arrow_properties =
      parquet::ArrowWriterProperties::Builder().store_schema()->build();
  ARROW_ASSIGN_OR_RAISE(auto writer, parquet::arrow::FileWriter::Open(
                                         *schema, arrow::default_memory_pool(),
                                         stream, properties, arrow_properties));
  return std::make_unique<ParquetWriter>(std::move(writer));
}

arrow::Status Write(Spool& spool, const SpooledTable& table, bool parquet,
                    const std::string& path, absl::Status* spooled) {
  const TableSchema& schema = Tables()[static_cast<size_t>(table.table)];
  std::vector<std::shared_ptr<arrow::Field>> fields;
  std::vector<std::unique_ptr<arrow::ArrayBuilder>> builders;
  const auto add = [&](const std::string& name,
                       const std::shared_ptr<arrow::DataType>& type) {
    fields.push_back(arrow::field(name, type));
    std::unique_ptr<arrow::ArrayBuilder> builder;
    ARROW_RETURN_NOT_OK(
        arrow::MakeBuilder(arrow::default_memory_pool(), type, &builder));
    builders.push_back(std::move(builder));
    return arrow::Status::OK();
  };
  for (const int column : table.columns) {
    const ColumnSchema& named = schema.columns[static_cast<size_t>(column)];
    ARROW_RETURN_NOT_OK(add(named.name, TypeOf(named)));
  }
  for (const std::string& name : table.free)
    ARROW_RETURN_NOT_OK(add(name, arrow::utf8()));
  const auto arrow_schema = arrow::schema(fields);
  ARROW_ASSIGN_OR_RAISE(auto stream, arrow::io::FileOutputStream::Open(path));
  ARROW_ASSIGN_OR_RAISE(auto writer, MakeWriter(arrow_schema, stream, parquet));

  int64_t rows = 0;
  const auto flush = [&]() -> arrow::Status {
    std::vector<std::shared_ptr<arrow::Array>> arrays(builders.size());
    for (size_t i = 0; i < builders.size(); ++i) {
      ARROW_RETURN_NOT_OK(builders[i]->Finish(&arrays[i]));
    }
    ARROW_RETURN_NOT_OK(
        writer->Write(arrow::RecordBatch::Make(arrow_schema, rows, arrays)));
    rows = 0;
    return arrow::Status::OK();
  };
  arrow::Status failure;
  *spooled = spool.Visit(table, [&](const SpooledRow& row) {
    for (size_t c = 0; failure.ok() && c < table.columns.size(); ++c) {
      failure = Append(schema.columns[static_cast<size_t>(table.columns[c])],
                       row.numbers[c], row.texts[c], builders[c].get());
    }
    static const ColumnSchema kFree = [] {
      ColumnSchema column;
      column.type = ColumnType::kText;
      return column;
    }();
    for (size_t f = 0; failure.ok() && f < row.free.size(); ++f) {
      failure = Append(kFree, kUnknown, row.free[f],
                       builders[table.columns.size() + f].get());
    }
    if (failure.ok() && ++rows == kGroup) failure = flush();
    return FromArrow(failure, path);
  });
  if (!failure.ok() || !spooled->ok()) return failure;
  if (rows > 0) ARROW_RETURN_NOT_OK(flush());
  ARROW_RETURN_NOT_OK(writer->Close());
  return stream->Close();
}

}  // namespace

absl::Status WriteArrow(Spool& spool, const SpooledTable& table, bool parquet,
                        const std::string& path) {
  absl::Status spooled;
  const arrow::Status written = Write(spool, table, parquet, path, &spooled);
  return spooled.ok() ? FromArrow(written, path) : spooled;
}

}  // namespace plumbline::replay
