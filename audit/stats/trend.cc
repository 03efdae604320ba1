#include "audit/stats/trend.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>
#include <vector>

#include "audit/stats/distributions.h"
#include "audit/stats/hash.h"

namespace plumbline::audit {
namespace {

using Series = std::vector<std::pair<int64_t, int64_t>>;  // Time, value.

int64_t Concordance(const Series& series) {
  int64_t s = 0;
  for (size_t j = 1; j < series.size(); ++j) {
    for (size_t i = 0; i < j; ++i) {
      s += (series[j].second > series[i].second) -
           (series[j].second < series[i].second);
    }
  }
  return s;
}

// 18 Var S.
BigInteger EighteenVariances(const Series& series) {
  const auto term = [](int64_t k) {
    return BigInteger(k) * (k - 1) * (2 * k + 5);
  };
  std::vector<int64_t> values;
  for (const auto& [time, value] : series) values.push_back(value);
  std::sort(values.begin(), values.end());
  BigInteger sum = term(static_cast<int64_t>(values.size()));
  for (size_t begin = 0; begin < values.size();) {
    size_t end = begin;
    while (end < values.size() && values[end] == values[begin]) ++end;
    sum -= term(static_cast<int64_t>(end - begin));
    begin = end;
  }
  return sum;
}

void AddSlopes(const Series& series, std::vector<Rational>* slopes) {
  for (size_t j = 1; j < series.size(); ++j) {
    for (size_t i = 0; i < j; ++i) {
      slopes->emplace_back(
          BigInteger(series[j].second) - BigInteger(series[i].second),
          BigInteger(series[j].first - series[i].first));
    }
  }
}

Rational Median(std::vector<Rational> values) {
  std::sort(values.begin(), values.end());
  const size_t n = values.size();
  return n % 2 == 1 ? values[n / 2]
                    : Rational((values[n / 2 - 1] + values[n / 2]) / 2);
}

// Share of block permutations whose |S| is at least as large, the observed
// order counted as one of them.
double BlockPValue(const Series& series, int64_t s,
                   const TrendOptions& options) {
  const auto block = static_cast<size_t>(options.block);
  const size_t blocks = (series.size() + block - 1) / block;
  int64_t as_large = 1;
  std::vector<std::pair<uint64_t, size_t>> order(blocks);
  for (int b = 0; b < options.permutations; ++b) {
    for (size_t k = 0; k < blocks; ++k) {
      order[k] = {HashOf(options.seed, k, static_cast<uint64_t>(b)), k};
    }
    std::sort(order.begin(), order.end());
    Series shuffled;
    for (const auto& [hash, k] : order) {
      for (size_t i = k * block; i < std::min(series.size(), (k + 1) * block);
           ++i) {
        shuffled.push_back(series[i]);
      }
    }
    as_large += std::llabs(Concordance(shuffled)) >= std::llabs(s);
  }
  return static_cast<double>(as_large) /
         static_cast<double>(options.permutations + 1);
}

}  // namespace

Outcome<Trend> SeasonalMannKendall(
    std::span<const std::optional<int64_t>> series, int seasons,
    const TrendOptions& options) {
  std::vector<Series> parts(static_cast<size_t>(seasons));
  Trend trend;
  for (size_t i = 0; i < series.size(); ++i) {
    if (!series[i]) continue;
    parts[i % parts.size()].emplace_back(static_cast<int64_t>(i) / seasons,
                                         *series[i]);
    ++trend.n;
  }
  if (trend.n < options.minimum) {
    return {Reason::kTooFew, std::to_string(trend.n) + " periods, at least " +
                                 std::to_string(options.minimum) + " needed"};
  }
  BigInteger variance = 0;
  std::vector<Rational> slopes;
  for (const Series& part : parts) {
    trend.s += Concordance(part);
    variance += EighteenVariances(part);
    AddSlopes(part, &slopes);
  }
  if (variance == 0) {
    return {Reason::kNotIdentified, "all values are equal"};
  }
  trend.variance = Rational(variance, 18);
  const double towards_zero =
      static_cast<double>(trend.s - (trend.s > 0) + (trend.s < 0));
  trend.z = towards_zero / std::sqrt(ToDouble(trend.variance));
  trend.p_value = NormalTwoSided(trend.z);
  trend.slope = Median(std::move(slopes));
  if (options.block > 1 && seasons == 1) {
    trend.block_p_value = BlockPValue(parts[0], trend.s, options);
  }
  return trend;
}

Outcome<Trend> MannKendall(std::span<const std::optional<int64_t>> series,
                           const TrendOptions& options) {
  return SeasonalMannKendall(series, 1, options);
}

}  // namespace plumbline::audit
