#ifndef PLUMBLINE_AUDIT_FINDINGS_EVENTS_H_
#define PLUMBLINE_AUDIT_FINDINGS_EVENTS_H_

#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "audit/findings/roster.h"
#include "audit/rules/expression.h"
#include "replay/timeline/worker_timeline.h"

namespace plumbline::audit {

// One worker's instants of one event of a formula (offer.offered_at) in order
// of time, with the number of the task or row that each belongs to.
struct EventList {
  std::vector<std::pair<int64_t, uint32_t>> dated;
  // What certainly happened, nobody knows when: from `earliest` to `latest`, as
  // far as the task's other clocks tell.
  struct Undated {
    uint32_t number = 0;
    int64_t earliest = std::numeric_limits<int64_t>::min();
    int64_t latest = std::numeric_limits<int64_t>::max();
  };
  std::vector<Undated> undated;

  // Those in [from, to).
  std::span<const std::pair<int64_t, uint32_t>> Within(int64_t from,
                                                       int64_t to) const;
};

// Fills `list` for the event `node` and the worker of `timeline`; `rows` holds
// the worker's rows of the event's table, nullptr for tasks. `in_log`: the log
// has the column at all. Cost: O(n log n).
void FindEvents(const Node& node, bool in_log,
                const replay::WorkerTimeline& timeline, WorkerRows* rows,
                EventList* list);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_FINDINGS_EVENTS_H_
