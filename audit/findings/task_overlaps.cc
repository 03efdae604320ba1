#include "audit/findings/task_overlaps.h"

#include <algorithm>

namespace plumbline::audit {

bool TaskOverlaps::Overlapped(std::span<const replay::Task> tasks,
                              const replay::Task& task) {
  if (!ready_) {
    ready_ = true;
    overlapped_.assign(tasks.size(), 0);
    order_.clear();
    for (size_t i = 0; i < tasks.size(); ++i) {
      const replay::Interval engaged = tasks[i].engaged();
      if (engaged.begin < engaged.end) order_.push_back(i);
    }
    std::sort(order_.begin(), order_.end(), [&](size_t a, size_t b) {
      return tasks[a].engaged().begin < tasks[b].engaged().begin;
    });
    // Of those that began before, the one that ends last overlaps a task if any
    // does; the others that do have met that one.
    size_t last = 0;
    for (size_t k = 1; k < order_.size(); ++k) {
      const size_t i = order_[k], open = order_[last];
      const int64_t end = tasks[open].engaged().end;
      if (tasks[i].engaged().begin < end) {
        overlapped_[i] = overlapped_[open] = 1;
      }
      if (tasks[i].engaged().end > end) last = k;
    }
  }
  return overlapped_[static_cast<size_t>(&task - tasks.data())] != 0;
}

}  // namespace plumbline::audit
