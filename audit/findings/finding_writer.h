#ifndef PLUMBLINE_AUDIT_FINDINGS_FINDING_WRITER_H_
#define PLUMBLINE_AUDIT_FINDINGS_FINDING_WRITER_H_

#include <string>
#include <vector>

#include "audit/findings/flagged_tasks.h"
#include "audit/findings/judge_parts.h"
#include "audit/findings/settlement.h"
#include "audit/findings/wording.h"
#include "plumbline/v1/result.pb.h"

namespace plumbline::audit {

// Writes what came of a rule as findings, in both languages.
class FindingWriter {
 public:
  FindingWriter(const JudgeParts& parts, const Wording& words,
                const Settlement& settlement)
      : parts_(parts), words_(words), settlement_(settlement) {}

  // Adds the findings of one rule, at least one, and its rows of
  // tasks_flagged.csv where `flagged` is not nullptr.
  void ConcludeRule(RuleState& state, std::vector<v1::Finding>* findings,
                    FlaggedTasks* flagged) const;

 private:
  void FillRule(const RuleState& state, v1::Finding* finding) const;
  void Flag(const RuleState& state, v1::Verdict verdict,
            const std::string& reason, const Item& item,
            FlaggedTasks* flagged) const;
  void AddReason(const RuleState& state, const ReasonEntry& entry,
                 std::vector<v1::Finding>* findings,
                 FlaggedTasks* flagged) const;
  void AddBreachFinding(const RuleState& state, const BreachEntry& breach,
                        std::vector<v1::Finding>* findings,
                        FlaggedTasks* flagged) const;
  void ShowFigure(const v1::Rule& rule, v1::Finding* finding) const;

  const JudgeParts& parts_;
  const Wording& words_;
  const Settlement& settlement_;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_FINDINGS_FINDING_WRITER_H_
