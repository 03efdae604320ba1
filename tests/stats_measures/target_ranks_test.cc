// Ranks of targets against a count by hand, and the parts they are made of.

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "audit/measures/rank_reference.h"
#include "audit/measures/target_tally.h"
#include "audit/measures/task_records.h"
#include "tests/stats_measures/fake_log.h"

namespace plumbline::audit {
namespace {

// Quantiles .975 of Student's t, checked by integrating the density.
TEST(StudentBoundTest, PublishedQuantiles) {
  EXPECT_NEAR(StudentBound(39), 2.0226909200, 5e-11);
  EXPECT_NEAR(StudentBound(11), 2.2009851601, 5e-11);
}

TEST(DaySetTest, CountsDistinctDaysNearAndFar) {
  DaySet days;
  for (const int64_t day : {100, 101, 100, 60, 5000, 5000, -3, 227}) {
    days.Add(day);
  }
  EXPECT_EQ(days.size(), 6);
  EXPECT_EQ(days.Sorted(), (std::vector<int64_t>{-3, 60, 100, 101, 227, 5000}));
  DaySet other;
  other.Add(5000);
  other.Add(5001);
  other.Add(days);
  EXPECT_EQ(other.size(), 7);
}

// A table by second and a sorted list give the same answers.
TEST(SortedValuesTest, TableAndListAgree) {
  std::mt19937 random(3);
  std::vector<int64_t> values;
  for (int i = 0; i < 500; ++i) {
    values.push_back((static_cast<int64_t>(random() % 900) - 100) * 1000);
  }
  Histogram histogram;
  for (const int64_t value : values) histogram.Add(value);
  SortedValues table, list;
  list.AssignCounts(histogram.Sorted());
  table.Assign(values);
  EXPECT_EQ(table.size(), list.size());
  for (int64_t value = -150'000; value < 900'000; value += 499) {
    ASSERT_EQ(table.AtMost(value), list.AtMost(value)) << value;
  }
  for (int64_t k = 0; k < table.size(); ++k) {
    ASSERT_EQ(table.At(k), list.At(k)) << k;
  }
  EXPECT_EQ(table.Spread(), list.Spread());
  EXPECT_EQ(SecondsText(table.Quantile(1, 3)),
            SecondsText(*QuantileType7(histogram.Sorted(), 1, 3)));
}

TEST(TaskRecordsTest, GivesBackEachCellByWorker) {
  TaskRecords records;
  std::mt19937 random(4);
  std::vector<std::vector<int64_t>> expected(40);
  int64_t next = 0;
  for (uint32_t worker = 0; worker < 900; ++worker) {
    std::vector<TaskInStratum> tasks(600);
    for (TaskInStratum& task : tasks) {
      task.cell = random() % 40;
      task.duration = next % 1000 == 0 ? next + (int64_t{1} << 35) : next;
      task.target[1] = task.duration - 7;
      if (next % 1000 != 0) expected[task.cell].push_back(task.duration);
      ++next;
    }
    records.Add(tasks);
  }
  records.Close();
  size_t all = 0;
  for (uint32_t cell = 0; cell < 40; ++cell) {
    std::vector<RankedTask> tasks;
    records.AppendCell(cell, 10, &tasks);
    std::vector<int64_t> narrow;
    uint32_t last = 10;
    for (const RankedTask& task : tasks) {
      ASSERT_GE(task.worker, last);
      last = task.worker;
      ASSERT_EQ(task.target[0], replay::kUnknown);
      ASSERT_EQ(task.target[1], task.value - 7);
      // Durations count up, so that they tell whose they are.
      const int64_t value = task.value & ((int64_t{1} << 35) - 1);
      ASSERT_EQ(value / 600, static_cast<int64_t>(task.worker) - 10);
      if (task.value == value) narrow.push_back(value);
    }
    EXPECT_EQ(narrow, expected[cell]);
    all += tasks.size();
  }
  EXPECT_EQ(all, size_t{900} * 600);
}

// Whole seconds are kept short and come back the same either way; one time that
// is none puts its block back to milliseconds.
TEST(TaskRecordsTest, WholeSecondsAreTheSameInSeconds) {
  for (const bool whole : {true, false}) {
    TaskRecords records;
    std::mt19937 random(5);
    std::vector<std::vector<int64_t>> values(30);
    for (uint32_t worker = 0; worker < 700; ++worker) {
      std::vector<TaskInStratum> tasks(500);
      for (TaskInStratum& task : tasks) {
        task.cell = random() % 30;
        const int64_t value = static_cast<int64_t>(random() % 50'000) * 1000;
        (random() % 5 == 0 ? task.censored : task.duration) = value;
        if (random() % 3 > 0) task.target[0] = value - 8'000'000;
        values[task.cell].push_back(value);
      }
      if (!whole && worker == 650) tasks[77].target[1] = 50'000'500;
      records.Add(tasks);
    }
    records.Close();
    for (uint32_t cell = 0; cell < 30; ++cell) {
      std::vector<RankedTask> expected;
      records.AppendCell(cell, 3, &expected);
      ASSERT_EQ(expected.size(), values[cell].size());
      for (size_t i = 0; i < expected.size(); ++i) {
        ASSERT_EQ(expected[i].value, values[cell][i]);
      }
      int64_t delivered = 0, visited = 0;
      for (const RankedTask& task : expected) delivered += !task.censored;
      records.VisitDelivered(cell, 3, [&](uint32_t) { ++visited; });
      ASSERT_EQ(visited, delivered);

      std::vector<RankedSeconds> found;
      ASSERT_EQ(records.AppendSeconds(cell, 3, true, &found), whole);
      if (!whole) continue;
      ASSERT_EQ(found.size(), expected.size());
      for (size_t i = 0; i < found.size(); ++i) {
        ASSERT_EQ(found[i].worker & ~kCensoredBit, expected[i].worker);
        ASSERT_EQ((found[i].worker & kCensoredBit) != 0, expected[i].censored);
        ASSERT_EQ(found[i].value * int64_t{1000}, expected[i].value);
        for (int t = 0; t < 2; ++t) {
          ASSERT_EQ(found[i].target[t] == kNoSecond
                        ? replay::kUnknown
                        : found[i].target[t] * int64_t{1000},
                    expected[i].target[t]);
        }
      }
    }
  }
}

// One stratum: every rank counted by looking at every other task.
TEST(TargetRanksTest, RanksAreThoseCountedOneByOne) {
  for (const int seed : {1, 2, 3}) {
    std::mt19937 random(seed);
    FakeLog log;
    log.Columns({"tasks.accepted_at", "tasks.completed_at", "tasks.limit_at",
                 "tasks.cancelled_at", "tasks.status"});
    std::vector<FakeWorker> workers;
    for (int w = 0; w < 15; ++w) {
      FakeWorker worker{.id = absl::StrCat("w", w)};
      // Worker 0 has more in the stratum than are counted one at a time.
      for (int i = 0; i < (w == 0 ? 90 : 12); ++i) {
        // Weekdays before eleven, one after the other.
        const int64_t start = (4 + i % 5) * 86400 + (i / 5) * 2000;
        const int64_t length = 300 + random() % 900;
        replay::Task task = Delivered("t", start, start + length);
        task.limit_at = (start + 200 + random() % 1100) * 1000;
        if (random() % 6 == 0) {
          task.delivered = false;
          task.status = v1::STATUS_CANCELLED_CUSTOMER;
          task.cancelled_at = task.completed_at;
          task.completed_at = replay::kUnknown;
        }
        worker.tasks.push_back(task);
      }
      workers.push_back(worker);
    }
    long double pi = 0, low = 0, high = 0;
    int64_t n = 0;
    for (const FakeWorker& worker : workers) {
      for (const replay::Task& task : worker.tasks) {
        if (!task.delivered) continue;
        const int64_t target = task.limit_at - task.accepted_at;
        int64_t met = 0, met_censored = 0, others = 0, started = 0;
        for (const FakeWorker& other : workers) {
          if (&other == &worker) continue;
          for (const replay::Task& theirs : other.tasks) {
            ++started;
            others += theirs.delivered;
            const bool in_time = theirs.engaged().length() <= target;
            met += in_time && theirs.delivered;
            met_censored += in_time && !theirs.delivered;
          }
        }
        pi += static_cast<long double>(met) / others;
        low += static_cast<long double>(met) / started;
        high += static_cast<long double>(met + met_censored) / started;
        ++n;
      }
    }
    const v1::Rank rank = log.Run(workers).measures().targets().limit().rank();
    ASSERT_EQ(rank.strata_size(), 1);
    EXPECT_EQ(rank.strata_total(), 1);
    EXPECT_EQ(rank.n(), n);
    EXPECT_EQ(rank.pi(), FloatText(pi / n));
    EXPECT_EQ(rank.pi_low(), FloatText(low / n));
    EXPECT_EQ(rank.pi_high(), FloatText(high / n));
  }
}

}  // namespace
}  // namespace plumbline::audit
