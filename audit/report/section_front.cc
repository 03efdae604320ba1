#include <algorithm>
#include <map>

#include "absl/strings/str_join.h"
#include "audit/report/cat.h"
#include "audit/report/figure_words.h"
#include "audit/report/numbers.h"
#include "audit/report/sections.h"
#include "replay/ingest/fault_log.h"

namespace plumbline::audit {
namespace {

constexpr size_t kHeadlines = 8;
constexpr size_t kWanted = 8;
constexpr int kFilesNamed = 8;
constexpr int kColumnsNamed = 60;
constexpr int kCoverageRows = 400;

std::string Joined(const std::vector<std::string>& items, const Words& words) {
  return absl::StrJoin(items, words(T::kAnd));
}

// One line on a rule: its clause, how many findings, and the gravest of them.
std::string Headline(const RuleFindings& rule, const Words& words) {
  const v1::Finding& first = *rule.findings.front();
  const std::string_view clause = words.Pick(first.clause(), first.clause_zh());
  int64_t same = 0;
  for (const v1::Finding* finding : rule.findings)
    same += finding->verdict() == first.verdict();
  std::string line =
      Cat(rule.rule_id, clause.empty() ? "" : " · ", clause,
          words.chinese() ? "（" : " (",
          words(T::kHeadlineCount, words.Verdict(first.verdict()), Count(same)),
          words.chinese() ? "）" : ")");
  const std::string subject = words.Subject(first.subject());
  if (first.has_shortfall() &&
      CompareDecimals(first.shortfall().amount(), "0") > 0) {
    AppendTo(&line, words.chinese() ? "；" : "; ",
             words(T::kHeadlineLargest, subject,
                   words.Shortfall(first.shortfall())));
  } else if (!first.observed().empty() && !first.required().empty()) {
    AppendTo(&line, words.chinese() ? "；" : "; ",
             words(T::kHeadlineFirst, subject, ObservedWords(first, words),
                   RequiredWords(first, words)));
  }
  return line;
}

}  // namespace

std::string PlatformName(const v1::Input& input, const Words& words) {
  return input.platform().empty() ? words(T::kUnnamedPlatform)
                                  : input.platform();
}

std::vector<RuleFindings> GroupByRule(const v1::AuditResult& result) {
  std::map<std::pair<std::string, std::string>, std::vector<const v1::Finding*>>
      grouped;
  for (const v1::Finding& finding : result.findings()) {
    grouped[{finding.pack(), finding.rule_id()}].push_back(&finding);
  }
  const auto gravity = [](const v1::Finding& finding) {
    switch (finding.verdict()) {
      case v1::BREACH:
        return 0;
      case v1::INDICATOR:
        return 1;
      case v1::INSUFFICIENT_EVIDENCE:
        return 2;
      case v1::NO_BREACH_FOUND:
        return 3;
      default:
        return 4;
    }
  };
  const auto graver = [&](const v1::Finding* a, const v1::Finding* b) {
    if (gravity(*a) != gravity(*b)) return gravity(*a) < gravity(*b);
    if (a->severity() != b->severity()) return a->severity() > b->severity();
    return CompareDecimals(a->shortfall().amount(), b->shortfall().amount()) >
           0;
  };
  std::vector<RuleFindings> rules;
  for (auto& [key, findings] : grouped) {
    std::stable_sort(findings.begin(), findings.end(), graver);
    rules.push_back({key.first, key.second, std::move(findings)});
  }
  std::stable_sort(rules.begin(), rules.end(),
                   [&](const RuleFindings& a, const RuleFindings& b) {
                     const v1::Finding& left = *a.findings.front();
                     const v1::Finding& right = *b.findings.front();
                     if (gravity(left) != gravity(right))
                       return gravity(left) < gravity(right);
                     return left.severity() > right.severity();
                   });
  return rules;
}

void AddTitle(const v1::AuditResult& result, Page* page) {
  const Words& words = page->words();
  const v1::Input& input = result.input();
  page->Paragraph(words(T::kProduct), "kicker");
  page->Heading(1, words(T::kTitle, PlatformName(input, words)));
  if (input.synthetic()) page->Paragraph(words(T::kSynthetic), "synthetic");
  std::vector<std::string> facts;
  facts.push_back(input.observed_from().empty() && input.observed_to().empty()
                      ? words(T::kPeriodUnknown)
                      : words(T::kPeriod, ShownInstant(input.observed_from()),
                              ShownInstant(input.observed_to())));
  if (!input.time_zone().empty())
    facts.push_back(words(T::kZone, input.time_zone()));
  if (!input.currency().empty())
    facts.push_back(words(T::kCurrency, input.currency()));
  if (!input.mapping().empty())
    facts.push_back(words(T::kMapping, input.mapping()));
  page->BeginBlock("facts");
  for (const std::string& fact : facts) page->Paragraph(fact);
  page->EndBlock();
}

void AddSummary(const v1::AuditResult& result, Page* page) {
  const Words& words = page->words();
  const v1::Summary& summary = result.summary();
  page->BeginSection("summary", words(T::kSummary));
  page->Paragraph(words(T::kSummaryLead), "lead");
  page->VerdictTiles(summary);
  const bool short_of =
      summary.has_shortfall_total() &&
      CompareDecimals(summary.shortfall_total().amount(), "0") > 0;
  if (short_of) {
    page->Paragraph(
        words(T::kShortfallAtLeast, words.Shortfall(summary.shortfall_total())),
        "statement");
  } else if (summary.has_shortfall_total()) {
    page->Paragraph(words(T::kNoShortfall));
  }
  if (summary.has_workers_affected() && summary.workers_affected() > 0) {
    page->Paragraph(
        words(T::kWorkersAffected, Count(summary.workers_affected())));
  }

  page->Heading(3, words(T::kHeadlines));
  std::vector<std::string> lines;
  size_t rules_with_findings = 0;
  for (const RuleFindings& rule : GroupByRule(result)) {
    const v1::Verdict verdict = rule.findings.front()->verdict();
    if (verdict != v1::BREACH && verdict != v1::INDICATOR) continue;
    if (++rules_with_findings <= kHeadlines)
      lines.push_back(Headline(rule, words));
  }
  if (lines.empty()) {
    page->Paragraph(
        words(result.findings().empty() ? T::kNoFindings : T::kNoHeadlines));
  } else {
    page->List(lines);
    if (rules_with_findings > kHeadlines) {
      page->Paragraph(words(T::kHeadlineRest, rules_with_findings - kHeadlines),
                      "soft");
    }
  }

  page->Heading(3, words(T::kNotTestable));
  int64_t not_run = 0;
  std::map<std::string, int> wanted;
  for (const v1::Coverage& coverage : result.coverage()) {
    if (coverage.runnable()) continue;
    ++not_run;
    for (const std::string& name : coverage.missing()) ++wanted[name];
  }
  page->Paragraph(words(T::kNotTestableLead, Count(not_run),
                        Count(result.coverage_size()),
                        Count(summary.insufficient_evidence())));
  std::vector<std::pair<int, std::string>> ranked;
  for (const auto& [name, n] : wanted) ranked.emplace_back(-n, name);
  std::sort(ranked.begin(), ranked.end());
  std::vector<std::string> most;
  for (size_t i = 0; i < std::min(ranked.size(), kWanted); ++i)
    most.push_back(ranked[i].second);
  if (!most.empty())
    page->Paragraph(words(T::kMostWanted, Joined(most, words)));

  page->Heading(3, words(T::kLegend));
  HtmlTable legend{.caption = words(T::kLegend),
                   .header = {words(T::kVerdict), words(T::kMeaning)}};
  for (const v1::Verdict verdict :
       {v1::BREACH, v1::INDICATOR, v1::INSUFFICIENT_EVIDENCE,
        v1::NO_BREACH_FOUND, v1::NOT_APPLICABLE}) {
    legend.rows.push_back(
        {Cell{.kind = Cell::Kind::kVerdict, .verdict = verdict},
         {words.VerdictMeaning(verdict)}});
  }
  page->Table(legend);
  page->EndSection();
}

void AddCoverage(const v1::AuditResult& result, Page* page) {
  const Words& words = page->words();
  page->BeginSection("coverage", words(T::kCoverage));
  page->Paragraph(words(T::kCoverageLead));
  HtmlTable missing{.caption = words(T::kCoverageMissing),
                    .header = {words(T::kTest), words(T::kSubjectMatter),
                               words(T::kMissing), words(T::kReason)}};
  HtmlTable other{
      .header = {words(T::kTest), words(T::kSubjectMatter), words(T::kReason)}};
  HtmlTable ran{.caption = words(T::kTest),
                .header = {words(T::kTest), words(T::kSubjectMatter)}};
  int left_out = 0;
  for (const v1::Coverage& coverage : result.coverage()) {
    // A clause beyond any log stands among the clauses.
    if (!coverage.settled_by().empty()) continue;
    if (static_cast<int>(missing.rows.size() + other.rows.size() +
                         ran.rows.size()) >= kCoverageRows) {
      ++left_out;
      continue;
    }
    if (coverage.runnable()) {
      ran.rows.push_back(
          {CodeCell(coverage.test()), {words.Test(coverage.test())}});
      continue;
    }
    const Cell test = CodeCell(coverage.test());
    const Cell matter{words.Test(coverage.test())};
    const Cell reason{
        std::string(words.Pick(coverage.reason(), coverage.reason_zh()))};
    if (coverage.missing().empty()) {
      other.rows.push_back({test, matter, reason});
    } else {
      missing.rows.push_back({test, matter,
                              CodeCell(absl::StrJoin(coverage.missing(), " ")),
                              reason});
    }
  }
  if (missing.rows.empty() && other.rows.empty()) {
    page->Paragraph(words(T::kCoverageAll));
  }
  if (!missing.rows.empty()) page->Table(missing);
  if (!other.rows.empty()) {
    other.caption = words(T::kCoverageOther, other.rows.size());
    page->BeginDetails(other.caption);
    page->Table(other);
    page->EndDetails();
  }
  if (!ran.rows.empty()) {
    const std::string title = words(T::kCoverageRan, ran.rows.size());
    ran.caption = title;
    page->BeginDetails(title);
    page->Table(ran);
    page->EndDetails();
  }
  if (left_out > 0)
    page->Paragraph(words(T::kMoreIn, left_out, "findings.json"), "soft");
  page->EndSection();
}

void AddData(const v1::AuditResult& result, Page* page) {
  const Words& words = page->words();
  const v1::Input& input = result.input();
  page->BeginSection("data", words(T::kData));
  page->Paragraph(words(T::kDataLead));
  if (input.tables().empty()) {
    page->Paragraph(words(T::kNoTables));
  } else {
    HtmlTable funnel{
        .caption = words(T::kData),
        .header = {words(T::kTable), words(T::kRowsRead), words(T::kRowsUsed),
                   words(T::kRowsRepaired), words(T::kRowsQuarantined),
                   words(T::kCloses), words(T::kFiles)}};
    for (const v1::TableFunnel& table : input.tables()) {
      const bool closes = table.rows_read() == table.rows_used() +
                                                   table.rows_repaired() +
                                                   table.rows_quarantined();
      std::vector<std::string> files(
          table.files().begin(),
          table.files().begin() + std::min(table.files_size(), kFilesNamed));
      std::string names = absl::StrJoin(files, " ");
      if (table.files_size() > kFilesNamed) {
        AppendTo(&names, " … ",
                 words(T::kMoreIn, table.files_size() - kFilesNamed,
                       "findings.json"));
      }
      funnel.rows.push_back({CodeCell(table.name()),
                             NumberCell(Count(table.rows_read())),
                             NumberCell(Count(table.rows_used())),
                             NumberCell(Count(table.rows_repaired())),
                             NumberCell(Count(table.rows_quarantined())),
                             {words(closes ? T::kYes : T::kNo)},
                             CodeCell(names)});
    }
    page->Table(funnel);
  }

  if (input.faults().empty()) {
    page->Paragraph(words(T::kNoFaults));
  } else {
    HtmlTable faults{
        .caption = words(T::kFaults),
        .header = {words(T::kFault), words(T::kTimes), words(T::kColumn),
                   words(T::kWhatIsWrong), words(T::kRemedy)}};
    for (const v1::FaultCount& fault : input.faults()) {
      std::string sentence;
      std::string remedy;
      for (const replay::FaultKind& kind : replay::FaultCatalogue()) {
        if (kind.id != fault.id()) continue;
        sentence = std::string(words.Pick(kind.sentence, kind.sentence_zh));
        remedy = std::string(words.Pick(kind.remedy, kind.remedy_zh));
      }
      const std::string column = fault.column().empty()
                                     ? fault.table()
                                     : Cat(fault.table(), ".", fault.column());
      faults.rows.push_back({CodeCell(fault.id()),
                             NumberCell(Count(fault.n())),
                             CodeCell(column),
                             {sentence},
                             {remedy}});
    }
    page->Table(faults);
  }
  if (!input.unknown_columns().empty()) {
    const int shown = std::min(input.unknown_columns_size(), kColumnsNamed);
    std::string names =
        absl::StrJoin(input.unknown_columns().begin(),
                      input.unknown_columns().begin() + shown, words(T::kAnd));
    if (shown < input.unknown_columns_size()) names += " …";
    page->Paragraph(words(T::kUnknownColumns, names));
  }
  page->EndSection();
}

}  // namespace plumbline::audit
