#ifndef PLUMBLINE_REPLAY_INGEST_CONVERT_H_
#define PLUMBLINE_REPLAY_INGEST_CONVERT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "replay/ingest/ingest.h"

namespace plumbline::replay {

enum class ConvertFormat { kCsv, kParquet, kArrow, kProtobuf, kOcel };

// "csv", "parquet", "arrow", "protobuf", "ocel". False for any other word.
bool ParseConvertFormat(const std::string& word, ConvertFormat* format);

struct ConvertOptions {
  ConvertFormat format = ConvertFormat::kCsv;
  std::string scratch;  // Folder for temporary files; empty: the system's.
};

struct ConvertResult {
  IngestResult input;
  struct File {
    std::string name;  // "tasks.csv"
    int64_t rows = 0;
  };
  std::vector<File> files;  // Sorted by name; log.textproto is not among them.
};

// Writes the canonical tables of `log` into the folder `out`, one file a table,
// with log.textproto, so that `out` is a log that audits as the first does:
// every used or repaired row with every known cell and free column, in order of
// (file, line). Quarantined rows are not written; `faults` names them. The form
// "ocel" is one OCEL 2.0 JSON file for all tables (log.ocel.json: a row is an
// object, each of its instants an event).
//
// `out` must not exist or be empty; it appears in one step when all is written,
// and the bytes in it depend on nothing but the rows. Errors: InvalidArgument
// as Ingest, or naming `out`; Internal where the disk fails. Memory: some
// batches; for "ocel" also the ids of orders and workers.
absl::StatusOr<ConvertResult> Convert(const std::string& log,
                                      const IngestOptions& ingest,
                                      const ConvertOptions& options,
                                      const std::string& out, FaultLog& faults);

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_INGEST_CONVERT_H_
