#ifndef PLUMBLINE_REPLAY_INGEST_TEXT_ARENA_H_
#define PLUMBLINE_REPLAY_INGEST_TEXT_ARENA_H_

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace plumbline::replay {

// Texts that live until Clear, which keeps the memory for the next batch.
class TextArena {
 public:
  std::string_view Copy(std::string_view text) {
    char* place = Reserve(text.size());
    if (!text.empty()) std::memcpy(place, text.data(), text.size());
    used_ += text.size();
    return {place, text.size()};
  }

  // Room for `size` bytes; Commit says how many of them were used.
  char* Reserve(size_t size) {
    while (block_ < blocks_.size() &&
           blocks_[block_].size - used_ < std::max<size_t>(size, 1)) {
      ++block_;
      used_ = 0;
    }
    if (block_ == blocks_.size()) {
      const size_t bytes = std::max(size, kBlockBytes);
      blocks_.push_back({std::make_unique<char[]>(bytes), bytes});
      used_ = 0;
    }
    return blocks_[block_].bytes.get() + used_;
  }
  std::string_view Commit(size_t size) {
    const char* place = blocks_[block_].bytes.get() + used_;
    used_ += size;
    return {place, size};
  }

  void Clear() {
    block_ = 0;
    used_ = 0;
  }

 private:
  static constexpr size_t kBlockBytes = size_t{256} << 10;
  struct Block {
    std::unique_ptr<char[]> bytes;
    size_t size = 0;
  };
  std::vector<Block> blocks_;
  size_t block_ = 0;  // The block in use and the bytes of it that are taken.
  size_t used_ = 0;
};

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_INGEST_TEXT_ARENA_H_
