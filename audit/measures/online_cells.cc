#include "audit/measures/online_cells.h"

#include <algorithm>

#include "audit/measures/worker_hours.h"

namespace plumbline::audit {
namespace {

using replay::IsKnown;

}  // namespace

OnlineCells::OnlineCells(const MeasureContext& context)
    : context_(context), clock_(context.zone) {}

uint32_t OnlineCells::CellOf(const OnlineCell& key) {
  const auto [at, fresh] =
      cells_.try_emplace(key, static_cast<uint32_t>(keys_.size()));
  if (fresh) keys_.push_back(key);
  return at->second;
}

inline uint32_t OnlineCells::ZoneOf(replay::Symbol zone) {
  if (zone >= zone_index_.size()) zone_index_.resize(zone + 1, -1);
  int32_t& at = zone_index_[zone];
  if (at < 0) {
    at = static_cast<int32_t>(zones_.size());
    zones_.emplace_back(zone == 0 || context_.store == nullptr
                            ? ""
                            : context_.store->Text(zone));
    cell_of_.resize(zones_.size() * kWeathers * kHourTypes, -1);
    part_of_.resize(cell_of_.size(), -1);
  }
  return static_cast<uint32_t>(at);
}

inline uint32_t OnlineCells::WeatherIn(replay::Symbol weather) {
  if (weather >= weather_of_.size()) weather_of_.resize(weather + 1, -1);
  int8_t& at = weather_of_[weather];
  if (at < 0) {
    at = static_cast<int8_t>(weather == 0 || context_.store == nullptr
                                 ? kWeatherUnknown
                                 : WeatherOf(context_.store->Text(weather)));
  }
  return static_cast<uint32_t>(at);
}

int32_t OnlineCells::NewPart(uint32_t place) {
  int32_t& cell = cell_of_[place];
  if (cell < 0) {
    const uint32_t hour_type = place % kHourTypes;
    const uint32_t weather = place / kHourTypes % kWeathers;
    cell = static_cast<int32_t>(
        CellOf({zones_[place / kHourTypes / kWeathers],
                static_cast<int>(hour_type), static_cast<int>(weather)}));
  }
  parts_.push_back({.cell = static_cast<uint32_t>(cell)});
  places_.push_back(place);
  return part_of_[place] = static_cast<int32_t>(parts_.size()) - 1;
}

inline CellPart& OnlineCells::PartOf(uint32_t place, int hour_type) {
  place += static_cast<uint32_t>(hour_type);
  const int32_t part = part_of_[place];
  return parts_[part >= 0 ? part : NewPart(place)];
}

std::span<const CellPart> OnlineCells::Cut(
    const replay::WorkerTimeline& timeline, std::span<const TaskPay> pay) {
  for (const uint32_t place : places_) part_of_[place] = -1;
  parts_.clear();
  places_.clear();
  latest_.clear();
  if (!timeline.known || timeline.online == nullptr ||
      timeline.online->empty()) {
    return parts_;
  }
  latest_.reserve(timeline.tasks.size());
  for (size_t i = 0; i < timeline.tasks.size(); ++i) {
    const replay::Task& task = timeline.tasks[i];
    const int64_t at =
        IsKnown(task.accepted_at) ? task.accepted_at : task.completed_at;
    if (!IsKnown(at)) continue;
    const uint32_t place =
        (ZoneOf(task.zone) * kWeathers + WeatherIn(task.weather)) * kHourTypes;
    // Tasks come in order of acceptance, those without one first.
    if (IsKnown(task.accepted_at)) latest_.push_back({at, place});
    if (!task.delivered) continue;
    CellPart& part = PartOf(place, clock_.TypeOf(at));
    ++part.delivered;
    // Beyond 62 bits lies no pay; a fault of the log must not overflow.
    constexpr int64_t kMost = int64_t{1} << 62;
    part.pay = std::clamp(part.pay + pay[i].counted, -kMost, kMost);
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
        PartOf(latest_[now].place, hour_type).online += next - at;
        at = next;
      }
    }
  }
}

}  // namespace plumbline::audit
