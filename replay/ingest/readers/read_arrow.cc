#include <charconv>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "arrow/array.h"
#include "arrow/compute/api.h"
#include "arrow/io/file.h"
#include "arrow/ipc/reader.h"
#include "arrow/record_batch.h"
#include "arrow/table.h"
#include "parquet/arrow/reader.h"
#include "replay/ingest/readers/internal.h"

namespace plumbline::replay {
namespace {

// Texts of the cells of one batch; deque keeps addresses.
struct Texts {
  std::shared_ptr<arrow::RecordBatch> batch;
  std::deque<std::string> made;
};

std::string InstantText(int64_t value, const arrow::TimestampType& type) {
  int64_t per_second = 1;
  switch (type.unit()) {
    case arrow::TimeUnit::SECOND:
      per_second = 1;
      break;
    case arrow::TimeUnit::MILLI:
      per_second = 1'000;
      break;
    case arrow::TimeUnit::MICRO:
      per_second = 1'000'000;
      break;
    case arrow::TimeUnit::NANO:
      per_second = 1'000'000'000;
      break;
  }
  int64_t second = value / per_second;
  int64_t rest = value % per_second;
  if (rest < 0) {
    rest += per_second;
    --second;
  }
  const absl::Time time =
      absl::FromUnixSeconds(second) + absl::Nanoseconds(rest * (1'000'000'000 / per_second));
  return absl::FormatTime(type.timezone().empty() ? "%Y-%m-%d %H:%M:%E*S" : "%Y-%m-%dT%H:%M:%E*SZ",
                          time, absl::UTCTimeZone());
}

template <typename Number>
std::string NumberText(Number value) {
  char buffer[64];
  const auto end = [&] {
    if constexpr (std::is_floating_point_v<Number>) {
      return std::to_chars(buffer, buffer + sizeof(buffer), value, std::chars_format::fixed).ptr;
    } else {
      return std::to_chars(buffer, buffer + sizeof(buffer), value).ptr;
    }
  }();
  return std::string(buffer, end);
}

template <typename Array>
void AddNumbers(const Array& array, Texts* texts, std::vector<std::string_view>* cells) {
  for (int64_t i = 0; i < array.length(); ++i) {
    if (array.IsNull(i)) {
      cells->emplace_back();
    } else {
      cells->push_back(texts->made.emplace_back(NumberText(array.Value(i))));
    }
  }
}

template <typename Array>
void AddStrings(const Array& array, std::vector<std::string_view>* cells) {
  for (int64_t i = 0; i < array.length(); ++i) {
    cells->push_back(array.IsNull(i) ? std::string_view() : array.GetView(i));
  }
}

// The column as texts; false for a type that has none.
bool AddColumn(const arrow::Array& array, Texts* texts, std::vector<std::string_view>* cells) {
  using arrow::Type;
  switch (array.type_id()) {
    case Type::STRING:
      AddStrings(static_cast<const arrow::StringArray&>(array), cells);
      return true;
    case Type::LARGE_STRING:
      AddStrings(static_cast<const arrow::LargeStringArray&>(array), cells);
      return true;
    case Type::BOOL: {
      const auto& bools = static_cast<const arrow::BooleanArray&>(array);
      for (int64_t i = 0; i < bools.length(); ++i) {
        cells->push_back(bools.IsNull(i) ? std::string_view() : bools.Value(i) ? "true" : "false");
      }
      return true;
    }
    case Type::INT8:
      AddNumbers(static_cast<const arrow::Int8Array&>(array), texts, cells);
      return true;
    case Type::INT16:
      AddNumbers(static_cast<const arrow::Int16Array&>(array), texts, cells);
      return true;
    case Type::INT32:
      AddNumbers(static_cast<const arrow::Int32Array&>(array), texts, cells);
      return true;
    case Type::INT64:
      AddNumbers(static_cast<const arrow::Int64Array&>(array), texts, cells);
      return true;
    case Type::UINT8:
      AddNumbers(static_cast<const arrow::UInt8Array&>(array), texts, cells);
      return true;
    case Type::UINT16:
      AddNumbers(static_cast<const arrow::UInt16Array&>(array), texts, cells);
      return true;
    case Type::UINT32:
      AddNumbers(static_cast<const arrow::UInt32Array&>(array), texts, cells);
      return true;
    case Type::UINT64:
      AddNumbers(static_cast<const arrow::UInt64Array&>(array), texts, cells);
      return true;
    case Type::FLOAT:
      AddNumbers(static_cast<const arrow::FloatArray&>(array), texts, cells);
      return true;
    case Type::DOUBLE:
      AddNumbers(static_cast<const arrow::DoubleArray&>(array), texts, cells);
      return true;
    case Type::DECIMAL128: {
      const auto& decimals = static_cast<const arrow::Decimal128Array&>(array);
      for (int64_t i = 0; i < decimals.length(); ++i) {
        if (decimals.IsNull(i)) {
          cells->emplace_back();
        } else {
          cells->push_back(texts->made.emplace_back(decimals.FormatValue(i)));
        }
      }
      return true;
    }
    case Type::TIMESTAMP: {
      const auto& stamps = static_cast<const arrow::TimestampArray&>(array);
      const auto& type = static_cast<const arrow::TimestampType&>(*array.type());
      for (int64_t i = 0; i < stamps.length(); ++i) {
        if (stamps.IsNull(i)) {
          cells->emplace_back();
        } else {
          cells->push_back(texts->made.emplace_back(InstantText(stamps.Value(i), type)));
        }
      }
      return true;
    }
    case Type::DATE32: {
      const auto& dates = static_cast<const arrow::Date32Array&>(array);
      for (int64_t i = 0; i < dates.length(); ++i) {
        if (dates.IsNull(i)) {
          cells->emplace_back();
        } else {
          cells->push_back(texts->made.emplace_back(absl::FormatCivilTime(
              absl::CivilDay(1970, 1, 1) + dates.Value(i))));
        }
      }
      return true;
    }
    case Type::NA:
      cells->resize(cells->size() + static_cast<size_t>(array.length()));
      return true;
    default:
      return false;
  }
}

arrow::Result<std::shared_ptr<arrow::Array>> Plain(std::shared_ptr<arrow::Array> array) {
  if (array->type_id() != arrow::Type::DICTIONARY) return array;
  const auto& coded = static_cast<const arrow::DictionaryArray&>(*array);
  ARROW_ASSIGN_OR_RAISE(arrow::Datum taken,
                        arrow::compute::Take(coded.dictionary(), coded.indices()));
  return taken.make_array();
}

absl::Status HandOver(const SourceFile& file, const std::vector<int>& columns,
                      const std::shared_ptr<arrow::RecordBatch>& batch, int64_t first_row,
                      int thread, const BatchSink& sink) {
  auto texts = std::make_shared<Texts>();
  texts->batch = batch;
  RawBatch raw;
  for (int64_t i = 0; i < batch->num_rows(); ++i) raw.lines.push_back(first_row + i);
  std::vector<std::shared_ptr<arrow::Array>> kept;
  for (size_t i = 0; i < columns.size(); ++i) {
    auto array = Plain(batch->column(static_cast<int>(i)));
    if (!array.ok()) return FileError(file, array.status().message(), "export it again");
    raw.columns.emplace_back();
    if (!AddColumn(**array, texts.get(), &raw.columns.back())) {
      return absl::InvalidArgumentError(absl::StrCat(
          file.name, ":1:", columns[i] + 1, ": column ",
          file.columns[static_cast<size_t>(columns[i])], " is of type ",
          (*array)->type()->ToString(), ", expected texts, numbers, instants or booleans; cast it"));
    }
    kept.push_back(*array);
  }
  struct Owner {
    std::shared_ptr<Texts> texts;
    std::vector<std::shared_ptr<arrow::Array>> arrays;
  };
  raw.owner = std::make_shared<Owner>(Owner{texts, std::move(kept)});
  return sink(thread, std::move(raw));
}

absl::Status ReadParquet(const SourceFile& file, const ReadOptions& options,
                         const BatchSink& sink) {
  const auto open = [&]() -> arrow::Result<std::unique_ptr<parquet::arrow::FileReader>> {
    ARROW_ASSIGN_OR_RAISE(auto input, arrow::io::ReadableFile::Open(file.path));
    return parquet::arrow::OpenFile(input, arrow::default_memory_pool());
  };
  auto first = open();
  if (!first.ok()) return FileError(file, first.status().message(), "copy or export it again");
  const int groups = (*first)->num_row_groups();
  std::vector<int64_t> starts(1, 1);
  for (int i = 0; i < groups; ++i) {
    starts.push_back(starts.back() + (*first)->parquet_reader()->metadata()->RowGroup(i)->num_rows());
  }
  std::mutex mutex;
  int next = 0;
  absl::Status result;
  const auto work = [&](int thread) {
    auto reader = open();
    while (true) {
      int group = 0;
      {
        const std::lock_guard lock(mutex);
        if (next == groups || !result.ok()) return;
        group = next++;
      }
      const auto read = [&]() -> absl::Status {
        if (!reader.ok()) return FileError(file, reader.status().message(), "export it again");
        auto batches = (*reader)->GetRecordBatchReader({group}, options.columns);
        if (!batches.ok()) return FileError(file, batches.status().message(), "export it again");
        int64_t row = starts[static_cast<size_t>(group)];
        while (true) {
          auto batch = (*batches)->Next();
          if (!batch.ok()) return FileError(file, batch.status().message(), "export it again");
          if (*batch == nullptr) return absl::OkStatus();
          absl::Status status = HandOver(file, options.columns, *batch, row, thread, sink);
          if (!status.ok()) return status;
          row += (*batch)->num_rows();
        }
      };
      absl::Status status = read();
      if (!status.ok()) {
        const std::lock_guard lock(mutex);
        if (result.ok()) result = status;
      }
    }
  };
  std::vector<std::thread> threads;
  for (int i = 1; i < options.threads; ++i) threads.emplace_back(work, i);
  work(0);
  for (std::thread& thread : threads) thread.join();
  return result;
}

arrow::Result<std::shared_ptr<arrow::RecordBatchReader>> OpenIpc(const SourceFile& file) {
  if (file.format == FileFormat::kArrowStream || file.compression != FileCompression::kNone) {
    ARROW_ASSIGN_OR_RAISE(auto stream, OpenStream(file.path, file.compression));
    ARROW_ASSIGN_OR_RAISE(auto reader, arrow::ipc::RecordBatchStreamReader::Open(stream));
    return reader;
  }
  ARROW_ASSIGN_OR_RAISE(auto input, arrow::io::ReadableFile::Open(file.path));
  ARROW_ASSIGN_OR_RAISE(auto reader, arrow::ipc::RecordBatchFileReader::Open(input));
  ARROW_ASSIGN_OR_RAISE(auto batches, reader->ToRecordBatches());
  return arrow::RecordBatchReader::Make(batches, reader->schema());
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ArrowColumns(const SourceFile& file) {
  std::shared_ptr<arrow::Schema> schema;
  if (file.format == FileFormat::kParquet) {
    auto input = arrow::io::ReadableFile::Open(file.path);
    if (!input.ok()) return FileError(file, input.status().message(), "check its rights");
    auto reader = parquet::arrow::OpenFile(*input, arrow::default_memory_pool());
    if (!reader.ok()) return FileError(file, reader.status().message(), "copy or export it again");
    const arrow::Status status = (*reader)->GetSchema(&schema);
    if (!status.ok()) return FileError(file, status.message(), "copy or export it again");
  } else {
    auto reader = OpenIpc(file);
    if (!reader.ok()) return FileError(file, reader.status().message(), "copy or export it again");
    schema = (*reader)->schema();
  }
  return schema->field_names();
}

absl::Status ReadArrow(const SourceFile& file, const ReadOptions& options, const BatchSink& sink) {
  if (file.format == FileFormat::kParquet) return ReadParquet(file, options, sink);
  auto reader = OpenIpc(file);
  if (!reader.ok()) return FileError(file, reader.status().message(), "copy or export it again");
  int64_t row = 1;
  while (true) {
    auto batch = (*reader)->Next();
    if (!batch.ok()) return FileError(file, batch.status().message(), "copy or export it again");
    if (*batch == nullptr) return absl::OkStatus();
    auto chosen = (*batch)->SelectColumns(options.columns);
    if (!chosen.ok()) return FileError(file, chosen.status().message(), "export it again");
    absl::Status status = HandOver(file, options.columns, *chosen, row, 0, sink);
    if (!status.ok()) return status;
    row += (*batch)->num_rows();
  }
}

}  // namespace plumbline::replay
