#ifndef PLUMBLINE_REPLAY_INGEST_READERS_RECORD_BLOCKS_H_
#define PLUMBLINE_REPLAY_INGEST_READERS_RECORD_BLOCKS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "arrow/io/interfaces.h"
#include "replay/ingest/readers/reader.h"

namespace plumbline::replay {

// Some records of the file, one after the other.
struct RecordBlock {
  std::string bytes;
  std::vector<std::pair<size_t, size_t>> places;  // Offset and size.
  int64_t first = 1;                              // Number of the first.
  int64_t number = -1;                            // Of the block.

  bool empty() const { return places.empty(); }
};

// The varint at the front of `bytes`: its size, 0 if it is cut off, -1 if it
// is none.
int ReadLength(std::string_view bytes, uint64_t* length);

// "name:17:1: record 17 what; remedy".
absl::Status RecordError(const SourceFile& file, int64_t record,
                         const std::string& what, const std::string& remedy);

// Cuts a file of length-delimited records into blocks of whole records, not yet
// parsed. Memory: one block and one read, each of `options.block_bytes` or of
// the longest record. Next may be called by many threads.
class RecordBlocks {
 public:
  using Block = RecordBlock;

  RecordBlocks(const SourceFile& file, const ReadOptions& options);

  absl::Status Open();
  // The next records; none at the end. Errors: InvalidArgument, with the number
  // of the record, where the file breaks off, cannot be read or has a length
  // that no record has.
  absl::Status Next(RecordBlock* block);

 private:
  absl::Status Damaged(const std::string& why) const;
  absl::Status Fill(size_t bytes);
  absl::Status Cut(RecordBlock* block, size_t* end) const;
  absl::Status Take(RecordBlock* block);

  const SourceFile& file_;
  const size_t block_bytes_;
  std::mutex mutex_;
  std::shared_ptr<arrow::io::InputStream> stream_;
  std::string rest_;  // Read and not yet in a block.
  bool ended_ = false;
  absl::Status failed_;
  int64_t record_ = 1;
  int64_t number_ = 0;
};

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_INGEST_READERS_RECORD_BLOCKS_H_
