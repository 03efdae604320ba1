#ifndef PLUMBLINE_AUDIT_STATS_HASH_H_
#define PLUMBLINE_AUDIT_STATS_HASH_H_

#include <cstdint>
#include <string_view>

namespace plumbline::audit {

// Every random choice is a hash of (seed, key, replicate), never a generator:
// any shard, thread or order of rows then draws the same.
//
// Source of the mixer: SplitMix64 (Steele, Lea, Flood 2014); Mix(0) is
// e220a8397b1dcdaf.
constexpr uint64_t Mix(uint64_t z) {
  z += 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

// Hash of cluster `key` in replicate `replicate`.
constexpr uint64_t HashOf(uint64_t seed, uint64_t key, uint64_t replicate) {
  return Mix(Mix(Mix(seed) ^ key) ^ replicate);
}

// Hash of a text (an id): FNV-1a, then mixed. O(length).
constexpr uint64_t HashText(std::string_view text) {
  uint64_t hash = 0xCBF29CE484222325u;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  }
  return Mix(hash);
}

// Weight of a cluster in one replicate of the bootstrap: Poisson with mean 1,
// at most 12. O(1).
int PoissonWeight(uint64_t seed, uint64_t key, uint64_t replicate);

// One draw of a Poisson variable with mean `mean` >= 0 from the stream that
// (seed, key, replicate) names. By multiplication below a mean of 10, else by
// Hoermann's transformed rejection (PTRS, 1993). O(1) above 10.
int64_t PoissonDraw(double mean, uint64_t seed, uint64_t key,
                    uint64_t replicate);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_STATS_HASH_H_
