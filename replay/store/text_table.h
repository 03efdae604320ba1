#ifndef PLUMBLINE_REPLAY_STORE_TEXT_TABLE_H_
#define PLUMBLINE_REPLAY_STORE_TEXT_TABLE_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "replay/base/text_hash.h"

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
      const Slot wanted = SlotOf(text, hash);
      for (size_t i = hash & cache.mask;; i = (i + 1) & cache.mask) {
        const Slot& slot = cache.slots[i];
        if (slot.code == 0) break;
        if (slot.length == wanted.length && slot.first == wanted.first &&
            slot.last == wanted.last &&
            (text.size() <= kShort || LongText(cache, slot.code) == text)) {
          return slot.code;
        }
      }
    }
    return Learn(cache, text, hash);
  }
  // Asks for the memory that Code will look at.
  void Prefetch(int thread, uint64_t hash) const {
    const Cache& cache = caches_[thread];
    if (!cache.slots.empty()) {
      __builtin_prefetch(&cache.slots[hash & cache.mask]);
    }
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
  static constexpr size_t kShort = 16;

  // A text of up to 16 bytes is its two words and its length, so that comparing
  // needs no other memory; of a longer one they are the hash, and the texts
  // themselves are compared.
  struct Slot {
    uint64_t first = 0, last = 0;
    uint32_t length = 0;
    uint32_t code = 0;
  };
  struct alignas(64) Cache {
    std::vector<Slot> slots;
    size_t mask = 0;
    size_t used = 0;
    // Of texts longer than that.
    absl::flat_hash_map<uint32_t, std::string_view> long_texts;
  };

  static Slot SlotOf(std::string_view text, uint64_t hash) {
    Slot slot;
    slot.length = static_cast<uint32_t>(text.size());
    const char* at = text.data();
    if (text.size() > kShort) {
      slot.first = hash;
    } else if (text.size() >= 8) {
      slot.first = LoadWord(at);
      slot.last = LoadWord(at + text.size() - 8);
    } else if (text.size() >= 4) {
      uint32_t first, last;
      std::memcpy(&first, at, sizeof first);
      std::memcpy(&last, at + text.size() - 4, sizeof last);
      slot.first = first;
      slot.last = last;
    } else {
      for (const char letter : text) {
        slot.first = slot.first << 8 | static_cast<unsigned char>(letter);
      }
    }
    return slot;
  }
  static std::string_view LongText(const Cache& cache, uint32_t code) {
    return cache.long_texts.find(code)->second;
  }

  uint32_t Learn(Cache& cache, std::string_view text, uint64_t hash);

  std::vector<Cache> caches_;
  std::mutex mutex_;
  absl::flat_hash_map<std::string_view, uint32_t> codes_;
  std::vector<std::string_view> texts_ = {std::string_view("")};
  std::deque<std::vector<char>> arena_;
  size_t arena_left_ = 0;
};

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_STORE_TEXT_TABLE_H_
