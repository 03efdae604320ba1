#ifndef PLUMBLINE_AUDIT_FINDINGS_ELEMENTS_H_
#define PLUMBLINE_AUDIT_FINDINGS_ELEMENTS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "audit/findings/events.h"
#include "audit/findings/roster.h"
#include "audit/findings/worker_frame.h"
#include "audit/measures/measure.h"
#include "audit/rules/expression.h"

namespace plumbline::audit {

// What one rule's formulas go over beside periods and tasks: rows of other
// tables, events and open tasks of the worker in the frame. Filled on demand,
// once a worker; one per rule and thread.
class Elements {
 public:
  // `small` may be nullptr where no formula reads a small table.
  Elements(const MeasureContext& context, WorkerFrame& frame,
           const SmallTables* small)
      : context_(context), frame_(frame), small_(small) {}

  WorkerRows& Rows(const replay::TableSchema& table);
  const EventList& Events(const Node& event);

  // Numbers of the worker's tasks that are open when `task` is accepted, it
  // among them, and of those that may be.
  struct Open {
    std::vector<uint32_t> certain, possible;
  };
  const Open& OpenTasks(const replay::Task& task);

 private:
  struct RowsOf {
    std::unique_ptr<WorkerRows> rows;
    int64_t generation = 0;
  };
  struct EventsOf {
    EventList list;
    int64_t generation = 0;
    bool asked = false, in_log = false;
  };
  void SortEnds();

  const MeasureContext& context_;
  WorkerFrame& frame_;
  const SmallTables* small_;
  std::map<const replay::TableSchema*, RowsOf> rows_;
  std::map<const Node*, EventsOf> events_;
  int64_t open_generation_ = 0;
  std::vector<int64_t> latest_end_;  // Of the tasks up to each.
  std::vector<uint32_t> unsure_;     // Tasks with an end unknown.
  Open open_;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_FINDINGS_ELEMENTS_H_
