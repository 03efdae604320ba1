#include "audit/rules/rule_pack.h"

#include <string>

#include "absl/strings/str_replace.h"
#include "audit/rules/compiled_pack.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace plumbline::audit {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

// Line numbers matter below: the first line is line 1.
constexpr char kGood[] = R"pack(name: "test"
title: "Test"
title_zh: "测试"
currency: "CNY"
last_checked: "2026-11-23"
sources { id: "law" title: "A law" }
places { name: "Shanghai" }
parameters {
  name: "rate" unit: "CNY/h" title: "rate" title_zh: "费率"
  values { value: "25" valid_from: "2025-07-01" source: "law" confidence: "V2" }
}
rules {
  id: "R1" clause: "c" clause_zh: "c" source: "law" confidence: "V2"
  strength: "L" severity: 3 over: "worker" window: "month"
  require: "pay(base) >= rate * time(ENGAGED)"
}
)pack";

struct Row {
  std::string from, to;  // A change of the good pack.
  std::string place;     // "line:column"
  std::string words;
};
void PrintTo(const Row& row, std::ostream* out) { *out << row.to; }

class BrokenPackTest : public testing::TestWithParam<Row> {};

TEST_P(BrokenPackTest, IsRefusedWithWords) {
  const Row& row = GetParam();
  std::string text = kGood;
  const size_t at = text.find(row.from);
  ASSERT_NE(at, std::string::npos);
  text.replace(at, row.from.size(), row.to);
  const auto pack = ParseRulePack(text, "p.textproto");
  ASSERT_FALSE(pack.ok());
  const std::string message(pack.status().message());
  EXPECT_THAT(message, StartsWith("p.textproto:" + row.place + ": "));
  EXPECT_THAT(message, HasSubstr(row.words));
  EXPECT_THAT(message, HasSubstr("expected"));
}

INSTANTIATE_TEST_SUITE_P(
    Table, BrokenPackTest,
    testing::Values(
        Row{"window: \"month\"", "windw: \"month\"", "14:49", "windw"},
        Row{"severity: 3", "severity: 3 severity: 2", "14:37", "severity"},
        Row{"severity: 3", "severity: 7", "14:17", "expected 1 to 4"},
        Row{"strength: \"L\"", "strength: \"X\"", "14:3", "L R G N P E S D"},
        Row{"source: \"law\" confidence: \"V2\" }", "confidence: \"V2\" }",
            "10:3", "the source ''"},
        Row{"source: \"law\" confidence: \"V2\" }",
            "source: \"lore\" confidence: \"V2\" }", "10:49",
            "the source 'lore'"},
        Row{"valid_from: \"2025-07-01\" source", "source", "10:3",
            "without valid_from"},
        Row{"2025-07-01", "2025-06-31", "10:24", "the date '2025-06-31'"},
        Row{"value: \"25\"", "value: \"25 CNY\"", "10:12",
            "the value '25 CNY'"},
        Row{"unit: \"CNY/h\"", "unit: \"USD/h\"", "9:16", "currency USD"},
        Row{"unit: \"CNY/h\"", "unit: \"CNY/moon\"", "9:16",
            "the unit 'CNY/moon'"},
        Row{"confidence: \"V2\" }", "confidence: \"sure\" }", "10:63",
            "V1 (read"},
        Row{"value: \"25\" ", "value: \"25\" place: \"Atlantis\" ", "10:24",
            "the place 'Atlantis'"},
        Row{"}\nrules",
            "  values { value: \"26\" valid_from: \"2025-09-01\" source: "
            "\"law\" confidence: \"V2\" }\n}\nrules",
            "11:3", "one value a day"},
        Row{"rate * time(ENGAGED)", "rate * time(ENGAGED) + 5 min", "15:47",
            "money + time"},
        Row{"rate * time(ENGAGED)", "rates * time(ENGAGED)", "15:26",
            "the name 'rates'"},
        Row{"rate * time(ENGAGED)", "sum(task: limit_att - accepted_at)",
            "15:36", "a column of tasks"},
        Row{"over: \"worker\"", "over: \"workers\"", "14:29", "over 'workers'"},
        Row{"over: \"worker\"", "over: \"task\"", "14:42", "expected task"},
        Row{"window: \"month\"", "window: \"fortnight\"", "14:44", "days(n)"},
        Row{"require: \"pay(base) >= rate * time(ENGAGED)\"",
            "require: \"pay(base)\"", "15:3", "expected a condition"},
        Row{"clause_zh: \"c\" ", "", "12:1", "both languages"},
        Row{"last_checked: \"2026-11-23\"", "", "1:1", "last_checked"},
        Row{"require", "scope: \"time(ENGAGED) > 1 h\" require", "15:3",
            "without words"},
        Row{"require: \"", "tolerance: \"1 min\" require: \"", "15:3",
            "a tolerance of time"}));

TEST(RulePackTest, AGoodPackLoads) {
  const auto pack = ParseRulePack(kGood, "p.textproto");
  ASSERT_TRUE(pack.ok()) << pack.status();
  EXPECT_EQ(pack->sha256.size(), 64u);
  ASSERT_EQ(pack->compiled->rules.size(), 1u);
  const CompiledRule& rule = pack->compiled->rules[0];
  EXPECT_TRUE(rule.at_least);
  EXPECT_TRUE(rule.money);
  // 25 CNY/h is 25,000,000 millionths in 3,600,000 ms.
  EXPECT_EQ(RatioTextExact(pack->compiled->parameters[0].values[0].value),
            "125/18");
}

TEST(RulePackTest, AFormulaOverSeveralLinesIsPlacedWhereItStands) {
  std::string text = kGood;
  text = absl::StrReplaceAll(
      text, {{"\"pay(base) >= rate * time(ENGAGED)\"",
              "\"pay(base) >= \"\n           \"rate * tme(ENGAGED)\""}});
  const auto pack = ParseRulePack(text, "p");
  ASSERT_FALSE(pack.ok());
  EXPECT_THAT(std::string(pack.status().message()), StartsWith("p:16:20: "));
}

TEST(RulePackTest, EveryShippedPackLoads) {
  const auto names = ShippedPackNames(PLUMBLINE_PACKS);
  EXPECT_GE(names.size(), 5u);
  for (const std::string& name : names) {
    const auto pack =
        LoadRulePack(std::string(PLUMBLINE_PACKS) + "/" + name + ".textproto");
    ASSERT_TRUE(pack.ok()) << pack.status();
    EXPECT_EQ(pack->pack.name(), name);
  }
}

std::vector<std::string> Names(const std::vector<std::string>& wanted,
                               const PackQuery& query) {
  std::vector<std::string> names;
  const auto packs = SelectPacks(PLUMBLINE_PACKS, wanted, query);
  EXPECT_TRUE(packs.ok()) << packs.status();
  if (packs.ok()) {
    for (const RulePack& pack : *packs) names.push_back(pack.pack.name());
  }
  return names;
}

TEST(RulePackTest, PacksAreChosenByWhatTheyApplyTo) {
  EXPECT_THAT(Names({}, {.currency = "USD",
                         .time_zone = "America/New_York",
                         .mapping = "nyc-tlc-hvfhv"}),
              ElementsAre("us-ny-nyc-tlc"));
  EXPECT_THAT(Names({}, {.currency = "USD",
                         .time_zone = "America/New_York",
                         .mapping = "canonical"}),
              ElementsAre("us-ny-nyc-delivery"));
  EXPECT_THAT(Names({"us-ny-nyc-delivery-alternative"}, {.currency = "CNY"}),
              ElementsAre("us-ny-nyc-delivery-alternative"));
  EXPECT_THAT(Names({}, {.currency = "USD", .mdrp = true}),
              testing::Contains("mdrp-guarantee"));
}

TEST(RulePackTest, AnUnknownNameListsWhatShips) {
  const auto packs = SelectPacks(PLUMBLINE_PACKS, {"cm"}, {});
  ASSERT_FALSE(packs.ok());
  EXPECT_THAT(std::string(packs.status().message()), HasSubstr("cn"));
}

}  // namespace
}  // namespace plumbline::audit
