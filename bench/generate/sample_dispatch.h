#ifndef PLUMBLINE_BENCH_GENERATE_SAMPLE_DISPATCH_H_
#define PLUMBLINE_BENCH_GENERATE_SAMPLE_DISPATCH_H_

#include <cstdint>
#include <vector>

#include "bench/generate/sample_city.h"

namespace plumbline::bench {

enum class Fate {
  kDelivered,
  kCancelledCustomer,
  kCancelledMerchant,
  kReassigned,
  kRejected,
  kExpired
};
const char* FateWord(Fate fate);

struct SampleTask {
  int order = 0;
  int worker = 0;
  int moment = 0;
  int batch = -1;
  int load = 0;  // Tasks carried at acceptance, this one included.
  Fate fate = Fate::kDelivered;
  int64_t offered = kNoTime;
  int64_t accepted = kNoTime;
  int64_t arrived_pickup = kNoTime;
  int64_t picked_up = kNoTime;
  int64_t arrived_dropoff = kNoTime;
  int64_t completed = kNoTime;
  int64_t cancelled = kNoTime;
  int64_t pickup_distance = 0;
  int64_t dropoff_distance = 0;
  Sky sky = Sky::kDry;
  // Set by SetLimits.
  int64_t limit = kNoTime;
  int64_t promised = kNoTime;
  std::vector<int64_t> estimates;

  int64_t route() const { return pickup_distance + dropoff_distance; }
  bool is_accepted() const { return accepted != kNoTime; }
  bool delivered() const { return fate == Fate::kDelivered; }
};

struct SampleOffer {
  int moment = 0;
  int order = 0;
  int worker = 0;
  int rank = 0;
  int64_t at = 0;
  int64_t responded = kNoTime;
  Fate answer = Fate::kDelivered;  // Read where `rank` is 1.
  int64_t distance = 0;
  int64_t load = 0;
  int64_t idle = 0;
  int64_t score = 0;  // Metres; the least is the best.
};

struct SampleRun {
  std::vector<SampleTask> tasks;  // In order of the dispatch moments.
  std::vector<SampleOffer> offers;
  int batches = 0;
  int64_t offers_under_stop_work = 0;
  int64_t lost_orders = 0;
};

// The weights of the dispatch score. Published: a metre counts 1, a task
// carried 600, an idle second -1/3 up to 1,800 seconds. Planted, and nowhere
// published: what the unfair setting adds for women, and for an hour after a
// refusal.
inline constexpr int64_t kScorePerLoad = 600;
inline constexpr int64_t kMostIdleCounted = 1'800;
inline constexpr int64_t kScoreAgainstWomen = 900;
inline constexpr int64_t kScoreAfterRefusal = 1'500;

// Replays the orders through the dispatcher: candidates, offers, answers,
// waves of up to three (fair) or four (unfair) orders, rides and hand-overs.
SampleRun Dispatch(const SampleCity& city);

}  // namespace plumbline::bench

#endif  // PLUMBLINE_BENCH_GENERATE_SAMPLE_DISPATCH_H_
