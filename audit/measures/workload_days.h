#ifndef PLUMBLINE_AUDIT_MEASURES_WORKLOAD_DAYS_H_
#define PLUMBLINE_AUDIT_MEASURES_WORKLOAD_DAYS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "audit/measures/worker_summary.h"
#include "plumbline/v1/workload.pb.h"
#include "plumbline/v1/workload_state.pb.h"

namespace plumbline::audit {

// Two days to be drawn: that on which the longest run began, and one in the
// middle by engaged time of 33 days drawn by a hash of worker and day. Ties go
// to the smaller worker id, then the earlier day, so that any merge gives the
// same two. Memory: 34 days.
class DayExamples {
 public:
  explicit DayExamples(absl::TimeZone zone) : clock_(zone) {}

  // `runs` of the worker, sorted.
  void Observe(const replay::WorkerTimeline& timeline,
               const WorkerSummary& summary,
               std::span<const replay::Interval> runs);
  void Save(v1::WorkloadState* state) const;
  void Merge(const v1::WorkloadState& state);
  void Write(v1::Workload* out) const;

 private:
  using Day = v1::WorkloadState::Day;
  static bool LongerThan(const Day& a, const Day& b);
  void Keep(Day day);
  Day Draw(const replay::WorkerTimeline& timeline,
           std::span<const replay::Interval> runs, int64_t day, int64_t engaged,
           uint64_t hash);

  LocalClock clock_;
  Day longest_;
  std::vector<Day> sample_;  // By hash, worker and day.
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_WORKLOAD_DAYS_H_
