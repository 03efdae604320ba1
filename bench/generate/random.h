#ifndef PLUMBLINE_BENCH_GENERATE_RANDOM_H_
#define PLUMBLINE_BENCH_GENERATE_RANDOM_H_

#include <cstdint>
#include <initializer_list>

namespace plumbline::bench {

// Random numbers that are the same on every machine: integers by SplitMix64,
// and floating point by additions and multiplications only, never by the C
// library, whose last bit differs between processors.

// One well-mixed number from several: the seed of what they name together.
uint64_t Mix(std::initializer_list<uint64_t> parts);

// e^x for -700 < x < 700, to about 1e-13.
double Exponential(double x);

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next();
  // In [low, high], both included; low <= high.
  int64_t Between(int64_t low, int64_t high);
  bool Chance(double probability) { return Unit() < probability; }
  double Unit();  // In [0, 1).
  // Sum of twelve uniforms less six: mean 0, deviation 1, within [-6, 6].
  double Normal();
  // Median 1; `sigma` is the deviation of the logarithm.
  double LogNormal(double sigma) { return Exponential(sigma * Normal()); }
  // A count with this mean (at most about 700). O(mean).
  int64_t Poisson(double mean);

 private:
  uint64_t state_;
};

}  // namespace plumbline::bench

#endif  // PLUMBLINE_BENCH_GENERATE_RANDOM_H_
