#ifndef PLUMBLINE_BENCH_GENERATE_SAMPLE_CITY_H_
#define PLUMBLINE_BENCH_GENERATE_SAMPLE_CITY_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "bench/generate/csv_text.h"

namespace plumbline::bench {

// The made-up city of the sample log: a grid of 4 x 3 zones of 1,500 m, four
// weeks of weather, 200 workers with their shifts, and the orders placed.
// Instants are seconds since 1970, distances whole metres along the grid.

inline constexpr int64_t kSampleStart = 1'756'656'000;  // 2025-09-01, +08:00.
inline constexpr int kSampleDays = 28;
inline constexpr int kSampleWorkers = 200;
inline constexpr int kSampleZones = 12;
inline constexpr int64_t kDaySeconds = 86'400;

// Local time of day `day` of the log, from 0.
constexpr int64_t At(int64_t day, int64_t hour, int64_t minute = 0) {
  return kSampleStart + day * kDaySeconds + hour * 3600 + minute * 60;
}

enum class Setting { kFair, kUnfair };

struct Place {
  int64_t x = 0;
  int64_t y = 0;
};
int64_t Distance(Place a, Place b);  // Along the grid.
int ZoneOf(Place place);
std::string ZoneName(int zone);  // "A1" to "D3".

enum class Sky { kDry, kRain, kStorm };
std::string SkyName(Sky sky);

// Weather by zone in blocks of three hours.
struct Weather {
  static constexpr int kBlocks = kSampleDays * 8;
  std::array<std::array<Sky, kBlocks>, kSampleZones> sky;
  std::array<int, kBlocks> temperature_c;

  static int BlockOf(int64_t instant);
  Sky SkyAt(int zone, int64_t instant) const {
    return sky[zone][BlockOf(instant)];
  }
  // A warning under which outdoor work must stop.
  bool StopWork(int zone, int64_t instant) const;
};

struct SampleSession {
  int64_t from = 0;
  int64_t to = 0;
  bool required = false;
};

struct SampleWorker {
  std::string id;
  Place home;
  bool female = false;
  bool long_hours = false;  // Planted: twelve hours a day, no rest day.
  bool low_rate = false;    // Planted: paid by a rate nobody published.
  std::vector<SampleSession> sessions;  // In order, disjoint.
};

struct SampleOrder {
  int64_t placed = 0;
  int64_t ready = 0;
  Place shop;
  Place door;
};

struct SampleCity {
  Setting setting = Setting::kFair;
  uint64_t seed = 1;
  Weather weather;
  std::vector<SampleWorker> workers;
  std::vector<SampleOrder> orders;  // In order of `placed`.

  bool unfair() const { return setting == Setting::kUnfair; }
};

SampleCity MakeCity(Setting setting, uint64_t seed);

}  // namespace plumbline::bench

#endif  // PLUMBLINE_BENCH_GENERATE_SAMPLE_CITY_H_
