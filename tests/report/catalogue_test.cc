#include "audit/report/catalogue.h"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "audit/report/page.h"
#include "gtest/gtest.h"

namespace plumbline::audit {
namespace {

bool HasChinese(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0xE3;
  });
}

// The figures that a text takes: $0, $1 ...
std::set<char> Places(std::string_view text) {
  std::set<char> places;
  for (size_t i = 0; i + 1 < text.size(); ++i) {
    if (text[i] == '$') places.insert(text[i + 1]);
  }
  return places;
}

TEST(Catalogue, EveryTextIsThereInBothLanguages) {
  ASSERT_GT(Catalogue().size(), 200u);
  for (const CatalogueEntry& entry : Catalogue()) {
    EXPECT_FALSE(entry.en.empty()) << entry.name;
    EXPECT_FALSE(entry.zh.empty()) << entry.name;
    EXPECT_FALSE(HasChinese(entry.en) && entry.name != "kRankSentence")
        << entry.name;
    EXPECT_TRUE(HasChinese(entry.zh) || entry.name == "kPValue") << entry.name;
    EXPECT_EQ(Places(entry.en), Places(entry.zh)) << entry.name;
  }
}

TEST(Catalogue, NeverAcquits) {
  for (const CatalogueEntry& entry : Catalogue()) {
    std::string en(entry.en);
    std::transform(en.begin(), en.end(), en.begin(), ::tolower);
    EXPECT_EQ(en.find("complian"), std::string::npos) << entry.name;
    EXPECT_EQ(entry.zh.find("合规"), std::string_view::npos) << entry.name;
    EXPECT_EQ(entry.zh.find("合法"), std::string_view::npos) << entry.name;
  }
}

TEST(Catalogue, NamesTheWordsOfTheResult) {
  const Words en(Language::kEnglish);
  const Words zh(Language::kChinese);
  EXPECT_EQ(en.RankVerdict("CANNOT_CONCLUDE(N)"),
            "cannot be concluded (too few tasks or workers)");
  EXPECT_EQ(zh.RankVerdict("BELOW_MIDDLE"), "严于居中");
  EXPECT_EQ(en.Test("hours.total.ON_CALL"), "working time: on call");
  EXPECT_EQ(zh.Test("targets.limit.rank"),
            "对劳动者的考核时限：在同类订单中的位置");
  EXPECT_EQ(en.Test("CN-MW-H"), "rule CN-MW-H");
  EXPECT_EQ(zh.Money("1234.5", "CNY"), "1,234.50 元");
  EXPECT_EQ(en.Money("1234.5", "USD"), "USD 1,234.50");
  EXPECT_EQ(en.Pick("", "只有中文"), "只有中文");
  EXPECT_EQ(zh.Pick("English only", ""), "English only");
  v1::Amount amount;
  amount.set_amount("10.999");
  amount.set_currency("CNY");
  EXPECT_EQ(en.Shortfall(amount), "CNY 10.99");
}

// The page's files arrive in the program byte for byte.
TEST(Embedded, FilesAreWhole) {
  const auto read = [](const std::string& name) {
    std::ifstream file(std::string(PLUMBLINE_PAGE_FOLDER "/") + name,
                       std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  };
  EXPECT_EQ(PageStyle(), read("page.css"));
  EXPECT_EQ(PageScript(), read("page.js"));
  EXPECT_EQ(ChartLibrary(),
            read("node_modules/echarts/dist/echarts.common.min.js"));
  EXPECT_NE(ChartLibrary().find("Licensed to the Apache Software Foundation"),
            std::string_view::npos);
}

}  // namespace
}  // namespace plumbline::audit
