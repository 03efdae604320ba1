#include "replay/store/row_blocks.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace plumbline::replay {
namespace {

constexpr size_t kSlabBytes = size_t{4} << 20;
constexpr size_t kPageBytes = 4096;
constexpr size_t kFirstChunkBytes = kPageBytes;

size_t RoundToPages(size_t bytes) {
  return (bytes + kPageBytes - 1) / kPageBytes * kPageBytes;
}

// Small pages: the last chunk of each partition is touched only as far as it is
// written, and memory that a virtual machine has not used lately comes back
// from its host some ten times as slowly in huge pages as in small ones.
char* MapPages(size_t bytes) {
  void* pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) throw std::bad_alloc();
  return static_cast<char*>(pages);
}

}  // namespace

PagePool::~PagePool() {
  for (const Thread& thread : threads_) {
    for (const auto& [data, bytes] : thread.slabs) munmap(data, bytes);
  }
}

char* PagePool::Take(int thread, size_t bytes) {
  used_.fetch_add(static_cast<int64_t>(bytes), std::memory_order_relaxed);
  Thread& own = threads_[thread];
  auto free = own.free.find(bytes);
  if (free != own.free.end() && !free->second.empty()) {
    char* data = free->second.back();
    free->second.pop_back();
    return data;
  }
  if (bytes > kSlabBytes / 4) {
    own.slabs.emplace_back(MapPages(bytes), bytes);
    return own.slabs.back().first;
  }
  if (own.left < bytes) {
    own.slab = MapPages(kSlabBytes);
    own.left = kSlabBytes;
    own.slabs.emplace_back(own.slab, kSlabBytes);
  }
  char* data = own.slab;
  own.slab += bytes;
  own.left -= bytes;
  // All pages of a chunk at once, not by a fault for each. Systems that cannot
  // do that leave it at the faults.
  madvise(data, bytes, MADV_POPULATE_WRITE);
  return data;
}

void PagePool::Give(int thread, char* data, size_t bytes) {
  used_.fetch_sub(static_cast<int64_t>(bytes), std::memory_order_relaxed);
  threads_[thread].free[bytes].push_back(data);
}

RowBlocks::RowBlocks(PagePool* pool, int threads, int partitions,
                     size_t chunk_bytes)
    : pool_(pool),
      partitions_(partitions),
      chunk_bytes_(RoundToPages(chunk_bytes)),
      threads_(threads) {
  for (Thread& thread : threads_) {
    thread.tails.resize(partitions);
    thread.chunks.resize(partitions);
  }
}

void RowBlocks::NextChunk(int thread, int partition, size_t bytes) {
  Thread& own = threads_[thread];
  Tail& tail = own.tails[partition];
  std::vector<Chunk>& chunks = own.chunks[partition];
  size_t capacity = kFirstChunkBytes;
  if (!chunks.empty()) {
    Chunk& last = chunks.back();
    last.used = static_cast<uint32_t>(tail.at - last.data);
    own.full.emplace_back(partition, static_cast<uint32_t>(chunks.size() - 1));
    capacity = std::min<size_t>(chunk_bytes_, size_t{last.capacity} * 4);
  }
  capacity = std::max(capacity, RoundToPages(bytes + kReadSlack));
  Chunk chunk;
  chunk.data = pool_->Take(thread, capacity);
  chunk.capacity = static_cast<uint32_t>(capacity);
  chunks.push_back(chunk);
  tail.at = chunk.data;
  tail.end = chunk.data + capacity - kReadSlack;
}

absl::Status RowBlocks::Settle(int thread) {
  Thread& own = threads_[thread];
  if (own.full.empty()) return absl::OkStatus();
  if (pool_->over_budget()) {
    for (const auto& [partition, index] : own.full) {
      Chunk& chunk = own.chunks[partition][index];
      absl::Status status =
          pool_->spill().Append(chunk.data, chunk.used, &chunk.offset);
      if (!status.ok()) return status;
      pool_->Give(thread, chunk.data, chunk.capacity);
      chunk.data = nullptr;
    }
  }
  own.full.clear();
  return absl::OkStatus();
}

void RowBlocks::Close() {
  for (Thread& own : threads_) {
    for (int p = 0; p < partitions_; ++p) {
      if (own.chunks[p].empty()) continue;
      Chunk& last = own.chunks[p].back();
      last.used = static_cast<uint32_t>(own.tails[p].at - last.data);
    }
  }
}

int64_t RowBlocks::Bytes(int partition) const {
  int64_t bytes = 0;
  for (const Thread& thread : threads_) {
    for (const Chunk& chunk : thread.chunks[partition]) bytes += chunk.used;
  }
  return bytes;
}

bool RowBlocks::empty() const {
  for (const Thread& thread : threads_) {
    for (const auto& chunks : thread.chunks) {
      if (!chunks.empty()) return false;
    }
  }
  return true;
}

absl::Status RowBlocks::Read(int partition, std::vector<char>* buffer,
                             std::vector<RowChunk>* chunks) const {
  chunks->clear();
  size_t on_disk = 0;
  for (size_t t = 0; t < threads_.size(); ++t) {
    const auto& own = threads_[t].chunks[partition];
    for (size_t i = 0; i < own.size(); ++i) {
      chunks->push_back({own[i].data, own[i].used, t << 56 | i << 32});
      if (own[i].data == nullptr) on_disk += own[i].used;
    }
  }
  if (on_disk == 0) return absl::OkStatus();
  if (buffer->size() < on_disk + kReadSlack) {
    buffer->resize(on_disk + kReadSlack);
  }
  char* place = buffer->data();
  for (RowChunk& chunk : *chunks) {
    if (chunk.data != nullptr) continue;
    absl::Status status = pool_->spill().Read(
        ChunkAt(partition, chunk.address).offset, chunk.bytes, place);
    if (!status.ok()) return status;
    chunk.data = place;
    place += chunk.bytes;
  }
  return absl::OkStatus();
}

absl::Status RowBlocks::ReadRow(int partition, RowAddress address,
                                std::vector<char>* buffer,
                                const char** row) const {
  const Chunk& chunk = ChunkAt(partition, address);
  const auto offset = static_cast<uint32_t>(address);
  if (chunk.data != nullptr) {
    *row = chunk.data + offset;
    return absl::OkStatus();
  }
  const size_t bytes = chunk.used - offset;
  buffer->resize(bytes + kReadSlack);
  *row = buffer->data();
  return pool_->spill().Read(chunk.offset + offset, bytes, buffer->data());
}

absl::Status RowBlocks::Mark(int partition, RowAddress address, uint16_t head) {
  const Chunk& chunk = ChunkAt(partition, address);
  const auto offset = static_cast<uint32_t>(address);
  if (chunk.data != nullptr) {
    std::memcpy(chunk.data + offset, &head, sizeof head);
    return absl::OkStatus();
  }
  return pool_->spill().Overwrite(
      chunk.offset + offset, reinterpret_cast<const char*>(&head), sizeof head);
}

}  // namespace plumbline::replay
