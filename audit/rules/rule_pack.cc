#include "audit/rules/rule_pack.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"
#include "audit/rules/compiled_pack.h"
#include "audit/rules/measure_path.h"
#include "audit/rules/pack_lint.h"
#include "audit/rules/pack_parts.h"
#include "audit/rules/text.h"
#include "replay/base/sha256.h"
#include "replay/schema/utf8_texts.h"

namespace plumbline::audit {
namespace {

namespace pb = google::protobuf;

// Where something stands in the pack's text, from 1.
struct Place {
  int line = 1;
  int column = 1;
};

class FirstError : public pb::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (!text.empty()) return;
    place = {line + 1, column + 1};
    text = message;
  }
  void AddWarning(int, int, const std::string&) override {}
  Place place;
  std::string text;
};

class Loader {
 public:
  Loader(std::string_view text, const std::string& file)
      : text_(text), file_(file) {
    size_t from = 0;
    while (from <= text.size()) {
      line_starts_.push_back(from);
      const size_t end = text.find('\n', from);
      if (end == std::string_view::npos) break;
      from = end + 1;
    }
  }

  absl::StatusOr<RulePack> Load() {
    RulePack result;
    result.file = file_;
    result.sha256 = replay::Sha256Hex(text_);

    auto compiled = std::make_shared<CompiledPack>();
    FirstError first;
    pb::TextFormat::Parser parser;
    parser.RecordErrorsTo(&first);
    parser.WriteLocationsTo(&tree_);
    if (!parser.ParseFromString(std::string(text_), &compiled->pack)) {
      return Status(first.place,
                    Cat("found text that is no rule pack (", first.text,
                        "), expected the fields of rulepack.proto, "
                        "each once; correct or remove it"));
    }
    if (absl::Status status =
            replay::CheckUtf8Texts(file_, &tree_, compiled->pack);
        !status.ok()) {
      return status;
    }
    compiled_ = compiled.get();
    pack_ = &compiled->pack;
    Check();
    if (!status_.ok()) return status_;
    for (const PartError& warning : LintPack(*compiled)) {
      const Place place = At(&tree_, *pack_, warning.field, warning.index);
      result.warnings.push_back(Cat(file_, ":", place.line, ":", place.column,
                                    ": ", warning.message));
    }
    result.pack = compiled->pack;
    result.compiled = std::move(compiled);
    return result;
  }

 private:
  absl::Status Status(const Place& place, std::string_view message) const {
    return absl::InvalidArgumentError(
        Cat(file_, ":", place.line, ":", place.column, ": ", message));
  }
  void Fail(const Place& place, std::string_view message) {
    if (status_.ok()) status_ = Status(place, message);
  }

  // Start of a field, or of its message where the field is missing.
  static Place At(const pb::TextFormat::ParseInfoTree* tree,
                  const pb::Message& message, const char* field,
                  int index = -1) {
    if (tree == nullptr) return {};
    const auto* found = message.GetDescriptor()->FindFieldByName(field);
    if (found->is_repeated() && index < 0) index = 0;
    const auto location =
        tree->GetLocation(found, found->is_repeated() ? index : -1);
    return location.line < 0 ? Place{}
                             : Place{location.line + 1, location.column + 1};
  }
  const pb::TextFormat::ParseInfoTree* Tree(const char* field, int index) {
    return tree_.GetTreeForNested(
        v1::RulePack::descriptor()->FindFieldByName(field), index);
  }

  // Where byte `offset` of a field's text stands in the file: the text is the
  // field's quoted pieces put together.
  Place Inside(const Place& field, size_t offset) const {
    size_t at = line_starts_[field.line - 1] + field.column - 1;
    while (at < text_.size() && text_[at] != '"' && text_[at] != '\'') ++at;
    while (at < text_.size()) {
      const char quote = text_[at++];
      while (at < text_.size() && text_[at] != quote) {
        if (offset == 0) return PlaceOf(at);
        --offset;
        at += text_[at] == '\\' ? 2 : 1;
      }
      if (offset == 0) return PlaceOf(at);
      size_t next = at + 1;
      while (
          next < text_.size() &&
          (text_[next] == ' ' || text_[next] == '\t' || text_[next] == '\n')) {
        ++next;
      }
      if (next >= text_.size() || (text_[next] != '"' && text_[next] != '\'')) {
        return PlaceOf(at);
      }
      at = next;
    }
    return field;
  }
  Place PlaceOf(size_t at) const {
    const auto line =
        std::upper_bound(line_starts_.begin(), line_starts_.end(), at);
    return {static_cast<int>(line - line_starts_.begin()),
            static_cast<int>(at - *(line - 1)) + 1};
  }

  bool Date(const std::string& text, const Place& place, int64_t* day) {
    if (ParseDate(text, day)) return true;
    Fail(place, Cat("found the date '", text,
                    "', expected a day such as 2026-04-01; correct "
                    "it"));
    return false;
  }

  void Check() {
    const Place top{1, 1};
    if (pack_->name().empty()) {
      Fail(top, "found no name, expected name: \"...\"; add it");
    }
    if (pack_->last_checked().empty()) {
      Fail(top,
           "found no last_checked, expected the day the sources were last "
           "read; add last_checked: \"2026-11-23\"");
    } else {
      Date(pack_->last_checked(), At(&tree_, *pack_, "last_checked"),
           &compiled_->last_checked);
    }
    if (pack_->title().empty() || pack_->title_zh().empty()) {
      Fail(top,
           "found no title in both languages, expected title and title_zh; "
           "add them");
    }
    Sources();
    Places();
    Masks();
    Calendars();
    Verified();
    for (int i = 0; i < pack_->parameters_size() && status_.ok(); ++i) {
      Parameter(i);
    }
    for (int i = 0; i < pack_->rules_size() && status_.ok(); ++i) Rule(i);
    for (int i = 0; i < pack_->untestable_size(); ++i) Untestable(i);
    if (pack_->rules_size() == 0 && pack_->untestable_size() == 0) {
      Fail(top,
           "found no rules, expected at least one; add rules { ... }, or "
           "untestable { ... } where no log can decide anything");
    }
  }

  void Sources() {
    for (int i = 0; i < pack_->sources_size(); ++i) {
      const v1::Source& source = pack_->sources(i);
      const Place place = At(&tree_, *pack_, "sources", i);
      if (source.id().empty() || source.title().empty()) {
        Fail(place,
             "found a source without id or title, expected both; add "
             "them");
      }
      if (!sources_.emplace(source.id(), i).second) {
        Fail(place, Cat("found the source '", source.id(),
                        "' twice, expected it once; rename one"));
      }
    }
  }

  void Places() {
    for (int i = 0; i < pack_->places_size(); ++i) {
      if (!places_.emplace(pack_->places(i).name(), i).second) {
        Fail(At(&tree_, *pack_, "places", i),
             Cat("found the place '", pack_->places(i).name(),
                 "' twice, expected it once; merge them"));
      }
    }
  }

  void Masks() {
    for (int i = 0; i < pack_->masks_size(); ++i) {
      const v1::Mask& mask = pack_->masks(i);
      uint32_t bits = 0;
      for (int k = 0; k < mask.kinds_size(); ++k) {
        const int kind = PayKindNumber(mask.kinds(k));
        if (kind <= 0) {
          Fail(At(Tree("masks", i), mask, "kinds", k),
               Cat("found the pay kind '", mask.kinds(k),
                   "', expected one of log.proto such as base; "
                   "correct it"));
          return;
        }
        bits |= uint32_t{1} << kind;
      }
      if (!vocabulary_.masks.emplace(mask.name(), bits).second) {
        Fail(At(&tree_, *pack_, "masks", i),
             Cat("found the mask '", mask.name(),
                 "' twice, expected it once; rename one"));
      }
    }
    vocabulary_.currency = pack_->currency();
  }

  // Says what a part's compiler found, at the field that it names.
  bool Part(const PartError& error, const pb::Message& message,
            const pb::TextFormat::ParseInfoTree* tree, const Place& place) {
    if (error.message.empty()) return true;
    const auto* field = message.GetDescriptor()->FindFieldByName(error.field);
    const bool there =
        field->is_repeated()
            ? message.GetReflection()->FieldSize(message, field) > 0
            : message.GetReflection()->HasField(message, field);
    Fail(there ? At(tree, message, error.field, error.index) : place,
         error.message);
    return false;
  }

  void Calendars() {
    for (int i = 0; i < pack_->calendars_size(); ++i) {
      const v1::Calendar& calendar = pack_->calendars(i);
      const auto* tree = Tree("calendars", i);
      const Place place = At(&tree_, *pack_, "calendars", i);
      CompiledCalendar made;
      if (!Part(CompileCalendar(calendar, &made), calendar, tree, place)) {
        return;
      }
      if (sources_.find(calendar.source()) == sources_.end()) {
        Fail(calendar.source().empty() ? place : At(tree, calendar, "source"),
             Cat("found the source '", calendar.source(),
                 "', expected the id of one of the pack's sources; add the "
                 "source or correct the id"));
      }
      Confidence(calendar.confidence(), calendar.confidence().empty()
                                            ? place
                                            : At(tree, calendar, "confidence"));
      auto& names = vocabulary_.calendars;
      if (std::find(names.begin(), names.end(), calendar.name()) !=
          names.end()) {
        Fail(place, Cat("found the calendar '", calendar.name(),
                        "' twice, expected it once; rename one"));
      }
      names.push_back(calendar.name());
      compiled_->calendars.push_back(std::move(made));
    }
  }

  void Verified() {
    for (int i = 0; i < pack_->verified_size(); ++i) {
      const v1::Verification& entry = pack_->verified(i);
      const Place place = At(&tree_, *pack_, "verified", i);
      int64_t day = 0;
      if (entry.against().empty() || entry.against_zh().empty()) {
        Fail(place,
             "found a check without its words in both languages, expected "
             "against and against_zh; add them");
      }
      Date(entry.on(),
           entry.on().empty() ? place : At(Tree("verified", i), entry, "on"),
           &day);
    }
  }

  void Parameter(int index) {
    const v1::RuleParameter& parameter = pack_->parameters(index);
    const auto* tree = Tree("parameters", index);
    const Place place = At(&tree_, *pack_, "parameters", index);
    CompiledParameter made;
    made.parameter = &parameter;
    for (const ParameterName& other : vocabulary_.parameters) {
      if (other.name == parameter.name()) {
        Fail(place, Cat("found the parameter '", parameter.name(),
                        "' twice, expected it once; put its values "
                        "together"));
      }
    }
    if (!ParseUnit(parameter.unit(), &made.unit)) {
      Fail(At(tree, parameter, "unit"),
           Cat("found the unit '", parameter.unit(), "', expected ", UnitList(),
               "; correct it"));
      return;
    }
    if (!made.unit.currency.empty() &&
        made.unit.currency != pack_->currency()) {
      Fail(At(tree, parameter, "unit"),
           Cat("found the currency ", made.unit.currency, ", expected ",
               pack_->currency(), ", the pack's own; correct one of them"));
    }
    ParameterName name{.name = parameter.name(),
                       .dimension = made.unit.dimension};
    if (parameter.filled_by().empty() != parameter.filled_by_zh().empty()) {
      Fail(place, Cat("found the parameter '", parameter.name(),
                      "' with filled_by in one language, expected filled_by "
                      "and filled_by_zh; add the other"));
    }
    if (parameter.values_size() == 0 && parameter.filled_by().empty()) {
      Fail(place, Cat("found the parameter '", parameter.name(),
                      "' without values, expected at least one; add "
                      "values { ... }, or filled_by where only a document of "
                      "the parties gives the figure"));
    }
    std::set<std::string> classes;
    for (const v1::DatedValue& value : parameter.values()) {
      classes.insert(value.class_());
      name.by_place |= !value.place().empty();
    }
    if (classes.empty()) classes.insert("");
    made.classes.assign(classes.begin(), classes.end());
    name.classes = made.classes;
    for (int i = 0; i < parameter.values_size() && status_.ok(); ++i) {
      Value(parameter, tree, i, &made);
    }
    vocabulary_.parameters.push_back(std::move(name));
    compiled_->parameters.push_back(std::move(made));
  }

  void Value(const v1::RuleParameter& parameter,
             const pb::TextFormat::ParseInfoTree* parent, int index,
             CompiledParameter* made) {
    const v1::DatedValue& value = parameter.values(index);
    const auto* tree = parent->GetTreeForNested(
        v1::RuleParameter::descriptor()->FindFieldByName("values"), index);
    const Place place = At(parent, parameter, "values", index);
    DatedRatio dated;
    dated.source = &value;
    if (!ParseExactDecimal(value.value(), &dated.value)) {
      Fail(value.value().empty() ? place : At(tree, value, "value"),
           Cat("found the value '", value.value(),
               "', expected a decimal number such as 0.583; correct "
               "it"));
      return;
    }
    FastMath math;
    dated.value = Reduced(math.Multiply(
        dated.value, {made->unit.numerator, made->unit.denominator}));
    if (value.valid_from().empty()) {
      Fail(place, Cat("found the value '", value.value(),
                      "' without valid_from, expected the day it took "
                      "effect; add valid_from"));
      return;
    }
    if (!Date(value.valid_from(), At(tree, value, "valid_from"), &dated.from)) {
      return;
    }
    if (!value.valid_to().empty() &&
        !Date(value.valid_to(), At(tree, value, "valid_to"), &dated.to)) {
      return;
    }
    if (dated.to < dated.from) {
      Fail(At(tree, value, "valid_to"),
           Cat("found an end ", value.valid_to(),
               " before the start, expected a later day; correct "
               "one of them"));
    }
    if (sources_.find(value.source()) == sources_.end()) {
      Fail(value.source().empty() ? place : At(tree, value, "source"),
           Cat("found the source '", value.source(),
               "', expected the id of one of the pack's sources; add "
               "the source or correct the id"));
    }
    Confidence(value.confidence(), value.confidence().empty()
                                       ? place
                                       : At(tree, value, "confidence"));
    dated.from_memory = value.confidence() == "M";
    if (!value.place().empty()) {
      const auto found = places_.find(value.place());
      if (found == places_.end()) {
        Fail(At(tree, value, "place"),
             Cat("found the place '", value.place(),
                 "', expected one of the pack's places; add it "
                 "there"));
        return;
      }
      dated.place = found->second;
    }
    dated.class_index = static_cast<int>(
        std::find(made->classes.begin(), made->classes.end(), value.class_()) -
        made->classes.begin());
    for (const DatedRatio& other : made->values) {
      if (other.place == dated.place &&
          other.class_index == dated.class_index && other.from <= dated.to &&
          dated.from <= other.to) {
        Fail(place, Cat("found the value '", value.value(), "' from ",
                        value.valid_from(), " beside '", other.source->value(),
                        "' from ", other.source->valid_from(),
                        " for the same days, expected one value a day; end "
                        "the earlier one with valid_to"));
        return;
      }
    }
    made->values.push_back(dated);
  }

  void Confidence(const std::string& text, const Place& place) {
    if (text != "V1" && text != "V2" && text != "V3" && text != "C" &&
        text != "M") {
      Fail(place, Cat("found the confidence '", text,
                      "', expected V1 (read in the source), V2 (read "
                      "about), V3 (derived), C (a convention of the pack) or "
                      "M (from memory); say which"));
    }
  }

  // Formula in one field. -1 on failure, which is reported.
  int Formula(const std::string& text, const Place& field, Domain domain,
              bool soft, Program* program,
              const std::map<std::string, int>& lets) {
    ExpressionError error;
    const int root =
        ParseExpression(text, domain, vocabulary_, lets, soft, program, &error);
    if (root < 0) Fail(Inside(field, error.offset), error.message);
    return root;
  }

  bool Condition(int root, const Program& program, const Place& place) {
    if (root < 0) return false;
    if (program.nodes[root].type.kind == Kind::kBool) return true;
    Fail(place, Cat("found ", TypeText(program.nodes[root].type),
                    ", expected a condition; compare it with "
                    "something"));
    return false;
  }

  void Rule(int index) {
    const v1::Rule& rule = pack_->rules(index);
    const auto* tree = Tree("rules", index);
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
    Confidence(rule.confidence(), rule.confidence().empty()
                                      ? place
                                      : At(tree, rule, "confidence"));
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

  void Untestable(int index) {
    const v1::Untestable& clause = pack_->untestable(index);
    const Place place = At(&tree_, *pack_, "untestable", index);
    if (clause.id().empty() || !rule_ids_.insert(clause.id()).second) {
      Fail(place, Cat("found the id '", clause.id(),
                      "', expected one that no rule and no other untestable "
                      "clause has; give it its own"));
    }
    if (clause.clause().empty() || clause.clause_zh().empty() ||
        clause.why().empty() || clause.why_zh().empty() ||
        clause.settled_by().empty() || clause.settled_by_zh().empty()) {
      Fail(place, Cat("found the untestable clause ", clause.id(),
                      " without clause, why or settled_by in both languages, "
                      "expected all six; add them"));
    }
    if (sources_.find(clause.source()) == sources_.end()) {
      Fail(place, Cat("found the source '", clause.source(),
                      "', expected the id of one of the pack's sources; add "
                      "the source or correct the id"));
    }
  }

  void Over(const v1::Rule& rule, const pb::TextFormat::ParseInfoTree* tree,
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

  void Run(const v1::Rule& rule, const pb::TextFormat::ParseInfoTree* tree,
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

  void Window(const v1::Rule& rule, const pb::TextFormat::ParseInfoTree* tree,
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
        {"", LookupKey::kWindowStart},
        {"window_start", LookupKey::kWindowStart},
        {"start", LookupKey::kStart},
        {"pickup", LookupKey::kPickup},
        {"end", LookupKey::kEnd},
        {"each", LookupKey::kEach}};
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

  void Formulas(const v1::Rule& rule, const pb::TextFormat::ParseInfoTree* tree,
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
      Fail(place, Cat("found the rule ", rule.id(), " reading ",
                      program.columns.size(),
                      " columns, expected at most 60; split it"));
    }
  }

  void TopUp(const v1::Rule& rule, const pb::TextFormat::ParseInfoTree* tree,
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

  // Windows that overlap hold a task more than once.
  static bool InOverlappingWindow(const CompiledRule& made) {
    return made.plan.kind == WindowKind::kRolling ||
           made.plan.kind == WindowKind::kWeeks;
  }
  void Overlapping(const v1::Rule& rule,
                   const pb::TextFormat::ParseInfoTree* tree,
                   CompiledRule* made) {
    for (const Node& node : made->program.nodes) {
      if (node.op == Op::kTime || node.op == Op::kLongestGap ||
          node.op == Op::kLongestRun) {
        made->plan.sets |= node.mask;
      }
      const bool tasks =
          node.element == Element::kTask && node.op != Op::kEvent;
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

  // The figure that findings show, and its grade.
  bool Shows(const v1::Rule& rule, const pb::TextFormat::ParseInfoTree* tree,
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
      Fail(At(tree, rule, "grade"),
           Cat("found the grade '", grade,
               "', expected D, T, M or S; correct it"));
    }
    return status_.ok();
  }

  void Requirement(const v1::Rule& rule,
                   const pb::TextFormat::ParseInfoTree* tree,
                   const Place& place, const std::map<std::string, int>& lets,
                   CompiledRule* made) {
    Program& program = made->program;
    const Place here =
        rule.require().empty() ? place : At(tree, rule, "require");
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
      made->money =
          program.nodes[made->lhs].type == Type{Kind::kNumber, kMoney};
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

  std::string_view text_;
  const std::string& file_;
  std::vector<size_t> line_starts_;
  pb::TextFormat::ParseInfoTree tree_;
  absl::Status status_;
  CompiledPack* compiled_ = nullptr;
  const v1::RulePack* pack_ = nullptr;
  Vocabulary vocabulary_;
  std::map<std::string, int> sources_, places_;
  std::set<std::string> rule_ids_;
};

bool OneFits(const pb::RepeatedPtrField<std::string>& list,
             const std::string& value) {
  return list.empty() ||
         std::find(list.begin(), list.end(), value) != list.end();
}

}  // namespace

absl::StatusOr<RulePack> ParseRulePack(std::string_view text,
                                       const std::string& file) {
  return Loader(text, file).Load();
}

absl::StatusOr<RulePack> LoadRulePack(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    return absl::NotFoundError(
        Cat(file,
            ":1:1: found no file that can be read, expected a "
            "rule pack; check the name"));
  }
  const std::string text((std::istreambuf_iterator<char>(stream)),
                         std::istreambuf_iterator<char>());
  return ParseRulePack(text, file);
}

std::vector<std::string> ShippedPackNames(const std::string& pack_folder) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry :
       std::filesystem::directory_iterator(pack_folder, ignored)) {
    if (entry.path().extension() == ".textproto") {
      names.push_back(entry.path().stem().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool Fits(const v1::PackApplies& applies, const PackQuery& query) {
  if (applies.only_by_name()) return false;
  if (applies.mdrp() && !query.mdrp) return false;
  for (const std::string& mapping : applies.not_mappings()) {
    if (mapping == query.mapping) return false;
  }
  return OneFits(applies.currencies(), query.currency) &&
         OneFits(applies.time_zones(), query.time_zone) &&
         OneFits(applies.mappings(), query.mapping);
}

absl::StatusOr<std::vector<RulePack>> SelectPacks(
    const std::string& pack_folder, const std::vector<std::string>& wanted,
    const PackQuery& query) {
  const std::vector<std::string> shipped = ShippedPackNames(pack_folder);
  auto path_of = [&](const std::string& name) {
    return (std::filesystem::path(pack_folder) / (name + ".textproto"))
        .string();
  };
  std::vector<RulePack> packs;
  std::set<std::string> names;
  auto take = [&](const std::string& path) -> absl::Status {
    absl::StatusOr<RulePack> pack = LoadRulePack(path);
    if (!pack.ok()) return pack.status();
    if (names.insert(pack->pack.name()).second) {
      packs.push_back(*std::move(pack));
    }
    return absl::OkStatus();
  };
  for (const std::string& name : wanted) {
    const bool ships = std::binary_search(shipped.begin(), shipped.end(), name);
    std::error_code ignored;
    if (!ships && !std::filesystem::is_regular_file(name, ignored)) {
      return absl::NotFoundError(
          Cat(name,
              ":1:1: found no rule pack of this name, expected a file or one "
              "of ",
              Joined(shipped, ", "), "; correct --rules"));
    }
    if (absl::Status status = take(ships ? path_of(name) : name); !status.ok())
      return status;
  }
  if (wanted.empty()) {
    for (const std::string& name : shipped) {
      absl::StatusOr<RulePack> pack = LoadRulePack(path_of(name));
      if (!pack.ok()) return pack.status();
      if (Fits(pack->pack.applies(), query)) packs.push_back(*std::move(pack));
    }
  }
  std::sort(packs.begin(), packs.end(),
            [](const RulePack& a, const RulePack& b) {
              return a.pack.name() < b.pack.name();
            });
  return packs;
}

}  // namespace plumbline::audit
