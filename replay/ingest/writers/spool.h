#ifndef PLUMBLINE_REPLAY_INGEST_WRITERS_SPOOL_H_
#define PLUMBLINE_REPLAY_INGEST_WRITERS_SPOOL_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "replay/ingest/record_batch.h"
#include "replay/ingest/scratch_file.h"

namespace plumbline::replay {

// One row of a table with a place for each column of the whole table: numbers
// (kUnknown where unknown) or texts (empty where unknown).
struct SpooledRow {
  std::vector<int64_t> numbers;
  std::vector<std::string_view> texts;
  std::vector<std::string_view> free;
};

// What a table turned out to hold.
struct SpooledTable {
  int table = -1;                 // Index in Tables().
  std::vector<int> columns;       // In order of the schema.
  std::vector<std::string> free;  // Sorted.
  int64_t rows = 0;
};

// Keeps batches in scratch files as they come and gives the rows back in order
// of (file, line). Memory: one batch, and 40 bytes of index a batch.
class Spool : public RecordSink {
 public:
  Spool(int threads, std::string scratch);

  absl::Status Accept(int thread, const RecordBatch& batch) override;

  // Ends the writing. The tables with at least one row, in order of Tables().
  std::vector<SpooledTable> Finish();

  // Rows of `table` in order; SpooledRow's vectors are parallel to its columns
  // (`numbers` or `texts` by the column's type) and live during the call.
  absl::Status Visit(const SpooledTable& table,
                     absl::FunctionRef<absl::Status(const SpooledRow&)> visit);

 private:
  struct Place {
    uint32_t file;
    int64_t first_line;
    int64_t last_line;
    size_t thread;
    int64_t offset;
    size_t size;
  };
  struct Shard {
    std::unique_ptr<ScratchFile> file;
    std::map<int, std::vector<Place>> places;         // By table.
    std::map<int, std::map<int, bool>> columns;       // By table.
    std::map<int, std::map<std::string, bool>> free;  // By table.
    std::map<int, int64_t> rows;
    std::string bytes;
  };
  std::string scratch_;
  std::vector<Shard> shards_;
  std::map<int, std::vector<Place>> places_;
};

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_INGEST_WRITERS_SPOOL_H_
