#ifndef PLUMBLINE_AUDIT_FINDINGS_TASK_BLOCK_H_
#define PLUMBLINE_AUDIT_FINDINGS_TASK_BLOCK_H_

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "audit/findings/worker_frame.h"
#include "audit/rules/compiled_pack.h"
#include "replay/timeline/worker_timeline.h"

namespace plumbline::audit {

// Some successive tasks of the worker in the frame, which all rules on tasks
// look at before the next ones: what they share is worked out once.
class TaskBlock {
 public:
  static constexpr size_t kRows = 256;

  explicit TaskBlock(WorkerFrame& frame) : frame_(frame) {}

  // At most kRows tasks, which outlive the next call.
  void Show(std::span<const replay::Task> tasks);
  std::span<const replay::Task> tasks() const { return tasks_; }

  // Of each task the local day that values are looked up by; kNoDay where the
  // clock of it is not known.
  struct Days {
    std::vector<int64_t> of_task;
    int64_t first = kNoDay;  // Of the known days.
    int64_t last = 0;
    bool undated = false;  // Whether some day is not known.
  };
  const Days& DaysBy(LookupKey key);

 private:
  WorkerFrame& frame_;
  std::span<const replay::Task> tasks_;
  struct Cached {
    bool ready = false;
    Days days;
  };
  std::array<Cached, 3> days_;  // By start, pickup and end.
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_FINDINGS_TASK_BLOCK_H_
