#ifndef PLUMBLINE_REPLAY_INGEST_READERS_STREAM_ROWS_H_
#define PLUMBLINE_REPLAY_INGEST_READERS_STREAM_ROWS_H_

#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "replay/ingest/readers/internal.h"

namespace plumbline::replay {

// For files whose rows name their tables: protobuf and OCEL. One thread at a
// time takes a block out of the stream, all turn blocks into batches. Which
// thread has which block decides nothing.

// What one thread does with the rows of its blocks.
struct RowTarget {
  const SourceFile& file;
  const DecodeOptions& decode;
  int thread;
  FaultLog& faults;
  RecordSink& sink;
  std::set<std::string> columns;  // "table.column" of all that was there.

  // Decodes rows of one table, which have the `columns` that `import` names
  // and the free ones behind them, and hands them on.
  template <typename Source>
  absl::Status Deliver(const v1::TableImport& import,
                       std::vector<std::string> columns_of_rows,
                       const std::vector<int64_t>& lines, Source& source,
                       Decoder::Work& work) const {
    SourceFile shape = file;
    shape.columns = std::move(columns_of_rows);
    const auto decoder = Decoder::Make(import, shape, decode);
    if (!decoder.ok()) return decoder.status();
    work.caches.clear();
    work.batch.lines = lines;
    work.ascii = false;
    absl::Status status = decoder->Decode(source, faults, work);
    if (!status.ok() || work.batch.rows == 0) return status;
    return sink.Accept(thread, work.batch);
  }
};

// Reads all of `blocks` (`Open()`, `Next(Block*)`; a block has a `number` and
// says whether it is `empty()`), which ends with an empty block. Each thread
// has a `Rows`, made of the options to decode with, and calls its
// `Read(block, target)`. Errors: that of the earliest block which has one.
template <typename Rows, typename Blocks>
absl::Status ReadBlocks(Blocks& blocks, const SourceFile& file,
                        const DecodeOptions& decode, const ReadOptions& options,
                        FaultLog& faults, RecordSink& sink,
                        std::vector<std::string>* columns) {
  if (absl::Status status = blocks.Open(); !status.ok()) return status;
  FirstFailure failure;
  std::mutex mutex;
  std::set<std::string> names;
  RunThreads(options.threads, [&](int thread) {
    RowTarget target{file, decode, thread, faults, sink, {}};
    Rows rows(decode);
    typename Blocks::Block block;
    while (!failure.failed()) {
      absl::Status status = blocks.Next(&block);
      if (status.ok() && block.empty()) break;
      if (status.ok()) status = rows.Read(block, &target);
      if (status.ok()) continue;
      failure.Note(block.number, status);
      break;
    }
    const std::lock_guard lock(mutex);
    names.merge(target.columns);
  });
  if (columns != nullptr) columns->assign(names.begin(), names.end());
  return failure.status();
}

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_INGEST_READERS_STREAM_ROWS_H_
