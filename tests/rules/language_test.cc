// Each feature of the rule language on a rule of its own and a log of a few
// lines whose figures can be worked out by hand.

#include <memory>
#include <string>
#include <utility>
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
using testing::ElementsAre;
using testing::HasSubstr;

constexpr int64_t kYuan = 1'000'000;

class LanguageTest : public RuleTest {
 protected:
  LanguageTest() {
    log_.Columns({"tasks.accepted_at", "tasks.completed_at", "tasks.offered_at",
                  "tasks.limit_at", "tasks.estimates_s",
                  "tasks.route_distance_m", "tasks.pay_base",
                  "offers.offered_at", "offers.chosen", "prompts.shown_at",
                  "prompts.confirmed_at", "prompts.kind", "pay.amount",
                  "pay.paid_at", "pay.period_start", "pay.period_end",
                  "sessions.started_at", "sessions.ended_at"});
  }

  replay::Task Task(const std::string& id, const std::string& from,
                    const std::string& to) {
    return Between(id, At(from), At(to));
  }
  replay::Offer Push(const std::string& at) const {
    replay::Offer offer = NewOffer(1, v1::RESPONSE_UNKNOWN);
    offer.offered_at = At(at);
    return offer;
  }
  void Prompt(const std::string& worker, const std::string& shown,
              const std::string& confirmed) {
    v1::LogRecord record;
    v1::Prompt& prompt = *record.mutable_prompt();
    prompt.set_worker_id(worker);
    prompt.set_shown_at(At(shown));
    prompt.set_kind(v1::PROMPT_DAILY);
    if (!confirmed.empty()) prompt.set_confirmed_at(At(confirmed));
    log_.store.AddRecord(std::move(record));
  }

  // The only finding; its verdict must be `verdict`.
  v1::Finding One(const std::string& pack,
                  const std::vector<FakeWorker>& workers, v1::Verdict verdict) {
    const auto found = Run(pack, workers);
    EXPECT_EQ(found.size(), 1u) << result_.DebugString();
    if (found.size() != 1) return {};
    EXPECT_EQ(found[0].verdict(), verdict) << found[0].DebugString();
    return found[0];
  }
};

// ---- Runs and events -------------------------------------------------------

const char kRest[] =
    "over: 'run(ENGAGED, 20 min)' window: 'run' "
    "scope: 'length > 4 h' scope_text: 'long' scope_text_zh: 'long' "
    "let { name: 'pause' is: 'latency(ended_at, offer.offered_at where chosen "
    "| task.offered_at)' } require: 'pause >= 20 min'";

// rules.md section 6, row 6: a run from 09:00 to 13:10, the next push at 13:22.
TEST_F(LanguageTest, PushWithinTwentyMinutesOfALongRun) {
  FakeWorker worker{.id = "W"};
  worker.tasks = {Task("a", "2026-01-05 09:00", "2026-01-05 11:00"),
                  Task("b", "2026-01-05 11:10", "2026-01-05 13:10")};
  worker.offers = {Push("2026-01-05 13:22")};
  const auto found = Run(Pack(kRest), {worker});
  ASSERT_EQ(found.size(), 2u) << result_.DebugString();
  EXPECT_EQ(found[0].verdict(), v1::NOT_APPLICABLE);  // Two hours at 11:00.
  EXPECT_EQ(found[1].verdict(), v1::BREACH);
  EXPECT_EQ(found[1].observed(), "720");
  EXPECT_EQ(found[1].required(), "1200");
  EXPECT_EQ(found[1].unit(), "s");
  EXPECT_THAT(found[1].rows(), ElementsAre("tasks:b"));
  EXPECT_EQ(found[1].period().from(), "2026-01-05T09:00:00+08:00");
  ASSERT_EQ(found[1].trace_size(), 2);
  EXPECT_EQ(found[1].trace(0).value(), "720");
}

TEST_F(LanguageTest, ARestOfTwentyMinutesIsEnough) {
  FakeWorker worker{.id = "W"};
  worker.tasks = {Task("a", "2026-01-05 09:00", "2026-01-05 13:10")};
  worker.offers = {Push("2026-01-05 13:30")};
  One(Pack(kRest), {worker}, v1::NO_BREACH_FOUND);
}

TEST_F(LanguageTest, FourHoursExactlyAreNotMoreThanFour) {
  FakeWorker worker{.id = "W"};
  worker.tasks = {Task("a", "2026-01-05 09:00", "2026-01-05 13:00")};
  worker.offers = {Push("2026-01-05 13:01")};
  One(Pack(kRest), {worker}, v1::NOT_APPLICABLE);
}

TEST_F(LanguageTest, ARunGoesOnPastMidnight) {
  FakeWorker worker{.id = "W"};
  worker.tasks = {Task("a", "2026-01-05 22:00", "2026-01-05 23:55"),
                  Task("b", "2026-01-06 00:05", "2026-01-06 02:30")};
  worker.offers = {Push("2026-01-06 02:31")};
  const auto found = Run(Pack(kRest), {worker});
  ASSERT_EQ(found.size(), 2u) << result_.DebugString();
  EXPECT_EQ(found[1].verdict(), v1::BREACH);
  EXPECT_EQ(found[1].observed(), "60");
}

// A pause of exactly the gap ends the run.
TEST_F(LanguageTest, APauseOfTwentyMinutesEndsARun) {
  FakeWorker worker{.id = "W"};
  worker.tasks = {Task("a", "2026-01-05 09:00", "2026-01-05 12:00"),
                  Task("b", "2026-01-05 12:20", "2026-01-05 14:00")};
  worker.offers = {Push("2026-01-05 14:01")};
  One(Pack(kRest), {worker}, v1::NOT_APPLICABLE);
}

TEST_F(LanguageTest, AnUnknownEndLeavesARunOpen) {
  FakeWorker worker{.id = "W"};
  worker.tasks = {Task("a", "2026-01-05 09:00", "2026-01-05 13:10"),
                  Task("b", "2026-01-05 13:00", "2026-01-05 13:10")};
  worker.tasks[1].completed_at = replay::kUnknown;
  worker.offers = {Push("2026-01-05 13:22")};
  const auto found = One(Pack(kRest), {worker}, v1::INSUFFICIENT_EVIDENCE);
  EXPECT_THAT(found.missing(), ElementsAre("tasks.completed_at"));
}

TEST_F(LanguageTest, AbsentAndExistsSayTheSame) {
  FakeWorker worker{.id = "W"};
  worker.tasks = {Task("a", "2026-01-05 09:00", "2026-01-05 13:10")};
  worker.offers = {Push("2026-01-05 13:22")};
  const std::string head =
      "over: 'run(ENGAGED, 20 min)' window: 'run' require: '";
  One(Pack(head + "absent(offer.offered_at, ended_at, ended_at + 20 min)'"),
      {worker}, v1::BREACH);
  One(Pack(head + "exists(offer.offered_at, ended_at, ended_at + 12 min)'"),
      {worker}, v1::BREACH);  // 13:22 itself is outside.
  One(Pack(head + "exists(offer.offered_at, ended_at, ended_at + 13 min)'"),
      {worker}, v1::NO_BREACH_FOUND);
  One(Pack(head +
           "absent(offer.offered_at where not chosen, ended_at, ended_at + 1 "
           "h)'"),
      {worker}, v1::NO_BREACH_FOUND);
}

// ---- Eight hours, prompt and confirmation ----------------------------------

const char kEightHours[] =
    "over: 'worker' window: 'day' scope: 'time(ENGAGED) > 8 h' "
    "scope_text: 'x' scope_text_zh: 'x' "
    "let { name: 'at' is: 'reached(ENGAGED, 8 h)' } "
    "let { name: 'next' is: 'first(task.accepted_at, at, window_end)' } "
    "require: \"not exists(task.accepted_at, at, window_end) or "
    "exists(prompt.confirmed_at where kind = 'daily', window_start, next)\"";

TEST_F(LanguageTest, WorkAfterEightHoursNeedsAConfirmation) {
  FakeWorker worker{.id = "W"};
  worker.tasks = {Task("a", "2026-01-05 08:00", "2026-01-05 16:30"),
                  Task("b", "2026-01-05 17:00", "2026-01-05 17:30")};
  const std::string pack = Pack(kEightHours);
  const auto none = One(pack, {worker}, v1::BREACH);
  ASSERT_EQ(none.trace_size(), 3);
  EXPECT_EQ(none.trace(0).value(), "2026-01-05T16:00:00+08:00");
  EXPECT_EQ(none.trace(1).value(), "2026-01-05T17:00:00+08:00");
  Prompt("W", "2026-01-05 16:00", "");
  One(pack, {worker}, v1::BREACH);
  Prompt("W", "2026-01-05 16:00", "2026-01-05 17:00");
  One(pack, {worker}, v1::BREACH);  // Not before the order.
  Prompt("W", "2026-01-05 16:00", "2026-01-05 16:59");
  One(pack, {worker}, v1::NO_BREACH_FOUND);
}

// Within a month, orders after the eighth hour of their own day.
TEST_F(LanguageTest, OrdersAfterTheEighthHourOfTheirDay) {
  FakeWorker worker{.id = "W"};
  worker.tasks = {Task("a", "2026-01-05 08:00", "2026-01-05 16:00"),
                  Task("b", "2026-01-05 16:00", "2026-01-05 16:30"),
                  Task("c", "2026-01-06 08:00", "2026-01-06 15:59"),
                  Task("d", "2026-01-06 15:59", "2026-01-06 16:30"),
                  Task("e", "2026-01-06 17:00", "2026-01-06 17:30")};
  const std::string head = "over: 'worker' window: 'month' require: ";
  const std::string late =
      "count(task where accepted_at >= reached(ENGAGED, 8 h))";
  EXPECT_EQ(
      One(Pack(head + "'" + late + " > 2'"), {worker}, v1::BREACH).observed(),
      "2");
  One(Pack(head + "'" + late + " = 2'"), {worker}, v1::NO_BREACH_FOUND);
}

TEST_F(LanguageTest, EightHoursExactlyAskForNothing) {
  FakeWorker worker{.id = "W"};
  worker.tasks = {Task("a", "2026-01-05 08:00", "2026-01-05 16:00")};
  One(Pack(kEightHours), {worker}, v1::NOT_APPLICABLE);
}

TEST_F(LanguageTest, NobodyIsPromptedForOrdersThatDoNotCome) {
  FakeWorker worker{.id = "W"};
  worker.tasks = {Task("a", "2026-01-05 08:00", "2026-01-05 16:30")};
  One(Pack(kEightHours), {worker}, v1::NO_BREACH_FOUND);
}

// ---- Elements --------------------------------------------------------------

// rules.md section 6, row 30: the median of 28, 31, 35 and 40 minutes is 33.
TEST_F(LanguageTest, MiddleOfTheEstimates) {
  static const std::vector<int64_t> estimates = {35 * kMinute, 28 * kMinute,
                                                 40 * kMinute, 31 * kMinute};
  FakeWorker worker{.id = "W"};
  worker.tasks = {Task("a", "2026-01-05 08:00", "2026-01-05 08:20")};
  worker.tasks[0].estimates = estimates;
  worker.tasks[0].limit_at = At("2026-01-05 08:28");
  const std::string head = "over: 'task' window: 'task' key: 'start' require: ";
  const auto found =
      One(Pack(head + "'limit_at - accepted_at >= quantile(estimate: estimate, "
                      "0.5)'"),
          {worker}, v1::BREACH);
  EXPECT_EQ(found.observed(), "1680");
  EXPECT_EQ(found.required(), "1980");
  One(Pack(head + "'limit_at - accepted_at >= smallest(estimate: estimate)'"),
      {worker}, v1::NO_BREACH_FOUND);
  One(Pack(head +
           "'count(estimate where estimate > 30 min) = 3 and rank_in_estimates"
           "() = 0'"),
      {worker}, v1::NO_BREACH_FOUND);
}

// rules.md section 6, row 31: 46 planned minutes in 38.
TEST_F(LanguageTest, PlannedLoadOfOpenOrders) {
  FakeWorker worker{.id = "W"};
  const int64_t minutes[5] = {6, 8, 10, 12, 10};
  for (int i = 0; i < 5; ++i) {
    replay::Task task =
        Task(Cat("t", i), "2026-01-05 08:00", "2026-01-05 09:00");
    task.route_distance = minutes[i] * 250'000;  // 15 km/h: 250 m a minute.
    task.limit_at = At("2026-01-05 08:38") - (4 - i) * kMinute;
    worker.tasks.push_back(task);
  }
  // Ended before: no part of it.
  worker.tasks.push_back(Task("z", "2026-01-05 07:00", "2026-01-05 08:00"));
  worker.tasks.back().route_distance = 1'000'000'000;
  worker.tasks.back().limit_at = At("2026-01-05 07:30");
  const std::string rule =
      "over: 'task' window: 'task' key: 'start' "
      "scope: 'accepted_at - limit_at < 0 s' scope_text: 'x' scope_text_zh: "
      "'x' let { name: 'start' is: 'accepted_at' } let { name: 'load' is: "
      "'sum(open_task: route_distance / (15 km/h)) / (largest(open_task: "
      "limit_at) - start)' } require: 'load <= 1.5'";
  const auto found = Run(Pack(rule), {worker});
  // Only "z", 4,000 minutes in 30, is beyond.
  ASSERT_EQ(found.size(), 2u) << result_.DebugString();
  EXPECT_EQ(found[1].verdict(), v1::BREACH);
  EXPECT_THAT(found[1].rows(), ElementsAre("tasks:z"));
  worker.tasks.pop_back();
  const std::string strict = rule.substr(0, rule.rfind("1.5")) + "1'";
  const auto load = One(Pack(strict), {worker}, v1::BREACH);
  EXPECT_EQ(load.n(), 5);
  EXPECT_EQ(load.observed(), "1.210526316");  // 46 / 38.
}

TEST_F(LanguageTest, RowsOfAWorkerInAPeriod) {
  FakeWorker worker{.id = "W"};
  worker.tasks = {Task("a", "2026-01-05 08:00", "2026-01-05 09:00")};
  worker.offers = {Push("2026-01-05 08:00"), Push("2026-01-05 12:00"),
                   Push("2026-01-06 08:00")};
  worker.offers[1].chosen = 0;
  const std::string head = "over: 'worker' window: 'day' require: ";
  const auto found =
      One(Pack(head + "'count(offer where chosen) > 1'"), {worker}, v1::BREACH);
  EXPECT_EQ(found.observed(), "1");
  One(Pack(head + "'count(offer where chosen) = 1'"), {worker},
      v1::NO_BREACH_FOUND);
}

TEST_F(LanguageTest, AClassByAColumnsWord) {
  const std::string parts =
      "parameters { name: 'notice' unit: 'day' title: 'n' title_zh: 'n' values "
      "{ "
      "value: '30' class: 'access' valid_from: '2020-01-01' source: 's' "
      "confidence: 'V1' } values { value: '7' class: 'other' valid_from: "
      "'2020-01-01' source: 's' confidence: 'V1' } } ";
  log_.Columns({"published_rules.published_at",
                "published_rules.effective_from", "published_rules.topic"});
  auto add = [&](const std::string& id, v1::RuleTopic topic) {
    v1::LogRecord record;
    v1::PublishedRule& rule = *record.mutable_published_rule();
    rule.set_rule_id(id);
    rule.set_topic(topic);
    rule.set_published_at(At("2026-03-20 00:00"));
    rule.set_effective_from(At("2026-04-10 00:00"));
    log_.store.AddRecord(std::move(record));
  };
  add("r1", v1::TOPIC_ACCESS);
  const std::string pack = Pack(
      "over: 'published_rule' window: 'row' require: 'effective_from >= "
      "published_at + notice(topic)'",
      parts);
  // 21 days' notice: enough for 7, not for 30.
  const auto found = One(pack, {}, v1::BREACH);
  EXPECT_EQ(found.observed(), "2026-04-10T00:00:00+08:00");
  EXPECT_EQ(found.required(), "2026-04-19T00:00:00+08:00");
  add("r2", v1::TOPIC_PAY);
  const auto both = Run(pack, {});
  ASSERT_EQ(both.size(), 2u) << result_.DebugString();
  EXPECT_EQ(both[0].verdict(), v1::INSUFFICIENT_EVIDENCE);
}

// ---- Windows ---------------------------------------------------------------

// rules.md section 6, row 28: rest from 23:30 to 09:15.
TEST_F(LanguageTest, RestInAnyTwentyFourHours) {
  FakeWorker worker{.id = "W"};
  worker.tasks = {Task("a", "2026-01-05 12:00", "2026-01-05 23:30"),
                  Task("b", "2026-01-06 09:15", "2026-01-06 20:00")};
  const auto found =
      Run(Pack("over: 'worker' window: 'rolling(24 h)' require: 'gap(ENGAGED) "
               ">= 11 h'"),
          {worker});
  ASSERT_GE(found.size(), 2u) << result_.DebugString();
  EXPECT_EQ(found[0].verdict(), v1::NO_BREACH_FOUND);
  EXPECT_EQ(found[1].verdict(), v1::BREACH);
  EXPECT_EQ(found[1].observed(), "35100");  // 9 h 45 min.
  EXPECT_EQ(found[1].required(), "39600");
  EXPECT_EQ(found[1].period().from(), "2026-01-05T12:00:00+08:00");
}

// ... and 830 hours in 17 weeks.
TEST_F(LanguageTest, MeanOverReferenceWeeks) {
  FakeWorker worker{.id = "W"};
  for (int i = 0; i < 17; ++i) {
    const int64_t start = At("2026-01-05 00:00") + i * 7 * 24 * kHour;
    replay::Task task =
        Task(Cat("t", i), "2026-01-05 00:00", "2026-01-05 00:00");
    task.accepted_at = start;
    task.completed_at = start + (i == 0 ? 62 : 48) * kHour;
    worker.tasks.push_back(task);
  }
  const auto found = One(
      Pack("over: 'worker' window: 'weeks(17)' require: 'time(ENGAGED) / 17 "
           "<= 48 h'"),
      {worker}, v1::BREACH);
  EXPECT_EQ(found.observed(), "175765");  // 830 / 17 h = 48.82 h.
  EXPECT_EQ(found.n(), 17);
}

TEST_F(LanguageTest, DaysMayBeginAtFourAndWeeksOnSunday) {
  FakeWorker worker{.id = "W"};
  // Until 03:00 of Sunday, by the calendar two days.
  worker.tasks = {Task("a", "2026-01-03 20:00", "2026-01-04 03:00")};
  const auto day = One(Pack("over: 'worker' window: 'day' day_cut: '04:00' "
                            "require: 'time(ENGAGED) <= 6 h'"),
                       {worker}, v1::BREACH);
  EXPECT_EQ(day.observed(), "25200");
  EXPECT_EQ(day.period().from(), "2026-01-03T04:00:00+08:00");
  const auto weeks =
      Run(Pack("over: 'worker' window: 'week' week_start: 'sunday' require: "
               "'time(ENGAGED) <= 3 h'"),
          {worker});
  // Four hours in the week before Sunday, three in the next.
  ASSERT_EQ(weeks.size(), 2u) << result_.DebugString();
  EXPECT_EQ(weeks[0].verdict(), v1::NO_BREACH_FOUND);
  EXPECT_EQ(weeks[1].observed(), "14400");
  EXPECT_EQ(weeks[1].period().to(), "2026-01-04T00:00:00+08:00");
}

TEST_F(LanguageTest, PeriodsFromAnAnchor) {
  FakeWorker worker{.id = "W"};
  worker.tasks = {Task("a", "2026-01-16 20:00", "2026-01-16 23:00")};
  const auto found = One(Pack("over: 'worker' window: 'days(14)' anchor: "
                              "'2026-01-03' require: 'time(ENGAGED) <= 1 h'"),
                         {worker}, v1::BREACH);
  EXPECT_EQ(found.period().from(), "2026-01-03T00:00:00+08:00");
  EXPECT_EQ(found.period().to(), "2026-01-17T00:00:00+08:00");
}

TEST_F(LanguageTest, AShiftIsAWindow) {
  FakeWorker worker{.id = "W"};
  worker.tasks = {Task("a", "2026-01-05 09:00", "2026-01-05 10:00"),
                  Task("b", "2026-01-05 19:00", "2026-01-05 20:00")};
  replay::Session first;
  first.started_at = At("2026-01-05 08:00");
  first.ended_at = At("2026-01-05 12:00");
  replay::Session second;
  second.started_at = At("2026-01-05 18:30");
  second.ended_at = At("2026-01-05 20:00");
  worker.sessions = {first, second};
  const auto found = Run(Pack("over: 'worker' window: 'session' require: "
                              "'time(ONLINE) <= 3 h'"),
                         {worker});
  ASSERT_EQ(found.size(), 2u) << result_.DebugString();
  EXPECT_EQ(found[1].verdict(), v1::BREACH);
  EXPECT_EQ(found[1].n(), 1);
  EXPECT_EQ(found[1].observed(), "14400");
}

// ---- Remedy ----------------------------------------------------------------

class TopUpTest : public LanguageTest {
 protected:
  // An hour for 10 yuan where 16 are due: 6 short.
  FakeWorker Short() {
    FakeWorker worker{.id = "W"};
    worker.tasks = {Task("a", "2026-01-05 09:00", "2026-01-05 10:00")};
    SetPay(worker.tasks[0], v1::PAY_BASE, 10 * kYuan);
    return worker;
  }
  replay::PayLine Line(int64_t amount, const std::string& paid) {
    replay::PayLine line = NewLine("", v1::PAY_TOP_UP, amount);
    line.period_start = At("2026-01-05 00:00");
    line.period_end = At("2026-01-12 00:00");
    if (!paid.empty()) line.paid_at = At(paid);
    return line;
  }
  static std::string Rule(const std::string& within) {
    return Pack(
        Cat("over: 'worker' window: 'week' top_up { kinds: 'top_up' "
            "within: '",
            within, "' } require: 'pay(base) >= 16 CNY/h * time(ENGAGED)'"));
  }
};

TEST_F(TopUpTest, InTimeMakesGood) {
  FakeWorker worker = Short();
  worker.pay = {Line(6 * kYuan, "2026-01-25 23:59")};
  One(Rule("14 d"), {worker}, v1::NO_BREACH_FOUND);
}

TEST_F(TopUpTest, ADayLateIsABreachThatSaysSo) {
  FakeWorker worker = Short();
  worker.pay = {Line(6 * kYuan, "2026-01-26 00:00")};
  const auto found = One(Rule("14 d"), {worker}, v1::BREACH);
  EXPECT_EQ(found.shortfall().amount(), "6.00");
  EXPECT_THAT(found.reason(), HasSubstr("6.00 CNY was paid late"));
  EXPECT_THAT(found.reason(), HasSubstr("before 2026-01-26T00:00:00+08:00"));
  EXPECT_THAT(found.reason_zh(), HasSubstr("6.00"));
}

TEST_F(TopUpTest, APartLeavesTheRest) {
  FakeWorker worker = Short();
  worker.pay = {Line(4 * kYuan, "2026-01-11 00:00")};
  EXPECT_EQ(One(Rule("0 d"), {worker}, v1::BREACH).shortfall().amount(),
            "2.00");
}

// The log has to go on until the last day for making good, or show that it
// does.
TEST_F(TopUpTest, NoBreachWhileItMayStillBeMadeGood) {
  FakeWorker worker = Short();
  const auto open = One(Rule("14 d"), {worker}, v1::INSUFFICIENT_EVIDENCE);
  EXPECT_THAT(open.missing(), testing::Contains("log.observed_to"));
  log_.log.info.set_observed_to("2026-01-25T23:59:59+08:00");
  One(Rule("14 d"), {worker}, v1::INSUFFICIENT_EVIDENCE);
  log_.log.info.set_observed_to("2026-01-26T00:00:00+08:00");
  One(Rule("14 d"), {worker}, v1::BREACH);
  log_.log.info.clear_observed_to();
  worker.pay = {Line(1 * kYuan, "2026-01-26 00:00")};
  One(Rule("14 d"), {worker}, v1::BREACH);
}

TEST_F(TopUpTest, WithoutADateNothingIsSure) {
  FakeWorker worker = Short();
  worker.pay = {Line(6 * kYuan, "")};
  const auto found = One(Rule("14 d"), {worker}, v1::INSUFFICIENT_EVIDENCE);
  EXPECT_THAT(found.missing(), testing::Contains("pay.paid_at"));
  // Too little whatever its date, in a log that goes on to the end of it.
  worker.pay = {Line(1 * kYuan, "")};
  log_.log.info.set_observed_to("2026-01-26T00:00:00+08:00");
  EXPECT_EQ(One(Rule("14 d"), {worker}, v1::BREACH).shortfall().amount(),
            "5.00");
}

TEST_F(TopUpTest, UntilTheNextWindowEnds) {
  FakeWorker worker = Short();
  worker.pay = {Line(6 * kYuan, "2026-01-18 23:59")};
  One(Rule("next_window"), {worker}, v1::NO_BREACH_FOUND);
  worker.pay = {Line(6 * kYuan, "2026-01-19 00:00")};
  One(Rule("next_window"), {worker}, v1::BREACH);
  worker.pay = {Line(6 * kYuan, "2026-02-11 00:00")};
  One(Rule("1 month"), {worker}, v1::NO_BREACH_FOUND);
}

// ---- Calendars -------------------------------------------------------------

const char kCalendars[] =
    "calendars { name: 'holiday' title: 'h' title_zh: 'h' days { from: "
    "'2026-01-01' to: '2026-01-03' } covers_from: '2026-01-01' covers_to: "
    "'2026-12-31' source: 's' confidence: 'V1' } "
    "calendars { name: 'night' title: 'n' title_zh: 'n' daily_from: '22:00' "
    "daily_to: '06:00' source: 's' confidence: 'V1' } ";

TEST_F(LanguageTest, TimeOnHolidaysAndAtNight) {
  FakeWorker worker{.id = "W"};
  worker.tasks = {Task("a", "2026-01-03 21:00", "2026-01-04 01:00")};
  const std::string head = "over: 'worker' window: 'month' require: ";
  EXPECT_EQ(One(Pack(head + "'time(ENGAGED in holiday) <= 0 h'", kCalendars),
                {worker}, v1::BREACH)
                .observed(),
            "10800");
  EXPECT_EQ(One(Pack(head + "'time(ENGAGED in night) <= 0 h'", kCalendars),
                {worker}, v1::BREACH)
                .observed(),
            "10800");
}

TEST_F(LanguageTest, PayOfTasksAtNight) {
  FakeWorker worker{.id = "W"};
  worker.tasks = {Task("a", "2026-01-05 21:00", "2026-01-05 22:30"),
                  Task("b", "2026-01-05 23:00", "2026-01-05 23:30")};
  SetPay(worker.tasks[0], v1::PAY_BASE, 10 * kYuan);
  SetPay(worker.tasks[1], v1::PAY_BASE, 7 * kYuan);
  const auto found =
      One(Pack("over: 'worker' window: 'month' require: 'sum(task where "
               "during(accepted_at, night): pay(base)) >= 8 CNY'",
               kCalendars),
          {worker}, v1::BREACH);
  EXPECT_EQ(found.observed(), "7.00");
}

TEST_F(LanguageTest, ACalendarSaysNothingOfOtherYears) {
  FakeWorker worker{.id = "W"};
  worker.tasks = {Task("a", "2027-01-03 21:00", "2027-01-03 23:00")};
  const auto found =
      One(Pack("over: 'worker' window: 'month' require: 'time(ENGAGED in "
               "holiday) <= 0 h'",
               kCalendars),
          {worker}, v1::INSUFFICIENT_EVIDENCE);
  EXPECT_THAT(found.reason(), HasSubstr("calendar"));
}

// ---- Measures --------------------------------------------------------------

TEST_F(LanguageTest, ARuleOnAMeasureOfThePlatform) {
  const std::string pack = Pack(
      "over: 'platform' window: 'log' require: "
      "\"measure('targets.limit.rank.pi') >= 0.5\"");
  const auto absent = One(pack, {}, v1::INSUFFICIENT_EVIDENCE);
  EXPECT_THAT(absent.reason(), HasSubstr("targets.limit.rank.pi"));
  measures_.mutable_targets()->mutable_limit()->mutable_rank()->set_pi(
      "0.250000000");
  const auto found = One(pack, {}, v1::BREACH);
  EXPECT_EQ(found.subject().kind(), "platform");
  EXPECT_EQ(found.observed(), "0.250000000");
  EXPECT_EQ(found.required(), "0.500000000");
  measures_.mutable_targets()->mutable_limit()->mutable_rank()->set_pi("0.5");
  One(pack, {}, v1::NO_BREACH_FOUND);
}

// An entry of a list by its words, and a figure with its interval.
TEST_F(LanguageTest, AFigureOfAList) {
  const std::string pack = Pack(
      "over: 'platform' window: 'log' severity: 1 grade: 'T' require: "
      "\"measure('erosion.weather[weather=rain,quantity=limit].ratio') >= 1\" "
      "shows: 'strictness.limit.onTime'");
  One(pack, {}, v1::INSUFFICIENT_EVIDENCE);
  auto add = [&](const std::string& weather, const std::string& quantity,
                 const std::string& ratio) {
    v1::WeatherEffect* one = measures_.mutable_erosion()->add_weather();
    one->set_weather(weather);
    one->set_quantity(quantity);
    one->set_ratio(ratio);
  };
  add("rain", "pay", "0.5");
  add("severe", "limit", "0.6");
  One(pack, {}, v1::INSUFFICIENT_EVIDENCE);
  add("rain", "limit", "0.98");
  v1::Figure* figure =
      measures_.mutable_strictness()->mutable_limit()->mutable_on_time();
  figure->set_value("0.75");
  figure->set_lo("0.70");
  figure->set_hi("0.80");
  const auto found = One(pack, {}, v1::INDICATOR);
  EXPECT_EQ(found.grade(), "T");
  EXPECT_EQ(found.observed(), "0.75");
  EXPECT_THAT(found.interval(), ElementsAre("0.70", "0.80"));
  EXPECT_EQ(found.trace(found.trace_size() - 1).formula(),
            "strictness.limit.onTime");
}

// The measure's own verdict, in its own words where it has none.
TEST_F(LanguageTest, TheVerdictOfAMeasure) {
  const std::string pack = Pack(
      "over: 'platform' window: 'log' severity: 1 require: "
      "\"not finding('erosion.limitRatchet')\" "
      "shows: 'erosion.limitRatchet.cut.value'");
  EXPECT_THAT(One(pack, {}, v1::INSUFFICIENT_EVIDENCE).reason(),
              HasSubstr("erosion.limitRatchet"));
  v1::Ratchet* ratchet = measures_.mutable_erosion()->mutable_limit_ratchet();
  ratchet->set_verdict("CANNOT_CONCLUDE(N)");
  ratchet->mutable_cut()->set_value("-0.2");
  ratchet->mutable_cut()->set_lo("-0.3");
  ratchet->mutable_cut()->set_hi("-0.1");
  const auto open = One(pack, {}, v1::INSUFFICIENT_EVIDENCE);
  EXPECT_THAT(open.reason(), HasSubstr("CANNOT_CONCLUDE(N)"));
  EXPECT_THAT(open.reason(), HasSubstr("too few"));
  EXPECT_THAT(open.reason_zh(), HasSubstr("过少"));
  EXPECT_EQ(open.observed(), "-0.2");
  EXPECT_THAT(open.interval(), ElementsAre("-0.3", "-0.1"));
  ratchet->set_verdict("FINDING");
  EXPECT_EQ(One(pack, {}, v1::INDICATOR).observed(), "-0.2");
  ratchet->set_verdict("NO_FINDING");
  EXPECT_EQ(One(pack, {}, v1::NO_BREACH_FOUND).observed(), "-0.2");

  const std::string rank = Pack(
      "over: 'platform' window: 'log' severity: 1 require: "
      "\"not finding('strictness.limit')\"");
  v1::StrictTarget* limit = measures_.mutable_strictness()->mutable_limit();
  limit->set_verdict("BELOW_MIDDLE");
  One(rank, {}, v1::INDICATOR);
  limit->set_verdict("CANNOT_CONCLUDE(DEP)");
  limit->set_reason("The references disagree.");
  limit->set_reason_zh("各参照不一致。");
  const auto words = One(rank, {}, v1::INSUFFICIENT_EVIDENCE);
  EXPECT_THAT(words.reason(), HasSubstr("The references disagree."));
  EXPECT_THAT(words.reason_zh(), HasSubstr("各参照不一致。"));
}

// A figure for which no source sets a number is shown and gives no verdict.
TEST_F(LanguageTest, AFigureWithoutANumberToHoldItAgainst) {
  const std::string pack = Pack(
      "over: 'platform' window: 'log' severity: 1 "
      "shows: 'allocation.tasksPerOnlineHourInCells.gini'");
  EXPECT_THAT(One(pack, {}, v1::INSUFFICIENT_EVIDENCE).reason(),
              HasSubstr("gives no figure"));
  v1::Inequality* cells =
      measures_.mutable_allocation()->mutable_tasks_per_online_hour_in_cells();
  cells->set_gini("0.2");
  cells->set_gini_lo("0.1");
  cells->set_gini_hi("0.3");
  const auto found = One(pack, {}, v1::INSUFFICIENT_EVIDENCE);
  EXPECT_THAT(found.reason(), HasSubstr("No source sets a number"));
  EXPECT_EQ(found.observed(), "0.2");
  EXPECT_THAT(found.interval(), ElementsAre("0.1", "0.3"));
}

TEST_F(LanguageTest, PathsThatNoMeasureHasAreRefused) {
  auto message = [](const std::string& fields) {
    return ParseRulePack(Pack(Cat("over: 'platform' window: 'log' ", fields)),
                         "p")
        .status()
        .ToString();
  };
  EXPECT_THAT(message("require: \"not finding('erosion.weather')\""),
              HasSubstr("what has one"));
  EXPECT_THAT(message("require: \"not finding('targets.limit.rank.pi')\""),
              HasSubstr("what has one"));
  EXPECT_THAT(
      message("require: \"measure('erosion.weather[rain].ratio') <= 1\""),
      HasSubstr("expected a path"));
  EXPECT_THAT(
      message("require: \"measure('erosion.weather[colour=red].ratio') <= 1\""),
      HasSubstr("expected a path"));
  EXPECT_THAT(message("shows: 'strictness.limit'"),
              HasSubstr("expected a path"));
  EXPECT_THAT(message("shows: 'hours.total.ONLINE' grade: 'X'"),
              HasSubstr("expected D, T, M or S"));
  EXPECT_THAT(ParseRulePack(Pack("over: 'task' window: 'task' require: "
                                 "'delivered' shows: 'hours.total.ONLINE'"),
                            "p")
                  .status()
                  .ToString(),
              HasSubstr("one over platform"));
}

}  // namespace
}  // namespace plumbline::audit
