#include "audit/rules/expression.h"

#include <string>

#include "audit/rules/exact.h"
#include "audit/rules/unit.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace plumbline::audit {
namespace {

using testing::HasSubstr;

Vocabulary Words() {
  Vocabulary words;
  words.currency = "CNY";
  words.parameters = {
      {.name = "rate", .dimension = Over(kMoney, kTime), .classes = {""}},
      {.name = "city_rate",
       .dimension = Over(kMoney, kTime),
       .by_place = true,
       .classes = {""}},
      {.name = "by_class",
       .dimension = Over(kMoney, kDistance),
       .classes = {"", "wav"}}};
  words.masks["wage"] = CountedPayMask();
  return words;
}

struct Parsed {
  int root = -1;
  Program program;
  ExpressionError error;
};
Parsed Parse(std::string_view text, Domain domain = Domain::kWindow) {
  Parsed parsed;
  parsed.root = ParseExpression(text, domain, Words(), {}, false,
                                &parsed.program, &parsed.error);
  return parsed;
}
Type TypeOf(std::string_view text, Domain domain = Domain::kWindow) {
  const Parsed parsed = Parse(text, domain);
  EXPECT_GE(parsed.root, 0) << text << ": " << parsed.error.message;
  return parsed.root < 0 ? Type{} : parsed.program.nodes[parsed.root].type;
}

TEST(ExpressionTest, UnitsFollowTheFormula) {
  EXPECT_EQ(TypeOf("rate * time(ENGAGED)").dimension, kMoney);
  EXPECT_EQ(TypeOf("pay(wage) / time(ENGAGED|REQUIRED, union)").dimension,
            Over(kMoney, kTime));
  EXPECT_EQ(TypeOf("dist(ROUTE) / (15 km/h)", Domain::kTask).dimension, kTime);
  EXPECT_EQ(TypeOf("limit_at - accepted_at", Domain::kTask).dimension, kTime);
  EXPECT_EQ(TypeOf("limit_at + 20 min", Domain::kTask).kind, Kind::kInstant);
  EXPECT_EQ(TypeOf("sum(day: max(0 h, time(ENGAGED) - 8 h)) <= 36 h").kind,
            Kind::kBool);
  EXPECT_EQ(TypeOf("sum(city: city_rate * time(ENGAGED))").dimension, kMoney);
  EXPECT_EQ(TypeOf("by_class('wav') * dist(LOADED)", Domain::kTask).dimension,
            kMoney);
}

TEST(ExpressionTest, ElementsAndEvents) {
  EXPECT_EQ(TypeOf("largest(offer where chosen: offered_at)").kind,
            Kind::kInstant);
  EXPECT_EQ(TypeOf("quantile(task: completed_at - accepted_at, 0.9)").dimension,
            kTime);
  EXPECT_EQ(
      TypeOf("sum(run(ENGAGED, 20 min) where length > 4 h: length)").dimension,
      kTime);
  EXPECT_EQ(TypeOf("latency(ended_at, offer.offered_at where chosen | "
                   "task.offered_at)",
                   Domain::kRun)
                .dimension,
            kTime);
  EXPECT_EQ(TypeOf("absent(task.offered_at, ended_at, ended_at + 20 min)",
                   Domain::kRun)
                .kind,
            Kind::kBool);
  EXPECT_EQ(
      TypeOf("measure('targets.limit.rank.pi')", Domain::kPlatform).dimension,
      kPure);
  EXPECT_EQ(TypeOf("by_class(vehicle) * dist(LOADED)", Domain::kTask).dimension,
            kMoney);
}

// One of the clocks of an event list is enough.
TEST(ExpressionTest, EventsNeedOneOfTheirClocks) {
  const Parsed parsed = Parse(
      "exists(offer.offered_at where chosen | task.offered_at, window_start, "
      "window_end)");
  std::string list;
  for (const ColumnNeed& column : parsed.program.columns) {
    list += column.columns + (column.soft ? "? " : " ");
  }
  EXPECT_EQ(list, "offers.chosen offers.offered_at|tasks.offered_at ");
}

TEST(ExpressionTest, LiteralsAreExact) {
  const Parsed parsed = Parse("0.583 CNY/min");
  ASSERT_GE(parsed.root, 0) << parsed.error.message;
  const Ratio value = parsed.program.nodes[parsed.root].constant;
  // 583000 millionths in 60000 ms.
  EXPECT_EQ(RatioTextExact(value), "583/60");
}

struct Broken {
  std::string text;
  Domain domain;
  size_t offset;
  std::string words;
};
void PrintTo(const Broken& row, std::ostream* out) { *out << row.text; }

class BrokenExpressionTest : public testing::TestWithParam<Broken> {};

TEST_P(BrokenExpressionTest, SaysWhereAndWhat) {
  const Broken& row = GetParam();
  const Parsed parsed = Parse(row.text, row.domain);
  ASSERT_EQ(parsed.root, -1);
  EXPECT_EQ(parsed.error.offset, row.offset) << parsed.error.message;
  EXPECT_THAT(parsed.error.message, HasSubstr(row.words));
  EXPECT_THAT(parsed.error.message, HasSubstr("found"));
  EXPECT_THAT(parsed.error.message, HasSubstr("expected"));
}

INSTANTIATE_TEST_SUITE_P(
    Table, BrokenExpressionTest,
    testing::Values(
        Broken{"time(ENGAGED) + pay(wage)", Domain::kWindow, 14,
               "time + money"},
        Broken{"dist(ROUTE) + 20 min", Domain::kTask, 12, "distance + time"},
        Broken{"rate * time(ENGAGED) >= 8 h", Domain::kWindow, 21,
               "money >= time"},
        Broken{"tme(ENGAGED)", Domain::kWindow, 0, "the function 'tme'"},
        Broken{"time(BUSY)", Domain::kWindow, 5, "a time set"},
        Broken{"pay(wages)", Domain::kWindow, 4, "pay kind 'wages'"},
        Broken{"city_rate * time(ENGAGED)", Domain::kWindow, 0,
               "differs by place"},
        Broken{"by_class('van') * 1 km", Domain::kWindow, 0, "classes"},
        Broken{"5 USD", Domain::kWindow, 2, "the currency of the pack"},
        Broken{"5 parsec", Domain::kWindow, 2, "expected a unit"},
        Broken{"(5 h", Domain::kWindow, 4, "expected ')'"},
        Broken{"5 h 6 h", Domain::kWindow, 4, "after a whole formula"},
        Broken{"not 5 h", Domain::kWindow, 0, "expected a condition"},
        Broken{"limit_at + limit_at", Domain::kTask, 9, "an instant"},
        Broken{"limit_at", Domain::kWindow, 0, "inside sum(task: ...)"},
        Broken{"limt_at", Domain::kTask, 0, "a column of tasks"},
        Broken{"status = 'delivred'", Domain::kTask, 7, "cancelled_customer"},
        Broken{"vehicle", Domain::kTask, 7, "after a text"},
        Broken{"sum(worker: pay(wage))", Domain::kWindow, 4, "to go over"},
        Broken{"dist(LOADED)", Domain::kWindow, 0, "sum(task: ...)"},
        Broken{"time(ONLINE, sum)", Domain::kWindow, 0, "use union"},
        Broken{"", Domain::kWindow, 0, "the end of the formula"},
        Broken{"vehicle = 'bike", Domain::kTask, 10, "does not close"},
        Broken{"1.2.3", Domain::kWindow, 0, "decimal number"},
        Broken{"sum(open_task: 1)", Domain::kWindow, 4, "to go over"},
        Broken{"sum(run(ENGAGED, 5): 1)", Domain::kWindow, 17, "a pause"},
        Broken{"quantile(day: time(ENGAGED), 2)", Domain::kWindow, 29,
               "from 0 to 1"},
        Broken{"sum(task where 5: pay(base))", Domain::kWindow, 15,
               "expected a condition"},
        Broken{"absent(offer.rank, accepted_at, accepted_at)", Domain::kTask, 7,
               "expected an event"},
        Broken{"exists(offer.offered_at, 5 h, accepted_at)", Domain::kTask, 25,
               "as the start"},
        Broken{"latency(accepted_at, pay_line.amount)", Domain::kTask, 21,
               "expected an event"},
        Broken{"reached(ENGAGED, 5 km)", Domain::kWindow, 17, "to be reached"},
        Broken{"during(accepted_at, night)", Domain::kTask, 20,
               "the calendar 'night'"},
        Broken{"measure('targets')", Domain::kPlatform, 8, "the measure"},
        Broken{"measure('pay.tips')", Domain::kWindow, 0, "over the platform"},
        Broken{"exists(offer.offered_at, window_start, window_end)",
               Domain::kAggregate, 0, "no worker's life"},
        Broken{"by_class(city)", Domain::kWindow, 9, "the name 'city'"}));

TEST(ExpressionTest, DeepBracketsAreRefusedAndNotFollowed) {
  const std::string deep = std::string(3000, '(') + "1";
  EXPECT_EQ(Parse(deep).root, -1);
  EXPECT_EQ(Parse(std::string(5000, '-') + "1").root, -1);
}

TEST(ExpressionTest, ColumnsThatAFormulaReads) {
  const Parsed parsed = Parse("pay(base) >= rate * time(ENGAGED|REQUIRED)");
  std::string list;
  for (const ColumnNeed& column : parsed.program.columns) {
    list += column.columns + (column.soft ? "? " : " ");
  }
  EXPECT_EQ(list,
            "tasks.pay_base|pay.amount tasks.accepted_at "
            "tasks.completed_at|tasks.cancelled_at sessions.required? ");
}

TEST(ExpressionTest, WhatIsReadOnlyWhereKnownIsNotNeeded) {
  const Parsed parsed = Parse(
      "if(known(planned_wait), planned_wait, 0 s) <= trip_time", Domain::kTask);
  ASSERT_EQ(parsed.program.columns.size(), 2u);
  EXPECT_EQ(parsed.program.columns[0].columns, "tasks.planned_wait_s");
  EXPECT_TRUE(parsed.program.columns[0].soft);
  EXPECT_FALSE(parsed.program.columns[1].soft);
}

TEST(ExactTest, WideFractionsAreReducedBeforeTheyOverflow) {
  FastMath math;
  const Ratio big = {__int128{1} << 100, __int128{3} << 90};
  const Ratio product = math.Multiply(big, big);
  EXPECT_FALSE(math.overflow);
  EXPECT_EQ(math.Compare(product, {1 << 20, 9}), 0);
  math.Multiply({(__int128{1} << 100) + 1, 1}, {(__int128{1} << 100) + 1, 1});
  EXPECT_TRUE(math.overflow);
}

TEST(ExactTest, RoundsHalfAwayFromZero) {
  EXPECT_EQ(RoundedText({5, 1000}, 2), "0.01");
  EXPECT_EQ(RoundedText({-5, 1000}, 2), "-0.01");
  EXPECT_EQ(RoundedText({4999, 1000000}, 2), "0.00");
  EXPECT_EQ(RoundedText({-4999, 1000000}, 2), "0.00");
  EXPECT_EQ(RoundedText({7, 2}, 0), "4");
  EXPECT_EQ(RoundedText({12345, 10}, 3), "1234.500");
}

TEST(UnitTest, QuotientsAndDates) {
  Unit unit;
  ASSERT_TRUE(ParseUnit("USD/min", &unit));
  EXPECT_EQ(unit.dimension, Over(kMoney, kTime));
  EXPECT_EQ(unit.currency, "USD");
  EXPECT_FALSE(ParseUnit("USD/", &unit));
  EXPECT_FALSE(ParseUnit("usd", &unit));
  int64_t day = 0;
  ASSERT_TRUE(ParseDate("1970-01-02", &day));
  EXPECT_EQ(day, 1);
  EXPECT_FALSE(ParseDate("2025-02-30", &day));
  EXPECT_FALSE(ParseDate("2025-2-3", &day));
  EXPECT_EQ(DateText(1), "1970-01-02");
}

}  // namespace
}  // namespace plumbline::audit
