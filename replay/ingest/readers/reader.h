#ifndef PLUMBLINE_REPLAY_INGEST_READERS_READER_H_
#define PLUMBLINE_REPLAY_INGEST_READERS_READER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace plumbline::replay {

enum class FileFormat { kText, kParquet, kArrowFile, kArrowStream };
enum class FileCompression { kNone, kGzip, kZstd };

// What the first bytes of a file tell.
struct SourceFile {
  std::string path;
  std::string name;  // Relative to the log, for messages.
  FileFormat format = FileFormat::kText;
  FileCompression compression = FileCompression::kNone;
  char delimiter = ',';
  std::vector<std::string> columns;  // Of the header.
  int64_t bytes = 0;
};

// Some rows as the source has them. Cells point into `owner`; a cell with
// data() == nullptr is null (Parquet, Arrow); text files have none.
struct RawBatch {
  std::vector<int64_t> lines;  // Line on which each row begins; or row, from 1.
  std::vector<std::vector<std::string_view>> columns;  // As asked for, in order.
  std::shared_ptr<void> owner;
  // Rows with another number of cells than the header: line and text.
  std::vector<std::pair<int64_t, std::string>> ragged;
};

struct ReadOptions {
  int threads = 1;
  int64_t block_bytes = int64_t{2} << 20;
  std::vector<int> columns;  // Indexes in SourceFile::columns.
};

// Opens the file far enough to know what it is. Errors: InvalidArgument with
// "name:1:1: ..." for a file that is empty or cannot be read.
absl::StatusOr<SourceFile> Sniff(const std::string& path, const std::string& name);

// Hands every row of the file to `sink`, from `options.threads` threads at
// once, in no particular order. Text is cut into blocks at line ends outside
// quotes and tokenised by Arrow's BlockParser; a row may be at most 64 MiB.
// Errors: InvalidArgument for a damaged file; whatever `sink` returns.
absl::Status ReadFile(const SourceFile& file, const ReadOptions& options,
                      const std::function<absl::Status(int thread, RawBatch batch)>& sink);

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_INGEST_READERS_READER_H_
