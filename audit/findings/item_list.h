#ifndef PLUMBLINE_AUDIT_FINDINGS_ITEM_LIST_H_
#define PLUMBLINE_AUDIT_FINDINGS_ITEM_LIST_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace plumbline::audit {

// A task or row that a rule names, with figures as they are reported.
struct Item {
  std::string id;
  std::string worker;
  std::string observed, required, shortfall;
  int64_t from = 0, to = 0;  // kUnknown where the task has no clocks.
};

// Items packed one after another: their texts and about 25 bytes each, where
// an Item takes 200. A log may name tens of millions. Adding and reading are
// linear in an item.
class ItemList {
 public:
  void Add(const Item& item);
  void Add(ItemList&& more);
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // Calls visit(const Item&) for each, in order; the item lives until the next.
  template <typename Visit>
  void ForEach(const Visit& visit) const {
    Item item;
    for (size_t at = 0; at < bytes_.size();) {
      at = Read(at, &item);
      visit(static_cast<const Item&>(item));
    }
  }

  void SortById();
  void SortByWorker();  // Then by id.

 private:
  // Writes the item at `at`; gives where the next one is.
  size_t Read(size_t at, Item* item) const;
  void Sort(bool by_worker);

  std::string bytes_;
  size_t size_ = 0;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_FINDINGS_ITEM_LIST_H_
