// Allocation within cells, the series of weeks, and intervals of the Gini.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "audit/stats/gini_interval.h"
#include "audit/stats/hash.h"
#include "audit/stats/inequality.h"
#include "tests/stats_measures/fake_log.h"

namespace plumbline::audit {
namespace {

constexpr int64_t kUnit = replay::kMajorUnit;

std::vector<std::string> Columns() {
  return {"sessions.ended_at",  "sessions.started_at", "tasks.accepted_at",
          "tasks.completed_at", "tasks.pay_base",      "tasks.status",
          "tasks.worker_id"};
}

// Seven weekdays: 1970-01-05 was a Monday.
constexpr int kDays[] = {4, 5, 6, 7, 8, 11, 12};

// Online from `first` to `last` o'clock on seven weekdays, with `an_hour` tasks
// in each hour.
void Work(FakeWorker& worker, int first, int last, int an_hour) {
  for (const int day : kDays) {
    const int64_t midnight = day * int64_t{86400};
    worker.sessions.push_back({.started_at = (midnight + first * 3600) * 1000,
                               .ended_at = (midnight + last * 3600) * 1000});
    for (int hour = first; hour < last; ++hour) {
      for (int i = 0; i < an_hour; ++i) {
        const int64_t at = midnight + hour * 3600 + i * 600;
        worker.tasks.push_back(Delivered("t", at, at + 300));
        SetPay(worker.tasks.back(), v1::PAY_BASE, 4 * kUnit);
      }
    }
  }
}

// Lunch (11 to 14) brings two tasks an hour, other hours one, to everybody:
// crude hourly figures differ, within cells all are equal.
TEST(AllocationCellsTest, HoursThatExplainAllLeaveNoInequality) {
  FakeLog log;
  log.Columns(Columns());
  std::vector<FakeWorker> workers = {{.id = "a"}, {.id = "b"}, {.id = "c"}};
  Work(workers[0], 11, 14, 2);
  Work(workers[1], 14, 17, 1);
  Work(workers[2], 11, 14, 2);
  Work(workers[2], 14, 17, 1);
  const v1::Allocation allocation = log.Run(workers).measures().allocation();
  EXPECT_EQ(allocation.cells(), 2);
  EXPECT_GT(std::stod(allocation.tasks_per_online_hour().gini()), 0.1);
  EXPECT_EQ(allocation.tasks_per_online_hour_in_cells().workers(), 3);
  EXPECT_EQ(allocation.tasks_per_online_hour_in_cells().gini(),
            "0.000000000000");
  EXPECT_EQ(allocation.pay_per_online_hour_in_cells().gini(), "0.000000000000");
  // Three workers at the mean rate of 126 tasks in 84 hours.
  // each.
  EXPECT_EQ(allocation.tasks_per_online_hour_in_cells().n(), "4.500000000");
  EXPECT_EQ(allocation.pay_per_online_hour_in_cells().n(), "18.000000000");
}

// Lunch: a gets 42 in 21 h, c nothing in 21 h, so one an hour is expected;
// other hours: b and c get 21 in 21 h each. Got over expected: 42/21, 21/21,
// 21/42, and the Gini of 2, 1, 1/2 is 3 / (3 x 3.5).
TEST(AllocationCellsTest, UnequalSharesOfTheSameHoursShow) {
  FakeLog log;
  log.Columns(Columns());
  std::vector<FakeWorker> workers = {
      {.id = "a"}, {.id = "b"}, {.id = "c"}, {.id = "little"}};
  Work(workers[0], 11, 14, 2);
  Work(workers[1], 14, 17, 1);
  Work(workers[2], 11, 14, 0);
  Work(workers[2], 14, 17, 1);
  // Below 20 hours online: counted in the cells' rates, had it any, but not
  // compared.
  workers[3].sessions = {{.started_at = 0, .ended_at = 19 * replay::kHour}};
  const v1::Allocation allocation = log.Run(workers).measures().allocation();
  const v1::Inequality& tasks = allocation.tasks_per_online_hour_in_cells();
  EXPECT_EQ(tasks.workers(), 3);
  EXPECT_EQ(tasks.gini(), "0.285714285714");
  EXPECT_TRUE(tasks.has_chance_gini());
  EXPECT_EQ(tasks.interval_method(), "bootstrap");
  EXPECT_LE(std::stod(tasks.gini_lo()), std::stod(tasks.gini_hi()));
  EXPECT_EQ(allocation.tasks_per_online_hour().workers(), 4);
}

TEST(AllocationCellsTest, ShardsGiveTheSameBytes) {
  FakeLog log;
  log.Columns(Columns());
  const replay::Symbol zones[] = {0, log.store.Add("n"), log.store.Add("e")};
  const replay::Symbol skies[] = {0, log.store.Add("rain")};
  std::vector<FakeWorker> workers(24);
  for (size_t w = 0; w < workers.size(); ++w) {
    workers[w].id = absl::StrCat("w", w);
    Work(workers[w], 8 + static_cast<int>(w % 5), 16, 1 + w % 3);
    for (size_t i = 0; i < workers[w].tasks.size(); ++i) {
      workers[w].tasks[i].zone = zones[Mix(w * 1000 + i) % 3];
      workers[w].tasks[i].weather = skies[Mix(w * 77 + i) % 2];
    }
  }
  std::string states;
  const std::string whole = log.Run(workers, 1, &states).DebugString();
  EXPECT_THAT(whole, ::testing::HasSubstr("tasks_per_online_hour_in_cells"));
  for (const int parts : {2, 3, 7}) {
    SCOPED_TRACE(parts);
    std::reverse(workers.begin(), workers.end());
    std::string of_parts;
    EXPECT_EQ(log.Run(workers, parts, &of_parts).DebugString(), whole);
    EXPECT_EQ(of_parts, states);
  }
}

// 1970-01-05 to 11 is a week; day 11 begins the next one.
TEST(PeriodsTest, WeeksAndMonthsAddUp) {
  FakeLog log;
  log.Columns(Columns());
  FakeWorker worker{.id = "a"};
  Work(worker, 11, 14, 2);
  // The last half hour of January reaches into February.
  worker.tasks.push_back(Delivered("z", 31 * 86400 - 1800, 31 * 86400 + 1800));
  const v1::Periods periods = log.Run({worker}).measures().periods();
  ASSERT_EQ(periods.weeks_size(), 3);
  EXPECT_EQ(periods.weeks(0).from(), "1970-01-05");
  EXPECT_EQ(periods.weeks(0).online_s(), 5 * 3 * 3600);
  EXPECT_EQ(periods.weeks(0).engaged_s(), 5 * 6 * 300);
  EXPECT_EQ(periods.weeks(0).worker_days(), 5);
  EXPECT_EQ(periods.weeks(0).delivered(), 30);
  EXPECT_EQ(periods.weeks(0).counted_pay(), "120.00");
  EXPECT_EQ(periods.weeks(0).pay_per_online_hour(), "8.000000000000");
  EXPECT_EQ(periods.weeks(1).from(), "1970-01-12");
  EXPECT_EQ(periods.weeks(2).from(), "1970-01-26");
  EXPECT_EQ(periods.weeks(2).engaged_s(), 3600);
  ASSERT_EQ(periods.months_size(), 2);
  EXPECT_EQ(periods.months(0).from(), "1970-01-01");
  EXPECT_EQ(periods.months(0).engaged_s(), 7 * 6 * 300 + 1800);
  EXPECT_EQ(periods.months(1).from(), "1970-02-01");
  EXPECT_EQ(periods.months(1).engaged_s(), 1800);
  EXPECT_EQ(periods.months(1).delivered(), 1);
}

// A clock that is wrong by millions of years must not be cut into days one by
// one.
TEST(PeriodsTest, StretchesOfManyYearsAreNotCut) {
  FakeLog log;
  log.Columns(Columns());
  FakeWorker worker{.id = "a"};
  Work(worker, 11, 14, 2);
  worker.tasks.push_back(Delivered("z", 100 * 86400, int64_t{1} << 50));
  worker.sessions.push_back(
      {.started_at = 100 * kDay, .ended_at = int64_t{1} << 60});
  const v1::AuditResult result = log.Run({worker});
  EXPECT_EQ(result.measures().hours().runs().worker_days(), 7);
  EXPECT_EQ(result.measures().hours().total().engaged(),
            7 * 6 * 300 + (int64_t{1} << 50) - 100 * 86400);
  EXPECT_EQ(result.measures().periods().weeks(0).worker_days(), 5);
}

// The same draws, made by writing each worker down as often as he is drawn.
TEST(GiniIntervalTest, BootstrapIsThatOfTheExpandedList) {
  const std::vector<double> values = {3, 1, 4, 1, 5, 9, 2, 6};
  std::vector<double> sorted = values;
  std::sort(sorted.begin(), sorted.end());
  std::vector<double> ginis;
  for (uint64_t b = 0; b < 999; ++b) {
    std::vector<double> drawn;
    for (uint64_t i = 0; i < sorted.size(); ++i) {
      drawn.insert(drawn.end(), PoissonWeight(7, i, b), sorted[i]);
    }
    ginis.push_back(drawn.empty() ? 0 : SortedGini(drawn));
  }
  std::sort(ginis.begin(), ginis.end());
  const GiniInterval interval = *GiniIntervals(7).Of(values);
  EXPECT_TRUE(interval.bootstrap);
  EXPECT_NEAR(interval.low, ginis[24], 1e-12);
  EXPECT_NEAR(interval.high, ginis[974], 1e-12);
}

std::vector<double> Draws(size_t n) {
  std::vector<double> values;
  for (size_t i = 0; i < n; ++i) {
    values.push_back(static_cast<double>(PoissonDraw(20, 5, i, 0)));
  }
  return values;
}

TEST(GiniIntervalTest, JackknifeIsLeavingOneOut) {
  std::vector<double> values = Draws(2001);
  const GiniInterval interval = *GiniIntervals(7).Of(values);
  EXPECT_FALSE(interval.bootstrap);
  std::sort(values.begin(), values.end());
  std::vector<double> without;
  double mean = 0;
  for (size_t j = 0; j < values.size(); ++j) {
    std::vector<double> rest = values;
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(j));
    without.push_back(SortedGini(rest));
    mean += without.back() / 2001;
  }
  double squares = 0;
  for (const double gini : without) squares += (gini - mean) * (gini - mean);
  const double half = 1.959963984540054 * std::sqrt(2000.0 / 2001 * squares);
  EXPECT_NEAR(interval.low, SortedGini(values) - half, 1e-9);
  EXPECT_NEAR(interval.high, SortedGini(values) + half, 1e-9);
}

TEST(GiniIntervalTest, BothWaysAgreeWhereTheyMeet) {
  GiniIntervals intervals(7);
  const GiniInterval drawn = *intervals.Of(Draws(2000));
  const GiniInterval left_out = *intervals.Of(Draws(2001));
  EXPECT_TRUE(drawn.bootstrap);
  EXPECT_FALSE(left_out.bootstrap);
  EXPECT_NEAR((drawn.high - drawn.low) / (left_out.high - left_out.low), 1,
              0.15);
}

TEST(GiniIntervalTest, NothingToShareHasNone) {
  EXPECT_FALSE(GiniIntervals(7).Of({0, 0, 0}).has_value());
  EXPECT_FALSE(GiniIntervals(7).Of({5}).has_value());
  EXPECT_EQ(GiniIntervals(7).Of({5, 5, 5})->high, 0);
}

}  // namespace
}  // namespace plumbline::audit
