#ifndef PLUMBLINE_AUDIT_MEASURES_MEASURE_H_
#define PLUMBLINE_AUDIT_MEASURES_MEASURE_H_

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "plumbline/v1/partial.pb.h"
#include "plumbline/v1/plan.pb.h"
#include "plumbline/v1/result.pb.h"
#include "replay/ingest/ingest.h"
#include "replay/store/log_store.h"
#include "replay/timeline/worker_timeline.h"

namespace plumbline::audit {

// What every measure may know beside the timelines. Borrowed; outlives the run.
struct MeasureContext {
  const replay::IngestResult* log = nullptr;
  const replay::LogStore* store = nullptr;  // For symbol texts only.
  const v1::AuditPlan* plan = nullptr;
  absl::TimeZone zone;  // UTC with zone_known == false where none is given.
  bool zone_known = false;
  // What one instance of a measure may keep of the first pass to save the
  // second one, in bytes. Changes no figure.
  int64_t kept_bytes = int64_t{256} << 20;

  bool Has(std::string_view table_column) const;  // "tasks.limit_at"
};

// The plan of `context` over the defaults, so that every value is set.
v1::AuditPlan PlanOf(const MeasureContext& context);
// `context` with that plan, which is borrowed.
MeasureContext WithPlan(const MeasureContext& context,
                        const v1::AuditPlan& plan);

struct WorkerSummary;    // worker_summary.h
class WorkerSummarizer;  // worker_summary.h

// A measure: numbers and no law. One instance per thread observes workers in
// any order; its state is a protobuf message whose merge is exact and
// order-free, so that threads, shards and machines give the same bits.
//
//   pass 1: Observe..., then states of all instances are merged;
//   pass 2 (if passes() == 2): every instance gets the merged state by
//   BeginSecondPass, observes again, and states are merged once more.
//
// Inside one process Absorb takes the place of Save and Merge: it moves what
// the other instance holds, without encoding it, and keeps more than a state
// does. Where complete() is then true, the second pass is left out:
//
//   merged->Absorb(std::move(instance_of_each_thread))...
//   if (!merged->complete()) {
//     merged->Save(&state);  // Then new instances, BeginSecondPass(state),
//   }                        // Observe, Absorb into a new one.
//   merged->Conclude(&result);
//
// Both ways give the same bits.
class Measure {
 public:
  explicit Measure(const MeasureContext& context);
  virtual ~Measure();
  virtual std::string_view id() const = 0;  // "hours"
  virtual int passes() const { return 1; }
  // `summary` is that of the same timeline: made once a worker by a
  // WorkerSummarizer, it serves all measures and MakeWorkerRow.
  virtual void Observe(const replay::WorkerTimeline& timeline,
                       const WorkerSummary& summary) = 0;
  // The same where there is no summary at hand.
  void Observe(const replay::WorkerTimeline& timeline);
  virtual void BeginSecondPass(const v1::MeasureState& merged) { (void)merged; }
  // Exact, associative, commutative. `Save` may be called at the end of each
  // pass.
  virtual void Save(v1::MeasureState* state) const = 0;
  virtual absl::Status Merge(const v1::MeasureState& state) = 0;
  // Merge of an instance made with the same context, which is used up.
  virtual absl::Status Absorb(std::unique_ptr<Measure> other);
  // Whether Conclude has all it needs, without a (further) second pass.
  virtual bool complete() const { return passes() == 1; }
  // Writes its part of `result` (measures, coverage). Called on the merged
  // instance at the end.
  virtual void Conclude(v1::AuditResult* result) const = 0;

 private:
  const MeasureContext& base_context_;
  std::unique_ptr<WorkerSummarizer> summarizer_;
};

// All measures of the product, or those named in `only` (empty: all).
std::vector<std::unique_ptr<Measure>> MakeMeasures(
    const MeasureContext& context, const std::set<std::string>& only);

// Rows of workers.csv come from the `hours` pass too: one row a known worker.
v1::WorkerRow MakeWorkerRow(const replay::WorkerTimeline& timeline,
                            const MeasureContext& context);
v1::WorkerRow MakeWorkerRow(const replay::WorkerTimeline& timeline,
                            const WorkerSummary& summary,
                            const MeasureContext& context);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_MEASURE_H_
