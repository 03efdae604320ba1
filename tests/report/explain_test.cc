#include "audit/report/explain.h"

#include <string>

#include "audit/report/figure_words.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace plumbline::audit {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(FigureWords, TimeAndDistanceAreReadable) {
  const Words en(Language::kEnglish), zh(Language::kChinese);
  EXPECT_EQ(FigureWords("12746", "s", en), "3 h 32 min 26 s (12,746 s)");
  EXPECT_EQ(FigureWords("12746", "s", zh), "3 小时 32 分 26 秒（12,746 秒）");
  EXPECT_EQ(FigureWords("7200", "s", en), "2 h (7,200 s)");
  EXPECT_EQ(FigureWords("59", "s", en), "59 s");
  EXPECT_EQ(FigureWords("-90", "s", en), "-1 min 30 s (-90 s)");
  EXPECT_EQ(FigureWords("4500.000", "m", en), "4.500 km (4,500.000 m)");
  EXPECT_EQ(FigureWords("3767.20", "CNY", en), "3,767.20 CNY");
  EXPECT_EQ(FigureWords("12345678901234567.5", "m", en),
            "12,345,678,901,234.568 km (12,345,678,901,234,567.5 m)");
  EXPECT_EQ(FigureWords("343/6", "CNY", en), "57.166667 CNY (exactly 343/6)");
  EXPECT_EQ(FigureWords("1000000000000000001/3", "CNY", en),
            "333,333,333,333,333,333.666667 CNY (exactly "
            "1000000000000000001/3)");
}

TEST(FigureWords, BoundsAndWords) {
  const Words en(Language::kEnglish);
  EXPECT_EQ(FigureWords("60..120", "s", en),
            "between 1 min (60 s) and 2 min (120 s)");
  EXPECT_EQ(FigureWords("60..", "s", en), "at least 1 min (60 s)");
  EXPECT_EQ(FigureWords("..5", "CNY", en), "at most 5 CNY");
  EXPECT_EQ(FigureWords("..", "CNY", en), "not known");
  EXPECT_EQ(FigureWords("never", "s", en), "not on record");
  EXPECT_EQ(FigureWords("2026-01-05T16:00:00+08:00", "", en),
            "2026-01-05 16:00");
  EXPECT_EQ(FigureWords("1..2..3", "", en), "between 1 and 2..3");
}

v1::AuditResult Result() {
  v1::AuditResult result;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"pb(findings { rule_id: "R-1" verdict: NO_BREACH_FOUND n: 3 }
           findings {
             rule_id: "R-1"
             verdict: BREACH
             clause: "Pay."
             clause_zh: "支付。"
             subject { kind: "worker" id: "W:1" }
             period {
               from: "2025-10-01T00:00:00+08:00"
               to: "2025-11-01T00:00:00+08:00"
             }
             observed: "3600.00"
             required: "3767.20"
             unit: "CNY"
             shortfall { amount: "167.20" currency: "CNY" }
             trace {
               name: "time"
               value: "489600"
               unit: "s"
               formula: "time(ENGAGED)"
             }
             trace { name: "require" value: "false" formula: "paid >= floor" }
             parameters {
               name: "hourly_minimum"
               value: "27.7"
               unit: "CNY/h"
               valid_from: "2025-09-01"
               source: "Notice"
               confidence: "V2"
             }
             rows: "workers:W:1"
           }
           findings {
             rule_id: "R-10"
             verdict: BREACH
             subject { kind: "worker" id: "W" }
           })pb",
      &result));
  return result;
}

TEST(Explain, EverythingThatACalculatorNeeds) {
  const v1::AuditResult result = Result();
  const std::string en = ExplainFinding(result.findings(1), Language::kEnglish);
  for (const char* words :
       {"R-1", "Pay.", "time = time(ENGAGED)", "= 136 h (489,600 s)",
        "paid >= floor", "not met", "3,600.00 CNY", "3,767.20 CNY", "167.20",
        "hourly_minimum: 27.7 CNY/h", "2025-09-01", "Notice", "workers:W:1"}) {
    EXPECT_THAT(en, HasSubstr(words));
  }
  const std::string zh = ExplainFinding(result.findings(1), Language::kChinese);
  for (const char* words : {"支付。", "136 小时", "不满足", "计算过程"}) {
    EXPECT_THAT(zh, HasSubstr(words));
  }
}

TEST(Explain, FindsByRuleSubjectPeriodAndNumber) {
  const v1::AuditResult result = Result();
  EXPECT_THAT(FindFindings(result, "R-1"), ElementsAre(1, 0));
  EXPECT_THAT(FindFindings(result, "R-1:W:1"), ElementsAre(1));
  EXPECT_THAT(FindFindings(result, "R-1:W:1:2025-10"), ElementsAre(1));
  EXPECT_THAT(FindFindings(result, "R-1:W:1:2025-11"), IsEmpty());
  EXPECT_THAT(FindFindings(result, "R-1:W"), IsEmpty());
  EXPECT_THAT(FindFindings(result, "R-10"), ElementsAre(2));
  EXPECT_THAT(FindFindings(result, "2"), ElementsAre(2));
  EXPECT_THAT(FindFindings(result, "3"), IsEmpty());
  EXPECT_THAT(FindFindings(result, "R"), IsEmpty());
}

}  // namespace
}  // namespace plumbline::audit
