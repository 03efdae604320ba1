#include "audit/cli/pack_text.h"

#include <cctype>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "audit/rules/compiled_pack.h"

namespace plumbline::audit {
namespace {

// The text of the language asked for, or the other where there is none.
const std::string& Of(const std::string& english, const std::string& chinese,
                      Language language) {
  const bool zh = language == Language::kChinese;
  if (zh && !chinese.empty()) return chinese;
  return english.empty() ? chinese : english;
}

std::string Strength(const std::string& letter, Language language) {
  static const auto* const words = new std::map<std::string, Words>{
      {"L", {"law", "法律、行政法规"}},
      {"R", {"ministerial rule", "部门规章或规范性文件"}},
      {"G", {"guideline", "指引"}},
      {"N", {"recommended standard", "推荐性标准"}},
      {"P", {"published promise", "平台公开的承诺"}},
      {"E", {"encouragement", "倡导性条款"}},
      {"S", {"settlement", "和解或协议"}},
      {"D", {"draft", "征求意见稿"}},
  };
  const auto at = words->find(letter);
  return at == words->end() ? letter : at->second.In(language);
}

std::string Confidence(const std::string& letter, Language language) {
  static const auto* const words = new std::map<std::string, Words>{
      {"V1", {"read in the legal text itself", "已核对法规原文"}},
      {"V2", {"read in a secondary source", "来自二手资料"}},
      {"V3", {"worked out from published figures", "由已公布数值推算"}},
      {"C", {"a convention of this pack", "本规则包的约定"}},
      {"M", {"from memory, not checked", "凭记忆，未核对"}},
  };
  const auto at = words->find(letter);
  return at == words->end()
             ? letter
             : absl::StrCat(letter, " ", at->second.In(language));
}

const v1::Source* FindSource(const v1::RulePack& pack, const std::string& id) {
  for (const v1::Source& source : pack.sources()) {
    if (source.id() == id) return &source;
  }
  return nullptr;
}

std::string SourceText(const v1::RulePack& pack, const std::string& id,
                       const std::string& place, Language language) {
  const v1::Source* source = FindSource(pack, id);
  std::string text = source == nullptr
                         ? id
                         : Of(source->title(), source->title_zh(), language);
  if (!place.empty()) absl::StrAppend(&text, ", ", place);
  if (source != nullptr && !source->address().empty()) {
    absl::StrAppend(&text, " <", source->address(), ">");
  }
  return text;
}

std::string Validity(const std::string& from, const std::string& to,
                     Language language) {
  if (from.empty() && to.empty()) return "";
  return absl::StrCat(
      from, Words{" to ", " 至 "}.In(language),
      to.empty() ? Words{"no later value found", "未发现更新"}.In(language)
                 : to);
}

std::string ParameterText(const v1::RulePack& pack,
                          const v1::RuleParameter& parameter,
                          Language language) {
  std::string text =
      absl::StrCat("    ", parameter.name(), " (", parameter.unit(), ")");
  const std::string& title =
      Of(parameter.title(), parameter.title_zh(), language);
  if (!title.empty()) absl::StrAppend(&text, ": ", title);
  absl::StrAppend(&text, "\n");
  if (!parameter.filled_by().empty()) {
    absl::StrAppend(
        &text, "      ", Words{"stands in: ", "载于："}.In(language),
        Of(parameter.filled_by(), parameter.filled_by_zh(), language), "\n");
  }
  for (const v1::DatedValue& value : parameter.values()) {
    absl::StrAppend(&text, "      ", value.value());
    if (!value.place().empty()) absl::StrAppend(&text, " ", value.place());
    if (!value.class_().empty())
      absl::StrAppend(&text, " [", value.class_(), "]");
    absl::StrAppend(&text, "  ",
                    Validity(value.valid_from(), value.valid_to(), language),
                    "  ", SourceText(pack, value.source(), "", language), "  ",
                    Confidence(value.confidence(), language), "\n");
  }
  return text;
}

bool IsNameLetter(char letter) {
  return std::isalnum(static_cast<unsigned char>(letter)) || letter == '_';
}

// Whether a formula names `name` as a whole word.
bool Names(const std::string& formula, const std::string& name) {
  for (size_t at = formula.find(name); at != std::string::npos;
       at = formula.find(name, at + 1)) {
    const size_t end = at + name.size();
    const bool begins = at == 0 || !IsNameLetter(formula[at - 1]);
    const bool ends = end == formula.size() || !IsNameLetter(formula[end]);
    if (begins && ends) return true;
  }
  return false;
}

bool Uses(const v1::Rule& rule, const std::string& parameter) {
  if (Names(rule.require(), parameter) || Names(rule.scope(), parameter) ||
      Names(rule.gate(), parameter)) {
    return true;
  }
  for (const v1::Let& let : rule.let()) {
    if (Names(let.is(), parameter)) return true;
  }
  return false;
}

// The columns that a rule needs, or those that it only does better with.
std::string ColumnsText(const CompiledRule& rule, bool soft) {
  std::set<std::string> columns;
  for (const Program* program : {&rule.program, &rule.gate_program}) {
    for (const ColumnNeed& need : program->columns) {
      if (need.soft == soft) columns.insert(need.columns);
    }
  }
  return absl::StrJoin(columns, ", ");
}

std::string RuleText(const v1::RulePack& pack, const CompiledRule& compiled,
                     Language language) {
  const v1::Rule& rule = *compiled.rule;
  std::string text =
      absl::StrCat("  ", rule.id(), "\n    ",
                   Of(rule.clause(), rule.clause_zh(), language), "\n");
  const auto line = [&](Words label, const std::string& value) {
    if (!value.empty())
      absl::StrAppend(&text, "    ", label.In(language), value, "\n");
  };
  line({"source: ", "出处："},
       SourceText(pack, rule.source(), rule.place_in_source(), language));
  line({"strength: ", "效力："}, Strength(rule.strength(), language));
  line({"verified: ", "核对："}, Confidence(rule.confidence(), language));
  line({"valid: ", "有效期："},
       Validity(rule.valid_from(), rule.valid_to(), language));
  line({"looks at: ", "对象："},
       rule.window().empty() ? rule.over()
                             : absl::StrCat(rule.over(), ", ", rule.window()));
  line({"applies where: ", "适用于："},
       rule.scope_text().empty()
           ? rule.scope()
           : Of(rule.scope_text(), rule.scope_text_zh(), language));
  for (const v1::Let& let : rule.let()) {
    absl::StrAppend(&text, "    ", let.name(), " = ", let.is(), "\n");
  }
  line({"requires: ", "要求："}, rule.require());
  line({"shows: ", "列示："}, rule.shows());
  line({"reads: ", "所需字段："}, ColumnsText(compiled, false));
  line({"reads where there: ", "可选字段："}, ColumnsText(compiled, true));
  if (rule.has_top_up()) {
    line({"made good within: ", "补足期限："}, rule.top_up().within());
  }
  line({"note: ", "说明："}, Of(rule.note(), rule.note_zh(), language));
  return text;
}

std::string UntestableText(const v1::RulePack& pack,
                           const v1::Untestable& clause, Language language) {
  return absl::StrCat(
      "  ", clause.id(), "\n    ",
      Of(clause.clause(), clause.clause_zh(), language), "\n    ",
      Words{"source: ", "出处："}.In(language),
      SourceText(pack, clause.source(), clause.place_in_source(), language),
      "\n    ", Words{"why not: ", "原因："}.In(language),
      Of(clause.why(), clause.why_zh(), language), "\n    ",
      Words{"would settle it: ", "可据以判断的材料："}.In(language),
      Of(clause.settled_by(), clause.settled_by_zh(), language), "\n");
}

}  // namespace

std::string ListPacks(const std::vector<RulePack>& packs, Language language) {
  std::string text;
  for (const RulePack& loaded : packs) {
    const v1::RulePack& pack = loaded.pack;
    std::map<std::string, int> values;
    for (const v1::RuleParameter& parameter : pack.parameters()) {
      for (const v1::DatedValue& value : parameter.values())
        ++values[value.confidence()];
    }
    std::string verified;
    for (const auto& [confidence, n] : values) {
      absl::StrAppend(&verified, verified.empty() ? "" : "; ", n, " ",
                      Confidence(confidence, language));
    }
    absl::StrAppend(&text, pack.name(), "  ", pack.version(), "\n  ",
                    Of(pack.title(), pack.title_zh(), language), "\n  ",
                    Words{"rules: ", "规则数："}.In(language),
                    pack.rules_size(),
                    Words{"; last checked ", "；最近核对："}.In(language),
                    pack.last_checked(), "\n");
    if (!verified.empty()) {
      absl::StrAppend(&text, "  ", Words{"figures: ", "数值："}.In(language),
                      verified, "\n");
    }
    // How far the pack as a whole was checked, and against what.
    for (const v1::Verification& check : pack.verified()) {
      absl::StrAppend(&text, "  ", Words{"checked ", "已核对 "}.In(language),
                      check.on(), Words{": ", "："}.In(language),
                      Of(check.against(), check.against_zh(), language));
      if (check.rules_size() > 0) {
        absl::StrAppend(&text, " (", absl::StrJoin(check.rules(), ", "), ")");
      }
      absl::StrAppend(&text, "\n");
    }
    if (pack.verified().empty()) {
      absl::StrAppend(
          &text,
          Words{"  checked against no amount that somebody else worked out\n",
                "  尚未与他人算出的金额核对\n"}
              .In(language));
    }
  }
  return text;
}

std::string ShowPack(const RulePack& loaded, Language language) {
  const v1::RulePack& pack = loaded.pack;
  std::string text = ListPacks({loaded}, language);
  absl::StrAppend(&text, "  SHA-256 ", loaded.sha256, "\n\n",
                  Words{"Rules\n", "规则\n"}.In(language));
  for (const CompiledRule& rule : loaded.compiled->rules) {
    absl::StrAppend(&text, RuleText(pack, rule, language), "\n");
  }
  if (pack.untestable_size() > 0) {
    absl::StrAppend(
        &text,
        Words{"What no log can test\n", "日志无法检验的条款\n"}.In(language));
  }
  for (const v1::Untestable& clause : pack.untestable()) {
    absl::StrAppend(&text, UntestableText(pack, clause, language), "\n");
  }
  if (pack.parameters_size() > 0) {
    absl::StrAppend(
        &text, Words{"Figures by date\n", "按日期列出的数值\n"}.In(language));
  }
  for (const v1::RuleParameter& parameter : pack.parameters()) {
    absl::StrAppend(&text, ParameterText(pack, parameter, language));
  }
  return text;
}

std::string ShowRule(const RulePack& loaded, const std::string& rule_id,
                     Language language) {
  const v1::RulePack& pack = loaded.pack;
  for (const CompiledRule& compiled : loaded.compiled->rules) {
    const v1::Rule& rule = *compiled.rule;
    if (rule.id() != rule_id) continue;
    std::string text =
        absl::StrCat(pack.name(), "\n", RuleText(pack, compiled, language));
    for (const v1::RuleParameter& parameter : pack.parameters()) {
      if (Uses(rule, parameter.name())) {
        absl::StrAppend(&text, ParameterText(pack, parameter, language));
      }
    }
    return text;
  }
  for (const v1::Untestable& clause : pack.untestable()) {
    if (clause.id() != rule_id) continue;
    return absl::StrCat(pack.name(), "\n",
                        UntestableText(pack, clause, language));
  }
  return "";
}

}  // namespace plumbline::audit
