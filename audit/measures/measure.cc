#include "audit/measures/measure.h"

#include "audit/measures/measure_list.h"
#include "audit/measures/offer_counts.h"
#include "audit/measures/pay_sums.h"
#include "audit/measures/plan.h"
#include "audit/measures/worker_summary.h"
#include "audit/stats/decimal.h"

namespace plumbline::audit {
namespace {

void FillPay(const PaySums& sums, const MeasureContext& context, int64_t online,
             int64_t engaged, v1::WorkerRow& row) {
  const bool lines = context.Has("pay.amount");
  bool any_counted = lines, any_debit = lines;
  for (int kind = 0; kind < replay::kPayKinds; ++kind) {
    any_counted |= IsCounted(kind) && sums.seen[kind] > 0;
    any_debit |= IsDebit(kind) && sums.seen[kind] > 0;
  }
  if (any_debit) row.set_debits(MoneyText(sums.Debits()));
  if (lines || sums.seen[v1::PAY_TIP] > 0) {
    row.set_tips(MoneyText(sums.sum[v1::PAY_TIP]));
  }
  if (lines || sums.seen[v1::PAY_TOP_UP] > 0) {
    row.set_top_up(MoneyText(sums.sum[v1::PAY_TOP_UP]));
  }
  if (!any_counted) return;
  const Int128 counted = sums.Counted();
  row.set_pay_counted(MoneyText(counted));
  if (online > 0) {
    row.set_pay_per_online_hour(RatioText(counted * 18, Int128{online} * 5));
  }
  if (engaged > 0) {
    row.set_pay_per_engaged_hour(RatioText(counted * 18, Int128{engaged} * 5));
  }
}

}  // namespace

v1::AuditPlan PlanOf(const MeasureContext& context) {
  return context.plan != nullptr ? OverDefaults(*context.plan) : DefaultPlan();
}

MeasureContext WithPlan(const MeasureContext& context,
                        const v1::AuditPlan& plan) {
  MeasureContext own = context;
  own.plan = &plan;
  return own;
}

Measure::Measure(const MeasureContext& context) : base_context_(context) {}
Measure::~Measure() = default;

void Measure::Observe(const replay::WorkerTimeline& timeline) {
  if (summarizer_ == nullptr) {
    summarizer_ = std::make_unique<WorkerSummarizer>(base_context_);
  }
  Observe(timeline, summarizer_->Summarize(timeline));
}

absl::Status Measure::Absorb(std::unique_ptr<Measure> other) {
  v1::MeasureState state;
  other->Save(&state);
  return Merge(state);
}

std::vector<std::unique_ptr<Measure>> MakeMeasures(
    const MeasureContext& context, const std::set<std::string>& only) {
  std::vector<std::unique_ptr<Measure>> all;
  all.push_back(MakeHours(context));
  all.push_back(MakePay(context));
  all.push_back(MakeTargets(context));
  all.push_back(MakeDurations(context));
  all.push_back(MakeAllocation(context));
  all.push_back(MakeMdrp(context));
  all.push_back(MakeStrictness(context));
  all.push_back(MakeErosion(context));
  all.push_back(MakeWorkload(context));
  if (only.empty()) return all;
  std::erase_if(all, [&only](const std::unique_ptr<Measure>& measure) {
    return only.count(std::string(measure->id())) == 0;
  });
  return all;
}

v1::WorkerRow MakeWorkerRow(const replay::WorkerTimeline& timeline,
                            const MeasureContext& context) {
  WorkerSummarizer summarizer(context);
  return MakeWorkerRow(timeline, summarizer.Summarize(timeline), context);
}

v1::WorkerRow MakeWorkerRow(const replay::WorkerTimeline& timeline,
                            const WorkerSummary& summary,
                            const MeasureContext& context) {
  v1::WorkerRow row;
  row.set_worker_id(std::string(timeline.worker_id));
  if (context.log != nullptr) row.set_currency(context.log->info.currency());
  row.set_tasks(summary.tasks);
  row.set_delivered(summary.delivered);

  if (OfferCounter(context).can_tell()) {
    row.set_offers(summary.offers.offered);
    row.set_accepted(summary.offers.accepted);
    row.set_rejected(summary.offers.rejected);
  }

  const auto& sets = summary.sets;
  auto seconds = [&sets](TimeSet set) { return RoundSeconds(sets[set]); };
  const bool end =
      context.Has("tasks.completed_at") || context.Has("tasks.cancelled_at");
  const bool sessions =
      context.Has("sessions.started_at") && context.Has("sessions.ended_at");
  const bool engaged = context.Has("tasks.accepted_at") && end;
  if (sessions) row.set_online_s(seconds(kOnline));
  if (engaged) {
    row.set_engaged_s(seconds(kEngaged));
    row.set_task_sum_s(seconds(kTaskSum));
  }
  if (context.Has("tasks.accepted_at") && context.Has("tasks.picked_up_at")) {
    row.set_to_pickup_s(seconds(kToPickup));
  }
  if (context.Has("tasks.picked_up_at") && end) {
    row.set_loaded_s(seconds(kLoaded));
  }
  if (sessions && engaged) row.set_on_call_s(seconds(kOnCall));
  FillPay(summary.pay, context, sessions ? sets[kOnline] : 0,
          engaged ? sets[kEngaged] : 0, row);
  if (engaged && timeline.engaged != nullptr) {
    row.set_longest_run_s(RoundSeconds(summary.hours.longest_run));
    row.set_runs_over_4h(summary.hours.runs_over_4h);
    row.set_days_over_8h(summary.hours.days_over_8h);
  }
  if (context.Has("tasks.completed_at")) {
    if (context.Has("tasks.promised_at")) {
      row.set_late_promise(summary.late[0]);
    }
    if (context.Has("tasks.limit_at")) row.set_late_limit(summary.late[1]);
  }
  return row;
}

}  // namespace plumbline::audit
