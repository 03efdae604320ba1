// The quick way of rules on windows against exact arithmetic on the same
// windows: a case without a verdict that never holds, and that the quick way
// does not know, sends every window the exact way.
#include <random>

#include "tests/rules/rule_fixture.h"

namespace plumbline::audit {
namespace {

using replay::kHour;
using replay::kMinute;
using replay::kUnknown;

class SureWindowsTest : public RuleTest {
 protected:
  SureWindowsTest() {
    log_.Columns({"tasks.accepted_at", "tasks.picked_up_at",
                  "tasks.completed_at", "tasks.city", "tasks.pay_base",
                  "sessions.started_at", "sessions.ended_at",
                  "sessions.required", "workers.relation"});
    cities_ = {log_.store.Add("Shanghai"), log_.store.Add("Hangzhou"), 0};
  }

  // Three weeks around the end of a month; clocks and pay lack here and there,
  // and some work in several cities. Lengths are whole quarters of an hour, so
  // that many windows lie exactly on a limit.
  std::vector<FakeWorker> Workers(uint64_t seed) {
    std::mt19937_64 random(seed);
    const auto pick = [&](uint64_t n) {
      return static_cast<int64_t>(random() % n);
    };
    std::vector<FakeWorker> workers;
    for (int w = 0; w < 12; ++w) {
      FakeWorker& worker = workers.emplace_back();
      worker.id = Cat("W", w);
      const bool gaps = w % 3 == 1, travels = w % 4 == 2;
      for (int day = 0; day < 21; ++day) {
        int64_t at = At("2026-01-20 08:00") + day * 24 * kHour;
        if (pick(6) == 0) continue;
        replay::Session session;
        session.started_at = at;
        for (int64_t n = pick(14); n > 0; --n) {
          replay::Task task = Between(Cat("t", w, "-", day, "-", n), at,
                                      at + (1 + pick(8)) * 15 * kMinute);
          task.picked_up_at = at + 5 * kMinute;
          task.city = cities_[travels ? static_cast<size_t>(pick(3)) : 0];
          at = task.completed_at + pick(4) * 10 * kMinute;
          if (!gaps || pick(9) != 0) {
            SetPay(task, v1::PAY_BASE, pick(30) * 1'000'000);
          }
          if (gaps && pick(12) == 0) task.picked_up_at = kUnknown;
          if (gaps && pick(15) == 0) task.completed_at = kUnknown;
          if (gaps && pick(20) == 0) task.accepted_at = kUnknown;
          worker.tasks.push_back(task);
        }
        session.ended_at = gaps && pick(15) == 0 ? kUnknown : at;
        session.required = gaps && pick(10) == 0 ? kUnknown : pick(2);
        worker.sessions.push_back(session);
      }
    }
    return workers;
  }

  // The same findings, whichever way they came about.
  void ExpectTheSame(const std::string& fields) {
    const std::string parts =
        "parameters { name: 'rate' unit: 'CNY/h' values { value: '12' "
        "valid_from: '2020-01-01' valid_to: '2026-01-31' source: 's' "
        "confidence: 'V1' } values { value: '12.5' valid_from: '2026-02-01' "
        "source: 's' confidence: 'V1' } } "
        "parameters { name: 'local' unit: 'CNY/h' values { value: '9.7' "
        "place: 'Shanghai' valid_from: '2020-01-01' source: 's' "
        "confidence: 'V1' } } places { name: 'Shanghai' } calendars { name: "
        "'night' title: 'n' title_zh: 'n' daily_from: '22:00' daily_to: "
        "'06:00' source: 's' confidence: 'V1' }";
    const std::string exact =
        " undecidable { when: 'time(ENGAGED in night) < 0 h' reason: 'never' "
        "reason_zh: 'never' }";
    for (const uint64_t seed : {1, 2, 3}) {
      const std::vector<FakeWorker> workers = Workers(seed);
      Run(Pack(fields, parts), workers);
      const v1::AuditResult quick = result_;
      Run(Pack(fields + exact, parts), workers);
      ASSERT_EQ(quick.findings_size(), result_.findings_size()) << fields;
      for (int i = 0; i < quick.findings_size(); ++i) {
        EXPECT_EQ(quick.findings(i).ShortDebugString(),
                  result_.findings(i).ShortDebugString())
            << fields;
        if (quick.findings(i).verdict() == v1::NO_BREACH_FOUND) {
          passes_ += quick.findings(i).n();
        } else if (quick.findings(i).verdict() == v1::BREACH) {
          ++breaches_;
        }
      }
    }
  }

  // Both verdicts came often, or nothing was compared.
  void TearDown() override {
    EXPECT_GT(passes_, 100);
    EXPECT_GT(breaches_, 20);
  }

  std::vector<replay::Symbol> cities_;
  int64_t passes_ = 0, breaches_ = 0;
};

TEST_F(SureWindowsTest, TimeOfDaysWeeksAndMonths) {
  for (const char* window : {"day", "week", "month", "days(3)", "weeks(2)",
                             "rolling(24 h)", "session", "log"}) {
    const std::string over = Cat("over: 'worker' window: '", window, "' ");
    ExpectTheSame(over + "require: 'time(ENGAGED) <= 8 h'");
    ExpectTheSame(over + "require: 'time(ENGAGED) < 8 h'");
    ExpectTheSame(over + "require: 'time(ENGAGED|REQUIRED) <= 400 h'");
    ExpectTheSame(over + "require: 'longest_run(ENGAGED, 20 min) <= 4 h'");
    ExpectTheSame(over + "require: 'gap(ENGAGED) >= 30 min'");
    ExpectTheSame(over +
                  "require: 'window_end - window_start <= 24 h + "
                  "time(ENGAGED) * 0.5'");
  }
  ExpectTheSame(
      "over: 'worker' window: 'day' day_cut: '04:00' "
      "require: 'time(LOADED) * 1.5 <= 3 * time(ENGAGED, sum)'");
}

TEST_F(SureWindowsTest, SumsOverDays) {
  const std::string month = "over: 'worker' window: 'month' ";
  ExpectTheSame(month +
                "require: 'sum(day: max(0 h, time(ENGAGED) - 8 h)) <= 2 h'");
  ExpectTheSame(month + "require: 'count(day: time(ENGAGED) <= 0 h) >= 1'");
  ExpectTheSame(month + "require: 'largest(day: time(ENGAGED)) <= 11 h'");
  ExpectTheSame(month +
                "require: 'smallest(day where time(ENGAGED) > 0 h: "
                "time(ENGAGED)) >= 15 min'");
  ExpectTheSame(
      "over: 'worker' window: 'week' key: 'each' "
      "require: 'pay(base) >= sum(day where time(ENGAGED) >= 4 h: rate * "
      "time(ENGAGED))'");
  ExpectTheSame(
      "over: 'worker' window: 'week' "
      "require: 'pay(base) >= sum(day: rate * time(ENGAGED))'");
}

TEST_F(SureWindowsTest, FloorsOfCities) {
  for (const char* key : {"each", "window_start"}) {
    for (const char* rate : {"rate", "local", "11.3 CNY/h"}) {
      for (const char* window : {"month", "week", "day"}) {
        const std::string head =
            Cat("over: 'worker' key: '", key, "' window: '", window, "' ");
        ExpectTheSame(Cat(head, "require: 'pay(base) >= sum(city: ", rate,
                          " * time(ENGAGED|REQUIRED))'"));
        ExpectTheSame(Cat(head, "require: 'pay(base) / 3 >= min(sum(city: ",
                          rate, " * time(ENGAGED)), 40 CNY)'"));
      }
    }
  }
}

TEST_F(SureWindowsTest, ScopesAndCases) {
  ExpectTheSame(
      "over: 'worker' window: 'day' scope: 'time(ENGAGED) > 6 h and not "
      "(known(roster.relation) or time(TO_PICKUP) > 2 h)' scope_text: 's' "
      "scope_text_zh: 's' require: 'pay(base) / time(ENGAGED) >= 10 CNY/h'");
  ExpectTheSame(
      "over: 'worker' window: 'week' scope: \"if(known(roster.relation), "
      "roster.relation = 'labour', recorded(base))\" scope_text: 's' "
      "scope_text_zh: 's' undecidable { when: 'pay(base) < 50 CNY' "
      "reason: 'r' reason_zh: 'r' } "
      "require: 'if(time(ENGAGED) > 20 h, pay(base), 3 * pay(base)) >= "
      "300 CNY'");
}

}  // namespace
}  // namespace plumbline::audit
