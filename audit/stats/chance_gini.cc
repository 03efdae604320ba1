#include "audit/stats/chance_gini.h"

#include <algorithm>
#include <boost/math/special_functions/bessel.hpp>
#include <cmath>

#include "audit/stats/hash.h"
#include "audit/stats/inequality.h"

namespace plumbline::audit {
namespace {

// exp(-x) I_v(x) for large x, by Hankel's expansion (Abramowitz and Stegun
// 9.7.1); at x >= 100 twelve terms leave nothing in a double.
double ScaledBessel(int v, double x) {
  double term = 1, sum = 1;
  for (int k = 1; k <= 12; ++k) {
    const double odd = 2 * k - 1;
    term *= -(4.0 * v * v - odd * odd) / (k * 8 * x);
    sum += term;
  }
  return sum / std::sqrt(2 * M_PI * x);
}

}  // namespace

double ChanceGini(double mean) {
  if (!(mean > 0)) return 0;
  const double x = 2 * mean;
  if (x >= 100) return ScaledBessel(0, x) + ScaledBessel(1, x);
  return std::exp(-x) *
         (boost::math::cyl_bessel_i(0, x) + boost::math::cyl_bessel_i(1, x));
}

double ChanceGiniOfRates(std::vector<int64_t> times, int64_t tasks,
                         uint64_t seed) {
  if (times.size() < 2 || tasks <= 0) return 0;
  // By time and not by name, so that renaming workers changes nothing.
  std::sort(times.begin(), times.end());
  double total = 0;
  for (const int64_t time : times) total += static_cast<double>(time);
  const double rate = static_cast<double>(tasks) / total;
  const int64_t workers = static_cast<int64_t>(times.size());
  const int64_t replicates = std::clamp<int64_t>(250'000 / workers, 10, 999);
  std::vector<double> drawn(times.size());
  double sum = 0;
  for (int64_t replicate = 0; replicate < replicates; ++replicate) {
    for (size_t i = 0; i < times.size(); ++i) {
      const double time = static_cast<double>(times[i]);
      drawn[i] =
          static_cast<double>(PoissonDraw(rate * time, seed, i, replicate)) /
          time;
    }
    std::sort(drawn.begin(), drawn.end());
    sum += SortedGini(drawn);
  }
  return sum / static_cast<double>(replicates);
}

}  // namespace plumbline::audit
