#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "absl/strings/str_cat.h"
#include "audit/measures/worker_blocks.h"
#include "audit/measures/workload_bundles.h"
#include "audit/measures/workload_lateness.h"
#include "audit/measures/workload_rest.h"
#include "audit/stats/hash.h"
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

// Forty workers, each on Monday with an order at the start of a shift, in time,
// and one eight and a half hours later, late for every other worker; and a
// short shift on Tuesday. All else is alike, so the effect of the ninth hour is
// 1 for twenty workers and 0 for twenty: mean 0.5, and with one of 40 left out
// the error is sqrt(0.25 / 39). t.975(39) is 2.022690911735.
std::vector<FakeWorker> TiredWorkers() {
  std::vector<FakeWorker> workers;
  for (int w = 0; w < 40; ++w) {
    FakeWorker worker{.id = absl::StrCat("w", w)};
    const int64_t monday = 4 * 86'400;
    const auto add = [&](int64_t at, bool late) {
      worker.tasks.push_back(Delivered("t", at, at + 900));
      worker.tasks.back().limit_at =
          (at + (late ? 600 : 1200)) * replay::kSecond;
      worker.tasks.back().route_distance =
          (late ? 3200 : 4000) * replay::kMetre;
    };
    add(monday, false);
    add(monday + 8 * 3600 + 1800, w % 2 == 0);
    add(monday + 86'400, false);
    for (const int64_t hours : {10, 1}) {
      const int64_t start = monday + (hours == 10 ? 0 : 86'400);
      worker.sessions.push_back(
          {start * replay::kSecond, (start + hours * 3600) * replay::kSecond});
    }
    workers.push_back(std::move(worker));
  }
  return workers;
}

TEST(FatigueTest, EffectOfHoursByHand) {
  FakeLog log;
  log.only = {"workload"};
  std::vector<std::string> columns = kColumns;
  columns.push_back("tasks.route_distance_m");
  log.Columns(columns);
  const v1::Workload workload = log.Run(TiredWorkers()).measures().workload();
  ASSERT_EQ(workload.fatigue_size(), 2);
  const v1::Fatigue& late = workload.fatigue(0);
  EXPECT_EQ(late.outcome(), "late");
  EXPECT_EQ(late.target(), "limit");
  EXPECT_EQ(late.n(), 120);
  EXPECT_EQ(late.workers_both(), 40);
  ASSERT_EQ(late.bins_size(), 9);
  EXPECT_EQ(late.bins(0).n(), 80);
  EXPECT_EQ(late.bins(0).mean(), "0.000000000000");
  EXPECT_EQ(late.bins(6).n(), 40);
  EXPECT_EQ(late.bins(6).mean(), "0.500000000000");
  const double half = 2.022690911735 * std::sqrt(0.25 / 39);
  EXPECT_NEAR(std::stod(late.bins(6).effect().value()), 0.5, 1e-9);
  EXPECT_NEAR(std::stod(late.bins(6).effect().lo()), 0.5 - half, 1e-6);
  EXPECT_NEAR(std::stod(late.late_hours().hi()), 0.5 + half, 1e-6);
  EXPECT_EQ(late.late_hours().clusters().n(), 40);
  EXPECT_EQ(late.verdict(), "FINDING");
  // 4 km in 900 s are 16 km/h, 3.2 km are 12.8: 3.2 km/h slower for half.
  const v1::Fatigue& speed = workload.fatigue(1);
  EXPECT_EQ(speed.bins(0).mean(), "16.000000000000");
  EXPECT_NEAR(std::stod(speed.bins(6).effect().value()), -1.6, 1e-6);
  EXPECT_EQ(speed.verdict(), "");
}

TEST(FatigueTest, NeedsShortAndLongShifts) {
  FakeLog log;
  log.only = {"workload"};
  log.Columns(kColumns);
  std::vector<FakeWorker> workers = TiredWorkers();
  workers.resize(20);
  const v1::Fatigue late = log.Run(workers).measures().workload().fatigue(0);
  EXPECT_EQ(late.workers_both(), 20);
  EXPECT_EQ(late.verdict(), "CANNOT_CONCLUDE(N)");
  EXPECT_TRUE(late.bins(6).effect().has_lo());
}

TEST(FatigueTest, PartsDoNotShow) {
  FakeLog log;
  log.only = {"workload"};
  log.Columns(kColumns);
  std::string one, three;
  log.Run(TiredWorkers(), 1, &one);
  log.Run(TiredWorkers(), 3, &three);
  EXPECT_EQ(one, three);
}

// With room for four clusters, workers are united by the first bits of their
// hash: the same clusters however the rows were divided.
TEST(WorkerBlocksTest, UnitedClustersMergeToTheSameBytes) {
  std::string first;
  for (const int parts : {1, 2, 5}) {
    std::vector<WorkerBlocks> blocks(parts, WorkerBlocks(2, 4));
    for (int w = 0; w < 60; ++w) {
      WorkerBlocks& own = blocks[static_cast<size_t>(w % parts)];
      for (int i = 0; i < 6; ++i) {
        const int holds[] = {i % 2};
        own.AddRow(i % 3, {holds, static_cast<size_t>(i % 4 != 0)}, w * i);
      }
      own.EndWorker(Mix(w));
    }
    WorkerBlocks united(2, 4);
    for (int p = parts - 1; p >= 0; --p) {
      v1::WorkloadState::Blocks state;
      blocks[static_cast<size_t>(p)].Save(&state);
      united.Merge(state);
    }
    v1::WorkloadState::Blocks state;
    united.Save(&state);
    EXPECT_LE(state.clusters_size(), 4);
    EXPECT_GE(state.clusters_size(), 2);
    if (parts == 1) first = state.SerializeAsString();
    EXPECT_EQ(state.SerializeAsString(), first) << parts;
  }
}

// Every third day of a worker follows one on which all offers were refused.
// Then `after` offers come in the two hours online, else twenty.
std::vector<FakeWorker> RefusingWorkers(int after, bool before_too) {
  std::vector<FakeWorker> workers;
  for (int w = 0; w < 40; ++w) {
    FakeWorker worker{.id = absl::StrCat("w", w)};
    for (int day = 0; day < 84; ++day) {
      const int64_t start = (4 + day) * int64_t{86'400} * replay::kSecond;
      worker.sessions.push_back({start, start + 2 * kHour});
      const bool refuses = (day + w) % 4 == 0, pays = (day + w) % 4 == 1,
                 eve = (day + w) % 4 == 3;
      const int made = pays || (before_too && eve) ? after : 20;
      for (int i = 0; i < made; ++i) {
        replay::Offer offer =
            NewOffer(1, refuses && i < made / 2 ? v1::RESPONSE_REJECTED
                                                : v1::RESPONSE_ACCEPTED);
        offer.offered_at = start + i * kMinute;
        worker.offers.push_back(offer);
      }
    }
    worker.tasks = {Delivered("t", 4 * 86'400, 4 * 86'400 + 600)};
    workers.push_back(std::move(worker));
  }
  return workers;
}

TEST(CoercionTest, WorkAfterRefusalsByHand) {
  FakeLog log;
  log.only = {"workload"};
  std::vector<std::string> columns = kColumns;
  columns.push_back("sessions.started_at");
  columns.push_back("sessions.ended_at");
  log.Columns(columns);
  const auto run = [&](int after, bool before_too) {
    return log.Run(RefusingWorkers(after, before_too))
        .measures()
        .workload()
        .coercion(0);
  };
  // 12 instead of 20 in two hours: four fewer an hour; nothing the day before.
  const v1::Coercion less = run(12, false);
  EXPECT_EQ(less.outcome(), "offersPerHour");
  EXPECT_NEAR(std::stod(less.effect().value()), -4, 1e-6);
  EXPECT_NEAR(std::stod(less.placebo().value()), 0, 1e-6);
  EXPECT_EQ(less.verdict(), "FINDING");
  EXPECT_EQ(run(20, false).verdict(), "NO_FINDING");
  // The day before refusing is as poor: refusing is not what makes it so.
  EXPECT_EQ(run(12, true).verdict(), "CANNOT_CONCLUDE(ID)");
  log.plan.set_coercion_min_days(100'000);
  EXPECT_EQ(run(12, false).verdict(), "CANNOT_CONCLUDE(N)");
}

TEST(WorkloadTest, ThePlanMovesTheLimits) {
  FakeLog log;
  log.only = {"workload"};
  log.Columns(kColumns);
  log.plan.set_run_limit_s(600);
  log.plan.set_daily_rest_s(3600);
  FakeWorker worker{.id = "w"};
  worker.tasks = {Delivered("a", 0, 900), Delivered("b", 8000, 8400)};
  const v1::Workload workload = log.Run({worker}).measures().workload();
  EXPECT_EQ(workload.run_limit_s(), 600);
  EXPECT_EQ(workload.runs(0).over4h(), 1);
  EXPECT_EQ(workload.rest().short_windows(), 0);
}

}  // namespace
}  // namespace plumbline::audit
