#include "bench/generate/sample_city.h"

#include <algorithm>
#include <cstdlib>

#include "absl/strings/str_format.h"
#include "bench/generate/random.h"

namespace plumbline::bench {
namespace {

constexpr int64_t kZoneMetres = 1'500;
constexpr int kColumns = 4;
constexpr int kRows = 3;

constexpr int kStopWorkDay = 16;
constexpr int kStopWorkZones = 3;

// Orders in an hour of the day at full demand, and their share at weekends.
constexpr std::array<int, 24> kOrdersInHour = {
    0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   190, 480,
    500, 330, 130, 120, 130, 330, 510, 430, 210, 110, 0,   0};

Place SomePlace(Random& random) {
  return {random.Between(0, kColumns * kZoneMetres - 1),
          random.Between(0, kRows * kZoneMetres - 1)};
}

Place Near(Place place, Random& random) {
  const auto reach = static_cast<int64_t>(1'500 * random.LogNormal(0.5));
  const int64_t dx = random.Between(-reach, reach);
  const int64_t dy = (random.Chance(0.5) ? 1 : -1) * (reach - std::abs(dx));
  return {std::clamp<int64_t>(place.x + dx, 0, kColumns * kZoneMetres - 1),
          std::clamp<int64_t>(place.y + dy, 0, kRows * kZoneMetres - 1)};
}

Weather MakeWeather(uint64_t seed) {
  Weather weather;
  Random random(Mix({seed, 1}));
  Sky sky = Sky::kDry;
  for (int block = 0; block < Weather::kBlocks; ++block) {
    // The weather mostly stays as it is.
    if (random.Chance(0.35)) {
      const double draw = random.Unit();
      sky = draw < 0.68 ? Sky::kDry : draw < 0.92 ? Sky::kRain : Sky::kStorm;
    }
    weather.temperature_c[block] = static_cast<int>(
        random.Between(22, 26) + (block % 8 >= 3 && block % 8 <= 5 ? 6 : 0) -
        (sky == Sky::kDry ? 0 : 3));
    for (int zone = 0; zone < kSampleZones; ++zone) {
      weather.sky[zone][block] = random.Chance(0.1) ? Sky::kDry : sky;
    }
  }
  for (int zone = 0; zone < kStopWorkZones; ++zone) {
    weather.sky[zone][kStopWorkDay * 8 + 6] = Sky::kStorm;
  }
  return weather;
}

void AddShift(SampleWorker& worker, int64_t from, int64_t to, bool required) {
  worker.sessions.push_back({from, to, required});
}

void MakeSessions(SampleWorker& worker, int number, Random& random) {
  // Hours and minutes at which the two shifts of a day begin; each lasts
  // about three hours.
  constexpr int kStarts[5][2] = {
      {1030, 1645}, {1040, 1700}, {1100, 1715}, {1115, 1730}, {1230, 1810}};
  for (int day = 0; day < kSampleDays; ++day) {
    if (worker.long_hours) {
      AddShift(worker, At(day, 10) + random.Between(0, 600),
               At(day, 22) - random.Between(0, 600), false);
      continue;
    }
    if ((number + day) % 7 == 0) continue;  // The rest day.
    for (const int start : kStarts[number / 5 % 5]) {
      const int64_t from =
          At(day, start / 100, start % 100) + random.Between(-300, 300);
      AddShift(worker, from, from + 11'100 - random.Between(0, 300),
               number % 10 == 0);
    }
  }
}

std::vector<SampleWorker> MakeWorkers(Setting setting, uint64_t seed) {
  std::vector<SampleWorker> workers(kSampleWorkers);
  for (int i = 0; i < kSampleWorkers; ++i) {
    Random random(Mix({seed, 2, static_cast<uint64_t>(i)}));
    SampleWorker& worker = workers[i];
    worker.id = absl::StrFormat("c%03d", i + 1);
    worker.home = SomePlace(random);
    worker.female = i % 5 == 1 || i % 5 == 3;
    if (setting == Setting::kUnfair) {
      worker.long_hours = i % 7 == 3;
      worker.low_rate = i % 12 == 5 && !worker.long_hours;
    }
    MakeSessions(worker, i, random);
  }
  return workers;
}

std::vector<SampleOrder> MakeOrders(const Weather& weather, uint64_t seed) {
  std::vector<SampleOrder> orders;
  for (int hour = 0; hour < kSampleDays * 24; ++hour) {
    Random random(Mix({seed, 3, static_cast<uint64_t>(hour)}));
    const int64_t from = kSampleStart + hour * 3600;
    double mean = kOrdersInHour[hour % 24];
    if (hour / 24 % 7 >= 5) mean *= 1.08;
    if (weather.SkyAt(kSampleZones - 1, from) != Sky::kDry) mean *= 1.12;
    if (mean == 0) continue;
    for (int64_t left = random.Poisson(mean); left > 0; --left) {
      SampleOrder order;
      order.placed = from + random.Between(0, 3599);
      order.ready =
          order.placed + static_cast<int64_t>(480 * random.LogNormal(0.35));
      order.shop = SomePlace(random);
      do {
        order.door = Near(order.shop, random);
      } while (Distance(order.shop, order.door) < 200);
      orders.push_back(order);
    }
  }
  std::stable_sort(orders.begin(), orders.end(),
                   [](const SampleOrder& a, const SampleOrder& b) {
                     return a.placed < b.placed;
                   });
  return orders;
}

}  // namespace

int64_t Distance(Place a, Place b) {
  return std::abs(a.x - b.x) + std::abs(a.y - b.y);
}

int ZoneOf(Place place) {
  return static_cast<int>(place.y / kZoneMetres * kColumns +
                          place.x / kZoneMetres);
}

std::string ZoneName(int zone) {
  return absl::StrFormat("%c%d", 'A' + zone % kColumns, zone / kColumns + 1);
}

std::string SkyName(Sky sky) {
  return sky == Sky::kDry ? "dry" : sky == Sky::kRain ? "rain" : "storm";
}

int Weather::BlockOf(int64_t instant) {
  // The last orders of the last day may end in the night after it.
  return static_cast<int>(
      std::min<int64_t>((instant - kSampleStart) / 10'800, kBlocks - 1));
}

bool Weather::StopWork(int zone, int64_t instant) const {
  return zone < kStopWorkZones && instant >= At(kStopWorkDay, 18) &&
         instant < At(kStopWorkDay, 21);
}

SampleCity MakeCity(Setting setting, uint64_t seed) {
  SampleCity city;
  city.setting = setting;
  city.seed = seed;
  city.weather = MakeWeather(seed);
  city.workers = MakeWorkers(setting, seed);
  city.orders = MakeOrders(city.weather, seed);
  return city;
}

}  // namespace plumbline::bench
