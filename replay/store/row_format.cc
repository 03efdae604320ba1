#include "replay/store/row_format.h"

namespace plumbline::replay {
namespace {

// Past that many layouts rows take the widest numbers, so that the 15 bits of
// the head are always enough: sources have few sets of columns.
constexpr size_t kManyLayouts = 30'000;

SlotPlan PlanOf(const ColumnSchema& column) {
  SlotPlan plan;
  switch (column.type) {
    case ColumnType::kEnum:
    case ColumnType::kBool:
      return plan;
    case ColumnType::kTextList:
    case ColumnType::kNumberList:
      plan.form = SlotForm::kText;
      return plan;
    case ColumnType::kText:
      plan.symbol = column.unit == v1::SYMBOL;
      if (!plan.symbol) plan.form = SlotForm::kText;
      return plan;
    case ColumnType::kNumber:
      break;
  }
  switch (column.unit) {
    case v1::INSTANT:
      plan.form = SlotForm::kInstant;
      plan.scale = kSecond;
      break;
    case v1::DURATION:
      plan.scale = kSecond;
      break;
    case v1::DISTANCE:
      plan.scale = kMetre;
      break;
    case v1::MONEY:
    case v1::DECIMAL:
      plan.scale = kMajorUnit / 100;
      break;
    default:
      break;
  }
  return plan;
}

}  // namespace

RowFormat::RowFormat(const TableSchema& schema) : schema_(schema) {
  plans_.resize(kFirstColumnSlot);
  plans_[kBaseSlot].scale = kSecond;
  for (const ColumnSchema& column : schema.columns) {
    plans_.push_back(PlanOf(column));
  }
  if (schema.free_prefix.empty()) return;
  for (int i = 0; i < kMostFree; ++i) {
    plans_.push_back({SlotForm::kNumber, false, kMajorUnit / 100});
    plans_.push_back({SlotForm::kNumber, true, 1});
  }
}

int RowFormat::FreeSlot(std::string_view name) {
  std::lock_guard lock(mutex_);
  const auto found = free_.find(name);
  if (found != free_.end()) return found->second;
  if (schema_.free_prefix.empty() || free_.size() == kMostFree) return -1;
  const int slot = kFirstColumnSlot +
                   static_cast<int>(schema_.columns.size() + 2 * free_.size());
  free_.emplace(name, slot);
  return slot;
}

std::vector<std::pair<std::string, int>> RowFormat::FreeColumns() const {
  std::lock_guard lock(mutex_);
  return {free_.begin(), free_.end()};
}

const RowLayout* RowFormat::Intern(std::span<const RowPart> parts) {
  std::lock_guard lock(mutex_);
  const bool widest = layouts_.size() >= kManyLayouts;
  std::string key;
  for (const RowPart& part : parts) {
    key.push_back(static_cast<char>(part.slot & 0xFF));
    key.push_back(static_cast<char>(part.slot >> 8));
    key.push_back(static_cast<char>(widest ? 64 : part.width));
    key.push_back(static_cast<char>(!widest && part.scaled));
    if (widest || part.width != 0) continue;
    key.append(reinterpret_cast<const char*>(&part.value), sizeof part.value);
  }
  const auto found = ids_.find(key);
  if (found != ids_.end()) return found->second;
  auto layout = std::make_unique<RowLayout>();
  layout->id = static_cast<uint16_t>(layouts_.size());
  layout->part_of_slot.assign(plans_.size(), -1);
  std::vector<uint32_t> used = {8 * sizeof(uint16_t)};  // Bits, by word.
  uint32_t constant = 0;
  for (RowPart part : parts) {
    if (widest) {
      part.width = 64;
      part.scaled = false;
    }
    if (part.width != 0) {
      size_t word = 0;
      while (word < used.size() && used[word] + part.width > 64) ++word;
      if (word == used.size()) used.push_back(0);
      part.bit = static_cast<uint32_t>(64 * word + used[word]);
      used[word] += part.width;
    }
    const auto index = static_cast<uint16_t>(layout->parts.size());
    layout->part_of_slot[part.slot] = static_cast<int16_t>(index);
    if (plans_[part.slot].form == SlotForm::kText) {
      layout->texts.push_back(index);
      if (part.width != 0) {
        layout->lengths.emplace_back(part);
      } else {
        constant += static_cast<uint32_t>(part.value);
      }
    }
    if (part.slot == kWorkerSlot) layout->worker = NumberReader(part);
    layout->parts.push_back(part);
  }
  layout->words = static_cast<uint32_t>(used.size());
  layout->fixed =
      static_cast<uint32_t>(8 * (used.size() - 1) + (used.back() + 7) / 8);
  layout->least = layout->fixed + constant;
  ids_.emplace(std::move(key), layout.get());
  layouts_.push_back(std::move(layout));
  return layouts_.back().get();
}

const RowLayout* RowFormat::Newest() const {
  std::lock_guard lock(mutex_);
  return layouts_.empty() ? nullptr : layouts_.back().get();
}

int64_t RowFormat::Number(const char* row, int slot) const {
  const RowLayout& layout = At(RowHead(row));
  const int index = layout.part_of_slot[slot];
  if (index < 0) return plans_[slot].symbol ? 0 : kUnknown;
  const RowPart& part = layout.parts[index];
  int64_t value = layout.Stored(row, part);
  if (value == kUnknown) return kUnknown;
  if (part.scaled) value *= plans_[slot].scale;
  if (plans_[slot].form == SlotForm::kInstant) {
    value += Number(row, kBaseSlot);
  }
  return value;
}

std::string_view RowFormat::Text(const char* row, int slot) const {
  const RowLayout& layout = At(RowHead(row));
  const char* at = row + layout.fixed;
  for (const uint16_t index : layout.texts) {
    const RowPart& part = layout.parts[index];
    const int64_t length = layout.Stored(row, part);
    if (part.slot == slot) {
      if (length == kUnknown) return {};
      return {at, static_cast<size_t>(length)};
    }
    if (length > 0) at += length;
  }
  return {};
}

}  // namespace plumbline::replay
