#ifndef PLUMBLINE_AUDIT_MEASURES_EROSION_SERIES_H_
#define PLUMBLINE_AUDIT_MEASURES_EROSION_SERIES_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "audit/measures/erosion_cells.h"
#include "audit/stats/outcome.h"
#include "plumbline/v1/erosion.pb.h"
#include "plumbline/v1/log.pb.h"
#include "plumbline/v1/plan.pb.h"

namespace plumbline::audit {

// A published rule as far as breaks are compared with it.
struct DatedRule {
  std::string rule_id;
  v1::RuleTopic topic = v1::TOPIC_UNKNOWN;
  std::string effective_from, published_at;  // Local days, "" if unknown.
  int64_t effective_week = 0;
  bool published_known = false;
  int64_t published_week = 0;
};

// What the plan declares of changes over time.
struct ErosionBounds {
  explicit ErosionBounds(const v1::AuditPlan& plan);
  double margin;   // Relative change below which an index is unchanged.
  double known;    // Share of the tasks that must have the quantity,
  double matched;  // and a like in both periods.
  double significance;
};

// Weeks from the first to the last, both of them in it. Weeks without the
// quantity add nothing, so a range says as much as a list.
struct WeekRange {
  int64_t first = 0, last = 0;
  bool Holds(int64_t week) const { return week >= first && week <= last; }
};
struct Periods {
  WeekRange before, after;
};
// The first weeks that have a quantity, a quarter of all, at least one and at
// most four, and the last as many; none for fewer than two weeks.
std::optional<Periods> PeriodsOf(
    const std::map<StratumKey, std::vector<ErosionCells::Cell>>& cells,
    Quantity quantity);

// The finest level, from that of the cells on, at which `matched` of the tasks
// of both periods have a like: weather is dropped, then load, then zones are
// united. The level of the cells where none has.
int IndexLevelOf(
    const std::map<StratumKey, std::vector<ErosionCells::Cell>>& cells,
    Quantity quantity, double matched);

class ErosionReplicates;  // erosion_pulls.h

// "CANNOT_CONCLUDE(N)".
inline std::string CannotConclude(Reason reason) {
  return "CANNOT_CONCLUDE(" + std::string(ReasonCode(reason)) + ")";
}

// "2026-01-05" of an ISO week as LocalClock::Week numbers it.
std::string MondayOf(int64_t week);

// One quantity over time: E-INDEX, E-TREND and E-BREAK of methods.md 6.1 to
// 6.3, without the multiplicity that the family of all quantities needs
// (AdjustDrifts). Weights are those of the first weeks: a quarter of all, at
// least one and at most four. Index and weather have their interval from
// `replicates`, the weeks of the picture from groups of workers.
//
// `has_ledger` says whether the log has any published rule at all: without one
// a break is neither published nor undisclosed.
void WriteDrift(
    Quantity quantity,
    const std::map<StratumKey, std::vector<ErosionCells::Cell>>& cells,
    const std::vector<DatedRule>& rules, bool has_ledger, uint64_t seed,
    const ErosionBounds& bounds, const ErosionReplicates& replicates,
    v1::Drift* drift);

// Holm's adjustment inside each of the three families (indices, trends, breaks)
// and the verdicts, which need it. A fall of what is paid or allowed and a rise
// of the platform's part are erosion.
void AdjustDrifts(const ErosionBounds& bounds,
                  google::protobuf::Map<std::string, v1::Drift>* series);

// Rain and severe weather against dry, in strata that are alike in all else.
void WriteWeather(
    const std::map<StratumKey, std::vector<ErosionCells::Cell>>& cells,
    const ErosionBounds& bounds, const ErosionReplicates& replicates,
    v1::Erosion* erosion);

// Name of a quantity under `series`: "promise".
const char* QuantityName(int quantity);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_EROSION_SERIES_H_
