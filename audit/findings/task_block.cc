#include "audit/findings/task_block.h"

#include <algorithm>
#include <limits>

namespace plumbline::audit {
namespace {

using replay::IsKnown;
using replay::Task;

int64_t KeyInstant(const Task& task, LookupKey key) {
  if (key == LookupKey::kPickup && IsKnown(task.picked_up_at)) {
    return task.picked_up_at;
  }
  return CountedAt(task, key != LookupKey::kEnd);
}

}  // namespace

void TaskBlock::Show(std::span<const Task> tasks) {
  tasks_ = tasks;
  for (Cached& cached : days_) cached.ready = false;
}

const TaskBlock::Days& TaskBlock::DaysBy(LookupKey key) {
  const size_t kind = key == LookupKey::kPickup ? 1
                      : key == LookupKey::kEnd  ? 2
                                                : 0;
  Cached& cached = days_[kind];
  Days& days = cached.days;
  if (cached.ready) return days;
  cached.ready = true;
  days.of_task.resize(tasks_.size());
  days.first = kNoDay;
  days.last = std::numeric_limits<int64_t>::min();
  days.undated = false;
  for (size_t i = 0; i < tasks_.size(); ++i) {
    const int64_t at = KeyInstant(tasks_[i], key);
    if (!IsKnown(at)) {
      days.of_task[i] = kNoDay;
      days.undated = true;
      continue;
    }
    const int64_t day = frame_.clock().Day(at);
    days.of_task[i] = day;
    days.first = std::min(days.first, day);
    days.last = std::max(days.last, day);
  }
  return days;
}

}  // namespace plumbline::audit
