#include "audit/measures/online_cells.h"

#include <algorithm>

#include "audit/measures/pay_sums.h"
#include "audit/measures/worker_hours.h"

namespace plumbline::audit {
namespace {

using replay::IsKnown;

constexpr int kHourTypes = 6;
constexpr int kWeathers = 4;

}  // namespace

OnlineCells::OnlineCells(const MeasureContext& context)
    : context_(context), clock_(context.zone) {}

uint32_t OnlineCells::CellOf(const OnlineCell& key) {
  const auto [at, fresh] =
      cells_.try_emplace(key, static_cast<uint32_t>(keys_.size()));
  if (fresh) {
    keys_.push_back(key);
    part_of_.push_back(-1);
  }
  return at->second;
}

uint32_t OnlineCells::ZoneOf(replay::Symbol zone) {
  if (zone >= zone_index_.size()) zone_index_.resize(zone + 1, -1);
  int32_t& at = zone_index_[zone];
  if (at < 0) {
    at = static_cast<int32_t>(zones_.size());
    zones_.emplace_back(zone == 0 || context_.store == nullptr
                            ? ""
                            : context_.store->Text(zone));
    cell_of_.resize(zones_.size() * kHourTypes * kWeathers, -1);
  }
  return static_cast<uint32_t>(at);
}

int OnlineCells::WeatherIn(replay::Symbol weather) {
  if (weather >= weather_of_.size()) weather_of_.resize(weather + 1, -1);
  int8_t& at = weather_of_[weather];
  if (at < 0) {
    at = static_cast<int8_t>(weather == 0 || context_.store == nullptr
                                 ? kWeatherUnknown
                                 : WeatherOf(context_.store->Text(weather)));
  }
  return at;
}

CellPart& OnlineCells::PartOf(const Conditions& conditions, int hour_type) {
  const int64_t place =
      (int64_t{conditions.zone} * kHourTypes + hour_type) * kWeathers +
      conditions.weather;
  if (place == last_place_) return parts_[last_part_];
  int32_t& cell = cell_of_[place];
  if (cell < 0) {
    cell = static_cast<int32_t>(
        CellOf({zones_[conditions.zone], hour_type, conditions.weather}));
  }
  int32_t& part = part_of_[cell];
  if (part < 0) {
    part = static_cast<int32_t>(parts_.size());
    parts_.push_back({.cell = static_cast<uint32_t>(cell)});
  }
  last_place_ = place;
  last_part_ = part;
  return parts_[part];
}

std::span<const CellPart> OnlineCells::Cut(
    const replay::WorkerTimeline& timeline) {
  for (const CellPart& part : parts_) part_of_[part.cell] = -1;
  parts_.clear();
  last_place_ = -1;
  latest_.clear();
  if (!timeline.known || timeline.online == nullptr ||
      timeline.online->empty()) {
    return parts_;
  }
  for (const replay::Task& task : timeline.tasks) {
    const int64_t at =
        IsKnown(task.accepted_at) ? task.accepted_at : task.completed_at;
    if (!IsKnown(at)) continue;
    const Conditions conditions = {at, ZoneOf(task.zone),
                                   WeatherIn(task.weather)};
    // Tasks come in order of acceptance, those without one first.
    if (IsKnown(task.accepted_at)) latest_.push_back(conditions);
    if (!task.delivered) continue;
    CellPart& part = PartOf(conditions, clock_.TypeOf(at));
    ++part.delivered;
    for (const replay::PayAmount& pay : task.pay) {
      if (!IsCounted(pay.kind) || !IsKnown(pay.amount)) continue;
      // Beyond 62 bits lies no pay; a fault of the log must not overflow.
      constexpr int64_t kMost = int64_t{1} << 62;
      const int64_t amount = std::clamp(pay.amount, -kMost, kMost - 1);
      part.pay = std::clamp(part.pay + amount, -kMost, kMost);
    }
  }
  if (!latest_.empty()) CutOnline(*timeline.online);
  return parts_;
}

void OnlineCells::CutOnline(const replay::IntervalSet& online) {
  size_t now = 0;
  for (const replay::Interval& interval : online.intervals()) {
    if (!IsCut(interval)) continue;
    for (int64_t at = interval.begin; at < interval.end;) {
      while (now + 1 < latest_.size() && latest_[now + 1].from <= at) ++now;
      const int hour_type = clock_.TypeOf(at);
      const int64_t until = std::min(interval.end, clock_.until());
      // All tasks of this stretch of like hours, without asking the clock.
      while (at < until) {
        while (now + 1 < latest_.size() && latest_[now + 1].from <= at) ++now;
        const int64_t next = now + 1 < latest_.size()
                                 ? std::min(until, latest_[now + 1].from)
                                 : until;
        PartOf(latest_[now], hour_type).online += next - at;
        at = next;
      }
    }
  }
}

}  // namespace plumbline::audit
