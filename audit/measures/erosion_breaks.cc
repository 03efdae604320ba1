#include "audit/measures/erosion_breaks.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <utility>

#include "audit/stats/change_point.h"
#include "audit/stats/decimal.h"
#include "audit/stats/distributions.h"
#include "audit/stats/trend.h"

namespace plumbline::audit {
namespace {

constexpr int kPermutations = 1999;
constexpr double kOutsideInterval = 0.05;
constexpr int kShortestSegment = 4;
constexpr int kFewestForBreaks = 16;  // Eight periods on each side.

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

}  // namespace

void WriteTrend(const IndexSeries& series, uint64_t seed, v1::Trend* out) {
  if (series.weeks.empty()) {
    out->set_verdict(CannotConclude(Reason::kTooFew));
    return;
  }
  // By calendar, so that a week without a value counts as time.
  const int64_t first = series.weeks.front();
  const int64_t span = series.weeks.back() - first + 1;
  constexpr int64_t kLongestSpan = int64_t{52} * 130;
  if (span > kLongestSpan) {
    out->set_verdict(CannotConclude(Reason::kIntegrity));
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
                         : CannotConclude(trend.reason()));
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

void WriteBreaks(Quantity q, const IndexSeries& series,
                 const std::vector<DatedRule>& rules, bool has_ledger,
                 uint64_t seed, v1::Breaks* out) {
  const std::vector<int64_t>& y = series.values;
  if (y.size() < kFewestForBreaks) {
    out->set_verdict(CannotConclude(Reason::kTooFew));
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
    out->set_verdict(CannotConclude(plain.reason()));
    return;
  }
  const double correlation = Autocorrelation(y, plain->breaks);
  out->set_autocorrelation(FloatText(correlation));
  const auto found =
      ChangePoints(y, DefaultPenalty(y, correlation), kShortestSegment);
  const auto intervals =
      BreakIntervals(y, *found, kShortestSegment, kOutsideInterval, seed, 999);
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

}  // namespace plumbline::audit
