#include "audit/report/text.h"

#include <string>

#include "audit/report/numbers.h"
#include "gtest/gtest.h"

namespace plumbline::audit {
namespace {

std::string Csv(std::string_view text) {
  std::string out;
  AppendCsvCell(text, &out);
  return out;
}
std::string Json(std::string_view text) {
  std::string out;
  AppendJsonString(text, &out);
  return out;
}

TEST(Numbers, SmallPValuesAreNotZero) {
  EXPECT_EQ(PValue("0.000000000001"), "< 0.0001");
  EXPECT_EQ(PValue("0"), "< 0.0001");
  EXPECT_EQ(PValue("0.0001"), "0.0001");
  EXPECT_EQ(PValue("0.456249"), "0.4562");
  EXPECT_EQ(PValue(""), "");
}

TEST(CsvCell, DefusesFormulasAndLeavesNumbersAlone) {
  const struct {
    std::string_view in, out;
  } kCases[] = {
      {"", ""},
      {"W-1", "W-1"},
      {"=cmd()", "'=cmd()"},
      {"+1+1", "'+1+1"},
      {"-2+3", "'-2+3"},
      {"@SUM(A1)", "'@SUM(A1)"},
      {"\tx", "'\tx"},
      {"\rx", "\"'\rx\""},
      {"=HYPERLINK(\"http://x\",\"y\")",
       "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\""},
      {"-12.34", "-12.34"},
      {"+8", "+8"},
      {"-1e5", "-1e5"},
      {"-", "'-"},
      {"-.5", "'-.5"},
      {"-1.", "'-1."},
      {"+86 138", "'+86 138"},
      {" =1", " =1"},  // A leading space is text to a spreadsheet.
      {"a,b", "\"a,b\""},
      {"say \"hi\"", "\"say \"\"hi\"\"\""},
      {"two\nlines", "\"two\nlines\""},
      {"骑手", "骑手"},
      {"a\xff"
       "b",
       "a\xEF\xBF\xBD"
       "b"},
  };
  for (const auto& [in, out] : kCases) EXPECT_EQ(Csv(in), out) << in;
}

TEST(Html, NothingBecomesMarkup) {
  EXPECT_EQ(EscapeHtml("<a href=\"x\" title='y'>&"),
            "&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;");
  EXPECT_EQ(EscapeHtml(std::string("a\0b\x1b[31m", 8)),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD[31m");
  // U+202E turns the writing round.
  EXPECT_EQ(EscapeHtml("W\xE2\x80\xAE"
                       "1"),
            "W\xEF\xBF\xBD"
            "1");
  EXPECT_EQ(EscapeHtml("\xC0\xBCscript>"),
            "\xEF\xBF\xBD\xEF\xBF\xBDscript&gt;");
}

TEST(JsonString, IsSafeInsideAScriptElement) {
  EXPECT_EQ(Json("</script>&\xE2\x80\xA8"),
            "\"\\u003c/script\\u003e\\u0026\\u2028\"");
  EXPECT_EQ(Json("q\"\\\n\t\r\x01"), "\"q\\\"\\\\\\n\\t\\r\\u0001\"");
  EXPECT_EQ(Json("算法"), "\"算法\"");
  EXPECT_EQ(Json("\xED\xA0\x80"),
            "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");  // A surrogate.
}

TEST(Terminal, WidthCountsChineseTwice) {
  EXPECT_EQ(DisplayWidth("abc"), 3);
  EXPECT_EQ(DisplayWidth("违规"), 4);
  EXPECT_EQ(CutToWidth("abcdef", 6), "abcdef");
  EXPECT_EQ(CutToWidth("abcdefg", 6), "abcd…");
  EXPECT_EQ(CutToWidth("违规疑点", 7), "违规…");
}

TEST(Numbers, AreRoundedOnTheirText) {
  EXPECT_EQ(Rounded("1234.565", 2), "1234.57");
  EXPECT_EQ(Rounded("-1234.565", 2), "-1234.57");
  EXPECT_EQ(Rounded("999.995", 2), "1000.00");
  EXPECT_EQ(Rounded("0.5", 0), "1");
  EXPECT_EQ(Rounded("-0.001", 2), "0.00");
  EXPECT_EQ(Rounded("7", 2), "7.00");
  EXPECT_EQ(Rounded("no number", 2), "no number");
  EXPECT_EQ(RoundedDown("1234.569", 2), "1234.56");
  EXPECT_EQ(Shown("123456789012345678901.5", 1),
            "123,456,789,012,345,678,901.5");
  EXPECT_EQ(Grouped("999"), "999");
  EXPECT_EQ(Grouped("-1000"), "-1,000");
  EXPECT_EQ(Percent("0.12345", 1), "12.3%");
  EXPECT_EQ(Percent("1", 0), "100%");
  EXPECT_EQ(Percent("0.005", 1), "0.5%");
  EXPECT_EQ(HoursOf(5400), "1.5");
  EXPECT_EQ(HoursOf(179), "0.0");
  EXPECT_EQ(HoursOf(180), "0.1");
  EXPECT_EQ(ShownInstant("2026-03-02T08:15:59+08:00"), "2026-03-02 08:15");
  EXPECT_EQ(ShownInstant("2026-03-02"), "2026-03-02");
}

TEST(Numbers, CompareAsNumbers) {
  EXPECT_LT(CompareDecimals("9.5", "10"), 0);
  EXPECT_GT(CompareDecimals("-9.5", "-10"), 0);
  EXPECT_EQ(CompareDecimals("1.50", "1.5"), 0);
  EXPECT_EQ(CompareDecimals("-0", "0"), 0);
  EXPECT_LT(CompareDecimals("", "0"), 0);
}

}  // namespace
}  // namespace plumbline::audit
