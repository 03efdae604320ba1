// The quick way of rules on tasks against the same rules by hand, in integers.
#include <random>

#include "tests/rules/rule_fixture.h"

namespace plumbline::audit {
namespace {

using replay::IsKnown;
using replay::kUnknown;

class SureRuleTest : public RuleTest {
 protected:
  SureRuleTest() {
    log_.Columns({"tasks.accepted_at", "tasks.completed_at", "tasks.limit_at",
                  "tasks.planned_wait_s", "tasks.route_distance_m",
                  "tasks.vehicle", "tasks.pay_base", "tasks.pay_bonus"});
    ebike_ = log_.store.Add("ebike");
    car_ = log_.store.Add("car");
  }

  static std::string OnTasks(const std::string& fields) {
    return Pack(Cat("over: 'task' window: 'task' key: 'start' ", fields),
                "masks { name: 'wage' kinds: 'base' kinds: 'bonus' why: 'w' }");
  }

  // How many tasks pass, break the rule, are open and are out of scope.
  struct Counts {
    int64_t passed = 0, broken = 0, open = 0, outside = 0;
    bool operator==(const Counts&) const = default;
  };
  Counts CountsOf(const std::string& pack, const FakeWorker& worker) {
    Counts counts;
    for (const v1::Finding& finding : Run(pack, {worker})) {
      switch (finding.verdict()) {
        case v1::NO_BREACH_FOUND:
          counts.passed += finding.n();
          break;
        case v1::BREACH:
          counts.broken += finding.rows_size();
          break;
        case v1::INSUFFICIENT_EVIDENCE:
          counts.open += finding.n();
          break;
        default:
          counts.outside += finding.n();
      }
    }
    return counts;
  }

  replay::Symbol ebike_ = 0, car_ = 0;
};

std::ostream& operator<<(std::ostream& out,
                         const auto& counts) requires requires {
  counts.outside;
}
{
  return out << counts.passed << " pass, " << counts.broken << " broken, "
             << counts.open << " open, " << counts.outside << " outside";
}

// 15 km/h and the planned wait, over more tasks than go in one block. Limits
// lie on the lawful time, one millisecond off it, and well off it.
TEST_F(SureRuleTest, DecideAsIntegersDo) {
  std::mt19937_64 random(20260101);
  FakeWorker worker{.id = "W"};
  Counts expected;
  const int64_t start = At("2026-01-05 09:00");
  for (int i = 0; i < 1500; ++i) {
    replay::Task task =
        Between(Cat("t", i), start + i * 60'000, start + i * 60'000 + 30'000);
    const auto pick = [&](uint64_t n) { return random() % n; };
    task.vehicle = pick(10) == 0 ? 0 : pick(5) == 0 ? car_ : ebike_;
    // Millimetres of a whole number of milliseconds at 15 km/h: 25/6 mm a ms.
    const auto milliseconds = static_cast<int64_t>(60'000 + pick(600'000)) * 6;
    const int64_t distance = milliseconds * 25 / 6;
    task.route_distance = pick(12) == 0 ? kUnknown : distance;
    task.planned_wait =
        pick(3) == 0 ? kUnknown : static_cast<int64_t>(pick(300'000));
    const int64_t waiting = IsKnown(task.planned_wait) ? task.planned_wait : 0;
    constexpr int64_t kOff[] = {0, 0, 1, -1, 900'000, -30'000};
    const int64_t off = kOff[pick(6)];
    task.limit_at = pick(12) == 0
                        ? kUnknown
                        : task.accepted_at + milliseconds + waiting + off;
    if (task.vehicle == 0) {
      // Without a vehicle the scope is open, but where no limit closes it.
      ++(IsKnown(task.limit_at) ? expected.open : expected.outside);
    } else if (task.vehicle == car_ || !IsKnown(task.limit_at)) {
      ++expected.outside;
    } else if (!IsKnown(task.route_distance)) {
      ++expected.open;
    } else {
      ++(off >= 0 ? expected.passed : expected.broken);
    }
    worker.tasks.push_back(task);
  }
  ASSERT_GT(expected.passed, 300);
  ASSERT_GT(expected.broken, 100);
  ASSERT_GT(expected.open, 50);
  ASSERT_GT(expected.outside, 100);
  EXPECT_EQ(
      CountsOf(
          OnTasks("scope: \"vehicle in {'ebike'} and known(limit_at)\" "
                  "scope_text: 's' scope_text_zh: 's' "
                  "let { name: 'given' is: 'limit_at - accepted_at' } "
                  "let { name: 'waiting' is: 'if(known(planned_wait), "
                  "planned_wait, 0 s)' } "
                  "require: 'given >= route_distance / 15 km/h + waiting'"),
          worker),
      expected);
}

// The parts of one task's pay add up to more than 64 bits hold.
TEST_F(SureRuleTest, PayBeyondSixtyFourBitsIsNoSmallPay) {
  FakeWorker worker{.id = "W"};
  const int64_t start = At("2026-01-05 09:00");
  replay::Task task = Between("a", start, start + 60'000);
  SetPay(task, v1::PAY_BASE, int64_t{9'000'000'000'000'000'000});
  SetPay(task, v1::PAY_BONUS, int64_t{9'000'000'000'000'000'000});
  worker.tasks = {task};
  EXPECT_EQ(CountsOf(OnTasks("require: 'pay(wage) <= 1 CNY'"), worker),
            (Counts{.broken = 1}));
}

TEST_F(SureRuleTest, PartsOfFormulasDecideAsIntegersDo) {
  FakeWorker worker{.id = "W"};
  const int64_t start = At("2026-01-05 09:00");
  for (int i = 0; i < 40; ++i) {
    replay::Task task =
        Between(Cat("t", i), start, start + (i + 1) * int64_t{60'000});
    SetPay(task, v1::PAY_BASE, (i % 7) * int64_t{1'000'000});
    SetPay(task, v1::PAY_BONUS, 0);
    worker.tasks.push_back(task);
  }
  const auto passes = [&](const std::string& require, const auto& holds) {
    int64_t n = 0;
    for (int i = 0; i < 40; ++i) n += holds(i + 1, i % 7);
    const Counts counts =
        CountsOf(OnTasks(Cat("require: '", require, "'")), worker);
    EXPECT_EQ(counts.passed, n) << require;
    EXPECT_EQ(counts.passed + counts.broken, 40) << require;
  };
  passes("min(time(ENGAGED), 20 min) <= 10 min",
         [](int minutes, int) { return minutes <= 10; });
  passes("max(time(ENGAGED), 20 min) <= 20 min",
         [](int minutes, int) { return minutes <= 20; });
  passes("pay(wage) - 3 CNY >= 1 CNY", [](int, int pay) { return pay >= 4; });
  passes("pay(wage) >= 6 CNY/h * time(ENGAGED)",
         [](int minutes, int pay) { return pay * 10 >= minutes; });
  passes("pay(wage) / time(ENGAGED) < 6 CNY/h",
         [](int minutes, int pay) { return pay * 10 < minutes; });
  passes("-1 * pay(wage) >= -2 CNY", [](int, int pay) { return pay <= 2; });
  passes(
      "if(delivered and not time(ENGAGED) < 30 min, 0 CNY, pay(wage)) "
      "<= 2 CNY",
      [](int minutes, int pay) { return minutes >= 30 || pay <= 2; });
}

}  // namespace
}  // namespace plumbline::audit
