#ifndef PLUMBLINE_REPLAY_STORE_ROW_ENCODER_H_
#define PLUMBLINE_REPLAY_STORE_ROW_ENCODER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "replay/base/interval_set.h"
#include "replay/ingest/record_batch.h"
#include "replay/store/id_fingerprints.h"
#include "replay/store/row_blocks.h"
#include "replay/store/row_format.h"
#include "replay/store/text_table.h"

namespace plumbline::replay {

// Rows of tasks whose worker is unknown make timelines of the rows of one file
// whose lines share all but the low 12 bits: at most 4096 of them, and the same
// ones whatever the threads.
inline constexpr int kUnknownWorkerBits = 12;
inline uint64_t UnknownWorkerGroup(int64_t file, int64_t line) {
  return static_cast<uint64_t>(file) << 48 |
         static_cast<uint64_t>(line) >> kUnknownWorkerBits;
}

// Instants outside are faults, and made unknown: the years 1900 to 2199. So
// every difference, and every share of it in 1/720720, fits in 64 bits.
inline constexpr int64_t kFirstInstant = -2'208'988'800'000;
inline constexpr int64_t kLastInstant = 7'258'118'399'999;

// One of the tables that are kept as rows.
struct RowTable {
  RowTable(const TableSchema& schema, PagePool* pool, int threads,
           int partitions, size_t chunk_bytes);

  RowFormat format;
  RowBlocks blocks;
  // Columns whose texts together name a row, so that it may stand only once;
  // empty where rows have no id.
  std::vector<int> key_columns;
  std::unique_ptr<IdFingerprints> ids;
  // The text column that the partition is taken from; -1: the worker.
  int partition_column = -1;
  int worker_column = -1;
  bool worker_required = false;
};

// What a row lost when it was stored, for Finish to report.
struct StoreFault {
  uint32_t file;
  int64_t line;
  int column;
  std::string_view id;  // Of the catalogue.
  std::string value;
};

// Writes batches of one table as rows, on one thread. Reuses its buffers; no
// allocation a row.
class RowEncoder {
 public:
  RowEncoder(RowTable* table, int thread, int partitions, TextTable* workers,
             TextTable* symbols);

  absl::Status Encode(const RecordBatch& batch);

  // By worker code: rows that are alive.
  const std::vector<uint32_t>& rows_of_worker() const {
    return rows_of_worker_;
  }
  const std::vector<StoreFault>& faults() const { return faults_; }
  // First and last event clock seen; deadlines and promises are none.
  const Interval& observed() const { return observed_; }
  // Some batch had that column.
  bool saw_column(int column) const { return saw_column_[column]; }

 private:
  static constexpr size_t kTileRows = 1024;

  struct Input {
    int slot;
    const ColumnData* data;
  };
  struct Active {
    int slot;
    const int64_t* values;
    const std::string_view* texts;  // Of text slots.
    int64_t low, high;
    bool unknown;  // Some value is.
    bool scaled;
  };

  // What the entries of a dictionary came to, by entry; code 0: not seen yet.
  struct KnownWorkers {
    struct Worker {
      uint32_t code = 0, partition = 0;
    };
    uint64_t dictionary = 0;
    std::vector<Worker> workers;
  };
  struct KnownSymbols {
    uint64_t dictionary = 0;
    std::vector<uint32_t> codes;
  };

  absl::Status EncodeTile(const RecordBatch& batch, size_t start, size_t rows);
  int64_t* Work(int slot);
  void Partition(const RecordBatch& batch, size_t start, size_t rows);
  void AddSymbols(const Input& input, size_t start, size_t rows);
  void AddIds(const RecordBatch& batch, size_t start, size_t rows);
  void AddInstants(const RecordBatch& batch, size_t start, size_t rows);
  void AddNumbers(const RecordBatch& batch, size_t start, size_t rows);
  void AddTexts(size_t start, size_t rows);
  void AddFree(const RecordBatch& batch, size_t start, size_t rows);
  void Activate(int slot, const int64_t* values, size_t rows);
  void RefuseInstants(const RecordBatch& batch, size_t start, size_t rows,
                      const Input& input);
  RowPart PartFor(const Active& active) const;
  bool Fits(const RowPart& part, const Active& active) const;
  bool Serves(const RowLayout& layout, int bits) const;
  const RowLayout* Layout();
  void Write(size_t rows);

  RowTable* table_;
  int thread_;
  uint32_t partitions_;
  TextTable* workers_;
  TextTable* symbols_;

  std::vector<Input> instants_, numbers_, symbols_in_, texts_;
  std::vector<int> free_slots_;
  std::vector<const int64_t*> instant_values_;
  std::vector<const std::vector<std::string_view>*> keys_;
  const std::vector<std::string_view>* partition_texts_ = nullptr;
  std::vector<std::unique_ptr<int64_t[]>> work_;  // By slot.
  std::unique_ptr<int64_t[]> scratch_;
  std::vector<Active> active_;
  std::vector<RowPart> parts_, wider_parts_;
  std::vector<uint64_t> words_;  // kTileRows for each word of the layout.
  std::vector<const std::string_view*> written_texts_;
  const RowLayout* last_layout_ = nullptr;

  uint32_t partition_[kTileRows];
  uint16_t dead_[kTileRows];
  uint64_t hash_[kTileRows];
  uint32_t size_[kTileRows];
  bool any_dead_ = false;

  KnownWorkers known_workers_;
  std::vector<KnownSymbols> known_symbols_;  // By slot.
  std::vector<uint32_t> rows_of_worker_;
  std::vector<StoreFault> faults_;
  std::vector<char> saw_column_;
  std::vector<char> is_event_;
  Interval observed_ = {kUnknown, kUnknown};
};

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_STORE_ROW_ENCODER_H_
