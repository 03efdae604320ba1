#ifndef PLUMBLINE_AUDIT_MEASURES_STRICTNESS_WALK_H_
#define PLUMBLINE_AUDIT_MEASURES_STRICTNESS_WALK_H_

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "audit/measures/strictness/bands.h"
#include "audit/measures/strictness/counterfactual.h"
#include "audit/measures/strictness/derived.h"
#include "audit/measures/strictness/stratum_position.h"
#include "audit/measures/strictness/task_pool.h"
#include "plumbline/v1/plan.pb.h"

namespace plumbline::audit {

// Slack about the deadline in bins of half a minute from -20 to +20 minutes.
inline constexpr int kSlackBins = 80;
inline constexpr int64_t kSlackBinMs = 30'000;

// The bin of a slack in ms, -1 outside.
inline int SlackBinOf(int64_t slack) {
  const int64_t shifted = slack + kSlackBins / 2 * kSlackBinMs;
  if (shifted < 0 || shifted >= kSlackBins * kSlackBinMs) return -1;
  return static_cast<int>(shifted / kSlackBinMs);
}

struct SlackCounts {
  std::array<int64_t, kSlackBins> bins = {};
  int64_t last_minute = 0, first_minute_late = 0, n = 0, undelivered_late = 0;
  void operator+=(const SlackCounts& other);
};

// Delivered tasks of one cell of level 0 that have target t and a route, for
// least squares on the cell's conditions and the route: exact sums in seconds
// and metres.
struct CellMoments {
  int64_t n = 0;
  Int128 route = 0, route_route = 0, duration = 0, target = 0,
         route_duration = 0, route_target = 0, duration_duration = 0,
         target_target = 0;
};

// One cell of level 0: its week cells stand side by side in the pool.
struct CellGroup {
  StratumKey key;
  size_t begin = 0, end = 0;
  int64_t completed = 0, workers = 0;
  DaySet days;
  CellMoments moments[kTargets];
  int32_t stratum = -1;                   // In which it is ranked.
  std::array<int, kBandKinds> band = {};  // In each kind.
};

struct StratumOutcome {
  StratumKey key;
  int64_t workers = 0, days = 0;
  StratumPositionFigures figures;
  DerivedStratum derived[kTargets];
  CounterfactualSums counterfactual[kTargets];
};

// Everything that a walk over the pool's tasks gives; exact sums, and floating
// ones added in order of the strata.
struct Walk {
  int64_t first_week = 0;
  int32_t weeks = 0;                       // Of the log.
  int32_t base_first = 0, base_last = -1;  // From first_week on; none: empty.
  std::vector<CellGroup> cells;
  std::vector<StratumOutcome> strata;
  // Targets of strata with too few unpressured tasks against those of a wider
  // one: weather left out, then zones too.
  enum { kWithoutWeather, kWithoutZone, kWidenings };
  std::vector<StratumPositionFigures> wider[kWidenings];
  std::vector<WorkerPosition> workers;
  bool replicated = false;
  ReplicateSums replicates;
  BalanceSums balance;
  BandTally bands;
  SlackCounts slack[kTargets];
  // About the promise, of tasks that have no limit.
  SlackCounts unpenalised;
};

// `pool` must be closed. Runs on all threads; the bits do not depend on them.
Walk WalkPool(const TaskPool& pool, const v1::AuditPlan& plan,
              const BandList& bands);

// Calls `visit(cell, week cell, tasks)` for each week cell of tasks that were
// not prebooked, from all threads: as they lie, in no order of workers.
void ForEachWeekCell(
    const TaskPool& pool, std::span<const CellGroup> cells,
    const std::function<void(size_t cell, const WeekCell& week,
                             std::span<const StrictTask> tasks)>& visit);

// Local days since 1970-01-01 of "2026-01-05"; kUnknown where it is none.
int64_t DayOf(const std::string& text);
std::string DayText(int64_t day);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_STRICTNESS_WALK_H_
