#ifndef PLUMBLINE_AUDIT_MEASURES_ONLINE_CELLS_H_
#define PLUMBLINE_AUDIT_MEASURES_ONLINE_CELLS_H_

#include <compare>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "audit/measures/local_clock.h"
#include "audit/measures/measure.h"
#include "audit/measures/strata.h"

namespace plumbline::audit {

// Conditions under which workers are comparable: zone, type of hour (lunch,
// dinner, other; weekdays and weekends apart) and weather. Unknown is a
// condition of its own.
struct OnlineCell {
  std::string zone;
  int hour_type = 0;
  int weather = 0;
  auto operator<=>(const OnlineCell&) const = default;
};

// What one worker had in one cell.
struct CellPart {
  uint32_t cell = 0;
  int64_t online = 0;  // ms
  int64_t delivered = 0;
  int64_t pay = 0;  // Counted pay of tasks, millionths.
};

// Cuts workers' online time and delivered tasks into cells. A moment online has
// the zone and weather of the worker's latest accepted task, before the first
// one those of the first; a task has its own, and the hour of its acceptance.
// Only what is known is cut: workers without online time or tasks give nothing.
// Cells are numbered as met. Not thread-safe. O(tasks + intervals + days).
class OnlineCells {
 public:
  explicit OnlineCells(const MeasureContext& context);

  // Lives until the next call.
  std::span<const CellPart> Cut(const replay::WorkerTimeline& timeline);

  const OnlineCell& KeyOf(uint32_t cell) const { return keys_[cell]; }
  uint32_t CellOf(const OnlineCell& key);
  size_t size() const { return keys_.size(); }

 private:
  struct Conditions {
    int64_t from = 0;
    uint32_t zone = 0;  // Place in `cell_of_`.
    int weather = 0;
  };
  uint32_t ZoneOf(replay::Symbol zone);
  int WeatherIn(replay::Symbol weather);
  CellPart& PartOf(const Conditions& conditions, int hour_type);
  void CutOnline(const replay::IntervalSet& online);

  const MeasureContext& context_;
  HourClock clock_;
  std::vector<OnlineCell> keys_;
  std::map<OnlineCell, uint32_t> cells_;
  std::vector<int32_t> zone_index_;  // By symbol.
  std::vector<int8_t> weather_of_;   // By symbol.
  std::vector<std::string> zones_;   // By place.
  std::vector<int32_t> cell_of_;     // By place, hour type and weather.
  std::vector<int32_t> part_of_;     // By cell, -1 where this worker has none.
  // Place of the part last asked for in `cell_of_`, -1 for none, and the part.
  int64_t last_place_ = -1;
  int32_t last_part_ = -1;
  std::vector<Conditions> latest_;
  std::vector<CellPart> parts_;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_ONLINE_CELLS_H_
