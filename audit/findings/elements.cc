#include "audit/findings/elements.h"

#include <algorithm>
#include <limits>

namespace plumbline::audit {
namespace {

using replay::IsKnown;
using replay::Task;

int64_t EndOf(const Task& task) {
  return IsKnown(task.completed_at) ? task.completed_at : task.cancelled_at;
}

}  // namespace

WorkerRows& Elements::Rows(const replay::TableSchema& table) {
  RowsOf& entry = rows_[&table];
  if (entry.rows == nullptr) {
    entry.rows = std::make_unique<WorkerRows>(table, *context_.store, small_);
  }
  if (entry.generation != frame_.generation()) {
    entry.generation = frame_.generation();
    entry.rows->Reset(frame_.timeline());
  }
  return *entry.rows;
}

const EventList& Elements::Events(const Node& event) {
  EventsOf& entry = events_[&event];
  if (!entry.asked) {
    entry.asked = true;
    entry.in_log = context_.Has(event.words[0]);
  }
  if (entry.generation != frame_.generation()) {
    entry.generation = frame_.generation();
    FindEvents(event, entry.in_log, frame_.timeline(),
               event.table == nullptr ? nullptr : &Rows(*event.table),
               &entry.list);
  }
  return entry.list;
}

// Tasks come in order of acceptance, so that those still open at an instant
// lie behind it, not further than where all had ended.
void Elements::SortEnds() {
  if (open_generation_ == frame_.generation()) return;
  open_generation_ = frame_.generation();
  const auto tasks = frame_.timeline().tasks;
  latest_end_.resize(tasks.size());
  unsure_.clear();
  int64_t latest = std::numeric_limits<int64_t>::min();
  for (uint32_t i = 0; i < tasks.size(); ++i) {
    const int64_t end = EndOf(tasks[i]);
    if (IsKnown(tasks[i].accepted_at) && IsKnown(end)) {
      latest = std::max(latest, end);
    } else if (IsKnown(tasks[i].accepted_at) || tasks[i].delivered) {
      unsure_.push_back(i);
    }
    latest_end_[i] = latest;
  }
}

const Elements::Open& Elements::OpenTasks(const Task& task) {
  SortEnds();
  open_.certain.clear();
  open_.possible.clear();
  const auto tasks = frame_.timeline().tasks;
  const int64_t at = task.accepted_at;
  const size_t self = &task - tasks.data();
  size_t last = self;
  while (last + 1 < tasks.size() && tasks[last + 1].accepted_at == at) ++last;
  for (size_t i = last + 1; i-- > 0;) {
    if (i <= self && latest_end_[i] <= at && i != self) break;
    const int64_t end = EndOf(tasks[i]);
    if (i == self || (IsKnown(tasks[i].accepted_at) && IsKnown(end) &&
                      tasks[i].accepted_at <= at && end > at)) {
      open_.certain.push_back(static_cast<uint32_t>(i));
    }
  }
  for (uint32_t i : unsure_) {
    const Task& other = tasks[i];
    const int64_t end = EndOf(other);
    if (i == self || (IsKnown(other.accepted_at) && other.accepted_at > at) ||
        (IsKnown(end) && end <= at)) {
      continue;
    }
    open_.possible.push_back(i);
  }
  return open_;
}

}  // namespace plumbline::audit
