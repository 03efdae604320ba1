#include "audit/measures/erosion_series.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <set>
#include <utility>

#include "absl/time/civil_time.h"
#include "audit/measures/erosion_breaks.h"
#include "audit/measures/erosion_index.h"
#include "audit/measures/erosion_pulls.h"
#include "audit/stats/decimal.h"

namespace plumbline::audit {
namespace {

using Strata = std::map<StratumKey, std::vector<ErosionCells::Cell>>;

constexpr size_t kMostBaseWeeks = 4;

// Sums of one quantity over some weeks, by stratum of `level`.
std::vector<GroupedStratum> Compare(const Strata& strata, int level, Quantity q,
                                    WeekRange before, WeekRange after) {
  std::map<StratumKey, GroupedStratum> by_key;
  for (const auto& [key, cells] : strata) {
    GroupedStratum own;
    bool any = false;
    for (const ErosionCells::Cell& cell : cells) {
      if (cell.sums.number[q] == 0) continue;
      if (before.Holds(cell.week)) {
        own.total_0[cell.group] += cell.sums.total[q];
        own.number_0[cell.group] += cell.sums.number[q];
        any = true;
      }
      if (after.Holds(cell.week)) {
        own.total_1[cell.group] += cell.sums.total[q];
        own.number_1[cell.group] += cell.sums.number[q];
        any = true;
      }
    }
    if (!any) continue;
    GroupedStratum& to = by_key[key.level < level ? key.At(level) : key];
    for (int g = 0; g < kGroups; ++g) {
      to.total_0[g] += own.total_0[g];
      to.number_0[g] += own.number_0[g];
      to.total_1[g] += own.total_1[g];
      to.number_1[g] += own.number_1[g];
    }
  }
  std::vector<GroupedStratum> pairs;
  for (const auto& [key, pair] : by_key) pairs.push_back(pair);
  return pairs;
}

// The mean of a quantity in the units in which people read it.
std::string CrudeText(Quantity q, double mean) {
  switch (q) {
    case kPromiseTime:
    case kLimitTime:
    case kDuration:
      return FloatText(mean / 1000, 3);  // Seconds.
    case kPromisePerKm:
    case kLimitPerKm:
      return FloatText(mean * 1000, 3);  // ms a mm to seconds a km.
    case kPayPerTask:
      return FloatText(mean / 1e6, 4);
    default:
      return FloatText(mean);
  }
}

// Tasks behind a quantity: some are weighed by distance or money.
int64_t TasksOf(Quantity q, const QuantitySums& sums) {
  switch (q) {
    case kPromisePerKm:
      return sums.number[kPromiseTime];
    case kLimitPerKm:
      return sums.number[kLimitTime];
    case kTakeRate:
      return sums.number[kPayPerTask];
    default:
      return sums.number[q];
  }
}

IndexSeries WriteWeeks(Quantity q, const Strata& strata, int level,
                       const std::vector<int64_t>& weeks, WeekRange base,
                       double margin, v1::Drift* drift) {
  std::map<int64_t, int64_t> tasks;
  for (const auto& [key, cells] : strata) {
    for (const ErosionCells::Cell& cell : cells) {
      tasks[cell.week] += TasksOf(q, cell.sums);
    }
  }
  IndexSeries series;
  for (const int64_t week : weeks) {
    const std::vector<GroupedStratum> pairs =
        Compare(strata, level, q, base, {week, week});
    v1::IndexWeek* out = drift->add_weeks();
    out->set_from(MondayOf(week));
    out->set_n(tasks[week]);
    const auto point = IndexPoint(pairs);
    if (!point) {
      series.within_margin = false;
      continue;
    }
    out->set_index(FloatText(point->fisher));
    out->set_crude(CrudeText(q, point->crude_1));
    out->set_matched(FloatText(point->matched));
    series.weeks.push_back(week);
    series.values.push_back(std::llround(point->fisher * kPartsOfIndex));
    const auto estimate = EstimateIndex(pairs);
    if (!estimate.ok()) {
      series.within_margin = false;
      continue;
    }
    out->set_lo(FloatText(estimate->low));
    out->set_hi(FloatText(estimate->high));
    series.within_margin &=
        estimate->low > 1 - margin && estimate->high < 1 + margin;
  }
  return series;
}

void WriteIndex(Quantity q, const Strata& strata, const ErosionBounds& bounds,
                const ErosionReplicates& replicates, v1::LikeForLike* index) {
  index->set_margin(FloatText(bounds.margin, 2));
  const std::optional<Periods> periods = PeriodsOf(strata, q);
  if (!periods) {
    index->set_verdict(CannotConclude(Reason::kTooFew));
    return;
  }
  const WeekRange before = periods->before, after = periods->after;
  index->set_before_from(MondayOf(before.first));
  index->set_before_to(MondayOf(before.last));
  index->set_after_from(MondayOf(after.first));
  index->set_after_to(MondayOf(after.last));
  const int level = IndexLevelOf(strata, q, bounds.matched);
  index->set_stratum_level(level);
  const std::vector<GroupedStratum> pairs =
      Compare(strata, level, q, before, after);
  const auto point = IndexPoint(pairs);
  if (!point) {
    index->set_verdict(CannotConclude(Reason::kNotIdentified));
    return;
  }
  index->set_laspeyres(FloatText(point->laspeyres));
  index->set_paasche(FloatText(point->paasche));
  index->set_fisher(FloatText(point->fisher));
  index->set_crude_before(CrudeText(q, point->crude_0));
  index->set_crude_after(CrudeText(q, point->crude_1));
  if (point->crude_0 > 0) {
    const double ratio = point->crude_1 / point->crude_0;
    index->set_crude_ratio(FloatText(ratio));
    index->set_crude_flips((ratio - 1) * (point->fisher - 1) < 0);
  }
  index->set_matched(FloatText(point->matched));
  const ErosionReplicates::Interval interval =
      replicates.Of(IndexStatistic(q), point->fisher);
  if (interval.low <= 0) {
    index->set_verdict(CannotConclude(Reason::kTooFew));
    return;
  }
  index->set_lo(FloatText(interval.low));
  index->set_hi(FloatText(interval.high));
  index->set_method(interval.method);
  *index->mutable_clusters() = interval.spread;
  IndexEstimate estimate = *point;
  estimate.log_error = interval.log_error;
  estimate.groups = static_cast<int>(interval.clusters);
  // Of the margin on the side of erosion: that is what a finding must pass.
  const bool rise = q == kTakeRate;
  index->set_p_value(FloatText(
      IndexPValue(estimate, rise ? 1 + bounds.margin : 1 - bounds.margin)));
}

// Dry against `weather`, in strata that are alike in all else and in the same
// week, so that no change over time passes for the weather's.
std::vector<GroupedStratum> AcrossWeather(const Strata& cells, int weather,
                                          Quantity q, int64_t* bad,
                                          int64_t* dry) {
  std::map<std::pair<StratumKey, int64_t>, GroupedStratum> pairs;
  for (const auto& [key, of_stratum] : cells) {
    if (key.level > 0 || (key.weather != kDry && key.weather != weather)) {
      continue;
    }
    StratumKey rest = key;
    rest.weather = 0;
    const bool is_dry = key.weather == kDry;
    for (const ErosionCells::Cell& cell : of_stratum) {
      if (cell.sums.number[q] == 0) continue;
      GroupedStratum& pair = pairs[{rest, cell.week}];
      (is_dry ? pair.total_0 : pair.total_1)[cell.group] += cell.sums.total[q];
      (is_dry ? pair.number_0 : pair.number_1)[cell.group] +=
          cell.sums.number[q];
      *(is_dry ? dry : bad) += cell.sums.number[q];
    }
  }
  std::vector<GroupedStratum> strata;
  strata.reserve(pairs.size());
  for (auto& [key, pair] : pairs) strata.push_back(pair);
  return strata;
}

}  // namespace

std::string MondayOf(int64_t week) {
  return absl::FormatCivilTime(absl::CivilDay(1969, 12, 29) + week * 7);
}

const char* QuantityName(int quantity) {
  static constexpr const char* kNames[] = {
      "promise", "limit",    "promisePerKm", "limitPerKm",
      "pay",     "takeRate", "duration",     "late"};
  return kNames[quantity];
}

ErosionBounds::ErosionBounds(const v1::AuditPlan& plan)
    : margin(std::strtod(plan.erosion_margin().c_str(), nullptr)),
      known(std::strtod(plan.erosion_known_at_least().c_str(), nullptr)),
      matched(std::strtod(plan.erosion_matched_at_least().c_str(), nullptr)),
      significance(std::strtod(plan.significance().c_str(), nullptr)) {}

std::optional<Periods> PeriodsOf(const Strata& cells, Quantity quantity) {
  std::set<int64_t> with_value;
  for (const auto& [key, of_stratum] : cells) {
    for (const ErosionCells::Cell& cell : of_stratum) {
      if (cell.sums.number[quantity] > 0) with_value.insert(cell.week);
    }
  }
  if (with_value.size() < 2) return std::nullopt;
  const std::vector<int64_t> weeks(with_value.begin(), with_value.end());
  const size_t each = std::clamp<size_t>(weeks.size() / 4, 1, kMostBaseWeeks);
  return Periods{{weeks.front(), weeks[each - 1]},
                 {weeks[weeks.size() - each], weeks.back()}};
}

int IndexLevelOf(const Strata& cells, Quantity quantity, double matched) {
  const int level = cells.empty() ? 0 : cells.begin()->first.level;
  const std::optional<Periods> periods = PeriodsOf(cells, quantity);
  if (!periods) return level;
  for (int coarser = level; coarser < kLevels; ++coarser) {
    const auto point = IndexPoint(
        Compare(cells, coarser, quantity, periods->before, periods->after));
    if (point && point->matched >= matched) return coarser;
  }
  return level;
}

void WriteDrift(Quantity quantity, const Strata& cells,
                const std::vector<DatedRule>& rules, bool has_ledger,
                uint64_t seed, const ErosionBounds& bounds,
                const ErosionReplicates& replicates, v1::Drift* drift) {
  std::set<int64_t> with_value;
  int64_t n = 0;
  for (const auto& [key, of_stratum] : cells) {
    for (const ErosionCells::Cell& cell : of_stratum) {
      if (cell.sums.number[quantity] > 0) with_value.insert(cell.week);
      n += TasksOf(quantity, cell.sums);
    }
  }
  drift->set_n(n);
  const std::vector<int64_t> weeks(with_value.begin(), with_value.end());
  if (weeks.empty()) {
    for (std::string* verdict : {drift->mutable_index()->mutable_verdict(),
                                 drift->mutable_trend()->mutable_verdict(),
                                 drift->mutable_breaks()->mutable_verdict()}) {
      *verdict = CannotConclude(Reason::kTooFew);
    }
    return;
  }
  const size_t each = std::clamp<size_t>(weeks.size() / 4, 1, kMostBaseWeeks);
  WriteIndex(quantity, cells, bounds, replicates, drift->mutable_index());
  if (weeks.size() > kMostWeeks) {
    drift->mutable_trend()->set_verdict(CannotConclude(Reason::kIntegrity));
    drift->mutable_breaks()->set_verdict(CannotConclude(Reason::kIntegrity));
    return;
  }
  const IndexSeries series =
      WriteWeeks(quantity, cells, IndexLevelOf(cells, quantity, bounds.matched),
                 weeks, {weeks.front(), weeks[each - 1]}, bounds.margin, drift);
  const uint64_t own_seed = seed + static_cast<uint64_t>(quantity);
  WriteTrend(series, own_seed, drift->mutable_trend());
  WriteBreaks(quantity, series, rules, has_ledger, own_seed,
              drift->mutable_breaks());
}

void WriteWeather(const Strata& cells, const ErosionBounds& bounds,
                  const ErosionReplicates& replicates, v1::Erosion* erosion) {
  const double least = 1 + bounds.margin;
  for (const int weather : {kRain, kSevere}) {
    bool longer = false;  // Bad weather costs time.
    for (size_t place = 0; place < kWeathered.size(); ++place) {
      const Quantity q = kWeathered[place];
      int64_t bad = 0, dry = 0;
      const std::vector<GroupedStratum> strata =
          AcrossWeather(cells, weather, q, &bad, &dry);
      if (bad == 0) continue;
      v1::WeatherEffect* out = erosion->add_weather();
      out->set_weather(weather == kRain ? "rain" : "severe");
      out->set_quantity(QuantityName(q));
      out->set_n_bad(bad);
      out->set_n_dry(dry);
      const auto point = IndexPoint(strata);
      if (!point) {
        out->set_verdict(CannotConclude(Reason::kNotIdentified));
        continue;
      }
      out->set_ratio(FloatText(point->fisher));
      out->set_matched(FloatText(point->matched));
      const ErosionReplicates::Interval interval =
          replicates.Of(WeatherStatistic(weather, place), point->fisher);
      if (interval.low <= 0) {
        out->set_verdict(CannotConclude(Reason::kTooFew));
        continue;
      }
      out->set_lo(FloatText(interval.low));
      out->set_hi(FloatText(interval.high));
      out->set_method(interval.method);
      *out->mutable_clusters() = interval.spread;
      if (q == kDuration) longer = interval.low > least;
      if (q == kDuration || q == kLateShare) continue;
      if (interval.low >= least) {
        out->set_verdict("NO_FINDING");
      } else if (interval.high >= least) {
        out->set_verdict(CannotConclude(Reason::kPower));
      } else if (q != kPayPerTask && !longer) {
        // A target need not grow where the work does not take longer.
        out->set_verdict(CannotConclude(Reason::kDependent));
      } else {
        out->set_verdict("FINDING");
      }
    }
  }
}

}  // namespace plumbline::audit
