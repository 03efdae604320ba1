#include "audit/report/page.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "audit/report/sections.h"
#include "audit/report/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/report/made_up_result.h"

namespace plumbline::audit {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string PageOf(const MadeUpResult& made_up, Language language) {
  const std::string folder = testing::TempDir() + "/page_test";
  std::filesystem::remove_all(folder);
  EXPECT_TRUE(made_up.Write(language, folder).ok());
  std::string text = ReadFile(folder + "/report.html");
  // What is ours and large is looked at elsewhere.
  const size_t library = text.find(ChartLibrary());
  EXPECT_NE(library, std::string::npos);
  text.erase(library, ChartLibrary().size());
  std::filesystem::remove_all(folder);
  return text;
}

TEST(Report, HostileIdsStayText) {
  MadeUpResult made_up;
  made_up.result.mutable_input()->set_platform(kScriptEndId);
  made_up.result.mutable_input()->add_unknown_columns(kMarkupId);
  made_up.result.add_notes(kMarkupId);
  made_up.result.mutable_measures()
      ->mutable_targets()
      ->mutable_limit()
      ->mutable_rank()
      ->mutable_strata(0)
      ->set_stratum(kScriptEndId);
  (*made_up.result.mutable_measures()
        ->mutable_pay()
        ->mutable_by_kind())[kScriptEndId] = "1";
  made_up.manifest.entries.push_back({kMarkupId, kMarkupId, kMarkupId});
  for (const Language language : {Language::kEnglish, Language::kChinese}) {
    const std::string page = PageOf(made_up, language);
    EXPECT_THAT(page, Not(HasSubstr(kMarkupId)));
    EXPECT_THAT(page, Not(HasSubstr(kScriptEndId)));
    EXPECT_THAT(page, Not(HasSubstr("<img")));
    EXPECT_THAT(page, HasSubstr("&lt;img src=x onerror=alert(1)&gt;"));
    // Two scripts that run and the figures of the charts.
    size_t scripts = 0;
    for (size_t at = page.find("<script"); at != std::string::npos;
         at = page.find("<script", at + 1)) {
      ++scripts;
    }
    EXPECT_EQ(scripts, 3u);
  }
}

TEST(Report, ForbidsTheNetworkAndNamesNoAddress) {
  const std::string page = PageOf(MadeUpResult(), Language::kEnglish);
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  EXPECT_THAT(page, Not(HasSubstr("http://")));
  EXPECT_THAT(page, Not(HasSubstr("https://")));
}

TEST(Report, ShowsEachPartInItsLanguage) {
  const std::string en = PageOf(MadeUpResult(), Language::kEnglish);
  const std::string zh = PageOf(MadeUpResult(), Language::kChinese);
  for (const char* section :
       {"summary", "coverage", "data", "hours", "pay", "targets", "allocation",
        "mdrp", "clauses", "findings", "method", "glossary", "manifest"}) {
    EXPECT_THAT(en, HasSubstr(std::string("<section id=\"") + section + "\""));
    EXPECT_THAT(zh, HasSubstr(std::string("<section id=\"") + section + "\""));
  }
  // A lower bound is rounded down: 1234.565.
  EXPECT_THAT(en, HasSubstr("at least CNY 1,234.56."));
  EXPECT_THAT(zh, HasSubstr("至少少付 1,234.56 元"));
  EXPECT_THAT(zh, HasSubstr("劳动报酬不低于当地小时最低工资标准。"));
  EXPECT_THAT(en, HasSubstr("This log was made by a program."));
  EXPECT_THAT(en, HasSubstr("SHA-256"));
  EXPECT_THAT(en, HasSubstr("V1: read in the legal text itself"));
  EXPECT_THAT(zh, HasSubstr("以最快者为准"));
  EXPECT_THAT(en, HasSubstr("ministerial rule or opinion"));
  EXPECT_THAT(en, HasSubstr("allowed with --allow-unverified"));
  EXPECT_THAT(zh, HasSubstr("MOHRSS 2023 No. 50、Art. 4"));
  EXPECT_THAT(zh, HasSubstr("重叠的在线时段只计一次。"));
  EXPECT_THAT(en, HasSubstr("0.280 to 0.340"));
  EXPECT_THAT(en, HasSubstr("\"kind\":\"trend\""));
  EXPECT_THAT(en, HasSubstr("like hours and places"));
  EXPECT_THAT(en, HasSubstr("<td class=\"n\">21.35%</td>"));
}

TEST(Report, LeavesOutWhatTheResultLacks) {
  MadeUpResult made_up;
  made_up.result.Clear();
  made_up.workers.clear();
  made_up.flagged.clear();
  const std::string page = PageOf(made_up, Language::kEnglish);
  EXPECT_THAT(page, Not(HasSubstr("<figure>")));
  EXPECT_THAT(page, Not(HasSubstr("id=\"mdrp\"")));
  EXPECT_THAT(page, Not(HasSubstr("made by a program")));
  EXPECT_THAT(page, HasSubstr("No rule pack was applied"));
  EXPECT_THAT(page, HasSubstr("platform not named in the log"));
}

TEST(Report, StaysBoundedWhateverTheLog) {
  MadeUpResult made_up;
  const v1::Finding one = made_up.result.findings(0);
  const size_t before = PageOf(made_up, Language::kEnglish).size();
  for (int i = 0; i < 5000; ++i) {
    v1::Finding* finding = made_up.result.add_findings();
    *finding = one;
    finding->set_rule_id("R-" + std::to_string(i % 400));
    finding->mutable_subject()->set_id("W-" + std::to_string(i));
    for (int row = 0; row < 50; ++row)
      finding->add_rows("tasks:T-" + std::to_string(row));
  }
  const std::string page = PageOf(made_up, Language::kEnglish);
  EXPECT_LT(page.size(), before + 1'500'000);
  EXPECT_THAT(
      page,
      HasSubstr("further rules are only in findings.csv and findings.json"));
}

std::string SectionOf(const std::string& page, const std::string& id) {
  const size_t begin = page.find("<section id=\"" + id + "\"");
  EXPECT_NE(begin, std::string::npos) << id;
  return page.substr(begin, page.find("</section>", begin) - begin);
}

TEST(Clauses, SayTheirTestTheirDataAndWhatWouldSettleThem) {
  MadeUpResult made_up;
  v1::Coverage* ran = made_up.result.add_coverage();
  ran->set_test("CN-MW-H");
  ran->set_pack("cn");
  ran->set_runnable(true);
  ran->set_formula("paid >= floor");
  v1::TraceStep* part = ran->add_parts();
  part->set_name("floor");
  part->set_formula("hourly * time(ENGAGED)");
  ran->add_data("pay.amount");
  ran->mutable_shortfall()->set_amount("1234.565");
  ran->mutable_shortfall()->set_currency("CNY");
  v1::Coverage* beyond = made_up.result.add_coverage();
  beyond->set_test("CN-ALG16");
  beyond->set_pack("cn");
  beyond->set_clause("The main mechanism is published.");
  beyond->set_clause_zh("公示主要运行机制。");
  beyond->set_reason("A ledger holds no texts.");
  beyond->set_reason_zh("规则台账不含文本。");
  beyond->set_settled_by("The text as published.");
  beyond->set_settled_by_zh("公示的文本。");
  made_up.result.mutable_packs(0)->set_title("China: platform work");
  made_up.result.mutable_packs(0)->set_title_zh("中国：平台用工");

  const std::string page = PageOf(made_up, Language::kEnglish);
  const std::string en = SectionOf(page, "clauses");
  const std::string zh =
      SectionOf(PageOf(made_up, Language::kChinese), "clauses");
  EXPECT_THAT(en, HasSubstr("China: platform work</span>"));
  EXPECT_THAT(zh, HasSubstr("中国：平台用工</span>"));
  EXPECT_THAT(en, HasSubstr("paid &gt;= floor\nfloor = hourly"));
  EXPECT_THAT(en, HasSubstr("<code class=\"lines\">pay.<wbr>amount</code>"));
  // Both languages of a clause stand on both pages.
  for (const std::string& section : {en, zh}) {
    EXPECT_THAT(section, HasSubstr("劳动报酬不低于当地小时最低工资标准。"));
    EXPECT_THAT(section, HasSubstr(made_up.result.findings(0).clause()));
  }
  // The sum of its two findings, 1234.565 in all, rounded down.
  EXPECT_THAT(en, HasSubstr("<span class=\"line-amount\">CNY 1,234.56</span>"));
  EXPECT_THAT(en, HasSubstr("<td>The text as published.</td>"));
  EXPECT_THAT(zh, HasSubstr("<td>公示的文本。</td>"));
  EXPECT_THAT(SectionOf(page, "coverage"), Not(HasSubstr("CN-ALG16")));
}

TEST(Findings, TheGravestComeFirst) {
  const MadeUpResult made_up;
  const std::vector<RuleFindings> rules = GroupByRule(made_up.result);
  ASSERT_EQ(rules.size(), 6u);
  EXPECT_EQ(rules[0].rule_id, "CN-FINE");
  EXPECT_EQ(rules[1].rule_id, "CN-MW-H");
  EXPECT_EQ(rules[1].findings[0]->shortfall().amount(), "854.565");
  EXPECT_EQ(rules[2].rule_id, "STR-2");
  EXPECT_EQ(rules[3].rule_id, "CN-REST");
}

TEST(Brief, FitsOneScreen) {
  MadeUpResult made_up;
  made_up.result.mutable_input()->set_platform(std::string(300, 'x') +
                                               "\x1b[31m\n");
  for (int i = 0; i < 60; ++i) {
    v1::Finding* finding = made_up.result.add_findings();
    finding->set_verdict(v1::BREACH);
    finding->set_rule_id("R-" + std::to_string(i));
    finding->set_clause(std::string(200, 'y'));
    finding->set_clause_zh(
        "时限应当按照居中的水平确定不得以最快者为准时限应当按照居中的水平确定不"
        "得以最快者为准");
  }
  for (const Language language : {Language::kEnglish, Language::kChinese}) {
    const std::string brief = BriefSummary(made_up.result, language);
    EXPECT_THAT(brief, Not(HasSubstr("\x1b")));
    std::istringstream lines(brief);
    std::string line;
    int count = 0;
    while (std::getline(lines, line)) {
      ++count;
      EXPECT_LE(DisplayWidth(line), 80) << line;
    }
    EXPECT_LE(count, 24);
    EXPECT_GE(count, 15);
  }
}

}  // namespace
}  // namespace plumbline::audit
