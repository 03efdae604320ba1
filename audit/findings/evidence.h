#ifndef PLUMBLINE_AUDIT_FINDINGS_EVIDENCE_H_
#define PLUMBLINE_AUDIT_FINDINGS_EVIDENCE_H_

#include <string>
#include <string_view>
#include <vector>

#include "audit/findings/judge_parts.h"
#include "audit/findings/wording.h"

namespace plumbline::audit {

// What every breach shows: its figures, the parts of the formula, the values of
// parameters with their sources.
class Evidence {
 public:
  Evidence(const JudgeParts& parts, const Wording& words)
      : parts_(parts), words_(words) {}

  // A new entry with what every breach of a period says.
  BreachEntry& AddBreach(const RuleState& state, std::string_view kind,
                         std::string subject, const PeriodKey& period,
                         const Outcome& outcome,
                         std::vector<BreachEntry>* breaches) const;
  // The named parts, and last what the rule demands of them.
  void AddTrace(const RuleState& state, const Subject& subject,
                BreachEntry* breach) const;
  // The values that the evaluator recorded since it was last asked.
  void Used(const RuleState& state, BreachEntry* breach) const;

 private:
  const JudgeParts& parts_;
  const Wording& words_;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_FINDINGS_EVIDENCE_H_
