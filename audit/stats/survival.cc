#include "audit/stats/survival.h"

#include <algorithm>
#include <cmath>

#include "audit/stats/distributions.h"

namespace plumbline::audit {
namespace {

// Calls `visit(time, events, at_risk)` at each event time in order.
template <typename Visit>
void ForEachEvent(std::span<const Count> events,
                  std::span<const Count> censored, const Visit& visit) {
  int64_t at_risk = TotalCount(events) + TotalCount(censored);
  size_t c = 0;
  for (const Count& event : events) {
    // Censorings strictly before leave the risk set; those at the same time
    // are still in it.
    while (c < censored.size() && censored[c].value < event.value) {
      at_risk -= censored[c++].count;
    }
    visit(event.value, event.count, at_risk);
    at_risk -= event.count;
  }
}

// Events at `time` and the number at risk there, for a moving time.
class RiskSet {
 public:
  RiskSet(std::span<const Count> events, std::span<const Count> censored)
      : events_(events),
        censored_(censored),
        at_risk_(TotalCount(events) + TotalCount(censored)) {}

  // Times must not fall.
  void MoveTo(int64_t time) {
    while (e_ < events_.size() && events_[e_].value < time) {
      at_risk_ -= events_[e_++].count;
    }
    while (c_ < censored_.size() && censored_[c_].value < time) {
      at_risk_ -= censored_[c_++].count;
    }
    now_ = e_ < events_.size() && events_[e_].value == time ? events_[e_].count
                                                            : 0;
  }
  int64_t events() const { return now_; }
  int64_t at_risk() const { return at_risk_; }

 private:
  std::span<const Count> events_, censored_;
  size_t e_ = 0, c_ = 0;
  int64_t at_risk_, now_ = 0;
};

}  // namespace

std::vector<SurvivalStep> KaplanMeier(std::span<const Count> events,
                                      std::span<const Count> censored,
                                      double alpha) {
  std::vector<SurvivalStep> steps;
  const double z = NormalQuantile(1 - alpha / 2);
  double survival = 1, sum = 0;
  ForEachEvent(events, censored, [&](int64_t time, int64_t d, int64_t r) {
    const auto died = static_cast<double>(d), risk = static_cast<double>(r);
    SurvivalStep step;
    step.time = time;
    step.events = d;
    step.at_risk = r;
    survival *= 1 - died / risk;
    step.survival = survival;
    if (d < r) {
      sum += died / (risk * (risk - died));
      step.standard_error = survival * std::sqrt(sum);
      const double half = z * std::sqrt(sum) / std::log(survival);
      // log S is below zero, so half is too.
      step.interval = {std::pow(survival, std::exp(-half)),
                       std::pow(survival, std::exp(half))};
    } else {
      step.survival = survival = 0;
      step.interval = {0, 0};
    }
    steps.push_back(step);
  });
  return steps;
}

Rational ExactSurvival(std::span<const Count> events,
                       std::span<const Count> censored, int64_t time) {
  Rational survival = 1;
  ForEachEvent(events, censored, [&](int64_t at, int64_t d, int64_t r) {
    if (at <= time) survival *= Rational(BigInteger(r - d), BigInteger(r));
  });
  return survival;
}

std::optional<int64_t> SurvivalMedian(std::span<const SurvivalStep> steps) {
  for (const SurvivalStep& step : steps) {
    if (step.survival <= 0.5 * (1 + 1e-12)) return step.time;
  }
  return std::nullopt;
}

ShareBounds DurationBounds(std::span<const Count> events,
                           std::span<const Count> censored, int64_t time) {
  const auto up_to = [time](std::span<const Count> counts) {
    int64_t sum = 0;
    for (const Count& count : counts) {
      if (count.value <= time) sum += count.count;
    }
    return sum;
  };
  ShareBounds bounds;
  bounds.low = up_to(events);
  bounds.high = bounds.low + up_to(censored);
  bounds.total = TotalCount(events) + TotalCount(censored);
  return bounds;
}

Outcome<LogRank> LogRankTest(std::span<const Count> events_1,
                             std::span<const Count> censored_1,
                             std::span<const Count> events_2,
                             std::span<const Count> censored_2) {
  LogRank test;
  RiskSet one(events_1, censored_1), two(events_2, censored_2);
  for (const Count& both : MergeCounts(events_1, events_2)) {
    one.MoveTo(both.value);
    two.MoveTo(both.value);
    const auto n1 = static_cast<double>(one.at_risk());
    const auto n2 = static_cast<double>(two.at_risk());
    const double n = n1 + n2;
    const auto d = static_cast<double>(both.count);
    test.observed += one.events();
    test.expected += d * n1 / n;
    if (n > 1) test.variance += d * n1 * n2 * (n - d) / (n * n * (n - 1));
  }
  if (!(test.variance > 0)) {
    return {Reason::kNotIdentified,
            "no event falls where both groups are at risk"};
  }
  const double difference = static_cast<double>(test.observed) - test.expected;
  test.chi_squared = difference * difference / test.variance;
  test.p_value = ChiSquaredUpper(test.chi_squared, 1);
  return test;
}

}  // namespace plumbline::audit
