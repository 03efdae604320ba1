#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "audit/report/cat.h"
#include "audit/report/figure_words.h"
#include "audit/report/numbers.h"
#include "audit/report/sections.h"

namespace plumbline::audit {
namespace {

// The page stays readable and small whatever the log; the files have the rest.
constexpr size_t kClausesOnPage = 300;
constexpr size_t kOpenQuestions = 200;
constexpr size_t kBeyondLogs = 300;
constexpr size_t kRowsNamed = 10;

using VerdictCounts = std::map<v1::Verdict, int64_t>;

// Subjects and periods by verdict: a breach or an indicator is one finding
// each; of the others one finding stands for all that it looked at.
VerdictCounts CountsOf(const RuleFindings& rule) {
  VerdictCounts counts;
  for (const v1::Finding* finding : rule.findings) {
    const bool one =
        finding->verdict() == v1::BREACH || finding->verdict() == v1::INDICATOR;
    counts[finding->verdict()] += one ? 1 : finding->n();
  }
  return counts;
}

// "Breach: 2, No breach found: 166".
std::string CountsText(const VerdictCounts& counts, const Words& words) {
  std::vector<std::string> parts;
  for (const auto& [verdict, n] : counts) {
    parts.push_back(
        n == 0 ? words.Verdict(verdict)
               : words(T::kHeadlineCount, words.Verdict(verdict), Count(n)));
  }
  return absl::StrJoin(parts, words(T::kAnd));
}

// The comparison, and below it each named part.
std::string TestText(const v1::Coverage& clause) {
  std::string text = clause.formula();
  for (const v1::TraceStep& part : clause.parts()) {
    AppendTo(&text, "\n", part.name(), " = ", part.formula());
  }
  return text;
}

struct Clause {
  RuleFindings rule;
  const v1::Coverage* coverage = nullptr;  // May be without.
};

struct Pack {
  std::string name;
  std::string title;
  std::vector<Clause> clauses;  // The gravest first.
};

// The packs in the order of their gravest clause.
std::vector<Pack> ByPack(const v1::AuditResult& result, const Words& words) {
  std::map<std::pair<std::string, std::string>, const v1::Coverage*> coverage;
  for (const v1::Coverage& entry : result.coverage()) {
    if (!entry.pack().empty()) coverage[{entry.pack(), entry.test()}] = &entry;
  }
  std::vector<Pack> packs;
  for (RuleFindings& rule : GroupByRule(result)) {
    auto pack = std::find_if(
        packs.begin(), packs.end(),
        [&](const Pack& known) { return known.name == rule.pack; });
    if (pack == packs.end()) {
      packs.push_back({rule.pack, rule.pack, {}});
      pack = packs.end() - 1;
      for (const v1::PackUsed& used : result.packs()) {
        if (used.name() == rule.pack && !used.title().empty()) {
          pack->title = std::string(words.Pick(used.title(), used.title_zh()));
        }
      }
    }
    const auto entry = coverage.find({rule.pack, rule.rule_id});
    Clause clause;
    if (entry != coverage.end()) clause.coverage = entry->second;
    clause.rule = std::move(rule);
    pack->clauses.push_back(std::move(clause));
  }
  return packs;
}

// Some rows of the findings by name, and how many there are.
Cell RowsCell(const RuleFindings& rule, const Words& words) {
  int64_t rows = 0;
  std::vector<std::string> named;
  for (const v1::Finding* finding : rule.findings) {
    rows += finding->rows_size();
    for (const std::string& row : finding->rows()) {
      if (named.size() < kRowsNamed) named.push_back(row);
    }
  }
  if (rows == 0) return {};
  std::string text = absl::StrJoin(named, " ");
  if (rows > static_cast<int64_t>(named.size())) {
    AppendTo(&text, " … ", words(T::kRowsCount, Count(rows)));
  }
  return CodeCell(text);
}

// What the findings lack, each column once.
std::string MissingOf(const RuleFindings& rule) {
  std::vector<std::string> missing;
  for (const v1::Finding* finding : rule.findings) {
    for (const std::string& column : finding->missing()) {
      if (std::find(missing.begin(), missing.end(), column) == missing.end()) {
        missing.push_back(column);
      }
    }
  }
  return absl::StrJoin(missing, " ");
}

void AddClause(const Clause& clause, Page* page) {
  const Words& words = page->words();
  const RuleFindings& rule = clause.rule;
  const v1::Finding& first = *rule.findings.front();
  const std::string amount =
      clause.coverage != nullptr && clause.coverage->has_shortfall()
          ? words.Shortfall(clause.coverage->shortfall())
          : "";
  page->BeginClause(first.verdict(), rule.rule_id,
                    words.Pick(first.clause(), first.clause_zh()), amount);
  std::vector<std::pair<std::string, Cell>> facts;
  const auto add = [&](T label, Cell cell) {
    if (!cell.text.empty()) facts.emplace_back(words(label), std::move(cell));
  };
  add(T::kClauseInOther,
      {words.chinese() ? first.clause() : first.clause_zh()});
  add(T::kSource,
      {first.place_in_source().empty()
           ? first.source()
           : Cat(first.source(), words(T::kAnd), first.place_in_source())});
  if (clause.coverage != nullptr) {
    add(T::kTestOfClause, CodeCell(TestText(*clause.coverage)));
    add(T::kDataHad, CodeCell(absl::StrJoin(clause.coverage->data(), " ")));
  }
  add(T::kDataMissing, CodeCell(MissingOf(rule)));
  add(T::kOutcome, {CountsText(CountsOf(rule), words)});
  add(T::kShortfall, {amount});
  add(T::kRows, RowsCell(rule, words));
  page->Facts(facts);
  page->EndDetails();
}

// What stayed open, why, and which data would settle it.
void AddOpenQuestions(const std::vector<Pack>& packs, Page* page) {
  const Words& words = page->words();
  HtmlTable open{.header = {words(T::kRule), words(T::kClause),
                            words(T::kLookedAt), words(T::kReason),
                            words(T::kWouldSettle)}};
  size_t left_out = 0;
  for (const Pack& pack : packs) {
    for (const Clause& clause : pack.clauses) {
      for (const v1::Finding* finding : clause.rule.findings) {
        if (finding->verdict() != v1::INSUFFICIENT_EVIDENCE) continue;
        if (open.rows.size() >= kOpenQuestions) {
          ++left_out;
          continue;
        }
        open.rows.push_back(
            {CodeCell(clause.rule.rule_id),
             {std::string(words.Pick(finding->clause(), finding->clause_zh()))},
             NumberCell(Count(finding->n())),
             {std::string(words.Pick(finding->reason(), finding->reason_zh()))},
             CodeCell(absl::StrJoin(finding->missing(), " "))});
      }
    }
  }
  if (open.rows.empty()) return;
  open.caption = words(T::kNotSettled, open.rows.size() + left_out);
  page->BeginDetails(open.caption);
  page->Paragraph(words(T::kNotSettledLead));
  page->Table(open);
  if (left_out > 0) {
    page->Paragraph(words(T::kMoreIn, left_out, "findings.json"), "soft");
  }
  page->EndDetails();
}

// Clauses of the packs that no log can decide.
void AddBeyondLogs(const v1::AuditResult& result, Page* page) {
  const Words& words = page->words();
  HtmlTable beyond{.header = {words(T::kRule), words(T::kClause),
                              words(T::kWhyNot), words(T::kWouldSettle)}};
  size_t left_out = 0;
  for (const v1::Coverage& entry : result.coverage()) {
    if (entry.settled_by().empty()) continue;
    if (beyond.rows.size() >= kBeyondLogs) {
      ++left_out;
      continue;
    }
    beyond.rows.push_back(
        {CodeCell(entry.test()),
         {std::string(words.Pick(entry.clause(), entry.clause_zh()))},
         {std::string(words.Pick(entry.reason(), entry.reason_zh()))},
         {std::string(words.Pick(entry.settled_by(), entry.settled_by_zh()))}});
  }
  if (beyond.rows.empty()) return;
  beyond.caption = words(T::kBeyondLogs, beyond.rows.size() + left_out);
  page->BeginDetails(beyond.caption);
  page->Table(beyond);
  if (left_out > 0) {
    page->Paragraph(words(T::kMoreIn, left_out, "findings.json"), "soft");
  }
  page->EndDetails();
}

}  // namespace

void AddClauses(const v1::AuditResult& result, Page* page) {
  if (result.findings().empty()) return;
  const Words& words = page->words();
  page->BeginSection("clauses", words(T::kClauses));
  page->Paragraph(words(T::kClausesLead));
  const std::vector<Pack> packs = ByPack(result, words);
  size_t shown = 0, left_out = 0;
  for (const Pack& pack : packs) {
    std::map<v1::Verdict, int64_t> gravest;
    for (const Clause& clause : pack.clauses) {
      ++gravest[clause.rule.findings.front()->verdict()];
    }
    page->BeginFold(
        pack.title, words(T::kClausesBy, CountsText(gravest, words)),
        gravest.contains(v1::BREACH) || gravest.contains(v1::INDICATOR));
    for (const Clause& clause : pack.clauses) {
      if (shown >= kClausesOnPage) {
        ++left_out;
        continue;
      }
      ++shown;
      AddClause(clause, page);
    }
    page->EndDetails();
  }
  if (left_out > 0) page->Paragraph(words(T::kRulesCut, left_out), "soft");
  page->Heading(3, words(T::kUntested));
  page->Paragraph(words(T::kUntestedLead));
  AddOpenQuestions(packs, page);
  AddBeyondLogs(result, page);
  page->EndSection();
}

}  // namespace plumbline::audit
