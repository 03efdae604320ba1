#ifndef PLUMBLINE_AUDIT_FINDINGS_TASK_OVERLAPS_H_
#define PLUMBLINE_AUDIT_FINDINGS_TASK_OVERLAPS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "replay/timeline/worker_timeline.h"

namespace plumbline::audit {

// Which tasks of one worker were engaged while another of the same worker was:
// their engaged intervals, half-open, share an instant. Tasks without both
// clocks overlap nothing. The tasks outlive the answers; Reset before those of
// another worker.
//
// Cost: O(n log n) at the first question after Reset, then O(1).
class TaskOverlaps {
 public:
  void Reset() { ready_ = false; }
  // `task` is one of `tasks`.
  bool Overlapped(std::span<const replay::Task> tasks,
                  const replay::Task& task);

 private:
  bool ready_ = false;
  std::vector<size_t> order_;
  std::vector<uint8_t> overlapped_;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_FINDINGS_TASK_OVERLAPS_H_
