#include "audit/findings/events.h"

#include <algorithm>
#include <string_view>

#include "audit/findings/task_fields.h"

namespace plumbline::audit {
namespace {

using replay::IsKnown;
using replay::Task;

// Clocks of what happened to every row or task that came so far. Of others (a
// confirmation, a decision) an empty cell says that it did not happen.
bool AlwaysHappens(std::string_view column) {
  constexpr std::string_view kColumns[] = {
      "offers.offered_at",   "prompts.shown_at",     "appeals.filed_at",
      "sessions.started_at", "sanctions.imposed_at", "pay.earned_at"};
  return std::find(std::begin(kColumns), std::end(kColumns), column) !=
         std::end(kColumns);
}

// Whether the task was carried, so that its clocks exist even if unknown.
bool Carried(const Task& task, std::string_view column) {
  const bool taken = task.delivered || IsKnown(task.picked_up_at) ||
                     IsKnown(task.completed_at);
  return taken &&
         (column == "tasks.offered_at" || column == "tasks.accepted_at" ||
          column == "tasks.picked_up_at" ||
          (column == "tasks.completed_at" && task.delivered));
}

// Where a clock of a task must lie that is not known: its clocks are in order.
EventList::Undated Between(const Task& task, uint32_t number,
                           std::string_view column) {
  constexpr std::string_view kOrder[] = {
      "tasks.offered_at", "tasks.accepted_at", "tasks.picked_up_at",
      "tasks.completed_at"};
  const int64_t clocks[] = {task.offered_at, task.accepted_at,
                            task.picked_up_at, task.completed_at};
  EventList::Undated between{number};
  const auto self = std::find(std::begin(kOrder), std::end(kOrder), column) -
                    std::begin(kOrder);
  for (int i = 0; i < 4; ++i) {
    if (!IsKnown(clocks[i])) continue;
    if (i < self) between.earliest = std::max(between.earliest, clocks[i]);
    if (i > self) between.latest = std::min(between.latest, clocks[i]);
  }
  // Clocks in an impossible order say nothing.
  if (between.latest < between.earliest) return {number};
  return between;
}

}  // namespace

std::span<const std::pair<int64_t, uint32_t>> EventList::Within(
    int64_t from, int64_t to) const {
  auto less = [](const std::pair<int64_t, uint32_t>& event, int64_t instant) {
    return event.first < instant;
  };
  const auto first = std::lower_bound(dated.begin(), dated.end(), from, less);
  const auto last =
      std::lower_bound(first, dated.end(), std::max(from, to), less);
  return {dated.data() + (first - dated.begin()),
          static_cast<size_t>(last - first)};
}

void FindEvents(const Node& node, bool in_log,
                const replay::WorkerTimeline& timeline, WorkerRows* rows,
                EventList* list) {
  list->dated.clear();
  list->undated.clear();
  if (!in_log) return;
  const std::string_view column = node.words[0];
  if (rows == nullptr) {
    for (uint32_t i = 0; i < timeline.tasks.size(); ++i) {
      const Task& task = timeline.tasks[i];
      const int64_t at = TaskFieldOf(task, node.ref);
      if (IsKnown(at)) {
        list->dated.emplace_back(at, i);
      } else if (Carried(task, column)) {
        list->undated.push_back(Between(task, i, column));
      }
    }
  } else {
    const bool always = AlwaysHappens(column);
    for (uint32_t i = 0; i < rows->size(); ++i) {
      const int64_t at = rows->At(i).Number(node.ref);
      if (IsKnown(at)) {
        list->dated.emplace_back(at, i);
      } else if (always) {
        list->undated.push_back({i});
      }
    }
  }
  std::sort(list->dated.begin(), list->dated.end());
}

}  // namespace plumbline::audit
