#ifndef PLUMBLINE_AUDIT_MEASURES_EROSION_SERIES_H_
#define PLUMBLINE_AUDIT_MEASURES_EROSION_SERIES_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "audit/measures/erosion_pairs.h"
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

class ErosionStatistics;  // erosion_pulls.h
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
// least one and at most four. Intervals come from `replicates`.
//
// `has_ledger` says whether the log has any published rule at all: without one
// a break is neither published nor undisclosed.
void WriteDrift(Quantity quantity, const QuantityWeeks& weeks,
                const std::vector<DatedRule>& rules, bool has_ledger,
                uint64_t seed, const ErosionBounds& bounds,
                const ErosionStatistics& statistics,
                const ErosionReplicates& replicates, v1::Drift* drift);

// Holm's adjustment inside each of the three families (indices, trends, breaks)
// and the verdicts, which need it. A fall of what is paid or allowed and a rise
// of the platform's part are erosion.
void AdjustDrifts(const ErosionBounds& bounds,
                  google::protobuf::Map<std::string, v1::Drift>* series);

// Rain and severe weather against dry, in strata that are alike in all else.
void WriteWeather(const ErosionStrata& strata, const ErosionBounds& bounds,
                  const ErosionReplicates& replicates, v1::Erosion* erosion);

// Name of a quantity under `series`: "promise".
const char* QuantityName(int quantity);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_EROSION_SERIES_H_
