#ifndef PLUMBLINE_REPLAY_STORE_SMALL_ROWS_H_
#define PLUMBLINE_REPLAY_STORE_SMALL_ROWS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "plumbline/v1/log.pb.h"
#include "replay/ingest/fault_log.h"
#include "replay/ingest/record_batch.h"

namespace plumbline::replay {

// A row of a small table (the roster, sanctions, ...) as its message.
struct SmallRow {
  uint32_t file = 0;
  int64_t line = 0;
  int table = 0;  // Index in Tables().
  v1::LogRecord record;
};

// Appends the rows of a batch. Unknown cells leave their field unset; free
// columns become `attributes`.
void AppendSmallRows(const RecordBatch& batch, std::vector<SmallRow>* rows);

// Sorts by (file, line) and takes out rows whose id stands twice: of equal rows
// the first stays, of rows that differ none.
void SettleSmallRows(std::vector<SmallRow>* rows, FaultLog& faults);

// The members of a JSON array of texts or numbers, as texts. Anything else
// gives an empty list.
std::vector<std::string> JsonTexts(std::string_view json);

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_STORE_SMALL_ROWS_H_
