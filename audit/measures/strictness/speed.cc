#include "audit/measures/strictness/speed.h"

#include <tbb/enumerable_thread_specific.h>

#include <algorithm>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "audit/stats/decimal.h"

namespace plumbline::audit {
namespace {

// Middle of the waits (whole seconds, in ms) of the weeks before, by zone and
// type of hour and week.
class PlaceWaits {
 public:
  PlaceWaits(const TaskPool& pool, const Walk& walk, int window) {
    place_.resize(walk.cells.size());
    middles_.emplace_back();  // Of places without a wait.
    if (!pool.waits()) return;
    std::map<std::pair<std::string, int>, std::vector<size_t>> places;
    for (size_t c = 0; c < walk.cells.size(); ++c) {
      const StratumKey& key = walk.cells[c].key;
      places[{key.zone, key.hour_type}].push_back(c);
    }
    std::vector<StrictTask> tasks;
    std::map<int64_t, std::map<int64_t, int64_t>> by_week;
    for (const auto& [name, cells] : places) {
      by_week.clear();
      for (const size_t c : cells) {
        place_[c] = static_cast<uint32_t>(middles_.size());
        for (size_t w = walk.cells[c].begin; w < walk.cells[c].end; ++w) {
          if (pool.cells()[w].prebooked) continue;
          tasks.clear();
          pool.Append(w, &tasks);
          for (const StrictTask& task : tasks) {
            if (task.wait == kNoNumber) continue;
            ++by_week[pool.cells()[w].week - walk.first_week][task.wait / 1000];
          }
        }
      }
      std::vector<int32_t>& middles = middles_.emplace_back();
      if (by_week.empty()) continue;
      middles.assign(walk.weeks, kNoNumber);
      for (int32_t week = 1; week < walk.weeks; ++week) {
        std::map<int64_t, int64_t> before;
        for (int64_t w = week - window; w < week; ++w) {
          const auto found = by_week.find(w);
          if (found == by_week.end()) continue;
          for (const auto& [value, count] : found->second) {
            before[value] += count;
          }
        }
        std::vector<Count> counts;
        for (const auto& [value, count] : before) {
          counts.push_back({value, count});
        }
        const std::optional<int64_t> middle = QuantileType1(counts, 1, 2);
        if (middle.has_value()) middles[week] = Held(*middle * 1000);
      }
    }
  }
  // kNoNumber where nothing was recorded before.
  int32_t Middle(size_t cell, int32_t week) const {
    const std::vector<int32_t>& middles = middles_[place_[cell]];
    return middles.empty() ? kNoNumber : middles[week];
  }

 private:
  std::vector<uint32_t> place_;  // By cell.
  std::vector<std::vector<int32_t>> middles_;
};

}  // namespace

SpeedTally::SpeedTally(const v1::AuditPlan& plan)
    : low_(plan.speed_low_kmh()), high_(plan.speed_high_kmh()) {}

void SpeedTally::Counts::operator+=(const Counts& other) {
  n += other.n;
  over_low += other.over_low;
  over_high += other.over_high;
  impossible += other.impossible;
}

void SpeedTally::Add(const StrictTask& task, int t, SpeedVersion version,
                     int32_t wait, Counts* cell) {
  One& one = one_[t][version];
  if (task.route == kNoNumber) {
    ++one.unknown;
    return;
  }
  const int64_t route = task.route;
  const int64_t allowed = task.target[t];
  const int64_t idle = wait == kNoNumber ? 0 : wait;
  const int64_t riding = allowed - idle;
  Counts counts;
  counts.n = 1;
  // Metres and ms: a thousand cancels.
  counts.impossible = riding <= 0;
  counts.over_low = riding <= 0 || route * 3600 > low_ * riding;
  counts.over_high = riding <= 0 || route * 3600 > high_ * riding;
  if (riding > 0) one.speed.Add((route * 360'000 + riding / 2) / riding);
  const int64_t needed = (route * 3600 + low_ * 1000 - 1) / (low_ * 1000);
  one.missing_ms += std::max<int64_t>(0, needed * 1000 + idle - allowed);
  one.all += counts;
  *cell += counts;
}

void SpeedTally::operator+=(const SpeedTally& other) {
  for (int t = 0; t < kTargets; ++t) {
    for (int v = 0; v < 2; ++v) {
      One& one = one_[t][v];
      const One& theirs = other.one_[t][v];
      one.all += theirs.all;
      one.unknown += theirs.unknown;
      one.missing_ms += theirs.missing_ms;
      one.planned += theirs.planned;
      one.recorded += theirs.recorded;
      one.of_place += theirs.of_place;
      one.none += theirs.none;
      one.speed.Merge(theirs.speed.Sorted());
      for (const auto& [cell, counts] : theirs.cells) one.cells[cell] += counts;
    }
  }
}

struct SpeedMeasure::Parts {
  PlaceWaits places;
  tbb::enumerable_thread_specific<SpeedTally> tallies;
};

SpeedMeasure::SpeedMeasure(const TaskPool& pool, const Walk& walk,
                           const v1::AuditPlan& plan)
    : walk_(walk),
      plan_(plan),
      parts_(new Parts{
          PlaceWaits(pool, walk, plan.wait_window_weeks()),
          tbb::enumerable_thread_specific<SpeedTally>(SpeedTally(plan))}) {}
SpeedMeasure::~SpeedMeasure() = default;

void SpeedMeasure::Visit(size_t cell, const WeekCell& week,
                         std::span<const StrictTask> tasks) {
  SpeedTally& own = parts_->tallies.local();
  const StratumKey& key = walk_.cells[cell].key;
  SpeedTally::Counts* counts[kTargets][2];
  for (int t = 0; t < kTargets; ++t) {
    for (const SpeedVersion version : {kExPost, kExAnte}) {
      counts[t][version] = &own.at(t, version).cells[{key.band, key.load}];
    }
  }
  const int32_t middle = parts_->places.Middle(
      cell, static_cast<int32_t>(week.week - walk_.first_week));
  for (const StrictTask& task : tasks) {
    for (int t = 0; t < kTargets; ++t) {
      if (task.target[t] == kNoNumber) continue;
      SpeedTally::One& post = own.at(t, kExPost);
      ++(task.wait == kNoNumber ? post.none : post.recorded);
      own.Add(task, t, kExPost, task.wait, counts[t][kExPost]);
      SpeedTally::One& ante = own.at(t, kExAnte);
      int32_t wait = task.planned;
      if (wait != kNoNumber) {
        ++ante.planned;
      } else {
        wait = middle;
        ++(wait == kNoNumber ? ante.none : ante.of_place);
      }
      own.Add(task, t, kExAnte, wait, counts[t][kExAnte]);
    }
  }
}

SpeedTally SpeedMeasure::Sum() const {
  SpeedTally sum(plan_);
  for (const SpeedTally& own : parts_->tallies) sum += own;
  return sum;
}

void WriteSpeed(const SpeedTally& tally, const BandList& bands, int t,
                SpeedVersion version, const v1::AuditPlan& plan,
                v1::SpeedTest* out) {
  const SpeedTally::One& one = tally.at(t, version);
  const int64_t n = one.all.n, whole = n + one.unknown;
  out->set_version(version == kExPost ? "EX_POST" : "EX_ANTE");
  out->set_n(n);
  out->set_unknown(one.unknown);
  if (n == 0) {
    out->set_verdict("CANNOT_CONCLUDE(MISS)");
    out->set_reason(
        "No target has a route: tasks.route_distance_m, or "
        "tasks.pickup_distance_m and tasks.dropoff_distance_m, is needed.");
    out->set_reason_zh(
        "没有任何时限附有路程，需要 tasks.route_distance_m，或 "
        "tasks.pickup_distance_m 与 tasks.dropoff_distance_m。");
    return;
  }
  out->set_over15(one.all.over_low);
  out->set_over25(one.all.over_high);
  out->set_impossible(one.all.impossible);
  const auto share = [&](int64_t over, v1::Figure* figure) {
    figure->set_value(RatioText(over, n));
    figure->set_lo(RatioText(over, whole));
    figure->set_hi(RatioText(over + one.unknown, whole));
    figure->set_method("bounds");
  };
  share(one.all.over_low, out->mutable_share_over15());
  share(one.all.over_high, out->mutable_share_over25());
  const std::vector<Count> speeds = one.speed.Sorted();
  if (!speeds.empty()) {
    const auto kmh = [&](int64_t percent) {
      const Fraction value = *QuantileType7(speeds, percent, 100);
      return RatioText(value.numerator, value.denominator * 100);
    };
    out->set_median_kmh(kmh(50));
    out->set_p95_kmh(kmh(95));
  }
  out->set_missing_s(static_cast<int64_t>(one.missing_ms / 1000));
  out->set_missing_mean_s(RatioText(one.missing_ms, Int128{n} * 1000));
  for (const auto& [cell, counts] : one.cells) {
    if (counts.n == 0) continue;
    v1::SpeedCell* add = out->add_cells();
    const int band = bands.begin(kByDistance) + cell.first;
    add->set_band(bands.Name(band, false));
    add->set_band_zh(bands.Name(band, true));
    add->set_load(cell.second);
    add->set_n(counts.n);
    add->set_over15(counts.over_low);
    add->set_over25(counts.over_high);
    add->set_impossible(counts.impossible);
  }
  if (version == kExPost) {
    out->set_waits_recorded(one.recorded);
  } else {
    out->set_waits_planned(one.planned);
    out->set_waits_of_place(one.of_place);
  }
  out->set_waits_unknown(one.none);
  const double most = std::strtod(plan.speed_share_at_most().c_str(), nullptr);
  const double low =
      static_cast<double>(one.all.over_low) / static_cast<double>(whole);
  const double high = static_cast<double>(one.all.over_low + one.unknown) /
                      static_cast<double>(whole);
  if (low > most) {
    out->set_verdict("FINDING");
    out->set_reason(
        absl::StrCat("More targets than the declared share cannot be met at ",
                     plan.speed_low_kmh(), " km/h."));
    out->set_reason_zh(absl::StrCat("按 ", plan.speed_low_kmh(),
                                    " 公里/小时无法按时完成的时限超过预先声明"
                                    "的比例。"));
  } else if (high <= most) {
    out->set_verdict("NO_FINDING");
    out->set_reason(
        absl::StrCat("No more targets than the declared share ask "
                     "for more than ",
                     plan.speed_low_kmh(), " km/h."));
    out->set_reason_zh(absl::StrCat("要求速度超过 ", plan.speed_low_kmh(),
                                    " 公里/小时的时限未超过预先声明的比例。"));
  } else {
    out->set_verdict("CANNOT_CONCLUDE(MISS)");
    out->set_reason(
        "The share depends on the targets whose route is not recorded.");
    out->set_reason_zh("比例取决于未记录路程的那些时限。");
  }
}

}  // namespace plumbline::audit
