#include "audit/measures/task_records.h"

#include <algorithm>
#include <limits>

namespace plumbline::audit {
namespace {

using replay::IsKnown;
using replay::kUnknown;

// 4 MiB: a few tasks a cell in each block, and sorting stays near the cache.
constexpr size_t kBlock = size_t{1} << 18;
constexpr int32_t kNone = std::numeric_limits<int32_t>::min();

bool Narrow(int64_t value, int32_t* out) {
  *out = static_cast<int32_t>(value);
  return *out == value && *out != kNone;
}

bool NarrowTarget(int64_t value, int32_t* out) {
  *out = kNone;
  return !IsKnown(value) || Narrow(value, out);
}

int64_t Widen(int32_t value) { return value == kNone ? kUnknown : value; }

}  // namespace

void TaskRecords::Add(std::span<const TaskInStratum> tasks) {
  if (!open_.empty() && open_.size() + tasks.size() > kBlock) Close();
  if (open_.capacity() == 0) open_.reserve(kBlock);
  for (const TaskInStratum& task : tasks) {
    const bool censored = IsKnown(task.censored);
    const int64_t value = censored ? task.censored : task.duration;
    Record record;
    record.who = task.cell | (censored ? kCensoredBit : 0);
    if (Narrow(value, &record.value) &&
        NarrowTarget(task.target[0], &record.target[0]) &&
        NarrowTarget(task.target[1], &record.target[1])) {
      open_.push_back(record);
    } else {
      wide_.push_back({task.cell,
                       {.worker = workers_,
                        .censored = censored,
                        .value = value,
                        .target = {task.target[0], task.target[1]}}});
    }
  }
  open_ends_.push_back(static_cast<uint32_t>(open_.size()));
  ++workers_;
}

bool TaskRecords::Shorten(const Record& record, uint32_t worker,
                          ShortRecord* out) {
  auto seconds = [](int32_t value, uint16_t* to) {
    const int32_t second = value / 1000;
    const uint32_t shifted = static_cast<uint32_t>(second + kShortBias);
    *to = static_cast<uint16_t>(shifted);
    return second * 1000 == value && shifted < kShortNone;
  };
  auto target = [&seconds](int32_t value, uint16_t* to) {
    if (value != kNone) return seconds(value, to);
    *to = kShortNone;
    return true;
  };
  out->who = static_cast<uint16_t>(
      worker | ((record.who & kCensoredBit) != 0 ? kShortCensored : 0));
  return seconds(record.value, &out->value) &&
         target(record.target[0], &out->target[0]) &&
         target(record.target[1], &out->target[1]);
}

// Puts what `make(record, worker of the block, place)` makes of the open
// records at their places by cell; stops where it returns false.
template <typename Out, typename Make>
void TaskRecords::Scatter(std::span<const uint32_t> begins, Out* out,
                          const Make& make) {
  std::vector<uint32_t> next(begins.begin(), begins.end() - 1);
  uint32_t at = 0;
  for (uint32_t worker = 0; worker < open_ends_.size(); ++worker) {
    for (; at < open_ends_[worker]; ++at) {
      const Record& record = open_[at];
      if (!make(record, worker, &out[next[record.who & ~kCensoredBit]++])) {
        return;
      }
    }
  }
}

void TaskRecords::Close() {
  std::stable_sort(
      wide_.begin(), wide_.end(),
      [](const WideRecord& a, const WideRecord& b) { return a.cell < b.cell; });
  if (open_.empty()) {
    open_ends_.clear();
    return;
  }
  uint32_t last = 0;
  for (const Record& record : open_) {
    last = std::max(last, record.who & ~kCensoredBit);
  }
  Block block;
  block.begins.assign(last + 2, 0);
  for (const Record& record : open_) {
    ++block.begins[(record.who & ~kCensoredBit) + 1];
  }
  for (size_t i = 1; i < block.begins.size(); ++i) {
    block.begins[i] += block.begins[i - 1];
  }
  block.first_worker = workers_ - static_cast<uint32_t>(open_ends_.size());
  ShortRecord first;
  bool fits =
      open_ends_.size() <= kShortCensored && Shorten(open_.front(), 0, &first);
  if (fits) {
    block.shorts.reset(new ShortRecord[open_.size()]);
    Scatter(block.begins, block.shorts.get(),
            [&fits](const Record& record, uint32_t worker, ShortRecord* out) {
              return fits = Shorten(record, worker, out);
            });
  }
  if (!fits) {
    block.shorts.reset();
    block.records.reset(new Record[open_.size()]);
    Scatter(block.begins, block.records.get(),
            [&block](const Record& record, uint32_t worker, Record* out) {
              *out = record;
              out->who =
                  (block.first_worker + worker) | (record.who & kCensoredBit);
              return true;
            });
  }
  closed_bytes_ += static_cast<int64_t>(
      open_.size() * (fits ? sizeof(ShortRecord) : sizeof(Record)));
  blocks_.push_back(std::move(block));
  open_.clear();
  open_ends_.clear();
}

void TaskRecords::Clear() { *this = TaskRecords(); }

int64_t TaskRecords::bytes() const {
  return closed_bytes_ +
         static_cast<int64_t>(open_.capacity() * sizeof(Record) +
                              wide_.capacity() * sizeof(WideRecord));
}

std::span<const TaskRecords::WideRecord> TaskRecords::WideOf(
    uint32_t cell) const {
  const auto begin =
      std::lower_bound(wide_.begin(), wide_.end(), cell,
                       [](const WideRecord& record, uint32_t wanted) {
                         return record.cell < wanted;
                       });
  auto end = begin;
  while (end != wide_.end() && end->cell == cell) ++end;
  return {begin, end};
}

void TaskRecords::AppendCell(uint32_t cell, uint32_t first_worker,
                             std::vector<RankedTask>* out) const {
  const size_t before = out->size();
  auto widen = [](uint16_t value) {
    return value == kShortNone ? kUnknown : int64_t{value - kShortBias} * 1000;
  };
  for (const Block& block : blocks_) {
    const auto [begin, end] = RangeOf(block, cell);
    for (uint32_t i = begin; i < end; ++i) {
      if (block.shorts == nullptr) {
        const Record& record = block.records[i];
        out->push_back(
            {.worker = first_worker + (record.who & ~kCensoredBit),
             .censored = (record.who & kCensoredBit) != 0,
             .value = record.value,
             .target = {Widen(record.target[0]), Widen(record.target[1])}});
        continue;
      }
      const ShortRecord& record = block.shorts[i];
      const uint32_t worker = record.who & (kShortCensored - 1);
      out->push_back(
          {.worker = first_worker + block.first_worker + worker,
           .censored = (record.who & kShortCensored) != 0,
           .value = widen(record.value),
           .target = {widen(record.target[0]), widen(record.target[1])}});
    }
  }
  const std::span<const WideRecord> wide = WideOf(cell);
  if (wide.empty()) return;
  for (const WideRecord& record : wide) {
    out->push_back(record.task);
    out->back().worker += first_worker;
  }
  std::stable_sort(out->begin() + static_cast<ptrdiff_t>(before), out->end(),
                   [](const RankedTask& a, const RankedTask& b) {
                     return a.worker < b.worker;
                   });
}

bool TaskRecords::AppendSeconds(uint32_t cell, uint32_t first_worker,
                                bool ranked,
                                std::vector<RankedSeconds>* out) const {
  if (!WideOf(cell).empty()) return false;
  auto target = [ranked](uint16_t value) {
    return !ranked || value == kShortNone ? kNoSecond : value - kShortBias;
  };
  for (const Block& block : blocks_) {
    const auto [begin, end] = RangeOf(block, cell);
    if (begin == end) continue;
    if (block.shorts == nullptr) return false;
    const uint32_t first = first_worker + block.first_worker;
    const size_t before = out->size();
    out->resize(before + (end - begin));
    RankedSeconds* to = out->data() + before;
    for (uint32_t i = begin; i < end; ++i) {
      const ShortRecord& record = block.shorts[i];
      const uint32_t censored = record.who & kShortCensored;
      *to++ = {.worker = (first + (record.who - censored)) | censored << 16,
               .value = record.value - kShortBias,
               .target = {target(record.target[0]), target(record.target[1])}};
    }
  }
  return true;
}

}  // namespace plumbline::audit
