#ifndef PLUMBLINE_REPLAY_STORE_ROW_BLOCKS_H_
#define PLUMBLINE_REPLAY_STORE_ROW_BLOCKS_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "replay/store/spill_file.h"

namespace plumbline::replay {

// Bytes that may be read past the last row of a chunk, and written past a row
// before the next one is, so that a number of any width is one of eight bytes.
inline constexpr size_t kReadSlack = 8;

// Pages for chunks. Each thread cuts its own slabs; what is given back is used
// again and never returned to the system before the end, since the first touch
// of a page is what costs.
class PagePool {
 public:
  PagePool(int threads, int64_t memory_bytes, std::string scratch)
      : threads_(threads), limit_(memory_bytes), spill_(std::move(scratch)) {}
  ~PagePool();
  PagePool(const PagePool&) = delete;
  PagePool& operator=(const PagePool&) = delete;

  char* Take(int thread, size_t bytes);
  void Give(int thread, char* data, size_t bytes);
  // More than `memory_bytes` is in use.
  bool over_budget() const {
    return used_.load(std::memory_order_relaxed) > limit_;
  }
  int64_t used() const { return used_.load(std::memory_order_relaxed); }
  SpillFile& spill() { return spill_; }
  const SpillFile& spill() const { return spill_; }

 private:
  struct alignas(64) Thread {
    char* slab = nullptr;
    size_t left = 0;
    std::map<size_t, std::vector<char*>> free;
    std::vector<std::pair<char*, size_t>> slabs;
  };
  std::vector<Thread> threads_;
  std::atomic<int64_t> used_ = 0;
  int64_t limit_;
  SpillFile spill_;
};

// Names a row for good: thread, chunk and offset.
using RowAddress = uint64_t;

// Some rows of one partition, one after the other.
struct RowChunk {
  const char* data = nullptr;
  size_t bytes = 0;
  RowAddress address = 0;  // Of the first row; add the offset of another.
};

// Append-only rows of bytes in partitions. Every thread writes chunks of its
// own, so that writing needs no lock. Past the pool's budget full chunks go to
// the spill file.
class RowBlocks {
 public:
  RowBlocks(PagePool* pool, int threads, int partitions, size_t chunk_bytes);

  // Where the thread writes a row of `bytes`. Room stays valid until Settle.
  char* Place(int thread, int partition, size_t bytes) {
    Tail& tail = threads_[thread].tails[partition];
    if (static_cast<size_t>(tail.end - tail.at) < bytes) {
      NextChunk(thread, partition, bytes);
    }
    char* place = tail.at;
    tail.at += bytes;
    // Where the partition's next rows go: when they come the line is there.
    __builtin_prefetch(tail.at + kLineBytes, 1);
    return place;
  }

  // The rows placed by this thread have been written: full chunks may go.
  absl::Status Settle(int thread);

  // Ends the writing; call once, before all of the following.
  void Close();

  int64_t Bytes(int partition) const;
  bool empty() const;

  // The chunks of a partition, those on disk read into `buffer`, which must
  // outlive their use.
  absl::Status Read(int partition, std::vector<char>* buffer,
                    std::vector<RowChunk>* chunks) const;
  // One row of at most `bytes` at `address`; reads to the end of its chunk.
  absl::Status ReadRow(int partition, RowAddress address,
                       std::vector<char>* buffer, const char** row) const;
  // Replaces the first two bytes of a row.
  absl::Status Mark(int partition, RowAddress address, uint16_t head);

 private:
  static constexpr size_t kLineBytes = 64;

  struct Chunk {
    char* data = nullptr;  // nullptr: on disk.
    uint32_t used = 0;
    uint32_t capacity = 0;
    int64_t offset = -1;
  };
  struct Tail {
    char* at = nullptr;
    char* end = nullptr;
  };
  struct alignas(64) Thread {
    std::vector<Tail> tails;
    std::vector<std::vector<Chunk>> chunks;      // By partition.
    std::vector<std::pair<int, uint32_t>> full;  // Partition, chunk.
  };

  void NextChunk(int thread, int partition, size_t bytes);
  const Chunk& ChunkAt(int partition, RowAddress address) const {
    return threads_[address >> 56].chunks[partition][address >> 32 & 0xFFFFFF];
  }

  PagePool* pool_;
  int partitions_;
  size_t chunk_bytes_;
  std::vector<Thread> threads_;
};

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_STORE_ROW_BLOCKS_H_
