#include "audit/findings/finding_writer.h"

#include <algorithm>
#include <string>
#include <utility>

#include "audit/findings/figures.h"
#include "audit/rules/measure_path.h"
#include "audit/rules/text.h"

namespace plumbline::audit {

void FindingWriter::FillRule(const RuleState& state,
                             v1::Finding* finding) const {
  const v1::Rule& rule = *state.rule->rule;
  finding->set_rule_id(rule.id());
  finding->set_pack(state.pack->pack.name());
  finding->set_clause(rule.clause());
  finding->set_clause_zh(rule.clause_zh());
  finding->set_source(state.pack->pack.sources(state.rule->source).title());
  finding->set_place_in_source(rule.place_in_source());
  finding->set_strength(rule.strength());
  finding->set_grade(rule.grade().empty() ? "D" : rule.grade());
  finding->set_severity(rule.severity());
  finding->set_note(rule.note());
  finding->set_note_zh(rule.note_zh());
}

void FindingWriter::Flag(const RuleState& state, v1::Verdict verdict,
                         const std::string& reason, const Item& item,
                         FlaggedTasks* flagged) const {
  if (flagged == nullptr || (state.rule->domain != Domain::kTask &&
                             state.rule->domain != Domain::kRun)) {
    return;
  }
  v1::FlaggedTask task;
  task.set_task_id(item.id);
  task.set_worker_id(item.worker);
  task.set_rule_id(state.rule->rule->id());
  task.set_pack(state.pack->pack.name());
  task.set_verdict(verdict);
  task.set_reason(reason);
  task.set_observed(item.observed);
  task.set_required(item.required);
  task.set_shortfall(item.shortfall);
  if (state.rule->money) task.set_currency(words_.CurrencyOf(state));
  task.set_from(words_.TimeText(item.from));
  task.set_to(words_.TimeText(item.to));
  flagged->Add(task);
}

void FindingWriter::AddReason(const RuleState& state, const ReasonEntry& entry,
                              std::vector<v1::Finding>* findings,
                              FlaggedTasks* flagged) const {
  v1::Finding& finding = findings->emplace_back();
  FillRule(state, &finding);
  finding.set_verdict(entry.verdict);
  finding.set_reason(entry.reason.text);
  finding.set_reason_zh(entry.reason.text_zh);
  for (const std::string& column : entry.reason.missing) {
    finding.add_missing(column);
  }
  finding.set_n(entry.n);
  if (entry.verdict != v1::INSUFFICIENT_EVIDENCE) return;
  std::vector<std::string> rows = entry.rows;
  entry.items.ForEach([&](const Item& item) {
    rows.push_back(Cat(state.table(), ":", item.id));
    Flag(state, entry.verdict, entry.reason.text, item, flagged);
  });
  if (entry.whole_table) rows.push_back(state.table() + ":*");
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  for (std::string& row : rows) finding.add_rows(std::move(row));
}

void FindingWriter::AddBreachFinding(const RuleState& state,
                                     const BreachEntry& breach,
                                     std::vector<v1::Finding>* findings,
                                     FlaggedTasks* flagged) const {
  const std::string& currency = words_.CurrencyOf(state);
  const v1::Verdict verdict = state.indicator() ? v1::INDICATOR : v1::BREACH;
  v1::Finding& finding = findings->emplace_back();
  FillRule(state, &finding);
  finding.set_verdict(verdict);
  finding.mutable_subject()->set_kind(breach.subject_kind);
  finding.mutable_subject()->set_id(breach.subject);
  finding.mutable_period()->set_from(words_.TimeText(breach.from));
  finding.mutable_period()->set_to(words_.TimeText(breach.to));
  finding.set_observed(breach.observed);
  finding.set_required(breach.required);
  if (state.rule->rhs >= 0) {
    finding.set_unit(UnitOf(state.compared(), currency));
  }
  if (state.rule->money) {
    finding.mutable_shortfall()->set_amount(
        PlainText(breach.shortfall, state.compared(), currency));
    finding.mutable_shortfall()->set_currency(currency);
  }
  const std::string low =
      PlainText(breach.shortfall, state.compared(), currency);
  const std::string high =
      breach.high_open
          ? ""
          : PlainText(breach.shortfall_high, state.compared(), currency);
  if (state.rule->rhs >= 0 && low != high) {
    finding.add_interval(low);
    finding.add_interval(high);
  }
  finding.set_n(breach.n);
  for (const v1::ParameterUsed& used : breach.parameters) {
    *finding.add_parameters() = used;
  }
  if (!breach.worst.empty() && breach.n > 1) {
    v1::TraceStep* step = finding.add_trace();
    step->set_name("shown_for");
    step->set_value(Cat(state.table(), ":", breach.worst));
  }
  for (const v1::TraceStep& step : breach.trace) *finding.add_trace() = step;
  finding.set_reason(breach.note);
  finding.set_reason_zh(breach.note_zh);
  finding.set_unverified(breach.unverified);
  if (breach.unverified) {
    if (!breach.note.empty()) {
      finding.mutable_reason()->append(" ");
    }
    finding.mutable_reason()->append(
        "Rests on a value or a rule that has not been verified "
        "(--allow-unverified).");
    finding.mutable_reason_zh()->append(
        "所依据的参数值或规则尚未核实（由 --allow-unverified 允许采用）。");
  }
  for (const std::string& row : breach.rows) finding.add_rows(row);
  breach.items.ForEach([&](const Item& item) {
    finding.add_rows(Cat(state.table(), ":", item.id));
    Flag(state, verdict, "", item, flagged);
  });
}

// The figure of the measures that findings of the rule show.
void FindingWriter::ShowFigure(const v1::Rule& rule,
                               v1::Finding* finding) const {
  MeasuredFigure figure;
  if (rule.shows().empty() ||
      !FindFigure(*parts_.measures, rule.shows(), &figure)) {
    return;
  }
  finding->set_observed(figure.value);
  finding->clear_interval();
  if (!figure.lo.empty() && !figure.hi.empty()) {
    finding->add_interval(figure.lo);
    finding->add_interval(figure.hi);
  }
  v1::TraceStep* step = finding->add_trace();
  step->set_name("shows");
  step->set_value(figure.value);
  step->set_formula(rule.shows());
}

void FindingWriter::ConcludeRule(RuleState& state,
                                 std::vector<v1::Finding>* findings,
                                 FlaggedTasks* flagged) const {
  const size_t before = findings->size();
  const bool per_worker = state.rule->domain == Domain::kWindow ||
                          state.rule->domain == Domain::kRun ||
                          state.rule->domain == Domain::kAggregate;
  ReasonEntry stopped;
  stopped.whole_table = true;
  if (!state.runnable) {
    stopped.verdict = state.stopped;
    stopped.reason = state.why;
    stopped.n = state.looked_at;
    AddReason(state, stopped, findings, flagged);
    return;
  }
  if (per_worker && parts_.known_workers == 0 && parts_.tasks > 0) {
    stopped.reason = NoWorkerNamed();
    stopped.n = parts_.tasks;
    AddReason(state, stopped, findings, flagged);
    return;
  }
  Tally of_platform;
  if (state.rule->domain == Domain::kPlatform) {
    settlement_.PlatformFinding(state, &of_platform);
  }
  const Tally& tally = state.rule->domain == Domain::kPlatform
                           ? of_platform
                           : settlement_.Decided(state);
  for (const BreachEntry& breach : tally.breaches) {
    AddBreachFinding(state, breach, findings, flagged);
  }
  for (const auto& [key, entry] : tally.reasons) {
    AddReason(state, entry, findings, flagged);
  }
  int64_t passed = 0;
  for (const auto& [key, n] : tally.passes) passed += n;
  if (passed > 0) {
    v1::Finding& finding = findings->emplace_back();
    FillRule(state, &finding);
    finding.set_verdict(v1::NO_BREACH_FOUND);
    finding.set_n(passed);
  }
  if (findings->size() == before) {
    v1::Finding& finding = findings->emplace_back();
    FillRule(state, &finding);
    finding.set_verdict(v1::NOT_APPLICABLE);
    finding.set_n(0);
    finding.set_reason("The log holds nothing that the rule is about.");
    finding.set_reason_zh("日志中没有本条所涉及的内容。");
  }
  for (size_t i = before; i < findings->size(); ++i) {
    ShowFigure(*state.rule->rule, &(*findings)[i]);
  }
}

}  // namespace plumbline::audit
