#include "audit/measures/erosion_pairs.h"

#include <algorithm>
#include <cstdlib>

namespace plumbline::audit {
namespace {

constexpr size_t kMostBaseWeeks = 4;

// Tasks behind a quantity: some are weighed by distance or money.
int64_t TasksOf(Quantity q, const QuantitySums& sums) {
  switch (q) {
    case kPromisePerKm:
      return sums.number[kPromiseTime];
    case kLimitPerKm:
      return sums.number[kLimitTime];
    case kTakeRate:
      return sums.number[kTakeKnown];
    default:
      return sums.number[q];
  }
}

}  // namespace

QuantityWeeks::QuantityWeeks(const ErosionStrata& strata, Quantity quantity,
                             const v1::AuditPlan& plan)
    : quantity_(quantity), least_tasks_(plan.erosion_min_tasks()) {
  std::map<int64_t, int64_t> tasks;
  for (const auto& [key, cells] : strata) {
    for (const ErosionCells::Cell& cell : cells) {
      if (cell.sums.number[quantity] > 0) {
        tasks[cell.week] += TasksOf(quantity, cell.sums);
      }
    }
  }
  for (const auto& [week, count] : tasks) {
    weeks_.push_back(week);
    tasks_.push_back(count);
  }
  finest_ = strata.empty() ? 0 : strata.begin()->first.level;
  const double matched =
      std::strtod(plan.erosion_matched_at_least().c_str(), nullptr);
  Unite(strata, finest_);
  const std::optional<Periods> compared = periods();
  if (!compared) return;
  for (int level = finest_; level < kLevels; ++level) {
    if (level > finest_) Unite(strata, level);
    const std::optional<IndexPoint> point = IndexOf(Pairs(*compared));
    if (point && level == finest_) narrow_ = point->fisher;
    if (point && point->matched >= matched) return;
  }
  Unite(strata, finest_);
}

void QuantityWeeks::Unite(const ErosionStrata& strata, int level) {
  level_ = level;
  pairs_ = 0;
  pair_of_.clear();
  entries_.assign(weeks_.size(), {});
  std::map<StratumKey, int> numbers;
  for (const auto& [key, cells] : strata) {
    const int pair =
        numbers.try_emplace(key.level < level ? key.At(level) : key, pairs_)
            .first->second;
    pairs_ = static_cast<int>(numbers.size());
    pair_of_.push_back(pair);
    for (const ErosionCells::Cell& cell : cells) {
      if (cell.sums.number[quantity_] <= 0) continue;
      const auto at = std::lower_bound(weeks_.begin(), weeks_.end(), cell.week);
      entries_[static_cast<size_t>(at - weeks_.begin())].push_back(
          {pair, cell.sums.total[quantity_], cell.sums.number[quantity_],
           TasksOf(quantity_, cell.sums)});
    }
  }
}

size_t QuantityWeeks::each() const {
  return std::clamp<size_t>(weeks_.size() / 4, 1, kMostBaseWeeks);
}

WeekRange QuantityWeeks::base() const {
  return {weeks_.front(), weeks_[each() - 1]};
}

std::optional<Periods> QuantityWeeks::periods() const {
  if (weeks_.size() < 2) return std::nullopt;
  return Periods{base(), {weeks_[weeks_.size() - each()], weeks_.back()}};
}

std::vector<StratumPair> QuantityWeeks::Between(WeekRange before,
                                                WeekRange after,
                                                int64_t least) const {
  std::vector<StratumPair> pairs(static_cast<size_t>(pairs_));
  std::vector<std::array<int64_t, 2>> tasks(pairs.size(), {0, 0});
  for (size_t w = 0; w < weeks_.size(); ++w) {
    const bool old = before.Holds(weeks_[w]), now = after.Holds(weeks_[w]);
    if (!old && !now) continue;
    for (const Entry& entry : entries_[w]) {
      StratumPair& pair = pairs[static_cast<size_t>(entry.pair)];
      auto& counts = tasks[static_cast<size_t>(entry.pair)];
      if (old) {
        pair.total_0 += entry.total;
        pair.number_0 += entry.number;
        counts[0] += entry.tasks;
      }
      if (now) {
        pair.total_1 += entry.total;
        pair.number_1 += entry.number;
        counts[1] += entry.tasks;
      }
    }
  }
  for (size_t p = 0; p < pairs.size(); ++p) {
    pairs[p].like = std::min(tasks[p][0], tasks[p][1]) >= least;
  }
  return pairs;
}

std::vector<StratumPair> QuantityWeeks::Pairs(const Periods& periods) const {
  return Between(periods.before, periods.after, least_tasks_);
}

std::vector<StratumPair> QuantityWeeks::Pairs(WeekRange before,
                                              int64_t week) const {
  return Between(before, {week, week}, 1);
}

std::vector<WeatherPair> AcrossWeather(const ErosionStrata& strata, int weather,
                                       Quantity quantity) {
  struct Alike {
    std::map<int64_t, WeatherPair> weeks;
  };
  std::map<StratumKey, Alike> all;
  int number = -1;
  for (const auto& [key, cells] : strata) {
    ++number;
    if (key.level > 0 || (key.weather != kDry && key.weather != weather)) {
      continue;
    }
    StratumKey rest = key;
    rest.weather = 0;
    const bool bad = key.weather == weather;
    Alike& alike = all[rest];
    for (const ErosionCells::Cell& cell : cells) {
      const int64_t n = cell.sums.number[quantity];
      if (n == 0) continue;
      WeatherPair& pair = alike.weeks[cell.week];
      (bad ? pair.sums.total_1 : pair.sums.total_0) +=
          cell.sums.total[quantity];
      (bad ? pair.sums.number_1 : pair.sums.number_0) += n;
      pair.cells[bad ? 1 : 0].emplace_back(number, cell.week);
    }
  }
  std::vector<WeatherPair> pairs;
  for (auto& [key, alike] : all) {
    for (auto& [week, pair] : alike.weeks) pairs.push_back(std::move(pair));
  }
  return pairs;
}

}  // namespace plumbline::audit
