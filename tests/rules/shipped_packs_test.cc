// What every pack that ships owes its readers: a source for each figure and
// each clause, both languages, a reason for each mask, what was checked, and
// nothing from memory that an audit would take of its own accord.

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "audit/rules/rule_pack.h"
#include "audit/rules/text.h"
#include "gtest/gtest.h"

namespace plumbline::audit {
namespace {

class ShippedPackTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    auto loaded =
        LoadRulePack(Cat(PLUMBLINE_PACKS, "/", GetParam(), ".textproto"));
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    pack_ = loaded->pack;
  }
  static bool HasChinese(const std::string& text) {
    return std::any_of(text.begin(), text.end(), [](char c) {
      return static_cast<unsigned char>(c) >= 0xE4;
    });
  }
  void ExpectBoth(const std::string& english, const std::string& chinese,
                  const std::string& where) {
    EXPECT_EQ(english.empty(), chinese.empty()) << where;
    if (!chinese.empty()) {
      EXPECT_TRUE(HasChinese(chinese)) << where;
    }
  }
  v1::RulePack pack_;
};

TEST_P(ShippedPackTest, NamesItselfAndItsSources) {
  EXPECT_EQ(pack_.name(), GetParam());
  EXPECT_FALSE(pack_.version().empty());
  ExpectBoth(pack_.title(), pack_.title_zh(), "title");
  EXPECT_GT(pack_.sources_size(), 0);
  for (const v1::Source& source : pack_.sources()) {
    EXPECT_FALSE(source.read().empty()) << source.id();
    EXPECT_TRUE(HasChinese(source.title_zh())) << source.id();
  }
  for (const v1::Mask& mask : pack_.masks()) {
    EXPECT_FALSE(mask.why().empty()) << mask.name();
  }
}

TEST_P(ShippedPackTest, SaysHowFarItWasChecked) {
  EXPECT_GT(pack_.verified_size(), 0);
  std::set<std::string> named;
  for (const v1::Rule& rule : pack_.rules()) named.insert(rule.id());
  for (const v1::RuleParameter& parameter : pack_.parameters()) {
    named.insert(parameter.name());
  }
  for (const v1::Verification& entry : pack_.verified()) {
    ExpectBoth(entry.against(), entry.against_zh(), "verified");
    EXPECT_FALSE(entry.on().empty()) << entry.against();
    for (const std::string& rule : entry.rules()) {
      EXPECT_TRUE(named.count(rule) > 0) << rule;
    }
  }
}

TEST_P(ShippedPackTest, EveryFigureHasASource) {
  std::set<std::string> sources;
  for (const v1::Source& source : pack_.sources()) sources.insert(source.id());
  for (const v1::RuleParameter& parameter : pack_.parameters()) {
    ExpectBoth(parameter.title(), parameter.title_zh(), parameter.name());
    EXPECT_FALSE(parameter.title().empty()) << parameter.name();
    EXPECT_FALSE(parameter.unit().empty()) << parameter.name();
    for (const v1::DatedValue& value : parameter.values()) {
      EXPECT_EQ(sources.count(value.source()), 1u) << parameter.name();
    }
  }
}

TEST_P(ShippedPackTest, EveryClauseIsInBothLanguages) {
  std::set<std::string> sources;
  for (const v1::Source& source : pack_.sources()) sources.insert(source.id());
  for (const v1::Rule& rule : pack_.rules()) {
    EXPECT_EQ(sources.count(rule.source()), 1u) << rule.id();
    EXPECT_FALSE(rule.clause().empty()) << rule.id();
    ExpectBoth(rule.clause(), rule.clause_zh(), rule.id());
    ExpectBoth(rule.note(), rule.note_zh(), rule.id());
    ExpectBoth(rule.remedy(), rule.remedy_zh(), rule.id());
    ExpectBoth(rule.scope_text(), rule.scope_text_zh(), rule.id());
    ExpectBoth(rule.gate_text(), rule.gate_text_zh(), rule.id());
    EXPECT_EQ(rule.gate().empty(), rule.gate_text().empty()) << rule.id();
    // A draft, an encouragement, or what binds nobody yet is an indicator.
    if (rule.strength() == "D" || rule.strength() == "E") {
      EXPECT_EQ(rule.severity(), 1) << rule.id();
    }
  }
  for (const v1::Untestable& clause : pack_.untestable()) {
    EXPECT_EQ(sources.count(clause.source()), 1u) << clause.id();
    ExpectBoth(clause.clause(), clause.clause_zh(), clause.id());
    ExpectBoth(clause.why(), clause.why_zh(), clause.id());
    ExpectBoth(clause.settled_by(), clause.settled_by_zh(), clause.id());
  }
}

INSTANTIATE_TEST_SUITE_P(Packs, ShippedPackTest,
                         testing::ValuesIn(ShippedPackNames(PLUMBLINE_PACKS)),
                         [](const auto& info) {
                           std::string name = info.param;
                           for (char& c : name) c = c == '-' ? '_' : c;
                           return name;
                         });

// A finding names its rule alone, so that no two packs may use one id.
TEST_P(ShippedPackTest, WhatNoSourceSaysIsDeclaredAsAConvention) {
  for (const v1::RuleParameter& parameter : pack_.parameters()) {
    for (const v1::DatedValue& value : parameter.values()) {
      EXPECT_EQ(value.confidence() == "C", value.source() == "convention")
          << parameter.name();
    }
  }
}

// Eleven days a year, thirteen since 2025, and the same in all packs that have
// them.
TEST(ShippedPacksTest, HolidaysAreTheSameInAllPacks) {
  std::string first;
  int packs = 0;
  for (const auto& file :
       std::filesystem::directory_iterator(PLUMBLINE_PACKS)) {
    auto loaded = LoadRulePack(file.path().string());
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    for (const v1::Calendar& calendar : loaded->pack.calendars()) {
      if (calendar.name() != "holiday") continue;
      ++packs;
      const std::string text = calendar.SerializeAsString();
      if (first.empty()) first = text;
      EXPECT_EQ(text, first) << loaded->pack.name();
      std::map<std::string, int> days;  // By year; no stretch leaves its month.
      for (const v1::CalendarDays& stretch : calendar.days()) {
        const auto day = [](const std::string& date) {
          return std::stoi(date.substr(8));
        };
        days[stretch.from().substr(0, 4)] +=
            stretch.to().empty() ? 1
                                 : day(stretch.to()) - day(stretch.from()) + 1;
      }
      EXPECT_EQ(days, (std::map<std::string, int>{{"2022", 11},
                                                  {"2023", 11},
                                                  {"2024", 11},
                                                  {"2025", 13},
                                                  {"2026", 13}}));
    }
  }
  EXPECT_EQ(packs, 3);
}

TEST(ShippedPacksTest, IdsAreUniqueOverAllPacks) {
  std::map<std::string, std::string> seen;
  for (const std::string& name : ShippedPackNames(PLUMBLINE_PACKS)) {
    const auto pack =
        LoadRulePack(Cat(PLUMBLINE_PACKS, "/", name, ".textproto"));
    ASSERT_TRUE(pack.ok()) << pack.status();
    auto take = [&](const std::string& id) {
      const auto [at, fresh] = seen.emplace(id, name);
      EXPECT_TRUE(fresh) << id << " in " << at->second << " and " << name;
    };
    for (const v1::Rule& rule : pack->pack.rules()) take(rule.id());
    for (const v1::Untestable& clause : pack->pack.untestable()) {
      take(clause.id());
    }
  }
}

// A golden case that fills figures into a pack keeps the pack's formulas.
TEST(ShippedPacksTest, PacksOfGoldenCasesHaveTheShippedFormulas) {
  std::map<std::string, v1::Rule> shipped;
  for (const std::string& name : ShippedPackNames(PLUMBLINE_PACKS)) {
    const auto pack =
        LoadRulePack(Cat(PLUMBLINE_PACKS, "/", name, ".textproto"));
    ASSERT_TRUE(pack.ok()) << pack.status();
    for (const v1::Rule& rule : pack->pack.rules()) shipped[rule.id()] = rule;
  }
  int compared = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(PLUMBLINE_GOLDEN_CASES)) {
    const auto file = entry.path() / "rules.textproto";
    if (!std::filesystem::exists(file)) continue;
    const auto pack = LoadRulePack(file.string());
    ASSERT_TRUE(pack.ok()) << pack.status();
    for (const v1::Rule& rule : pack->pack.rules()) {
      const auto found = shipped.find(rule.id());
      if (found == shipped.end()) continue;
      ++compared;
      EXPECT_EQ(rule.require(), found->second.require()) << file;
      ASSERT_EQ(rule.let_size(), found->second.let_size()) << file;
      for (int i = 0; i < rule.let_size(); ++i) {
        EXPECT_EQ(rule.let(i).is(), found->second.let(i).is()) << file;
      }
      EXPECT_EQ(rule.window(), found->second.window()) << file;
      EXPECT_EQ(rule.key(), found->second.key()) << file;
      EXPECT_EQ(rule.tolerance(), found->second.tolerance()) << file;
    }
  }
  EXPECT_GT(compared, 0);
}

TEST(ShippedPacksTest, TheGuideListsEveryPack) {
  std::ifstream file(PLUMBLINE_GUIDE);
  const std::string guide((std::istreambuf_iterator<char>(file)),
                          std::istreambuf_iterator<char>());
  for (const std::string& name : ShippedPackNames(PLUMBLINE_PACKS)) {
    EXPECT_NE(guide.find(Cat("| `", name, "` |")), std::string::npos) << name;
  }
}

// The cases that `text` names after "golden case" or "golden cases".
std::vector<std::string> CasesNamed(const std::string& text) {
  std::vector<std::string> names;
  size_t at = text.find("golden case");
  while (at != std::string::npos) {
    const size_t end = std::min(text.find_first_of(");", at), text.size());
    std::string word;
    for (size_t i = text.find(' ', at + 7); i < end + 1; ++i) {
      const char c = i < text.size() ? text[i] : ')';
      if (c == '_' || std::isalnum(static_cast<unsigned char>(c))) {
        word += c;
      } else if (!word.empty()) {
        if (word.find('_') != std::string::npos) names.push_back(word);
        word.clear();
      }
    }
    at = text.find("golden case", end);
  }
  return names;
}

TEST(ShippedPacksTest, GoldenCasesThatPacksAndTheGuideNameExist) {
  const std::filesystem::path cases(PLUMBLINE_GOLDEN_CASES);
  int named = 0;
  for (const std::string& name : ShippedPackNames(PLUMBLINE_PACKS)) {
    const auto pack =
        LoadRulePack(Cat(PLUMBLINE_PACKS, "/", name, ".textproto"));
    ASSERT_TRUE(pack.ok()) << pack.status();
    for (const v1::Verification& check : pack->pack.verified()) {
      for (const std::string& golden : CasesNamed(check.against())) {
        ++named;
        EXPECT_TRUE(std::filesystem::exists(cases / golden))
            << name << ": " << golden;
        EXPECT_NE(check.against_zh().find(golden), std::string::npos)
            << name << ": " << golden;
      }
    }
  }
  EXPECT_GT(named, 30);

  std::ifstream guide(PLUMBLINE_GUIDE);
  std::string line;
  bool inside = false;
  int rows = 0;
  while (std::getline(guide, line)) {
    if (line.starts_with("## ")) inside = line.starts_with("## Worked amounts");
    if (!inside || !line.starts_with("| ")) continue;
    const size_t cell = line.rfind("| ", line.size() - 3);
    for (size_t at = line.find('`', cell); at != std::string::npos;) {
      const size_t end = line.find('`', at + 1);
      ASSERT_NE(end, std::string::npos) << line;
      ++rows;
      const std::string golden = line.substr(at + 1, end - at - 1);
      EXPECT_TRUE(std::filesystem::exists(cases / golden)) << golden;
      at = line.find('`', end + 1);
    }
  }
  EXPECT_GT(rows, 50);
}

// The worked example of docs/rule_packs.md, and what it says of a wrong unit.
TEST(ShippedPacksTest, TheExampleOfTheGuideLoads) {
  std::ifstream file(PLUMBLINE_GUIDE);
  const std::string guide((std::istreambuf_iterator<char>(file)),
                          std::istreambuf_iterator<char>());
  const size_t from = guide.find("name: \"cn-luoyang\"");
  ASSERT_NE(from, std::string::npos);
  std::string text = guide.substr(from, guide.find("```", from) - from);
  const auto pack = ParseRulePack(text, "luoyang.textproto");
  ASSERT_TRUE(pack.ok()) << pack.status();
  const std::string unit = "unit: \"CNY/h\"";
  ASSERT_NE(text.find(unit), std::string::npos);
  text.replace(text.find(unit), unit.size(), "unit: \"CNY/km\"");
  const auto wrong = ParseRulePack(text, "luoyang.textproto");
  ASSERT_FALSE(wrong.ok());
  const std::string said(wrong.status().message());
  EXPECT_NE(guide.find(said), std::string::npos) << said;
}

}  // namespace
}  // namespace plumbline::audit
