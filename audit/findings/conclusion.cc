#include "audit/findings/conclusion.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <tuple>

#include "audit/findings/figures.h"
#include "audit/findings/finding_writer.h"
#include "audit/rules/exact.h"
#include "audit/rules/text.h"

namespace plumbline::audit {
namespace {

// Rules of one group owe the same money.
std::string GroupOf(const RuleState& state) {
  const v1::Rule& rule = *state.rule->rule;
  return rule.overlap_group().empty()
             ? Cat(state.pack->pack.name(), "/", rule.id())
             : "group " + rule.overlap_group();
}

}  // namespace

// What a rule asks, by which formula, and the columns that it had.
void Conclusion::DescribeClause(RuleState& state,
                                v1::Coverage* coverage) const {
  const v1::Rule& rule = *state.rule->rule;
  coverage->set_pack(state.pack->pack.name());
  coverage->set_clause(rule.clause());
  coverage->set_clause_zh(rule.clause_zh());
  coverage->set_formula(rule.require());
  for (const v1::Let& let : rule.let()) {
    v1::TraceStep* part = coverage->add_parts();
    part->set_name(let.name());
    part->set_formula(let.is());
  }
  std::set<std::string> had;
  for (const Program* program :
       {&state.rule->program, &state.rule->gate_program}) {
    for (const ColumnNeed& need : program->columns) {
      std::string_view columns = need.columns;
      while (!columns.empty()) {
        const size_t end = std::min(columns.find('|'), columns.size());
        if (parts_.context.Has(columns.substr(0, end))) {
          had.emplace(columns.substr(0, end));
        }
        columns.remove_prefix(std::min(end + 1, columns.size()));
      }
    }
  }
  for (const std::string& column : had) coverage->add_data(column);
  if (!state.rule->money || !state.runnable ||
      settlement_.Decided(state).breaches.empty()) {
    return;
  }
  coverage->mutable_shortfall()->set_amount(PlainText(
      settlement_.Lacking(state), state.compared(), words_.CurrencyOf(state)));
  coverage->mutable_shortfall()->set_currency(words_.CurrencyOf(state));
}

void Conclusion::Conclude(v1::AuditResult* result,
                          FlaggedTasks* flagged) const {
  parts_.measures = &result->measures();
  const FindingWriter writer(parts_, words_, settlement_);
  std::vector<v1::Finding> findings;
  for (const auto& state : parts_.rules) {
    writer.ConcludeRule(*state, &findings, flagged);
    v1::Coverage* coverage = result->add_coverage();
    coverage->set_test(state->rule->rule->id());
    coverage->set_runnable(state->runnable);
    DescribeClause(*state, coverage);
    if (state->runnable) continue;
    coverage->set_reason(state->why.text);
    coverage->set_reason_zh(state->why.text_zh);
    for (const std::string& column : state->why.missing) {
      coverage->add_missing(column);
    }
  }
  AddFindings(std::move(findings), result);
  if (flagged != nullptr) flagged->Sort();
  AddTotal(result->mutable_summary());
  AddPacks(result);
}

void Conclusion::AddFindings(std::vector<v1::Finding> findings,
                             v1::AuditResult* result) const {
  std::stable_sort(findings.begin(), findings.end(),
                   [](const v1::Finding& a, const v1::Finding& b) {
                     return std::tie(a.pack(), a.rule_id(), a.subject().kind(),
                                     a.subject().id(), a.period().from(),
                                     a.period().to(), a.reason()) <
                            std::tie(b.pack(), b.rule_id(), b.subject().kind(),
                                     b.subject().id(), b.period().from(),
                                     b.period().to(), b.reason());
                   });
  v1::Summary* summary = result->mutable_summary();
  int64_t counts[6] = {};
  std::set<std::string> workers;
  for (v1::Finding& finding : findings) {
    ++counts[finding.verdict()];
    if (finding.verdict() == v1::BREACH &&
        finding.subject().kind() == "worker") {
      workers.insert(finding.subject().id());
    }
    result->mutable_findings()->Add(std::move(finding));
  }
  summary->set_breach(counts[v1::BREACH]);
  summary->set_indicator(counts[v1::INDICATOR]);
  summary->set_no_breach_found(counts[v1::NO_BREACH_FOUND]);
  summary->set_not_applicable(counts[v1::NOT_APPLICABLE]);
  summary->set_insufficient_evidence(counts[v1::INSUFFICIENT_EVIDENCE]);
  summary->set_workers_affected(static_cast<int64_t>(workers.size()));
}

void Conclusion::AddTotal(v1::Summary* summary) const {
  // Rules of one group owe the same money: the largest counts.
  std::map<std::pair<std::string, std::string>, Ratio> groups;
  std::map<std::string, Ratio> by_currency;
  for (const auto& state : parts_.rules) {
    if (!state->rule->money || state->indicator() || !state->runnable) continue;
    const Ratio sum = settlement_.Lacking(*state);
    Ratio& largest = groups[{words_.CurrencyOf(*state), GroupOf(*state)}];
    if (FastMath().Compare(sum, largest) > 0) largest = sum;
  }
  const std::string& currency = parts_.context.log->info.currency();
  Ratio total;
  for (const auto& [key, sum] : groups) {
    if (key.first == currency) total = Sum(total, sum);
  }
  if (!currency.empty()) {
    summary->mutable_shortfall_total()->set_amount(
        PlainText(total, {Kind::kNumber, kMoney}, currency));
    summary->mutable_shortfall_total()->set_currency(currency);
  }
}

void Conclusion::AddPacks(v1::AuditResult* result) const {
  for (const RulePack& pack : parts_.packs) {
    v1::PackUsed* used = result->add_packs();
    used->set_name(pack.pack.name());
    used->set_version(pack.pack.version());
    used->set_sha256(pack.sha256);
    used->set_title(pack.pack.title());
    used->set_title_zh(pack.pack.title_zh());
    for (const v1::Untestable& clause : pack.pack.untestable()) {
      v1::Coverage* coverage = result->add_coverage();
      coverage->set_test(clause.id());
      coverage->set_runnable(false);
      coverage->set_reason(clause.why());
      coverage->set_reason_zh(clause.why_zh());
      coverage->set_pack(pack.pack.name());
      coverage->set_clause(clause.clause());
      coverage->set_clause_zh(clause.clause_zh());
      coverage->set_settled_by(clause.settled_by());
      coverage->set_settled_by_zh(clause.settled_by_zh());
    }
  }
}

std::vector<std::pair<std::string, int64_t>> Conclusion::ShortfallByWorker()
    const {
  std::map<std::string, std::map<std::string, Ratio>> workers;
  for (const auto& state : parts_.rules) {
    if (!state->rule->money || state->indicator() || !state->runnable) continue;
    const std::string group = GroupOf(*state);
    std::map<std::string, Ratio> sums;
    for (const BreachEntry& breach : settlement_.Decided(*state).breaches) {
      if (breach.subject_kind != "worker") continue;
      Ratio& sum = sums[breach.subject];
      sum = Sum(sum, breach.shortfall);
    }
    for (const auto& [worker, sum] : sums) {
      Ratio& largest = workers[worker][group];
      if (FastMath().Compare(sum, largest) > 0) largest = sum;
    }
  }
  std::vector<std::pair<std::string, int64_t>> list;
  for (const auto& [worker, by_group] : workers) {
    Ratio total;
    for (const auto& [group, sum] : by_group) total = Sum(total, sum);
    const __int128 rounded = (2 * total.n + total.d) / (2 * total.d);
    list.emplace_back(worker, static_cast<int64_t>(rounded));
  }
  return list;
}

}  // namespace plumbline::audit
