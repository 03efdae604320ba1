#ifndef PLUMBLINE_AUDIT_STATS_GINI_INTERVAL_H_
#define PLUMBLINE_AUDIT_STATS_GINI_INTERVAL_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace plumbline::audit {

// 95 % interval of a Gini index over workers, who are the units drawn: never
// orders.
struct GiniInterval {
  double low = 0;
  double high = 0;
  bool bootstrap = true;  // Else from the jackknife's standard error.
};

// Draws workers again with hashed Poisson(1) weights, 999 times, and takes the
// 25th and 975th of the indices (percentile interval). The key of a worker is
// the place of its value in the order, so that names change nothing.
//
// Above 2,000 workers the jackknife takes its place, in closed form: with
// N = sum (2i - n - 1) x_i and S = sum x_i over ascending x,
//
//   G_(-j) = (N - (2j-n-1) x_j + sum_{i<j} x_i - sum_{i>j} x_i)
//            / ((n - 1)(S - x_j)),
//   se^2   = (n - 1)/n sum (G_(-j) - mean)^2,  G +- 1.96 se,
//
// from which the bootstrap cannot be told apart at that size. Nothing below two
// workers or where they share nothing. Keeps its weights from call to call.
// O(999 n), O(n) above.
class GiniIntervals {
 public:
  explicit GiniIntervals(uint64_t seed) : seed_(seed) {}
  std::optional<GiniInterval> Of(std::vector<double> values);

 private:
  GiniInterval Bootstrap(std::span<const double> ascending);

  uint64_t seed_;
  size_t drawn_ = 0;
  std::vector<uint8_t> weights_;  // By worker, then replicate.
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_STATS_GINI_INTERVAL_H_
