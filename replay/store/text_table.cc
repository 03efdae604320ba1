#include "replay/store/text_table.h"

#include <algorithm>
#include <cstring>

namespace plumbline::replay {
namespace {

constexpr size_t kArenaBytes = size_t{64} << 10;
constexpr size_t kFirstSlots = 256;

}  // namespace

uint32_t TextTable::Learn(Cache& cache, std::string_view text, uint64_t hash) {
  if (text.empty()) return 0;
  uint32_t code;
  std::string_view kept;
  {
    std::lock_guard lock(mutex_);
    const auto found = codes_.find(text);
    if (found != codes_.end()) {
      code = found->second;
      kept = found->first;
    } else {
      if (arena_left_ < text.size()) {
        arena_.emplace_back(std::max(kArenaBytes, text.size()));
        arena_left_ = arena_.back().size();
      }
      char* place = arena_.back().data() + (arena_.back().size() - arena_left_);
      std::memcpy(place, text.data(), text.size());
      arena_left_ -= text.size();
      kept = {place, text.size()};
      code = static_cast<uint32_t>(texts_.size());
      texts_.push_back(kept);
      codes_.emplace(kept, code);
    }
  }
  // Three quarters full at most: what is looked at should stay in the cache.
  if (cache.used * 4 >= cache.slots.size() * 3) {
    const std::vector<Slot> old = std::move(cache.slots);
    cache.slots.assign(std::max(kFirstSlots, old.size() * 2), Slot{});
    cache.mask = cache.slots.size() - 1;
    std::lock_guard lock(mutex_);
    for (const Slot& slot : old) {
      if (slot.code == 0) continue;
      size_t i = HashText(texts_[slot.code]) & cache.mask;
      while (cache.slots[i].code != 0) i = (i + 1) & cache.mask;
      cache.slots[i] = slot;
    }
  }
  size_t i = hash & cache.mask;
  while (cache.slots[i].code != 0) i = (i + 1) & cache.mask;
  cache.slots[i] = SlotOf(kept, hash);
  cache.slots[i].code = code;
  if (kept.size() > kShort) cache.long_texts[code] = kept;
  ++cache.used;
  return code;
}

}  // namespace plumbline::replay
