#include <utility>

#include "absl/strings/match.h"
#include "audit/rules/measure_path.h"
#include "audit/rules/pack_loader.h"
#include "audit/rules/text.h"

namespace plumbline::audit {

void PackLoader::Rule(int index) {
  const v1::Rule& rule = pack_->rules(index);
  const auto* tree = TreeOf("rules", index);
  const Place place = At(&tree_, *pack_, "rules", index);
  CompiledRule made;
  made.rule = &rule;
  if (rule.id().empty() || !rule_ids_.insert(rule.id()).second) {
    Fail(place, Cat("found the rule id '", rule.id(),
                    "', expected one that no other rule has; give "
                    "it its own"));
  }
  if (rule.clause().empty() || rule.clause_zh().empty()) {
    Fail(place, Cat("found the rule ", rule.id(),
                    " without its clause in both languages, expected"
                    " clause and clause_zh; add them"));
  }
  const auto source = sources_.find(rule.source());
  if (source == sources_.end()) {
    Fail(rule.source().empty() ? place : At(tree, rule, "source"),
         Cat("found the source '", rule.source(),
             "', expected the id of one of the pack's sources; add "
             "the source or correct the id"));
    return;
  }
  made.source = source->second;
  Confidence(rule.confidence(),
             rule.confidence().empty() ? place : At(tree, rule, "confidence"));
  if (rule.strength().size() != 1 ||
      !absl::StrContains("LRGNPESD", rule.strength())) {
    Fail(rule.strength().empty() ? place : At(tree, rule, "strength"),
         Cat("found the strength '", rule.strength(),
             "', expected one of L R G N P E S D; say which"));
  }
  if (rule.severity() < 1 || rule.severity() > 4) {
    Fail(rule.severity() == 0 ? place : At(tree, rule, "severity"),
         Cat("found the severity ", rule.severity(),
             ", expected 1 to 4; say which"));
  }
  if (!rule.valid_from().empty()) {
    Date(rule.valid_from(), At(tree, rule, "valid_from"), &made.from);
  }
  if (!rule.valid_to().empty()) {
    Date(rule.valid_to(), At(tree, rule, "valid_to"), &made.to);
    if (made.to < made.from) {
      Fail(At(tree, rule, "valid_to"),
           Cat("found an end ", rule.valid_to(),
               " before the start, expected a later day; correct one of "
               "them"));
    }
  }
  Over(rule, tree, place, &made);
  if (status_.ok()) Window(rule, tree, place, &made);
  if (status_.ok()) Formulas(rule, tree, place, &made);
  compiled_->rules.push_back(std::move(made));
}

void PackLoader::Over(const v1::Rule& rule, const Tree* tree,
                      const Place& place, CompiledRule* made) {
  static const auto& kRows = *new std::map<std::string, std::string>{
      {"published_rule", "published_rules"},
      {"sanction", "sanctions"},
      {"appeal", "appeals"},
      {"filing", "filings"},
      {"negotiation", "negotiations"},
      {"prompt", "prompts"},
      {"pay_line", "pay"},
      {"offer", "offers"},
      {"session", "sessions"},
      {"roster", "workers"}};
  if (rule.over() == "worker") {
    made->domain = Domain::kWindow;
  } else if (rule.over() == "aggregate") {
    made->domain = Domain::kAggregate;
  } else if (rule.over() == "task") {
    made->domain = Domain::kTask;
  } else if (rule.over() == "platform") {
    made->domain = Domain::kPlatform;
  } else if (absl::StartsWith(rule.over(), "run")) {
    Run(rule, tree, made);
  } else if (const auto row = kRows.find(rule.over()); row != kRows.end()) {
    made->domain = Domain::kRow;
    made->row_table = row->second;
  } else {
    Fail(rule.over().empty() ? place : At(tree, rule, "over"),
         Cat("found over '", rule.over(),
             "', expected worker, aggregate, platform, task, run(SETS, "
             "pause), session, offer, pay_line, roster, published_rule, "
             "sanction, appeal, "
             "filing, negotiation or prompt; say whom the rule is "
             "about"));
  }
}

void PackLoader::Run(const v1::Rule& rule, const Tree* tree,
                     CompiledRule* made) {
  ExpressionError error;
  const int root =
      ParseRunSubject(rule.over(), vocabulary_, &made->program, &error);
  if (root < 0) {
    Fail(Inside(At(tree, rule, "over"), error.offset), error.message);
    return;
  }
  made->domain = Domain::kRun;
  made->run_sets = made->program.nodes[root].mask;
  made->run_pause = made->program.nodes[root].args[2];
}

void PackLoader::Window(const v1::Rule& rule, const Tree* tree,
                        const Place& place, CompiledRule* made) {
  const Place here = rule.window().empty() ? place : At(tree, rule, "window");
  if (!Part(CompileWindow(rule, made), rule, tree, here)) return;
  const bool task = made->domain == Domain::kTask;
  // What each subject is judged by: a window of its own kind, or a period.
  const char* expected = nullptr;
  const WindowKind kind = made->plan.kind;
  switch (made->domain) {
    case Domain::kTask:
      if (kind != WindowKind::kTask) expected = "task";
      break;
    case Domain::kRow:
      if (kind != WindowKind::kRow) expected = "row";
      break;
    case Domain::kRun:
      if (kind != WindowKind::kRun) expected = "run";
      break;
    case Domain::kPlatform:
      if (kind != WindowKind::kLog) expected = "log";
      break;
    default:
      if (kind == WindowKind::kTask || kind == WindowKind::kRow ||
          kind == WindowKind::kRun) {
        expected = "a period";
      }
  }
  if (made->domain == Domain::kAggregate &&
      (kind == WindowKind::kRolling || kind == WindowKind::kSession)) {
    expected = "a period of the calendar";
  }
  if (expected != nullptr) {
    Fail(here,
         Cat("found the window '", rule.window(), "' for a rule over ",
             rule.over(), ", expected ", expected, "; change one of them"));
  }
  static const auto& kKeys = *new std::map<std::string, LookupKey>{
      {"", LookupKey::kWindowStart}, {"window_start", LookupKey::kWindowStart},
      {"start", LookupKey::kStart},  {"pickup", LookupKey::kPickup},
      {"end", LookupKey::kEnd},      {"each", LookupKey::kEach}};
  const auto key = kKeys.find(rule.key());
  if (key == kKeys.end()) {
    Fail(At(tree, rule, "key"),
         Cat("found the key '", rule.key(),
             "', expected window_start, start, pickup, end or each; "
             "say which date values are looked up by"));
    return;
  }
  made->key = key->second;
  const bool task_key = made->key == LookupKey::kStart ||
                        made->key == LookupKey::kPickup ||
                        made->key == LookupKey::kEnd;
  if (task && made->key == LookupKey::kWindowStart) {
    made->key = LookupKey::kStart;
  } else if (task != task_key && made->domain != Domain::kRow &&
             made->domain != Domain::kRun) {
    Fail(rule.key().empty() ? place : At(tree, rule, "key"),
         Cat("found the key '", rule.key(), "' for a rule over ", rule.over(),
             ", expected ",
             task ? "start, pickup or end" : "window_start or each",
             "; change one of them"));
  }
}

void PackLoader::Formulas(const v1::Rule& rule, const Tree* tree,
                          const Place& place, CompiledRule* made) {
  vocabulary_.row_table = made->row_table;
  Program& program = made->program;
  std::map<std::string, int> lets;
  for (int i = 0; i < rule.let_size() && status_.ok(); ++i) {
    const auto* let_tree = tree->GetTreeForNested(
        v1::Rule::descriptor()->FindFieldByName("let"), i);
    const v1::Let& let = rule.let(i);
    const int root = Formula(let.is(), At(let_tree, let, "is"), made->domain,
                             false, &program, lets);
    if (root < 0) return;
    if (!lets.emplace(let.name(), root).second) {
      Fail(At(tree, rule, "let", i),
           Cat("found the name '", let.name(),
               "' twice, expected it once; rename one"));
    }
    made->lets.emplace_back(let.name(), root);
  }
  if (!rule.scope().empty() && status_.ok()) {
    const Place here = At(tree, rule, "scope");
    made->scope =
        Formula(rule.scope(), here, made->domain, false, &program, lets);
    if (!Condition(made->scope, program, here)) return;
    if (rule.scope_text().empty() || rule.scope_text_zh().empty()) {
      Fail(here,
           "found a scope without words, expected scope_text and "
           "scope_text_zh; say whom the rule is for");
    }
  }
  for (int i = 0; i < rule.undecidable_size() && status_.ok(); ++i) {
    const auto* sub = tree->GetTreeForNested(
        v1::Rule::descriptor()->FindFieldByName("undecidable"), i);
    const v1::Undecidable& test = rule.undecidable(i);
    const Place here = At(sub, test, "when");
    const int root =
        Formula(test.when(), here, made->domain, true, &program, lets);
    if (!Condition(root, program, here)) return;
    if (test.reason().empty() || test.reason_zh().empty()) {
      Fail(here,
           "found a case without a reason in both languages, expected "
           "reason and reason_zh; add them");
    }
    made->undecidable.push_back(root);
  }
  if (!status_.ok()) return;
  Requirement(rule, tree, place, lets, made);
  if (!status_.ok()) return;
  if (rule.has_top_up()) TopUp(rule, tree, made);
  if (InOverlappingWindow(*made)) Overlapping(rule, tree, made);
  if (!status_.ok()) return;
  if (!rule.gate().empty()) {
    const Place here = At(tree, rule, "gate");
    made->gate = Formula(rule.gate(), here, Domain::kAggregate, false,
                         &made->gate_program, {});
    if (!Condition(made->gate, made->gate_program, here)) return;
    if (made->domain != Domain::kWindow) {
      Fail(here, Cat("found a gate for a rule over ", rule.over(),
                     ", expected one over worker; put the condition "
                     "into scope"));
    }
  }
  if (program.columns.size() > 60 || made->gate_program.columns.size() > 60) {
    Fail(place,
         Cat("found the rule ", rule.id(), " reading ", program.columns.size(),
             " columns, expected at most 60; split it"));
  }
}

void PackLoader::TopUp(const v1::Rule& rule, const Tree* tree,
                       CompiledRule* made) {
  const auto* sub = tree->GetTreeForNested(
      v1::Rule::descriptor()->FindFieldByName("top_up"), -1);
  const Place here = At(tree, rule, "top_up");
  if (!Part(CompileTopUp(rule.top_up(), &made->top_up), rule.top_up(), sub,
            here)) {
    return;
  }
  if (made->domain != Domain::kWindow || !made->money || !made->at_least) {
    Fail(here,
         "found top_up in a rule that is not money of a worker's period at "
         "least, expected over: \"worker\" and pay >= floor; remove it");
  }
  for (const Node& node : made->program.nodes) {
    if (node.op == Op::kPay && (node.mask & made->top_up.mask) != 0) {
      Fail(here,
           "found a kind of top_up that the formula counts as well, "
           "expected masks without it; it would make good twice");
    }
  }
}

bool PackLoader::InOverlappingWindow(const CompiledRule& made) {
  return made.plan.kind == WindowKind::kRolling ||
         made.plan.kind == WindowKind::kWeeks;
}

void PackLoader::Overlapping(const v1::Rule& rule, const Tree* tree,
                             CompiledRule* made) {
  for (const Node& node : made->program.nodes) {
    if (node.op == Op::kTime || node.op == Op::kLongestGap ||
        node.op == Op::kLongestRun) {
      made->plan.sets |= node.mask;
    }
    const bool tasks = node.element == Element::kTask && node.op != Op::kEvent;
    if ((node.op == Op::kPay && node.domain == Domain::kWindow) || tasks ||
        node.element == Element::kRun) {
      Fail(At(tree, rule, "window"),
           Cat("found pay or a sum over tasks or runs by ", rule.window(),
               ", expected time, gap, days and events, which windows that "
               "overlap can hold; use another window"));
      return;
    }
  }
  if (made->plan.sets == 0) made->plan.sets = kEngaged;
  if (!rule.gate().empty() || rule.has_top_up()) {
    Fail(At(tree, rule, "window"),
         Cat("found a gate or top_up by ", rule.window(),
             ", expected them by a period of the calendar; use another "
             "window"));
  }
}

bool PackLoader::Shows(const v1::Rule& rule, const Tree* tree,
                       const CompiledRule& made) {
  if (!rule.shows().empty()) {
    const Place here = At(tree, rule, "shows");
    if (made.domain != Domain::kPlatform) {
      Fail(here, Cat("found shows in a rule over ", rule.over(),
                     ", expected it in one over platform; remove it"));
    } else if (!IsMeasurePath(rule.shows())) {
      Fail(here, Cat("found the figure '", rule.shows(),
                     "', expected a path under measures in findings.json "
                     "such as targets.limit.rank.pi; correct it"));
    }
  }
  const std::string& grade = rule.grade();
  if (!grade.empty() && grade != "D" && grade != "T" && grade != "M" &&
      grade != "S") {
    Fail(At(tree, rule, "grade"), Cat("found the grade '", grade,
                                      "', expected D, T, M or S; correct it"));
  }
  return status_.ok();
}

void PackLoader::Requirement(const v1::Rule& rule, const Tree* tree,
                             const Place& place,
                             const std::map<std::string, int>& lets,
                             CompiledRule* made) {
  Program& program = made->program;
  const Place here = rule.require().empty() ? place : At(tree, rule, "require");
  if (!Shows(rule, tree, *made)) return;
  if (rule.require().empty() && !rule.shows().empty()) return;
  if (rule.require().empty()) {
    Fail(place, Cat("found the rule ", rule.id(),
                    " without require, expected what it demands; "
                    "add require: \"...\""));
    return;
  }
  made->require =
      Formula(rule.require(), here, made->domain, false, &program, lets);
  if (!Condition(made->require, program, here)) return;
  const Node& root = program.nodes[made->require];
  made->lhs = made->require;
  if ((root.op == Op::kLess || root.op == Op::kLessEqual)) {
    // args are smaller, larger; ref says that the larger was written first.
    made->at_least = root.ref == 1;
    made->lhs = root.args[made->at_least ? 1 : 0];
    made->rhs = root.args[made->at_least ? 0 : 1];
    made->strict = root.op == Op::kLess;
    made->money = program.nodes[made->lhs].type == Type{Kind::kNumber, kMoney};
  }
  if (rule.tolerance().empty()) return;
  Program scratch;
  const Place there = At(tree, rule, "tolerance");
  const int tolerance =
      Formula(rule.tolerance(), there, made->domain, false, &scratch, {});
  if (tolerance < 0) return;
  const Node& node = scratch.nodes[tolerance];
  if (made->rhs < 0 || node.op != Op::kConstant ||
      !(node.type.dimension == program.nodes[made->lhs].type.dimension) ||
      node.type.kind != Kind::kNumber) {
    Fail(there, Cat("found a tolerance of ", TypeText(node.type),
                    ", expected a constant in the unit that the rule "
                    "compares; correct it"));
    return;
  }
  made->tolerance = node.constant;
}

int PackLoader::Formula(const std::string& text, const Place& field,
                        Domain domain, bool soft, Program* program,
                        const std::map<std::string, int>& lets) {
  ExpressionError error;
  const int root =
      ParseExpression(text, domain, vocabulary_, lets, soft, program, &error);
  if (root < 0) Fail(Inside(field, error.offset), error.message);
  return root;
}

bool PackLoader::Condition(int root, const Program& program,
                           const Place& place) {
  if (root < 0) return false;
  if (program.nodes[root].type.kind == Kind::kBool) return true;
  Fail(place, Cat("found ", TypeText(program.nodes[root].type),
                  ", expected a condition; compare it with "
                  "something"));
  return false;
}

}  // namespace plumbline::audit
