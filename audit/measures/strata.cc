#include "audit/measures/strata.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace plumbline::audit {
namespace {

using replay::IsKnown;

// The last clock at which the task was still under way.
int64_t LastClock(const replay::Task& task) {
  return std::max({task.accepted_at, task.arrived_pickup_at, task.picked_up_at,
                   task.arrived_dropoff_at, task.completed_at,
                   task.cancelled_at});
}

}  // namespace

int HourTypeOf(int64_t day, int64_t local) {
  const int64_t hour = (local - day * kDay) / replay::kHour;
  int type = kOtherHours;
  if (hour >= 11 && hour < 14) type = kLunch;
  if (hour >= 17 && hour < 20) type = kDinner;
  return LocalClock::WeekDay(day) >= 5 ? type + 3 : type;
}

int64_t NextHourTypeOf(int64_t of_day) {
  for (const int64_t hour : {11, 14, 17, 20}) {
    if (of_day < hour * replay::kHour) return hour * replay::kHour;
  }
  return kDay;
}

void HourClock::Find(int64_t instant) {
  const int64_t local = clock_.ToLocal(instant);
  day_ = LocalClock::FloorDay(local);
  type_ = HourTypeOf(day_, local);
  const int64_t of_day = local - day_ * kDay;
  // From the instant itself on: what comes is later as a rule.
  from_ = instant;
  to_ = std::min(clock_.OffsetEnd(instant),
                 instant + (NextHourTypeOf(of_day) - of_day));
}

StratumKey StratumKey::At(int at) const {
  StratumKey key = *this;
  key.level = at;
  if (at >= 1) key.weather = 0;
  if (at >= 2) key.load = 0;
  if (at >= 3) key.zone.clear();
  return key;
}

int StratumKey::Code() const { return CodeOf(band, hour_type, weather, load); }

int StratumKey::CodeAt(int at) const {
  return CodeOf(band, hour_type, at >= 1 ? 0 : weather, at >= 2 ? 0 : load);
}

StratumKey StratumKey::FromCode(int level, std::string zone,
                                std::string vehicle, int code) {
  StratumKey key;
  key.level = level;
  key.zone = std::move(zone);
  key.vehicle = std::move(vehicle);
  key.load = code % kLoads;
  code /= kLoads;
  key.weather = code % kWeathers;
  code /= kWeathers;
  key.hour_type = code % kHourTypes;
  key.band = code / kHourTypes;
  return key;
}

std::string StratumKey::Text(const v1::AuditPlan& plan) const {
  std::string text;
  const int bands = plan.distance_bands_m_size();
  if (band > bands) {
    text = "distance unknown";
  } else if (band == bands) {
    text = bands == 0 ? "any distance"
                      : absl::StrCat(plan.distance_bands_m(bands - 1), "+ m");
  } else {
    text = absl::StrCat(band == 0 ? 0 : plan.distance_bands_m(band - 1), "-",
                        plan.distance_bands_m(band), " m");
  }
  absl::StrAppend(&text, ", ",
                  level >= 3     ? std::string("all zones")
                  : zone.empty() ? std::string("zone unknown")
                                 : absl::StrCat("zone ", zone));
  static constexpr const char* kHours[] = {
      "weekday lunch", "weekday dinner", "weekday other hours",
      "weekend lunch", "weekend dinner", "weekend other hours"};
  absl::StrAppend(&text, ", ", kHours[hour_type]);
  static constexpr const char* kSky[] = {"weather unknown", "dry", "rain",
                                         "severe weather"};
  if (level < 1) absl::StrAppend(&text, ", ", kSky[weather]);
  static constexpr const char* kCarried[] = {"load unknown", "load 1", "load 2",
                                             "load 3+"};
  if (level < 2) absl::StrAppend(&text, ", ", kCarried[load]);
  absl::StrAppend(&text, ", ",
                  vehicle.empty() ? std::string("vehicle unknown") : vehicle);
  return text;
}

Weather WeatherOf(std::string_view word) {
  if (word.empty()) return kWeatherUnknown;
  const std::string text = absl::AsciiStrToLower(std::string(word));
  auto holds = [&text](std::initializer_list<const char*> parts) {
    return std::any_of(parts.begin(), parts.end(), [&text](const char* part) {
      return text.find(part) != std::string::npos;
    });
  };
  if (holds({"unknown", "未知"})) return kWeatherUnknown;
  if (holds({"storm", "snow", "hail", "ice", "typhoon", "blizzard", "severe",
             "extreme", "hurricane", "暴", "雪", "台风", "雷", "冰", "恶劣"})) {
    return kSevere;
  }
  if (holds({"rain", "drizzle", "shower", "wet", "sleet", "雨"})) return kRain;
  return kDry;
}

StratumSorter::StratumSorter(const MeasureContext& context)
    : context_(context), clock_(context.zone) {
  for (const int32_t metres : context.plan->distance_bands_m()) {
    bands_.push_back(metres * replay::kMetre);
  }
  codes_ =
      static_cast<int>(bands_.size() + 2) * kHourTypes * kWeathers * kLoads;
}

// Inline, as all that is called for each task.
inline int StratumSorter::BandOf(const replay::Task& task) const {
  int64_t distance = task.route_distance;
  if (!IsKnown(distance) && IsKnown(task.pickup_distance) &&
      IsKnown(task.dropoff_distance)) {
    distance = task.pickup_distance + task.dropoff_distance;
  }
  if (!IsKnown(distance)) return static_cast<int>(bands_.size()) + 1;
  int band = 0;
  for (const int64_t end : bands_) band += distance >= end;
  return band;
}

std::string StratumSorter::TextOf(replay::Symbol symbol) const {
  if (symbol == 0 || context_.store == nullptr) return "";
  return std::string(context_.store->Text(symbol));
}

uint32_t StratumNumbers::Of(const StratumKey& key) {
  const auto [at, fresh] =
      numbers_.try_emplace(key, static_cast<uint32_t>(keys_.size()));
  if (fresh) keys_.push_back(key);
  return at->second;
}

std::span<const TaskInStratum> OwnNumbers::Of(
    std::span<const TaskInStratum> tasks, const StratumSorter& sorter) {
  while (own_.size() < sorter.cells()) {
    const uint32_t next = static_cast<uint32_t>(own_.size());
    own_.push_back(numbers_.Of(sorter.KeyOf(next)));
    same_ = same_ && own_.back() == next;
  }
  if (same_) return tasks;
  tasks_.assign(tasks.begin(), tasks.end());
  for (TaskInStratum& task : tasks_) task.cell = own_[task.cell];
  return tasks_;
}

inline size_t StratumSorter::SlotOf(replay::Symbol zone,
                                    replay::Symbol vehicle) {
  if (vehicle >= slots_.size()) slots_.resize(vehicle + 1);
  std::vector<int32_t>& of_zone = slots_[vehicle];
  if (zone >= of_zone.size()) of_zone.resize(zone + 1, -1);
  int32_t& slot = of_zone[zone];
  if (slot < 0) {
    slot = static_cast<int32_t>(cell_of_.size() / codes_);
    cell_of_.resize(cell_of_.size() + codes_, -1);
  }
  return static_cast<size_t>(slot);
}

inline int StratumSorter::WeatherIn(replay::Symbol weather) {
  if (weather >= weather_of_.size()) weather_of_.resize(weather + 1, -1);
  int8_t& at = weather_of_[weather];
  if (at < 0) at = static_cast<int8_t>(WeatherOf(TextOf(weather)));
  return at;
}

std::span<const TaskInStratum> StratumSorter::Sort(
    const replay::WorkerTimeline& timeline) {
  if (tasks_.size() < timeline.tasks.size()) {
    tasks_.resize(timeline.tasks.size());
    open_ends_.resize(timeline.tasks.size());
  }
  TaskInStratum* out = tasks_.data();
  size_t open = 0;
  for (const replay::Task& task : timeline.tasks) {
    if (!IsKnown(task.accepted_at)) continue;
    // Tasks come in order of acceptance: what ended before is open no more.
    size_t kept = 0;
    for (size_t i = 0; i < open; ++i) {
      open_ends_[kept] = open_ends_[i];
      kept += open_ends_[i] > task.accepted_at;
    }
    const int64_t end =
        IsKnown(task.completed_at) ? task.completed_at : task.cancelled_at;
    open_ends_[kept] = IsKnown(end) ? end : task.accepted_at;
    open = kept + 1;

    const int band = BandOf(task);
    const int hour_type = clock_.TypeOf(task.accepted_at);
    const int weather = WeatherIn(task.weather);
    const int load = static_cast<int>(std::min<size_t>(open, 3));
    int32_t& cell =
        cell_of_[SlotOf(task.zone, task.vehicle) * codes_ +
                 StratumKey::CodeOf(band, hour_type, weather, load)];
    if (cell < 0) {
      StratumKey key;
      key.zone = TextOf(task.zone);
      key.vehicle = TextOf(task.vehicle);
      key.band = band;
      key.hour_type = hour_type;
      key.weather = weather;
      key.load = load;
      cell = static_cast<int32_t>(CellOf(key));
    }

    TaskInStratum in;
    in.cell = static_cast<uint32_t>(cell);
    in.day = clock_.day();
    in.task = static_cast<uint32_t>(&task - timeline.tasks.data());
    if (task.delivered && IsKnown(task.completed_at)) {
      if (task.completed_at < task.accepted_at) continue;
      in.duration = task.completed_at - task.accepted_at;
    } else {
      in.censored = LastClock(task) - task.accepted_at;
    }
    if (IsKnown(task.promised_at)) {
      in.target[0] = task.promised_at - task.accepted_at;
    }
    if (IsKnown(task.limit_at)) in.target[1] = task.limit_at - task.accepted_at;
    *out++ = in;
  }
  return {tasks_.data(), out};
}

WorkerStrata::WorkerStrata(const MeasureContext& context)
    : plan_(PlanOf(context)), own_(WithPlan(context, plan_)), sorter_(own_) {}

}  // namespace plumbline::audit
