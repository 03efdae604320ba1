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

  bool Has(std::string_view table_column) const;  // "tasks.limit_at"
};

// A measure: numbers and no law. One instance per thread observes workers in
// any order; its state is a protobuf message whose merge is exact and
// order-free, so that threads, shards and machines give the same bits.
//
//   pass 1: Observe..., then states of all instances are merged;
//   pass 2 (if passes() == 2): every instance gets the merged state by
//   BeginSecondPass, observes again, and states are merged once more.
class Measure {
 public:
  virtual ~Measure() = default;
  virtual std::string_view id() const = 0;  // "hours"
  virtual int passes() const { return 1; }
  virtual void Observe(const replay::WorkerTimeline& timeline) = 0;
  virtual void BeginSecondPass(const v1::MeasureState& merged) { (void)merged; }
  // Exact, associative, commutative. `Save` may be called at the end of each
  // pass.
  virtual void Save(v1::MeasureState* state) const = 0;
  virtual absl::Status Merge(const v1::MeasureState& state) = 0;
  // Writes its part of `result` (measures, coverage). Called on the merged
  // instance at the end.
  virtual void Conclude(v1::AuditResult* result) const = 0;
};

// All measures of the product, or those named in `only` (empty: all).
std::vector<std::unique_ptr<Measure>> MakeMeasures(
    const MeasureContext& context, const std::set<std::string>& only);

// Rows of workers.csv come from the `hours` pass too: one row a known worker.
v1::WorkerRow MakeWorkerRow(const replay::WorkerTimeline& timeline,
                            const MeasureContext& context);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_MEASURE_H_
