#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "audit/report/page.h"
#include "audit/report/sections.h"

namespace plumbline::audit {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

v1::AuditResult Result() {
  v1::AuditResult result;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"pb(
        input { currency: "CNY" }
        measures {
          erosion {
            series {
              key: "limit"
              value {
                n: 1234
                index {
                  fisher: "0.913"
                  lo: "0.902"
                  hi: "0.924"
                  matched: "0.98"
                  verdict: "FINDING"
                }
                trend { verdict: "CANNOT_CONCLUDE(POW)" }
                breaks {
                  breaks {
                    week: "2026-01-12"
                    week_lo: "2026-01-05"
                    week_hi: "2026-01-12"
                    before: "1"
                    after: "0.9"
                    change: "-0.1"
                    disclosure: "UNDISCLOSED"
                  }
                  verdict: "FINDING"
                }
                weeks { from: "2026-01-05" index: "1" lo: "0.991" hi: "1.009" }
                weeks {
                  from: "2026-01-12"
                  index: "0.9"
                  lo: "0.887"
                  hi: "0.914"
                }
              }
            }
            published {
              rule_id: "<b>R&1</b>"
              effective_from: "2026-01-05"
              week: "2026-01-05"
            }
            limit_ratchet {
              both { value: "-0.21" lo: "-0.31" hi: "-0.11" }
              cut { reason: "POW" }
              verdict: "CANNOT_CONCLUDE(POW)"
            }
          }
          workload {
            workers: 2
            runs {
              gap_s: 1200
              runs: 3
              over4h: 1
              workers_over4h: 1
              longest_s: 16200
            }
            days {
              kind: "longestRun"
              worker_id: "<script>w</script>"
              day: "2026-01-05"
              engaged_s: 16200
              longest_run_s: 16200
              at_s: -3600
              at_s: 12600
              open: 1
              open: 0
              run_from_s: -3600
              run_to_s: 12600
            }
          }
        }
      )pb",
      &result));
  return result;
}

std::string PageOf(Language language) {
  Page page(language, "t");
  const v1::AuditResult result = Result();
  AddErosion(result, &page);
  AddWorkload(result, &page);
  return page.Finish();
}

// Every plotted number stands in a table too, with its interval.
TEST(SectionTest, PicturesHaveTheirNumbers) {
  const std::string page = PageOf(Language::kEnglish);
  EXPECT_THAT(page, HasSubstr("\"kind\":\"ladder\""));
  EXPECT_THAT(page, HasSubstr("0.887 to 0.914"));
  EXPECT_THAT(page, HasSubstr("0.902 to 0.924"));
  EXPECT_THAT(page, HasSubstr("-0.310 to -0.110"));
  EXPECT_THAT(page, HasSubstr("none near that date"));
  EXPECT_THAT(page, HasSubstr("too little data to tell"));
  EXPECT_THAT(page, HasSubstr("\"kind\":\"day\""));
  // An hour before midnight of the day to half past three.
  EXPECT_THAT(page, HasSubstr("23:00 -1d"));
  EXPECT_THAT(page, HasSubstr("03:30"));
}

TEST(SectionTest, NothingOfALogBecomesMarkup) {
  for (const Language language : {Language::kEnglish, Language::kChinese}) {
    const std::string page = PageOf(language);
    EXPECT_THAT(page, Not(HasSubstr("<script>w")));
    EXPECT_THAT(page, Not(HasSubstr("<b>R")));
    EXPECT_THAT(page, HasSubstr("&lt;b&gt;R&amp;1"));
  }
}

TEST(SectionTest, ChineseHasNoEnglishSentence) {
  const std::string page = PageOf(Language::kChinese);
  EXPECT_THAT(page, HasSubstr("随时间的变化"));
  EXPECT_THAT(page, HasSubstr("劳动强度"));
  EXPECT_THAT(page, HasSubstr("0.887 至 0.914"));
  EXPECT_THAT(page, Not(HasSubstr("Week by week")));
}

}  // namespace
}  // namespace plumbline::audit
