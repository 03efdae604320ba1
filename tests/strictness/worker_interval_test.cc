#include "audit/measures/strictness/worker_interval.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "audit/measures/strictness/dense_solve.h"
#include "audit/measures/strictness/records.h"
#include "audit/stats/hash.h"

namespace plumbline::audit {
namespace {

std::vector<uint64_t> Keys(int n) {
  std::vector<uint64_t> keys;
  for (int i = 0; i < n; ++i) keys.push_back(Mix(i));
  return keys;
}

TEST(WorkerIntervals, FiveWorkersGiveNone) {
  const std::vector<uint64_t> keys = Keys(5);
  WorkerIntervals intervals(keys, 1, 99);
  const size_t number =
      intervals.Add(0.5, {0.1, -0.1, 0.1, -0.1, 0}, {1, 1, 1, 1, 1}, 5);
  intervals.Run();
  EXPECT_FALSE(intervals.Of(number).low.has_value());
  const v1::Figure figure = FigureOf(0.5, intervals.Of(number));
  EXPECT_FALSE(figure.has_lo());
  EXPECT_EQ(figure.value(), "0.500000000000");
}

// Six parts of 0.1 and -0.1: G/(G-1) sum = 6/5 * 0.06 = 0.072; t.975(5) is
// 2.570581835636.
TEST(WorkerIntervals, SixWorkersGiveStudent) {
  const std::vector<uint64_t> keys = Keys(6);
  WorkerIntervals intervals(keys, 1, 99);
  const size_t number = intervals.Add(0.5, {0.1, -0.1, 0.1, -0.1, 0.1, -0.1},
                                      {1, 1, 1, 1, 1, 5}, 6);
  intervals.Run();
  const double half = 2.570581835636 * std::sqrt(0.072);
  EXPECT_NEAR(*intervals.Of(number).low, 0.5 - half, 1e-9);
  EXPECT_NEAR(*intervals.Of(number).high, 0.5 + half, 1e-9);
  EXPECT_EQ(intervals.Of(number).method, "clustered t");
  // Ten rows; the last worker has half of them: 0.5 + 0.1 * 10 / 5 without it,
  // the others move it by 0.1 * 10 / 9.
  const v1::Clusters& spread = intervals.Of(number).spread;
  EXPECT_EQ(spread.n(), 6);
  EXPECT_EQ(spread.smallest(), 1);
  EXPECT_EQ(spread.median(), 1);
  EXPECT_EQ(spread.largest(), 5);
  EXPECT_EQ(spread.without_largest(), "0.700000000000");
  EXPECT_EQ(spread.largest_change(), "0.200000000000");
}

// 400 equal and opposite parts: replicates have standard deviation
// sqrt(sum part^2) = 0.01 * 20 = 0.2, so the ends lie near 1.96 of it.
TEST(WorkerIntervals, ManyWorkersGiveReplicates) {
  const std::vector<uint64_t> keys = Keys(400);
  std::vector<double> parts;
  for (int i = 0; i < 400; ++i) parts.push_back(i % 2 == 0 ? 0.01 : -0.01);
  const std::vector<int64_t> ones(400, 1);
  WorkerIntervals intervals(keys, 7, 1999);
  const size_t number = intervals.Add(2, parts, ones, 400);
  intervals.Run();
  EXPECT_EQ(intervals.Of(number).method, "linear bootstrap");
  EXPECT_NEAR(*intervals.Of(number).low, 2 - 1.96 * 0.2, 0.04);
  EXPECT_NEAR(*intervals.Of(number).high, 2 + 1.96 * 0.2, 0.04);

  // Other statistics beside it change nothing.
  WorkerIntervals again(keys, 7, 1999);
  again.Add(0, std::vector<double>(400, 0.5), ones, 400);
  const size_t same = again.Add(2, parts, ones, 400);
  again.Run();
  EXPECT_EQ(*again.Of(same).low, *intervals.Of(number).low);
  // Another seed does.
  WorkerIntervals other(keys, 8, 1999);
  const size_t changed = other.Add(2, parts, ones, 400);
  other.Run();
  EXPECT_NE(*other.Of(changed).low, *intervals.Of(number).low);
}

TEST(WorkerIntervals, CountedReplicatesAreTakenAsTheyAre) {
  const std::vector<uint64_t> keys = Keys(40);
  std::vector<double> counted;
  for (int i = 1; i <= 999; ++i) counted.push_back(i);
  WorkerIntervals intervals(keys, 1, 999);
  const size_t number = intervals.Add(500, std::vector<double>(40, 0),
                                      std::vector<int64_t>(40, 1), 40, counted);
  intervals.Run();
  EXPECT_EQ(*intervals.Of(number).low, 25);
  EXPECT_EQ(*intervals.Of(number).high, 975);
  EXPECT_EQ(intervals.Of(number).method, "bootstrap");
}

TEST(WorkerIntervals, TailOfStudent) {
  EXPECT_NEAR(UpperTail(2.570581835636, 6), 0.025, 1e-9);
  EXPECT_NEAR(UpperTail(-2.570581835636, 6), 0.975, 1e-9);
  EXPECT_NEAR(UpperTail(0, 6), 0.5, 1e-12);
}

TEST(SolveDense, SolvesAndRefuses) {
  std::vector<double> x;
  ASSERT_TRUE(SolveDense({{4, 2}, {2, 3}}, {10, 8}, &x));
  EXPECT_NEAR(x[0], 1.75, 1e-12);
  EXPECT_NEAR(x[1], 1.5, 1e-12);
  EXPECT_FALSE(SolveDense({{1, 2}, {2, 4}}, {1, 2}, &x));
  EXPECT_FALSE(SolveDense({{0, 0}, {0, 1}}, {0, 1}, &x));
}

StrictTask Task(uint32_t worker, int32_t value, int32_t limit) {
  StrictTask task;
  task.worker = worker;
  task.value = value;
  task.target = {kNoNumber, limit};
  return task;
}

TEST(StrictRecords, KeepWhatDoesNotFitTheShortForm) {
  // Whole seconds, part of a second, more than 15 hours, a negative target.
  for (const StrictTask& task :
       {Task(0, 900'000, 800'000), Task(0, 900'001, 800'000),
        Task(0, 90'000'000, kNoNumber), Task(0, 0, -5'000'000)}) {
    StrictRecords records;
    records.Add(3, task);
    records.Close();
    std::vector<StrictTask> out;
    records.AppendCell(3, &out);
    ASSERT_EQ(out.size(), 1u);
    EXPECT_EQ(out[0].value, task.value);
    EXPECT_EQ(out[0].target[0], kNoNumber);
    EXPECT_EQ(out[0].target[1], task.target[1]);
    EXPECT_EQ(out[0].wait, kNoNumber);
    out.clear();
    records.AppendCell(2, &out);
    records.AppendCell(4, &out);
    EXPECT_TRUE(out.empty());
  }
}

TEST(StrictRecords, AbsorbedCellsAndWorkersAreRenumbered) {
  StrictRecords ours, theirs;
  ours.Add(0, Task(0, 1000, 1000));
  theirs.Add(0, Task(0, 2000, 1000));
  theirs.Add(1, Task(1, 3000, 1000));
  ours.Close();
  theirs.Close();
  const uint32_t cells[] = {5, 0};
  ours.Absorb(theirs, cells, 1);
  std::vector<StrictTask> out;
  ours.AppendCell(0, &out);
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(out[0].worker, 0u);
  EXPECT_EQ(out[1].worker, 2u);
  EXPECT_EQ(out[1].value, 3000);
  out.clear();
  ours.AppendCell(5, &out);
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].worker, 1u);
}

TEST(StrictRecords, HeldAtTheEnds) {
  EXPECT_EQ(Held(replay::kUnknown), kNoNumber);
  EXPECT_EQ(Held(int64_t{1} << 40), INT32_MAX);
  EXPECT_EQ(Held(-(int64_t{1} << 40)), kNoNumber + 1);
}

}  // namespace
}  // namespace plumbline::audit
