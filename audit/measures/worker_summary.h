#ifndef PLUMBLINE_AUDIT_MEASURES_WORKER_SUMMARY_H_
#define PLUMBLINE_AUDIT_MEASURES_WORKER_SUMMARY_H_

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "audit/measures/local_clock.h"
#include "audit/measures/measure.h"
#include "audit/measures/offer_counts.h"
#include "audit/measures/pay_sums.h"
#include "audit/measures/strata.h"
#include "audit/measures/worker_hours.h"
#include "audit/stats/decimal.h"

namespace plumbline::audit {

// What one worker did on one local day.
struct DayPart {
  int64_t day = 0;      // Local days since 1970-01-01.
  int64_t online = 0;   // ms, cut at local midnight
  int64_t engaged = 0;  // ms, cut at local midnight
  int64_t delivered = 0;
  Int128 pay = 0;  // Counted, millionths, by the day on which it was earned.
};

// What several measures and workers.csv need of one worker, from one walk over
// the rows. Sums are exact and in the units of replay/base/units.h.
struct WorkerSummary {
  int64_t tasks = 0, delivered = 0;
  OfferFigures offers;
  PaySums pay;
  std::array<int64_t, kTimeSets> sets = {};  // ms
  WorkerHours hours;                         // Zeros without a known worker.
  std::array<int64_t, 2> late = {};          // After promise, after limit.
  // Days with anything on them, ascending. Pay without a day is in `pay` only.
  std::span<const DayPart> days;
  std::span<const TaskPay> task_pay;  // One a task.
  WorkerStrata* strata = nullptr;     // Accepted tasks by stratum, on demand.
};

// Makes summaries, one thread's worth. The summary and its spans live until the
// next call. O(rows + engaged stretches).
class WorkerSummarizer {
 public:
  explicit WorkerSummarizer(const MeasureContext& context);
  const WorkerSummary& Summarize(const replay::WorkerTimeline& timeline);

 private:
  void SumTasks(const replay::WorkerTimeline& timeline);
  void SumLines(const replay::WorkerTimeline& timeline);
  DayPart& PartOf(int64_t day);
  void CollectDays();

  OfferCounter offers_;
  LocalClock clock_;
  int64_t gap_;
  WorkerSummary summary_;
  // Days close to one another lie in a window, the others in a list.
  int64_t first_day_ = 0;
  std::vector<DayPart> window_;
  std::vector<DayPart> far_;
  std::vector<DayPart> days_;
  std::vector<TaskPay> task_pay_;
  WorkerStrata strata_;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_WORKER_SUMMARY_H_
