#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "audit/measures/workload_bundles.h"
#include "audit/measures/workload_lateness.h"
#include "audit/measures/workload_rest.h"
#include "tests/stats_measures/fake_log.h"

namespace plumbline::audit {
namespace {

using replay::Interval;
using replay::kHour;
using replay::kMinute;
using ::testing::ElementsAre;

const std::vector<std::string> kColumns = {
    "offers.offered_at",  "offers.order_id",          "offers.response",
    "tasks.accepted_at",  "tasks.arrived_dropoff_at", "tasks.arrived_pickup_at",
    "tasks.completed_at", "tasks.limit_at",           "tasks.picked_up_at",
    "tasks.placed_at",    "tasks.promised_at",        "tasks.status",
    "tasks.worker_id"};

replay::IntervalSet Work(const std::vector<std::pair<int, int>>& hours) {
  std::vector<Interval> parts;
  for (const auto& [from, to] : hours) {
    parts.push_back({from * kHour, to * kHour});
  }
  replay::IntervalSet set;
  set.AssignUnion(parts);
  return set;
}

TEST(RestTest, ElevenHoursAreEnough) {
  // 8 to 18 on two days: a pause of 14 hours closes the first window.
  const DailyRestCounts counts = RestOf(Work({{8, 18}, {32, 42}}));
  EXPECT_EQ(counts.windows, 1);  // Nothing is known after the last work.
  EXPECT_EQ(counts.short_windows, 0);
  EXPECT_EQ(counts.by_longest_pause[14], 1);
}

TEST(RestTest, ShortWindowsAreCountedOnceEach) {
  // 8 to 22, 6 to 22, 9 to 12: pauses of 8 and 11 hours. The first window
  // [8, 32) has a pause of 8 hours only; the next begins with the first work
  // past it, inside the second day's stretch or after.
  const DailyRestCounts counts = RestOf(Work({{8, 22}, {30, 46}, {57, 60}}));
  EXPECT_EQ(counts.windows, 1);
  EXPECT_EQ(counts.short_windows, 1);
  EXPECT_EQ(counts.by_longest_pause[8], 1);
  // Exactly 11 hours are no short rest.
  EXPECT_EQ(RestOf(Work({{0, 13}, {24, 30}})).short_windows, 0);
  EXPECT_EQ(RestOf(Work({{0, 14}, {24, 30}})).short_windows, 1);
  EXPECT_EQ(RestOf(Work({})).windows, 0);
}

TEST(PushTest, WindowsAfterLongRuns) {
  const std::vector<Interval> runs = {{0, 4 * kHour}, {6 * kHour, 11 * kHour}};
  // In order: in the first run, past four hours of the second, at its very
  // end, in its rest, and at the end of the rest, which is outside.
  const std::vector<int64_t> offers = {3 * kHour, 10 * kHour + 1, 11 * kHour,
                                       11 * kHour + 10 * kMinute,
                                       11 * kHour + 20 * kMinute};
  const PushCounts counts = PushesOf(runs, offers);
  EXPECT_EQ(counts.rest_windows, 1);  // Four hours are not more than four.
  EXPECT_EQ(counts.rest_windows_with_push, 1);
  EXPECT_EQ(counts.in_rest_window, 2);
  EXPECT_EQ(counts.after_four_hours, 1);
}

TEST(BundleTest, SaturationByHand) {
  replay::Task a = NewTask("a"), b = NewTask("b");
  const std::vector<int64_t> twenty = {25 * kMinute, 20 * kMinute};
  a.accepted_at = 0;
  a.limit_at = 30 * kMinute;
  a.estimates = twenty;
  b.accepted_at = 10 * kMinute;
  b.limit_at = 40 * kMinute;
  b.estimates = twenty;
  const replay::Task* const open[] = {&a, &b};
  // 10 left of a's 20, 20 of b's, 30 minutes to the last limit: exactly 1.
  EXPECT_EQ(SaturationOf(open, 10 * kMinute), 1000);
  b.limit_at = 34 * kMinute;
  EXPECT_EQ(SaturationOf(open, 10 * kMinute), 1250);
  b.limit_at = 10 * kMinute;
  a.limit_at = 10 * kMinute;
  EXPECT_EQ(SaturationOf(open, 10 * kMinute), 99'999);
  b.limit_at = replay::kUnknown;
  EXPECT_EQ(SaturationOf(open, 10 * kMinute), std::nullopt);
}

// Three places on a meridian, 0.01 degree of latitude or 1,111.95 m apart; at
// 15 km/h one step takes 266.9 s, at 25 km/h 160.1 s.
TEST(BundleTest, EveryOrderOfStops) {
  replay::Task a = NewTask("a"), b = NewTask("b");
  for (replay::Task* task : {&a, &b}) {
    task->accepted_at = 0;
    task->pickup_lng = task->dropoff_lng = 0;
    task->pickup_lat = 0;
    task->picked_up_at = kHour;
  }
  a.dropoff_lat = 100'000;
  b.dropoff_lat = 200'000;
  // Both shops at 0: shop, shop, 0.01, 0.02.
  a.limit_at = 270'000;
  b.limit_at = 534'000;
  const replay::Task* const open[] = {&a, &b};
  EXPECT_EQ(CanKeepDeadlines(open, 0, 15), true);
  b.limit_at = 533'000;
  EXPECT_EQ(CanKeepDeadlines(open, 0, 15), false);
  EXPECT_EQ(CanKeepDeadlines(open, 0, 25), true);
  // Carried already: the worker may stand at the drop-off.
  a.picked_up_at = b.picked_up_at = 0;
  EXPECT_EQ(CanKeepDeadlines(open, 0, 15), true);
  b.dropoff_lat = replay::kUnknown;
  EXPECT_EQ(CanKeepDeadlines(open, 0, 15), std::nullopt);
  // A pickup must come before its drop-off: 0.01 up, then back down.
  a.picked_up_at = kHour;
  a.pickup_lat = 100'000;
  a.dropoff_lat = 0;
  a.limit_at = 266'000;
  EXPECT_EQ(CanKeepDeadlines(std::array<const replay::Task*, 1>{&a}, 0, 15),
            false);
  a.limit_at = 267'000;
  EXPECT_EQ(CanKeepDeadlines(std::array<const replay::Task*, 1>{&a}, 0, 15),
            true);
}

// 20 minutes late; dispatch took 2, the merchant 12, the door 3, and the worker
// handed over another order 5 minutes after this pickup.
FakeWorker LateWorker() {
  FakeWorker worker{.id = "w"};
  replay::Task task = Delivered("late", 0, 3600);
  task.placed_at = -2 * kMinute;
  task.arrived_pickup_at = 10 * kMinute;
  task.picked_up_at = 22 * kMinute;
  task.arrived_dropoff_at = 57 * kMinute;
  task.promised_at = 40 * kMinute;
  task.limit_at = 50 * kMinute;
  SetPay(task, v1::PAY_LATE_FINE, 3 * replay::kMajorUnit);
  worker.tasks = {task, Delivered("other", 60, 27 * 60)};
  return worker;
}

TEST(LatenessTest, BoundsByHand) {
  FakeLog log;
  log.only = {"workload"};
  log.Columns(kColumns);
  const v1::Workload workload = log.Run({LateWorker()}).measures().workload();
  const v1::Lateness& promise = workload.promise_lateness();
  EXPECT_EQ(promise.late(), 1);
  EXPECT_EQ(promise.late_s(), 1200);
  ASSERT_EQ(promise.causes_size(), 5);
  // ride = 60 - 12 - 3 - 5 = 40 minutes, so all else can be explained away.
  const int64_t at_most[] = {120, 720, 300, 180, 1200};
  const int64_t at_least[] = {0, 0, 0, 0, 0};
  for (int c = 0; c < 5; ++c) {
    EXPECT_EQ(promise.causes(c).at_most_s(), at_most[c]) << c;
    // 20 - (other parts without ride) - 40 < 0 for all but the ride itself,
    // for which 20 - 2 - 12 - 5 - 3 < 0 as well.
    EXPECT_EQ(promise.causes(c).at_least_s(), at_least[c]) << c;
  }
  // 2 + 12 < 20 <= 2 + 12 + 5 + 3.
  EXPECT_EQ(promise.depends(), 1);
  EXPECT_EQ(promise.fines(), "3.00");
  EXPECT_EQ(promise.fines_not_by_worker(), "0.00");
  // Ten minutes late by the limit: the merchant's wait alone explains it.
  const v1::Lateness& limit = workload.limit_lateness();
  EXPECT_EQ(limit.late_s(), 600);
  EXPECT_EQ(limit.not_by_worker(), 1);
  EXPECT_EQ(limit.fines_not_by_worker(), "3.00");
  EXPECT_EQ(limit.causes_size(), 4);  // A limit starts with acceptance.
}

TEST(LatenessTest, MissingClocksLeaveItOpen) {
  FakeLog log;
  log.only = {"workload"};
  log.Columns(kColumns);
  FakeWorker worker = LateWorker();
  worker.tasks[0].arrived_dropoff_at = replay::kUnknown;
  const v1::Lateness promise =
      log.Run({worker}).measures().workload().promise_lateness();
  EXPECT_EQ(promise.unknown(), 1);
  EXPECT_EQ(promise.depends() + promise.by_worker() + promise.not_by_worker(),
            0);
  EXPECT_EQ(promise.causes(3).known(), 0);
  EXPECT_FALSE(promise.causes(3).has_at_most_s());
}

TEST(WorkloadTest, OpenOrdersAndRuns) {
  FakeLog log;
  log.only = {"workload"};
  log.Columns(kColumns);
  // [0,600) [300,900) [900,1200) and, after 700 s, [1900,2500).
  FakeWorker worker{.id = "w"};
  worker.tasks = {Delivered("a", 0, 600), Delivered("b", 300, 900),
                  Delivered("c", 900, 1200), Delivered("d", 1900, 2500)};
  const v1::Workload workload = log.Run({worker}).measures().workload();
  EXPECT_THAT(workload.concurrency().seconds_open(),
              ElementsAre(1500, 300, 0, 0, 0, 0));
  EXPECT_EQ(workload.concurrency().most(), 2);
  EXPECT_EQ(workload.concurrency().p95(), 2);
  EXPECT_EQ(workload.bundles().acceptances(), 1);
  ASSERT_EQ(workload.runs_size(), 3);
  EXPECT_EQ(workload.runs(0).runs(), 2);  // A pause of 700 s ends it at 600.
  EXPECT_EQ(workload.runs(0).longest_s(), 1200);
  EXPECT_EQ(workload.runs(1).runs(), 1);
  EXPECT_TRUE(workload.runs(1).is_plan());
  EXPECT_EQ(workload.runs(2).longest_s(), 2500);
  ASSERT_EQ(workload.days_size(), 2);
  EXPECT_EQ(workload.days(0).kind(), "longestRun");
  EXPECT_EQ(workload.days(0).day(), "1970-01-01");
  EXPECT_THAT(workload.days(0).at_s(),
              ElementsAre(0, 300, 600, 900, 1200, 1900, 2500));
  EXPECT_THAT(workload.days(0).open(), ElementsAre(1, 2, 1, 1, 0, 1, 0));
  EXPECT_THAT(workload.days(0).run_from_s(), ElementsAre(0));
  EXPECT_THAT(workload.days(0).run_to_s(), ElementsAre(2500));
}

TEST(WorkloadTest, OffersAreThoseThatReachedTheWorker) {
  FakeLog log;
  log.only = {"workload"};
  log.Columns(kColumns);
  FakeWorker worker{.id = "w"};
  worker.tasks = {Delivered("a", 0, 5 * 3600)};
  for (const auto& [chosen, response] :
       {std::pair<int64_t, v1::OfferResponse>{1, v1::RESPONSE_REJECTED},
        {0, v1::RESPONSE_REJECTED},
        {replay::kUnknown, v1::RESPONSE_NOT_OFFERED}}) {
    replay::Offer offer = NewOffer(chosen, response);
    offer.offered_at = 5 * kHour + kMinute;
    worker.offers.push_back(offer);
  }
  const v1::Pushes pushes = log.Run({worker}).measures().workload().pushes();
  EXPECT_EQ(pushes.offers(), 1);
  EXPECT_EQ(pushes.in_rest_window(), 1);
  EXPECT_EQ(pushes.workers(), 1);
  EXPECT_EQ(pushes.source(), "offers.offered_at");
}

TEST(WorkloadTest, StreaksOfDays) {
  FakeLog log;
  log.only = {"workload"};
  log.Columns(kColumns);
  FakeWorker worker{.id = "w"};
  for (const int day : {0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 12}) {
    worker.tasks.push_back(
        Delivered("t", day * 86400 + 36000, day * 86400 + 39600));
  }
  const v1::DailyRest rest = log.Run({worker}).measures().workload().rest();
  EXPECT_EQ(rest.longest_streak_days(), 7);
  EXPECT_EQ(rest.workers_streak7(), 1);
  EXPECT_EQ(rest.worker_days(), 11);
  EXPECT_EQ(rest.windows(), 10);
  EXPECT_EQ(rest.short_windows(), 0);
}

TEST(WorkloadTest, UnknownWorkersAndMissingColumns) {
  FakeLog log;
  log.only = {"workload"};
  log.Columns(kColumns);
  FakeWorker worker = LateWorker();
  worker.known = false;
  v1::AuditResult result = log.Run({worker});
  EXPECT_FALSE(result.measures().workload().has_workers());
  log.Columns({"tasks.accepted_at"});
  result = log.Run({LateWorker()});
  bool found = false;
  for (const v1::Coverage& coverage : result.coverage()) {
    if (coverage.test() != "workload.pushes") continue;
    found = true;
    EXPECT_FALSE(coverage.runnable());
  }
  EXPECT_TRUE(found);
}

TEST(WorkloadTest, PartsAndOrderDoNotShow) {
  FakeLog log;
  log.only = {"workload"};
  log.Columns(kColumns);
  std::vector<FakeWorker> workers;
  static std::deque<std::string> ids;
  for (int w = 0; w < 25; ++w) {
    FakeWorker worker = LateWorker();
    worker.id = absl::StrCat("w", w);
    for (int i = 0; i < 30; ++i) {
      const int64_t at = (i * 9 + w) * 3600 % 900'000;
      ids.push_back(absl::StrCat(w, "-", i));
      worker.tasks.push_back(Delivered(ids.back(), at, at + 3000 + w * 100));
    }
    workers.push_back(worker);
  }
  std::string one, many;
  const v1::AuditResult first = log.Run(workers, 1, &one);
  std::reverse(workers.begin(), workers.end());
  const v1::AuditResult second = log.Run(workers, 4, &many);
  EXPECT_EQ(one, many);
  EXPECT_EQ(first.measures().workload().DebugString(),
            second.measures().workload().DebugString());
}

}  // namespace
}  // namespace plumbline::audit
