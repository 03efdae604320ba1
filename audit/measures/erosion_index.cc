#include "audit/measures/erosion_index.h"

#include <cmath>

#include "audit/stats/distributions.h"

namespace plumbline::audit {
namespace {

constexpr int kFewestGroups = 6;

// Sums of the index with nobody left out (place kGroups) and without each
// group.
struct IndexSums {
  long double old_0 = 0, old_1 = 0, new_0 = 0, new_1 = 0;

  void Add(int64_t total_0, int64_t number_0, int64_t total_1,
           int64_t number_1) {
    if (number_0 <= 0 || number_1 <= 0) return;
    const long double price_0 =
        static_cast<long double>(total_0) / static_cast<long double>(number_0);
    const long double price_1 =
        static_cast<long double>(total_1) / static_cast<long double>(number_1);
    old_0 += static_cast<long double>(total_0);
    old_1 += price_1 * static_cast<long double>(number_0);
    new_0 += price_0 * static_cast<long double>(number_1);
    new_1 += static_cast<long double>(total_1);
  }
  bool defined() const {
    return old_0 > 0 && new_0 > 0 && old_1 > 0 && new_1 > 0;
  }
  double Log() const {
    return static_cast<double>(
        (std::log(old_1 / old_0) + std::log(new_1 / new_0)) / 2);
  }
};

struct Sums {
  int64_t total_0 = 0, number_0 = 0, total_1 = 0, number_1 = 0;
};

Sums SumOf(const GroupedStratum& stratum) {
  Sums sums;
  for (int g = 0; g < kGroups; ++g) {
    sums.total_0 += stratum.total_0[g];
    sums.number_0 += stratum.number_0[g];
    sums.total_1 += stratum.total_1[g];
    sums.number_1 += stratum.number_1[g];
  }
  return sums;
}

}  // namespace

std::optional<IndexEstimate> IndexPoint(
    std::span<const GroupedStratum> strata) {
  IndexSums all;
  __int128 totals[2] = {0, 0}, numbers[2] = {0, 0}, matched = 0;
  for (const GroupedStratum& stratum : strata) {
    const Sums sums = SumOf(stratum);
    all.Add(sums.total_0, sums.number_0, sums.total_1, sums.number_1);
    totals[0] += sums.total_0;
    totals[1] += sums.total_1;
    numbers[0] += sums.number_0;
    numbers[1] += sums.number_1;
    if (sums.number_0 > 0 && sums.number_1 > 0) {
      matched += sums.number_0;
      matched += sums.number_1;
    }
  }
  if (!all.defined()) return std::nullopt;
  IndexEstimate estimate;
  estimate.laspeyres = static_cast<double>(all.old_1 / all.old_0);
  estimate.paasche = static_cast<double>(all.new_1 / all.new_0);
  estimate.fisher = std::exp(all.Log());
  const auto ratio = [](__int128 a, __int128 b) {
    return static_cast<double>(static_cast<long double>(a) /
                               static_cast<long double>(b));
  };
  estimate.crude_0 = ratio(totals[0], numbers[0]);
  estimate.crude_1 = ratio(totals[1], numbers[1]);
  estimate.matched = ratio(matched, numbers[0] + numbers[1]);
  return estimate;
}

Outcome<IndexEstimate> EstimateIndex(std::span<const GroupedStratum> strata) {
  const std::optional<IndexEstimate> point = IndexPoint(strata);
  if (!point) {
    return {Reason::kNotIdentified,
            "no stratum with a value above zero is there in both periods"};
  }
  std::array<IndexSums, kGroups> without;
  std::array<bool, kGroups> there = {};
  for (const GroupedStratum& stratum : strata) {
    const Sums sums = SumOf(stratum);
    if (sums.number_0 <= 0 || sums.number_1 <= 0) continue;
    for (int g = 0; g < kGroups; ++g) {
      there[g] |= stratum.number_0[g] > 0 || stratum.number_1[g] > 0;
      without[g].Add(sums.total_0 - stratum.total_0[g],
                     sums.number_0 - stratum.number_0[g],
                     sums.total_1 - stratum.total_1[g],
                     sums.number_1 - stratum.number_1[g]);
    }
  }
  IndexEstimate estimate = *point;
  double sum = 0;
  for (int g = 0; g < kGroups; ++g) {
    if (!there[g]) continue;
    if (!without[g].defined()) {
      return {Reason::kNotIdentified, "one group of workers decides the index"};
    }
    ++estimate.groups;
    sum += without[g].Log();
  }
  if (estimate.groups < kFewestGroups) {
    return {Reason::kTooFew, "fewer than six groups of workers"};
  }
  const double n = estimate.groups, mean = sum / n;
  double squares = 0;
  for (int g = 0; g < kGroups; ++g) {
    if (!there[g]) continue;
    const double apart = without[g].Log() - mean;
    squares += apart * apart;
  }
  estimate.log_error = std::sqrt((n - 1) / n * squares);
  // Rounding is no spread: equal values give an interval of no width.
  if (estimate.log_error < 1e-14) estimate.log_error = 0;
  const double half = StudentQuantile(0.975, n - 1) * estimate.log_error;
  estimate.low = std::exp(std::log(estimate.fisher) - half);
  estimate.high = std::exp(std::log(estimate.fisher) + half);
  return estimate;
}

double IndexPValue(const IndexEstimate& estimate, double reference) {
  const double apart = std::log(estimate.fisher) - std::log(reference);
  if (estimate.log_error <= 0) return std::fabs(apart) < 1e-12 ? 1 : 0;
  return StudentTwoSided(apart / estimate.log_error, estimate.groups - 1);
}

}  // namespace plumbline::audit
