#ifndef PLUMBLINE_AUDIT_MEASURES_RATCHET_H_
#define PLUMBLINE_AUDIT_MEASURES_RATCHET_H_

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "audit/measures/strata.h"
#include "audit/stats/outcome.h"
#include "plumbline/v1/erosion_state.pb.h"
#include "plumbline/v1/figure.pb.h"

namespace plumbline::audit {

// Mean targets and median durations of one half of one stratum and week.
struct RatchetHalf {
  std::array<int64_t, 2> n = {};          // Tasks with a promise, with a limit.
  std::array<int64_t, 2> target_ms = {};  // Sums.
  std::vector<uint32_t> durations;        // By kRatchetBin of ms.

  int64_t completed() const;
  // ms, linear inside a bin; nothing may be asked of an empty half.
  double Median() const;
  double MeanTarget(int t) const {
    return static_cast<double>(target_ms[t]) / static_cast<double>(n[t]);
  }
};
inline constexpr int64_t kRatchetBin = 10'000;  // ms
inline constexpr int64_t kRatchetBins = 720;    // The last one holds the rest.

// What R-RATCHET needs: by stratum (distance band, type of hour and vehicle,
// all zones together) and ISO week, two halves by the parity of a hash of the
// task. Sums and counts, so merging is addition. Memory: some kB a
// stratum-week.
class RatchetCells {
 public:
  using Key = std::pair<StratumKey, int64_t>;  // Stratum of level 3, week.
  using Halves = std::array<RatchetHalf, 2>;

  void Add(const StratumSorter& sorter, int64_t week, int half,
           const TaskInStratum& task);
  void Merge(const v1::ErosionState& state);
  void Save(v1::ErosionState* state) const;
  const std::map<Key, Halves>& cells() const { return cells_; }

 private:
  Halves& At(const StratumSorter& sorter, uint32_t cell, int64_t week);

  std::map<Key, Halves> cells_;
  struct Place {
    int64_t week = INT64_MIN;
    Halves* halves = nullptr;  // Nodes of a map stay where they are.
  };
  std::vector<Place> last_;  // By cell of the sorter.
};

// Do fast times shorten later targets? Over strata s and weeks t,
//
//   T_{s,t+1} - T_{s,t} = lambda_t + b g_{s,t} + e,   g = T - median duration
//
// T_t and g share the error of measuring T_t, which alone makes b negative. So
// the tasks of a cell are split by hash into halves A and B: y and the
// regressor use B, and A's g is the instrument; then the same with the halves
// exchanged. Means of weeks are taken off; effects of strata are not, since
// they bias b downwards in short panels.
//
//   both       b = sum g_A y / sum g_A g_B
//   cut        the same for g > 0, restore for g < 0, split on the instrument
//   placebo    b of a second regressor, -(M_{t+3} - M_{t+2}): what workers do
//              later cannot have cut the target now. (g_{t+1} itself holds
//              T_{t+1}, so that it follows the change by construction.)
//
// A ratchet is a cut that is not restored: cut < 0 and cut < restore. Errors:
// strata are left out one at a time (CV3), t with G - 1. Reliability is
// cov(g_A, g_B) / var(g_B); below `reliable` the two sides cannot be told
// apart: POW. Cells need `kFewestPerHalf` tasks with the target and completed
// in each half. No stratum-week pair or fewer than 6 strata: N; targets that
// never vary: ID.
struct RatchetCoefficient {
  double value = 0, low = 0, high = 0, p_value = 1;
  v1::Clusters spread;  // Strata, in pairs of weeks.
};
struct RatchetEstimate {
  int64_t strata = 0, pairs = 0, weeks = 0;
  double mean_per_half = 0;
  double reliability = 0;
  RatchetCoefficient both;
  Outcome<RatchetCoefficient> cut{Reason::kTooFew, ""};
  Outcome<RatchetCoefficient> restore{Reason::kTooFew, ""};
  Outcome<RatchetCoefficient> difference{Reason::kTooFew, ""};
  Outcome<RatchetCoefficient> placebo{Reason::kTooFew, ""};
};
inline constexpr int64_t kFewestPerHalf = 15;
Outcome<RatchetEstimate> EstimateRatchet(
    const std::map<RatchetCells::Key, RatchetCells::Halves>& cells, int target,
    double reliable = 0.8);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_RATCHET_H_
