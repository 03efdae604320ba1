#include "audit/measures/worker_summary.h"

#include <algorithm>

namespace plumbline::audit {
namespace {

using replay::IsKnown;

// Days on either side of the first one met that lie in the window: a log of
// eleven years needs no list.
constexpr int64_t kWindow = 4096;

// The day on which a task's pay was earned: the first clock known of these.
int64_t EarnedAt(const replay::Task& task) {
  if (IsKnown(task.completed_at)) return task.completed_at;
  if (IsKnown(task.cancelled_at)) return task.cancelled_at;
  if (IsKnown(task.accepted_at)) return task.accepted_at;
  return task.placed_at;
}

int64_t EarnedAt(const replay::PayLine& line) {
  if (IsKnown(line.earned_at)) return line.earned_at;
  if (IsKnown(line.period_start)) return line.period_start;
  return line.paid_at;
}

}  // namespace

WorkerSummarizer::WorkerSummarizer(const MeasureContext& context)
    : offers_(context),
      clock_(context.zone),
      gap_(RunGap(context)),
      strata_(context) {}

inline DayPart& WorkerSummarizer::PartOf(int64_t day) {
  if (window_.empty()) {
    first_day_ = day;
    window_.push_back({.day = day});
  }
  const int64_t offset = day - first_day_;
  if (offset >= 0 && offset < static_cast<int64_t>(window_.size())) {
    return window_[offset];
  }
  if (offset >= 0 && offset < kWindow) {
    for (int64_t i = window_.size(); i <= offset; ++i) {
      window_.push_back({.day = first_day_ + i});
    }
    return window_[offset];
  }
  if (offset < 0 && static_cast<int64_t>(window_.size()) - offset < kWindow) {
    std::vector<DayPart> before(-offset);
    for (int64_t i = 0; i < -offset; ++i) before[i].day = day + i;
    window_.insert(window_.begin(), before.begin(), before.end());
    first_day_ = day;
    return window_.front();
  }
  const auto at = std::lower_bound(
      far_.begin(), far_.end(), day,
      [](const DayPart& part, int64_t wanted) { return part.day < wanted; });
  if (at != far_.end() && at->day == day) return *at;
  return *far_.insert(at, {.day = day});
}

const WorkerSummary& WorkerSummarizer::Summarize(
    const replay::WorkerTimeline& timeline) {
  summary_ = WorkerSummary();
  strata_.Begin(timeline);
  summary_.strata = &strata_;
  window_.clear();
  far_.clear();
  summary_.tasks = static_cast<int64_t>(timeline.tasks.size());
  summary_.sets = TimeSetsOf(timeline);
  summary_.offers = offers_.CountOf(timeline);
  SumTasks(timeline);
  SumLines(timeline);
  if (timeline.known && timeline.engaged != nullptr) {
    summary_.hours = RunsAndDays(
        *timeline.engaged, gap_, clock_,
        [this](int64_t day, int64_t length) { PartOf(day).engaged += length; });
  }
  if (timeline.known && timeline.online != nullptr) {
    CutByDay(*timeline.online, clock_, [this](int64_t day, int64_t length) {
      PartOf(day).online += length;
    });
  }
  CollectDays();
  return summary_;
}

void WorkerSummarizer::SumTasks(const replay::WorkerTimeline& timeline) {
  task_pay_.clear();
  task_pay_.reserve(timeline.tasks.size());
  for (const replay::Task& task : timeline.tasks) {
    summary_.delivered += task.delivered;
    if (IsKnown(task.completed_at)) {
      summary_.late[0] +=
          IsKnown(task.promised_at) && task.completed_at > task.promised_at;
      summary_.late[1] +=
          IsKnown(task.limit_at) && task.completed_at > task.limit_at;
    }
    const TaskPay& pay = task_pay_.emplace_back(summary_.pay.Add(task.pay));
    if (!task.delivered && task.pay.empty()) continue;
    const int64_t earned = EarnedAt(task);
    if (!IsKnown(earned)) continue;
    DayPart& part = PartOf(clock_.Day(earned));
    part.delivered += task.delivered;
    part.pay += pay.counted;
  }
  summary_.task_pay = task_pay_;
}

void WorkerSummarizer::SumLines(const replay::WorkerTimeline& timeline) {
  VisitLoosePay(timeline, [this](const replay::PayLine& line) {
    summary_.pay.Add(line.kind, line.amount);
    const int64_t earned = EarnedAt(line);
    if (IsCounted(line.kind) && IsKnown(earned)) {
      PartOf(clock_.Day(earned)).pay += line.amount;
    }
  });
}

void WorkerSummarizer::CollectDays() {
  days_.clear();
  auto some = [](const DayPart& part) {
    return part.online != 0 || part.engaged != 0 || part.delivered != 0 ||
           part.pay != 0;
  };
  std::copy_if(window_.begin(), window_.end(), std::back_inserter(days_), some);
  if (!far_.empty()) {
    std::copy_if(far_.begin(), far_.end(), std::back_inserter(days_), some);
    std::sort(days_.begin(), days_.end(),
              [](const DayPart& a, const DayPart& b) { return a.day < b.day; });
  }
  summary_.days = days_;
}

}  // namespace plumbline::audit
