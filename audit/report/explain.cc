#include "audit/report/explain.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "audit/report/cat.h"
#include "audit/report/figure_words.h"
#include "audit/report/numbers.h"

namespace plumbline::audit {
namespace {

constexpr int kRowsNamed = 40;

void Line(std::string* text, int indent, std::string_view line) {
  AppendTo(text, std::string(indent, ' '), line, "\n");
}

void Steps(const v1::Finding& finding, const Words& words, std::string* text) {
  if (finding.trace().empty()) return;
  Line(text, 0, "");
  Line(text, 0, words(T::kExplainWorked));
  for (const v1::TraceStep& step : finding.trace()) {
    const std::string name = StepName(step, words);
    const std::string value = StepWords(step, words);
    if (step.formula().empty()) {
      Line(text, 2, Cat(name, " = ", value));
      continue;
    }
    const bool demand = step.name() == "require";
    Line(text, 2, Cat(name, demand ? ": " : " = ", step.formula()));
    Line(text, 6, Cat(demand ? "" : "= ", value));
  }
}

void Figures(const v1::Finding& finding, const Words& words,
             std::string* text) {
  if (finding.parameters().empty()) return;
  Line(text, 0, "");
  Line(text, 0, words(T::kExplainFigures));
  for (const v1::ParameterUsed& used : finding.parameters()) {
    Line(text, 2,
         words(T::kExplainFigure, used.name(), used.value(), used.unit(),
               used.valid_from(), used.source(),
               words.Confidence(used.confidence())));
  }
}

void Rows(const v1::Finding& finding, const Words& words, std::string* text) {
  if (finding.rows().empty()) return;
  const int shown = std::min(finding.rows_size(), kRowsNamed);
  std::string list = absl::StrJoin(finding.rows().begin(),
                                   finding.rows().begin() + shown, " ");
  if (shown < finding.rows_size()) list += " ...";
  Line(text, 0, "");
  Line(text, 0, words(T::kExplainRows, Count(finding.rows_size()), list));
}

bool StartsWith(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

}  // namespace

std::string ExplainFinding(const v1::Finding& finding, Language language) {
  const Words words(language);
  std::string text =
      Cat(finding.rule_id(), "  ", words.Verdict(finding.verdict()));
  if (!finding.subject().kind().empty()) {
    AppendTo(&text, "  ", words.Subject(finding.subject()));
  }
  if (!finding.period().from().empty()) {
    AppendTo(&text, "  ",
             words(T::kIntervalValue, ShownInstant(finding.period().from()),
                   ShownInstant(finding.period().to())));
  }
  text += "\n";
  Line(&text, 0,
       words(T::kExplainAsks,
             words.Pick(finding.clause(), finding.clause_zh())));
  std::string source = finding.source();
  if (!finding.place_in_source().empty()) {
    AppendTo(&source, words(T::kAnd), finding.place_in_source());
  }
  Line(&text, 0, words(T::kExplainSource, source));
  if (!finding.strength().empty()) {
    Line(&text, 0,
         words(T::kExplainStrength, words.Strength(finding.strength())));
  }
  const std::string_view note = words.Pick(finding.note(), finding.note_zh());
  if (!note.empty()) Line(&text, 0, words(T::kExplainReading, note));
  Steps(finding, words, &text);
  if (!finding.observed().empty() && !finding.required().empty()) {
    Line(&text, 0, "");
    Line(&text, 0,
         words(T::kExplainCompared, ObservedWords(finding, words),
               RequiredWords(finding, words)));
    if (finding.has_shortfall()) {
      Line(&text, 0,
           words(T::kExplainShort, words.Shortfall(finding.shortfall())));
    }
  }
  const std::string_view reason =
      words.Pick(finding.reason(), finding.reason_zh());
  if (!reason.empty()) Line(&text, 0, words(T::kExplainReason, reason));
  if (!finding.missing().empty()) {
    Line(&text, 0,
         words(T::kExplainSettles,
               absl::StrJoin(finding.missing(), words(T::kAnd))));
  }
  if (finding.has_n()) {
    Line(&text, 0, words(T::kExplainN, Count(finding.n())));
  }
  Figures(finding, words, &text);
  Rows(finding, words, &text);
  return text;
}

std::vector<int> FindFindings(const v1::AuditResult& result,
                              std::string_view what) {
  int index = 0;
  if (absl::SimpleAtoi(absl::string_view(what.data(), what.size()), &index)) {
    if (index < 0 || index >= result.findings_size()) return {};
    return {index};
  }
  std::vector<int> found;
  for (int i = 0; i < result.findings_size(); ++i) {
    const v1::Finding& finding = result.findings(i);
    std::string_view rest = what;
    if (!StartsWith(rest, finding.rule_id())) continue;
    rest.remove_prefix(finding.rule_id().size());
    if (rest.empty()) {
      found.push_back(i);
      continue;
    }
    if (rest[0] != ':') continue;
    rest.remove_prefix(1);
    const std::string& subject = finding.subject().id();
    if (subject.empty() || !StartsWith(rest, subject)) continue;
    rest.remove_prefix(subject.size());
    if (rest.empty() || (rest[0] == ':' &&
                         StartsWith(finding.period().from(), rest.substr(1)))) {
      found.push_back(i);
    }
  }
  // Breaches first, then indicators: the order of the enum.
  std::stable_sort(found.begin(), found.end(), [&](int a, int b) {
    return result.findings(a).verdict() < result.findings(b).verdict();
  });
  return found;
}

}  // namespace plumbline::audit
