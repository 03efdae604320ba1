#ifndef PLUMBLINE_AUDIT_FINDINGS_DECISION_H_
#define PLUMBLINE_AUDIT_FINDINGS_DECISION_H_

#include <cstdint>
#include <memory>

#include "audit/findings/judge_parts.h"
#include "audit/findings/top_ups.h"
#include "audit/findings/wording.h"

namespace plumbline::audit {

// What came of one rule on one subject.
struct Decision {
  v1::Verdict verdict = v1::INSUFFICIENT_EVIDENCE;
  Outcome outcome;                       // Of a breach.
  std::shared_ptr<const Reason> reason;  // Without a verdict.
  bool whole = false;                    // It holds for a whole table.
  bool compared = false;  // Whether it came to the comparison at all.
};

// Pay that was looked for to make a shortfall good, and until when.
struct TopUpNote {
  TopUps pay;
  int64_t due = 0;
};

// Gives the verdict on single subjects: the order is scope, then the cases
// without a verdict, then the comparison, then what was paid to make it good.
class Decider {
 public:
  Decider(JudgeParts& parts, const Wording& words)
      : parts_(parts), words_(words) {}

  // Counts what is out of scope in the state.
  Decision Decide(RuleState& state, const Subject& subject);
  // Takes pay that made the shortfall good in time off it.
  void MakeGood(RuleState& state, const Subject& subject, Decision* decision,
                TopUpNote* note);
  void SayTopUps(const RuleState& state, const TopUpNote& note,
                 BreachEntry* breach) const;

 private:
  // Why it is open; made once for each set of columns that lack.
  void Open(RuleState& state, uint64_t missing, const ParameterFailure& failure,
            Decision* decision) const;

  JudgeParts& parts_;
  const Wording& words_;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_FINDINGS_DECISION_H_
