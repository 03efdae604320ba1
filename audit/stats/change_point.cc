#include "audit/stats/change_point.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <tuple>
#include <utility>

#include "audit/stats/hash.h"

namespace plumbline::audit {
namespace {

// Sums of squares about the mean of any stretch, exactly, in O(1).
class StretchCost {
 public:
  explicit StretchCost(std::span<const int64_t> series)
      : sum_(series.size() + 1), square_(series.size() + 1) {
    for (size_t i = 0; i < series.size(); ++i) {
      sum_[i + 1] = sum_[i] + series[i];
      square_[i + 1] = square_[i] + BigInteger(series[i]) * series[i];
    }
  }
  Rational operator()(int from, int to) const {
    const BigInteger sum =
        sum_[static_cast<size_t>(to)] - sum_[static_cast<size_t>(from)];
    const BigInteger square =
        square_[static_cast<size_t>(to)] - square_[static_cast<size_t>(from)];
    const BigInteger n = to - from;
    return Rational(square * n - sum * sum, n);
  }
  Rational Mean(int from, int to) const {
    return Rational(
        sum_[static_cast<size_t>(to)] - sum_[static_cast<size_t>(from)],
        BigInteger(to - from));
  }

 private:
  std::vector<BigInteger> sum_, square_;
};

Outcome<Segmentation> Segment(std::span<const int64_t> series,
                              const Rational& penalty, int minimum,
                              bool prune) {
  const int n = static_cast<int>(series.size());
  if (minimum < 1 || n < 2 * minimum) {
    return {Reason::kTooFew, std::to_string(n) + " periods, at least " +
                                 std::to_string(2 * minimum) + " needed"};
  }
  const StretchCost cost(series);
  // best[t]: least cost of the first t values; before[t]: its last break.
  std::vector<std::optional<Rational>> best(static_cast<size_t>(n) + 1);
  std::vector<int> before(static_cast<size_t>(n) + 1, 0);
  best[0] = -penalty;
  // A candidate that can never win again from t on may still be needed until
  // t itself can begin a segment, `minimum` values later.
  struct Candidate {
    int at;
    int last_used;
  };
  std::vector<Candidate> candidates = {{0, n}};
  for (int t = minimum; t <= n; ++t) {
    const auto here = static_cast<size_t>(t);
    std::erase_if(candidates,
                  [t](const Candidate& old) { return old.last_used < t; });
    std::vector<Rational> with_candidate;
    for (const Candidate& candidate : candidates) {
      with_candidate.push_back(*best[static_cast<size_t>(candidate.at)] +
                               cost(candidate.at, t));
      const Rational total = with_candidate.back() + penalty;
      if (!best[here] || total < *best[here]) {
        best[here] = total;
        before[here] = candidate.at;
      }
    }
    if (prune) {
      for (size_t i = 0; i < candidates.size(); ++i) {
        if (with_candidate[i] > *best[here]) {
          candidates[i].last_used =
              std::min(candidates[i].last_used, t + minimum - 1);
        }
      }
    }
    // The next value may follow a segment that ends here only when the segment
    // after it has its own minimum; candidates come in as they become possible.
    const int next = t + 1 - minimum;
    if (next >= minimum && best[static_cast<size_t>(next)]) {
      candidates.push_back({next, n});
    }
  }
  Segmentation found;
  for (int t = before[static_cast<size_t>(n)]; t > 0;
       t = before[static_cast<size_t>(t)]) {
    found.breaks.push_back(t);
  }
  std::reverse(found.breaks.begin(), found.breaks.end());
  int from = 0;
  for (const int to : found.breaks) {
    found.cost += cost(from, to);
    from = to;
  }
  found.cost += cost(from, n);
  return found;
}

// The one break with the least squares left, at least `minimum` on each side.
std::pair<int, Rational> BestBreak(const StretchCost& cost, int n,
                                   int minimum) {
  int at = minimum;
  Rational least = cost(0, minimum) + cost(minimum, n);
  for (int k = minimum + 1; k <= n - minimum; ++k) {
    Rational here = cost(0, k) + cost(k, n);
    if (here < least) {
      least = std::move(here);
      at = k;
    }
  }
  return {at, least};
}

// The same in floating point, for permutations.
std::pair<int, double> BestBreakOf(const std::vector<double>& values,
                                   int minimum) {
  const auto n = static_cast<int>(values.size());
  const double total = std::accumulate(values.begin(), values.end(), 0.0);
  double left = 0, most = -1;
  int at = minimum;
  for (int k = 1; k <= n - minimum; ++k) {
    left += values[static_cast<size_t>(k) - 1];
    if (k < minimum) continue;
    const double right = total - left;
    const double explained = left * left / k + right * right / (n - k);
    if (explained > most) {
      most = explained;
      at = k;
    }
  }
  return {at, most - total * total / n};
}

}  // namespace

Outcome<Segmentation> ChangePoints(std::span<const int64_t> series,
                                   const Rational& penalty, int minimum) {
  return Segment(series, penalty, minimum, true);
}

Outcome<Segmentation> ChangePointsByTable(std::span<const int64_t> series,
                                          const Rational& penalty,
                                          int minimum) {
  return Segment(series, penalty, minimum, false);
}

Rational DefaultPenalty(std::span<const int64_t> series,
                        std::optional<double> autocorrelation) {
  constexpr double kScale = 1099511627776.0;  // 2^40
  const auto n = static_cast<int64_t>(series.size());
  BigInteger squares = 0;
  for (size_t i = 1; i < series.size(); ++i) {
    const BigInteger step = BigInteger(series[i]) - series[i - 1];
    squares += step * step;
  }
  double factor = std::log(static_cast<double>(n));
  if (autocorrelation)
    factor *= (1 + *autocorrelation) / (1 - *autocorrelation);
  const Rational rounded(BigInteger(std::llround(factor * kScale)),
                         BigInteger(static_cast<int64_t>(kScale)));
  return Rational(squares, BigInteger(n - 1)) * rounded;
}

Outcome<OneBreak> SupF(std::span<const int64_t> series, int minimum,
                       uint64_t seed, int permutations) {
  const int n = static_cast<int>(series.size());
  if (minimum < 1 || n < 2 * minimum || n < 3) {
    return {Reason::kTooFew, std::to_string(n) + " periods, at least " +
                                 std::to_string(2 * minimum) + " needed"};
  }
  const StretchCost cost(series);
  OneBreak found;
  found.rss_without = cost(0, n);
  if (found.rss_without == 0) {
    return {Reason::kNotIdentified, "all values are equal"};
  }
  std::tie(found.at, found.rss_with) = BestBreak(cost, n, minimum);
  found.before_mean = cost.Mean(0, found.at);
  found.after_mean = cost.Mean(found.at, n);
  found.f = found.rss_with == 0
                ? INFINITY
                : ToDouble((found.rss_without - found.rss_with) * (n - 2) /
                           found.rss_with);
  // Explained squares order permutations as F does, the total being the same.
  const double observed = ToDouble(found.rss_without - found.rss_with);
  const double mean = ToDouble(cost.Mean(0, n));
  std::vector<std::pair<uint64_t, size_t>> order(series.size());
  std::vector<double> shuffled(series.size());
  int64_t as_large = 1;
  for (int b = 0; b < permutations; ++b) {
    for (size_t i = 0; i < order.size(); ++i) {
      order[i] = {HashOf(seed, i, static_cast<uint64_t>(b)), i};
    }
    std::sort(order.begin(), order.end());
    for (size_t i = 0; i < order.size(); ++i) {
      shuffled[i] = static_cast<double>(series[order[i].second]) - mean;
    }
    as_large += BestBreakOf(shuffled, minimum).second >= observed * (1 - 1e-12);
  }
  found.p_value =
      static_cast<double>(as_large) / static_cast<double>(permutations + 1);
  return found;
}

std::vector<std::pair<int, int>> BreakIntervals(
    std::span<const int64_t> series, const Segmentation& segmentation,
    int minimum, double alpha, uint64_t seed, int replicates) {
  const StretchCost cost(series);
  std::vector<int> ends = segmentation.breaks;
  ends.push_back(static_cast<int>(series.size()));
  std::vector<std::pair<int, int>> intervals;
  for (size_t k = 0; k < segmentation.breaks.size(); ++k) {
    // The two segments that meet at this break, redrawn around their means.
    const int from = k == 0 ? 0 : ends[k - 1];
    const int middle = ends[k], to = ends[k + 1];
    const double means[] = {ToDouble(cost.Mean(from, middle)),
                            ToDouble(cost.Mean(middle, to))};
    std::vector<int> places;
    std::vector<double> drawn(static_cast<size_t>(to - from));
    for (int b = 0; b < replicates; ++b) {
      for (int i = from; i < to; ++i) {
        const int begin = i < middle ? from : middle;
        const int length = (i < middle ? middle : to) - begin;
        const uint64_t hash = HashOf(seed + k, static_cast<uint64_t>(i),
                                     static_cast<uint64_t>(b));
        const int source =
            begin + static_cast<int>(hash % static_cast<uint64_t>(length));
        const double mean = means[i < middle ? 0 : 1];
        // The residual of the source is about its own segment's mean, which is
        // this one.
        drawn[static_cast<size_t>(i - from)] =
            mean +
            (static_cast<double>(series[static_cast<size_t>(source)]) - mean);
      }
      places.push_back(
          from + BestBreakOf(drawn, std::min(minimum, (to - from) / 2)).first);
    }
    std::sort(places.begin(), places.end());
    const auto last = static_cast<double>(places.size() - 1);
    const auto low = static_cast<size_t>(std::floor(alpha / 2 * last));
    const auto high = static_cast<size_t>(std::ceil((1 - alpha / 2) * last));
    intervals.emplace_back(places[low], places[high]);
  }
  return intervals;
}

}  // namespace plumbline::audit
