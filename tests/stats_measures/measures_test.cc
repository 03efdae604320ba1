#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "absl/strings/str_cat.h"
#include "tests/stats_measures/fake_log.h"

namespace plumbline::audit {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr int64_t kUnit = replay::kMajorUnit;

const std::vector<std::string> kAllColumns = {
    "tasks.task_id",        "tasks.worker_id",       "tasks.accepted_at",
    "tasks.completed_at",   "tasks.cancelled_at",    "tasks.picked_up_at",
    "tasks.ready_at",       "tasks.placed_at",       "tasks.arrived_pickup_at",
    "tasks.status",         "tasks.promised_at",     "tasks.limit_at",
    "tasks.pay_base",       "tasks.pay_tip",         "tasks.pay_commission",
    "tasks.customer_total", "sessions.started_at",   "sessions.ended_at",
    "sessions.required",    "tasks.route_distance_m"};

const v1::Coverage* FindCoverage(const v1::AuditResult& result,
                                 const std::string& test) {
  for (const v1::Coverage& coverage : result.coverage()) {
    if (coverage.test() == test) return &coverage;
  }
  return nullptr;
}

// [0,600) [300,900) [900,1200) [2000,2600) [2100,2200): union 1800, sum 2200.
FakeWorker FiveTasks() {
  FakeWorker worker{.id = "w1"};
  worker.tasks = {Delivered("a", 0, 600), Delivered("b", 300, 900),
                  Delivered("c", 900, 1200), Delivered("d", 2000, 2600),
                  Delivered("e", 2100, 2200)};
  worker.sessions = {{.started_at = 0, .ended_at = 3600'000, .required = 1}};
  return worker;
}

TEST(HoursTest, UnionIsNotSum) {
  FakeLog log;
  log.Columns(kAllColumns);
  const v1::AuditResult result = log.Run({FiveTasks()});
  const v1::TimeSets& total = result.measures().hours().total();
  EXPECT_EQ(total.engaged(), 1800);
  EXPECT_EQ(total.task_sum(), 2200);
  EXPECT_EQ(total.online(), 3600);
  EXPECT_EQ(total.on_call(), 1800);
  EXPECT_EQ(total.required(), 3600);
  // The pause of 800 s is shorter than 1200 s: one run from 0 to 2600.
  EXPECT_EQ(result.measures().hours().runs().longest_s(), 2600);
  EXPECT_EQ(result.measures().hours().runs().worker_days(), 1);
  EXPECT_EQ(result.measures().hours().runs().worker_days_by_hour(0), 1);
}

TEST(HoursTest, ShorterGapOfThePlanEndsTheRun) {
  FakeLog log;
  log.Columns(kAllColumns);
  log.plan.set_run_gap_s(800);
  const v1::AuditResult result = log.Run({FiveTasks()});
  EXPECT_EQ(result.measures().hours().runs().longest_s(), 1200);
  EXPECT_EQ(result.measures().hours().runs().gap_s(), 800);
}

// 1970-01-05 is a Monday, day 4. Seven days in a row of one ISO week; the same
// seven days from Tuesday on are no such week.
TEST(HoursTest, WeekWithoutRestDay) {
  FakeLog log;
  log.Columns(kAllColumns);
  for (const int first_day : {4, 5}) {
    FakeWorker worker{.id = "w"};
    for (int day = first_day; day < first_day + 7; ++day) {
      worker.tasks.push_back(
          Delivered("t", day * 86400 + 3600, day * 86400 + 3600 * 10));
    }
    const v1::Runs runs = log.Run({worker}).measures().hours().runs();
    EXPECT_EQ(runs.weeks_without_rest_day(), first_day == 4 ? 1 : 0);
    EXPECT_EQ(runs.worker_days(), 7);
    EXPECT_EQ(runs.worker_days_over8h(), 7);
    EXPECT_EQ(runs.over4h(), 7);
    EXPECT_EQ(runs.worker_days_by_hour(9), 7);
  }
}

// Berlin 2024-03-31 has 23 hours: a task from its midnight to the next fills
// one day of 82,800 s and does not touch another.
TEST(HoursTest, DayOfTwentyThreeHours) {
  FakeLog log;
  log.Columns(kAllColumns);
  ASSERT_TRUE(absl::LoadTimeZone("Europe/Berlin", &log.context.zone));
  const int64_t begin = absl::ToUnixSeconds(
      absl::FromCivil(absl::CivilDay(2024, 3, 31), log.context.zone));
  FakeWorker worker{.id = "w"};
  worker.tasks = {Delivered("t", begin, begin + 82'800)};
  v1::Runs runs = log.Run({worker}).measures().hours().runs();
  EXPECT_EQ(runs.worker_days(), 1);
  EXPECT_EQ(runs.worker_days_by_hour(23), 1);
  worker.tasks = {Delivered("t", begin, begin + 82'801)};
  runs = log.Run({worker}).measures().hours().runs();
  EXPECT_EQ(runs.worker_days(), 2);
  EXPECT_EQ(runs.worker_days_by_hour(0), 1);
}

TEST(HoursTest, UnknownWorkersHaveNoUnion) {
  FakeLog log;
  log.Columns(kAllColumns);
  FakeWorker worker = FiveTasks();
  worker.known = false;
  const v1::AuditResult result = log.Run({worker});
  EXPECT_FALSE(result.measures().hours().total().has_engaged());
  EXPECT_EQ(result.measures().hours().total().task_sum(), 2200);
  EXPECT_FALSE(FindCoverage(result, "hours.total.ENGAGED")->runnable());
}

TEST(HoursTest, MissingColumnsAreNamed) {
  FakeLog log;
  log.Columns({"tasks.accepted_at", "tasks.completed_at"});
  const v1::AuditResult result = log.Run({FiveTasks()});
  EXPECT_FALSE(result.measures().hours().total().has_online());
  const v1::Coverage* coverage = FindCoverage(result, "hours.total.ONLINE");
  ASSERT_NE(coverage, nullptr);
  EXPECT_FALSE(coverage->runnable());
  EXPECT_EQ(coverage->missing(0), "sessions.started_at");
  EXPECT_THAT(coverage->reason(), HasSubstr("sessions.ended_at"));
}

FakeWorker PaidWorker() {
  FakeWorker worker = FiveTasks();
  SetPay(worker.tasks[0], v1::PAY_BASE, 10 * kUnit);
  SetPay(worker.tasks[0], v1::PAY_TIP, 2 * kUnit);
  SetPay(worker.tasks[0], v1::PAY_COMMISSION, 1 * kUnit);
  worker.tasks[0].customer_total = 12 * kUnit;
  SetPay(worker.tasks[1], v1::PAY_BASE, 5 * kUnit);
  worker.tasks[1].customer_total = 4 * kUnit;
  worker.tasks[2].customer_total = 9 * kUnit;  // Pay unknown: not in the rate.
  return worker;
}

TEST(PayTest, CountedPayAndTakeRate) {
  FakeLog log;
  log.Columns(kAllColumns);
  const v1::AuditResult result = log.Run({PaidWorker()});
  const v1::Pay& pay = result.measures().pay();
  EXPECT_EQ(pay.by_kind().at("base"), "15.00");
  EXPECT_EQ(pay.by_kind().at("commission"), "1.00");
  EXPECT_EQ(pay.counted(), "15.00");
  EXPECT_EQ(pay.tips(), "2.00");
  EXPECT_EQ(pay.debits(), "1.00");
  EXPECT_FALSE(pay.has_top_up());
  EXPECT_EQ(pay.per_hour().at("ONLINE"), "15.000000000000");
  EXPECT_EQ(pay.per_hour().at("ENGAGED"), "30.000000000000");
  // 1 - (9 + 5) / 16; mean of 1 - 9/12 and 1 - 5/4.
  EXPECT_EQ(pay.take_rate().ratio_of_sums(), "0.125000000000");
  EXPECT_EQ(pay.take_rate().mean_of_ratios(), "0.000000000000");
  EXPECT_EQ(pay.take_rate().n(), 2);
  EXPECT_EQ(pay.take_rate().subsidised(), 1);
}

// The store has added lines that name a task to that task's pay; the others
// count once here.
TEST(PayTest, LinesCountOnce) {
  FakeLog log;
  std::vector<std::string> columns = kAllColumns;
  columns.push_back("pay.amount");
  log.Columns(columns);
  FakeWorker worker = PaidWorker();
  worker.pay = {NewLine("b", v1::PAY_BASE, 5 * kUnit),
                NewLine("", v1::PAY_BONUS, 3 * kUnit),
                NewLine("no such task", v1::PAY_NIGHT, 1 * kUnit)};
  const v1::Pay pay = log.Run({worker}).measures().pay();
  EXPECT_EQ(pay.counted(), "19.00");
  EXPECT_EQ(pay.by_kind().at("bonus"), "3.00");
  EXPECT_EQ(pay.top_up(), "0.00");
}

TEST(DurationsTest, PrebookedOrdersAreLeftOut) {
  FakeLog log;
  log.Columns(kAllColumns);
  FakeWorker worker{.id = "w"};
  for (int i = 0; i < 4; ++i) {
    worker.tasks.push_back(Delivered("t", 100, 100 + (1 << i)));
    worker.tasks.back().placed_at = 0;
    worker.tasks.back().prebooked = i == 3;
  }
  worker.tasks.push_back(Delivered("u", 100, 90));  // Out of order.
  const v1::AuditResult result = log.Run({worker});
  const v1::DurationStats accept =
      result.measures().durations().at("acceptToDone");
  // numpy.quantile([1, 2, 4, 8], [.1, .5, .9]) is 1.3, 3, 6.8.
  EXPECT_EQ(accept.n(), 4);
  EXPECT_EQ(accept.mean(), "3.750000000000");
  EXPECT_EQ(accept.p10(), "1.300000000000");
  EXPECT_EQ(accept.p50(), "3.000000000000");
  EXPECT_EQ(accept.p90(), "6.800000000000");
  EXPECT_EQ(result.measures().durations().at("placedToDone").n(), 3);
  EXPECT_EQ(result.measures().durations().at("waitAtPickup").n(), 0);
}

TEST(TargetsTest, LateIsStrictlyAfter) {
  FakeLog log;
  log.Columns(kAllColumns);
  FakeWorker worker{.id = "w"};
  for (const int64_t slack : {-30, -10, 0, 20}) {
    worker.tasks.push_back(Delivered("t", 0, 1000));
    worker.tasks.back().promised_at = (1000 + slack) * 1000;
  }
  const v1::AuditResult result = log.Run({worker});
  const v1::Target& promise = result.measures().targets().promise();
  EXPECT_EQ(promise.n(), 4);
  EXPECT_EQ(promise.late(), 2);
  EXPECT_EQ(promise.share_late(), "0.500000000000");
  EXPECT_EQ(promise.late_mean_s(), "20.000000000000");
  EXPECT_EQ(promise.slack_quantiles_s().at("p50"), "-5.000000000000");
  EXPECT_EQ(promise.slack_quantiles_s().at("p25"), "-15.000000000000");
  EXPECT_EQ(result.measures().targets().limit().n(), 0);
}

// 4,200 m in 900 s are 16.8 km/h: over 15, not over 25; at 15 km/h they take
// 1,008 s, 108 more than allowed.
TEST(TargetsTest, SpeedThatTheTargetAsksFor) {
  FakeLog log;
  log.Columns(kAllColumns);
  FakeWorker worker{.id = "w"};
  worker.tasks = {Delivered("t", 0, 800), Delivered("u", 0, 800)};
  for (replay::Task& task : worker.tasks) {
    task.route_distance = 4'200'000;
    task.limit_at = 900'000;
  }
  worker.tasks[1].planned_wait = 900'000;
  const v1::Speed speed =
      log.Run({worker}).measures().targets().limit().speed();
  EXPECT_EQ(speed.n(), 2);
  EXPECT_EQ(speed.over15(), 2);
  EXPECT_EQ(speed.over25(), 1);
  EXPECT_EQ(speed.impossible(), 1);
  EXPECT_EQ(speed.missing_s(), 108 + 1008);
  EXPECT_EQ(speed.median_kmh(), "16.800000000000");
}

// Workers of one stratum with durations 1..k per worker and one target each.
std::vector<FakeWorker> RankedWorkers(int64_t target_s) {
  std::vector<FakeWorker> workers;
  for (int w = 0; w < 12; ++w) {
    FakeWorker worker{.id = absl::StrCat("w", w)};
    for (int i = 0; i < 5; ++i) {
      const int64_t start = (i * 7) * 86400 + 8 * 3600 + w * 600;
      worker.tasks.push_back(
          Delivered("t", start, start + 600 + 10 * (w * 5 + i)));
      worker.tasks.back().limit_at = (start + target_s) * 1000;
    }
    workers.push_back(worker);
  }
  return workers;
}

// 60 durations of 600, 610, ..., 1190 s, target 895 s for all: met by the 30
// of workers 0 to 5. Their own five count out: 6 x 5 x 25/55 + 6 x 5 x 30/55.
TEST(TargetsTest, RankLeavesTheWorkerOut) {
  FakeLog log;
  log.Columns(kAllColumns);
  const v1::Rank rank =
      log.Run(RankedWorkers(895)).measures().targets().limit().rank();
  EXPECT_EQ(rank.n(), 60);
  EXPECT_EQ(rank.workers(), 12);
  EXPECT_EQ(rank.pi(), "0.500000000000");  // (750 + 900) / 55 / 60
  EXPECT_EQ(rank.coverage(), "1.000000000000");
  EXPECT_EQ(rank.margin(), "0.000000000000");
  EXPECT_EQ(rank.strictness_index(), "0.000000000000");
  EXPECT_EQ(rank.reference(), "OBS");
  // Observed durations never acquit.
  EXPECT_EQ(rank.verdict(), "CANNOT_CONCLUDE(DEP)");
  ASSERT_EQ(rank.strata_size(), 1);
  EXPECT_EQ(rank.strata(0).p50_s(), "895.000000000000");
}

TEST(TargetsTest, TargetsAtTheFastestAreStrictest) {
  FakeLog log;
  log.Columns(kAllColumns);
  const v1::Rank rank =
      log.Run(RankedWorkers(500)).measures().targets().limit().rank();
  EXPECT_EQ(rank.pi(), "0.000000000000");
  EXPECT_EQ(rank.strictness_index(), "1.000000000000");
  EXPECT_EQ(rank.verdict(), "STRICTEST");
}

TEST(TargetsTest, UndeliveredTasksBoundTheRank) {
  FakeLog log;
  log.Columns(kAllColumns);
  std::vector<FakeWorker> workers = RankedWorkers(895);
  // A worker of its own whose five tasks were cancelled after 100 s.
  FakeWorker quitter{.id = "quitter"};
  for (int i = 0; i < 5; ++i) {
    replay::Task task = NewTask("c");
    task.accepted_at = (i * 7 * 86400 + 8 * 3600) * int64_t{1000};
    task.cancelled_at = task.accepted_at + 100'000;
    task.status = v1::STATUS_CANCELLED_CUSTOMER;
    quitter.tasks.push_back(task);
  }
  workers.push_back(quitter);
  const v1::Rank rank = log.Run(workers).measures().targets().limit().rank();
  EXPECT_EQ(rank.pi(), "0.500000000000");
  EXPECT_EQ(rank.pi_low(), "0.458333333333");   // 1650 / 60 / 60
  EXPECT_EQ(rank.pi_high(), "0.541666666667");  // (1650 + 300) / 60 / 60
}

TEST(TargetsTest, TooFewToCompare) {
  FakeLog log;
  log.Columns(kAllColumns);
  std::vector<FakeWorker> workers = RankedWorkers(895);
  workers.resize(9);  // Ten workers are asked for.
  const v1::AuditResult result = log.Run(workers);
  const v1::Rank& rank = result.measures().targets().limit().rank();
  EXPECT_FALSE(rank.has_pi());
  EXPECT_EQ(rank.verdict(), "CANNOT_CONCLUDE(N)");
  EXPECT_FALSE(FindCoverage(result, "targets.limit.rank")->runnable());
}

// Zones of five workers each are too small; merged they are not.
TEST(TargetsTest, SmallStrataBackOff) {
  FakeLog log;
  log.Columns(kAllColumns);
  const replay::Symbol east = log.store.Add("east");
  const replay::Symbol west = log.store.Add("west");
  std::vector<FakeWorker> workers = RankedWorkers(895);
  for (size_t w = 0; w < workers.size(); ++w) {
    for (replay::Task& task : workers[w].tasks) {
      task.zone = w % 2 ? east : west;
    }
  }
  const v1::Rank rank = log.Run(workers).measures().targets().limit().rank();
  EXPECT_EQ(rank.pi(), "0.500000000000");
  ASSERT_EQ(rank.strata_size(), 1);
  EXPECT_THAT(rank.strata(0).stratum(), HasSubstr("all zones"));
}

TEST(AllocationTest, WorkersWithNothingAreZeros) {
  FakeLog log;
  log.Columns(kAllColumns);
  std::vector<FakeWorker> workers;
  for (int w = 0; w < 5; ++w) {
    FakeWorker worker{.id = std::string(1, 'a' + w)};
    worker.sessions = {{.started_at = 0, .ended_at = 3600'000}};
    workers.push_back(worker);
  }
  workers[4].tasks = {Delivered("t", 0, 60), Delivered("u", 60, 90)};
  SetPay(workers[4].tasks[0], v1::PAY_BASE, 7 * kUnit);
  const v1::Allocation allocation = log.Run(workers).measures().allocation();
  EXPECT_EQ(allocation.tasks().workers(), 5);
  EXPECT_EQ(allocation.tasks().n(), "2");
  EXPECT_EQ(allocation.tasks().gini(), "0.800000000000");
  EXPECT_EQ(allocation.tasks().gini_corrected(), "1.000000000000");
  EXPECT_EQ(allocation.tasks().jain(), "0.200000000000");
  EXPECT_FALSE(allocation.tasks().has_theil_l());
  EXPECT_EQ(allocation.pay().n(), "7.00");
  EXPECT_EQ(allocation.tasks_per_online_hour().gini(), "0.800000000000");
  EXPECT_EQ(allocation.pay_per_online_hour().n(), "7.000000000");
  EXPECT_EQ(allocation.offers().offered(), 2);
  EXPECT_EQ(allocation.offers().acceptance_rate(), "1.000000000000");
}

TEST(AllocationTest, OffersComeFromTheirTable) {
  FakeLog log;
  std::vector<std::string> columns = kAllColumns;
  columns.insert(columns.end(), {"offers.moment_id", "offers.response"});
  log.Columns(columns);
  FakeWorker worker = FiveTasks();
  worker.offers = {
      NewOffer(1, v1::RESPONSE_ACCEPTED), NewOffer(1, v1::RESPONSE_REJECTED),
      NewOffer(1, v1::RESPONSE_EXPIRED), NewOffer(0, v1::RESPONSE_NOT_OFFERED)};
  const v1::OfferCounts offers =
      log.Run({worker}).measures().allocation().offers();
  EXPECT_EQ(offers.offered(), 3);
  EXPECT_EQ(offers.accepted(), 1);
  EXPECT_EQ(offers.rejected(), 1);
  EXPECT_EQ(offers.expired(), 1);
  EXPECT_EQ(offers.acceptance_rate(), "0.333333333333");
}

// Two couriers at 10 an order and 15 an hour: 3 orders in 1 h earn 30, one
// order in 2 h is topped up from 10 to 30.
TEST(MdrpTest, GuaranteeAndUtilization) {
  FakeLog log;
  log.Columns(kAllColumns);
  log.log.mdrp = {
      .present = true,
      .pickup_service = 4 * replay::kMinute,
      .dropoff_service = 4 * replay::kMinute,
      .target_click_to_door = 40 * replay::kMinute,
      .pay_per_order = 10 * kUnit,
      .guaranteed_per_hour = 15 * kUnit,
      .orders_total = 5,
      .driving = {{"c1", 20 * replay::kMinute}, {"c2", 30 * replay::kMinute}}};
  FakeWorker first{.id = "c1"};
  first.sessions = {{.started_at = 0, .ended_at = replay::kHour}};
  for (const int minute : {10, 10, 30}) {
    replay::Task task = Delivered("o", minute * 60, (minute + 25) * 60);
    task.placed_at = 0;
    task.ready_at = minute * replay::kMinute;
    task.picked_up_at = (minute + 5) * replay::kMinute;
    first.tasks.push_back(task);
  }
  FakeWorker second{.id = "c2"};
  second.sessions = {{.started_at = 0, .ended_at = 2 * replay::kHour}};
  second.tasks = {Delivered("p", 0, 600)};
  second.tasks[0].placed_at = 0;
  const v1::Mdrp mdrp = log.Run({first, second}).measures().mdrp();
  EXPECT_EQ(mdrp.orders_delivered(), 4);
  EXPECT_EQ(mdrp.orders_total(), 5);
  EXPECT_EQ(mdrp.total_payment(), "60.00");
  EXPECT_EQ(mdrp.share_on_guarantee(), "0.500000000000");
  EXPECT_EQ(mdrp.orders_per_bundle().count(), 3);
  EXPECT_EQ(mdrp.orders_per_bundle().max(), "2.000000000000");
  EXPECT_EQ(mdrp.orders_per_hour().mean(), "1.750000000000");
  // (20 + 3 x 4 + 2 x 4) / 60 and (30 + 4 + 4) / 120.
  EXPECT_EQ(mdrp.utilization().max(), "0.666666666667");
  EXPECT_EQ(mdrp.utilization().min(), "0.316666666667");
  EXPECT_EQ(mdrp.guaranteed_earnings().mean(), "22.500000000000");
  // Sample deviation of 15 and 30.
  EXPECT_THAT(mdrp.guaranteed_earnings().std(), StartsWith("10.6066017"));
  EXPECT_EQ(mdrp.click_to_door_overage().max(), "15.000000000000");
  EXPECT_EQ(mdrp.ready_to_pickup().p50(), "5.000000000000");
}

TEST(WorkerRowTest, UnknownCellsAreAbsent) {
  FakeLog log;
  log.Columns({"tasks.accepted_at", "tasks.completed_at", "tasks.limit_at"});
  FakeWorker worker = FiveTasks();
  worker.tasks[0].limit_at = 599'000;
  worker.tasks[1].limit_at = 900'000;
  FakeLog::Show(worker, [&](const replay::WorkerTimeline& timeline) {
    const v1::WorkerRow row = MakeWorkerRow(timeline, log.context);
    EXPECT_EQ(row.worker_id(), "w1");
    EXPECT_EQ(row.tasks(), 5);
    EXPECT_EQ(row.delivered(), 5);
    EXPECT_EQ(row.engaged_s(), 1800);
    EXPECT_EQ(row.late_limit(), 1);
    EXPECT_EQ(row.longest_run_s(), 2600);
    EXPECT_FALSE(row.has_late_promise());
    EXPECT_FALSE(row.has_online_s());
    EXPECT_FALSE(row.has_pay_counted());
    EXPECT_FALSE(row.has_offers());
  });
}

std::vector<FakeWorker> RandomWorkers(FakeLog& log, int seed) {
  std::mt19937 random(seed);
  const std::vector<replay::Symbol> zones = {0, log.store.Add("n"),
                                             log.store.Add("s")};
  std::vector<FakeWorker> workers;
  for (int w = 0; w < 30; ++w) {
    FakeWorker worker{.id = absl::StrCat("w", w)};
    worker.sessions = {{.started_at = 0,
                        .ended_at = (3600 + int64_t(random() % 99999)) * 1000}};
    for (int i = 0; i < 40; ++i) {
      const int64_t start = random() % (14 * 86400);
      const int64_t length = 300 + random() % 2000;
      replay::Task task = Delivered("t", start, start + length);
      task.completed_at += random() % 3 == 0 ? random() % 1000 : 0;
      task.limit_at = (start + 300 + random() % 2000) * 1000;
      task.promised_at = task.limit_at + 1;
      task.picked_up_at = task.accepted_at + 100;
      task.zone = zones[random() % 3];
      task.route_distance = random() % 6'000'000;
      SetPay(task, v1::PAY_BASE, random() % 10'000'000);
      task.customer_total = random() % 20'000'000;
      if (random() % 9 == 0) {
        task.delivered = false;
        task.status = v1::STATUS_CANCELLED_PLATFORM;
        task.cancelled_at = task.completed_at;
        task.completed_at = replay::kUnknown;
      }
      worker.tasks.push_back(task);
    }
    workers.push_back(worker);
  }
  return workers;
}

TEST(AllMeasuresTest, PartsAndOrderGiveTheSameBytes) {
  FakeLog log;
  log.Columns(kAllColumns);
  std::vector<FakeWorker> workers = RandomWorkers(log, 11);
  std::string whole_states;
  const v1::AuditResult whole = log.Run(workers, 1, &whole_states);
  ASSERT_TRUE(whole.measures().targets().limit().rank().has_pi());
  ASSERT_TRUE(whole.measures().targets().limit().rank().has_lo());
  std::mt19937 random(1);
  for (const int parts : {2, 3, 7}) {
    SCOPED_TRACE(parts);
    std::shuffle(workers.begin(), workers.end(), random);
    std::string states;
    const v1::AuditResult result = log.Run(workers, parts, &states);
    EXPECT_EQ(result.DebugString(), whole.DebugString());
    EXPECT_EQ(states, whole_states);
  }
}

// Absorbing keeps tasks as records and saves the second pass; where records
// may not be kept they are folded, and the second pass runs. Neither shows.
TEST(AllMeasuresTest, AbsorbingGivesTheSameAsStates) {
  for (const bool milliseconds : {false, true}) {
    FakeLog log;
    log.Columns(kAllColumns);
    std::vector<FakeWorker> workers = RandomWorkers(log, 14);
    // Far values go their own way through the records.
    workers[3].tasks[5].limit_at += int64_t{1} << 40;
    workers[4].tasks[5].completed_at += int64_t{1} << 40;
    for (FakeWorker& worker : workers) {
      for (replay::Task& task : worker.tasks) {
        if (!milliseconds && replay::IsKnown(task.completed_at)) {
          task.completed_at = task.completed_at / 1000 * 1000;
        }
      }
    }
    const std::string whole = log.Run(workers).DebugString();
    std::mt19937 random(2);
    for (const int parts : {1, 2, 3, 7}) {
      SCOPED_TRACE(parts);
      std::shuffle(workers.begin(), workers.end(), random);
      int second_passes = 0;
      log.context.kept_bytes = int64_t{1} << 30;
      EXPECT_EQ(log.RunAbsorbing(workers, parts, &second_passes).DebugString(),
                whole);
      EXPECT_EQ(second_passes, 0);
      log.context.kept_bytes = 0;
      EXPECT_EQ(log.RunAbsorbing(workers, parts, &second_passes).DebugString(),
                whole);
      EXPECT_EQ(second_passes, 2);  // Of targets and of erosion.
    }
  }
}

TEST(AllMeasuresTest, RenamingWorkersChangesNothing) {
  FakeLog log;
  log.Columns(kAllColumns);
  std::vector<FakeWorker> workers = RandomWorkers(log, 12);
  // Of these, intervals draw workers by a hash of the id, and days name them.
  const auto figures = [&] {
    v1::Measures measures = log.Run(workers).measures();
    measures.clear_strictness();
    measures.clear_erosion();
    measures.clear_workload();
    return measures.DebugString();
  };
  const std::string before = figures();
  for (size_t w = 0; w < workers.size(); ++w) {
    workers[w].id = absl::StrCat("x", (w * 7 + 3) % 30);
  }
  EXPECT_EQ(figures(), before);
}

TEST(AllMeasuresTest, UnionNeverExceedsSumAndRankKeepsItsBounds) {
  for (int seed = 0; seed < 5; ++seed) {
    FakeLog log;
    log.Columns(kAllColumns);
    const v1::Measures measures = log.Run(RandomWorkers(log, seed)).measures();
    EXPECT_LE(measures.hours().total().engaged(),
              measures.hours().total().task_sum());
    const v1::Rank& rank = measures.targets().limit().rank();
    EXPECT_LE(std::stod(rank.lo()), std::stod(rank.pi()));
    EXPECT_LE(std::stod(rank.pi()), std::stod(rank.hi()));
    EXPECT_LE(std::stod(rank.pi_low()), std::stod(rank.pi()));
    EXPECT_LE(std::stod(rank.pi_low()), std::stod(rank.pi_high()));
  }
}

TEST(AllMeasuresTest, EmptyLogGivesCoverageAndNoFigures) {
  FakeLog log;
  const v1::AuditResult result = log.Run({});
  EXPECT_FALSE(result.measures().hours().total().has_engaged());
  EXPECT_FALSE(result.measures().has_mdrp());
  EXPECT_FALSE(result.measures().allocation().has_tasks());
  for (const char* path : {"hours.runs", "pay.counted", "pay.takeRate",
                           "targets.limit", "targets.promise.rank",
                           "durations.acceptToDone", "allocation.offers"}) {
    SCOPED_TRACE(path);
    const v1::Coverage* coverage = FindCoverage(result, path);
    ASSERT_NE(coverage, nullptr);
    EXPECT_FALSE(coverage->runnable());
    EXPECT_FALSE(coverage->reason().empty());
    EXPECT_FALSE(coverage->reason_zh().empty());
  }
}

TEST(AllMeasuresTest, DamagedStateIsRefused) {
  FakeLog log;
  for (const auto& measure : MakeMeasures(log.context, {})) {
    v1::MeasureState state;
    state.set_id(std::string(measure->id()));
    state.set_state("\x0b\xff");
    EXPECT_THAT(std::string(measure->Merge(state).message()),
                HasSubstr("cannot be read"));
  }
}

TEST(PlanTest, DefaultsStayWhereTheFileIsSilent) {
  const absl::StatusOr<v1::AuditPlan> plan =
      ParsePlan("run_gap_s: 900\ndistance_bands_m: [500, 1500]\n", "p");
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->run_gap_s(), 900);
  EXPECT_EQ(plan->distance_bands_m_size(), 2);
  EXPECT_EQ(plan->seed(), 20260101u);
  EXPECT_EQ(plan->margin_varying(), "0.07");
}

TEST(PlanTest, BrokenPlansAreRefusedWithTheirPlace) {
  struct Broken {
    const char* text;
    const char* place;
    const char* words;
  };
  for (const Broken& broken :
       {Broken{"name: \"x\"\nrun_gap: 3\n", "p:2:", "run_gap"},
        Broken{"run_gap_s: 5\nstratum_min_workers: 1\n", "p:2:", "at least 2"},
        Broken{"distance_bands_m: [2000, 1000]", "p:1:", "ascending"},
        Broken{"middle: \"half\"", "p:1:", "decimal"},
        Broken{"\nname: \"\\377\"", "p:2:1:", "not UTF-8"},
        Broken{"speed_low_kmh: 30", "p:", "at least 30"}}) {
    SCOPED_TRACE(broken.text);
    const absl::StatusOr<v1::AuditPlan> plan = ParsePlan(broken.text, "p");
    ASSERT_FALSE(plan.ok());
    EXPECT_THAT(std::string(plan.status().message()),
                AllOf(StartsWith(broken.place), HasSubstr(broken.words)));
  }
  EXPECT_EQ(LoadPlan("no/such/plan").status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace plumbline::audit
