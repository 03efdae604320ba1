#include "replay/store/id_fingerprints.h"

#include <algorithm>
#include <bit>
#include <mutex>

#include "replay/store/parallel.h"

namespace plumbline::replay {

absl::StatusOr<std::vector<uint64_t>> IdFingerprints::Repeated(
    int threads) const {
  constexpr int kGroup = 16;  // Partitions that share scratch memory.
  std::mutex mutex;
  std::vector<uint64_t> repeated;
  const auto search = [&](int group) -> absl::Status {
    std::vector<char> buffer;
    std::vector<RowChunk> chunks;
    std::vector<uint64_t> slots;
    std::vector<uint64_t> own;
    for (int p = group * kGroup; p < (group + 1) * kGroup; ++p) {
      const auto count = static_cast<uint64_t>(blocks_.Bytes(p) / kStoredBytes);
      if (count < 2) continue;
      absl::Status status = blocks_.Read(p, &buffer, &chunks);
      if (!status.ok()) return status;
      // Open addressing by the low bits, half full at most; 0 is free, so one
      // is added to what is kept.
      const uint64_t mask = std::bit_ceil(count * 2) - 1;
      slots.assign(mask + 1, 0);
      for (const RowChunk& chunk : chunks) {
        for (size_t at = 0; at < chunk.bytes; at += kStoredBytes) {
          const uint64_t value =
              LoadWord(chunk.data + at) & ((uint64_t{1} << kStoredBits) - 1);
          uint64_t i = value & mask;
          while (slots[i] != 0 && slots[i] != value + 1) i = (i + 1) & mask;
          if (slots[i] == 0) {
            slots[i] = value + 1;
          } else {
            own.push_back(static_cast<uint64_t>(p) << kStoredBits | value);
          }
        }
      }
      std::sort(own.begin(), own.end());
      own.erase(std::unique(own.begin(), own.end()), own.end());
    }
    std::lock_guard lock(mutex);
    repeated.insert(repeated.end(), own.begin(), own.end());
    return absl::OkStatus();
  };
  absl::Status status = ForEachPart(threads, kPartitions / kGroup, search);
  if (!status.ok()) return status;
  std::sort(repeated.begin(), repeated.end());
  return repeated;
}

}  // namespace plumbline::replay
