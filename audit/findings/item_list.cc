#include "audit/findings/item_list.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

#include "audit/findings/packed_text.h"

namespace plumbline::audit {

void ItemList::Add(const Item& item) {
  ++size_;
  for (const std::string* text : {&item.worker, &item.id, &item.observed,
                                  &item.required, &item.shortfall}) {
    AppendPackedText(*text, &bytes_);
  }
  char clocks[16];
  std::memcpy(clocks, &item.from, 8);
  std::memcpy(clocks + 8, &item.to, 8);
  bytes_.append(clocks, sizeof clocks);
}

void ItemList::Add(ItemList&& more) {
  size_ += more.size_;
  if (bytes_.empty()) {
    bytes_ = std::move(more.bytes_);
  } else {
    bytes_ += more.bytes_;
  }
  more = ItemList();
}

size_t ItemList::Read(size_t at, Item* item) const {
  const char* bytes = bytes_.data() + at;
  for (std::string* text : {&item->worker, &item->id, &item->observed,
                            &item->required, &item->shortfall}) {
    *text = TakePackedText(&bytes);
  }
  std::memcpy(&item->from, bytes, 8);
  std::memcpy(&item->to, bytes + 8, 8);
  return static_cast<size_t>(bytes - bytes_.data()) + 16;
}

void ItemList::Sort(bool by_worker) {
  struct Place {
    std::string_view worker, id;
    size_t at, size;
  };
  std::vector<Place> places;
  places.reserve(size_);
  Item item;
  for (size_t at = 0; at < bytes_.size();) {
    const char* bytes = bytes_.data() + at;
    Place& place = places.emplace_back();
    place.worker = TakePackedText(&bytes);
    place.id = TakePackedText(&bytes);
    const size_t next = Read(at, &item);
    place.at = at;
    place.size = next - at;
    at = next;
  }
  auto before = [by_worker](const Place& a, const Place& b) {
    if (by_worker && a.worker != b.worker) return a.worker < b.worker;
    return a.id < b.id;
  };
  if (std::is_sorted(places.begin(), places.end(), before)) return;
  std::stable_sort(places.begin(), places.end(), before);
  std::string sorted;
  sorted.reserve(bytes_.size());
  for (const Place& place : places) {
    sorted.append(bytes_, place.at, place.size);
  }
  bytes_ = std::move(sorted);
}

void ItemList::SortById() { Sort(false); }
void ItemList::SortByWorker() { Sort(true); }

}  // namespace plumbline::audit
