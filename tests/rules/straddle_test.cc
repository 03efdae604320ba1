// Orders that run over the end of a window: time is cut there, and where
// nothing says to which side the pay belongs, no window may be called short
// that is not short with all of it, nor sound that is not sound without any.

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "audit/findings/judge.h"
#include "audit/rules/rule_pack.h"
#include "audit/rules/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/rules/rule_fixture.h"

namespace plumbline::audit {
namespace {

using replay::kHour;
using replay::kMinute;
using testing::HasSubstr;

constexpr int64_t kYuan = 1'000'000;

class StraddleTest : public RuleTest {
 protected:
  StraddleTest() {
    log_.Columns({"tasks.accepted_at", "tasks.completed_at", "tasks.pay_base",
                  "tasks.pay_top_up", "pay.amount", "pay.paid_at",
                  "pay.period_start", "pay.period_end", "sessions.started_at",
                  "sessions.ended_at"});
  }

  static replay::Task Task(const std::string& id, int64_t from, int64_t to,
                           int64_t pay) {
    replay::Task task = Between(id, from, to);
    SetPay(task, v1::PAY_BASE, pay);
    return task;
  }
  // Ten hours on Monday to Friday at 30 each hour, then four hours over the
  // end of the week of 2 June 2025 that pay `night` in all.
  FakeWorker Week(int64_t hours, int64_t night) const {
    FakeWorker worker{.id = "W"};
    worker.tasks.push_back(Task("days", At("2025-06-04 08:00"),
                                At("2025-06-04 08:00") + hours * kHour,
                                hours * 30 * kYuan));
    worker.tasks.push_back(
        Task("night", At("2025-06-08 22:00"), At("2025-06-09 02:00"), night));
    return worker;
  }

  static std::string Pack(const std::string& fields) {
    return RuleTest::Pack(fields,
                          "masks { name: 'wage' kinds: 'base' why: 'w' }");
  }
  static std::string Floor(const std::string& fields) {
    return Pack(
        Cat("over: 'worker' window: 'week' "
            "let { name: 'paid' is: 'pay(wage)' } "
            "let { name: 'floor' is: '25 CNY/h * time(ENGAGED)' } "
            "require: 'paid >= floor' ",
            fields));
  }

  // "BREACH 1, NO_BREACH_FOUND 2": findings of passes and reasons by number.
  std::string Verdicts(const std::string& pack,
                       const std::vector<FakeWorker>& workers) {
    std::string text;
    for (const v1::Finding& finding : Run(pack, workers)) {
      const int64_t n = finding.verdict() == v1::BREACH ? 1 : finding.n();
      text = Cat(text, text.empty() ? "" : ", ",
                 v1::Verdict_Name(finding.verdict()), " ", std::to_string(n));
    }
    return text;
  }
};

// The first week has 12 h, 300 at 25 an hour; 10 h of days pay 300. The second
// has 2 h, 50. The night pays 100, the floor of its four hours to the cent.
TEST_F(StraddleTest, PayThatMayBelongToEitherSideAccusesNobody) {
  const auto found = Run(Floor(""), {Week(10, 100 * kYuan)});
  ASSERT_EQ(found.size(), 2u) << result_.DebugString();
  // The first week passes without the night. The second has 0 to 100.
  EXPECT_EQ(found[0].verdict(), v1::NO_BREACH_FOUND);
  EXPECT_EQ(found[0].n(), 1);
  EXPECT_EQ(found[1].verdict(), v1::INSUFFICIENT_EVIDENCE);
  EXPECT_EQ(found[1].n(), 1);
  EXPECT_THAT(found[1].reason(), HasSubstr("runs over an end of the period"));
  EXPECT_THAT(found[1].reason_zh(), HasSubstr("跨越"));
  EXPECT_EQ(found[1].missing_size(), 0);
  ASSERT_EQ(found[1].rows_size(), 1);
  EXPECT_EQ(found[1].rows(0), "workers:W");
}

// 8 h of days at 30: 240 where 10 h owe 250, and the night pays 5: even with
// all of it 245. At least 5 is missing, at most 10. The week after has at
// most 5.
TEST_F(StraddleTest, ShortWithAllOfItIsABreach) {
  const auto found = Run(Floor(""), {Week(8, 5 * kYuan)});
  ASSERT_EQ(found.size(), 2u) << result_.DebugString();
  EXPECT_EQ(found[0].verdict(), v1::BREACH);
  EXPECT_EQ(found[0].observed(), "240.00..245.00");
  EXPECT_EQ(found[0].required(), "250.00");
  EXPECT_EQ(found[0].shortfall().amount(), "5.00");
  ASSERT_EQ(found[0].interval_size(), 2);
  EXPECT_EQ(found[0].interval(0), "5.00");
  EXPECT_EQ(found[0].interval(1), "10.00");
  EXPECT_EQ(found[1].verdict(), v1::BREACH);
  EXPECT_EQ(found[1].observed(), "0.00..5.00");
  EXPECT_EQ(found[1].shortfall().amount(), "45.00");
}

// What the law says is obeyed: 10 h of days at 30, a night of 100.
TEST_F(StraddleTest, APackMaySayToWhichSideItBelongs) {
  // By end: 300 for 12 h, then 100 for 2 h.
  EXPECT_EQ(Verdicts(Floor("straddle: 'by_end'"), {Week(10, 100 * kYuan)}),
            "NO_BREACH_FOUND 2");
  // By start: 400 for 12 h, then nothing for 2 h.
  const auto by_start =
      Run(Floor("straddle: 'by_start'"), {Week(10, 100 * kYuan)});
  ASSERT_EQ(by_start.size(), 2u);
  EXPECT_EQ(by_start[1].verdict(), v1::BREACH);
  EXPECT_EQ(by_start[1].observed(), "0.00");
  EXPECT_EQ(by_start[1].period().from(), "2025-06-09T00:00:00+08:00");
  // Split: 350 for 12 h, 50 for 2 h, exactly the floor.
  EXPECT_EQ(Verdicts(Floor("straddle: 'split'"), {Week(10, 100 * kYuan)}),
            "NO_BREACH_FOUND 2");
  const auto split = Run(Floor("straddle: 'split'"), {Week(10, 99 * kYuan)});
  ASSERT_EQ(split.size(), 2u);
  EXPECT_EQ(split[1].verdict(), v1::BREACH);
  EXPECT_EQ(split[1].observed(), "49.50");
  EXPECT_EQ(split[1].shortfall().amount(), "0.50");
}

// Two hours of three belong to the first week: 100 splits into 66.666667 and
// 33.333333, known to a millionth.
TEST_F(StraddleTest, ASplitIsRoundedOutwards) {
  FakeWorker worker{.id = "W"};
  worker.tasks.push_back(Task("night", At("2025-06-08 22:00"),
                              At("2025-06-09 01:00"), 100 * kYuan));
  const auto found = Run(Pack("over: 'worker' window: 'week' straddle: 'split' "
                              "let { name: 'paid' is: 'pay(wage)' } "
                              "require: 'paid >= 70 CNY'"),
                         {worker});
  ASSERT_EQ(found.size(), 2u) << result_.DebugString();
  ASSERT_GE(found[0].trace_size(), 1);
  EXPECT_EQ(found[0].trace(0).value(), "66.666666..66.666667");
  EXPECT_EQ(found[1].trace(0).value(), "33.333333..33.333334");
}

// Orders counted: three on Sunday, and one from Sunday into Monday.
TEST_F(StraddleTest, CountsOfOrdersAreBoundsAsWell) {
  FakeWorker worker{.id = "W"};
  for (int i = 0; i < 3; ++i) {
    const int64_t from = At("2025-06-08 10:00") + i * kHour;
    worker.tasks.push_back(
        Task(Cat("t", std::to_string(i)), from, from + kHour, kYuan));
  }
  worker.tasks.push_back(
      Task("night", At("2025-06-08 23:50"), At("2025-06-09 00:20"), kYuan));
  const std::string rule =
      "over: 'worker' window: 'day' require: 'count(task: true) <= ";
  EXPECT_EQ(Verdicts(Pack(Cat(rule, "2'")), {worker}),
            "NO_BREACH_FOUND 1, BREACH 1");
  EXPECT_EQ(Verdicts(Pack(Cat(rule, "3'")), {worker}),
            "NO_BREACH_FOUND 1, INSUFFICIENT_EVIDENCE 1");
  EXPECT_EQ(Verdicts(Pack(Cat(rule, "4'")), {worker}), "NO_BREACH_FOUND 2");
  EXPECT_EQ(Verdicts(Pack(Cat(rule, "3' straddle: 'by_end'")), {worker}),
            "NO_BREACH_FOUND 2");
  // The same day inside of a longer window, which cuts nothing.
  EXPECT_EQ(Verdicts(Pack("over: 'worker' window: 'month' "
                          "require: 'largest(day: count(task: true)) <= 3'"),
                     {worker}),
            "INSUFFICIENT_EVIDENCE 1");
}

// A task from the first week to the third counts for any of the three.
TEST_F(StraddleTest, ATaskLongerThanTheWindow) {
  FakeWorker worker{.id = "W"};
  worker.tasks.push_back(Task("long", At("2025-06-08 12:00"),
                              At("2025-06-16 12:00"), 25 * 192 * kYuan));
  EXPECT_EQ(Verdicts(Floor(""), {worker}), "INSUFFICIENT_EVIDENCE 3");
}

// Sums over workers carry the bounds through the state of a shard: 300 and a
// night of 100 against 300 for the first week and 50 for the second; two such
// workers.
TEST_F(StraddleTest, SumsOverWorkersAreBoundsToo) {
  FakeWorker a = Week(10, 100 * kYuan), b = Week(10, 100 * kYuan);
  b.id = "V";
  const std::string rule =
      "over: 'aggregate' window: 'week' "
      "let { name: 'paid' is: 'sum(worker: pay(wage))' } "
      "let { name: 'hours' is: 'sum(worker: time(ENGAGED))' } ";
  const auto found =
      Run(Pack(Cat(rule, "require: 'paid >= 25 CNY/h * hours'")), {a, b});
  ASSERT_EQ(found.size(), 2u) << result_.DebugString();
  EXPECT_EQ(found[0].verdict(), v1::NO_BREACH_FOUND);
  EXPECT_EQ(found[1].verdict(), v1::INSUFFICIENT_EVIDENCE);
  EXPECT_THAT(found[1].reason(), HasSubstr("runs over an end of the period"));
}

// A top-up that names an order over the edge may make good either week.
TEST_F(StraddleTest, TopUpsOfOrdersOverTheEdge) {
  FakeWorker worker = Week(8, 0);
  replay::PayLine line = NewLine("night", v1::PAY_TOP_UP, 100 * kYuan);
  line.paid_at = At("2025-06-09 03:00");
  worker.pay.push_back(line);
  log_.log.info.set_observed_to("2025-07-01T00:00:00+08:00");
  const std::string top_up = "top_up { kinds: 'top_up' within: '7 d' } ";
  EXPECT_EQ(Verdicts(Floor(top_up), {worker}), "INSUFFICIENT_EVIDENCE 2");
  EXPECT_EQ(Verdicts(Floor(Cat(top_up, "straddle: 'by_end'")), {worker}),
            "NO_BREACH_FOUND 1, BREACH 1");
}

// Nine hours and 225, the floor, in one week; in the next eleven hours and 270,
// five short. No line names a pay period, and two weeks may be one: with a
// first week of 230 or more nobody can say that a period is short, with 229.99
// each reading has one that is.
TEST_F(StraddleTest, AWeekIsNoPayPeriodWhereNoneIsNamed) {
  auto fortnight = [&](int64_t first) {
    FakeWorker worker{.id = "W"};
    const int64_t monday = At("2025-06-02 08:00");
    const int64_t next = At("2025-06-09 08:00");
    worker.tasks.push_back(Task("a", monday, monday + 9 * kHour, first));
    worker.tasks.push_back(Task("b", next, next + 11 * kHour, 270 * kYuan));
    return worker;
  };
  const std::string pack = Pack(
      "over: 'worker' window: 'pay_period' "
      "let { name: 'paid' is: 'pay(wage)' } "
      "require: 'paid >= 25 CNY/h * time(ENGAGED)'");
  EXPECT_EQ(Verdicts(pack, {fortnight(229'990'000)}),
            "NO_BREACH_FOUND 1, BREACH 1");
  const auto open = Run(pack, {fortnight(230 * kYuan)});
  ASSERT_EQ(open.size(), 2u) << result_.DebugString();
  EXPECT_EQ(open[1].verdict(), v1::INSUFFICIENT_EVIDENCE);
  EXPECT_EQ(open[1].n(), 1);
  EXPECT_THAT(open[1].missing(),
              testing::ElementsAre("pay.period_end", "pay.period_start"));
  EXPECT_EQ(open[1].rows(0), "workers:W");
  // A statement that names the weeks settles it.
  FakeWorker named = fortnight(230 * kYuan);
  for (const char* start : {"2025-06-02 00:00", "2025-06-09 00:00"}) {
    replay::PayLine line = NewLine("", v1::PAY_TIP, kYuan);
    line.period_start = At(start);
    line.period_end = line.period_start + 7 * 24 * kHour;
    named.pay.push_back(line);
  }
  EXPECT_EQ(Verdicts(pack, {named}), "NO_BREACH_FOUND 1, BREACH 1");
}

// Where windows cut no tasks there is nothing to say.
TEST_F(StraddleTest, WordsThatDoNotFitAreRefused) {
  const auto wrong = ParseRulePack(Floor("straddle: 'half'"), "p");
  ASSERT_FALSE(wrong.ok());
  EXPECT_THAT(wrong.status().ToString(),
              HasSubstr("expected either, by_end, by_start or split"));
  const auto idle =
      ParseRulePack(Pack("over: 'task' window: 'task' straddle: 'by_end' "
                         "require: 'pay(wage) >= 1 CNY'"),
                    "p");
  ASSERT_FALSE(idle.ok());
  EXPECT_THAT(idle.status().ToString(), HasSubstr("where windows cut tasks"));
}

// Nobody whose every order pays the floor of its own time is short in any
// window of any kind, whatever overlaps and wherever the edges fall; and one
// cent less in each is never sound where the hours do not overlap.
TEST_F(StraddleTest, AtTheFloorInEveryOrderIsNeverABreach) {
  std::mt19937_64 random(20250608);
  auto draw = [&](int64_t below) {
    return static_cast<int64_t>(random() % static_cast<uint64_t>(below));
  };
  const std::vector<std::string> windows = {"session",    "day",     "week",
                                            "month",      "quarter", "days(3)",
                                            "pay_period", "log"};
  const std::vector<std::string> floors = {
      "25 CNY/h * time(ENGAGED)", "25 CNY/h * time(ENGAGED, sum)",
      "sum(day: 25 CNY/h * time(ENGAGED))",
      "sum(city: 25 CNY/h * time(ENGAGED))"};
  int breaches_below = 0, breaches_by_end = 0;
  for (int round = 0; round < 60; ++round) {
    std::vector<FakeWorker> exact, below;
    for (int w = 0; w < 4; ++w) {
      FakeWorker worker{.id = Cat("w", std::to_string(w))};
      FakeWorker poor = worker;
      int64_t at = At("2025-05-28 00:00") + draw(48 * 60) * kMinute;
      int64_t last_end = at;
      for (int t = 0; t < 25; ++t) {
        const int64_t length = (1 + draw(t % 5 == 0 ? 3000 : 300)) * kMinute;
        const std::string id =
            Cat("w", std::to_string(w), "t", std::to_string(t));
        const int64_t pay = 25 * kYuan * (length / kMinute) / 60 + 1;
        worker.tasks.push_back(Task(id, at, at + length, pay));
        const int64_t later = std::max(at, last_end);
        poor.tasks.push_back(Task(id, later, later + length, pay - 10'000));
        last_end = later + length;
        at += draw(600) * kMinute;
        if (draw(3) == 0) {
          replay::Session session;
          session.started_at = at - draw(100) * kMinute;
          session.ended_at = session.started_at + draw(500) * kMinute;
          worker.sessions.push_back(session);
        }
      }
      if (w == 0) {  // A statement by uneven periods.
        for (int p = 0; p < 4; ++p) {
          replay::PayLine line = NewLine("", v1::PAY_TIP, kYuan);
          line.period_start = At("2025-05-28 00:00") + p * 241 * kHour;
          line.period_end = line.period_start + 240 * kHour;
          worker.pay.push_back(line);
        }
      }
      exact.push_back(worker);
      below.push_back(poor);
    }
    const std::string& window = windows[round % windows.size()];
    const std::string& floor = floors[(round / windows.size()) % floors.size()];
    const std::string fields =
        Cat("over: 'worker' window: '", window,
            "' let { name: 'paid' is: 'pay(wage)' } require: 'paid >= ", floor,
            "' ");
    for (const v1::Finding& finding : Run(Pack(fields), exact)) {
      EXPECT_NE(finding.verdict(), v1::BREACH) << window << " " << floor << "\n"
                                               << finding.DebugString();
    }
    for (const v1::Finding& finding : Run(Pack(fields), below)) {
      EXPECT_NE(finding.verdict(), v1::NO_BREACH_FOUND)
          << window << " " << floor << "\n"
          << finding.DebugString();
      breaches_below += finding.verdict() == v1::BREACH;
    }
    if (window == "log") continue;  // Cuts nothing.
    for (const v1::Finding& finding :
         Run(Pack(Cat(fields, "straddle: 'by_end'")), exact)) {
      breaches_by_end += finding.verdict() == v1::BREACH;
    }
  }
  EXPECT_GT(breaches_below, 20);   // The floors bite,
  EXPECT_GT(breaches_by_end, 20);  // and the edges would.
}

}  // namespace
}  // namespace plumbline::audit
