#ifndef PLUMBLINE_AUDIT_FINDINGS_WINDOW_JUDGE_H_
#define PLUMBLINE_AUDIT_FINDINGS_WINDOW_JUDGE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "audit/findings/decision.h"
#include "audit/findings/evidence.h"
#include "audit/findings/judge_parts.h"
#include "audit/findings/wording.h"

namespace plumbline::audit {

// Rules over periods of the worker in the frame. The verdicts go to the state's
// tally. Cost: a period of which SureRule is sure is counted, any other is
// evaluated exactly.
class WindowJudge {
 public:
  WindowJudge(JudgeParts& parts, const Wording& words, const Evidence& evidence,
              Decider& decider)
      : parts_(parts), words_(words), evidence_(evidence), decider_(decider) {}

  // Periods of one worker under one rule.
  void Periods(RuleState& state);
  // What the worker adds to sums over all workers, in the rule or its gate.
  void Sums(RuleState& state, bool gate);

 private:
  // An indicator by the day: the days of one finding, and the worst of them.
  struct Folded {
    int64_t n = 0, from = 0, to = 0;
    Subject worst;
    Outcome outcome;
  };
  static void Fold(const Subject& subject, const Outcome& outcome,
                   Folded* folded);
  void AddFolded(RuleState& state, const Folded& folded);
  Subject SubjectOf(const RuleState& state, size_t period);
  bool ShortInAll(RuleState& state);
  void DropAssumed(RuleState& state, size_t first);
  int64_t TasksOf(const RuleState& state, const Subject& subject);
  void AddPeriodBreach(RuleState& state, const Subject& subject,
                       const Outcome& outcome);
  void AddSums(RuleState& state, bool gate, const Subject& subject);
  void CountUndecided(const Decision& decision);
  void AddUndecided(RuleState& state);

  JudgeParts& parts_;
  const Wording& words_;
  const Evidence& evidence_;
  Decider& decider_;
  struct Undecided {  // Periods of the worker without a verdict, by reason.
    v1::Verdict verdict;
    std::shared_ptr<const Reason> reason;
    bool whole;
    int64_t n;
  };
  std::vector<Undecided> undecided_;
  std::vector<SureRule::Answer> sure_;  // By period, for the rule at hand.
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_FINDINGS_WINDOW_JUDGE_H_
