#include "audit/findings/evidence.h"

#include <algorithm>
#include <utility>

#include "audit/findings/figures.h"
#include "audit/rules/text.h"

namespace plumbline::audit {
namespace {

std::string SourceTitle(const v1::RulePack& pack, const std::string& id) {
  for (const v1::Source& source : pack.sources()) {
    if (source.id() == id) return source.title();
  }
  return id;
}

}  // namespace

BreachEntry& Evidence::AddBreach(const RuleState& state, std::string_view kind,
                                 std::string subject, const PeriodKey& period,
                                 const Outcome& outcome,
                                 std::vector<BreachEntry>* breaches) const {
  BreachEntry& breach = breaches->emplace_back();
  breach.subject_kind = kind;
  breach.subject = std::move(subject);
  breach.from = period.first;
  breach.to = period.second;
  if (state.rule->rhs >= 0) {
    breach.observed = words_.ShownText(state, outcome.observed);
    breach.required = words_.ShownText(state, outcome.required);
  }
  breach.shortfall = outcome.shortfall_lo;
  breach.shortfall_high = outcome.shortfall_hi;
  breach.high_open = outcome.shortfall_open;
  return breach;
}

void Evidence::AddTrace(const RuleState& state, const Subject& subject,
                        BreachEntry* breach) const {
  const v1::Rule& rule = *state.rule->rule;
  for (const RuleEvaluator::Part& part : state.evaluator->Trace(subject)) {
    if (part.type.kind == Kind::kText) continue;
    v1::TraceStep& step = breach->trace.emplace_back();
    step.set_name(rule.let(part.let).name());
    step.set_value(words_.TraceText(part));
    step.set_unit(UnitOf(part.type, words_.CurrencyOf(state)));
    step.set_formula(rule.let(part.let).is());
  }
  v1::TraceStep& step = breach->trace.emplace_back();
  step.set_name("require");
  step.set_value("false");
  step.set_formula(rule.require());
}

void Evidence::Used(const RuleState& state, BreachEntry* breach) const {
  breach->unverified |= state.rule->rule->confidence() == "M";
  const CompiledPack& pack = *state.pack->compiled;
  for (const UsedValue& used : state.evaluator->TakeUsed()) {
    const v1::RuleParameter& parameter =
        *pack.parameters[used.parameter].parameter;
    const v1::DatedValue& value = *used.value->source;
    v1::ParameterUsed shown;
    std::string name = parameter.name();
    if (!value.class_().empty()) name += "(" + value.class_() + ")";
    if (!value.place().empty()) name += " " + value.place();
    shown.set_name(std::move(name));
    shown.set_value(value.value());
    shown.set_unit(parameter.unit());
    shown.set_valid_from(value.valid_from());
    shown.set_source(SourceTitle(pack.pack, value.source()));
    shown.set_confidence(value.confidence());
    breach->unverified |= state.lookup->Unverified(*used.value, used.day);
    const bool known =
        std::any_of(breach->parameters.begin(), breach->parameters.end(),
                    [&](const v1::ParameterUsed& other) {
                      return other.name() == shown.name() &&
                             other.valid_from() == shown.valid_from();
                    });
    if (!known) breach->parameters.push_back(std::move(shown));
  }
}

}  // namespace plumbline::audit
