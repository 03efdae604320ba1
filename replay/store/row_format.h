#ifndef PLUMBLINE_REPLAY_STORE_ROW_FORMAT_H_
#define PLUMBLINE_REPLAY_STORE_ROW_FORMAT_H_

#include <bit>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "replay/base/text_hash.h"
#include "replay/base/units.h"
#include "replay/schema/schema.h"

namespace plumbline::replay {

// How rows are kept. A row is
//
//   head (2 bytes: layout and dead bit) | numbers of some bits each | texts
//
// and a layout says which numbers stand where. Rows that were read together
// share a layout, whose widths hold all their values: instants as the
// difference to the row's first known instant, all quantities in whole seconds,
// metres or hundredths where every value is one. A number that is unknown is
// the least value of its width; one that is unknown or the same in all rows may
// take no bits. Numbers are packed into words of 64 bits, of which none spans
// two. So 18 columns take about 40 bytes.

enum class SlotForm : uint8_t {
  kNumber,
  kInstant,  // Kept as the difference to the base slot.
  kText,     // The number is its length; the bytes follow the numbers.
};

// What a row holds beside its columns: the worker's code, file and line, and
// the first known instant.
inline constexpr int kWorkerSlot = 0;
inline constexpr int kFileSlot = 1;
inline constexpr int kLineSlot = 2;
inline constexpr int kBaseSlot = 3;
inline constexpr int kFirstColumnSlot = 4;

inline constexpr uint16_t kDeadRow = 0x8000;  // Left out: a duplicate.
inline constexpr uint16_t kLayoutMask = 0x7FFF;

inline uint16_t RowHead(const char* row) {
  uint16_t head;
  std::memcpy(&head, row, sizeof head);
  return head;
}

struct SlotPlan {
  SlotForm form = SlotForm::kNumber;
  bool symbol = false;  // A code of the dictionary of symbols, 0 if unknown.
  int64_t scale = 1;    // 1, 1000 or 10000.
};

struct RowPart {
  uint16_t slot = 0;
  uint8_t width = 0;    // Bits: 0 to 57, or 64.
  bool scaled = false;  // In units of SlotPlan::scale.
  uint32_t bit = 0;     // From the start of the row.
  int64_t value = 0;    // Of all rows, where the width is 0.
};

// The least number of `width` bits (1 to 64), which stands for unknown.
constexpr int64_t UnknownOf(int width) {
  return static_cast<int64_t>(~uint64_t{0} << (width - 1));
}

// The least width that holds [low, high] and unknown. A number is loaded as
// eight bytes from any bit of the first, so that 58 to 63 bits do not do.
constexpr int WidthOf(int64_t low, int64_t high) {
  const int64_t most = high > -low ? high : -low;
  const int width =
      std::bit_width(static_cast<uint64_t>(most > 0 ? most : 0)) + 1;
  return width <= 57 ? width : 64;
}

// How to read one number, worked out once.
struct NumberReader {
  uint32_t offset = 0;
  uint8_t left = 0;    // Drops the bits above the number.
  uint8_t right = 64;  // 64 less its bits; 64: none.
  int64_t none = 0;    // What stands for unknown.
  int64_t fixed = 0;   // The value where there are no bits.

  NumberReader() = default;
  explicit NumberReader(const RowPart& part)
      : offset(part.bit / 8),
        left(static_cast<uint8_t>(
            part.width == 0 ? 0 : 64 - part.width - part.bit % 8)),
        right(static_cast<uint8_t>(64 - part.width)),
        none(part.width == 0 ? 0 : UnknownOf(part.width)),
        fixed(part.value) {}
  // kUnknown if unknown. Reads up to 7 bytes past the number.
  int64_t Read(const char* row) const {
    if (right == 64) return fixed;
    const auto value =
        static_cast<int64_t>(LoadWord(row + offset) << left) >> right;
    return value == none ? kUnknown : value;
  }
};

struct RowLayout {
  uint16_t id = 0;
  uint32_t fixed = 0;                 // Bytes of head and numbers.
  uint32_t least = 0;                 // And of texts of one length.
  uint32_t words = 0;                 // That the fixed bytes are cut from.
  std::vector<RowPart> parts;         // By ascending slot.
  std::vector<int16_t> part_of_slot;  // Index in parts, -1 if there is none.
  std::vector<uint16_t> texts;        // Indexes in parts.
  std::vector<NumberReader> lengths;  // Of texts of several lengths.
  NumberReader worker;

  // As kept, kUnknown if unknown.
  int64_t Stored(const char* row, const RowPart& part) const {
    return NumberReader(part).Read(row);
  }
  size_t Size(const char* row) const {
    size_t size = least;
    for (const NumberReader& text : lengths) {
      const int64_t length = text.Read(row);
      size += static_cast<size_t>(length > 0 ? length : 0);
    }
    return size;
  }
};

// The slots of one table and the layouts met so far.
class RowFormat {
 public:
  explicit RowFormat(const TableSchema& schema);

  const TableSchema& schema() const { return schema_; }
  static int SlotOf(int column) { return kFirstColumnSlot + column; }
  int slots() const { return static_cast<int>(plans_.size()); }
  const SlotPlan& plan(int slot) const { return plans_[slot]; }

  // A free column has two slots: its number in millionths where the cell is a
  // decimal, and after it the symbol of any other text. At most kMostFree of
  // them are kept; -1 past that. Thread-safe.
  int FreeSlot(std::string_view name);
  // Names, by ascending slot. After the last FreeSlot.
  std::vector<std::pair<std::string, int>> FreeColumns() const;

  // The layout of those parts, whose places are filled in here. Thread-safe;
  // lives as long as this.
  const RowLayout* Intern(std::span<const RowPart> parts);
  // The layout made last, nullptr if none. Thread-safe.
  const RowLayout* Newest() const;

  const RowLayout& At(uint16_t head) const {
    return *layouts_[head & kLayoutMask];
  }
  size_t layouts() const { return layouts_.size(); }

  // One value, slowly: instants absolute, quantities in the units of units.h.
  int64_t Number(const char* row, int slot) const;
  // data() == nullptr if unknown.
  std::string_view Text(const char* row, int slot) const;

 private:
  static constexpr int kMostFree = 64;

  const TableSchema& schema_;
  std::vector<SlotPlan> plans_;  // Never grows: room for all free columns.
  mutable std::mutex mutex_;
  std::map<std::string, int, std::less<>> free_;
  std::map<std::string, const RowLayout*> ids_;
  std::vector<std::unique_ptr<RowLayout>> layouts_;
};

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_STORE_ROW_FORMAT_H_
