#ifndef PLUMBLINE_AUDIT_STATS_INEQUALITY_H_
#define PLUMBLINE_AUDIT_STATS_INEQUALITY_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace plumbline::audit {

// Inequality of x_1..x_n, S their sum, m = S / n, x_(i) in ascending order:
//
//   gini            sum (2i - n - 1) x_(i) / (n S)
//   gini_corrected  gini n / (n - 1), at most 1
//   theil_t         mean (x/m) ln(x/m), 0 ln 0 = 0
//   theil_l         mean ln(m/x); absent where some x is not above zero
//   jain            S^2 / (n sum x^2): k of n equal and the rest 0 give k/n
//   top10_share     share of the ceil(n/10) best
//   lorenz          share of S of the poorest 0, 5, ..., 100 %, linear between
//
// x = 10 10 10 20 50: theil_l 0.2326301620, theil_t 0.2502012118. All are
// rationals of integers and exact but the two Theil indices, which are summed
// in long double in ascending order. Absent where S <= 0 or n < 2. O(n log n).
//
// Sources: Gini 1914; Theil 1967; Jain, Chiu and Hawe 1984. Names of the Theil
// indices differ between packages: R ineq's `parameter = 0` is T.
struct InequalityFigures {
  int64_t n = 0;
  std::optional<std::string> gini, gini_corrected, theil_t, theil_l, jain,
      top10_share;
  std::vector<std::string> lorenz;
  // The Gini as a number, for the distance to chance.
  std::optional<long double> gini_value;
};

InequalityFigures Inequality(std::vector<int64_t> values);

// A quantity per unit of time. hours > 0.
struct Rate {
  int64_t amount = 0;
  int64_t time = 1;
};

// The same of amount / time. Ranks are exact (cross products); sums are long
// doubles in ascending order.
InequalityFigures InequalityOfRates(std::vector<Rate> rates);

// Gini of values already sorted, in floating point, for simulations.
double SortedGini(std::span<const double> ascending);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_STATS_INEQUALITY_H_
