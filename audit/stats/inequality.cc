#include "audit/stats/inequality.h"

#include <algorithm>
#include <cmath>

#include "audit/stats/decimal.h"

namespace plumbline::audit {
namespace {

// Both Theil indices of ascending positive-sum values.
template <typename Value>
void Theil(std::span<const Value> ascending, long double sum,
           InequalityFigures& figures) {
  const long double n = static_cast<long double>(ascending.size());
  const long double mean = sum / n;
  if (ascending.front() < 0) return;
  long double t = 0, l = 0;
  for (const Value value : ascending) {
    if (value == 0) continue;
    const long double ratio = static_cast<long double>(value) / mean;
    const long double log_ratio = std::log(ratio);
    t += ratio * log_ratio;
    l -= log_ratio;
  }
  figures.theil_t = FloatText(std::max(t / n, 0.0L));
  if (ascending.front() > 0) figures.theil_l = FloatText(std::max(l / n, 0.0L));
}

// sum^2 / (n squares): exact while the products fit, beyond that in long
// double, whose 64 bits carry the twelve decimals too.
std::string JainText(Int128 sum, Int128 n, Int128 squares) {
  constexpr Int128 kLargest = Int128{1} << 122;
  if (sum < (Int128{1} << 61) && squares < kLargest / n) {
    return RatioText(sum * sum, n * squares);
  }
  const long double total = static_cast<long double>(sum);
  return FloatText(total / static_cast<long double>(n) * total /
                   static_cast<long double>(squares));
}

}  // namespace

InequalityFigures Inequality(std::vector<int64_t> values) {
  InequalityFigures figures;
  figures.n = static_cast<int64_t>(values.size());
  std::sort(values.begin(), values.end());
  const Int128 n = figures.n;
  Int128 sum = 0, weighted = 0, squares = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    sum += values[i];
    weighted += (2 * Int128(i + 1) - n - 1) * values[i];
    squares += Int128{values[i]} * values[i];
  }
  if (n < 2 || sum <= 0) return figures;

  figures.gini = RatioText(weighted, n * sum);
  figures.gini_corrected = RatioText(weighted, (n - 1) * sum);
  figures.gini_value =
      static_cast<long double>(weighted) / static_cast<long double>(n * sum);
  figures.jain = JainText(sum, n, squares);
  Int128 top = 0;
  const size_t best = (values.size() + 9) / 10;
  for (size_t i = values.size() - best; i < values.size(); ++i)
    top += values[i];
  figures.top10_share = RatioText(top, sum);
  Theil<int64_t>(values, static_cast<long double>(sum), figures);

  Int128 below = 0;
  size_t next = 0;
  for (int step = 0; step <= 20; ++step) {
    const size_t whole = values.size() * step / 20;
    const int64_t part = static_cast<int64_t>(values.size() * step % 20);
    for (; next < whole; ++next) below += values[next];
    const Int128 partial = part == 0 ? 0 : Int128{part} * values[whole];
    figures.lorenz.push_back(RatioText(below * 20 + partial, sum * 20));
  }
  return figures;
}

InequalityFigures InequalityOfRates(std::vector<Rate> rates) {
  InequalityFigures figures;
  figures.n = static_cast<int64_t>(rates.size());
  std::sort(rates.begin(), rates.end(), [](const Rate& a, const Rate& b) {
    return Int128{a.amount} * b.time < Int128{b.amount} * a.time;
  });
  std::vector<long double> values;
  values.reserve(rates.size());
  for (const Rate& rate : rates) {
    values.push_back(static_cast<long double>(rate.amount) /
                     static_cast<long double>(rate.time));
  }
  const long double n = static_cast<long double>(values.size());
  long double sum = 0, weighted = 0, squares = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    sum += values[i];
    weighted += (2 * static_cast<long double>(i + 1) - n - 1) * values[i];
    squares += values[i] * values[i];
  }
  if (n < 2 || sum <= 0) return figures;

  figures.gini_value = std::max(weighted / (n * sum), 0.0L);
  figures.gini = FloatText(*figures.gini_value);
  figures.gini_corrected =
      FloatText(std::max(weighted / ((n - 1) * sum), 0.0L));
  figures.jain = FloatText(sum * sum / (n * squares));
  long double top = 0;
  const size_t best = (values.size() + 9) / 10;
  for (size_t i = values.size() - best; i < values.size(); ++i)
    top += values[i];
  figures.top10_share = FloatText(top / sum);
  Theil<long double>(values, sum, figures);

  long double below = 0;
  size_t next = 0;
  for (int step = 0; step <= 20; ++step) {
    const size_t whole = values.size() * step / 20;
    const size_t part = values.size() * step % 20;
    for (; next < whole; ++next) below += values[next];
    const long double partial = part == 0 ? 0 : values[whole] * part / 20;
    figures.lorenz.push_back(
        FloatText(step == 20 ? 1.0L : (below + partial) / sum));
  }
  return figures;
}

double SortedGini(std::span<const double> ascending) {
  const double n = static_cast<double>(ascending.size());
  double sum = 0, weighted = 0;
  for (size_t i = 0; i < ascending.size(); ++i) {
    sum += ascending[i];
    weighted += (2 * static_cast<double>(i + 1) - n - 1) * ascending[i];
  }
  return sum > 0 ? weighted / (n * sum) : 0;
}

}  // namespace plumbline::audit
