#include "audit/findings/rule_setup.h"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "absl/time/time.h"
#include "audit/findings/elements.h"
#include "audit/findings/reason.h"
#include "audit/findings/sure_rule.h"
#include "audit/rules/text.h"

namespace plumbline::audit {
namespace {

// Whether the log has one of the columns "a|b".
bool HasOne(const MeasureContext& context, std::string_view columns) {
  while (!columns.empty()) {
    const size_t end = std::min(columns.find('|'), columns.size());
    if (context.Has(columns.substr(0, end))) return true;
    columns.remove_prefix(std::min(end + 1, columns.size()));
  }
  return false;
}

std::string FirstColumn(std::string_view columns) {
  return std::string(columns.substr(0, columns.find('|')));
}

// Whether some formula goes over a worker's rows of a small table.
bool UsesSmallRows(const RulePack& pack) {
  for (const CompiledRule& rule : pack.compiled->rules) {
    for (const Program* program : {&rule.program, &rule.gate_program}) {
      for (const Node& node : program->nodes) {
        if (node.element == Element::kRow) return true;
      }
    }
  }
  return false;
}

bool UsesRoster(const Program& program) {
  return std::any_of(program.nodes.begin(), program.nodes.end(),
                     [](const Node& node) { return node.op == Op::kRoster; });
}

bool UsesMoney(const Program& program) {
  return std::any_of(
      program.nodes.begin(), program.nodes.end(), [](const Node& node) {
        return (node.op == Op::kParameter || node.op == Op::kConstant) &&
               node.type.dimension.money != 0;
      });
}

bool HasTable(const MeasureContext& context, const std::string& table) {
  const std::string prefix = table + ".";
  return std::any_of(context.log->columns.begin(), context.log->columns.end(),
                     [&](const std::string& column) {
                       return column.compare(0, prefix.size(), prefix) == 0;
                     });
}

// A gate asks for sums of every window, sure of its verdict or not.
void AddSure(RuleState* state, JudgeParts* parts) {
  const CompiledRule& rule = *state->rule;
  const bool windows = rule.domain == Domain::kWindow && rule.gate < 0;
  if (!windows && rule.domain != Domain::kTask) return;
  auto sure = std::make_unique<SureRule>(
      SureColumns::Owner{&rule, state->lookup, state->plan},
      windows ? SureRows::kWindows : SureRows::kTasks, parts->columns);
  if (sure->possible()) state->sure = std::move(sure);
}

void AddRule(const RulePack& pack, const CompiledRule& rule,
             JudgeParts* parts) {
  auto state = std::make_unique<RuleState>();
  state->pack = &pack;
  state->rule = &rule;
  state->lookup = parts->lookups.back().get();
  const bool worker =
      rule.domain == Domain::kWindow || rule.domain == Domain::kAggregate;
  if (worker) {
    state->plan = parts->frame.AddPlan(rule.plan);
  }
  state->evaluator = std::make_unique<RuleEvaluator>(
      rule, *state->lookup, parts->frame, parts->context.store,
      parts->context.log->mdrp, state->plan);
  state->elements = std::make_unique<Elements>(parts->context, parts->frame,
                                               parts->small_tables.get());
  state->evaluator->Give(state->elements.get(), &parts->calendars);
  AddSure(state.get(), parts);
  std::set<std::string> missing;
  auto need = [&](const Program& program, uint64_t* absent) {
    for (size_t i = 0; i < program.columns.size(); ++i) {
      const ColumnNeed& column = program.columns[i];
      if (HasOne(parts->context, column.columns)) continue;
      if (absent != nullptr) *absent |= uint64_t{1} << i;
      if (!column.soft) missing.insert(FirstColumn(column.columns));
    }
  };
  need(rule.program, &state->absent);
  need(rule.gate_program, nullptr);
  if (rule.domain == Domain::kRow && missing.empty() &&
      !HasTable(parts->context, rule.row_table)) {
    missing.insert(rule.row_table + ".*");
  }
  const bool calendar = worker && rule.plan.kind != WindowKind::kLog &&
                        rule.plan.kind != WindowKind::kPayPeriod &&
                        rule.plan.kind != WindowKind::kSession &&
                        rule.plan.kind != WindowKind::kRolling;
  if ((calendar || UsesParameters(rule.program)) &&
      !parts->context.zone_known) {
    missing.insert("log.time_zone");
  }
  const std::string& currency = parts->context.log->info.currency();
  const std::string& own = pack.pack.currency();
  if (UsesMoney(rule.program) && !own.empty() && currency != own) {
    if (currency.empty()) {
      missing.insert("log.currency");
    } else {
      state->runnable = false;
      state->stopped = v1::NOT_APPLICABLE;
      state->why = OtherCurrency(currency, own);
    }
  }
  if (state->runnable && rule.rule->confidence() == "M" &&
      !parts->options.allow_unverified) {
    state->runnable = false;
    state->why = RuleFromMemory();
  }
  if (!missing.empty() && state->runnable) {
    state->runnable = false;
    state->why = ColumnsMissing({missing.begin(), missing.end()});
  }
  parts->rules.push_back(std::move(state));
}

}  // namespace

bool UsesParameters(const Program& program) {
  return std::any_of(
      program.nodes.begin(), program.nodes.end(),
      [](const Node& node) { return node.op == Op::kParameter; });
}

LogShape ShapeOf(const std::vector<RulePack>& packs,
                 const MeasureContext& context) {
  LogShape shape;
  shape.sessions = context.Has("sessions.started_at");
  shape.pay_lines = context.Has("pay.amount");
  shape.required_column = context.Has("sessions.required");
  for (int kind = 1; kind < v1::PayKind_ARRAYSIZE; ++kind) {
    std::string name = v1::PayKind_Name(static_cast<v1::PayKind>(kind));
    for (char& c : name) {
      if (c >= 'A' && c <= 'Z') c += 'a' - 'A';
    }
    if (context.Has("tasks." + name)) shape.wide_pay |= uint32_t{1} << kind;
  }
  for (const RulePack& pack : packs) {
    for (const CompiledRule& rule : pack.compiled->rules) {
      for (const Program* program : {&rule.program, &rule.gate_program}) {
        for (const Node& node : program->nodes) {
          // Pay kinds have bits of their own.
          if (node.op != Op::kPay && node.op != Op::kRecorded) {
            shape.wanted_sets |= node.mask;
          }
        }
      }
    }
  }
  absl::Time observed_to;
  std::string error;
  if (absl::ParseTime(absl::RFC3339_full, context.log->info.observed_to(),
                      &observed_to, &error)) {
    shape.observed_to = absl::ToUnixMillis(observed_to);
  }
  return shape;
}

void SetUpRules(JudgeParts* parts) {
  if (std::any_of(parts->packs.begin(), parts->packs.end(), UsesSmallRows)) {
    parts->small_tables = std::make_unique<SmallTables>(*parts->context.store);
  }
  for (const RulePack& pack : parts->packs) {
    parts->lookups.push_back(std::make_unique<ParameterLookup>(
        *pack.compiled, parts->context.store, parts->options.allow_unverified));
    for (const CompiledRule& rule : pack.compiled->rules) {
      AddRule(pack, rule, parts);
    }
  }
  if (std::any_of(
          parts->rules.begin(), parts->rules.end(),
          [](const auto& state) { return UsesRoster(state->rule->program); })) {
    parts->roster = std::make_unique<Roster>(*parts->context.store);
  }
}

}  // namespace plumbline::audit
