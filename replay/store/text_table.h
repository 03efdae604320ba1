#ifndef PLUMBLINE_REPLAY_STORE_TEXT_TABLE_H_
#define PLUMBLINE_REPLAY_STORE_TEXT_TABLE_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace plumbline::replay {

// Texts with few different values, kept once and named by codes from 1; 0 is
// the empty text. Codes follow the order of arrival and so differ from run to
// run: nothing may be written or sorted by them.
//
// Code is thread-safe, each thread with its own number; a text that the thread
// has met costs one look-up in the thread's own table. The rest is for after
// the last Code. Memory: the texts, and about 100 bytes each.
class TextTable {
 public:
  explicit TextTable(int threads) : caches_(threads) {}

  // `hash` is HashText(text).
  uint32_t Code(int thread, std::string_view text, uint64_t hash) {
    Cache& cache = caches_[thread];
    if (!cache.slots.empty()) {
      for (size_t i = hash & cache.mask;; i = (i + 1) & cache.mask) {
        const Slot& slot = cache.slots[i];
        if (slot.code == 0) break;
        if (slot.hash == hash &&
            std::string_view(slot.text, slot.length) == text) {
          return slot.code;
        }
      }
    }
    return Learn(cache, text, hash);
  }

  // 0 where the text has no code.
  uint32_t Find(std::string_view text) const {
    const auto found = codes_.find(text);
    return found == codes_.end() ? 0 : found->second;
  }
  std::string_view Text(uint32_t code) const { return texts_[code]; }
  // Codes are below this.
  uint32_t size() const { return static_cast<uint32_t>(texts_.size()); }

 private:
  struct Slot {
    uint64_t hash = 0;
    const char* text = nullptr;
    uint32_t length = 0;
    uint32_t code = 0;
  };
  struct alignas(64) Cache {
    std::vector<Slot> slots;
    size_t mask = 0;
    size_t used = 0;
  };

  uint32_t Learn(Cache& cache, std::string_view text, uint64_t hash);

  std::vector<Cache> caches_;
  std::mutex mutex_;
  absl::flat_hash_map<std::string_view, uint32_t> codes_;
  std::vector<std::string_view> texts_ = {std::string_view("", 0)};
  std::deque<std::vector<char>> arena_;
  size_t arena_left_ = 0;
};

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_STORE_TEXT_TABLE_H_
