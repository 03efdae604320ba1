#include "audit/measures/strictness/records.h"

#include <algorithm>

namespace plumbline::audit {
namespace {

constexpr size_t kBlock = size_t{1} << 17;
constexpr uint16_t kNone = UINT16_MAX;
constexpr int32_t kBias = 8192;

bool Pack(int32_t value, int32_t unit, uint16_t* out) {
  if (value == kNoNumber) {
    *out = kNone;
    return true;
  }
  const int32_t whole = value / unit;
  const int64_t shifted = int64_t{whole} + kBias;
  *out = static_cast<uint16_t>(shifted);
  return whole * unit == value && shifted >= 0 && shifted < kNone;
}

int32_t Unpack(uint16_t value, int32_t unit) {
  return value == kNone ? kNoNumber : (value - kBias) * unit;
}

}  // namespace

int32_t Held(int64_t value) {
  if (!replay::IsKnown(value)) return kNoNumber;
  return static_cast<int32_t>(
      std::clamp<int64_t>(value, kNoNumber + int64_t{1}, INT32_MAX));
}

bool StrictRecords::Shorten(const StrictTask& task, Short* out) {
  if (task.worker >= kCensored) return false;
  out->who =
      static_cast<uint16_t>(task.worker | (task.censored ? kCensored : 0));
  return Pack(task.value, 1000, &out->value) &&
         Pack(task.target[0], 1000, &out->target[0]) &&
         Pack(task.target[1], 1000, &out->target[1]) &&
         Pack(task.route, 1, &out->route) &&
         Pack(task.wait, 1000, &out->wait) &&
         Pack(task.planned, 1000, &out->planned) &&
         Pack(task.leg, 1000, &out->leg);
}

StrictTask StrictRecords::Widen(const Short& record) {
  StrictTask task;
  task.worker = record.who & (kCensored - 1);
  task.censored = (record.who & kCensored) != 0;
  task.value = Unpack(record.value, 1000);
  for (int t = 0; t < kTargets; ++t) {
    task.target[t] = Unpack(record.target[t], 1000);
  }
  task.route = Unpack(record.route, 1);
  task.wait = Unpack(record.wait, 1000);
  task.planned = Unpack(record.planned, 1000);
  task.leg = Unpack(record.leg, 1000);
  return task;
}

void StrictRecords::Add(uint32_t cell, const StrictTask& task) {
  if (open_.capacity() == 0) open_.reserve(kBlock);
  if (open_.size() == kBlock) Close();
  open_.push_back({cell, task});
}

void StrictRecords::Close() {
  if (open_.empty()) return;
  Block block;
  block.first_worker = open_.front().task.worker;
  uint32_t last = 0;
  for (const Open& open : open_) last = std::max(last, open.cell);
  block.begins.assign(last + size_t{2}, 0);
  for (const Open& open : open_) ++block.begins[open.cell + 1];
  for (size_t i = 1; i < block.begins.size(); ++i) {
    block.begins[i] += block.begins[i - 1];
  }
  std::vector<uint32_t> next(block.begins.begin(), block.begins.end() - 1);
  block.shorts.reset(new Short[open_.size()]);
  bool fits = true;
  for (Open& open : open_) {
    open.task.worker -= block.first_worker;
    fits = fits && Shorten(open.task, &block.shorts[next[open.cell]++]);
  }
  if (!fits) {
    block.shorts.reset();
    next.assign(block.begins.begin(), block.begins.end() - 1);
    block.tasks.reset(new StrictTask[open_.size()]);
    for (const Open& open : open_) block.tasks[next[open.cell]++] = open.task;
  }
  blocks_.push_back(std::move(block));
  open_.clear();
}

void StrictRecords::Absorb(StrictRecords& other, std::span<const uint32_t> ours,
                           uint32_t first_worker) {
  uint32_t last = 0;
  for (const uint32_t cell : ours) last = std::max(last, cell);
  for (Block& block : other.blocks_) {
    auto cell_of = std::make_shared<std::vector<int32_t>>(
        ours.empty() ? 0 : last + size_t{1}, -1);
    for (size_t i = 0; i < ours.size(); ++i) {
      if (block.cell_of == nullptr) {
        (*cell_of)[ours[i]] = static_cast<int32_t>(i);
      } else if (i < block.cell_of->size()) {
        (*cell_of)[ours[i]] = (*block.cell_of)[i];
      }
    }
    block.cell_of = std::move(cell_of);
    block.first_worker += first_worker;
    blocks_.push_back(std::move(block));
  }
  other.blocks_.clear();
}

void StrictRecords::AppendCell(uint32_t cell,
                               std::vector<StrictTask>* out) const {
  for (const Block& block : blocks_) {
    uint32_t at = cell;
    if (block.cell_of != nullptr) {
      if (cell >= block.cell_of->size() || (*block.cell_of)[cell] < 0) continue;
      at = static_cast<uint32_t>((*block.cell_of)[cell]);
    }
    if (at + size_t{1} >= block.begins.size()) continue;
    for (uint32_t i = block.begins[at]; i < block.begins[at + 1]; ++i) {
      out->push_back(block.shorts != nullptr ? Widen(block.shorts[i])
                                             : block.tasks[i]);
      out->back().worker += block.first_worker;
    }
  }
}

}  // namespace plumbline::audit
