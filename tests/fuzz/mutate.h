#ifndef PLUMBLINE_TESTS_FUZZ_MUTATE_H_
#define PLUMBLINE_TESTS_FUZZ_MUTATE_H_

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>

namespace plumbline {

// Gives a fuzzer's question a fixed number of mutations of `seed`, so that
// every compiler asks it on every run.
inline void FuzzMutations(const std::string& original, int rounds,
                          uint32_t start,
                          void (*ask)(const uint8_t* data, size_t size)) {
  std::mt19937 random(start);
  std::string seed = original;
  for (int i = 0; i < rounds; ++i) {
    if (seed.empty() || i % 20 == 0) seed = original;
    const auto at = random() % seed.size();
    constexpr char kSpecial[] = "\"\n\r,;\t -.:0Z+\xff\x80{[";
    switch (random() % 6) {
      case 0:
        seed[at] = static_cast<char>(random());
        break;
      case 1:
        seed[at] = kSpecial[random() % (sizeof(kSpecial) - 1)];
        break;
      case 2:
        seed.insert(at, 1, kSpecial[random() % (sizeof(kSpecial) - 1)]);
        break;
      case 3:
        seed.erase(at, 1 + random() % 5);
        break;
      case 4:
        seed.insert(at, seed.substr(random() % seed.size(), random() % 40));
        break;
      default:
        seed[at] = static_cast<char>(seed[at] ^ 1 << random() % 8);
    }
    ask(reinterpret_cast<const uint8_t*>(seed.data()), seed.size());
  }
}

}  // namespace plumbline

#endif  // PLUMBLINE_TESTS_FUZZ_MUTATE_H_
