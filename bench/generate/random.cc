#include "bench/generate/random.h"

namespace plumbline::bench {
namespace {

uint64_t Stir(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

constexpr uint64_t kStep = 0x9e3779b97f4a7c15u;

}  // namespace

uint64_t Mix(std::initializer_list<uint64_t> parts) {
  uint64_t mixed = kStep;
  for (const uint64_t part : parts) mixed = Stir(mixed + kStep + Stir(part));
  return mixed;
}

double Exponential(double x) {
  // e^x = (e^(x / 1024))^1024, the small power by its series.
  const double y = x / 1024;
  double sum = 1;
  for (int k = 14; k >= 1; --k) sum = 1 + sum * y / k;
  for (int i = 0; i < 10; ++i) sum *= sum;
  return sum;
}

uint64_t Random::Next() {
  state_ += kStep;
  return Stir(state_);
}

int64_t Random::Between(int64_t low, int64_t high) {
  const auto range = static_cast<unsigned __int128>(high - low + 1);
  return low + static_cast<int64_t>(range * Next() >> 64);
}

double Random::Unit() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }

double Random::Normal() {
  // Four words of three 21-bit parts each.
  constexpr uint64_t kPart = (uint64_t{1} << 21) - 1;
  uint64_t sum = 0;
  for (int i = 0; i < 4; ++i) {
    const uint64_t word = Next();
    sum += (word & kPart) + (word >> 21 & kPart) + (word >> 42 & kPart);
  }
  return static_cast<double>(sum) / static_cast<double>(kPart) - 6;
}

int64_t Random::Poisson(double mean) {
  const double floor = Exponential(-mean);
  int64_t count = 0;
  for (double product = Unit(); product > floor; product *= Unit()) ++count;
  return count;
}

}  // namespace plumbline::bench
