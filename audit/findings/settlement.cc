#include "audit/findings/settlement.h"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "audit/findings/big_math.h"
#include "audit/rules/exact.h"
#include "audit/rules/measure_path.h"

namespace plumbline::audit {
namespace {

// Adds figures as they are shown.
std::string AddTexts(const std::string& a, const std::string& b) {
  Ratio x, y;
  if (!ParseExactDecimal(a, &x) || !ParseExactDecimal(b, &y)) return a;
  const size_t point = a.find('.');
  return RoundedText(Sum(x, y), point == std::string::npos
                                    ? 0
                                    : static_cast<int>(a.size() - point - 1));
}

// Takes what another part of the same finding holds into `to`.
void Join(bool money, BreachEntry&& breach, BreachEntry* to) {
  const bool worst = Shorter(breach.worst_shortfall, breach.worst,
                             to->worst_shortfall, to->worst);
  if (money) {
    to->observed = AddTexts(to->observed, breach.observed);
    to->required = AddTexts(to->required, breach.required);
  } else if (worst) {
    to->observed = std::move(breach.observed);
    to->required = std::move(breach.required);
  }
  if (worst) {
    to->worst = std::move(breach.worst);
    to->worst_shortfall = breach.worst_shortfall;
    to->trace = std::move(breach.trace);
  }
  to->shortfall = Sum(to->shortfall, breach.shortfall);
  to->high_open |= breach.high_open;
  to->shortfall_high = Sum(to->shortfall_high, breach.shortfall_high);
  to->unverified |= breach.unverified;
  to->from = std::min(to->from, breach.from);
  to->to = std::max(to->to, breach.to);
  to->n += breach.n;
  for (v1::ParameterUsed& used : breach.parameters) {
    const bool known =
        std::any_of(to->parameters.begin(), to->parameters.end(),
                    [&](const v1::ParameterUsed& other) {
                      return other.name() == used.name() &&
                             other.valid_from() == used.valid_from();
                    });
    if (!known) to->parameters.push_back(std::move(used));
  }
  to->items.Add(std::move(breach.items));
}

// Tasks without a known worker come in several parts; sorted by subject.
void JoinParts(bool money, std::vector<BreachEntry>* breaches) {
  std::vector<BreachEntry> joined;
  for (BreachEntry& breach : *breaches) {
    if (joined.empty() || joined.back().subject != breach.subject ||
        joined.back().subject_kind != breach.subject_kind) {
      joined.push_back(std::move(breach));
      continue;
    }
    Join(money, std::move(breach), &joined.back());
  }
  *breaches = std::move(joined);
}

}  // namespace

using replay::kUnknown;

std::vector<ExactBound> Settlement::Totals(const PeriodEntry& period) {
  std::vector<ExactBound> totals;
  for (const SumEntry& sum : period.sums) {
    ExactBound& bound = totals.emplace_back();
    bound.missing = sum.missing;
    auto text = [](const ExactSum& number) {
      const BigMath::Number total = number.Total();
      return numerator(total).str() + "/" + denominator(total).str();
    };
    if (!sum.low_open) bound.low = text(sum.low);
    if (!sum.high_open) bound.high = text(sum.high);
  }
  return totals;
}

// What came of a rule over the platform in one period; the entry where it is a
// breach, else null.
BreachEntry* Settlement::AddPlatform(const RuleState& state,
                                     const Outcome& outcome,
                                     const PeriodKey& period,
                                     Tally* tally) const {
  if (outcome.verdict == Verdict3::kMet) {
    ++tally->passes[{0, 0}];
    return nullptr;
  }
  if (outcome.verdict == Verdict3::kOpen) {
    bool whole = false;
    ReasonEntry& entry = tally->Find(
        v1::INSUFFICIENT_EVIDENCE,
        words_.OpenReason(state, outcome.missing, outcome.failure, &whole));
    ++entry.n;
    entry.whole_table = true;
    return nullptr;
  }
  BreachEntry& breach =
      evidence_.AddBreach(state, "platform", words_.PlatformName(), period,
                          outcome, &tally->breaches);
  breach.rows.push_back("tasks:*");
  return &breach;
}

void Settlement::PlatformFinding(RuleState& state, Tally* tally) const {
  Subject subject;
  // Values are those of the day on which the log ends, if it says so.
  const int64_t end = parts_.frame.Horizon();
  subject.day = end < int64_t{1} << 50 ? parts_.frame.clock().Day(end - 1)
                                       : state.lookup->pack().last_checked;
  if (state.rule->require < 0) {
    const std::string& path = state.rule->rule->shows();
    MeasuredFigure figure;
    ReasonEntry& entry =
        tally->Find(v1::INSUFFICIENT_EVIDENCE,
                    FindFigure(*parts_.measures, path, &figure)
                        ? NoNumberSet()
                        : OfParameter({Failure::kNoMeasure, -1, 0, path},
                                      *state.pack->compiled, ""));
    entry.n = parts_.tasks;
    entry.whole_table = true;
    return;
  }
  state.evaluator->Give(parts_.measures);
  state.evaluator->TakeUsed();
  state.evaluator->Record(true);
  const Outcome outcome = state.evaluator->Require(subject);
  BreachEntry* breach =
      AddPlatform(state, outcome, {kUnknown, kUnknown}, tally);
  if (breach != nullptr) {
    breach->n = parts_.tasks;
    evidence_.AddTrace(state, subject, breach);
    evidence_.Used(state, breach);
  }
  state.evaluator->Record(false);
}

void Settlement::AggregateFindings(const RuleState& state, Tally* tally) const {
  for (const auto& [key, period] : tally->periods) {
    const std::vector<ExactBound> totals = Totals(period);
    const int64_t day = parts_.frame.clock().Day(key.first);
    state.evaluator->TakeUsed();
    state.evaluator->Record(true);
    const Outcome outcome = state.evaluator->Conclude(totals, day);
    state.evaluator->Record(false);
    BreachEntry* breach = AddPlatform(state, outcome, key, tally);
    if (breach == nullptr) continue;
    breach->n = period.workers;
    evidence_.Used(state, breach);
  }
}

void Settlement::ApplyGate(const RuleState& state, Tally* tally) const {
  std::map<PeriodKey, Verdict3> gates;
  std::map<PeriodKey, Reason> reasons;
  for (const auto& [key, period] : tally->periods) {
    uint64_t missing = 0;
    ParameterFailure failure;
    const Verdict3 gate = state.evaluator->Gate(
        Totals(period), parts_.frame.clock().Day(key.first), &missing,
        &failure);
    gates[key] = gate;
    if (gate == Verdict3::kOpen) {
      reasons[key] = failure.kind != Failure::kNone
                         ? OfParameter(failure, *state.pack->compiled, "")
                         : words_.Unsettled(state.rule->gate_program, missing);
    }
  }
  auto close = [&](const PeriodKey& key, int64_t n, const std::string* row) {
    const bool open = gates[key] == Verdict3::kOpen;
    ReasonEntry& entry =
        tally->Find(open ? v1::INSUFFICIENT_EVIDENCE : v1::NOT_APPLICABLE,
                    open ? reasons[key] : GateClosed(*state.rule));
    entry.n += n;
    if (open && row != nullptr) entry.rows.push_back(*row);
  };
  std::map<PeriodKey, int64_t> passes;
  for (const auto& [key, n] : tally->passes) {
    if (gates[key] == Verdict3::kBroken) {
      close(key, n, nullptr);
    } else {
      passes[{0, 0}] += n;  // Met with or without the gate.
    }
  }
  tally->passes = std::move(passes);
  std::vector<BreachEntry> breaches;
  for (BreachEntry& breach : tally->breaches) {
    const PeriodKey key{breach.from, breach.to};
    if (gates[key] == Verdict3::kMet) {
      breaches.push_back(std::move(breach));
    } else {
      close(key, 1, &breach.rows[0]);
    }
  }
  tally->breaches = std::move(breaches);
}

const Tally& Settlement::Decided(RuleState& state) const {
  if (state.is_decided) return state.decided;
  Flush(state);
  state.is_decided = true;
  // A tally that nothing more is decided on is moved, not copied: flagged tasks
  // may be many.
  if (NeedsSums(state)) {
    state.decided = state.tally;
  } else {
    state.decided.Absorb(std::exchange(state.tally, {}));
  }
  Tally& tally = state.decided;
  for (const auto& [key, row] : state.rows) tally.Absorb(Tally(row));
  if (state.rule->domain == Domain::kAggregate) {
    AggregateFindings(state, &tally);
  } else if (state.rule->gate >= 0) {
    ApplyGate(state, &tally);
  }
  std::sort(tally.breaches.begin(), tally.breaches.end(),
            [](const BreachEntry& a, const BreachEntry& b) {
              return std::tie(a.subject_kind, a.subject, a.from, a.to, a.n) <
                     std::tie(b.subject_kind, b.subject, b.from, b.to, b.n);
            });
  if (state.rule->domain == Domain::kTask ||
      state.rule->domain == Domain::kRun ||
      state.rule->domain == Domain::kRow) {
    JoinParts(state.rule->money, &tally.breaches);
  }
  for (BreachEntry& breach : tally.breaches) {
    breach.items.SortById();
    std::sort(breach.parameters.begin(), breach.parameters.end(),
              [](const v1::ParameterUsed& a, const v1::ParameterUsed& b) {
                return std::tie(a.name(), a.valid_from()) <
                       std::tie(b.name(), b.valid_from());
              });
  }
  return state.decided;
}

Ratio Settlement::Lacking(RuleState& state) const {
  Ratio sum;
  for (const BreachEntry& breach : Decided(state).breaches) {
    sum = Sum(sum, breach.shortfall);
  }
  return sum;
}

}  // namespace plumbline::audit
