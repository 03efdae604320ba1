#ifndef PLUMBLINE_REPLAY_INGEST_READERS_ARROW_ROWS_H_
#define PLUMBLINE_REPLAY_INGEST_READERS_ARROW_ROWS_H_

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "arrow/type_fwd.h"
#include "replay/ingest/readers/internal.h"

namespace plumbline::replay {

// Hands rows that are held as Arrow arrays to the decoders of a file: numbers,
// instants, booleans and what a dictionary codes go into the batch as they are,
// everything else by way of its text. One per thread; what it learns of a
// dictionary it keeps until another one comes.
class ArrowRows {
 public:
  ArrowRows();
  ~ArrowRows();

  // `columns`: of which column of the file each array is; all arrays have
  // `rows` values. `first_row` counts from 1. Errors: those of the decoders.
  absl::Status Deliver(TableReader& reader, std::span<const int> columns,
                       std::span<const std::shared_ptr<arrow::Array>> arrays,
                       int64_t rows, int64_t first_row, int thread);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Errors: InvalidArgument for a column whose type cannot be what it is mapped
// to.
absl::Status CheckTypes(const TableReader& reader, const arrow::Schema& schema);
// Indexes of the columns that the decoders of `reader` ask for, sorted.
std::vector<int> NeededColumns(const TableReader& reader);

// "the file breaks off or is damaged".
absl::Status Damaged(const SourceFile& file, const std::string& detail);

// The two forms of files, read by row group and by batch.
inline constexpr int64_t kArrowRows = int64_t{8} << 10;
absl::Status ReadParquet(TableReader& reader);
absl::Status SniffParquet(SourceFile* file);
absl::StatusOr<int64_t> CountParquetRows(const SourceFile& file);
absl::Status ReadIpc(TableReader& reader);
absl::Status SniffIpc(SourceFile* file);
absl::StatusOr<int64_t> CountIpcRows(const SourceFile& file);

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_INGEST_READERS_ARROW_ROWS_H_
