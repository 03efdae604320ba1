#ifndef PLUMBLINE_TESTS_WORLDS_WORLD_H_
#define PLUMBLINE_TESTS_WORLDS_WORLD_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace plumbline::audit {

// Small platforms whose truth is known, to see how often the measures flag what
// is not there and find what is. Everything is a hash of the seed, so a world
// is the same on every machine.
//
// In all of them a worker takes one order at a time, of one of four distances,
// in one of six types of hour. The logarithm of the time that it takes is the
// sum of a base by distance, the worker's own pace, something that the platform
// knows of the order (0.15), and what nobody knows (0.25).
enum class World {
  kFairMiddle,         // Targets at the middle of what the platform knows.
  kFifthPercentile,    // At the fastest 5 % of the stratum.
  kLawfulButTight,     // At the fastest 20 % of the stratum, below 15 km/h.
  kRatchet,            // A fifth of any slack is gone a week later, for good.
  kSkewedMiddle,       // The middle, with a long tail of slow orders.
  kPressure,           // The middle of unhurried work; most workers hurry.
  kSharedError,        // Targets that wander by themselves, few orders a cell.
  kCancelledWhenLate,  // The middle; half of the late orders are cancelled.
  kHiddenCut,          // Pay falls by 5 % half-way, no rule says so.
  kPublishedCut,       // The same with a published rule.
  kSlowErosion,        // Pay falls by 0.3 % a week, the mix hides it.
};
const std::vector<World>& AllWorlds();
const char* NameOf(World world);

// What may be said of a world: found in truth, and neither true nor false (it
// follows from the violation).
struct Truth {
  std::set<std::string> violations;
  std::set<std::string> implied;
};
Truth TruthOf(World world);

// Names of all that measures can flag: "rank.limit", "index.pay",
// "trend.limit", "break.pay", "ratchet.limit", ...
const std::vector<std::string>& AllFlags();

// The flags that one seed of a world raises.
std::set<std::string> FlagsOf(World world, uint64_t seed);

// How often each flag was raised over seeds 1 .. n. On `threads` threads.
std::map<std::string, int> CountFlags(World world, int seeds, int threads);

// All lines that say what the counts mean, and whether every flag that is false
// stays within `most_false` (a share) and every violation reaches
// `least_found`.
struct Judgement {
  std::string text;
  bool holds = true;
};
Judgement JudgeCounts(World world, const std::map<std::string, int>& counts,
                      int seeds, double most_false, double least_found);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_TESTS_WORLDS_WORLD_H_
