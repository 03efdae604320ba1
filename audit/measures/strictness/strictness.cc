#include <algorithm>
#include <cstdlib>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "audit/measures/coverage.h"
#include "audit/measures/measure_list.h"
#include "audit/measures/state_codec.h"
#include "audit/measures/strictness/bands.h"
#include "audit/measures/strictness/bunching.h"
#include "audit/measures/strictness/concession.h"
#include "audit/measures/strictness/estimate_tally.h"
#include "audit/measures/strictness/pressure.h"
#include "audit/measures/strictness/quantile_rank.h"
#include "audit/measures/strictness/rank_report.h"
#include "audit/measures/strictness/speed.h"
#include "audit/measures/strictness/summary.h"
#include "audit/measures/strictness/task_pool.h"
#include "audit/measures/strictness/walk.h"
#include "audit/measures/worker_summary.h"

namespace plumbline::audit {
namespace {

// Strictness of timing targets. One pass: the state is the accepted tasks of
// whole workers by stratum and week, about 16 bytes each, so shards are put
// side by side exactly; everything else happens once, at the end. What each
// part is stands at its own file: stratum_position.h, rank_report.h, speed.h,
// derived.h, bands.h, concession.h, bunching.h, pressure.h, counterfactual.h,
// estimate_tally.h, quantile_rank.h.
class Strictness : public Measure {
 public:
  explicit Strictness(const MeasureContext& context)
      : Measure(context),
        context_(context),
        plan_(PlanOf(context)),
        targets_(context.Has("tasks.accepted_at") &&
                 context.Has("tasks.completed_at") &&
                 (context.Has("tasks.promised_at") ||
                  context.Has("tasks.limit_at"))),
        estimates_on_(context.Has("tasks.estimates_s") &&
                      context.Has("tasks.accepted_at")) {}

  std::string_view id() const override { return "strictness"; }

  void Observe(const replay::WorkerTimeline& timeline,
               const WorkerSummary& summary) override {
    if (!timeline.known) return;
    if (targets_) {
      pool_.Add(timeline, summary.strata->Tasks(), summary.strata->sorter());
    }
    if (estimates_on_) {
      estimates_.Add(timeline, WorkerKey(timeline.worker_id));
    }
  }

  void Save(v1::MeasureState* envelope) const override {
    v1::StrictnessState state;
    pool_.Save(&state);
    estimates_.Save(&state);
    envelope->set_id(std::string(id()));
    envelope->set_state(state.SerializeAsString());
  }

  absl::Status Merge(const v1::MeasureState& envelope) override {
    v1::StrictnessState state;
    if (absl::Status status = DecodeState(envelope, &state); !status.ok()) {
      return status;
    }
    estimates_.Merge(state);
    return pool_.Merge(state);
  }

  absl::Status Absorb(std::unique_ptr<Measure> measure) override {
    Strictness& other = static_cast<Strictness&>(*measure);
    pool_.Absorb(other.pool_);
    estimates_.Absorb(other.estimates_);
    return absl::OkStatus();
  }

  void Conclude(v1::AuditResult* result) const override {
    for (const auto& [path, column] :
         {std::pair("strictness.promise", "tasks.promised_at"),
          std::pair("strictness.limit", "tasks.limit_at")}) {
      Cover(context_, path, {column, "tasks.accepted_at", "tasks.completed_at"},
            result);
    }
    Cover(context_, "strictness.estimates",
          {"tasks.estimates_s", "tasks.accepted_at"}, result);
    if (pool_.tasks() == 0 && estimates_.empty()) return;
    v1::Strictness* out = result->mutable_measures()->mutable_strictness();
    pool_.Close(plan_.strictness_tasks());
    const TaskPool& pool = pool_;
    const BandList bands(plan_);
    const Walk walk = WalkPool(pool, plan_, bands);
    WorkerIntervals intervals(pool.workers(), plan_.seed(),
                              plan_.bootstrap_replicates());
    PressureTest pressure(pool, walk, plan_);
    RankReport ranks(pool, walk, bands, plan_);
    BunchingTest bunching(walk, plan_);
    ConcessionFit concessions(walk, plan_);
    EstimateTally estimates = estimates_;
    ranks.AddStatistics(&intervals);
    SpeedMeasure speed(pool, walk, plan_);
    bunching.Prepare(pool.workers().size());
    concessions.Prepare(pool.workers().size());
    ForEachWeekCell(pool, walk.cells,
                    [&](size_t cell, const WeekCell& week,
                        std::span<const StrictTask> tasks) {
                      bunching.Visit(tasks);
                      concessions.Visit(cell, tasks);
                      speed.Visit(cell, week, tasks);
                    });
    bunching.AddStatistics(&intervals);
    pressure.AddStatistics(&intervals);
    QuantileRanker quantiles(pool, walk, plan_);
    for (int t = 0; t < kTargets; ++t) {
      if (walk.slack[t].n == 0) continue;
      quantiles.AddStatistics(t, ranks.Coverage(t), &intervals);
    }
    concessions.AddStatistics(&intervals);
    estimates.AddStatistics(pool.workers(), &intervals);
    intervals.Run();

    WriteWhole(pool, walk, plan_, out);
    ranks.Write(intervals, out);
    v1::StrictTarget* targets[] = {
        out->has_promise() ? out->mutable_promise() : nullptr,
        out->has_limit() ? out->mutable_limit() : nullptr};
    const SpeedTally speeds = speed.Sum();
    for (int t = 0; t < kTargets; ++t) {
      if (targets[t] == nullptr) continue;
      WriteSpeed(speeds, bands, t, kExPost, plan_,
                 targets[t]->mutable_speed_ex_post());
      WriteSpeed(speeds, bands, t, kExAnte, plan_,
                 targets[t]->mutable_speed_ex_ante());
      std::vector<const DerivedStratum*> derived;
      for (const StratumOutcome& stratum : walk.strata) {
        derived.push_back(&stratum.derived[t]);
      }
      WriteDerived(derived, plan_, targets[t]->mutable_derived());
      WriteGaps(bands, walk.bands, pool.workers().size(), t, plan_, targets[t]);
      WriteCounterfactual(pool, walk, t, targets[t]);
      quantiles.Write(t, intervals, targets[t]->mutable_quantile_regression());
    }
    bunching.Write(intervals, targets[0], targets[1]);
    for (int t = 0; t < kTargets; ++t) {
      if (targets[t] == nullptr) continue;
      pressure.Write(t, intervals, targets[t]->mutable_pressure());
    }
    concessions.Write(intervals, targets[0], targets[1]);
    if (!estimates.empty()) {
      estimates.Write(plan_, intervals, out->mutable_estimates());
    } else if (estimates_on_) {
      CoverEmpty("strictness.estimates", "No task has two estimates.",
                 "没有任务记录了两个以上的预估值。", result);
    }
    WriteIndicators(out);
    for (int t = 0; t < kTargets; ++t) {
      if (targets[t] != nullptr) continue;
      CoverEmpty(absl::StrCat("strictness.", kTargetNames[t]),
                 "No delivered task has this target.",
                 "没有已送达的任务带有该时限。", result);
    }
  }

 private:
  const MeasureContext& context_;
  const v1::AuditPlan plan_;
  const bool targets_, estimates_on_;
  mutable TaskPool pool_;  // Put in order where it stands.
  EstimateTally estimates_;
};

}  // namespace

std::unique_ptr<Measure> MakeStrictness(const MeasureContext& context) {
  return std::make_unique<Strictness>(context);
}

}  // namespace plumbline::audit
