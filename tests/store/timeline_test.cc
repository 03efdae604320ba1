#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "replay/timeline/engaged_share.h"
#include "replay/timeline/length_index.h"
#include "replay/timeline/timeline_builder.h"
#include "replay/timeline/workload.h"

namespace plumbline::replay {
namespace {

Task Engaged(int64_t begin, int64_t end) {
  Task task;
  task.accepted_at = begin;
  task.completed_at = end;
  return task;
}

// Oracle O-22 of the methods.
TEST(TimelineTest, UnionSumAndSharesOfTheOracle) {
  const std::vector<Task> tasks = {Engaged(0, 600), Engaged(300, 900),
                                   Engaged(900, 1200), Engaged(2000, 2600),
                                   Engaged(2100, 2200)};
  TimelineBuilder builder;
  builder.Begin();
  builder.AddTasks(tasks);
  WorkerTimeline timeline;
  builder.End(&timeline);
  EXPECT_EQ(1800, timeline.engaged->length());
  EXPECT_EQ(2200, timeline.task_sum);
  std::vector<int64_t> shares;
  ShareEngaged(tasks, &shares);
  const std::vector<int64_t> expected = {450, 450, 300, 550, 50};
  ASSERT_EQ(5u, shares.size());
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(expected[i] * kShareParts, shares[i]);
  }
}

TEST(TimelineTest, SharesAddUpForMoreThanSixteenOpenTasks) {
  std::mt19937_64 random(5);
  for (const int count : {16, 17, 19, 97, 1000}) {
    std::vector<Task> tasks;
    for (int i = 0; i < count; ++i) {
      const auto begin = static_cast<int64_t>(random() % 50);
      tasks.push_back(
          Engaged(begin, begin + 1 + static_cast<int64_t>(random() % 900)));
    }
    tasks.push_back(Engaged(10, 5));  // No interval, no share.
    TimelineBuilder builder;
    builder.Begin();
    builder.AddTasks(tasks);
    WorkerTimeline timeline;
    builder.End(&timeline);
    std::vector<int64_t> shares;
    ShareEngaged(tasks, &shares);
    EXPECT_EQ(timeline.engaged->length() * kShareParts,
              std::accumulate(shares.begin(), shares.end(), int64_t{0}));
    EXPECT_EQ(0, shares.back());
  }
}

TEST(TimelineTest, EqualTasksDifferByOnePartAtMost) {
  std::vector<Task> tasks(17, Engaged(0, 1));
  std::vector<int64_t> shares;
  ShareEngaged(tasks, &shares);
  // 720720 = 17 * 42395 + 5.
  EXPECT_EQ(42'396, shares[4]);
  EXPECT_EQ(42'395, shares[5]);
}

TEST(TimelineTest, OnCallIsOnlineOutsideEngaged) {
  TimelineBuilder builder;
  builder.Begin();
  builder.AddTasks(std::vector<Task>{Engaged(50, 150), Engaged(180, 400)});
  builder.AddSessions(std::vector<Session>{
      {100, 200, 1, {}}, {190, 300, 0, {}}, {500, kUnknown, 1, {}}});
  WorkerTimeline timeline;
  builder.End(&timeline);
  EXPECT_EQ(200, timeline.online->length());
  EXPECT_EQ(100, timeline.required->length());
  ASSERT_EQ(1u, timeline.on_call->intervals().size());
  EXPECT_EQ((Interval{150, 180}), timeline.on_call->intervals()[0]);
  EXPECT_EQ(1, timeline.sessions_without_end);
}

TEST(TimelineTest, UnionOfManyShuffledIntervals) {
  // Far from sorted: insertion gives up and sorting takes over.
  std::mt19937_64 random(9);
  std::vector<Interval> intervals;
  for (int64_t i = 0; i < 5000; ++i) intervals.push_back({i * 3, i * 3 + 2});
  std::shuffle(intervals.begin(), intervals.end(), random);
  IntervalSet set;
  set.AssignUnion(intervals);
  ASSERT_EQ(5000u, set.intervals().size());
  for (int64_t i = 0; i < 5000; ++i) {
    ASSERT_EQ((Interval{i * 3, i * 3 + 2}), set.intervals()[i]);
  }
}

TEST(TimelineTest, RunsJoinPausesShorterThanTheGap) {
  IntervalSet engaged;
  engaged.AssignUnion(std::vector<Interval>{{0, 10}, {19, 30}, {40, 50}});
  const std::vector<Interval> runs = RunsOf(engaged, 10);
  ASSERT_EQ(2u, runs.size());
  EXPECT_EQ((Interval{0, 30}), runs[0]);
  EXPECT_EQ((Interval{40, 50}), runs[1]);
}

TEST(TimelineTest, LengthsInManyStretchesAreThoseOfTheSet) {
  std::mt19937_64 random(4);
  for (const int count : {0, 1, 3, 1000}) {
    std::vector<Interval> intervals;
    int64_t at = 0;
    for (int i = 0; i < count; ++i) {
      at += 1 + static_cast<int64_t>(random() % 40);
      const int64_t end = at + 1 + static_cast<int64_t>(random() % 60);
      intervals.push_back({at, end});
      at = end;
    }
    IntervalSet set;
    set.AssignUnion(intervals);
    LengthIndex index;
    index.Assign(set);
    int64_t begin = -50;
    for (int i = 0; i < 5000; ++i) {
      // Stretches that follow each other, overlap, jump ahead or go back.
      const int64_t end = begin + static_cast<int64_t>(random() % 3000) - 5;
      ASSERT_EQ(set.LengthWithin(begin, end), index.Within(begin, end))
          << begin << " " << end;
      switch (random() % 4) {
        case 0:
          begin = static_cast<int64_t>(random() % 60'000) - 100;
          break;
        case 1:
          break;
        default:
          begin = end;
      }
    }
  }
}

}  // namespace
}  // namespace plumbline::replay
