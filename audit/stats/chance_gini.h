#ifndef PLUMBLINE_AUDIT_STATS_CHANCE_GINI_H_
#define PLUMBLINE_AUDIT_STATS_CHANCE_GINI_H_

#include <cstdint>
#include <vector>

namespace plumbline::audit {

// Gini that pure chance gives equal workers. With Poisson(m) tasks each it is
//
//   exp(-2m) [I0(2m) + I1(2m)], about 1 / sqrt(pi m)
//
// m = 1: 0.5237776118; m = 10: 0.1772865341. Relative error below 1e-14; 0
// where m is not above zero. O(1). The half of E|X - Y| / E X for independent
// Poisson X, Y (Skellam).
double ChanceGini(double mean);

// The same for tasks per hour of workers with unequal hours: each gets
// Poisson(rate * time) tasks, divided by its time, and the Gini is averaged
// over replicates hashed from `seed`. 999 replicates, fewer (never below 10)
// where there are many workers and so little noise. `times` > 0, any order.
// O(250,000 log workers).
double ChanceGiniOfRates(std::vector<int64_t> times, int64_t tasks,
                         uint64_t seed);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_STATS_CHANCE_GINI_H_
