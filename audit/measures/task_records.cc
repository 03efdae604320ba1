#include "audit/measures/task_records.h"

#include <algorithm>
#include <limits>

namespace plumbline::audit {
namespace {

using replay::IsKnown;
using replay::kUnknown;

// A few tasks a cell in each block, and sorting stays near the cache.
constexpr size_t kBlock = size_t{1} << 18;
constexpr int32_t kNone = std::numeric_limits<int32_t>::min();

// Blocks between asking for memory and reading it.
constexpr size_t kAhead = 4;

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

inline bool TaskRecords::Shorten(const TaskInStratum& task, uint32_t worker,
                                 ShortRecord* out) {
  // From the least second on, in which a division takes one word.
  auto seconds = [](int64_t value, uint16_t* to) {
    const uint64_t shifted =
        static_cast<uint64_t>(value) + uint64_t{kShortBias} * 1000;
    const uint32_t second = static_cast<uint32_t>(shifted) / 1000;
    *to = static_cast<uint16_t>(second);
    return shifted < uint64_t{kShortNone} * 1000 && second * 1000 == shifted;
  };
  auto target = [&seconds](int64_t value, uint16_t* to) {
    if (IsKnown(value)) return seconds(value, to);
    *to = kShortNone;
    return true;
  };
  const bool censored = IsKnown(task.censored);
  out->who = static_cast<uint16_t>(worker | (censored ? kShortCensored : 0));
  return seconds(censored ? task.censored : task.duration, &out->value) &&
         target(task.target[0], &out->target[0]) &&
         target(task.target[1], &out->target[1]);
}

// A task that is not in short form: the whole block is not, from now on.
void TaskRecords::AddLong(const TaskInStratum& task) {
  const bool censored = IsKnown(task.censored);
  const int64_t value = censored ? task.censored : task.duration;
  Record record;
  record.who = (workers_ - open_first_) | (censored ? kCensoredBit : 0);
  if (!Narrow(value, &record.value) ||
      !NarrowTarget(task.target[0], &record.target[0]) ||
      !NarrowTarget(task.target[1], &record.target[1])) {
    wide_.push_back({task.cell,
                     {.worker = workers_,
                      .censored = censored,
                      .value = value,
                      .target = {task.target[0], task.target[1]}}});
    return;
  }
  if (open_short_) {
    open_short_ = false;
    auto widen = [](uint16_t second) {
      return second == kShortNone ? kNone : (second - kShortBias) * 1000;
    };
    for (const ShortRecord& narrow : open_shorts_) {
      const uint32_t bit = narrow.who & kShortCensored;
      open_records_.push_back(
          {.who = (narrow.who - bit) | (bit != 0 ? kCensoredBit : 0),
           .value = widen(narrow.value),
           .target = {widen(narrow.target[0]), widen(narrow.target[1])}});
    }
    open_shorts_.clear();
  }
  open_cells_.push_back(task.cell);
  open_records_.push_back(record);
}

void TaskRecords::Add(std::span<const TaskInStratum> tasks) {
  if ((!open_cells_.empty() && open_cells_.size() + tasks.size() > kBlock) ||
      workers_ - open_first_ == kShortCensored) {
    Close();
  }
  if (open_cells_.capacity() == 0) {
    open_cells_.reserve(kBlock);
    open_shorts_.reserve(kBlock);
  }
  const uint32_t worker = workers_ - open_first_;
  for (const TaskInStratum& task : tasks) {
    ShortRecord record;
    if (open_short_ && Shorten(task, worker, &record)) {
      open_cells_.push_back(task.cell);
      open_shorts_.push_back(record);
    } else {
      AddLong(task);
    }
  }
  ++workers_;
}

// The open records by cell, each cell's in order of the workers.
template <typename Out>
std::unique_ptr<Out[]> TaskRecords::Scattered(
    std::span<const uint32_t> begins, const std::vector<Out>& records) const {
  std::vector<uint32_t> next(begins.begin(), begins.end() - 1);
  std::unique_ptr<Out[]> sorted(new Out[records.size()]);
  for (size_t i = 0; i < records.size(); ++i) {
    sorted[next[open_cells_[i]]++] = records[i];
  }
  return sorted;
}

void TaskRecords::Close() {
  std::stable_sort(
      wide_.begin(), wide_.end(),
      [](const WideRecord& a, const WideRecord& b) { return a.cell < b.cell; });
  if (!open_cells_.empty()) {
    const uint32_t last =
        *std::max_element(open_cells_.begin(), open_cells_.end());
    Block block;
    block.begins.assign(last + size_t{2}, 0);
    for (const uint32_t cell : open_cells_) ++block.begins[cell + 1];
    for (size_t i = 1; i < block.begins.size(); ++i) {
      block.begins[i] += block.begins[i - 1];
    }
    block.first_worker = open_first_;
    if (open_short_) {
      block.shorts = Scattered(block.begins, open_shorts_);
      closed_bytes_ +=
          static_cast<int64_t>(open_shorts_.size() * sizeof(ShortRecord));
    } else {
      block.records = Scattered(block.begins, open_records_);
      closed_bytes_ +=
          static_cast<int64_t>(open_records_.size() * sizeof(Record));
    }
    blocks_.push_back(std::move(block));
  }
  open_cells_.clear();
  open_shorts_.clear();
  open_records_.clear();
  open_short_ = true;
  open_first_ = workers_;
}

void TaskRecords::Clear() { *this = TaskRecords(); }

int64_t TaskRecords::bytes() const {
  return closed_bytes_ +
         static_cast<int64_t>(open_cells_.capacity() * sizeof(uint32_t) +
                              open_shorts_.capacity() * sizeof(ShortRecord) +
                              open_records_.capacity() * sizeof(Record) +
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
            {.worker = first_worker + block.first_worker +
                       (record.who & ~kCensoredBit),
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
  for (size_t b = 0; b < blocks_.size(); ++b) {
    const Block& block = blocks_[b];
    const auto [begin, end] = RangeOf(block, cell);
    // A cell has a few lines in each block, far apart: ask for them early.
    if (b + kAhead < blocks_.size()) {
      const Block& later = blocks_[b + kAhead];
      if (later.shorts != nullptr && cell + 1 < later.begins.size()) {
        __builtin_prefetch(&later.shorts[later.begins[cell]]);
      }
    }
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
