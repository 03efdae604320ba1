#ifndef PLUMBLINE_AUDIT_MEASURES_STRATA_H_
#define PLUMBLINE_AUDIT_MEASURES_STRATA_H_

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "audit/measures/local_clock.h"
#include "audit/measures/measure.h"
#include "audit/stats/histogram.h"

namespace plumbline::audit {

// Strata of comparable tasks: distance band, zone, hour type, weather, load at
// acceptance, vehicle. Where too few tasks share one, weather is dropped, then
// load, then zones are merged (levels 1 to 3). Unknown is a value of its own.
inline constexpr int kLevels = 4;
inline constexpr int kHourTypes = 6;
inline constexpr int kWeathers = 4;
inline constexpr int kLoads = 4;

enum HourType { kLunch, kDinner, kOtherHours };  // Weekdays; + 3 at weekends.
enum Weather { kWeatherUnknown, kDry, kRain, kSevere };

struct StratumKey {
  int level = 0;
  std::string zone, vehicle;  // Empty is unknown, or merged at level 3.
  int band = 0;               // Index into the plan's bands; last is unknown.
  int hour_type = 0;
  int weather = 0;  // 0 at level 1 and up.
  int load = 0;     // 1, 2, 3 (and more); 0 at level 2 and up.

  auto operator<=>(const StratumKey&) const = default;
  StratumKey At(int level) const;  // The stratum that holds this one there.
  int CodeAt(int level) const;     // Code() of At(level).
  int Code() const;                // All but level, zone and vehicle, packed.
  static int CodeOf(int band, int hour_type, int weather, int load) {
    return ((band * kHourTypes + hour_type) * kWeathers + weather) * kLoads +
           load;
  }
  static StratumKey FromCode(int level, std::string zone, std::string vehicle,
                             int code);
  // "1000-2000 m, zone=A, weekday lunch, dry, load 1, vehicle=ebike".
  std::string Text(const v1::AuditPlan& plan) const;
};

// Type of the hour of a local time: lunch is 11 to 14, dinner 17 to 20.
int HourTypeOf(int64_t day, int64_t local);

// First instant of the next type of hour, in ms of the local day.
int64_t NextHourTypeOf(int64_t of_day);

// Type of the hour of instants. Keeps the stretch of like hours, so that
// instants close to each other cost no division. Not thread-safe.
class HourClock {
 public:
  explicit HourClock(absl::TimeZone zone) : clock_(zone) {}

  int TypeOf(int64_t instant) {
    if (instant < from_ || instant >= to_) Find(instant);
    return type_;
  }
  // Of the last instant asked for: where its stretch ends, and its local day.
  int64_t until() const { return to_; }
  int64_t day() const { return day_; }

 private:
  void Find(int64_t instant);

  LocalClock clock_;
  int64_t from_ = 0, to_ = 0, day_ = 0;
  int type_ = 0;
};

// Weather of a free word in English or Chinese.
Weather WeatherOf(std::string_view word);

// What one task brings to its stratum; kUnknown where it brings nothing.
struct TaskInStratum {
  uint32_t cell = 0;
  int64_t duration = replay::kUnknown;  // Acceptance to completion, delivered.
  int64_t censored = replay::kUnknown;  // To the last clock, not delivered.
  int64_t target[2] = {replay::kUnknown, replay::kUnknown};  // Promise, limit.
  int64_t day = 0;    // Local day of acceptance.
  uint32_t task = 0;  // Place in the tasks of the timeline.
};

// Strata by number, numbered as met.
class StratumNumbers {
 public:
  // The number of a stratum, new or old.
  uint32_t Of(const StratumKey& key);
  const StratumKey& KeyOf(uint32_t number) const { return keys_[number]; }
  size_t size() const { return keys_.size(); }

 private:
  std::vector<StratumKey> keys_;
  std::map<StratumKey, uint32_t> numbers_;
};

// Gives each task its stratum of level 0, numbered as met. A row costs some
// table look-ups: texts are looked at once a symbol. Not thread-safe.
class StratumSorter {
 public:
  explicit StratumSorter(const MeasureContext& context);

  // All accepted tasks of one worker. The span lives until the next call.
  std::span<const TaskInStratum> Sort(const replay::WorkerTimeline& timeline);

  // The number of a stratum, new or old.
  uint32_t CellOf(const StratumKey& key) { return numbers_.Of(key); }
  const StratumKey& KeyOf(uint32_t cell) const { return numbers_.KeyOf(cell); }
  size_t cells() const { return numbers_.size(); }

 private:
  int BandOf(const replay::Task& task) const;
  size_t SlotOf(replay::Symbol zone, replay::Symbol vehicle);
  int WeatherIn(replay::Symbol weather);
  std::string TextOf(replay::Symbol symbol) const;

  const MeasureContext& context_;
  HourClock clock_;
  std::vector<int64_t> bands_;  // Upper ends in mm.
  int codes_;                   // Number of codes per zone and vehicle.
  StratumNumbers numbers_;
  std::vector<int8_t> weather_of_;           // By symbol.
  std::vector<std::vector<int32_t>> slots_;  // [vehicle][zone], -1 for none.
  std::vector<int32_t> cell_of_;             // [slot][code], -1 for none.
  std::vector<TaskInStratum> tasks_;
  std::vector<int64_t> open_ends_;  // Of the tasks open at the one at hand.
};

// The tasks of one worker at a time by stratum, sorted when first asked for:
// one sorting serves all measures of a thread. Cells are those of sorter(), the
// same ones for as long as this lives. Not thread-safe.
class WorkerStrata {
 public:
  explicit WorkerStrata(const MeasureContext& context);
  WorkerStrata(const WorkerStrata&) = delete;
  WorkerStrata& operator=(const WorkerStrata&) = delete;

  void Begin(const replay::WorkerTimeline& timeline) {
    timeline_ = &timeline;
    sorted_ = false;
  }
  // As StratumSorter::Sort; the span lives until the next Begin.
  std::span<const TaskInStratum> Tasks() {
    if (!sorted_) tasks_ = sorter_.Sort(*timeline_);
    sorted_ = true;
    return tasks_;
  }
  const StratumSorter& sorter() const { return sorter_; }

 private:
  const v1::AuditPlan plan_;
  const MeasureContext own_;  // With the plan above, which is never null.
  StratumSorter sorter_;
  const replay::WorkerTimeline* timeline_ = nullptr;
  std::span<const TaskInStratum> tasks_;
  bool sorted_ = false;
};

// Tasks that one sorter has sorted, in numbers of one's own, which other strata
// may have taken first. The span lives until the next call.
class OwnNumbers {
 public:
  std::span<const TaskInStratum> Of(std::span<const TaskInStratum> tasks,
                                    const StratumSorter& sorter);
  StratumNumbers& numbers() { return numbers_; }
  const StratumNumbers& numbers() const { return numbers_; }

 private:
  StratumNumbers numbers_;
  std::vector<uint32_t> own_;  // By number of the sorter.
  bool same_ = true;           // As the sorter's.
  std::vector<TaskInStratum> tasks_;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_STRATA_H_
