#ifndef PLUMBLINE_REPLAY_INGEST_RECORD_BATCH_H_
#define PLUMBLINE_REPLAY_INGEST_RECORD_BATCH_H_

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace plumbline::replay {

// A validated column of canonical values. Numbers, enums and bools are in
// `numbers` (kUnknown where unknown); texts and JSON lists in `texts`, where
// data() == nullptr is unknown. Only one of the two is filled.
struct ColumnData {
  int column = -1;  // Index in TableSchema::columns.
  std::vector<int64_t> numbers;
  std::vector<std::string_view> texts;
};

// Some rows of one table, mapped and validated: what ingest hands on. Rows that
// were quarantined are not in it. Texts point into `owner`, which lives as long
// as the batch.
struct RecordBatch {
  int table = -1;     // Index in Tables().
  uint32_t file = 0;  // Index in the list of input files.
  size_t rows = 0;
  std::vector<int64_t> lines;  // Physical line, or row from 1: one per row.
  std::vector<ColumnData> columns;  // Only those that the source has.
  // Free columns (attr_*, x_*): name and one text per row.
  std::vector<std::pair<std::string_view, std::vector<std::string_view>>> free;
  std::shared_ptr<void> owner;

  const ColumnData* Find(int column) const {
    for (const ColumnData& data : columns) {
      if (data.column == column) return &data;
    }
    return nullptr;
  }
};

// Takes batches. Called from several threads at once, `thread` in
// [0, threads) naming the caller; batches come in no particular order.
class RecordSink {
 public:
  virtual ~RecordSink() = default;
  virtual absl::Status Accept(int thread, RecordBatch batch) = 0;
};

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_INGEST_RECORD_BATCH_H_
