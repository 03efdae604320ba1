#include "audit/measures/measure.h"

#include "audit/measures/measure_list.h"
#include "audit/measures/offer_counts.h"
#include "audit/measures/pay_sums.h"
#include "audit/measures/worker_hours.h"
#include "audit/stats/decimal.h"

namespace plumbline::audit {
namespace {

using replay::IsKnown;

// Tasks completed strictly after the deadline.
int64_t CountLate(const replay::WorkerTimeline& timeline,
                  int64_t replay::Task::*deadline) {
  int64_t late = 0;
  for (const replay::Task& task : timeline.tasks) {
    late += IsKnown(task.*deadline) && IsKnown(task.completed_at) &&
            task.completed_at > task.*deadline;
  }
  return late;
}

void FillPay(const replay::WorkerTimeline& timeline,
             const MeasureContext& context, int64_t online, int64_t engaged,
             v1::WorkerRow& row) {
  const std::vector<int> kinds = PayKindsOf(context);
  if (kinds.empty()) return;
  const PaySums sums = SumPay(timeline);
  const bool lines = context.Has("pay.amount");
  bool any_counted = lines, any_debit = lines;
  for (const int kind : kinds) {
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

std::vector<std::unique_ptr<Measure>> MakeMeasures(
    const MeasureContext& context, const std::set<std::string>& only) {
  std::vector<std::unique_ptr<Measure>> all;
  all.push_back(MakeHours(context));
  all.push_back(MakePay(context));
  all.push_back(MakeTargets(context));
  all.push_back(MakeDurations(context));
  all.push_back(MakeAllocation(context));
  all.push_back(MakeMdrp(context));
  if (only.empty()) return all;
  std::erase_if(all, [&only](const std::unique_ptr<Measure>& measure) {
    return only.count(std::string(measure->id())) == 0;
  });
  return all;
}

v1::WorkerRow MakeWorkerRow(const replay::WorkerTimeline& timeline,
                            const MeasureContext& context) {
  v1::WorkerRow row;
  row.set_worker_id(std::string(timeline.worker_id));
  if (context.log != nullptr) row.set_currency(context.log->info.currency());
  int64_t delivered = 0;
  for (const replay::Task& task : timeline.tasks) delivered += task.delivered;
  row.set_tasks(static_cast<int64_t>(timeline.tasks.size()));
  row.set_delivered(delivered);

  const OfferCounter counter(context);
  if (counter.can_tell()) {
    const OfferFigures offers = counter.CountOf(timeline);
    row.set_offers(offers.offered);
    row.set_accepted(offers.accepted);
    row.set_rejected(offers.rejected);
  }

  const auto sets = TimeSetsOf(timeline);
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
  FillPay(timeline, context, sessions ? sets[kOnline] : 0,
          engaged ? sets[kEngaged] : 0, row);
  if (engaged && timeline.engaged != nullptr) {
    LocalClock clock(context.zone);
    const WorkerHours hours =
        RunsAndDays(*timeline.engaged, RunGap(context.plan), clock);
    row.set_longest_run_s(RoundSeconds(hours.longest_run));
    row.set_runs_over_4h(hours.runs_over_4h);
    row.set_days_over_8h(hours.days_over_8h);
  }
  if (context.Has("tasks.completed_at")) {
    if (context.Has("tasks.promised_at")) {
      row.set_late_promise(CountLate(timeline, &replay::Task::promised_at));
    }
    if (context.Has("tasks.limit_at")) {
      row.set_late_limit(CountLate(timeline, &replay::Task::limit_at));
    }
  }
  return row;
}

}  // namespace plumbline::audit
