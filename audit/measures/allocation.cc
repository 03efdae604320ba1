#include <map>
#include <string>

#include "audit/measures/coverage.h"
#include "audit/measures/measure_list.h"
#include "audit/measures/offer_counts.h"
#include "audit/measures/pay_sums.h"
#include "audit/measures/state_codec.h"
#include "audit/measures/worker_summary.h"
#include "audit/stats/chance_gini.h"
#include "audit/stats/inequality.h"

namespace plumbline::audit {
namespace {

constexpr uint64_t kDefaultSeed = 20260101;

// Pay of one worker as 64 bits; beyond them lies no sum of money.
int64_t Clamped(Int128 value) {
  constexpr int64_t kMost = int64_t{1} << 62;
  return static_cast<int64_t>(std::clamp<Int128>(value, -kMost, kMost));
}

struct Totals {
  int64_t delivered = 0;
  int64_t pay = 0;     // Counted, millionths.
  int64_t online = 0;  // ms
};

void Write(const InequalityFigures& figures, std::string total,
           std::optional<double> chance, v1::Inequality* out) {
  out->set_workers(figures.n);
  out->set_n(std::move(total));
  if (figures.gini) out->set_gini(*figures.gini);
  if (figures.gini_corrected) out->set_gini_corrected(*figures.gini_corrected);
  if (figures.theil_t) out->set_theil_t(*figures.theil_t);
  if (figures.theil_l) out->set_theil_l(*figures.theil_l);
  if (figures.jain) out->set_jain(*figures.jain);
  if (figures.top10_share) out->set_top10_share(*figures.top10_share);
  for (const std::string& point : figures.lorenz) out->add_lorenz(point);
  if (chance && figures.gini_value) {
    out->set_chance_gini(FloatText(*chance));
    out->set_excess_gini(FloatText(*figures.gini_value - *chance));
  }
}

// Inequality of delivered tasks and counted pay over all workers with a task or
// a session, and of both per online hour over those with online time.
//
// The baseline is what chance gives equal workers: Poisson tasks with the same
// mean for all, in closed form; per hour, Poisson tasks in proportion to each
// worker's hours, simulated by hash. For pay it is the same, each task paying
// alike, since only the number of tasks is left to chance.
//
// State: three integers a worker. O(workers).
class Allocation : public Measure {
 public:
  explicit Allocation(const MeasureContext& context)
      : Measure(context), context_(context), offers_(context) {}

  std::string_view id() const override { return "allocation"; }

  void Observe(const replay::WorkerTimeline& timeline,
               const WorkerSummary& summary) override {
    figures_.offered += summary.offers.offered;
    figures_.accepted += summary.offers.accepted;
    figures_.rejected += summary.offers.rejected;
    figures_.expired += summary.offers.expired;
    if (!timeline.known) return;
    if (timeline.tasks.empty() && timeline.sessions.empty()) return;
    Totals& totals = workers_[std::string(timeline.worker_id)];
    totals.delivered += summary.delivered;
    totals.pay += Clamped(summary.pay.Counted());
    for (int kind = 0; kind < replay::kPayKinds; ++kind) {
      if (IsCounted(kind)) pay_seen_ += summary.pay.seen[kind];
    }
    totals.online += summary.sets[kOnline];
  }

  void Save(v1::MeasureState* envelope) const override {
    v1::AllocationState state;
    for (const auto& [worker_id, totals] : workers_) {
      v1::AllocationState::Worker* worker = state.add_workers();
      worker->set_worker_id(worker_id);
      worker->set_delivered(totals.delivered);
      worker->set_counted_pay(totals.pay);
      worker->set_online_ms(totals.online);
    }
    state.set_offered(figures_.offered);
    state.set_accepted(figures_.accepted);
    state.set_rejected(figures_.rejected);
    state.set_expired(figures_.expired);
    state.set_pay_seen(pay_seen_);
    envelope->set_id(std::string(id()));
    envelope->set_state(state.SerializeAsString());
  }

  absl::Status Merge(const v1::MeasureState& envelope) override {
    v1::AllocationState state;
    if (absl::Status status = DecodeState(envelope, &state); !status.ok()) {
      return status;
    }
    for (const v1::AllocationState::Worker& worker : state.workers()) {
      Totals& totals = workers_[worker.worker_id()];
      totals.delivered += worker.delivered();
      totals.pay += worker.counted_pay();
      totals.online += worker.online_ms();
    }
    figures_.offered += state.offered();
    figures_.accepted += state.accepted();
    figures_.rejected += state.rejected();
    figures_.expired += state.expired();
    pay_seen_ += state.pay_seen();
    return absl::OkStatus();
  }

  void Conclude(v1::AuditResult* result) const override {
    v1::Allocation* out = result->mutable_measures()->mutable_allocation();
    std::vector<int64_t> tasks, pay, times;
    std::vector<Rate> task_rates, pay_rates;
    int64_t tasks_total = 0, tasks_online = 0;
    Int128 pay_total = 0;
    for (const auto& [worker_id, totals] : workers_) {
      tasks.push_back(totals.delivered);
      pay.push_back(totals.pay);
      tasks_total += totals.delivered;
      pay_total += totals.pay;
      if (totals.online <= 0) continue;
      times.push_back(totals.online);
      tasks_online += totals.delivered;
      task_rates.push_back({totals.delivered, totals.online});
      pay_rates.push_back({totals.pay, totals.online});
    }
    const bool enough = tasks.size() >= 2;
    const bool has_pay = pay_seen_ > 0;
    const bool hourly = times.size() >= 2;
    const double mean =
        enough ? static_cast<double>(tasks_total) / double(tasks.size()) : 0;
    std::optional<double> chance;
    if (enough && tasks_total > 0) chance = ChanceGini(mean);

    Cover(context_, "allocation.tasks", {}, result);
    Cover(context_, "allocation.pay", {}, result);
    const bool sessions =
        Cover(context_, "allocation.tasksPerOnlineHour",
              {"sessions.started_at", "sessions.ended_at"}, result);
    Cover(context_, "allocation.payPerOnlineHour",
          {"sessions.started_at", "sessions.ended_at"}, result);
    if (enough) {
      Write(Inequality(tasks), std::to_string(tasks_total), chance,
            out->mutable_tasks());
    } else {
      TooFew("allocation.tasks", result);
    }
    if (!has_pay) {
      NoPay("allocation.pay", result);
    } else if (enough) {
      Write(Inequality(pay), MoneyText(pay_total), chance, out->mutable_pay());
    } else {
      TooFew("allocation.pay", result);
    }
    if (sessions && hourly) {
      std::optional<double> hourly_chance;
      if (tasks_online > 0) {
        const uint64_t seed = context_.plan != nullptr && context_.plan->seed()
                                  ? context_.plan->seed()
                                  : kDefaultSeed;
        hourly_chance = ChanceGiniOfRates(times, tasks_online, seed);
      }
      Write(InequalityOfRates(task_rates), SumText(task_rates, 3'600'000),
            hourly_chance, out->mutable_tasks_per_online_hour());
      if (has_pay) {
        Write(InequalityOfRates(pay_rates), SumText(pay_rates, 3.6L),
              hourly_chance, out->mutable_pay_per_online_hour());
      } else {
        NoPay("allocation.payPerOnlineHour", result);
      }
    } else {
      TooFew("allocation.tasksPerOnlineHour", result);
      TooFew("allocation.payPerOnlineHour", result);
    }
    ConcludeOffers(out, result);
  }

 private:
  // Sum of all workers' rates an hour, in ascending order of the rate.
  static std::string SumText(const std::vector<Rate>& rates,
                             long double factor) {
    std::vector<long double> values;
    for (const Rate& rate : rates) {
      values.push_back(static_cast<long double>(rate.amount) * factor /
                       static_cast<long double>(rate.time));
    }
    std::sort(values.begin(), values.end());
    long double sum = 0;
    for (const long double value : values) sum += value;
    return FloatText(sum, 9);
  }

  static void TooFew(std::string_view path, v1::AuditResult* result) {
    CoverEmpty(path, "Fewer than two workers can be compared.",
               "可比较的劳动者不足两人。", result);
  }
  static void NoPay(std::string_view path, v1::AuditResult* result) {
    CoverEmpty(path, "No counted pay is recorded.", "没有可计报酬的记录。",
               result);
  }

  void ConcludeOffers(v1::Allocation* out, v1::AuditResult* result) const {
    Cover(context_, "allocation.offers", {"offers.moment_id|tasks.status"},
          result);
    if (!offers_.can_tell()) return;
    if (figures_.offered == 0) {
      CoverEmpty("allocation.offers", "No offer is recorded.", "没有派单记录。",
                 result);
    }
    v1::OfferCounts* counts = out->mutable_offers();
    counts->set_offered(figures_.offered);
    counts->set_accepted(figures_.accepted);
    counts->set_rejected(figures_.rejected);
    counts->set_expired(figures_.expired);
    if (figures_.offered > 0) {
      counts->set_acceptance_rate(
          RatioText(figures_.accepted, figures_.offered));
    }
  }

  const MeasureContext& context_;
  const OfferCounter offers_;
  std::map<std::string, Totals> workers_;
  OfferFigures figures_;
  int64_t pay_seen_ = 0;
};

}  // namespace

std::unique_ptr<Measure> MakeAllocation(const MeasureContext& context) {
  return std::make_unique<Allocation>(context);
}

}  // namespace plumbline::audit
