#ifndef PLUMBLINE_TESTS_STORE_MADE_LOG_H_
#define PLUMBLINE_TESTS_STORE_MADE_LOG_H_

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "replay/ingest/record_batch.h"
#include "replay/store/log_store.h"

namespace plumbline::replay {

// A row as a test writes it: only the known cells. Numbers are canonical.
using Cell = std::variant<int64_t, std::string>;
struct MadeRow {
  std::string table;
  uint32_t file = 0;
  int64_t line = 0;
  std::map<std::string, Cell> cells;

  bool Has(const std::string& column) const { return cells.count(column) > 0; }
  int64_t Number(const std::string& column) const;    // kUnknown if absent.
  std::string Text(const std::string& column) const;  // "" if absent.
};

// Feeds the rows to a store, in batches of up to `batch_rows` rows of the same
// table and file, from as many threads as the store has. `columns` adds columns
// that no row fills ("tasks.status"); `coded` gives texts as entries of
// dictionaries, a new one every few batches, some rows without one.
struct FeedOptions {
  int threads = 1;
  size_t batch_rows = 1000;
  std::vector<std::string> columns;
  bool coded = false;
};
void Feed(const std::vector<MadeRow>& rows, const FeedOptions& options,
          LogStore* store);

// Everything that the timelines of a store say, as text by worker, and what it
// reported: rows of the quarantine and counts of faults.
struct Seen {
  std::string timelines;
  std::string faults;
};
Seen Replay(const std::vector<MadeRow>& rows, const StoreOptions& store,
            const FeedOptions& feed);
std::string Timelines(LogStore& store, int threads);

// The same two from the rows by the plainest means: unions and shares
// millisecond by millisecond, duplicates by comparing all rows with all.
// Instants must lie within [0, 20000) ms.
Seen Naive(const std::vector<MadeRow>& rows, bool has_status);

}  // namespace plumbline::replay

#endif  // PLUMBLINE_TESTS_STORE_MADE_LOG_H_
