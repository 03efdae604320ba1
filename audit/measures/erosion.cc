#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "audit/measures/coverage.h"
#include "audit/measures/erosion_cells.h"
#include "audit/measures/erosion_pulls.h"
#include "audit/measures/erosion_records.h"
#include "audit/measures/erosion_series.h"
#include "audit/measures/measure_list.h"
#include "audit/measures/pay_sums.h"
#include "audit/measures/ratchet.h"
#include "audit/measures/state_codec.h"
#include "audit/measures/worker_summary.h"
#include "audit/stats/hash.h"

namespace plumbline::audit {
namespace {

using replay::IsKnown;

struct WeekSums {
  int64_t online = 0, engaged = 0, delivered = 0, accepted = 0,
          delivered_tasks = 0;
  Int128 pay = 0;
};

// Erosion: like-for-like indices of targets, pay and the platform's part over
// ISO weeks, their trends and breaks, the ratchet, and what bad weather does.
// The first pass makes sums (erosion_cells.h, ratchet.h); the second one what
// each worker moves the indices by (erosion_pulls.h), and is left out where the
// tasks could be kept (erosion_records.h).
class ErosionMeasure : public Measure {
 public:
  explicit ErosionMeasure(const MeasureContext& context)
      : Measure(context),
        context_(context),
        plan_(PlanOf(context)),
        runs_(context.Has("tasks.accepted_at")) {}

  std::string_view id() const override { return "erosion"; }
  int passes() const override { return runs_ ? 2 : 1; }
  bool complete() const override {
    return !runs_ || replicates_ != nullptr || kept_;
  }

  void Observe(const replay::WorkerTimeline& timeline,
               const WorkerSummary& summary) override {
    if (!runs_) return;
    const std::span<const TaskInStratum> tasks = summary.strata->Tasks();
    const uint64_t worker = HashText(timeline.worker_id);
    if (replicates_ != nullptr) {
      ObserveAgain(timeline, summary, worker);
      return;
    }
    workers_ += timeline.known && !tasks.empty();
    if (kept_ && !tasks.empty()) {
      records_.BeginWorker(timeline.known, timeline.known ? worker : 0);
    }
    for (const TaskInStratum& in : tasks) {
      const replay::Task& task = timeline.tasks[in.task];
      const int64_t week = LocalClock::Week(in.day);
      const QuantitySums sums = SumsOf(task, in);
      const StratumSorter& sorter = summary.strata->sorter();
      WeekSums& week_sums = WeekAt(week);
      week_sums.accepted += task.prebooked != 1;
      week_sums.delivered_tasks += task.delivered;
      if (task.prebooked != 1) {
        ratchet_.Add(sorter, week, static_cast<int>(HashText(task.task_id) & 1),
                     in);
      }
      cells_.Add(sorter, in.cell, week, sums);
      if (kept_) records_.Add(sorter, in.cell, in.day, sums);
    }
    if (kept_ && records_.bytes() > static_cast<size_t>(context_.kept_bytes)) {
      kept_ = false;
      records_.Clear();
    }
    for (const DayPart& day : summary.days) {
      WeekSums& week = WeekAt(LocalClock::Week(day.day));
      week.online += day.online;
      week.engaged += day.engaged;
      week.delivered += day.delivered;
      week.pay += day.pay;
    }
  }

  void Save(v1::MeasureState* envelope) const override {
    v1::ErosionState state;
    state.set_pass(replicates_ != nullptr ? 2 : 1);
    if (replicates_ != nullptr) replicates_->Save(state.mutable_second());
    cells_.Save(&state);
    ratchet_.Save(&state);
    state.set_workers(workers_);
    for (const auto& [week, sums] : weeks_) {
      v1::ErosionState::Week* out = state.add_weeks();
      out->set_week(week);
      out->set_online_ms(sums.online);
      out->set_engaged_ms(sums.engaged);
      out->set_delivered(sums.delivered);
      *out->mutable_pay() = EncodeWide(sums.pay);
      out->set_accepted(sums.accepted);
      out->set_delivered_tasks(sums.delivered_tasks);
    }
    envelope->set_id(std::string(id()));
    envelope->set_state(state.SerializeAsString());
  }

  absl::Status Merge(const v1::MeasureState& envelope) override {
    v1::ErosionState state;
    if (absl::Status status = DecodeState(envelope, &state); !status.ok()) {
      return status;
    }
    if (state.pass() == 2) {
      if (replicates_ == nullptr) BeginSecondPass(envelope);
      if (replicates_ != nullptr) replicates_->Merge(state.second());
      return absl::OkStatus();
    }
    if (replicates_ != nullptr) {
      return absl::InvalidArgumentError(
          "states of the first and of the second pass of 'erosion' are mixed; "
          "give states of one pass");
    }
    // What others saw is not kept here.
    kept_ = kept_ && state.strata().empty();
    MergeFirst(state);
    return absl::OkStatus();
  }

  absl::Status Absorb(std::unique_ptr<Measure> measure) override {
    ErosionMeasure& other = static_cast<ErosionMeasure&>(*measure);
    const bool kept = kept_ && other.kept_;
    v1::MeasureState state;
    other.Save(&state);
    if (absl::Status status = Merge(state); !status.ok()) return status;
    kept_ = kept;
    if (kept_) {
      records_.Absorb(other.records_);
    } else {
      records_.Clear();
    }
    return absl::OkStatus();
  }

  void BeginSecondPass(const v1::MeasureState& merged) override {
    v1::ErosionState state;
    if (!runs_ || !DecodeState(merged, &state).ok()) return;
    cells_ = ErosionCells();
    ratchet_ = RatchetCells();
    weeks_.clear();
    last_sums_ = nullptr;
    workers_ = 0;
    MergeFirst(state);
    kept_ = false;
    records_.Clear();
    const ErosionStrata strata = cells_.ByStratum();
    pulls_ = std::make_unique<ErosionPulls>(strata, Indexed(strata));
    replicates_ = std::make_unique<ErosionReplicates>(
        plan_, workers_, pulls_->statistics().size());
  }

  void MergeFirst(const v1::ErosionState& state) {
    cells_.Merge(state);
    ratchet_.Merge(state);
    workers_ += state.workers();
    for (const v1::ErosionState::Week& in : state.weeks()) {
      WeekSums& week = weeks_[in.week()];
      week.online += in.online_ms();
      week.engaged += in.engaged_ms();
      week.delivered += in.delivered();
      week.pay += DecodeWide(in.pay());
      week.accepted += in.accepted();
      week.delivered_tasks += in.delivered_tasks();
    }
  }

  void Conclude(v1::AuditResult* result) const override {
    const bool ledger = CoverAll(result);
    v1::Erosion* erosion = result->mutable_measures()->mutable_erosion();
    if (!runs_) return;
    const ErosionStrata cells = cells_.ByStratum();
    if (cells.empty()) {
      for (const char* path : {"erosion.series.promise", "erosion.series.limit",
                               "erosion.series.pay", "erosion.series.takeRate",
                               "erosion.promiseRatchet", "erosion.limitRatchet",
                               "erosion.weather", "erosion.income"}) {
        CoverEmpty(path, "No task has a time of acceptance.",
                   "没有任何任务记有接单时刻。", result);
      }
      return;
    }
    erosion->set_stratum_level(cells_.level());
    erosion->set_workers(workers_);
    const ErosionBounds bounds(plan_);
    result->add_notes(absl::StrCat(
        "Changes over time, as the audit plan declares them: less than ",
        plan_.erosion_margin(), " of the first value counts as no change; ",
        plan_.erosion_known_at_least(), " of the tasks must have the figure, ",
        plan_.erosion_matched_at_least(),
        " a like in both periods; a ratchet below ", plan_.ratchet_margin(),
        " of the slack counts as none, and the halves of its cells must agree "
        "to ",
        plan_.ratchet_reliability(), "."));
    result->add_notes_zh(absl::StrCat(
        "随时间的变化按审计方案预先声明：变化小于初值的 ",
        plan_.erosion_margin(), " 视为不变；至少 ",
        plan_.erosion_known_at_least(), " 的任务须有该数值，至少 ",
        plan_.erosion_matched_at_least(),
        " 须在两个时段都有同类；收紧小于余量"
        "的 ",
        plan_.ratchet_margin(), " 视为没有，且两半样本的一致程度须达到 ",
        plan_.ratchet_reliability(), "。"));
    const std::vector<QuantityWeeks> indexed = Indexed(cells);
    const ErosionStatistics statistics(indexed);
    ErosionReplicates replicates(plan_, workers_, statistics.size());
    if (replicates_ != nullptr) {
      replicates.Merge(*replicates_);
    } else if (kept_) {
      records_.Visit(ErosionPulls(cells, indexed), plan_, workers_,
                     &replicates);
    }
    replicates.Close();
    erosion->set_replicates(plan_.bootstrap_replicates());
    const std::vector<DatedRule> rules = Rules(erosion);
    int64_t accepted = 0, delivered = 0;
    for (const auto& [week, sums] : weeks_) {
      accepted += sums.accepted;
      delivered += sums.delivered_tasks;
    }
    for (const Quantity q : {kPromiseTime, kLimitTime, kPromisePerKm,
                             kLimitPerKm, kPayPerTask, kTakeRate}) {
      if (!HasQuantity(q)) continue;
      v1::Drift& drift = (*erosion->mutable_series())[QuantityName(q)];
      WriteDrift(q, indexed[q], rules, ledger && !rules.empty(), plan_.seed(),
                 bounds, statistics, replicates, &drift);
      const bool of_delivered = q == kPayPerTask || q == kTakeRate;
      const int64_t could = of_delivered ? delivered : accepted;
      if (could > 0) drift.set_known_share(RatioText(drift.n(), could));
    }
    AdjustDrifts(bounds, erosion->mutable_series());
    if (context_.Has("tasks.weather")) {
      WriteWeather(cells, bounds, replicates, erosion);
    }
    WriteRatchet(0, "tasks.promised_at", erosion);
    WriteRatchet(1, "tasks.limit_at", erosion);
    WriteIncome(erosion);
  }

 private:
  // The quantities that are followed, in their order.
  std::vector<QuantityWeeks> Indexed(const ErosionStrata& strata) const {
    std::vector<QuantityWeeks> indexed;
    for (int q = 0; q < kIndexed; ++q) {
      indexed.emplace_back(strata, static_cast<Quantity>(q), plan_);
    }
    return indexed;
  }

  WeekSums& WeekAt(int64_t week) {
    if (week != last_week_ || last_sums_ == nullptr) {
      last_week_ = week;
      last_sums_ = &weeks_[week];
    }
    return *last_sums_;
  }

  bool HasQuantity(Quantity q) const {
    switch (q) {
      case kPromiseTime:
        return context_.Has("tasks.promised_at");
      case kLimitTime:
        return context_.Has("tasks.limit_at");
      case kPromisePerKm:
        return context_.Has("tasks.promised_at") && HasDistance();
      case kLimitPerKm:
        return context_.Has("tasks.limit_at") && HasDistance();
      case kTakeRate:
        return HasPay() && (context_.Has("tasks.customer_total") ||
                            context_.Has("fares.customer_total"));
      default:
        return HasPay();
    }
  }
  bool HasDistance() const {
    return context_.Has("tasks.route_distance_m") ||
           context_.Has("tasks.dropoff_distance_m");
  }
  bool HasPay() const {
    const std::vector<int> kinds = PayKindsOf(context_);
    return std::any_of(kinds.begin(), kinds.end(), IsCounted);
  }

  static int64_t DistanceOf(const replay::Task& task) {
    if (IsKnown(task.route_distance)) return task.route_distance;
    return task.dropoff_distance;
  }

  void ObserveAgain(const replay::WorkerTimeline& timeline,
                    const WorkerSummary& summary, uint64_t worker) {
    ErosionPulls::Row row(pulls_->statistics().size());
    const StratumSorter& sorter = summary.strata->sorter();
    for (const TaskInStratum& in : summary.strata->Tasks()) {
      while (strata_.size() <= in.cell) {
        strata_.push_back(pulls_->StratumOf(
            sorter.KeyOf(static_cast<uint32_t>(strata_.size()))));
      }
      pulls_->Add(strata_[in.cell], LocalClock::Week(in.day),
                  SumsOf(timeline.tasks[in.task], in),
                  timeline.known ? &row : &replicates_->DayRow(in.day));
    }
    if (timeline.known) replicates_->AddWorker(worker, row);
  }

  static QuantitySums SumsOf(const replay::Task& task,
                             const TaskInStratum& in) {
    // An order placed ahead has another kind of target.
    const bool timed = task.prebooked != 1;
    QuantitySums sums;
    const auto put = [&sums](Quantity q, int64_t total, int64_t number) {
      sums.total[q] = total;
      sums.number[q] = number;
    };
    if (timed) {
      const int64_t distance = DistanceOf(task);
      for (int t = 0; t < 2; ++t) {
        if (!IsKnown(in.target[t])) continue;
        put(t == 0 ? kPromiseTime : kLimitTime, in.target[t], 1);
        if (IsKnown(distance) && distance > 0) {
          put(t == 0 ? kPromisePerKm : kLimitPerKm, in.target[t], distance);
        }
      }
      if (IsKnown(in.duration)) {
        put(kDuration, in.duration, 1);
        const int64_t target =
            IsKnown(in.target[1]) ? in.target[1] : in.target[0];
        if (IsKnown(target)) put(kLateShare, in.duration > target, 1);
      }
    }
    if (task.delivered) AddPay(task, put);
    return sums;
  }

  template <typename Put>
  static void AddPay(const replay::Task& task, const Put& put) {
    bool known = false;
    Int128 counted = 0, net = 0;
    for (const replay::PayAmount& part : task.pay) {
      if (!IsKnown(part.amount)) continue;
      if (IsCounted(part.kind)) {
        known = true;
        counted += part.amount;
        net += part.amount;
      }
      if (part.kind == v1::PAY_COMMISSION || part.kind == v1::PAY_FEE) {
        net -= part.amount;
      }
    }
    if (!known) return;
    put(kPayPerTask, static_cast<int64_t>(counted), 1);
    if (IsKnown(task.customer_total) && task.customer_total > 0) {
      put(kTakeRate, static_cast<int64_t>(task.customer_total - net),
          task.customer_total);
      put(kTakeKnown, 0, 1);
    }
  }

  // Returns whether the log has a ledger of published rules.
  bool CoverAll(v1::AuditResult* result) const {
    Cover(context_, "erosion.series.promise",
          {"tasks.accepted_at", "tasks.promised_at"}, result);
    Cover(context_, "erosion.series.limit",
          {"tasks.accepted_at", "tasks.limit_at"}, result);
    Cover(context_, "erosion.series.promisePerKm",
          {"tasks.accepted_at", "tasks.promised_at",
           "tasks.route_distance_m|tasks.dropoff_distance_m"},
          result);
    Cover(context_, "erosion.series.limitPerKm",
          {"tasks.accepted_at", "tasks.limit_at",
           "tasks.route_distance_m|tasks.dropoff_distance_m"},
          result);
    Cover(context_, "erosion.series.pay",
          {"tasks.accepted_at", "tasks.pay_base|pay.amount"}, result);
    Cover(context_, "erosion.series.takeRate",
          {"tasks.accepted_at", "tasks.pay_base|pay.amount",
           "tasks.customer_total|fares.customer_total"},
          result);
    Cover(context_, "erosion.promiseRatchet",
          {"tasks.accepted_at", "tasks.completed_at", "tasks.promised_at"},
          result);
    Cover(context_, "erosion.limitRatchet",
          {"tasks.accepted_at", "tasks.completed_at", "tasks.limit_at"},
          result);
    Cover(context_, "erosion.weather", {"tasks.accepted_at", "tasks.weather"},
          result);
    Cover(context_, "erosion.income",
          {"sessions.started_at", "sessions.ended_at", "tasks.worker_id",
           "tasks.accepted_at", "tasks.completed_at|tasks.cancelled_at",
           "tasks.pay_base|pay.amount"},
          result);
    return Cover(context_, "erosion.breaks.disclosure",
                 {"published_rules.effective_from"}, result);
  }

  std::vector<DatedRule> Rules(v1::Erosion* erosion) const {
    std::vector<DatedRule> rules;
    if (context_.store == nullptr) return rules;
    LocalClock clock(context_.zone);
    const auto date = [&clock](int64_t instant) {
      return absl::FormatCivilTime(absl::CivilDay(1970, 1, 1) +
                                   clock.Day(instant));
    };
    for (const v1::LogRecord& record : context_.store->small_tables()) {
      if (!record.has_published_rule()) continue;
      const v1::PublishedRule& in = record.published_rule();
      if (!in.has_effective_from()) continue;
      DatedRule rule;
      rule.rule_id = in.rule_id();
      rule.topic = in.topic();
      rule.effective_from = date(in.effective_from());
      rule.effective_week = LocalClock::Week(clock.Day(in.effective_from()));
      if (in.has_published_at()) {
        rule.published_known = true;
        rule.published_at = date(in.published_at());
        rule.published_week = LocalClock::Week(clock.Day(in.published_at()));
      }
      rules.push_back(std::move(rule));
    }
    std::sort(rules.begin(), rules.end(),
              [](const DatedRule& a, const DatedRule& b) {
                return std::tie(a.effective_from, a.rule_id, a.published_at) <
                       std::tie(b.effective_from, b.rule_id, b.published_at);
              });
    for (const DatedRule& rule : rules) {
      v1::RuleDate* out = erosion->add_published();
      out->set_rule_id(rule.rule_id);
      out->set_topic(v1::RuleTopic_Name(rule.topic));
      out->set_effective_from(rule.effective_from);
      out->set_published_at(rule.published_at);
      out->set_week(MondayOf(rule.effective_week));
    }
    return rules;
  }

  void WriteRatchet(int target, const char* column,
                    v1::Erosion* erosion) const {
    if (!context_.Has(column) || !context_.Has("tasks.completed_at")) return;
    v1::Ratchet* out = target == 0 ? erosion->mutable_promise_ratchet()
                                   : erosion->mutable_limit_ratchet();
    const double margin = std::strtod(plan_.ratchet_margin().c_str(), nullptr);
    out->set_margin(FloatText(margin, 2));
    const auto estimate = EstimateRatchet(
        ratchet_.cells(), target,
        std::strtod(plan_.ratchet_reliability().c_str(), nullptr));
    if (!estimate.ok()) {
      out->set_verdict(CannotConclude(estimate.reason()));
      return;
    }
    out->set_strata(estimate->strata);
    out->set_pairs(estimate->pairs);
    out->set_weeks(estimate->weeks);
    out->set_mean_per_half(FloatText(estimate->mean_per_half, 1));
    out->set_reliability(FloatText(estimate->reliability));
    const auto write = [](const RatchetCoefficient& in, v1::Coefficient* to) {
      to->set_value(FloatText(in.value));
      to->set_lo(FloatText(in.low));
      to->set_hi(FloatText(in.high));
      to->set_p_value(FloatText(in.p_value));
      *to->mutable_clusters() = in.spread;
    };
    const auto write_or_why = [&write](const Outcome<RatchetCoefficient>& in,
                                       v1::Coefficient* to) {
      if (in.ok()) {
        write(*in, to);
      } else {
        to->set_reason(std::string(ReasonCode(in.reason())));
      }
    };
    write(estimate->both, out->mutable_both());
    write_or_why(estimate->cut, out->mutable_cut());
    write_or_why(estimate->restore, out->mutable_restore());
    write_or_why(estimate->difference, out->mutable_difference());
    write_or_why(estimate->placebo, out->mutable_placebo());
    const bool sides = estimate->difference.ok();
    // The later work of workers "explains" half of the cut or more: something
    // else moves both.
    const bool placebo_fails =
        sides && estimate->placebo.ok() && estimate->placebo->high < 0 &&
        estimate->placebo->value < estimate->cut->value / 2;
    if (sides && estimate->cut->high < 0 && estimate->difference->high < 0) {
      out->set_verdict(placebo_fails ? CannotConclude(Reason::kDependent)
                                     : "FINDING");
    } else if (estimate->both.low > -margin ||
               (sides && estimate->cut->low > -margin)) {
      out->set_verdict("NO_FINDING");
    } else {
      out->set_verdict(CannotConclude(Reason::kPower));
    }
  }

  void WriteIncome(v1::Erosion* erosion) const {
    if (!context_.Has("sessions.started_at") || !HasPay()) return;
    std::vector<const WeekSums*> weeks;
    for (const auto& [week, sums] : weeks_) {
      if (sums.online > 0 && sums.delivered > 0) weeks.push_back(&sums);
    }
    if (weeks.size() < 2) return;
    const size_t each = std::clamp<size_t>(weeks.size() / 4, 1, 4);
    WeekSums parts[2];
    for (size_t i = 0; i < each; ++i) {
      for (int p = 0; p < 2; ++p) {
        const WeekSums& from = *weeks[p == 0 ? i : weeks.size() - each + i];
        parts[p].online += from.online;
        parts[p].engaged += from.engaged;
        parts[p].delivered += from.delivered;
        parts[p].pay += from.pay;
      }
    }
    double logs[2][3];
    for (int p = 0; p < 2; ++p) {
      if (parts[p].pay <= 0 || parts[p].engaged <= 0) return;
      const double pay = static_cast<double>(parts[p].pay);
      const double orders = static_cast<double>(parts[p].delivered);
      const double engaged = static_cast<double>(parts[p].engaged);
      logs[p][0] = std::log(pay / orders);
      logs[p][1] = std::log(orders / engaged);
      logs[p][2] = std::log(engaged / static_cast<double>(parts[p].online));
    }
    v1::IncomeParts* out = erosion->mutable_income();
    const auto hourly = [](const WeekSums& sums) {
      return RatioText(sums.pay * 18, Int128{sums.online} * 5);
    };
    out->set_per_online_hour_before(hourly(parts[0]));
    out->set_per_online_hour_after(hourly(parts[1]));
    double change[3];
    for (int k = 0; k < 3; ++k) change[k] = logs[1][k] - logs[0][k];
    out->set_from_pay_per_order(FloatText(change[0]));
    out->set_from_orders_per_engaged_hour(FloatText(change[1]));
    out->set_from_engaged_share(FloatText(change[2]));
    out->set_change(FloatText(change[0] + change[1] + change[2]));
  }

  const MeasureContext& context_;
  const v1::AuditPlan plan_;
  bool runs_;
  ErosionCells cells_;
  RatchetCells ratchet_;
  int64_t workers_ = 0;
  std::map<int64_t, WeekSums> weeks_;
  int64_t last_week_ = 0;
  WeekSums* last_sums_ = nullptr;
  // Either what is kept of each task, or the second look.
  bool kept_ = true;
  ErosionRecords records_;
  std::unique_ptr<ErosionPulls> pulls_;
  std::unique_ptr<ErosionReplicates> replicates_;
  std::vector<int> strata_;  // By cell of the sorter, in the second look.
};

}  // namespace

std::unique_ptr<Measure> MakeErosion(const MeasureContext& context) {
  return std::make_unique<ErosionMeasure>(context);
}

}  // namespace plumbline::audit
