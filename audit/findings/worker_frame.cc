#include "audit/findings/worker_frame.h"

#include <algorithm>

#include "audit/findings/frame_clock.h"
#include "audit/measures/pay_sums.h"

namespace plumbline::audit {
namespace {

using replay::Interval;
using replay::IntervalSet;
using replay::IsKnown;
using replay::Task;

}  // namespace

int64_t CountedAt(const Task& task, bool by_start) {
  if (by_start) {
    if (IsKnown(task.accepted_at)) return task.accepted_at;
    return FirstKnown({task.offered_at, task.placed_at, task.picked_up_at,
                       task.completed_at, task.cancelled_at});
  }
  if (IsKnown(task.completed_at)) return task.completed_at;
  return FirstKnown({task.cancelled_at, task.picked_up_at, task.accepted_at,
                     task.offered_at, task.placed_at});
}

WorkerFrame::WorkerFrame(absl::TimeZone zone, const LogShape& shape)
    : shape_(shape), zone_(zone), clock_(zone) {}

int WorkerFrame::AddPlan(const WindowPlan& plan) {
  for (size_t i = 0; i < plans_.size(); ++i) {
    if (plans_[i].plan == plan) return static_cast<int>(i);
  }
  plans_.emplace_back().plan = plan;
  return static_cast<int>(plans_.size()) - 1;
}

void WorkerFrame::Reset(const replay::WorkerTimeline& timeline) {
  timeline_ = &timeline;
  ++generation_;
  for (PlanState& state : plans_) state.ready = false;
  for (SetCache& cache : sets_) cache.ready = false;
  for (SumCache& cache : sums_) cache.ready = false;
  days_ready_ = false;
  walked_ = loose_ready_ = city_sets_ready_ = false;
  has_span_ = false;
  overlaps_.Reset();
}

int64_t WorkerFrame::DayStart(int64_t day) {
  if (day_starts_.empty()) {
    day_base_ = day;
    day_starts_.push_back(clock_.DayStart(day));
  }
  while (day < day_base_) {
    day_starts_.insert(day_starts_.begin(), clock_.DayStart(--day_base_));
  }
  while (day >= day_base_ + static_cast<int64_t>(day_starts_.size())) {
    day_starts_.push_back(
        clock_.DayStart(day_base_ + static_cast<int64_t>(day_starts_.size())));
  }
  return day_starts_[day - day_base_];
}

// All that needs every task, in one walk: most rules ask for most of it.
void WorkerFrame::Walk() {
  if (walked_) return;
  walked_ = true;
  const std::span<const Task> tasks = timeline_->tasks;
  while (numbers_.size() < tasks.size()) {
    numbers_.push_back(static_cast<uint32_t>(numbers_.size()));
  }
  counted_[0].resize(tasks.size());
  counted_[1].resize(tasks.size());
  possible_.clear();
  cities_.clear();
  all_accepted_ = true;
  int64_t first = kEnd, last = kBegin;
  for (size_t i = 0; i < tasks.size(); ++i) {
    const Task& task = tasks[i];
    all_accepted_ &= IsKnown(task.accepted_at);
    const int64_t at_end = CountedAt(task, false);
    const int64_t at_start = CountedAt(task, true);
    counted_[0][i] = at_end;
    counted_[1][i] = at_start;
    for (const int64_t at : {at_end, at_start}) {
      if (!Plausible(at)) continue;
      first = std::min(first, at);
      last = std::max(last, at);
    }
    const bool in_order = IsKnown(task.accepted_at) &&
                          IsKnown(task.completed_at) &&
                          task.accepted_at <= task.picked_up_at &&
                          task.picked_up_at <= task.completed_at;
    if (!in_order) AddPossible(task);
    if (cities_.empty() || cities_.back() != task.city) {
      if (std::find(cities_.begin(), cities_.end(), task.city) ==
          cities_.end()) {
        cities_.push_back(task.city);
      }
    }
  }
  if (cities_.empty()) cities_.push_back(0);
  for (const replay::Session& session : timeline_->sessions) {
    AddPossible(session);
  }
  first_ = first;
  last_ = last;
}

void WorkerFrame::FindSpan() {
  Walk();
  if (has_span_) return;
  has_span_ = true;
  auto take = [&](int64_t from, int64_t to) {
    if (!Plausible(from) || !Plausible(to)) return;
    first_ = std::min(first_, from);
    last_ = std::max(last_, to);
  };
  for (const IntervalSet* set : {timeline_->engaged, timeline_->online}) {
    for (const Interval& part : set->intervals()) {
      const int64_t from = std::max(part.begin, kFirstInstant);
      const int64_t to = std::min(part.end - 1, kLastInstant - 1);
      if (from <= to) take(from, to);
    }
  }
  if (!loose_ready_) {
    loose_ready_ = true;
    loose_.clear();
    VisitLoosePay(*timeline_,
                  [&](const replay::PayLine& line) { loose_.push_back(line); });
  }
  for (const replay::PayLine& line : loose_) {
    if (IsKnown(line.earned_at)) {
      take(line.earned_at, line.earned_at);
    } else if (IsKnown(line.period_start) && IsKnown(line.period_end) &&
               line.period_end > line.period_start) {
      take(line.period_start, line.period_end - 1);
    }
  }
}

}  // namespace plumbline::audit
