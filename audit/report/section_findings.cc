#include <algorithm>
#include <set>

#include "absl/strings/str_join.h"
#include "audit/report/cat.h"
#include "audit/report/figure_words.h"
#include "audit/report/numbers.h"
#include "audit/report/sections.h"

namespace plumbline::audit {
namespace {

// The page stays readable and small whatever the log; the files have the rest.
constexpr size_t kFindingsOnPage = 200;
constexpr size_t kFindingsOfRule = 20;
constexpr size_t kRulesOnPage = 150;
constexpr int kRowsNamed = 20;

std::string PeriodText(const v1::Period& period, const Words& words) {
  if (period.from().empty() && period.to().empty()) return "";
  return words(T::kIntervalValue, ShownInstant(period.from()),
               ShownInstant(period.to()));
}

std::string RowsText(const v1::Finding& finding, const Words& words) {
  if (finding.rows().empty()) return "";
  const int shown = std::min(finding.rows_size(), kRowsNamed);
  std::string text = absl::StrJoin(finding.rows().begin(),
                                   finding.rows().begin() + shown, " ");
  if (finding.rows_size() > shown) {
    AppendTo(
        &text, " … ",
        words(T::kMoreIn, Count(finding.rows_size() - shown), "findings.json"));
  }
  return text;
}

// The reason with what would settle it, the interval and the p-value.
std::string ReasonText(const v1::Finding& finding, const Words& words) {
  std::vector<std::string> parts;
  const std::string_view reason =
      words.Pick(finding.reason(), finding.reason_zh());
  if (!reason.empty()) parts.emplace_back(reason);
  if (finding.interval_size() == 2) {
    parts.push_back(Cat(
        words(T::kInterval), " ",
        words(T::kIntervalValue, finding.interval(0), finding.interval(1))));
  }
  if (finding.has_p_value())
    parts.push_back(words(T::kPValue, finding.p_value()));
  if (!finding.missing().empty()) {
    parts.push_back(
        words(T::kSettledBy, absl::StrJoin(finding.missing(), words(T::kAnd))));
  }
  return absl::StrJoin(parts, words.chinese() ? "；" : "; ");
}

void AddParameters(const v1::Finding& finding, Page* page) {
  const Words& words = page->words();
  if (finding.parameters().empty()) return;
  HtmlTable table{.caption = words(T::kParameters),
                  .header = {words(T::kParameter), words(T::kValue),
                             words(T::kUnit), words(T::kInForceFrom),
                             words(T::kConfidence), words(T::kSource)}};
  for (const v1::ParameterUsed& parameter : finding.parameters()) {
    table.rows.push_back({CodeCell(parameter.name()),
                          NumberCell(Grouped(parameter.value())),
                          {parameter.unit()},
                          {parameter.valid_from()},
                          {words.Confidence(parameter.confidence())},
                          {parameter.source()}});
  }
  page->Table(table);
}

// A column that no finding fills only takes room.
void DropEmptyColumns(HtmlTable* table) {
  for (size_t column = table->header.size(); column-- > 0;) {
    bool empty = true;
    for (const std::vector<Cell>& row : table->rows) {
      empty = empty && row[column].text.empty() &&
              row[column].kind != Cell::Kind::kVerdict;
    }
    if (!empty) continue;
    table->header.erase(table->header.begin() + column);
    for (std::vector<Cell>& row : table->rows) row.erase(row.begin() + column);
  }
}

void AddRule(const RuleFindings& rule, size_t most, Page* page) {
  const Words& words = page->words();
  const v1::Finding& first = *rule.findings.front();
  page->BeginBlock("clause");
  std::vector<v1::Verdict> verdicts;
  std::set<v1::Verdict> seen;
  for (const v1::Finding* finding : rule.findings) {
    if (seen.insert(finding->verdict()).second)
      verdicts.push_back(finding->verdict());
  }
  page->ClauseHeading(rule.rule_id, verdicts);
  std::vector<std::pair<std::string, std::string>> facts;
  const std::string_view clause = words.Pick(first.clause(), first.clause_zh());
  if (!clause.empty()) facts.emplace_back(words(T::kClause), clause);
  if (!first.source().empty()) {
    facts.emplace_back(
        words(T::kSource),
        first.place_in_source().empty()
            ? first.source()
            : Cat(first.source(), words(T::kAnd), first.place_in_source()));
  }
  if (!first.strength().empty()) {
    facts.emplace_back(words(T::kStrength), words.Strength(first.strength()));
  }
  if (!rule.pack.empty()) facts.emplace_back(words(T::kPack), rule.pack);
  if (!first.grade().empty())
    facts.emplace_back(words(T::kGrade), words.Grade(first.grade()));
  if (first.severity() > 0) {
    facts.emplace_back(words(T::kSeverity),
                       words(T::kSeverityOf, first.severity()));
  }
  const std::string_view note = words.Pick(first.note(), first.note_zh());
  if (!note.empty()) facts.emplace_back(words(T::kReadingOfRule), note);
  if (first.unverified())
    facts.emplace_back(words(T::kCaution), words(T::kUnverified));
  page->Definitions(facts);
  AddParameters(first, page);

  const size_t shown = std::min(rule.findings.size(), most);
  HtmlTable table{.caption = Cat(words(T::kFindings), " ", rule.rule_id),
                  .header = {words(T::kSubject), words(T::kVerdict),
                             words(T::kPeriodColumn), words(T::kObserved),
                             words(T::kRequired), words(T::kShortfall),
                             words(T::kLookedAt), words(T::kReason)}};
  HtmlTable rows{
      .caption = Cat(words(T::kRows), " ", rule.rule_id),
      .header = {words(T::kSubject), words(T::kNumber), words(T::kRows)}};
  for (size_t i = 0; i < shown; ++i) {
    const v1::Finding& finding = *rule.findings[i];
    const std::string subject = words.Subject(finding.subject());
    table.rows.push_back(
        {{subject},
         Cell{.kind = Cell::Kind::kVerdict, .verdict = finding.verdict()},
         {PeriodText(finding.period(), words)},
         {ObservedWords(finding, words)},
         {RequiredWords(finding, words)},
         NumberCell(finding.has_shortfall()
                        ? words.Shortfall(finding.shortfall())
                        : ""),
         NumberCell(finding.has_n() ? Count(finding.n()) : ""),
         {ReasonText(finding, words)}});
    if (finding.rows().empty()) continue;
    rows.rows.push_back({{subject},
                         NumberCell(Count(finding.rows_size())),
                         CodeCell(RowsText(finding, words))});
  }
  DropEmptyColumns(&table);
  page->Table(table);
  if (shown < rule.findings.size()) {
    page->Paragraph(words(T::kFindingsCut, shown, Count(rule.findings.size())),
                    "soft");
  }
  if (!first.trace().empty()) {
    HtmlTable trace{
        .caption = words(T::kTrace, words.Subject(first.subject())),
        .header = {words(T::kStep), words(T::kFormula), words(T::kValue)}};
    for (const v1::TraceStep& step : first.trace()) {
      trace.rows.push_back({{StepName(step, words)},
                            CodeCell(step.formula()),
                            NumberCell(StepWords(step, words))});
    }
    page->BeginDetails(trace.caption);
    page->Table(trace);
    page->EndDetails();
  }
  if (!rows.rows.empty()) {
    page->BeginDetails(words(T::kRows));
    page->Table(rows);
    page->EndDetails();
  }
  page->EndBlock();
}

}  // namespace

void AddFindings(const v1::AuditResult& result, Page* page) {
  const Words& words = page->words();
  page->BeginSection("findings", words(T::kFindings));
  if (result.findings().empty()) {
    page->Paragraph(words(T::kNoFindings));
    page->EndSection();
    return;
  }
  page->Paragraph(words(T::kFindingsLead));
  const std::vector<RuleFindings> rules = GroupByRule(result);
  const size_t on_page = std::min(rules.size(), kRulesOnPage);
  // Every rule gets at least one row; what is left of the page goes to the
  // gravest rules first.
  size_t spare = kFindingsOnPage > on_page ? kFindingsOnPage - on_page : 0;
  v1::Verdict heading = v1::VERDICT_UNSPECIFIED;
  for (size_t i = 0; i < on_page; ++i) {
    const v1::Verdict verdict = rules[i].findings.front()->verdict();
    if (verdict != heading) page->Heading(3, words.Verdict(verdict));
    heading = verdict;
    const size_t more =
        std::min({spare, kFindingsOfRule - 1, rules[i].findings.size() - 1});
    spare -= more;
    AddRule(rules[i], 1 + more, page);
  }
  if (on_page < rules.size()) {
    page->Paragraph(words(T::kRulesCut, rules.size() - on_page), "soft");
  }
  page->EndSection();
}

}  // namespace plumbline::audit
