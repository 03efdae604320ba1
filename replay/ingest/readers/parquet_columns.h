#ifndef PLUMBLINE_REPLAY_INGEST_READERS_PARQUET_COLUMNS_H_
#define PLUMBLINE_REPLAY_INGEST_READERS_PARQUET_COLUMNS_H_

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "arrow/result.h"
#include "arrow/type_fwd.h"

namespace parquet {
class ParquetFileReader;
}

namespace plumbline::replay {

// The flat columns of one row group of a Parquet file, a batch of rows at a
// time, as Arrow arrays. A column of which every page holds indices stays that
// way, an array of indices over one dictionary for the whole row group;
// decimals and texts come without the builders of Arrow's own reader, which
// assembles records of any depth.
//
// Not thread-safe. Errors: IOError where pages are damaged, end too early or
// name entries that their dictionary does not have. Memory: a batch and the
// dictionaries.
class ParquetColumns {
 public:
  // One column of the file: the leaf and the type that Arrow gives it.
  struct Leaf {
    int index = 0;
    std::shared_ptr<arrow::DataType> type;
  };

  // Whether all leaves are of kinds that are read here: no lists, no structs,
  // no bytes that are neither texts nor decimals.
  static bool CanRead(const parquet::ParquetFileReader& file,
                      std::span<const Leaf> leaves);

  static arrow::Result<std::unique_ptr<ParquetColumns>> Open(
      parquet::ParquetFileReader& file, int row_group,
      std::span<const Leaf> leaves);
  virtual ~ParquetColumns() = default;

  // The next rows, at most `rows`; 0 at the end of the row group. The arrays,
  // one a leaf, are good until the next call.
  virtual arrow::Result<int64_t> Next(
      int64_t rows, std::vector<std::shared_ptr<arrow::Array>>* arrays) = 0;
};

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_INGEST_READERS_PARQUET_COLUMNS_H_
