#include "audit/measures/target_tally.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

#include "audit/measures/state_codec.h"

namespace plumbline::audit {
namespace {

using replay::IsKnown;

constexpr int64_t replay::Task::*kDeadlines[] = {&replay::Task::promised_at,
                                                 &replay::Task::limit_at};

// Bounds far above any ride, so that products of what a log may hold stay in 64
// bits: a million km, a thousand years.
constexpr int64_t kFarthest = int64_t{1'000'000'000} * replay::kMetre;
constexpr int64_t kLongest = int64_t{1} << 45;

int64_t NotRiding(const replay::Task& task) {
  int64_t wait = 0;
  if (IsKnown(task.planned_wait)) {
    wait = task.planned_wait;
  } else if (IsKnown(task.arrived_pickup_at) && IsKnown(task.picked_up_at)) {
    wait = task.picked_up_at - task.arrived_pickup_at;
  }
  return std::clamp<int64_t>(wait, 0, kLongest);
}

int64_t RouteOf(const replay::Task& task) {
  if (IsKnown(task.route_distance)) return task.route_distance;
  if (IsKnown(task.pickup_distance) && IsKnown(task.dropoff_distance)) {
    return task.pickup_distance + task.dropoff_distance;
  }
  return replay::kUnknown;
}

// Slack outside of [-1 h, 1 h) stands in the first and last bin of the plot.
constexpr int64_t kBinSeconds = 60;
constexpr int64_t kBins = 120;

}  // namespace

inline void TargetTally::ObserveSpeed(const Ride& ride, int64_t deadline,
                                      Tally& tally) const {
  const int64_t allowed =
      std::clamp(deadline - ride.accepted, -kLongest, kLongest);
  const int64_t riding = allowed - ride.wait;
  // Millimetres and milliseconds: the thousands cancel.
  const int64_t asked = ride.distance * 3600;
  ++tally.speed_n;
  if (riding <= 0) {
    ++tally.impossible;
    ++tally.over_low;
    ++tally.over_high;
  } else {
    tally.over_low += asked > low_ * 1000 * riding;
    tally.over_high += asked > high_ * 1000 * riding;
    tally.speed.Add((ride.distance * 360 + riding / 2) / riding * 10);
    // A whole second to spare, so that rounding up leaves nothing missing.
    if (asked <= low_ * 1000 * (riding - 1000)) return;
  }
  const int64_t scale = low_ * 1'000'000;
  const int64_t needed = (asked + scale - 1) / scale * 1000;
  tally.missing_ms += std::max<int64_t>(0, needed - riding);
}

void TargetTally::Observe(const replay::WorkerTimeline& timeline) {
  int64_t on_time[2] = {}, total[2] = {};
  for (const replay::Task& task : timeline.tasks) {
    Ride ride = {task.accepted_at, replay::kUnknown, 0};
    if (IsKnown(task.accepted_at)) ride.distance = RouteOf(task);
    const bool speed = IsKnown(ride.distance);
    if (speed) {
      ride.distance = std::clamp<int64_t>(ride.distance, 0, kFarthest);
      ride.wait = NotRiding(task);
    }
    for (int t = 0; t < 2; ++t) {
      const int64_t deadline = task.*kDeadlines[t];
      if (!IsKnown(deadline)) continue;
      Tally& tally = tallies_[t];
      if (IsKnown(task.completed_at)) {
        const int64_t slack = deadline - task.completed_at;
        tally.slack.Add(slack);
        ++total[t];
        if (slack >= 0) {
          ++on_time[t];
        } else {
          ++tally.late;
          tally.late_ms -= slack;
        }
      }
      if (speed) ObserveSpeed(ride, deadline, tally);
    }
  }
  for (int t = 0; t < 2; ++t) {
    if (!timeline.known || total[t] == 0) continue;
    Tally& tally = tallies_[t];
    ++tally.workers;
    tally.on_time += on_time[t];
    tally.total += total[t];
    tally.on_time_squares += Int128{on_time[t]} * on_time[t];
    tally.on_time_products += Int128{on_time[t]} * total[t];
    tally.total_squares += Int128{total[t]} * total[t];
  }
}

v1::TargetState TargetTally::StateOf(const Tally& tally) {
  v1::TargetState state;
  *state.mutable_slack() = EncodeCounts(tally.slack.Sorted());
  state.set_late(tally.late);
  *state.mutable_late_ms() = EncodeWide(tally.late_ms);
  *state.mutable_speed() = EncodeCounts(tally.speed.Sorted());
  state.set_speed_n(tally.speed_n);
  state.set_over_low(tally.over_low);
  state.set_over_high(tally.over_high);
  state.set_impossible(tally.impossible);
  *state.mutable_missing_ms() = EncodeWide(tally.missing_ms);
  state.set_workers(tally.workers);
  *state.mutable_on_time_squares() = EncodeWide(tally.on_time_squares);
  *state.mutable_on_time_products() = EncodeWide(tally.on_time_products);
  *state.mutable_total_squares() = EncodeWide(tally.total_squares);
  state.set_on_time(tally.on_time);
  state.set_total(tally.total);
  return state;
}

void TargetTally::MergeInto(const v1::TargetState& state, Tally* tally) {
  tally->slack.Merge(DecodeCounts(state.slack()));
  tally->late += state.late();
  tally->late_ms += DecodeWide(state.late_ms());
  tally->speed.Merge(DecodeCounts(state.speed()));
  tally->speed_n += state.speed_n();
  tally->over_low += state.over_low();
  tally->over_high += state.over_high();
  tally->impossible += state.impossible();
  tally->missing_ms += DecodeWide(state.missing_ms());
  tally->workers += state.workers();
  tally->on_time_squares += DecodeWide(state.on_time_squares());
  tally->on_time_products += DecodeWide(state.on_time_products());
  tally->total_squares += DecodeWide(state.total_squares());
  tally->on_time += state.on_time();
  tally->total += state.total();
}

void TargetTally::Save(v1::TargetsFirst* first) const {
  for (const Tally& tally : tallies_) *first->add_targets() = StateOf(tally);
}

void TargetTally::Merge(const v1::TargetsFirst& first) {
  for (int t = 0; t < std::min(2, first.targets_size()); ++t) {
    MergeInto(first.targets(t), &tallies_[t]);
  }
}

void TargetTally::Absorb(const TargetTally& other) {
  v1::TargetsFirst first;
  other.Save(&first);
  Merge(first);
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
  speed->set_missing_s(RoundSeconds(static_cast<int64_t>(
      std::min<Int128>(DecodeWide(state.missing_ms()), INT64_MAX - 1000))));
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
