#include "audit/measures/workload_bundles.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace plumbline::audit {
namespace {

using replay::IsKnown;
using replay::kUnknown;

constexpr int64_t kMostSaturation = 99'999;

int64_t DeadlineOf(const replay::Task& task) {
  return IsKnown(task.limit_at) ? task.limit_at : task.promised_at;
}

struct Stop {
  int64_t lat = 0, lng = 0;
  int64_t deadline = kUnknown;  // Of a drop-off.
  int first = -1;               // The stop that must come before.
};

// Milliseconds between two stops at `kmh`, rounded down.
int64_t Ride(const Stop& from, const Stop& to, int64_t kmh) {
  constexpr double kRadian = 3.14159265358979323846 / 180 / 1e7;
  constexpr double kEarth = 6'371'008.8;  // Metres, mean radius.
  const double a = static_cast<double>(from.lat) * kRadian;
  const double b = static_cast<double>(to.lat) * kRadian;
  const double up = std::sin((b - a) / 2);
  const double along =
      std::sin(static_cast<double>(to.lng - from.lng) * kRadian / 2);
  const double h = up * up + std::cos(a) * std::cos(b) * along * along;
  const double metres = 2 * kEarth * std::asin(std::sqrt(std::min(1.0, h)));
  return static_cast<int64_t>(metres * 3600 / static_cast<double>(kmh));
}

class Search {
 public:
  Search(std::span<const Stop> stops, int64_t kmh) : stops_(stops) {
    for (size_t i = 0; i < stops.size(); ++i) {
      for (size_t j = 0; j < stops.size(); ++j) {
        ride_[i][j] = i == j ? 0 : Ride(stops[i], stops[j], kmh);
      }
    }
  }

  // From stop `at` (or none yet) at `now`, with `done` as bits.
  bool From(int at, int64_t now, unsigned done) const {
    const auto n = static_cast<int>(stops_.size());
    if (done == (1u << n) - 1) return true;
    for (int next = 0; next < n; ++next) {
      const Stop& stop = stops_[static_cast<size_t>(next)];
      if ((done >> next & 1) != 0) continue;
      if (stop.first >= 0 && (done >> stop.first & 1) == 0) continue;
      const int64_t then =
          at < 0
              ? now
              : now + ride_[static_cast<size_t>(at)][static_cast<size_t>(next)];
      if (IsKnown(stop.deadline) && then > stop.deadline) continue;
      if (From(next, then, done | 1u << next)) return true;
    }
    return false;
  }

 private:
  std::span<const Stop> stops_;
  std::array<std::array<int64_t, 2 * kMostRouted>, 2 * kMostRouted> ride_ = {};
};

}  // namespace

std::optional<int64_t> SaturationOf(std::span<const replay::Task* const> open,
                                    int64_t now) {
  int64_t planned = 0, last = kUnknown;
  for (const replay::Task* task : open) {
    const int64_t deadline = DeadlineOf(*task);
    if (!IsKnown(deadline) || task->estimates.empty()) return std::nullopt;
    const int64_t estimate =
        *std::min_element(task->estimates.begin(), task->estimates.end());
    if (!IsKnown(estimate)) return std::nullopt;
    planned += std::max<int64_t>(0, estimate - (now - task->accepted_at));
    last = std::max(last, deadline);
  }
  if (last <= now) return kMostSaturation;
  return std::min(kMostSaturation,
                  static_cast<int64_t>(static_cast<__int128>(planned) * 1000 /
                                       (last - now)));
}

std::optional<bool> CanKeepDeadlines(std::span<const replay::Task* const> open,
                                     int64_t now, int64_t kmh) {
  if (open.size() > kMostRouted) return std::nullopt;
  std::array<Stop, 2 * kMostRouted> stops;
  size_t n = 0;
  for (const replay::Task* task : open) {
    const int64_t deadline = DeadlineOf(*task);
    if (!IsKnown(deadline) || !IsKnown(task->dropoff_lat) ||
        !IsKnown(task->dropoff_lng)) {
      return std::nullopt;
    }
    int first = -1;
    if (IsKnown(task->picked_up_at) && task->picked_up_at > now) {
      if (!IsKnown(task->pickup_lat) || !IsKnown(task->pickup_lng)) {
        return std::nullopt;
      }
      first = static_cast<int>(n);
      stops[n++] = {task->pickup_lat, task->pickup_lng, kUnknown, -1};
    }
    stops[n++] = {task->dropoff_lat, task->dropoff_lng, deadline, first};
  }
  return Search({stops.data(), n}, kmh).From(-1, now, 0);
}

}  // namespace plumbline::audit
