#include <array>

#include "audit/measures/coverage.h"
#include "audit/measures/measure_list.h"
#include "audit/measures/pay_sums.h"
#include "audit/measures/state_codec.h"
#include "audit/measures/worker_hours.h"
#include "audit/measures/worker_summary.h"

namespace plumbline::audit {
namespace {

using replay::IsKnown;

// Ratios of single tasks are summed in units of 2^-60: at most 2^40 tasks then
// have an error below 2^-20 of the twelfth decimal.
constexpr int kRatioBits = 60;
// Ratios whose size would not fit the sum; money of a task stays far below.
constexpr int64_t kLargestAmount = int64_t{1} << 56;

// Pay by kind, counted pay over the hours of each time set, take rate.
class Pay : public Measure {
 public:
  explicit Pay(const MeasureContext& context)
      : Measure(context),
        context_(context),
        kinds_(PayKindsOf(context)),
        fares_(context.Has("tasks.customer_total") ||
               context.Has("fares.customer_total")) {}

  std::string_view id() const override { return "pay"; }

  void Observe(const replay::WorkerTimeline& timeline,
               const WorkerSummary& summary) override {
    for (int i = 0; i < kTimeSets; ++i) sets_[i] += summary.sets[i];
    known_workers_ += timeline.known;
    if (kinds_.empty()) return;
    for (int kind = 0; kind < replay::kPayKinds; ++kind) {
      sum_[kind] += summary.pay.sum[kind];
      seen_[kind] += summary.pay.seen[kind];
    }
    if (!fares_) return;
    for (size_t i = 0; i < timeline.tasks.size(); ++i) {
      ObserveFare(timeline.tasks[i].customer_total, summary.task_pay[i]);
    }
  }

  void Save(v1::MeasureState* envelope) const override {
    v1::PayState state;
    for (int kind = 0; kind < replay::kPayKinds; ++kind) {
      *state.add_sum() = EncodeWide(sum_[kind]);
      state.add_seen(seen_[kind]);
    }
    *state.mutable_rate_pay() = EncodeWide(rate_pay_);
    *state.mutable_rate_total() = EncodeWide(rate_total_);
    *state.mutable_rate_ratios() = EncodeWide(rate_ratios_);
    state.set_rate_n(rate_n_);
    state.set_rate_positive(rate_positive_);
    state.set_rate_subsidised(rate_subsidised_);
    for (const int64_t set : sets_) state.add_set_ms(set);
    state.set_known_workers(known_workers_);
    envelope->set_id(std::string(id()));
    envelope->set_state(state.SerializeAsString());
  }

  absl::Status Merge(const v1::MeasureState& envelope) override {
    v1::PayState state;
    if (absl::Status status = DecodeState(envelope, &state); !status.ok()) {
      return status;
    }
    const int kinds =
        std::min({replay::kPayKinds, state.sum_size(), state.seen_size()});
    for (int kind = 0; kind < kinds; ++kind) {
      sum_[kind] += DecodeWide(state.sum(kind));
      seen_[kind] += state.seen(kind);
    }
    rate_pay_ += DecodeWide(state.rate_pay());
    rate_total_ += DecodeWide(state.rate_total());
    rate_ratios_ += DecodeWide(state.rate_ratios());
    rate_n_ += state.rate_n();
    rate_positive_ += state.rate_positive();
    rate_subsidised_ += state.rate_subsidised();
    for (int i = 0; i < std::min<int>(kTimeSets, state.set_ms_size()); ++i) {
      sets_[i] += state.set_ms(i);
    }
    known_workers_ += state.known_workers();
    return absl::OkStatus();
  }

  void Conclude(v1::AuditResult* result) const override {
    v1::Pay* pay = result->mutable_measures()->mutable_pay();
    Int128 counted = 0, debits = 0;
    bool any_counted = false, any_debit = false;
    const bool lines = context_.Has("pay.amount");
    for (const int kind : kinds_) {
      if (seen_[kind] > 0) {
        (*pay->mutable_by_kind())[PayKindName(kind)] = MoneyText(sum_[kind]);
      }
      if (IsCounted(kind)) {
        counted += sum_[kind];
        any_counted |= lines || seen_[kind] > 0;
      }
      if (IsDebit(kind)) {
        debits += sum_[kind];
        any_debit |= lines || seen_[kind] > 0;
      }
    }
    // A statement of lines says what was paid; what it does not name is zero.
    // A wide column that is always empty says nothing.
    auto of_kind = [&](int kind) { return lines || seen_[kind] > 0; };
    if (any_counted) pay->set_counted(MoneyText(counted));
    if (of_kind(v1::PAY_TIP)) pay->set_tips(MoneyText(sum_[v1::PAY_TIP]));
    if (any_debit) pay->set_debits(MoneyText(debits));
    if (of_kind(v1::PAY_TOP_UP)) {
      pay->set_top_up(MoneyText(sum_[v1::PAY_TOP_UP]));
    }
    if (!any_counted) {
      v1::Coverage* coverage = result->add_coverage();
      coverage->set_test("pay.counted");
      coverage->set_runnable(false);
      coverage->add_missing("pay.amount");
      coverage->add_missing("tasks.pay_base");
      coverage->set_reason(
          "The log has neither pay lines nor pay columns of tasks.");
      coverage->set_reason_zh("日志既没有报酬明细，也没有任务的报酬列。");
    } else {
      Cover(context_, "pay.counted", {}, result);
    }
    PerHour(any_counted, counted, pay, result);
    TakeRate(any_counted, pay, result);
  }

 private:
  void ObserveFare(int64_t total, const TaskPay& of_task) {
    if (!IsKnown(total) || !of_task.any) return;
    const int64_t pay = of_task.counted - of_task.deducted;
    if (pay > kLargestAmount || pay < -kLargestAmount) return;
    ++rate_n_;
    rate_pay_ += pay;
    rate_total_ += total;
    rate_subsidised_ += pay > total;
    if (total <= 0) return;
    ++rate_positive_;
    rate_ratios_ += FixedPoint(Int128{total} - pay, total, kRatioBits);
  }

  void PerHour(bool any_counted, Int128 counted, v1::Pay* pay,
               v1::AuditResult* result) const {
    static constexpr std::string_view kEnds =
        "tasks.completed_at|tasks.cancelled_at";
    const std::array<std::initializer_list<std::string_view>, kTimeSets> needs =
        {{{"sessions.started_at", "sessions.ended_at"},
          {"tasks.accepted_at", kEnds},
          {"tasks.accepted_at", "tasks.picked_up_at"},
          {"tasks.picked_up_at", kEnds},
          {"sessions.started_at", "sessions.ended_at", "tasks.accepted_at",
           kEnds},
          {"sessions.started_at", "sessions.ended_at", "sessions.required"},
          {"tasks.accepted_at", kEnds}}};
    for (int set = 0; set < kTimeSets; ++set) {
      const std::string path = std::string("pay.perHour.") + kTimeSetNames[set];
      const bool columns = Cover(context_, path, needs[set], result);
      if (!any_counted) {
        CoverEmpty(path, "No counted pay is recorded.", "没有可计报酬的记录。",
                   result);
      } else if (columns && sets_[set] <= 0) {
        CoverEmpty(path, "No time of this kind is recorded.",
                   "没有这一类时间的记录。", result);
      } else if (columns) {
        // Millionths over milliseconds: times 3600000 / 1000000 gives units an
        // hour.
        (*pay->mutable_per_hour())[kTimeSetNames[set]] =
            RatioText(counted * 18, Int128{sets_[set]} * 5);
      }
    }
  }

  void TakeRate(bool any_counted, v1::Pay* pay, v1::AuditResult* result) const {
    Cover(context_, "pay.takeRate",
          {"tasks.customer_total|fares.customer_total"}, result);
    if (!fares_) return;
    if (!any_counted || rate_n_ == 0) {
      CoverEmpty("pay.takeRate",
                 "No task has both what the customer and what the worker got.",
                 "没有任务同时记有顾客付款与劳动者报酬。", result);
      return;
    }
    v1::TakeRate* rate = pay->mutable_take_rate();
    rate->set_n(rate_n_);
    rate->set_subsidised(rate_subsidised_);
    if (rate_total_ > 0) {
      rate->set_ratio_of_sums(RatioText(rate_total_ - rate_pay_, rate_total_));
    }
    if (rate_positive_ > 0) {
      rate->set_mean_of_ratios(
          FixedMeanText(rate_ratios_, rate_positive_, kRatioBits));
    }
  }

  const MeasureContext& context_;
  const std::vector<int> kinds_;
  const bool fares_;
  std::array<Int128, replay::kPayKinds> sum_ = {};
  std::array<int64_t, replay::kPayKinds> seen_ = {};
  std::array<int64_t, kTimeSets> sets_ = {};
  Int128 rate_pay_ = 0, rate_total_ = 0, rate_ratios_ = 0;
  int64_t rate_n_ = 0, rate_positive_ = 0, rate_subsidised_ = 0;
  int64_t known_workers_ = 0;
};

}  // namespace

std::unique_ptr<Measure> MakePay(const MeasureContext& context) {
  return std::make_unique<Pay>(context);
}

}  // namespace plumbline::audit
