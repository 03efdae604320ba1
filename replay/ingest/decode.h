#ifndef PLUMBLINE_REPLAY_INGEST_DECODE_H_
#define PLUMBLINE_REPLAY_INGEST_DECODE_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "plumbline/v1/mapping.pb.h"
#include "replay/ingest/fault_log.h"
#include "replay/ingest/readers/reader.h"
#include "replay/ingest/record_batch.h"
#include "replay/schema/schema.h"

namespace plumbline::replay {

// Turns raw batches of one file into validated batches of one table, as one
// TableImport says. Made once a file; const and thread-safe after that.
class Decoder {
 public:
  // Errors: InvalidArgument for a zone that does not exist.
  static absl::StatusOr<Decoder> Make(const v1::TableImport& import, const SourceFile& file,
                                      uint32_t file_index, v1::InstantForm instants,
                                      const std::string& row_id_prefix);

  // Indexes of the source columns that are needed, for ReadOptions::columns.
  const std::vector<int>& source_columns() const { return source_columns_; }
  const TableSchema& table() const { return *table_; }
  // Canonical columns that come out, as "table.column".
  std::vector<std::string> columns() const;

  // Decodes and validates; faults go to `faults`, the good rows are returned.
  // Errors: InvalidArgument when instants stand in the other form.
  absl::StatusOr<RecordBatch> Decode(RawBatch raw, FaultLog& faults) const;

 private:
  struct Column {
    int target = -1;  // In the table's schema.
    int source = -1;  // In source_columns_; -1 for a constant or row number.
    int file_column = 0;
    bool row_number = false;
    std::string constant;
    std::vector<std::string> unknown;
    std::map<std::string, std::string, std::less<>> words;
    std::map<std::string, int64_t, std::less<>> enum_values;
    int64_t numerator = 0;
    int64_t denominator = 1;
    v1::InstantForm instants = v1::RFC_3339;
    bool has_zone = false;
    absl::TimeZone zone;
  };
  absl::Status DecodeColumn(const Column& column, const RawBatch& raw, ColumnData* out,
                            std::vector<std::string>* made, std::vector<char>* drop,
                            FaultLog& faults) const;
  void CheckRows(const RecordBatch& batch, std::vector<char>* drop, FaultLog& faults) const;

  const TableSchema* table_ = nullptr;
  SourceFile file_;
  uint32_t file_index_ = 0;
  std::string row_id_prefix_;
  std::vector<int> source_columns_;
  std::vector<Column> columns_;
  std::vector<std::pair<std::string, int>> free_;  // Name, index in source_columns_.
};

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_INGEST_DECODE_H_
