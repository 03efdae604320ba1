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
#include "audit/measures/pay_sums.h"
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

  // `pay` is that of the tasks, one each. Lives until the next call.
  std::span<const CellPart> Cut(const replay::WorkerTimeline& timeline,
                                std::span<const TaskPay> pay);

  const OnlineCell& KeyOf(uint32_t cell) const { return keys_[cell]; }
  uint32_t CellOf(const OnlineCell& key);
  size_t size() const { return keys_.size(); }

 private:
  // The conditions from an instant on: their place less the type of hour.
  struct Conditions {
    int64_t from = 0;
    uint32_t place = 0;
  };
  uint32_t ZoneOf(replay::Symbol zone);
  uint32_t WeatherIn(replay::Symbol weather);
  CellPart& PartOf(uint32_t place, int hour_type);
  int32_t NewPart(uint32_t place);
  void CutOnline(const replay::IntervalSet& online);

  const MeasureContext& context_;
  HourClock clock_;
  std::vector<OnlineCell> keys_;
  std::map<OnlineCell, uint32_t> cells_;
  std::vector<int32_t> zone_index_;  // By symbol.
  std::vector<int8_t> weather_of_;   // By symbol.
  std::vector<std::string> zones_;
  // By place, which is zone, weather and type of hour: the cell, -1 where it
  // has no number yet, and this worker's part of it, -1 where he has none.
  std::vector<int32_t> cell_of_, part_of_;
  std::vector<Conditions> latest_;
  std::vector<CellPart> parts_;
  std::vector<uint32_t> places_;  // Of the parts.
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_ONLINE_CELLS_H_
