#include "audit/measures/target_tally.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

#include "audit/measures/state_codec.h"

namespace plumbline::audit {
namespace {

using replay::IsKnown;

int64_t NotRiding(const replay::Task& task) {
  if (IsKnown(task.planned_wait))
    return std::max<int64_t>(0, task.planned_wait);
  if (IsKnown(task.arrived_pickup_at) && IsKnown(task.picked_up_at)) {
    return std::max<int64_t>(0, task.picked_up_at - task.arrived_pickup_at);
  }
  return 0;
}

// Slack outside of [-1 h, 1 h) stands in the first and last bin of the plot.
constexpr int64_t kBinSeconds = 60;
constexpr int64_t kBins = 120;

}  // namespace

void TargetTally::Observe(const replay::WorkerTimeline& timeline) {
  int64_t on_time = 0, total = 0;
  for (const replay::Task& task : timeline.tasks) {
    const int64_t deadline = task.*deadline_;
    if (!IsKnown(deadline)) continue;
    if (IsKnown(task.completed_at)) {
      const int64_t slack = deadline - task.completed_at;
      slack_.Add(slack);
      ++total;
      if (slack >= 0) {
        ++on_time;
      } else {
        ++late_;
        late_ms_ -= slack;
      }
    }
    ObserveSpeed(task, deadline);
  }
  if (!timeline.known || total == 0) return;
  ++workers_;
  on_time_ += on_time;
  total_ += total;
  on_time_squares_ += Int128{on_time} * on_time;
  on_time_products_ += Int128{on_time} * total;
  total_squares_ += Int128{total} * total;
}

void TargetTally::ObserveSpeed(const replay::Task& task, int64_t deadline) {
  if (!IsKnown(task.accepted_at)) return;
  int64_t distance = task.route_distance;
  if (!IsKnown(distance) && IsKnown(task.pickup_distance) &&
      IsKnown(task.dropoff_distance)) {
    distance = task.pickup_distance + task.dropoff_distance;
  }
  if (!IsKnown(distance)) return;
  const int64_t wait = NotRiding(task);
  const int64_t allowed = deadline - task.accepted_at;
  const int64_t riding = allowed - wait;
  ++speed_n_;
  if (riding <= 0) {
    ++impossible_;
    ++over_low_;
    ++over_high_;
  } else {
    // Millimetres and milliseconds: the thousands cancel.
    over_low_ += distance * 3600 > low_ * 1000 * riding;
    over_high_ += distance * 3600 > high_ * 1000 * riding;
    speed_.Add((distance * 3600 + riding / 2) / riding);
  }
  const int64_t scale = low_ * 1'000'000;
  const int64_t needed = (distance * 3600 + scale - 1) / scale * 1000;
  missing_ms_ += std::max<int64_t>(0, needed + wait - allowed);
}

v1::TargetState TargetTally::Save() const {
  v1::TargetState state;
  *state.mutable_slack() = EncodeCounts(slack_.Sorted());
  state.set_late(late_);
  *state.mutable_late_ms() = EncodeWide(late_ms_);
  *state.mutable_speed() = EncodeCounts(speed_.Sorted());
  state.set_speed_n(speed_n_);
  state.set_over_low(over_low_);
  state.set_over_high(over_high_);
  state.set_impossible(impossible_);
  state.set_missing_ms(missing_ms_);
  state.set_workers(workers_);
  *state.mutable_on_time_squares() = EncodeWide(on_time_squares_);
  *state.mutable_on_time_products() = EncodeWide(on_time_products_);
  *state.mutable_total_squares() = EncodeWide(total_squares_);
  state.set_on_time(on_time_);
  state.set_total(total_);
  return state;
}

void TargetTally::Merge(const v1::TargetState& state) {
  slack_.Merge(DecodeCounts(state.slack()));
  late_ += state.late();
  late_ms_ += DecodeWide(state.late_ms());
  speed_.Merge(DecodeCounts(state.speed()));
  speed_n_ += state.speed_n();
  over_low_ += state.over_low();
  over_high_ += state.over_high();
  impossible_ += state.impossible();
  missing_ms_ += state.missing_ms();
  workers_ += state.workers();
  on_time_squares_ += DecodeWide(state.on_time_squares());
  on_time_products_ += DecodeWide(state.on_time_products());
  total_squares_ += DecodeWide(state.total_squares());
  on_time_ += state.on_time();
  total_ += state.total();
}

void WriteTarget(const v1::TargetState& state, v1::Target* out) {
  const std::vector<Count> slack = DecodeCounts(state.slack());
  const int64_t n = TotalCount(slack);
  out->set_n(n);
  out->set_late(state.late());
  if (n > 0) {
    out->set_share_late(RatioText(state.late(), n));
    if (state.late() > 0) {
      out->set_late_mean_s(
          RatioText(DecodeWide(state.late_ms()), Int128{state.late()} * 1000));
    }
    for (const int percent : {5, 25, 50, 75, 95}) {
      const std::string name =
          std::string(percent < 10 ? "p0" : "p") + std::to_string(percent);
      (*out->mutable_slack_quantiles_s())[name] =
          SecondsText(*QuantileType7(slack, percent, 100));
    }
    out->set_slack_bins_from_s(-kBins / 2 * kBinSeconds);
    out->set_slack_bin_width_s(kBinSeconds);
    std::vector<int64_t> bins(kBins, 0);
    for (const Count& entry : slack) {
      const int64_t shifted = entry.value + kBins / 2 * kBinSeconds * 1000;
      const int64_t bin = shifted < 0 ? 0 : shifted / (kBinSeconds * 1000);
      bins[std::min(bin, kBins - 1)] += entry.count;
    }
    for (const int64_t count : bins) out->add_slack_bins(count);
  }
  if (state.speed_n() == 0) return;
  v1::Speed* speed = out->mutable_speed();
  speed->set_n(state.speed_n());
  speed->set_over15(state.over_low());
  speed->set_over25(state.over_high());
  speed->set_impossible(state.impossible());
  speed->set_missing_s(RoundSeconds(state.missing_ms()));
  const std::vector<Count> speeds = DecodeCounts(state.speed());
  if (speeds.empty()) return;
  // Thousandths of km/h read as milliseconds give km/h as seconds.
  speed->set_median_kmh(SecondsText(*QuantileType7(speeds, 1, 2)));
  speed->set_p95_kmh(SecondsText(*QuantileType7(speeds, 95, 100)));
}

double StudentBound(int64_t degrees) {
  return boost::math::quantile(
      boost::math::students_t(static_cast<double>(degrees)), 0.975);
}

double OnTimeUpperBound(const v1::TargetState& state) {
  const double g = static_cast<double>(state.workers());
  if (g < 2 || state.total() == 0) return 1;
  const double total = static_cast<double>(state.total());
  const double share = static_cast<double>(state.on_time()) / total;
  const double squares =
      static_cast<double>(DecodeWide(state.on_time_squares())) -
      2 * share * static_cast<double>(DecodeWide(state.on_time_products())) +
      share * share * static_cast<double>(DecodeWide(state.total_squares()));
  const double variance =
      g / (g - 1) * std::max(squares, 0.0) / (total * total);
  return std::min(
      1.0, share + StudentBound(state.workers() - 1) * std::sqrt(variance));
}

}  // namespace plumbline::audit
