#ifndef PLUMBLINE_REPLAY_STORE_ID_FINGERPRINTS_H_
#define PLUMBLINE_REPLAY_STORE_ID_FINGERPRINTS_H_

#include <cstdint>
#include <cstring>
#include <vector>

#include "absl/status/statusor.h"
#include "replay/base/text_hash.h"
#include "replay/store/row_blocks.h"

namespace plumbline::replay {

// Forty-eight bits of the hash of every id, in partitions: enough to say which
// ids may stand twice, in five bytes a row. Whether they do is then settled on
// the rows themselves, of which few are left: by chance 0.2 among ten million.
// No more partitions than there is room for their ends in the first-level
// cache.
class IdFingerprints {
 public:
  IdFingerprints(PagePool* pool, int threads)
      : blocks_(pool, threads, kPartitions, kChunkBytes) {}

  static uint64_t Of(uint64_t hash) { return hash >> 16; }

  void Add(int thread, uint64_t hash) {
    const uint64_t fingerprint = Of(hash);
    char* place = blocks_.Place(
        thread, static_cast<int>(fingerprint >> kStoredBits), kStoredBytes);
    std::memcpy(place, &fingerprint, sizeof(fingerprint));  // Next one's room.
  }
  absl::Status Settle(int thread) { return blocks_.Settle(thread); }
  void Close() { blocks_.Close(); }

  // Fingerprints that were added more than once, sorted. O(ids) in parallel,
  // memory of one partition a thread.
  absl::StatusOr<std::vector<uint64_t>> Repeated(int threads) const;

 private:
  static constexpr int kPartitions = 256;
  static constexpr size_t kChunkBytes = size_t{16} << 10;
  static constexpr int kStoredBytes = 5;
  static constexpr int kStoredBits = 8 * kStoredBytes;

  RowBlocks blocks_;
};

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_STORE_ID_FINGERPRINTS_H_
