#ifndef PLUMBLINE_REPLAY_INGEST_INSPECT_H_
#define PLUMBLINE_REPLAY_INGEST_INSPECT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace plumbline::replay {

struct InspectOptions {
  int threads = 1;
  std::string mapping_file;  // --mapping; empty: chosen by fingerprint.
  std::string time_zone;     // For the draft, where clocks have no offset.
};

// What the cells of a column look like, from the first rows of the file.
enum class CellForm {
  kEmpty,
  kInteger,
  kDecimal,
  kEpochSeconds,
  kEpochMilliseconds,
  kInstant,    // RFC 3339 with an offset.
  kLocalTime,  // A date and a clock without an offset.
  kDate,
  kBoolean,
  kWords,  // Few different texts.
  kJsonList,
  kJsonObject,
  kText
};

struct InspectedColumn {
  std::string name;
  CellForm form = CellForm::kEmpty;
  std::vector<std::string> samples;  // Up to 3 different cells.
  std::vector<std::string> words;    // All of them, for kWords and kBoolean.
  std::vector<std::string>
      used_as;  // "tasks.placed_at"; empty: nothing reads it.
};

struct InspectedFile {
  std::string name;
  std::string
      format;  // "csv", "parquet", "arrow", "arrow-stream", "protobuf", "text".
  std::string compression;  // "gzip", "zstd" or empty.
  std::string delimiter;    // Of text.
  int64_t rows = 0;
  std::vector<InspectedColumn> columns;
  // Name of the mapping ("canonical", "nyc-tlc-hvfhv"), empty if none fits.
  std::string mapping;
  std::vector<std::string> tables;
  std::vector<std::string> gives;  // "table.column", sorted.
  std::vector<std::string>
      missing;           // "table.column" that its tables lack, sorted.
  std::string obstacle;  // Why no mapping fits; empty if one does.
  // A mapping in text form for a file that none fits; empty otherwise.
  std::string draft;
};

// What the file is. A folder gives all of its tables, in order of their names.
// Errors: InvalidArgument "file:1:1: ..." for what cannot be read at all.
absl::StatusOr<std::vector<InspectedFile>> Inspect(
    const std::string& path, const InspectOptions& options);

// For people, in English or Chinese; without the tests that the file can feed,
// which the caller knows from `gives`.
std::string InspectionText(const InspectedFile& file, bool chinese);

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_INGEST_INSPECT_H_
