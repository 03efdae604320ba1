#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "replay/base/decimal.h"
#include "replay/base/interval_set.h"

namespace plumbline::replay {
namespace {

using testing::ElementsAre;

// Source: hand-computed, methods oracle O-22: union 1800 s, sum 2200 s.
TEST(IntervalSetTest, UnionOfOverlappingTasks) {
  const std::vector<Interval> tasks = {{2000, 2600}, {0, 600},     {300, 900},
                                       {900, 1200},  {2100, 2200}, {50, 50}};
  IntervalSet set;
  set.AssignUnion(tasks);
  EXPECT_EQ(set.length(), 1800);
  EXPECT_THAT(set.intervals(),
              ElementsAre(Interval{0, 1200}, Interval{2000, 2600}));
  EXPECT_EQ(set.LengthWithin(1000, 2100), 300);
  EXPECT_EQ(set.LengthWithin(1200, 2000), 0);
}

TEST(IntervalSetTest, DifferenceAndIntersectionAddUp) {
  IntervalSet online, engaged, call, both;
  online.AssignUnion(std::vector<Interval>{{0, 100}, {200, 300}});
  engaged.AssignUnion(std::vector<Interval>{{10, 20}, {90, 210}, {250, 400}});
  call.AssignDifference(online, engaged);
  both.AssignIntersection(online, engaged);
  EXPECT_THAT(call.intervals(), ElementsAre(Interval{0, 10}, Interval{20, 90},
                                            Interval{210, 250}));
  EXPECT_EQ(call.length() + both.length(), online.length());
}

TEST(DecimalTest, IsExactOrRefused) {
  int64_t value = 0;
  EXPECT_TRUE(ParseDecimal("23.34", 6, &value));
  EXPECT_EQ(value, 23'340'000);
  EXPECT_TRUE(ParseDecimal(" -0.5", 6, &value));
  EXPECT_EQ(value, -500'000);
  EXPECT_TRUE(ParseDecimal("551.0", 0, &value));
  EXPECT_EQ(value, 551);
  for (const char* wrong :
       {"", "-", ".", "1e3", "1,5", "0.0000001", "99999999999999", "NA"}) {
    EXPECT_FALSE(ParseDecimal(wrong, 6, &value)) << wrong;
  }
}

TEST(DecimalTest, WritesNoSuperfluousDigits) {
  EXPECT_EQ(FormatDecimal(12'340'000, 6, 2), "12.34");
  EXPECT_EQ(FormatDecimal(12'345'678, 6, 2), "12.345678");
  EXPECT_EQ(FormatDecimal(-500'000, 6, 2), "-0.50");
  EXPECT_EQ(FormatDecimal(7'000'000, 6, 0), "7");
}

}  // namespace
}  // namespace plumbline::replay
