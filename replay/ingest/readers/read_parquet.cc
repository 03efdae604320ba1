// Parquet by row group.
#include <algorithm>
#include <atomic>

#include "arrow/io/file.h"
#include "arrow/memory_pool.h"
#include "arrow/record_batch.h"
#include "arrow/type.h"
#include "parquet/arrow/reader.h"
#include "parquet/arrow/schema.h"
#include "parquet/exception.h"
#include "parquet/file_reader.h"
#include "parquet/properties.h"
#include "replay/ingest/readers/arrow_rows.h"
#include "replay/ingest/readers/parquet_columns.h"

namespace plumbline::replay {
namespace {

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
  // Pages are small and short-lived: the C library's pool has them within what
  // the process has already touched, Arrow's own one in fresh huge pages.
  arrow::MemoryPool* const pool = arrow::system_memory_pool();
  ARROW_ASSIGN_OR_RAISE(auto input,
                        arrow::io::ReadableFile::Open(file.path, pool));
  parquet::arrow::FileReaderBuilder builder;
  ARROW_RETURN_NOT_OK(builder.Open(input, parquet::ReaderProperties(pool)));
  builder.memory_pool(pool);
  parquet::ArrowReaderProperties properties;
  try {
    for (const int leaf : CodedLeaves(*builder.raw_reader()->metadata())) {
      properties.set_read_dictionary(leaf, true);
    }
  } catch (const parquet::ParquetException& error) {
    return arrow::Status::IOError(error.what());
  }
  properties.set_batch_size(kArrowRows);
  properties.set_use_threads(false);
  properties.set_pre_buffer(false);
  return builder.properties(properties)->Build();
}

void AddLeaves(const parquet::arrow::SchemaField& field,
               std::vector<int>* leaves) {
  if (field.column_index >= 0) leaves->push_back(field.column_index);
  for (const auto& child : field.children) AddLeaves(child, leaves);
}

// The columns that are wanted of one file, and how its row groups lie.
struct Plan {
  std::vector<int> columns;  // In SourceFile::columns.
  std::vector<int> leaves;
  std::vector<ParquetColumns::Leaf> flat;  // Empty: not all are flat.
  std::vector<int64_t> starts;             // First row of each group, from 1.
  std::vector<int64_t> bytes;              // Compressed.
};

absl::StatusOr<Plan> MakePlan(const TableReader& reader,
                              parquet::arrow::FileReader& opened) {
  const SourceFile& file = reader.file();
  std::shared_ptr<arrow::Schema> schema;
  if (const arrow::Status status = opened.GetSchema(&schema); !status.ok()) {
    return Damaged(file, status.message());
  }
  if (absl::Status status = CheckTypes(reader, *schema); !status.ok()) {
    return status;
  }
  Plan plan;
  plan.columns = NeededColumns(reader);
  // A file of which nothing but the number of rows is wanted is still read.
  if (plan.columns.empty() && !file.columns.empty()) plan.columns.push_back(0);
  for (const int column : plan.columns) {
    AddLeaves(opened.manifest().schema_fields[static_cast<size_t>(column)],
              &plan.leaves);
  }
  try {
    const parquet::ParquetFileReader& parquet = *opened.parquet_reader();
    if (plan.leaves.size() == plan.columns.size()) {
      for (size_t i = 0; i < plan.leaves.size(); ++i) {
        plan.flat.push_back(
            {plan.leaves[i], schema->field(plan.columns[i])->type()});
      }
      if (!ParquetColumns::CanRead(parquet, plan.flat)) plan.flat.clear();
    }
    const auto metadata = parquet.metadata();
    int64_t row = 1;
    for (int i = 0; i < metadata->num_row_groups(); ++i) {
      const auto group = metadata->RowGroup(i);
      plan.starts.push_back(row);
      plan.bytes.push_back(
          std::max<int64_t>(group->total_compressed_size(), 0));
      if (group->num_rows() < 0 ||
          __builtin_add_overflow(row, group->num_rows(), &row)) {
        return Damaged(file, "a row group whose number of rows cannot be");
      }
    }
  } catch (const parquet::ParquetException& error) {
    return Damaged(file, error.what());
  }
  return plan;
}

// Reads row groups one after the other; one per thread.
class GroupReader {
 public:
  GroupReader(TableReader& reader, const Plan& plan, int thread)
      : reader_(reader), plan_(plan), thread_(thread) {}

  absl::Status Read(int group) {
    if (opened_ == nullptr) {
      auto opened = OpenParquet(reader_.file());
      if (!opened.ok()) return Bad(opened.status());
      opened_ = *std::move(opened);
    }
    const int64_t row = plan_.starts[static_cast<size_t>(group)];
    return plan_.flat.empty() ? ReadRecords(group, row) : ReadFlat(group, row);
  }

 private:
  absl::Status Bad(const arrow::Status& status) const {
    return Damaged(reader_.file(), status.message());
  }

  absl::Status ReadFlat(int group, int64_t row) {
    auto columns =
        ParquetColumns::Open(*opened_->parquet_reader(), group, plan_.flat);
    if (!columns.ok()) return Bad(columns.status());
    std::vector<std::shared_ptr<arrow::Array>> arrays;
    while (true) {
      const auto rows = (*columns)->Next(kArrowRows, &arrays);
      if (!rows.ok()) return Bad(rows.status());
      if (*rows == 0) return absl::OkStatus();
      absl::Status status =
          rows_.Deliver(reader_, plan_.columns, arrays, *rows, row, thread_);
      if (!status.ok()) return status;
      row += *rows;
    }
  }

  // Lists and whatever else needs Arrow to put records together.
  absl::Status ReadRecords(int group, int64_t row) {
    auto batches = opened_->GetRecordBatchReader({group}, plan_.leaves);
    if (!batches.ok()) return Bad(batches.status());
    while (true) {
      const auto batch = (*batches)->Next();
      if (!batch.ok()) return Bad(batch.status());
      if (*batch == nullptr) return absl::OkStatus();
      if ((*batch)->num_columns() != static_cast<int>(plan_.columns.size())) {
        return Damaged(reader_.file(), "its schema and its columns differ");
      }
      absl::Status status =
          rows_.Deliver(reader_, plan_.columns, (*batch)->columns(),
                        (*batch)->num_rows(), row, thread_);
      if (!status.ok()) return status;
      row += (*batch)->num_rows();
    }
  }

  TableReader& reader_;
  const Plan& plan_;
  int thread_;
  std::unique_ptr<parquet::arrow::FileReader> opened_;
  ArrowRows rows_;
};

}  // namespace

absl::Status ReadParquet(TableReader& reader) {
  auto opened = OpenParquet(reader.file());
  if (!opened.ok()) return Damaged(reader.file(), opened.status().message());
  const auto plan = MakePlan(reader, **opened);
  if (!plan.ok()) return plan.status();
  FirstFailure failure;
  std::atomic<int> next = 0;
  RunThreads(reader.options().threads, [&](int thread) {
    GroupReader groups(reader, *plan, thread);
    while (!failure.failed()) {
      const int group = next.fetch_add(1);
      if (group >= static_cast<int>(plan->bytes.size())) return;
      if (absl::Status status = groups.Read(group); !status.ok()) {
        failure.Note(group, status);
      } else if (reader.options().progress) {
        reader.options().progress(plan->bytes[static_cast<size_t>(group)]);
      }
    }
  });
  return failure.status();
}

absl::Status SniffParquet(SourceFile* file) {
  if (file->compression != FileCompression::kNone) {
    return FileError(*file,
                     "found a compressed Parquet file, expected it as it is "
                     "(its pages are compressed already)",
                     "unpack it");
  }
  auto reader = OpenParquet(*file);
  if (!reader.ok()) return Damaged(*file, reader.status().message());
  std::shared_ptr<arrow::Schema> schema;
  const arrow::Status status = (*reader)->GetSchema(&schema);
  if (!status.ok()) return Damaged(*file, status.message());
  file->columns = schema->field_names();
  return absl::OkStatus();
}

absl::StatusOr<int64_t> CountParquetRows(const SourceFile& file) {
  auto reader = OpenParquet(file);
  if (!reader.ok()) return Damaged(file, reader.status().message());
  return (*reader)->parquet_reader()->metadata()->num_rows();
}

}  // namespace plumbline::replay
