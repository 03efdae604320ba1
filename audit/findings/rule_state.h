#ifndef PLUMBLINE_AUDIT_FINDINGS_RULE_STATE_H_
#define PLUMBLINE_AUDIT_FINDINGS_RULE_STATE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "audit/findings/elements.h"
#include "audit/findings/evaluate.h"
#include "audit/findings/parameter_lookup.h"
#include "audit/findings/reason.h"
#include "audit/findings/sure_rule.h"
#include "audit/findings/tally.h"
#include "audit/rules/compiled_pack.h"
#include "audit/rules/rule_pack.h"

namespace plumbline::audit {

// One rule of one pack and all that came of it so far. One per judge.
struct RuleState {
  const RulePack* pack = nullptr;
  const CompiledRule* rule = nullptr;
  ParameterLookup* lookup = nullptr;
  std::unique_ptr<Elements> elements;
  std::unique_ptr<RuleEvaluator> evaluator;
  std::unique_ptr<SureRule> sure;  // Of rules on tasks and windows.
  int plan = -1;
  uint64_t absent = 0;  // Columns that the log does not have at all.
  bool runnable = true;
  v1::Verdict stopped = v1::INSUFFICIENT_EVIDENCE;
  Reason why;             // Where it is not runnable.
  int64_t looked_at = 0;  // Subjects while it is not runnable.
  // Counted apart, since they may be all tasks: a reason costs a text.
  int64_t before = 0, after = 0, out_of_scope = 0;
  // Why something is open, by the columns that lack.
  struct OpenReason {
    std::shared_ptr<const Reason> reason;
    bool whole = false;
  };
  std::map<uint64_t, OpenReason> open_reasons;
  Tally tally;
  // Of a rule over a small table: what each row came to, by its key.
  std::map<std::string, Tally> rows;
  // The tally once rows are joined and gates and sums over workers decided.
  Tally decided;
  bool is_decided = false;

  bool indicator() const {
    const std::string& strength = rule->rule->strength();
    return rule->rule->severity() == 1 || strength == "E" || strength == "D";
  }
  std::string table() const {
    return rule->domain == Domain::kRow ? rule->row_table : "tasks";
  }
  const Type& compared() const { return rule->program.nodes[rule->lhs].type; }
};

// A rule over rows of a table that no timeline holds.
bool UsesSmallTable(const CompiledRule& rule);

// Whether a day is one on which the rule is in force; counts it where not.
bool InForce(RuleState& state, int64_t day);
// Brings what was counted apart into the tally.
void Flush(RuleState& state);

// Whether sums over all workers decide at the end, and the columns of the
// program that their bits name.
bool NeedsSums(const RuleState& state);
const std::vector<ColumnNeed>& SumColumns(const RuleState& state);
// Takes back what deciding moved out of the tally.
void Reopen(RuleState& state);

// Figures of several tasks added up; beyond 128 bits to 10^-12 of a unit.
Ratio Sum(const Ratio& a, const Ratio& b);
// Which of two falls shorter; of equals the one with the smaller id.
bool Shorter(const Ratio& a, const std::string& a_id, const Ratio& b,
             const std::string& b_id);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_FINDINGS_RULE_STATE_H_
