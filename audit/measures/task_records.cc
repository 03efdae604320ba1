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
    record.who = task.cell | (censored ? kCensored : 0);
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
    last = std::max(last, record.who & ~kCensored);
  }
  Block block;
  block.begins.assign(last + 2, 0);
  for (const Record& record : open_) {
    ++block.begins[(record.who & ~kCensored) + 1];
  }
  for (size_t i = 1; i < block.begins.size(); ++i) {
    block.begins[i] += block.begins[i - 1];
  }
  block.records.reset(new Record[open_.size()]);
  std::vector<uint32_t> next(block.begins.begin(), block.begins.end() - 1);
  uint32_t worker = workers_ - static_cast<uint32_t>(open_ends_.size());
  uint32_t at = 0;
  for (const uint32_t end : open_ends_) {
    for (; at < end; ++at) {
      const Record& record = open_[at];
      Record& sorted = block.records[next[record.who & ~kCensored]++];
      sorted = record;
      sorted.who = worker | (record.who & kCensored);
    }
    ++worker;
  }
  closed_ += static_cast<int64_t>(open_.size());
  blocks_.push_back(std::move(block));
  open_.clear();
  open_ends_.clear();
}

void TaskRecords::Clear() { *this = TaskRecords(); }

int64_t TaskRecords::bytes() const {
  return static_cast<int64_t>((closed_ + open_.capacity()) * sizeof(Record) +
                              wide_.capacity() * sizeof(WideRecord));
}

void TaskRecords::AppendCell(uint32_t cell, uint32_t first_worker,
                             std::vector<RankedTask>* out) const {
  const size_t begin = out->size();
  for (const Block& block : blocks_) {
    if (cell + 1 >= block.begins.size()) continue;
    for (uint32_t i = block.begins[cell]; i < block.begins[cell + 1]; ++i) {
      const Record& record = block.records[i];
      out->push_back(
          {.worker = first_worker + (record.who & ~kCensored),
           .censored = (record.who & kCensored) != 0,
           .value = record.value,
           .target = {Widen(record.target[0]), Widen(record.target[1])}});
    }
  }
  auto at = std::lower_bound(wide_.begin(), wide_.end(), cell,
                             [](const WideRecord& record, uint32_t wanted) {
                               return record.cell < wanted;
                             });
  if (at == wide_.end() || at->cell != cell) return;
  for (; at != wide_.end() && at->cell == cell; ++at) {
    out->push_back(at->task);
    out->back().worker += first_worker;
  }
  std::stable_sort(out->begin() + static_cast<ptrdiff_t>(begin), out->end(),
                   [](const RankedTask& a, const RankedTask& b) {
                     return a.worker < b.worker;
                   });
}

}  // namespace plumbline::audit
