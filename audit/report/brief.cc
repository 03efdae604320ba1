#include <algorithm>
#include <vector>

#include "audit/report/cat.h"
#include "audit/report/numbers.h"
#include "audit/report/report.h"
#include "audit/report/sections.h"
#include "audit/report/text.h"

namespace plumbline::audit {
namespace {

constexpr int kColumns = 80;
constexpr size_t kRulesShown = 8;

// Control characters of a log must not reach the terminal.
std::string Printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out.push_back(byte < 0x20 || byte == 0x7F ? ' ' : c);
  }
  return out;
}

}  // namespace

std::string BriefSummary(const v1::AuditResult& result, Language language) {
  const Words words(language);
  const v1::Input& input = result.input();
  const v1::Summary& summary = result.summary();
  std::vector<std::string> lines;
  lines.push_back(words(T::kBriefTitle, PlatformName(input, words)));
  if (input.synthetic()) lines.push_back(words(T::kBriefSynthetic));
  if (!input.observed_from().empty() || !input.observed_to().empty()) {
    lines.push_back(words(T::kPeriod, ShownInstant(input.observed_from()),
                          ShownInstant(input.observed_to())));
  }
  int64_t read = 0;
  int64_t quarantined = 0;
  int64_t repaired = 0;
  for (const v1::TableFunnel& table : input.tables()) {
    read += table.rows_read();
    quarantined += table.rows_quarantined();
    repaired += table.rows_repaired();
  }
  lines.push_back(
      words(T::kBriefRows, Count(read), Count(quarantined), Count(repaired)));
  lines.push_back("");
  for (const auto& [verdict, n] :
       {std::pair(v1::BREACH, summary.breach()),
        std::pair(v1::INDICATOR, summary.indicator()),
        std::pair(v1::INSUFFICIENT_EVIDENCE, summary.insufficient_evidence()),
        std::pair(v1::NO_BREACH_FOUND, summary.no_breach_found()),
        std::pair(v1::NOT_APPLICABLE, summary.not_applicable())}) {
    const std::string number = Count(n);
    lines.push_back(Cat(std::string(std::max<int>(0, 10 - number.size()), ' '),
                        number, "  ", words.Verdict(verdict)));
  }
  const bool short_of =
      summary.has_shortfall_total() &&
      CompareDecimals(summary.shortfall_total().amount(), "0") > 0;
  if (short_of) {
    lines.push_back(words(T::kBriefShortfall,
                          words.Shortfall(summary.shortfall_total()),
                          Count(summary.workers_affected())));
  } else if (summary.workers_affected() > 0) {
    lines.push_back(words(T::kBriefWorkers, Count(summary.workers_affected())));
  }

  std::vector<std::string> found;
  for (const RuleFindings& rule : GroupByRule(result)) {
    const v1::Finding& first = *rule.findings.front();
    if (first.verdict() != v1::BREACH && first.verdict() != v1::INDICATOR)
      continue;
    found.push_back(Cat("  ", words.Verdict(first.verdict()), "  ",
                        rule.rule_id, "  ",
                        words.Pick(first.clause(), first.clause_zh())));
  }
  if (!found.empty()) {
    lines.push_back("");
    const size_t shown = std::min(found.size(), kRulesShown);
    lines.insert(lines.end(), found.begin(), found.begin() + shown);
    if (shown < found.size()) {
      lines.push_back(Cat("  ", words(T::kBriefMore, found.size() - shown)));
    }
  }
  int64_t untested = 0;
  for (const v1::Coverage& coverage : result.coverage())
    untested += !coverage.runnable();
  if (untested > 0) {
    lines.push_back("");
    lines.push_back(words(T::kBriefUntested, Count(untested),
                          Count(result.coverage_size())));
  }
  std::string out;
  for (const std::string& line : lines) {
    AppendTo(&out, CutToWidth(Printable(line), kColumns), "\n");
  }
  return out;
}

}  // namespace plumbline::audit
