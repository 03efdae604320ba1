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

IndexSeries WriteWeeks(Quantity q, const QuantityWeeks& weeks, double margin,
                       const ErosionStatistics& statistics,
                       const ErosionReplicates& replicates, v1::Drift* drift) {
  IndexSeries series;
  for (size_t w = 0; w < weeks.weeks().size(); ++w) {
    const int64_t week = weeks.weeks()[w];
    v1::IndexWeek* out = drift->add_weeks();
    out->set_from(MondayOf(week));
    out->set_n(weeks.tasks()[w]);
    const std::optional<IndexPoint> point =
        IndexOf(weeks.Pairs(weeks.base(), week));
    if (!point) {
      series.within_margin = false;
      continue;
    }
    out->set_index(FloatText(point->fisher));
    out->set_crude(CrudeText(q, point->crude_1));
    out->set_matched(FloatText(point->matched));
    series.weeks.push_back(week);
    series.values.push_back(std::llround(point->fisher * kPartsOfIndex));
    const ErosionReplicates::Interval interval =
        replicates.Of(statistics.WeekStatistic(q, w), point->fisher);
    if (interval.low <= 0) {
      series.within_margin = false;
      continue;
    }
    out->set_lo(FloatText(interval.low));
    out->set_hi(FloatText(interval.high));
    series.within_margin &=
        interval.low > 1 - margin && interval.high < 1 + margin;
  }
  return series;
}

bool Erodes(Quantity q, double index, double margin) {
  return q == kTakeRate ? index > 1 + margin : index < 1 - margin;
}

// United strata mix what may have changed by itself, such as the weather: what
// they say must be what the narrow ones say of the part that they hold.
bool HangsOnUniting(Quantity q, const QuantityWeeks& weeks, double index,
                    double margin) {
  return weeks.united() &&
         (!weeks.narrow() ||
          Erodes(q, *weeks.narrow(), margin) != Erodes(q, index, margin));
}

void WriteIndex(Quantity q, const QuantityWeeks& weeks,
                const ErosionBounds& bounds,
                const ErosionReplicates& replicates, v1::LikeForLike* index) {
  index->set_margin(FloatText(bounds.margin, 2));
  const std::optional<Periods> periods = weeks.periods();
  if (!periods) {
    index->set_verdict(CannotConclude(Reason::kTooFew));
    return;
  }
  const WeekRange before = periods->before, after = periods->after;
  index->set_before_from(MondayOf(before.first));
  index->set_before_to(MondayOf(before.last));
  index->set_after_from(MondayOf(after.first));
  index->set_after_to(MondayOf(after.last));
  index->set_stratum_level(weeks.level());
  const std::optional<IndexPoint> point = IndexOf(weeks.Pairs(*periods));
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
  if (HangsOnUniting(q, weeks, point->fisher, bounds.margin)) {
    index->set_verdict(CannotConclude(Reason::kDependent));
  }
  // Of the margin on the side of erosion: that is what a finding must pass.
  const bool rise = q == kTakeRate;
  index->set_p_value(FloatText(
      IndexPValue(point->fisher, interval.log_error, interval.clusters,
                  rise ? 1 + bounds.margin : 1 - bounds.margin)));
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

void WriteDrift(Quantity quantity, const QuantityWeeks& weeks,
                const std::vector<DatedRule>& rules, bool has_ledger,
                uint64_t seed, const ErosionBounds& bounds,
                const ErosionStatistics& statistics,
                const ErosionReplicates& replicates, v1::Drift* drift) {
  int64_t n = 0;
  for (const int64_t tasks : weeks.tasks()) n += tasks;
  drift->set_n(n);
  if (weeks.weeks().empty()) {
    for (std::string* verdict : {drift->mutable_index()->mutable_verdict(),
                                 drift->mutable_trend()->mutable_verdict(),
                                 drift->mutable_breaks()->mutable_verdict()}) {
      *verdict = CannotConclude(Reason::kTooFew);
    }
    return;
  }
  WriteIndex(quantity, weeks, bounds, replicates, drift->mutable_index());
  if (weeks.weeks().size() > ErosionStatistics::kMostWeeks) {
    drift->mutable_trend()->set_verdict(CannotConclude(Reason::kIntegrity));
    drift->mutable_breaks()->set_verdict(CannotConclude(Reason::kIntegrity));
    return;
  }
  const IndexSeries series =
      WriteWeeks(quantity, weeks, bounds.margin, statistics, replicates, drift);
  const uint64_t own_seed = seed + static_cast<uint64_t>(quantity);
  WriteTrend(series, own_seed, drift->mutable_trend());
  WriteBreaks(quantity, series, rules, has_ledger, own_seed,
              drift->mutable_breaks());
  if (!weeks.united()) return;
  // Of single weeks nothing says what uniting did to each.
  const std::string dependent = CannotConclude(Reason::kDependent);
  if (drift->index().verdict() == dependent &&
      drift->trend().verdict().empty()) {
    drift->mutable_trend()->set_verdict(dependent);
  }
  if (drift->breaks().verdict().empty()) {
    drift->mutable_breaks()->set_verdict(dependent);
  }
}

void WriteWeather(const ErosionStrata& strata, const ErosionBounds& bounds,
                  const ErosionReplicates& replicates, v1::Erosion* erosion) {
  const double least = 1 + bounds.margin;
  for (const int weather : {kRain, kSevere}) {
    bool longer = false;  // Bad weather costs time.
    for (size_t place = 0; place < kWeathered.size(); ++place) {
      const Quantity q = kWeathered[place];
      int64_t bad = 0, dry = 0;
      std::vector<StratumPair> pairs;
      for (const WeatherPair& pair : AcrossWeather(strata, weather, q)) {
        pairs.push_back(pair.sums);
        dry += pair.sums.number_0;
        bad += pair.sums.number_1;
      }
      if (bad == 0) continue;
      v1::WeatherEffect* out = erosion->add_weather();
      out->set_weather(weather == kRain ? "rain" : "severe");
      out->set_quantity(QuantityName(q));
      out->set_n_bad(bad);
      out->set_n_dry(dry);
      const std::optional<IndexPoint> point = IndexOf(pairs);
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
