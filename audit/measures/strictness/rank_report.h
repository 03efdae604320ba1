#ifndef PLUMBLINE_AUDIT_MEASURES_STRICTNESS_RANK_REPORT_H_
#define PLUMBLINE_AUDIT_MEASURES_STRICTNESS_RANK_REPORT_H_

#include "audit/measures/strictness/task_pool.h"
#include "audit/measures/strictness/walk.h"
#include "audit/measures/strictness/worker_interval.h"
#include "plumbline/v1/plan.pb.h"
#include "plumbline/v1/strictness.pb.h"

namespace plumbline::audit {

// S-RANK in three references: figures, intervals, families, verdicts.
//
//   STRICTEST            upper end of pi (high) <= strictest_at_most under OBS
//                        and, where usable, FREE
//   BELOW_MIDDLE         upper end of pi (high) < middle - margin under OBS,
//                        or upper end of the share on time < middle
//   AT_OR_ABOVE_MIDDLE   lower end of pi (low) >= middle + margin, under FREE
//                        only: durations that targets pressed never acquit
//   CANNOT_CONCLUDE      N, MISS, ID, POW or DEP otherwise
//
// Both claims must also hold with Holm's adjustment over the headline family,
// which is all targets and references that have a test.
class RankReport {
 public:
  RankReport(const TaskPool& pool, const Walk& walk, const BandList& bands,
             const v1::AuditPlan& plan);

  // First all statistics are handed to `intervals`, which is then run.
  void AddStatistics(WorkerIntervals* intervals);
  void Write(const WorkerIntervals& intervals, v1::Strictness* out);
  // Share of the delivered tasks with target t that OBS ranks.
  double Coverage(int t) const;

 private:
  struct One {
    PositionSums sums;
    int64_t durations = 0, clusters = 0, strata = 0;
    int64_t wider[Walk::kWidenings] = {};  // Targets, for FREE.
    double pi[kBounds] = {};
    size_t number[kBounds] = {};
    bool any = false, testable = false;
    double margin = 0, p_value = 1, adjusted = 1;
    double ends_low = 0, ends_high = 1;  // Over all bounds.
    double upper_delivered = 1;
    bool balanced = true;
  };
  void Sum(int r, int t);
  void WriteReference(int r, int t, const WorkerIntervals& intervals,
                      v1::StrictTarget* out);
  void WriteStrata(int t, v1::Strictness* result, v1::StrictTarget* out);
  void Conclude(int t, v1::StrictTarget* out) const;
  void WriteFamily(v1::Strictness* out);

  const TaskPool& pool_;
  const Walk& walk_;
  const BandList& bands_;
  const v1::AuditPlan& plan_;
  double middle_, strictest_, significance_;
  One one_[kReferences][kTargets];
  int64_t delivered_[kTargets] = {};  // With a target, not prebooked.
  int64_t on_time_[kTargets] = {}, on_time_workers_[kTargets] = {};
  size_t on_time_number_[kTargets] = {};
  double on_time_upper_[kTargets] = {1, 1};
};

inline constexpr const char* kTargetNames[] = {"promise", "limit"};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_STRICTNESS_RANK_REPORT_H_
