#include "audit/rules/pack_lint.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include "audit/rules/text.h"

namespace plumbline::audit {
namespace {

bool IsNameLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '_';
}

// Whether a formula has `name` as a whole word.
bool Names(std::string_view formula, std::string_view name) {
  for (size_t at = formula.find(name); at != std::string_view::npos;
       at = formula.find(name, at + 1)) {
    const size_t end = at + name.size();
    if ((at == 0 || !IsNameLetter(formula[at - 1])) &&
        (end == formula.size() || !IsNameLetter(formula[end]))) {
      return true;
    }
  }
  return false;
}

bool AnyFormulaNames(const v1::RulePack& pack, std::string_view name) {
  for (const v1::Rule& rule : pack.rules()) {
    if (Names(rule.require(), name) || Names(rule.scope(), name) ||
        Names(rule.gate(), name) || Names(rule.over(), name)) {
      return true;
    }
    for (const v1::Let& let : rule.let()) {
      if (Names(let.is(), name)) return true;
    }
    for (const v1::Undecidable& test : rule.undecidable()) {
      if (Names(test.when(), name)) return true;
    }
  }
  return false;
}

class Lint {
 public:
  explicit Lint(const CompiledPack& pack) : pack_(pack) {}

  std::vector<PartError> Run() {
    Unused();
    for (size_t i = 0; i < pack_.parameters.size(); ++i) {
      Gaps(static_cast<int>(i));
    }
    for (size_t i = 0; i < pack_.rules.size(); ++i) {
      Rule(static_cast<int>(i));
    }
    return std::move(found_);
  }

 private:
  void Say(const char* field, int index, std::string message) {
    found_.push_back({field, index, std::move(message)});
  }

  void Unused() {
    const v1::RulePack& pack = pack_.pack;
    std::set<std::string> sources, places;
    for (const v1::RuleParameter& parameter : pack.parameters()) {
      for (const v1::DatedValue& value : parameter.values()) {
        sources.insert(value.source());
        places.insert(value.place());
      }
    }
    for (const v1::Rule& rule : pack.rules()) sources.insert(rule.source());
    for (const v1::Untestable& clause : pack.untestable()) {
      sources.insert(clause.source());
    }
    for (const v1::Calendar& calendar : pack.calendars()) {
      sources.insert(calendar.source());
    }
    auto unused = [&](const char* field, int index, const char* what,
                      const std::string& name) {
      Say(field, index,
          Cat("found the ", what, " '", name,
              "' that nothing in the pack uses, expected it in use; remove it "
              "or correct its name where it is meant"));
    };
    for (int i = 0; i < pack.sources_size(); ++i) {
      if (sources.count(pack.sources(i).id()) == 0) {
        unused("sources", i, "source", pack.sources(i).id());
      }
    }
    for (int i = 0; i < pack.places_size(); ++i) {
      if (places.count(pack.places(i).name()) == 0) {
        unused("places", i, "place", pack.places(i).name());
      }
    }
    for (int i = 0; i < pack.masks_size(); ++i) {
      if (!AnyFormulaNames(pack, pack.masks(i).name())) {
        unused("masks", i, "mask", pack.masks(i).name());
      }
    }
    for (int i = 0; i < pack.calendars_size(); ++i) {
      if (!AnyFormulaNames(pack, pack.calendars(i).name())) {
        unused("calendars", i, "calendar", pack.calendars(i).name());
      }
    }
    for (int i = 0; i < pack.parameters_size(); ++i) {
      if (!AnyFormulaNames(pack, pack.parameters(i).name())) {
        unused("parameters", i, "parameter", pack.parameters(i).name());
      }
    }
  }

  // Days between two values of one place and class on which none holds.
  void Gaps(int index) {
    const CompiledParameter& parameter = pack_.parameters[index];
    std::vector<const DatedRatio*> values;
    for (const DatedRatio& value : parameter.values) values.push_back(&value);
    std::sort(values.begin(), values.end(),
              [](const DatedRatio* a, const DatedRatio* b) {
                return std::tie(a->place, a->class_index, a->from) <
                       std::tie(b->place, b->class_index, b->from);
              });
    for (size_t i = 1; i < values.size(); ++i) {
      const DatedRatio& before = *values[i - 1];
      const DatedRatio& after = *values[i];
      if (before.place != after.place ||
          before.class_index != after.class_index ||
          before.to + 1 == after.from) {
        continue;
      }
      Say("parameters", index,
          Cat("found no value of '", parameter.parameter->name(), "' from ",
              DateText(before.to + 1), " to ", DateText(after.from - 1),
              before.place < 0
                  ? ""
                  : Cat(" in ", pack_.pack.places(before.place).name()),
              ", expected one for each day; add it, or leave the gap if no "
              "source is known"));
    }
  }

  void Rule(int index) {
    const CompiledRule& rule = pack_.rules[index];
    const Program& program = rule.program;
    if (rule.scope >= 0 && program.nodes[rule.scope].op == Op::kConstant) {
      const bool holds = program.nodes[rule.scope].constant.n != 0;
      Say("rules", index,
          Cat("found the scope of ", rule.rule->id(), " that ",
              holds ? "always" : "never",
              " holds, expected a condition on the log; ",
              holds ? "leave it out" : "no log will ever be tested"));
    }
    if (rule.from == std::numeric_limits<int64_t>::min()) return;
    std::set<int> seen;
    for (const Node& node : program.nodes) {
      if (node.op != Op::kParameter || !seen.insert(node.ref).second) continue;
      const CompiledParameter& parameter = pack_.parameters[node.ref];
      int64_t first = kNoDay;
      for (const DatedRatio& value : parameter.values) {
        first = std::min(first, value.from);
      }
      // One without values is for a document of the parties to fill.
      if (first == kNoDay || first <= rule.from) continue;
      Say("rules", index,
          Cat("found ", rule.rule->id(), " in force from ", DateText(rule.from),
              " with the first value of '", parameter.parameter->name(),
              "' from ", DateText(first),
              ", expected values for all of its days; work before that gives "
              "insufficient evidence"));
    }
  }

  const CompiledPack& pack_;
  std::vector<PartError> found_;
};

}  // namespace

std::vector<PartError> LintPack(const CompiledPack& pack) {
  return Lint(pack).Run();
}

}  // namespace plumbline::audit
