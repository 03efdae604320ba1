#include "audit/findings/rule_state.h"

#include <utility>

#include "audit/findings/big_math.h"
#include "audit/rules/exact.h"

namespace plumbline::audit {

bool UsesSmallTable(const CompiledRule& rule) {
  return rule.domain == Domain::kRow && rule.row_table != "pay" &&
         rule.row_table != "sessions" && rule.row_table != "offers";
}

bool InForce(RuleState& state, int64_t day) {
  if (day < state.rule->from) {
    ++state.before;
    return false;
  }
  if (state.rule->to != kNoDay && day > state.rule->to) {
    ++state.after;
    return false;
  }
  return true;
}

void Flush(RuleState& state) {
  auto add = [&](int64_t* n, Reason (*reason)(const CompiledRule&)) {
    if (*n == 0) return;
    state.tally.Find(v1::NOT_APPLICABLE, reason(*state.rule)).n +=
        std::exchange(*n, 0);
  };
  add(&state.before, NotYetInForce);
  add(&state.after, NoLongerInForce);
  add(&state.out_of_scope, NotInScope);
}

bool NeedsSums(const RuleState& state) {
  return state.rule->domain == Domain::kAggregate || state.rule->gate >= 0;
}

const std::vector<ColumnNeed>& SumColumns(const RuleState& state) {
  return state.rule->domain == Domain::kAggregate
             ? state.rule->program.columns
             : state.rule->gate_program.columns;
}

void Reopen(RuleState& state) {
  if (!state.is_decided) return;
  state.is_decided = false;
  if (!NeedsSums(state) && state.rows.empty()) {
    state.tally = std::move(state.decided);
  }
  state.decided = {};
}

Ratio Sum(const Ratio& a, const Ratio& b) {
  FastMath fast;
  const Ratio sum = fast.Add(a, b);
  if (!fast.overflow) return sum;
  return ToRatio(BigMath().Add(BigMath::From(a), BigMath::From(b)));
}

bool Shorter(const Ratio& a, const std::string& a_id, const Ratio& b,
             const std::string& b_id) {
  const int order = FastMath().Compare(a, b);
  return order > 0 || (order == 0 && a_id < b_id);
}

}  // namespace plumbline::audit
