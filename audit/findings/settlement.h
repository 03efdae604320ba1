#ifndef PLUMBLINE_AUDIT_FINDINGS_SETTLEMENT_H_
#define PLUMBLINE_AUDIT_FINDINGS_SETTLEMENT_H_

#include <vector>

#include "audit/findings/evidence.h"
#include "audit/findings/judge_parts.h"
#include "audit/findings/wording.h"

namespace plumbline::audit {

// What can only be decided once all workers were seen: sums over workers,
// gates, measures of the platform, and findings that came in several parts.
class Settlement {
 public:
  Settlement(JudgeParts& parts, const Wording& words, const Evidence& evidence)
      : parts_(parts), words_(words), evidence_(evidence) {}

  // Joins rows, decides gates and sums over workers; once, until the state is
  // reopened.
  const Tally& Decided(RuleState& state) const;
  // A rule on the measures of the whole log, which are there only at the end.
  void PlatformFinding(RuleState& state, Tally* tally) const;
  // At least what the findings of a rule lack in all.
  Ratio Lacking(RuleState& state) const;

 private:
  static std::vector<ExactBound> Totals(const PeriodEntry& period);
  BreachEntry* AddPlatform(const RuleState& state, const Outcome& outcome,
                           const PeriodKey& period, Tally* tally) const;
  void AggregateFindings(const RuleState& state, Tally* tally) const;
  void ApplyGate(const RuleState& state, Tally* tally) const;

  JudgeParts& parts_;
  const Wording& words_;
  const Evidence& evidence_;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_FINDINGS_SETTLEMENT_H_
