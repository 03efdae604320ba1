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
        Row{"A law", "A \\377", "6:21", "bytes in title that are not UTF-8"},
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
            "a tolerance of time"},
        Row{"window: \"month\"", "window: \"rolling(24 kg)\"", "14:44",
            "rolling(24 h)"},
        Row{"window: \"month\"", "window: \"rolling(24 h)\"", "14:44",
            "windows that overlap"},
        Row{"window: \"month\"", "window: \"weeks(99)\"", "14:44", "weeks(n)"},
        Row{"window: \"month\"", "window: \"month\" week_start: \"sunday\"",
            "14:60", "where weeks are counted"},
        Row{"window: \"month\"", "window: \"week\" week_start: \"domingo\"",
            "14:59", "monday to sunday"},
        Row{"window: \"month\"", "window: \"day\" day_cut: \"4 am\"", "14:58",
            "04:00"},
        Row{"window: \"month\"", "window: \"month\" anchor: \"2026-01-05\"",
            "14:60", "days(n) or weeks(n)"},
        Row{"over: \"worker\" window: \"month\"",
            "over: \"run(ENGAGED, 20 km)\" window: \"run\"", "14:49",
            "a pause of distance"},
        Row{"over: \"worker\" window: \"month\"",
            "over: \"run(ENGAGED, 20 min)\" window: \"day\"", "14:58",
            "expected run"},
        Row{"require: \"",
            "top_up { kinds: \"top_up\" within: \"soon\" } require: \"",
            "15:28", "next_window"},
        Row{"require: \"",
            "top_up { kinds: \"gift\" within: \"0 d\" } require: \"", "15:12",
            "pay kind 'gift'"},
        Row{"require: \"",
            "top_up { kinds: \"base\" within: \"0 d\" } require: \"", "15:3",
            "make good twice"},
        Row{"rules {",
            "calendars { name: \"n\" title: \"n\" title_zh: \"n\" daily_from: "
            "\"25:00\" daily_to: \"06:00\" source: \"law\" confidence: \"V1\" "
            "}\nrules {",
            "12:48", "the hour '25:00'"},
        Row{"rules {",
            "calendars { name: \"n\" title: \"n\" title_zh: \"n\" days { from: "
            "\"2026-10-01\" } source: \"law\" confidence: \"V1\" }\nrules {",
            "12:48", "covers_from"},
        Row{"rules {",
            "verified { against: \"a\" against_zh: \"a\" on: \"yesterday\" "
            "}\nrules {",
            "12:41", "the date 'yesterday'"},
        Row{"rate * time(ENGAGED)", "rate * time(ENGAGED in night)", "15:49",
            "which has none"},
        Row{"strength: \"L\"",
            "valid_from: \"2026-01-01\" valid_to: \"2025-01-01\" strength: "
            "\"L\"",
            "14:28", "before the start"}));

// The good pack without the place that nothing uses.
std::string Used() {
  return absl::StrReplaceAll(kGood, {{"places { name: \"Shanghai\" }", ""}});
}

// What loads and is likely a mistake.
class LintTest : public testing::TestWithParam<Row> {};

TEST_P(LintTest, SaysWhereAndWhat) {
  std::string text = Used();
  ASSERT_THAT(text, HasSubstr(GetParam().from));
  text = absl::StrReplaceAll(text, {{GetParam().from, GetParam().to}});
  const auto pack = ParseRulePack(text, "p.textproto");
  ASSERT_TRUE(pack.ok()) << pack.status();
  ASSERT_EQ(pack->warnings.size(), 1u);
  EXPECT_THAT(pack->warnings[0],
              StartsWith(absl::StrCat("p.textproto:", GetParam().place, ": ")));
  EXPECT_THAT(pack->warnings[0], HasSubstr(GetParam().words));
  EXPECT_THAT(pack->warnings[0], HasSubstr("expected"));
}

INSTANTIATE_TEST_SUITE_P(
    Table, LintTest,
    testing::Values(
        Row{"rules {", "sources { id: \"lore\" title: \"l\" }\nrules {", "12:1",
            "the source 'lore'"},
        Row{"rules {", "places { name: \"Atlantis\" }\nrules {", "12:1",
            "the place 'Atlantis'"},
        Row{"rules {", "masks { name: \"wage\" kinds: \"base\" }\nrules {",
            "12:1", "the mask 'wage'"},
        Row{"rules {",
            "calendars { name: \"night\" title: \"n\" title_zh: \"n\" "
            "daily_from: \"22:00\" daily_to: \"06:00\" source: \"law\" "
            "confidence: \"V1\" }\nrules {",
            "12:1", "the calendar 'night'"},
        Row{"rate * time(ENGAGED)", "0 CNY", "8:1", "the parameter 'rate'"},
        Row{"require",
            "scope: \"false\" scope_text: \"x\" scope_text_zh: \"x\" "
            "require",
            "12:1", "never holds"},
        Row{"severity: 3", "severity: 3 valid_from: \"2020-01-01\"", "12:1",
            "the first value of 'rate'"}));

TEST(RulePackTest, AGoodPackHasNoWarning) {
  const auto pack = ParseRulePack(Used(), "p.textproto");
  ASSERT_TRUE(pack.ok()) << pack.status();
  EXPECT_THAT(pack->warnings, testing::IsEmpty());
}

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
