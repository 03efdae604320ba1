#ifndef PLUMBLINE_REPLAY_INGEST_READERS_INTERNAL_H_
#define PLUMBLINE_REPLAY_INGEST_READERS_INTERNAL_H_

#include <atomic>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "arrow/io/interfaces.h"
#include "arrow/result.h"
#include "replay/ingest/decode.h"
#include "replay/ingest/readers/reader.h"

namespace plumbline::replay {

inline constexpr int64_t kLongestRow = int64_t{64} << 20;

// The bytes of the file, decompressed. `path` "-" is standard input.
arrow::Result<std::shared_ptr<arrow::io::InputStream>> OpenStream(
    const std::string& path, FileCompression compression);

// "name:line:1: what; remedy".
absl::Status FileError(const SourceFile& file, const std::string& what,
                       const std::string& remedy, int64_t line = 1);

// Keeps the error of the earliest piece of a file, so that it does not depend
// on which thread was faster: pieces are taken in order, and those before a
// failed one are still read to their end.
class FirstFailure {
 public:
  void Note(int64_t piece, const absl::Status& status);
  bool failed() const { return failed_.load(std::memory_order_relaxed); }
  absl::Status status() const { return status_; }

 private:
  std::mutex mutex_;
  std::atomic<bool> failed_ = false;
  int64_t piece_ = std::numeric_limits<int64_t>::max();
  absl::Status status_;
};

// Runs work(thread) on `threads` threads, the caller's among them.
void RunThreads(int threads, absl::FunctionRef<void(int thread)> work);

// One read of one file: its decoders, and what each thread needs for them.
class TableReader {
 public:
  TableReader(const SourceFile& file, std::vector<Decoder> decoders,
              const DecodeOptions& decode, const ReadOptions& options,
              FaultLog& faults, RecordSink& sink);

  const SourceFile& file() const { return file_; }
  const ReadOptions& options() const { return options_; }
  const DecodeOptions& decode() const { return decode_; }
  const std::vector<Decoder>& decoders() const { return decoders_; }
  FaultLog& faults() const { return faults_; }
  RecordSink& sink() const { return sink_; }
  bool needs_row_numbers() const { return needs_row_numbers_; }

  // Rows that were read but cannot be decoded, for the tables they belong to.
  void AddRagged(int64_t line, std::string_view text) const;
  void CountRows(int64_t rows) const;

  // Decodes the rows of `source` for every table and hands them on. `numbers`
  // (of the data rows, from 1) may be empty unless needs_row_numbers().
  template <typename Source>
  absl::Status Deliver(int thread, Source& source,
                       const std::vector<int64_t>& lines,
                       const std::vector<int64_t>& numbers, bool ascii) {
    std::vector<Decoder::Work>& works = works_[static_cast<size_t>(thread)];
    absl::Status first;
    int64_t line = -1;
    int column = 0;
    for (size_t i = 0; i < decoders_.size(); ++i) {
      Decoder::Work& work = works[i];
      work.batch.lines = lines;
      if (decoders_[i].needs_row_numbers()) work.row_numbers = numbers;
      work.ascii = ascii;
      absl::Status status = decoders_[i].Decode(source, faults_, work);
      if (!status.ok()) {
        if (first.ok() || std::pair(work.problem_line, work.problem_column) <
                              std::pair(line, column)) {
          first = status;
          line = work.problem_line;
          column = work.problem_column;
        }
        continue;
      }
      if (!first.ok() || work.batch.rows == 0) continue;
      status = sink_.Accept(thread, work.batch);
      if (!status.ok()) return status;
    }
    return first;
  }

 private:
  const SourceFile& file_;
  std::vector<Decoder> decoders_;
  const DecodeOptions& decode_;
  const ReadOptions& options_;
  FaultLog& faults_;
  RecordSink& sink_;
  bool needs_row_numbers_ = false;
  std::vector<std::vector<Decoder::Work>> works_;
};

absl::Status ReadText(TableReader& reader);
absl::Status ReadArrow(TableReader& reader);
absl::Status ReadProtobuf(const SourceFile& file, const DecodeOptions& decode,
                          const ReadOptions& options, FaultLog& faults,
                          RecordSink& sink, std::vector<std::string>* columns);

absl::Status ReadOcel(const SourceFile& file, const DecodeOptions& decode,
                      const ReadOptions& options, FaultLog& faults,
                      RecordSink& sink, std::vector<std::string>* columns);

absl::StatusOr<int64_t> CountTextRows(const SourceFile& file,
                                      const ReadOptions& options);
absl::StatusOr<int64_t> CountArrowRows(const SourceFile& file);
absl::StatusOr<int64_t> CountRecords(const SourceFile& file,
                                     const ReadOptions& options);

absl::StatusOr<int64_t> CountOcelRows(const SourceFile& file,
                                      const ReadOptions& options);

// What a file of Arrow or Parquet says of itself; keeps standard input open.
absl::Status SniffArrow(SourceFile* file);
// The first record of a protobuf log; false when the bytes begin with none.
bool SniffRecord(std::string_view head, v1::LogRecord* record);
// Whether the text begins as OCEL 2.0 JSON; `file` gets the columns that its
// objectTypes declare, as far as `head` holds them.
bool SniffOcel(std::string_view head, SourceFile* file);

// The first row of the text as cells; false when it does not end in it.
bool SplitHeader(std::string_view text, char delimiter,
                 std::vector<std::string>* cells, size_t* bytes);

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_INGEST_READERS_INTERNAL_H_
