#include "replay/timeline/timeline_builder.h"

#include "replay/base/saturate.h"

namespace plumbline::replay {

void TimelineBuilder::ClearSets() {
  for (IntervalSet* set :
       {&online_, &required_, &engaged_, &to_pickup_, &loaded_}) {
    set->Clear();
  }
}

void TimelineBuilder::Begin() {
  ClearSets();
  task_sum_ = 0;
  tasks_without_interval_ = 0;
  sessions_without_end_ = 0;
}

void TimelineBuilder::AddTasks(std::span<const Task> tasks) {
  const auto add = [](int64_t begin, int64_t end, IntervalSet* to) {
    if (IsKnown(begin) && IsKnown(end)) to->Add({begin, end});
  };
  for (const Task& task : tasks) {
    const int64_t end =
        IsKnown(task.completed_at) ? task.completed_at : task.cancelled_at;
    const Interval engaged = task.engaged();
    if (engaged.length() > 0) {
      engaged_.Add(engaged);
      task_sum_ = AddSaturated(task_sum_, engaged.length());
    }
    tasks_without_interval_ += IsKnown(task.accepted_at) != IsKnown(end);
    if (!IsKnown(task.picked_up_at)) continue;
    add(task.accepted_at, task.picked_up_at, &to_pickup_);
    add(task.picked_up_at, end, &loaded_);
  }
}

void TimelineBuilder::AddSessions(std::span<const Session> sessions) {
  for (const Session& session : sessions) {
    if (!IsKnown(session.started_at) || !IsKnown(session.ended_at)) {
      ++sessions_without_end_;
      continue;
    }
    const Interval online = {session.started_at, session.ended_at};
    online_.Add(online);
    if (session.required == 1) required_.Add(online);
  }
}

void TimelineBuilder::End(WorkerTimeline* timeline) {
  if (!timeline->known) {
    ClearSets();
  }
  for (IntervalSet* set :
       {&online_, &required_, &engaged_, &to_pickup_, &loaded_}) {
    set->Settle();
  }
  on_call_.AssignDifference(online_, engaged_);
  timeline->online = &online_;
  timeline->required = &required_;
  timeline->engaged = &engaged_;
  timeline->to_pickup = &to_pickup_;
  timeline->loaded = &loaded_;
  timeline->on_call = &on_call_;
  timeline->task_sum = task_sum_;
  timeline->tasks_without_interval = tasks_without_interval_;
  timeline->sessions_without_end = sessions_without_end_;
}

}  // namespace plumbline::replay
