#ifndef PLUMBLINE_AUDIT_FINDINGS_THING_JUDGE_H_
#define PLUMBLINE_AUDIT_FINDINGS_THING_JUDGE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/findings/decision.h"
#include "audit/findings/evidence.h"
#include "audit/findings/judge_parts.h"
#include "audit/findings/wording.h"
#include "replay/timeline/worker_timeline.h"

namespace plumbline::audit {

// Rules over single things: tasks, stretches of runs, rows of tables. All of a
// worker's breaches of one rule come into one finding.
class ThingJudge {
 public:
  ThingJudge(JudgeParts& parts, const Wording& words, const Evidence& evidence,
             Decider& decider)
      : parts_(parts), words_(words), evidence_(evidence), decider_(decider) {}

  // All rules on tasks, block by block, so that what they share of a block is
  // at hand.
  void Tasks(const replay::WorkerTimeline& timeline);
  // Each stretch of the worker's runs.
  void Runs(RuleState& state);
  // Rows of `pay`, `sessions` or `offers` of the worker in the frame.
  void TimelineRows(RuleState& state);
  // A whole small table; once a log.
  void SmallTable(RuleState& state);

 private:
  // A subject of a rule over single things, so that all of a worker's breaches
  // come into one finding.
  struct Group {
    BreachEntry breach;
    int64_t passed = 0;
    bool any = false;
    bool sums = false;
    Ratio observed, required;
  };

  void AddItem(RuleState& state, const Subject& subject, const Outcome& outcome,
               Item item, Group* group);
  void FinishGroup(RuleState& state, Group* group);
  void SetSubject(std::string_view worker, BreachEntry* breach) const;
  template <typename MakeItem>
  void Judge1(RuleState& state, const Subject& subject,
              const MakeItem& make_item, Group* group);
  void Tasks(RuleState& state, std::string_view worker, Group* group);
  std::string LastTask(int64_t end) const;
  void JudgeRow(RuleState& state, const RowView& row, std::string id,
                int64_t at, std::string_view worker, Group* group);

  JudgeParts& parts_;
  const Wording& words_;
  const Evidence& evidence_;
  Decider& decider_;
  std::vector<SureRule::Answer> sure_;  // By task, for the rule at hand.
  std::vector<Group> groups_;           // Of each rule on tasks.
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_FINDINGS_THING_JUDGE_H_
