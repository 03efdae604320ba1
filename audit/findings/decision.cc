#include "audit/findings/decision.h"

#include <memory>
#include <string>
#include <utility>

#include "audit/findings/figures.h"
#include "audit/rules/exact.h"
#include "audit/rules/text.h"

namespace plumbline::audit {

Decision Decider::Decide(RuleState& state, const Subject& subject) {
  Decision decision;
  uint64_t missing = 0;
  ParameterFailure failure;
  const Verdict3 scope = state.evaluator->Scope(subject, &missing, &failure);
  if (scope == Verdict3::kBroken) {
    ++state.out_of_scope;
    decision.verdict = v1::NOT_APPLICABLE;
    return decision;
  }
  if (scope == Verdict3::kOpen) {
    Open(state, missing, failure, &decision);
    return decision;
  }
  bool only_pass = false;
  const int undecidable =
      state.evaluator->Undecidable(subject, &only_pass, &missing);
  if (undecidable >= 0) {
    decision.reason = std::make_shared<Reason>(
        OfUndecidable(state.rule->rule->undecidable(undecidable)));
    return decision;
  }
  decision.outcome = state.evaluator->Require(subject);
  decision.compared = true;
  if (decision.outcome.verdict == Verdict3::kMet) {
    decision.verdict = v1::NO_BREACH_FOUND;
  } else if (decision.outcome.verdict == Verdict3::kBroken && !only_pass) {
    decision.verdict = v1::BREACH;
  } else if (decision.outcome.verdict == Verdict3::kBroken) {
    Open(state, missing, {}, &decision);
  } else {
    Open(state, decision.outcome.missing, decision.outcome.failure, &decision);
  }
  return decision;
}

void Decider::Open(RuleState& state, uint64_t missing,
                   const ParameterFailure& failure, Decision* decision) const {
  const bool kept = failure.kind == Failure::kNone;
  if (kept) {
    const auto found = state.open_reasons.find(missing);
    if (found != state.open_reasons.end()) {
      decision->reason = found->second.reason;
      decision->whole = found->second.whole;
      return;
    }
  }
  decision->reason = std::make_shared<Reason>(
      words_.OpenReason(state, missing, failure, &decision->whole));
  if (kept) state.open_reasons[missing] = {decision->reason, decision->whole};
}

void Decider::MakeGood(RuleState& state, const Subject& subject,
                       Decision* decision, TopUpNote* note) {
  const Outcome& outcome = decision->outcome;
  const bool open = decision->verdict == v1::INSUFFICIENT_EVIDENCE &&
                    decision->compared && outcome.verdict == Verdict3::kOpen &&
                    outcome.failure.kind == Failure::kNone;
  if (decision->verdict != v1::BREACH && !open) return;
  note->due =
      TopUpDue(state.rule->top_up, parts_.frame, subject.plan, subject.period);
  note->pay = FindTopUps(state.rule->top_up, parts_.frame, subject.plan,
                         subject.period, note->due);
  FastMath math;
  Outcome& left = decision->outcome;
  left.shortfall_lo = math.Subtract(outcome.shortfall_lo,
                                    {note->pay.in_time + note->pay.perhaps, 1});
  left.shortfall_hi =
      math.Subtract(outcome.shortfall_hi, {note->pay.in_time, 1});
  const Ratio& none = state.rule->tolerance;
  if (!left.shortfall_open && math.Compare(left.shortfall_hi, none) <= 0) {
    decision->verdict = v1::NO_BREACH_FOUND;
  } else if (decision->verdict == v1::BREACH &&
             math.Compare(left.shortfall_lo, none) <= 0) {
    decision->verdict = v1::INSUFFICIENT_EVIDENCE;
    decision->reason = std::make_shared<Reason>(
        CellsUnknown({"pay.paid_at", "pay.period_start"}));
  } else if (decision->verdict == v1::BREACH && note->due > subject.to &&
             !parts_.frame.LastsTo(note->due)) {
    decision->verdict = v1::INSUFFICIENT_EVIDENCE;
    decision->reason = std::make_shared<Reason>(TopUpStillOpen());
  }
}

void Decider::SayTopUps(const RuleState& state, const TopUpNote& note,
                        BreachEntry* breach) const {
  const Type money{Kind::kNumber, kMoney};
  const std::string& currency = words_.CurrencyOf(state);
  auto step = [&](const char* name, __int128 amount) {
    v1::TraceStep& added = breach->trace.emplace_back();
    added.set_name(name);
    added.set_value(ExactFigure({amount, 1}, money));
    added.set_unit(currency);
  };
  step("top_up_in_time", note.pay.in_time);
  if (note.pay.perhaps != 0) step("top_up_perhaps", note.pay.perhaps);
  v1::TraceStep& due = breach->trace.emplace_back();
  due.set_name("top_up_due_before");
  due.set_value(words_.TimeText(note.due));
  if (note.pay.late == 0) return;
  step("top_up_late", note.pay.late);
  const std::string amount = PlainText({note.pay.late, 1}, money, currency);
  const std::string paid = words_.TimeText(note.pay.last_late);
  breach->note = Cat(amount, " ", currency, " was paid late, on ", paid,
                     "; to make good it had to come before ",
                     words_.TimeText(note.due), ".");
  breach->note_zh =
      Cat("补足款 ", amount, " ", currency, " 迟至 ", paid,
          " 才支付，而补足期限为 ", words_.TimeText(note.due), " 之前。");
}

}  // namespace plumbline::audit
