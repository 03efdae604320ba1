#ifndef PLUMBLINE_REPLAY_INGEST_READERS_READER_H_
#define PLUMBLINE_REPLAY_INGEST_READERS_READER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "plumbline/v1/log.pb.h"
#include "plumbline/v1/mapping.pb.h"
#include "replay/base/units.h"
#include "replay/ingest/fault_log.h"
#include "replay/ingest/record_batch.h"

namespace plumbline::replay {

enum class FileFormat {
  kText,
  kParquet,
  kArrowFile,
  kArrowStream,
  kProtobuf,  // Varint length and plumbline.v1.LogRecord, again and again.
  kOcel       // OCEL 2.0 JSON whose objects are rows (replay/ingest/ocel.h).
};
enum class FileCompression { kNone, kGzip, kZstd };

// What the first bytes of a file tell.
struct SourceFile {
  std::string path;  // "-" is standard input (an Arrow IPC stream).
  std::string name;  // Relative to the log, for messages.
  FileFormat format = FileFormat::kText;
  FileCompression compression = FileCompression::kNone;
  char delimiter = ',';
  // Of the header; none for protobuf. OCEL: "type.attribute", as declared.
  std::vector<std::string> columns;
  int64_t bytes = 0;  // On disk; 0 for standard input.
  // Text: where the first row behind the header begins, decompressed.
  int64_t data_offset = 0;
  int64_t data_line = 1;
  // Protobuf: the log's own LogInfo, where the first record is one.
  std::shared_ptr<const v1::LogInfo> info;
  // Standard input, which cannot be opened twice, as far as it was read.
  std::shared_ptr<void> opened;

  // Its rows say of which table they are; it needs no imports.
  bool names_its_tables() const {
    return format == FileFormat::kProtobuf || format == FileFormat::kOcel;
  }
};

struct ReadOptions {
  int threads = 1;
  // Bytes of text that a thread takes at a time. Changes no row, line or fault.
  int64_t block_bytes = int64_t{128} << 10;
  // Bytes of the file read since the last call, from any thread; may be empty.
  std::function<void(int64_t bytes)> progress;
  // Every byte of the file in its order, while it is in the cache: one call at
  // a time, from any thread. Only text that is not compressed is read in order;
  // other files give no bytes. May be empty.
  std::function<void(std::string_view bytes)> bytes;
};

// What holds for every row of one file.
struct DecodeOptions {
  uint32_t file_index = 0;
  v1::InstantForm instants = v1::RFC_3339;  // Unless a column names another.
  std::string row_id_prefix;  // Before the number of a row ("part-2.csv#").
  // IANA zone of the log: instants with another offset are counted as
  // "mixed-zones" (not UTC, which is nobody's clock). Empty: not checked.
  std::string time_zone;
  // Of the log: rows that name another one are quarantined as "currency-clash".
  std::string currency;
  // Rows outside are counted as "out-of-window". kUnknown: not checked.
  int64_t observed_from = kUnknown;
  int64_t observed_to = kUnknown;
};

// Opens the file far enough to know what it is. Errors: InvalidArgument with
// "name:line:column: found, expected, what to do" for a file that is empty, is
// a folder, is not UTF-8 (GB18030 and Latin-1 are told apart), holds zero
// bytes or cannot be read.
absl::StatusOr<SourceFile> Sniff(const std::string& path,
                                 const std::string& name);

// The canonical columns that `import` makes of `file`, as "table.column",
// sorted. Files that name their tables themselves tell only while they are
// read.
std::vector<std::string> ImportedColumns(const v1::TableImport& import,
                                         const SourceFile& file);

// Reads the file once, decodes it for every import (one file may feed several
// tables) and hands validated batches to `sink`, from `options.threads` threads
// at once and in no particular order. Rows, lines, faults and the error, if
// any, depend on neither threads nor block size. Rows are counted and faults
// added in `faults`; a derived import counts no rows. A file that names its
// tables itself needs none: `imports` must be empty. `columns`, if not null,
// gets what the file gives ("table.column", sorted, each once).
//
// Errors: InvalidArgument as Sniff, for damaged files, columns of a type that
// cannot be, instants in the other form; whatever `sink` returns.
absl::Status ReadTables(const SourceFile& file,
                        const std::vector<v1::TableImport>& imports,
                        const DecodeOptions& decode, const ReadOptions& options,
                        FaultLog& faults, RecordSink& sink,
                        std::vector<std::string>* columns = nullptr);

// Rows of the file behind the header, ragged ones with them, for `inspect`.
absl::StatusOr<int64_t> CountFileRows(const SourceFile& file,
                                      const ReadOptions& options);

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_INGEST_READERS_READER_H_
