#include <gtest/gtest.h>

#include <string>

#include "audit/report/page.h"
#include "audit/report/sections.h"

namespace plumbline::audit {
namespace {

// A result in which every picture and table of the section has something.
v1::AuditResult Result() {
  v1::AuditResult result;
  v1::Strictness* all = result.mutable_measures()->mutable_strictness();
  all->set_plan("spring");
  all->add_conventions("A convention.");
  all->add_conventions_zh("一项约定。");
  all->set_base_from("2026-01-05");
  all->set_base_to("2026-01-11");
  v1::StrictTarget* limit = all->mutable_limit();
  limit->set_verdict("BELOW_MIDDLE");
  limit->set_reason("Reason in English.");
  limit->set_reason_zh("中文理由。");
  const auto figure = [](v1::Figure* to, const char* value, const char* lo,
                         const char* hi) {
    to->set_value(value);
    to->set_lo(lo);
    to->set_hi(hi);
    to->set_method("bootstrap");
  };
  v1::ReferenceRank* rank = limit->add_references();
  rank->set_reference("OBS");
  rank->set_verdict("BELOW_MIDDLE");
  figure(rank->mutable_pi(), "0.2512", "0.2401", "0.2603");
  figure(rank->mutable_pi_low(), "0.24", "0.23", "0.25");
  figure(rank->mutable_pi_high(), "0.26", "0.25", "0.27");
  v1::ReferenceRank* free = limit->add_references();
  free->set_reference("FREE");
  free->set_verdict("CANNOT_CONCLUDE(N)");
  free->set_reason("Too few tasks without pressure.");
  figure(limit->mutable_on_time(), "0.31", "0.29", "0.33");
  v1::StratumPosition* stratum = limit->add_strata();
  stratum->set_stratum("zone </script><script>alert(1)</script>");
  stratum->set_stratum_zh("区域 </script><script>alert(1)</script>");
  stratum->set_n(40);
  figure(stratum->mutable_pi(), "0.25", "0.2", "0.3");
  figure(stratum->mutable_p50_s(), "1200", "1150", "1260");
  stratum->set_p05_s("900");
  stratum->set_p10_s("960");
  stratum->set_p95_s("1500");
  stratum->set_target_mean_s("1050");
  stratum->set_lawful_s("1110");
  stratum->set_bin_width_s(600);
  for (const int64_t count : {3, 30, 7}) stratum->add_bins(count);
  v1::SpeedTest* speed = limit->mutable_speed_ex_ante();
  speed->set_version("EX_ANTE");
  speed->set_n(10);
  figure(speed->mutable_share_over15(), "0.2", "0.18", "0.27");
  figure(speed->mutable_share_over25(), "0.1", "0.09", "0.19");
  speed->set_verdict("FINDING");
  speed->set_reason("Too fast.");
  speed->set_reason_zh("过快。");
  v1::Concession* rain = limit->add_concessions();
  rain->set_name("rain");
  figure(rain->mutable_cost_s(), "200", "190", "210");
  figure(rain->mutable_grant_s(), "50", "45", "55");
  figure(rain->mutable_ratio(), "0.25", "0.22", "0.28");
  rain->set_verdict("FINDING");
  v1::Bunching* bunching = limit->mutable_bunching();
  bunching->set_from_s(-60);
  bunching->set_width_s(60);
  for (const int64_t count : {5, 9}) {
    bunching->add_observed(count);
    bunching->add_expected("6.5");
  }
  figure(bunching->mutable_excess(), "0.4", "0.3", "0.5");
  bunching->set_verdict("NO_FINDING");
  return result;
}

std::string PageOf(const v1::AuditResult& result, Language language) {
  Manifest manifest;
  manifest.entries.push_back({"plan", "spring.textproto", "0123abcd"});
  Page page(language, "Title");
  AddStrictness(result, manifest, &page);
  return page.Finish();
}

bool Holds(const std::string& page, const std::string& text) {
  return page.find(text) != std::string::npos;
}

TEST(StrictnessSection, EveryPlottedNumberStandsInATable) {
  const std::string page = PageOf(Result(), Language::kEnglish);
  for (const char* number :
       {">0.251<", "0.240 to 0.260", ">16.0<", ">20.0<", "19.2 to 21.0",
        ">17.5<", ">18.5<", "3 30 7", ">20.0%<", "18.0% to 27.0%",
        "9.0% to 19.0%", ">0.250<", "0.220 to 0.280", ">6.5<"}) {
    EXPECT_TRUE(Holds(page, number)) << number;
  }
  EXPECT_TRUE(Holds(page, "0123abcd"));
  EXPECT_TRUE(Holds(page, "A convention."));
  EXPECT_TRUE(Holds(page, "Reason in English."));
  EXPECT_TRUE(Holds(page, "Too few tasks without pressure."));
  EXPECT_TRUE(Holds(page, "\"kind\":\"ridge\""));
}

TEST(StrictnessSection, SpeaksChinese) {
  const std::string page = PageOf(Result(), Language::kChinese);
  for (const char* text : {"时限有多严", "一项约定。", "中文理由。", "过快。",
                           "2026-01-05", "雨天"}) {
    EXPECT_TRUE(Holds(page, text)) << text;
  }
  EXPECT_FALSE(Holds(page, "Reason in English."));
}

TEST(StrictnessSection, NamesFromTheLogStayText) {
  for (const Language language : {Language::kEnglish, Language::kChinese}) {
    EXPECT_FALSE(Holds(PageOf(Result(), language), "<script>alert"));
  }
}

TEST(StrictnessSection, IsLeftOutWhereThereIsNothing) {
  v1::AuditResult empty;
  EXPECT_FALSE(Holds(PageOf(empty, Language::kEnglish), "id=\"strictness\""));
  empty.mutable_measures()->mutable_strictness()->set_tasks(3);
  EXPECT_FALSE(Holds(PageOf(empty, Language::kEnglish), "id=\"strictness\""));
}

}  // namespace
}  // namespace plumbline::audit
