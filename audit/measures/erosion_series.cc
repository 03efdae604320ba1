#include "audit/measures/erosion_series.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <set>
#include <utility>

#include "absl/time/civil_time.h"
#include "audit/measures/erosion_index.h"
#include "audit/stats/change_point.h"
#include "audit/stats/decimal.h"
#include "audit/stats/distributions.h"
#include "audit/stats/multiplicity.h"
#include "audit/stats/trend.h"

namespace plumbline::audit {
namespace {

using Strata = std::map<StratumKey, std::vector<ErosionCells::Cell>>;

constexpr int64_t kMostBaseWeeks = 4;
constexpr double kAlpha = 0.05;
constexpr int kPermutations = 1999;
constexpr int kShortestSegment = 4;
constexpr int kFewestForBreaks = 16;  // Eight periods on each side.
constexpr double kPartsOfIndex = 1e6;

std::string Cannot(Reason reason) {
  return "CANNOT_CONCLUDE(" + std::string(ReasonCode(reason)) + ")";
}

// Sums of one quantity over some weeks, by stratum.
std::vector<GroupedStratum> Compare(const Strata& strata, Quantity q,
                                    const std::set<int64_t>& before,
                                    const std::set<int64_t>& after) {
  std::vector<GroupedStratum> pairs;
  for (const auto& [key, cells] : strata) {
    GroupedStratum pair;
    bool any = false;
    for (const ErosionCells::Cell& cell : cells) {
      if (cell.sums.number[q] == 0) continue;
      if (before.count(cell.week) > 0) {
        pair.total_0[cell.group] += cell.sums.total[q];
        pair.number_0[cell.group] += cell.sums.number[q];
        any = true;
      }
      if (after.count(cell.week) > 0) {
        pair.total_1[cell.group] += cell.sums.total[q];
        pair.number_1[cell.group] += cell.sums.number[q];
        any = true;
      }
    }
    if (any) pairs.push_back(pair);
  }
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

struct Series {
  std::vector<int64_t> weeks;   // Ascending, those with a value.
  std::vector<int64_t> values;  // Index in millionths.
  bool within_margin = true;    // Every week's interval.
};

Series WriteWeeks(Quantity q, const Strata& strata,
                  const std::vector<int64_t>& weeks,
                  const std::set<int64_t>& base, v1::Drift* drift) {
  std::map<int64_t, int64_t> tasks;
  for (const auto& [key, cells] : strata) {
    for (const ErosionCells::Cell& cell : cells) {
      tasks[cell.week] += TasksOf(q, cell.sums);
    }
  }
  Series series;
  for (const int64_t week : weeks) {
    const std::vector<GroupedStratum> pairs = Compare(strata, q, base, {week});
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
    series.within_margin &= estimate->low > 1 - kErosionMargin &&
                            estimate->high < 1 + kErosionMargin;
  }
  return series;
}

void WriteIndex(Quantity q, const Strata& strata,
                const std::vector<int64_t>& weeks,
                const std::set<int64_t>& before, v1::LikeForLike* index) {
  index->set_margin(FloatText(kErosionMargin, 2));
  const size_t each = before.size();
  if (weeks.size() < 2) {
    index->set_verdict(Cannot(Reason::kTooFew));
    return;
  }
  const std::set<int64_t> after(weeks.end() - static_cast<int64_t>(each),
                                weeks.end());
  index->set_before_from(MondayOf(*before.begin()));
  index->set_before_to(MondayOf(*before.rbegin()));
  index->set_after_from(MondayOf(*after.begin()));
  index->set_after_to(MondayOf(*after.rbegin()));
  const std::vector<GroupedStratum> pairs = Compare(strata, q, before, after);
  const auto point = IndexPoint(pairs);
  if (!point) {
    index->set_verdict(Cannot(Reason::kNotIdentified));
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
  const auto estimate = EstimateIndex(pairs);
  if (!estimate.ok()) {
    index->set_verdict(Cannot(estimate.reason()));
    return;
  }
  index->set_lo(FloatText(estimate->low));
  index->set_hi(FloatText(estimate->high));
  // Of the margin on the side of erosion: that is what a finding must pass.
  const bool rise = q == kTakeRate;
  index->set_p_value(FloatText(
      IndexPValue(*estimate, rise ? 1 + kErosionMargin : 1 - kErosionMargin)));
}

// Distribution-free interval of the Theil-Sen slope: order statistics of the
// pair slopes at (N -+ z sqrt(Var S)) / 2 (Sen 1968). Millionths a week.
std::optional<std::pair<double, double>> SlopeInterval(
    const std::vector<std::optional<int64_t>>& series, double deviation) {
  std::vector<double> slopes;
  for (size_t j = 1; j < series.size(); ++j) {
    for (size_t i = 0; i < j; ++i) {
      if (!series[i] || !series[j]) continue;
      slopes.push_back(static_cast<double>(*series[j] - *series[i]) /
                       static_cast<double>(j - i));
    }
  }
  std::sort(slopes.begin(), slopes.end());
  const double n = static_cast<double>(slopes.size());
  const double half = NormalQuantile(0.975) * deviation / 2;
  const double low = std::floor(n / 2 - half), high = std::ceil(n / 2 + half);
  if (low < 1 || high > n) return std::nullopt;
  return std::pair{slopes[static_cast<size_t>(low) - 1],
                   slopes[static_cast<size_t>(high) - 1]};
}

void WriteTrend(const Series& series, uint64_t seed, v1::Trend* out) {
  if (series.weeks.empty()) {
    out->set_verdict(Cannot(Reason::kTooFew));
    return;
  }
  // By calendar, so that a week without a value counts as time.
  const int64_t first = series.weeks.front();
  const int64_t span = series.weeks.back() - first + 1;
  constexpr int64_t kMostWeeks = 2600;  // Fifty years.
  if (span > kMostWeeks) {
    out->set_verdict(Cannot(Reason::kIntegrity));
    return;
  }
  std::vector<std::optional<int64_t>> values(static_cast<size_t>(span));
  for (size_t i = 0; i < series.weeks.size(); ++i) {
    values[static_cast<size_t>(series.weeks[i] - first)] = series.values[i];
  }
  const TrendOptions options = {
      .block = 4, .permutations = kPermutations, .seed = seed};
  out->set_n(static_cast<int64_t>(series.weeks.size()));
  const auto trend = MannKendall(values, options);
  if (!trend.ok()) {
    // All values equal: nothing moved.
    out->set_verdict(trend.reason() == Reason::kNotIdentified
                         ? "NO_FINDING"
                         : Cannot(trend.reason()));
    return;
  }
  out->set_s(trend->s);
  out->set_z(FloatText(trend->z));
  out->set_p_value(FloatText(trend->p_value));
  out->set_block_p_value(FloatText(trend->block_p_value.value_or(1)));
  const double slope = ToDouble(trend->slope) / kPartsOfIndex;
  out->set_slope(FloatText(slope));
  out->set_change(FloatText(slope * static_cast<double>(span - 1)));
  const auto interval =
      SlopeInterval(values, std::sqrt(ToDouble(trend->variance)));
  if (interval) {
    out->set_slope_lo(FloatText(interval->first / kPartsOfIndex));
    out->set_slope_hi(FloatText(interval->second / kPartsOfIndex));
  }
}

// Autocorrelation of neighbours about the means of their segments, never
// below zero: a negative one would ask for more breaks.
double Autocorrelation(const std::vector<int64_t>& values,
                       const std::vector<int>& breaks) {
  std::vector<double> rest;
  size_t from = 0;
  std::vector<int> ends = breaks;
  ends.push_back(static_cast<int>(values.size()));
  for (const int end : ends) {
    double mean = 0;
    for (size_t i = from; i < static_cast<size_t>(end); ++i) {
      mean += static_cast<double>(values[i]);
    }
    mean /= static_cast<double>(static_cast<size_t>(end) - from);
    for (size_t i = from; i < static_cast<size_t>(end); ++i) {
      rest.push_back(static_cast<double>(values[i]) - mean);
    }
    from = static_cast<size_t>(end);
  }
  double lagged = 0, squares = 0;
  for (size_t i = 0; i < rest.size(); ++i) {
    squares += rest[i] * rest[i];
    if (i > 0) lagged += rest[i] * rest[i - 1];
  }
  return squares > 0 ? std::clamp(lagged / squares, 0.0, 0.9) : 0;
}

bool Concerns(Quantity q, v1::RuleTopic topic) {
  switch (topic) {
    case v1::TOPIC_UNKNOWN:
      return true;  // In the platform's favour.
    case v1::TOPIC_TIME_ESTIMATE:
    case v1::TOPIC_QUOTA:
      return q != kPayPerTask && q != kTakeRate;
    case v1::TOPIC_COMMISSION:
      return q == kTakeRate;
    case v1::TOPIC_PIECE_RATE:
    case v1::TOPIC_PAY:
    case v1::TOPIC_REWARD_PENALTY:
      return q == kPayPerTask || q == kTakeRate;
    default:
      return false;
  }
}

// The published rule that lies within a week of the interval of a break, the
// one nearest to its date where there are several.
const DatedRule* RuleNear(Quantity q, int64_t week, int64_t low, int64_t high,
                          const std::vector<DatedRule>& rules) {
  const DatedRule* nearest = nullptr;
  int64_t least = INT64_MAX;
  for (const DatedRule& rule : rules) {
    if (!Concerns(q, rule.topic)) continue;
    const auto consider = [&](int64_t at) {
      if (at < low - 1 || at > high + 1) return;
      if (std::llabs(at - week) < least) {
        least = std::llabs(at - week);
        nearest = &rule;
      }
    };
    consider(rule.effective_week);
    if (rule.published_known) consider(rule.published_week);
  }
  return nearest;
}

double MeanOf(const std::vector<int64_t>& values, int from, int to) {
  double sum = 0;
  for (int i = from; i < to; ++i) {
    sum += static_cast<double>(values[static_cast<size_t>(i)]);
  }
  return sum / (to - from) / kPartsOfIndex;
}

void WriteBreaks(Quantity q, const Series& series,
                 const std::vector<DatedRule>& rules, bool has_ledger,
                 uint64_t seed, v1::Breaks* out) {
  const std::vector<int64_t>& y = series.values;
  if (y.size() < kFewestForBreaks) {
    out->set_verdict(Cannot(Reason::kTooFew));
    return;
  }
  const auto one = SupF(y, kShortestSegment, seed, kPermutations);
  if (!one.ok()) {  // All values equal.
    out->set_verdict("NO_FINDING");
    return;
  }
  if (std::isfinite(one->f)) out->set_sup_f(FloatText(one->f));
  out->set_p_value(FloatText(one->p_value));
  const auto plain = ChangePoints(y, DefaultPenalty(y), kShortestSegment);
  if (!plain.ok()) {
    out->set_verdict(Cannot(plain.reason()));
    return;
  }
  const double correlation = Autocorrelation(y, plain->breaks);
  out->set_autocorrelation(FloatText(correlation));
  const auto found =
      ChangePoints(y, DefaultPenalty(y, correlation), kShortestSegment);
  const auto intervals =
      BreakIntervals(y, *found, kShortestSegment, kAlpha, seed, 999);
  for (size_t k = 0; k < found->breaks.size(); ++k) {
    const int at = found->breaks[k];
    const int from = k == 0 ? 0 : found->breaks[k - 1];
    const int to = k + 1 < found->breaks.size() ? found->breaks[k + 1]
                                                : static_cast<int>(y.size());
    const auto week = [&](int i) {
      return series.weeks[static_cast<size_t>(
          std::clamp(i, 0, static_cast<int>(y.size()) - 1))];
    };
    v1::Break* out_break = out->add_breaks();
    out_break->set_week(MondayOf(week(at)));
    out_break->set_week_lo(MondayOf(week(intervals[k].first)));
    out_break->set_week_hi(MondayOf(week(intervals[k].second)));
    const double before = MeanOf(y, from, at), after = MeanOf(y, at, to);
    out_break->set_before(FloatText(before));
    out_break->set_after(FloatText(after));
    if (before > 0) out_break->set_change(FloatText(after / before - 1));
    const DatedRule* rule = RuleNear(q, week(at), week(intervals[k].first),
                                     week(intervals[k].second), rules);
    if (rule != nullptr) out_break->set_rule_id(rule->rule_id);
    out_break->set_disclosure(rule != nullptr ? "PUBLISHED"
                              : has_ledger    ? "UNDISCLOSED"
                                              : "UNKNOWN");
  }
  if (series.within_margin) out->set_verdict("NO_FINDING");
}

double Number(const std::string& text) {
  return std::strtod(text.c_str(), nullptr);
}

// Holm over the tests that have a p-value; others are no part of the family.
template <typename Get, typename Set>
void Adjust(std::vector<v1::Drift*>& drifts, const Get& get, const Set& set) {
  std::vector<double> p_values;
  std::vector<v1::Drift*> tested;
  for (v1::Drift* drift : drifts) {
    const std::optional<double> p = get(*drift);
    if (!p) continue;
    p_values.push_back(*p);
    tested.push_back(drift);
  }
  const std::vector<double> adjusted = HolmAdjusted(p_values);
  for (size_t i = 0; i < tested.size(); ++i) set(tested[i], adjusted[i]);
}

void JudgeIndex(bool rise, double known, v1::LikeForLike* index) {
  if (!index->has_lo() || !index->verdict().empty()) return;
  constexpr double kMostlyKnown = 0.9, kMostlyMatched = 0.5;
  const double low = Number(index->lo()), high = Number(index->hi());
  const bool beyond =
      rise ? low > 1 + kErosionMargin : high < 1 - kErosionMargin;
  const bool inside =
      rise ? high < 1 + kErosionMargin : low > 1 - kErosionMargin;
  if (Number(index->matched()) < kMostlyMatched) {
    index->set_verdict(Cannot(Reason::kNotIdentified));
  } else if (known < kMostlyKnown) {
    index->set_verdict(Cannot(Reason::kMissing));
  } else if (beyond && Number(index->p_holm()) <= kAlpha) {
    index->set_verdict("FINDING");
  } else if (inside) {
    index->set_verdict("NO_FINDING");
  } else {
    index->set_verdict(Cannot(Reason::kPower));
  }
}

void JudgeTrend(bool rise, double known, v1::Trend* trend) {
  if (!trend->verdict().empty()) return;
  const double change = Number(trend->change());
  const bool erodes = rise ? change > kErosionMargin : change < -kErosionMargin;
  const double weeks =
      Number(trend->slope()) != 0 ? change / Number(trend->slope()) : 0;
  const double worst =
      trend->has_slope_lo()
          ? (rise ? Number(trend->slope_hi()) : -Number(trend->slope_lo())) *
                weeks
          : 1;
  if (known < 0.9) {
    trend->set_verdict(Cannot(Reason::kMissing));
  } else if (erodes && Number(trend->p_holm()) <= kAlpha) {
    trend->set_verdict("FINDING");
  } else if (weeks > 0 && worst < kErosionMargin) {
    trend->set_verdict("NO_FINDING");
  } else {
    trend->set_verdict(Cannot(Reason::kPower));
  }
}

void JudgeBreaks(v1::Breaks* breaks) {
  // Breaks that chance explains are no breaks.
  const bool real = breaks->has_p_holm() && Number(breaks->p_holm()) <= kAlpha;
  if (!real || breaks->verdict() == "NO_FINDING") breaks->clear_breaks();
  if (!breaks->verdict().empty()) return;
  bool undisclosed = false, unknown = false, any = false;
  for (const v1::Break& one : breaks->breaks()) {
    if (std::fabs(Number(one.change())) < kErosionMargin) continue;
    any = true;
    undisclosed |= one.disclosure() == "UNDISCLOSED";
    unknown |= one.disclosure() == "UNKNOWN";
  }
  if (undisclosed) {
    breaks->set_verdict("FINDING");
  } else if (unknown) {
    breaks->set_verdict(Cannot(Reason::kMissing));
  } else if (any) {
    breaks->set_verdict("NO_FINDING");  // All of them were published.
  } else {
    breaks->set_verdict(Cannot(Reason::kPower));
  }
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

void WriteDrift(Quantity quantity, const Strata& cells,
                const std::vector<DatedRule>& rules, bool has_ledger,
                uint64_t seed, v1::Drift* drift) {
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
  const int64_t base_weeks = std::clamp<int64_t>(
      static_cast<int64_t>(weeks.size()) / 4, 1, kMostBaseWeeks);
  const std::set<int64_t> base(
      weeks.begin(),
      weeks.begin() +
          std::min<int64_t>(base_weeks, static_cast<int64_t>(weeks.size())));
  if (weeks.empty()) {
    for (std::string* verdict : {drift->mutable_index()->mutable_verdict(),
                                 drift->mutable_trend()->mutable_verdict(),
                                 drift->mutable_breaks()->mutable_verdict()}) {
      *verdict = Cannot(Reason::kTooFew);
    }
    return;
  }
  WriteIndex(quantity, cells, weeks, base, drift->mutable_index());
  const Series series = WriteWeeks(quantity, cells, weeks, base, drift);
  const uint64_t own_seed = seed + static_cast<uint64_t>(quantity);
  WriteTrend(series, own_seed, drift->mutable_trend());
  WriteBreaks(quantity, series, rules, has_ledger, own_seed,
              drift->mutable_breaks());
}

void AdjustDrifts(google::protobuf::Map<std::string, v1::Drift>* series) {
  std::vector<v1::Drift*> drifts;
  for (int q = 0; q < kQuantities; ++q) {
    const auto at = series->find(QuantityName(q));
    if (at != series->end()) drifts.push_back(&at->second);
  }
  const auto number = [](bool has, const std::string& text) {
    return has ? std::optional<double>(Number(text)) : std::nullopt;
  };
  Adjust(
      drifts,
      [&](const v1::Drift& drift) {
        return number(drift.index().has_p_value(), drift.index().p_value());
      },
      [](v1::Drift* drift, double p) {
        drift->mutable_index()->set_p_holm(FloatText(p));
      });
  Adjust(
      drifts,
      [&](const v1::Drift& drift) -> std::optional<double> {
        const auto p =
            number(drift.trend().has_p_value(), drift.trend().p_value());
        if (!p) return p;
        return std::max(*p, Number(drift.trend().block_p_value()));
      },
      [](v1::Drift* drift, double p) {
        drift->mutable_trend()->set_p_holm(FloatText(p));
      });
  Adjust(
      drifts,
      [&](const v1::Drift& drift) {
        return number(drift.breaks().has_p_value(), drift.breaks().p_value());
      },
      [](v1::Drift* drift, double p) {
        drift->mutable_breaks()->set_p_holm(FloatText(p));
      });
  for (auto& [name, drift] : *series) {
    const bool rise = name == QuantityName(kTakeRate);
    const double known =
        drift.has_known_share() ? Number(drift.known_share()) : 1;
    JudgeIndex(rise, known, drift.mutable_index());
    JudgeTrend(rise, known, drift.mutable_trend());
    JudgeBreaks(drift.mutable_breaks());
  }
}

void WriteWeather(const Strata& cells, v1::Erosion* erosion) {
  for (const int weather : {kRain, kSevere}) {
    // Strata alike in all but weather.
    std::map<StratumKey, std::pair<QuantitySums, QuantitySums>> seen;
    std::map<StratumKey, std::array<GroupedStratum, kQuantities>> pairs;
    for (const auto& [key, of_stratum] : cells) {
      if (key.level > 0 || (key.weather != kDry && key.weather != weather)) {
        continue;
      }
      StratumKey rest = key;
      rest.weather = 0;
      auto& pair = pairs[rest];
      for (const ErosionCells::Cell& cell : of_stratum) {
        for (int q = 0; q < kQuantities; ++q) {
          GroupedStratum& one = pair[q];
          (key.weather == kDry ? one.total_0 : one.total_1)[cell.group] +=
              cell.sums.total[q];
          (key.weather == kDry ? one.number_0 : one.number_1)[cell.group] +=
              cell.sums.number[q];
        }
      }
    }
    bool longer = false;  // Bad weather costs time.
    for (const Quantity q :
         {kDuration, kPromiseTime, kLimitTime, kPayPerTask, kLateShare}) {
      std::vector<GroupedStratum> strata;
      int64_t bad = 0, dry = 0;
      for (const auto& [rest, by_quantity] : pairs) {
        strata.push_back(by_quantity[q]);
        for (int g = 0; g < kGroups; ++g) {
          dry += by_quantity[q].number_0[g];
          bad += by_quantity[q].number_1[g];
        }
      }
      if (bad == 0) continue;
      v1::WeatherEffect* out = erosion->add_weather();
      out->set_weather(weather == kRain ? "rain" : "severe");
      out->set_quantity(QuantityName(q));
      out->set_n_bad(bad);
      out->set_n_dry(dry);
      const auto estimate = EstimateIndex(strata);
      if (!estimate.ok()) {
        out->set_verdict(Cannot(estimate.reason()));
        continue;
      }
      out->set_ratio(FloatText(estimate->fisher));
      out->set_lo(FloatText(estimate->low));
      out->set_hi(FloatText(estimate->high));
      out->set_matched(FloatText(estimate->matched));
      if (q == kDuration) longer = estimate->low > 1;
      if (q == kDuration || q == kLateShare) continue;
      const bool target = q != kPayPerTask;
      if (estimate->low > 1) {
        out->set_verdict("NO_FINDING");
      } else if (estimate->high >= 1 + kErosionMargin) {
        out->set_verdict(Cannot(Reason::kPower));
      } else if (target && !longer) {
        // A target need not grow where the work does not take longer.
        out->set_verdict(Cannot(Reason::kDependent));
      } else {
        out->set_verdict("FINDING");
      }
    }
  }
}

}  // namespace plumbline::audit
