#ifndef PLUMBLINE_REPLAY_INGEST_READERS_OBJECT_BLOCKS_H_
#define PLUMBLINE_REPLAY_INGEST_READERS_OBJECT_BLOCKS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "replay/ingest/readers/json_stream.h"
#include "replay/ingest/readers/reader.h"

namespace plumbline::replay {

// Some objects of the file, one after the other.
struct ObjectBlock {
  std::string bytes;
  std::vector<size_t> ends;  // Of each object in `bytes`.
  int64_t first = 1;         // Number of the first.
  int64_t number = -1;       // Of the block.

  bool empty() const { return ends.empty(); }
  std::string_view Text(size_t object) const {
    const size_t from = object == 0 ? 0 : ends[object - 1];
    return std::string_view(bytes).substr(from, ends[object] - from);
  }
};

// "name:17:1: object 17 what; remedy".
absl::Status ObjectError(const SourceFile& file, int64_t object,
                         const std::string& what, const std::string& remedy);

// Cuts an OCEL 2.0 JSON file into blocks of whole objects, as written; what
// stands beside the array of objects is passed over. Memory: one block and one
// read, each of `options.block_bytes` or of the longest object. Next may be
// called by many threads.
class ObjectBlocks {
 public:
  using Block = ObjectBlock;

  ObjectBlocks(const SourceFile& file, const ReadOptions& options);

  absl::Status Open();
  // The next objects; none at the end. Errors: InvalidArgument, with the number
  // of the object, where the file breaks off or is no such file.
  absl::Status Next(ObjectBlock* block);

 private:
  absl::Status Damaged(const std::string& why) const;
  absl::Status Good(JsonStream::Step step, const char* expected) const;
  absl::Status TakeMember();
  absl::Status TakeObject(ObjectBlock* block);
  absl::Status TakeEnd();

  const SourceFile& file_;
  const size_t block_bytes_;
  std::mutex mutex_;
  std::unique_ptr<JsonStream> stream_;
  bool first_ = true;    // No member was taken yet.
  bool inside_ = false;  // The array of objects.
  bool found_ = false;
  bool ended_ = false;
  absl::Status failed_;
  int64_t object_ = 1;
  int64_t number_ = 0;
};

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_INGEST_READERS_OBJECT_BLOCKS_H_
