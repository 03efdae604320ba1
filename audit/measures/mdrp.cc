#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "audit/measures/coverage.h"
#include "audit/measures/measure_list.h"
#include "audit/measures/state_codec.h"
#include "audit/measures/worker_summary.h"

namespace plumbline::audit {
namespace {

using replay::IsKnown;

enum OrderDuration {
  kClickToDoor,
  kReadyToDoor,
  kReadyToPickup,
  kOverage,
  kOrderDurations
};

// A quantity of one courier as an exact fraction.
struct Value {
  Int128 numerator;
  Int128 denominator;
};

bool Less(const Value& a, const Value& b) {
  return a.numerator * b.denominator < b.numerator * a.denominator;
}

long double Number(const Value& value) {
  return static_cast<long double>(value.numerator) /
         static_cast<long double>(value.denominator);
}

// count, mean, sample standard deviation and quantiles of type 7.
void Describe(std::vector<Value> values, v1::Described* out) {
  out->set_count(static_cast<int64_t>(values.size()));
  if (values.empty()) return;
  std::sort(values.begin(), values.end(), Less);
  std::vector<long double> numbers;
  for (const Value& value : values) numbers.push_back(Number(value));
  const size_t n = numbers.size();
  long double sum = 0;
  for (const long double number : numbers) sum += number;
  const long double mean = sum / n;
  out->set_mean(FloatText(mean));
  if (n > 1) {
    long double squares = 0;
    for (const long double number : numbers) {
      squares += (number - mean) * (number - mean);
    }
    out->set_std(FloatText(std::sqrt(squares / (n - 1))));
  }
  auto quantile = [&](size_t tenths) {
    const size_t at = (n - 1) * tenths;
    const size_t low = at / 10;
    const long double part = static_cast<long double>(at % 10) / 10;
    const size_t high = std::min(low + 1, n - 1);
    return FloatText(numbers[low] + part * (numbers[high] - numbers[low]));
  };
  out->set_min(FloatText(numbers.front()));
  out->set_p10(quantile(1));
  out->set_p50(quantile(5));
  out->set_p90(quantile(9));
  out->set_max(FloatText(numbers.back()));
}

std::vector<Value> Expand(const std::vector<Count>& counts, int64_t unit) {
  std::vector<Value> values;
  for (const Count& entry : counts) {
    values.insert(values.end(), entry.count, {entry.value, unit});
  }
  return values;
}

// Performance of a solved instance of the Meal Delivery Routing Problem, with
// the definitions of the publisher's evaluator (mdrplib,
// compute_performance_summary.py):
//
//   guaranteedEarnings  p2 * shift hours
//   orderEarnings       p1 * orders delivered
//   payment             the larger of the two; on guarantee where the first is
//   utilization         (time under way + p service times at drop-offs and at
//                       pickups of bundles) / shift
//   clickToDoorOverage  max(0, click to door - target)
//
// over all couriers of the instance; durations over orders in minutes.
class Mdrp : public Measure {
 public:
  explicit Mdrp(const MeasureContext& context)
      : Measure(context), context_(context) {}

  std::string_view id() const override { return "mdrp"; }

  void Observe(const replay::WorkerTimeline& timeline,
               const WorkerSummary&) override {
    if (!Present()) return;
    std::map<std::string, int64_t> bundles;
    int64_t orders = 0;
    for (const replay::Task& task : timeline.tasks) {
      if (!task.delivered) continue;
      ++orders;
      ++bundles[BundleOf(task)];
      auto add = [this](OrderDuration which, int64_t from, int64_t to) {
        if (IsKnown(from) && IsKnown(to)) durations_[which].Add(to - from);
      };
      add(kClickToDoor, task.placed_at, task.completed_at);
      add(kReadyToDoor, task.ready_at, task.completed_at);
      add(kReadyToPickup, task.ready_at, task.picked_up_at);
      if (IsKnown(task.placed_at) && IsKnown(task.completed_at)) {
        durations_[kOverage].Add(
            std::max<int64_t>(0, task.completed_at - task.placed_at -
                                     context_.log->mdrp.target_click_to_door));
      }
    }
    delivered_ += orders;
    if (!timeline.known) return;
    for (const auto& [bundle, size] : bundles) bundle_sizes_.Add(size);
    Courier& courier = couriers_[std::string(timeline.worker_id)];
    courier.orders += orders;
    courier.bundles += static_cast<int64_t>(bundles.size());
    for (const replay::Session& session : timeline.sessions) {
      if (IsKnown(session.started_at) && IsKnown(session.ended_at)) {
        courier.shift += session.ended_at - session.started_at;
      }
    }
  }

  void Save(v1::MeasureState* envelope) const override {
    v1::MdrpState state;
    for (const auto& [id, courier] : couriers_) {
      v1::MdrpState::Courier* out = state.add_couriers();
      out->set_courier_id(id);
      out->set_orders(courier.orders);
      out->set_bundles(courier.bundles);
      out->set_shift_ms(courier.shift);
    }
    for (const Histogram& histogram : durations_) {
      *state.add_durations() = EncodeCounts(histogram.Sorted());
    }
    *state.mutable_bundle_sizes() = EncodeCounts(bundle_sizes_.Sorted());
    state.set_delivered(delivered_);
    envelope->set_id(std::string(id()));
    envelope->set_state(state.SerializeAsString());
  }

  absl::Status Merge(const v1::MeasureState& envelope) override {
    v1::MdrpState state;
    if (absl::Status status = DecodeState(envelope, &state); !status.ok()) {
      return status;
    }
    for (const v1::MdrpState::Courier& other : state.couriers()) {
      Courier& courier = couriers_[other.courier_id()];
      courier.orders += other.orders();
      courier.bundles += other.bundles();
      courier.shift += other.shift_ms();
    }
    const int size = std::min<int>(kOrderDurations, state.durations_size());
    for (int i = 0; i < size; ++i) {
      durations_[i].Merge(DecodeCounts(state.durations(i)));
    }
    bundle_sizes_.Merge(DecodeCounts(state.bundle_sizes()));
    delivered_ += state.delivered();
    return absl::OkStatus();
  }

  void Conclude(v1::AuditResult* result) const override {
    if (!Present()) return;  // Not such a log: neither a figure nor a gap.
    const replay::MdrpParameters& rules = context_.log->mdrp;
    v1::Mdrp* out = result->mutable_measures()->mutable_mdrp();
    out->set_orders_delivered(delivered_);
    out->set_orders_total(rules.orders_total);
    std::array<v1::Described*, kOrderDurations> described = {
        out->mutable_click_to_door(), out->mutable_ready_to_door(),
        out->mutable_ready_to_pickup(), out->mutable_click_to_door_overage()};
    for (int i = 0; i < kOrderDurations; ++i) {
      Describe(Expand(durations_[i].Sorted(), replay::kMinute), described[i]);
    }
    Describe(Expand(bundle_sizes_.Sorted(), 1),
             out->mutable_orders_per_bundle());
    ConcludeCouriers(rules, out, result);
  }

 private:
  struct Courier {
    int64_t orders = 0, bundles = 0, shift = 0;
  };

  bool Present() const {
    return context_.log != nullptr && context_.log->mdrp.present;
  }

  static std::string Text(std::string_view text) { return std::string(text); }

  // Orders carried from one pickup by one assignment are a bundle.
  static std::string BundleOf(const replay::Task& task) {
    if (!task.batch_id.empty()) return absl::StrCat("b", Text(task.batch_id));
    if (!IsKnown(task.accepted_at)) {
      return absl::StrCat("t", Text(task.task_id));
    }
    return absl::StrCat("a", task.accepted_at, " ", task.picked_up_at);
  }

  void ConcludeCouriers(const replay::MdrpParameters& rules, v1::Mdrp* out,
                        v1::AuditResult* result) const {
    std::map<std::string, int64_t> driving(rules.driving.begin(),
                                           rules.driving.end());
    std::vector<Value> orders, bundles, utilization, guaranteed, earned, paid;
    Int128 total = 0;
    int64_t on_guarantee = 0;
    for (const auto& [id, courier] : couriers_) {
      const Int128 shift = courier.shift;
      if (shift > 0) {
        orders.push_back({Int128{courier.orders} * replay::kHour, shift});
        bundles.push_back({Int128{courier.bundles} * replay::kHour, shift});
        const Int128 busy = Int128{driving[id]} +
                            Int128{courier.orders} * rules.dropoff_service +
                            Int128{courier.bundles} * rules.pickup_service;
        utilization.push_back({busy, shift});
      }
      // In millionths of a unit, over the milliseconds of an hour.
      const Int128 floor = Int128{rules.guaranteed_per_hour} * shift;
      const Int128 earnings =
          Int128{rules.pay_per_order} * courier.orders * replay::kHour;
      const Int128 unit = Int128{replay::kMajorUnit} * replay::kHour;
      guaranteed.push_back({floor, unit});
      earned.push_back({earnings, unit});
      paid.push_back({std::max(floor, earnings), unit});
      total += std::max(floor, earnings);
      on_guarantee += earnings < floor;
    }
    if (couriers_.empty()) return;
    out->set_total_payment(MoneyText(FixedPoint(total, replay::kHour, 0)));
    out->set_share_on_guarantee(
        RatioText(on_guarantee, static_cast<int64_t>(couriers_.size())));
    Describe(std::move(orders), out->mutable_orders_per_hour());
    Describe(std::move(bundles), out->mutable_bundles_per_hour());
    Describe(std::move(guaranteed), out->mutable_guaranteed_earnings());
    Describe(std::move(earned), out->mutable_order_earnings());
    Describe(std::move(paid), out->mutable_payment());
    if (rules.driving.empty()) {
      CoverEmpty("mdrp.utilization",
                 "The solution has no file of the couriers' moves, so the time "
                 "under way is unknown.",
                 "解中没有骑手行程文件，行驶时间未知。", result);
    } else {
      Describe(std::move(utilization), out->mutable_utilization());
    }
  }

  const MeasureContext& context_;
  std::map<std::string, Courier> couriers_;
  std::array<Histogram, kOrderDurations> durations_;
  Histogram bundle_sizes_{0, 1, 64};
  int64_t delivered_ = 0;
};

}  // namespace

std::unique_ptr<Measure> MakeMdrp(const MeasureContext& context) {
  return std::make_unique<Mdrp>(context);
}

}  // namespace plumbline::audit
