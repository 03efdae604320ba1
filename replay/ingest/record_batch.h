#ifndef PLUMBLINE_REPLAY_INGEST_RECORD_BATCH_H_
#define PLUMBLINE_REPLAY_INGEST_RECORD_BATCH_H_

#include <cstdint>
#include <string_view>
#include <utility>
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
  // Where the source codes its texts: the entry of each row in dictionary
  // number `dictionary`, kNoEntry where it has none. An entry stays the same
  // text as long as the number stays. 0: not coded, and `entries` is empty.
  std::vector<uint32_t> entries;
  uint64_t dictionary = 0;
};
inline constexpr uint32_t kNoEntry = UINT32_MAX;

// Some rows of one table, mapped and validated: what ingest hands on. Rows that
// were quarantined are not in it. Texts live during the call of Accept.
struct RecordBatch {
  int table = -1;     // Index in Tables().
  uint32_t file = 0;  // Index in the list of input files.
  size_t rows = 0;
  std::vector<int64_t> lines;  // Physical line, or row from 1: one per row.
  std::vector<ColumnData> columns;  // Only those that the source has.
  // Free columns (attr_*, x_*): name and one text per row.
  std::vector<std::pair<std::string_view, std::vector<std::string_view>>> free;

  const ColumnData* Find(int column) const {
    for (const ColumnData& data : columns) {
      if (data.column == column) return &data;
    }
    return nullptr;
  }
};

// Takes batches. Called from several threads at once, `thread` in
// [0, threads) naming the caller; batches come in no particular order. The
// batch and its texts are the caller's, which uses the buffers again: a sink
// copies what it keeps.
class RecordSink {
 public:
  virtual ~RecordSink() = default;
  virtual absl::Status Accept(int thread, const RecordBatch& batch) = 0;
};

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_INGEST_RECORD_BATCH_H_
