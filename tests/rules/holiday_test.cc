// Sums over the tasks of holidays.
#include <random>
#include <string>
#include <vector>

#include "tests/rules/rule_fixture.h"

namespace plumbline::audit {
namespace {

using replay::kHour;

class HolidayTest : public RuleTest {};

// Months without a holiday are not looked at task by task; twice "not" sends
// the same condition the long way.
TEST_F(HolidayTest, SumsOfTasksOnHolidays) {
  log_.Columns({"tasks.accepted_at", "tasks.completed_at", "tasks.pay_base"});
  std::mt19937_64 random(9);
  std::vector<FakeWorker> workers;
  for (int w = 0; w < 8; ++w) {
    FakeWorker& worker = workers.emplace_back();
    worker.id = Cat("W", w);
    int64_t at = At("2026-01-25 05:00");
    for (int i = 0; i < 120; ++i) {
      at += static_cast<int64_t>(random() % (20 * kHour));
      replay::Task task = Between(Cat("t", w, "-", i), at, at + kHour);
      if (w % 4 == 3 && random() % 20 == 0) {
        task.accepted_at = replay::kUnknown;
      }
      SetPay(task, v1::PAY_BASE,
             static_cast<int64_t>(random() % 9) * int64_t{1'000'000});
      worker.tasks.push_back(task);
    }
  }
  const std::string parts =
      "calendars { name: 'holiday' title: 'h' title_zh: 'h' days { from: "
      "'2026-02-16' } days { from: '2026-04-05' } covers_from: '2026-01-01' "
      "covers_to: '2026-04-20' source: 's' confidence: 'V1' }";
  for (const char* straddle : {"by_start", "by_end", "either"}) {
    for (const char* sum :
         {"count(task where delivered and $) * 1 CNY <= 1 CNY",
          "sum(task where $: pay(base)) <= 9 CNY",
          "largest(task where $: pay(base)) <= 6 CNY",
          "count(task where $: pay(base) > 2 CNY) <= 0"}) {
      std::vector<std::string> shown;
      for (const char* during : {"during(accepted_at, holiday)",
                                 "not (not during(accepted_at, holiday))"}) {
        std::string require = sum;
        require.replace(require.find('$'), 1, during);
        std::string all;
        for (v1::Finding finding :
             Run(Pack(Cat("over: 'worker' window: 'month' straddle: '",
                          straddle, "' require: '", require, "'"),
                      parts),
                 workers)) {
          finding.clear_trace();
          all += finding.ShortDebugString() + "\n";
        }
        shown.push_back(all);
      }
      EXPECT_FALSE(shown[0].empty());
      EXPECT_EQ(shown[0], shown[1]) << sum;
    }
  }
}

}  // namespace
}  // namespace plumbline::audit
