#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "replay/timeline/engaged_share.h"
#include "replay/timeline/local_calendar.h"
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

TEST(TimelineTest, LoadCountsHalfOpenTasks) {
  LoadIndex load;
  load.Assign(std::vector<Task>{Engaged(0, 10), Engaged(5, 10), Engaged(10, 20),
                                Engaged(30, 20)});
  EXPECT_EQ(0, load.At(-1));
  EXPECT_EQ(1, load.At(0));
  EXPECT_EQ(2, load.At(9));
  EXPECT_EQ(1, load.At(10));
  EXPECT_EQ(0, load.At(20));
}

LocalCalendar Of(const char* name) {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone(name, &zone)) << name;
  return LocalCalendar(zone);
}

int64_t Date(int year, int month, int day) {
  return absl::CivilDay(year, month, day) - absl::CivilDay(1970, 1, 1);
}

// Oracle O-23 of the methods.
TEST(LocalCalendarTest, DaysOfTheOracle) {
  LocalCalendar berlin = Of("Europe/Berlin");
  EXPECT_EQ(82'800 * kSecond, berlin.Day(Date(2024, 3, 31)).length());
  EXPECT_EQ(90'000 * kSecond, berlin.Day(Date(2024, 10, 27)).length());
  LocalCalendar york = Of("America/New_York");
  EXPECT_EQ(608'400 * kSecond,
            york.Period(york.Day(Date(2024, 11, 5)).begin, Date(2024, 11, 3), 7)
                .length());
  LocalCalendar shanghai = Of("Asia/Shanghai");
  EXPECT_EQ(82'800 * kSecond, shanghai.Day(Date(1986, 5, 4)).length());
  EXPECT_EQ(86'400 * kSecond, shanghai.Day(Date(2024, 3, 31)).length());
}

TEST(LocalCalendarTest, EveryInstantLiesInItsDayWeekMonthAndPeriod) {
  std::mt19937_64 random(11);
  for (const char* name :
       {"UTC", "Europe/Berlin", "America/New_York", "Asia/Shanghai",
        "Pacific/Apia", "America/Sao_Paulo", "Australia/Lord_Howe"}) {
    LocalCalendar calendar = Of(name);
    absl::TimeZone zone;
    ASSERT_TRUE(absl::LoadTimeZone(name, &zone));
    for (int i = 0; i < 2000; ++i) {
      const auto instant = static_cast<int64_t>(random() % 1'900'000'000'000);
      const int64_t day = calendar.DayOf(instant);
      const absl::CivilDay civil =
          absl::ToCivilDay(absl::FromUnixMillis(instant), zone);
      ASSERT_EQ(civil - absl::CivilDay(1970, 1, 1), day) << name << instant;
      const auto inside = [&](const Interval& stretch) {
        return stretch.begin <= instant && instant < stretch.end;
      };
      ASSERT_TRUE(inside(calendar.Day(day)));
      ASSERT_TRUE(inside(calendar.Week(calendar.WeekOf(instant))));
      ASSERT_TRUE(inside(calendar.Month(calendar.MonthOf(instant))));
      ASSERT_TRUE(inside(calendar.Period(instant, Date(2024, 1, 6), 14)));
      ASSERT_EQ(static_cast<int>(absl::GetWeekday(civil)),
                LocalCalendar::WeekDay(day));
    }
  }
}

TEST(LocalCalendarTest, ASkippedDateIsEmptyAndASkippedMidnightBeginsLater) {
  LocalCalendar apia = Of("Pacific/Apia");
  EXPECT_EQ(0, apia.Day(Date(2011, 12, 30)).length());
  LocalCalendar paulo = Of("America/Sao_Paulo");
  // 2018-11-04 began at 01:00.
  EXPECT_EQ(23 * kHour, paulo.Day(Date(2018, 11, 4)).length());
}

}  // namespace
}  // namespace plumbline::replay
