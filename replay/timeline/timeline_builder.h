#ifndef PLUMBLINE_REPLAY_TIMELINE_TIMELINE_BUILDER_H_
#define PLUMBLINE_REPLAY_TIMELINE_TIMELINE_BUILDER_H_

#include <span>

#include "replay/base/interval_set.h"
#include "replay/timeline/worker_timeline.h"

namespace plumbline::replay {

// Makes the time sets of one worker after another, in the same memory.
//
//   Begin; AddTasks and AddSessions in any number and order; End.
//
// O(k log k) in tasks and sessions, and linear where they come nearly in order
// of time.
class TimelineBuilder {
 public:
  void Begin();
  void AddTasks(std::span<const Task> tasks);
  void AddSessions(std::span<const Session> sessions);

  // Points the timeline at the sets, which live until the next Begin. Where
  // `timeline->known` is false they are empty and only task_sum and
  // tasks_without_interval are filled.
  void End(WorkerTimeline* timeline);

 private:
  void ClearSets();

  IntervalSet online_, engaged_, to_pickup_, loaded_, on_call_, required_;
  int64_t task_sum_ = 0;
  int64_t tasks_without_interval_ = 0;
  int64_t sessions_without_end_ = 0;
};

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_TIMELINE_TIMELINE_BUILDER_H_
