#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <deque>

#include "absl/strings/str_cat.h"
#include "audit/measures/erosion_cells.h"
#include "audit/measures/erosion_index.h"
#include "audit/measures/erosion_pulls.h"
#include "audit/measures/plan.h"
#include "audit/stats/hash.h"
#include "tests/stats_measures/fake_log.h"

namespace plumbline::audit {
namespace {

using ::testing::DoubleNear;

constexpr int64_t kWeekSeconds = 7 * 86400;
// 1970-01-05 12:00, a Monday.
constexpr int64_t kFirstMonday = 4 * 86400 + 12 * 3600;

std::vector<QuantityWeeks> IndexedOf(const ErosionStrata& strata,
                                     const v1::AuditPlan& plan) {
  std::vector<QuantityWeeks> indexed;
  for (int q = 0; q < kIndexed; ++q) {
    indexed.emplace_back(strata, static_cast<Quantity>(q), plan);
  }
  return indexed;
}

// 1800, 2400 with 100, 50 orders to 1620, 2280 with 80, 120: L 23/25, P 14/15,
// F 0.9266426855, while the plain mean goes from 2000 to 2016.
TEST(IndexTest, PublishedFigures) {
  const std::vector<StratumPair> strata = {{180'000, 100, 80 * 1620, 80},
                                           {120'000, 50, 120 * 2280, 120}};
  const std::optional<IndexPoint> point = IndexOf(strata);
  ASSERT_TRUE(point.has_value());
  EXPECT_THAT(point->laspeyres, DoubleNear(23.0 / 25, 1e-12));
  EXPECT_THAT(point->paasche, DoubleNear(14.0 / 15, 1e-12));
  EXPECT_THAT(point->fisher, DoubleNear(0.9266426855, 1e-10));
  EXPECT_DOUBLE_EQ(point->crude_0, 2000);
  EXPECT_DOUBLE_EQ(point->crude_1, 2016);
  EXPECT_DOUBLE_EQ(point->matched, 1);
}

TEST(IndexTest, WhatHasNoLikeIsLeftOut) {
  EXPECT_FALSE(IndexOf({}).has_value());
  // In one period only, and too few to be like: out of the index, but of the
  // share that has a like as well.
  std::vector<StratumPair> strata = {
      {100, 10, 50, 10}, {100, 30, 0, 0}, {100, 50, 300, 100, false}};
  const std::optional<IndexPoint> point = IndexOf(strata);
  ASSERT_TRUE(point.has_value());
  EXPECT_DOUBLE_EQ(point->fisher, 0.5);
  EXPECT_DOUBLE_EQ(point->matched, 20.0 / 200);
  strata.erase(strata.begin());
  EXPECT_FALSE(IndexOf(strata).has_value());
}

// t.975(5) is 2.570581835636, and two-sided that is 0.05.
TEST(IndexTest, PValueOfTheMargin) {
  EXPECT_NEAR(IndexPValue(0.99 * std::exp(-0.02570581835636), 0.01, 6, 0.99),
              0.05, 1e-9);
  EXPECT_EQ(IndexPValue(1, 0, 6, 1), 1);
  EXPECT_EQ(IndexPValue(1, 0, 6, 0.99), 0);
}

// Six workers of one stratum, prices 1 before, and 1 1 1 1 1 2 after: by the
// formula each moves ln F by t/7 - 1/6, so by -1/42 five times and by 5/42;
// 6/5 (5/42^2 + 25/42^2) = 1/49. t.975(5) is 2.570581835636.
TEST(ReplicatesTest, InfluenceByHand) {
  ErosionStrata strata;
  ErosionCells::Cell before, after;
  before.week = 0;
  before.sums.total[kLimitTime] = before.sums.number[kLimitTime] = 6;
  after.week = 9;
  after.sums.total[kLimitTime] = 7;
  after.sums.number[kLimitTime] = 6;
  strata[StratumKey()] = {before, after};
  v1::AuditPlan plan = DefaultPlan();
  plan.set_erosion_min_tasks(6);
  const std::vector<QuantityWeeks> indexed = IndexedOf(strata, plan);
  const ErosionPulls pulls(strata, indexed);
  const int size = pulls.statistics().size();
  EXPECT_EQ(size, kNamedStatistics + 2);
  ErosionReplicates whole(plan, 6, size),
      parts[2] = {{plan, 6, size}, {plan, 6, size}};
  for (int w = 0; w < 6; ++w) {
    ErosionPulls::Row row(size);
    QuantitySums task;
    task.total[kLimitTime] = task.number[kLimitTime] = 1;
    pulls.Add(pulls.StratumOf(StratumKey()), 0, task, &row);
    task.total[kLimitTime] = w == 5 ? 2 : 1;
    pulls.Add(pulls.StratumOf(StratumKey()), 9, task, &row);
    // Weeks that no period holds move nothing.
    pulls.Add(pulls.StratumOf(StratumKey()), 5, task, &row);
    EXPECT_EQ(row.rows[IndexStatistic(kLimitTime)], 2);
    whole.AddWorker(Mix(w), row);
    parts[w % 2].AddWorker(Mix(w), row);
  }
  whole.Close();
  const double fisher = 7.0 / 6;
  const auto interval = whole.Of(IndexStatistic(kLimitTime), fisher);
  EXPECT_EQ(interval.clusters, 6);
  EXPECT_STREQ(interval.method, "clustered t");
  EXPECT_NEAR(interval.log_error, 1.0 / 7, 1e-10);
  EXPECT_NEAR(interval.low, fisher * std::exp(-2.570581835636 / 7), 1e-9);
  EXPECT_EQ(interval.spread.median(), 2);
  EXPECT_NEAR(std::stod(interval.spread.largest_change()),
              fisher * std::expm1(-5.0 / 42), 1e-10);
  EXPECT_EQ(whole.Of(IndexStatistic(kPayPerTask), 1).clusters, 0);
  // The last week against the first is the same comparison, and the first week
  // against itself does not move.
  const auto week =
      whole.Of(pulls.statistics().WeekStatistic(kLimitTime, 1), fisher);
  EXPECT_EQ(week.low, interval.low);
  EXPECT_EQ(week.high, interval.high);
  const auto same =
      whole.Of(pulls.statistics().WeekStatistic(kLimitTime, 0), 1);
  EXPECT_EQ(same.clusters, 6);
  EXPECT_EQ(same.low, 1);
  EXPECT_EQ(same.high, 1);
  // Merged through states, the other way round: the same.
  v1::ErosionState::Second states[2];
  parts[0].Save(&states[0]);
  parts[1].Save(&states[1]);
  ErosionReplicates merged(plan, 6, size);
  merged.Merge(states[1]);
  merged.Merge(states[0]);
  v1::ErosionState::Second one, other;
  whole.Save(&one);
  merged.Save(&other);
  EXPECT_EQ(one.SerializeAsString(), other.SerializeAsString());
}

// 400 workers alike but for a part of +-0.01: the logarithm has the error
// sqrt(400) * 0.01 = 0.2, and so have the replicates.
TEST(ReplicatesTest, ReplicatesHaveTheErrorOfTheParts) {
  ErosionReplicates replicates(DefaultPlan(), 400, kNamedStatistics);
  for (int w = 0; w < 400; ++w) {
    ErosionPulls::Row row(kNamedStatistics);
    row.rows[0] = 1;
    row.part[0] =
        static_cast<int64_t>(std::ldexp(w % 2 == 0 ? 0.01 : -0.01, 44));
    replicates.AddWorker(Mix(w), row);
  }
  replicates.Close();
  const auto interval = replicates.Of(0, 1);
  EXPECT_STREQ(interval.method, "linear bootstrap");
  EXPECT_NEAR(std::log(interval.low), -1.96 * 0.2, 0.04);
  EXPECT_NEAR(std::log(interval.high), 1.96 * 0.2, 0.04);
}

// A small bound is kept by uniting strata, and the state that comes out does
// not depend on how the rows were divided among parts.
TEST(CellsTest, BoundedStatesMergeToTheSameBytes) {
  FakeLog log;
  for (const size_t bound : {size_t{1000}, size_t{60}, size_t{12}}) {
    std::string first;
    int first_level = 0;
    for (const int parts : {1, 2, 5}) {
      std::vector<std::unique_ptr<ErosionCells>> cells;
      std::vector<std::unique_ptr<StratumSorter>> sorters;
      for (int p = 0; p < parts; ++p) {
        sorters.push_back(std::make_unique<StratumSorter>(log.context));
        cells.push_back(std::make_unique<ErosionCells>(bound));
      }
      for (int i = 0; i < 400; ++i) {
        const uint64_t hash = Mix(static_cast<uint64_t>(i));
        StratumKey key;
        key.zone = absl::StrCat("z", hash % 5);
        key.band = static_cast<int>(hash / 5 % 3);
        key.weather = static_cast<int>(hash / 16 % 3);
        key.load = 1 + static_cast<int>(hash / 64 % 2);
        QuantitySums sums;
        sums.total[kPromiseTime] = i;
        sums.number[kPromiseTime] = 1;
        const int p = i % parts;
        cells[p]->Add(*sorters[p], sorters[p]->CellOf(key), i % 2, sums);
      }
      ErosionCells united(bound);
      for (int p = parts - 1; p >= 0; --p) {
        v1::ErosionState state;
        cells[p]->Save(&state);
        united.Merge(state);
      }
      v1::ErosionState state;
      united.Save(&state);
      if (parts == 1) {
        first = state.SerializeAsString();
        first_level = united.level();
      }
      EXPECT_EQ(state.SerializeAsString(), first) << bound << " " << parts;
      EXPECT_EQ(united.level(), first_level);
    }
    EXPECT_EQ(first_level > 0, bound < 1000);
  }
}

class LedgerStore : public FakeStore {
 public:
  void AddRule(const std::string& id, v1::RuleTopic topic, int64_t seconds) {
    v1::PublishedRule* rule = records_.emplace_back().mutable_published_rule();
    rule->set_rule_id(id);
    rule->set_topic(topic);
    rule->set_effective_from(seconds * 1000);
  }
  const std::vector<v1::LogRecord>& small_tables() const override {
    return records_;
  }

 private:
  std::vector<v1::LogRecord> records_;
};

const std::vector<std::string> kColumns = {
    "tasks.accepted_at",      "tasks.completed_at", "tasks.limit_at",
    "tasks.pay_base",         "tasks.task_id",      "tasks.worker_id",
    "tasks.route_distance_m", "tasks.status",       "tasks.customer_total"};

// Forty workers, one task a day. `limit` gives seconds by week, `pay` major
// units; both with a little noise that is the same in every run.
std::vector<FakeWorker> Platform(int weeks,
                                 const std::function<double(int)>& limit,
                                 const std::function<double(int)>& pay) {
  std::vector<FakeWorker> workers;
  static std::deque<std::string> ids;
  for (int w = 0; w < 40; ++w) {
    FakeWorker worker{.id = absl::StrCat("worker ", w)};
    for (int day = 0; day < weeks * 7; ++day) {
      const uint64_t noise = Mix(static_cast<uint64_t>(w * 1000 + day));
      const int64_t at = kFirstMonday + int64_t{day} * 86400 + w;
      ids.push_back(absl::StrCat("t", w, "-", day));
      replay::Task task = Delivered(
          ids.back(), at, at + 900 + static_cast<int64_t>(noise % 600));
      task.limit_at = task.accepted_at +
                      static_cast<int64_t>(limit(day / 7) * 1000) +
                      static_cast<int64_t>(noise / 8 % 20'000) - 10'000;
      task.route_distance = 1'500'000;
      task.customer_total = 10 * replay::kMajorUnit;
      SetPay(task, v1::PAY_BASE,
             static_cast<int64_t>(pay(day / 7) * 1e6) +
                 static_cast<int64_t>(noise / 64 % 200'000) - 100'000);
      worker.tasks.push_back(task);
    }
    workers.push_back(worker);
  }
  return workers;
}

v1::Erosion ErosionOf(FakeLog& log, const std::vector<FakeWorker>& workers) {
  return log.Run(workers).measures().erosion();
}

double Limit(int) { return 1800; }
double Pay(int) { return 5; }

TEST(ErosionTest, NothingMoves) {
  FakeLog log;
  log.only = {"erosion"};
  log.Columns(kColumns);
  const v1::Erosion erosion = ErosionOf(log, Platform(26, Limit, Pay));
  const v1::Drift& limit = erosion.series().at("limit");
  EXPECT_EQ(limit.index().verdict(), "NO_FINDING");
  EXPECT_EQ(limit.weeks_size(), 26);
  EXPECT_EQ(limit.weeks(0).from(), "1970-01-05");
  EXPECT_EQ(limit.breaks().breaks_size(), 0);
  EXPECT_EQ(erosion.series().at("takeRate").index().verdict(), "NO_FINDING");
  EXPECT_NE(limit.trend().verdict(), "FINDING");
}

// The band of a week is that of replicates counted anew, worker by worker:
// lunch on workdays and at weekends are the strata here.
TEST(ErosionTest, BandOfAWeekIsThatOfReplicates) {
  FakeLog log;
  log.only = {"erosion"};
  log.Columns(kColumns);
  const std::vector<FakeWorker> workers = Platform(26, Limit, Pay);
  const v1::IndexWeek week =
      ErosionOf(log, workers).series().at("limit").weeks(20);
  struct Sums {
    double total[2][2] = {}, number[2][2] = {};  // By stratum and period.
  };
  std::vector<Sums> by_worker;
  for (const FakeWorker& worker : workers) {
    Sums& sums = by_worker.emplace_back();
    for (size_t day = 0; day < worker.tasks.size(); ++day) {
      if (day / 7 > 3 && day / 7 != 20) continue;
      const int period = day / 7 == 20, stratum = day % 7 > 4;
      const replay::Task& task = worker.tasks[day];
      sums.total[stratum][period] +=
          static_cast<double>(task.limit_at - task.accepted_at);
      sums.number[stratum][period] += 1;
    }
  }
  std::vector<double> counted;
  for (int b = 0; b < 999; ++b) {
    Sums all;
    for (size_t w = 0; w < workers.size(); ++w) {
      const int times =
          PoissonWeight(DefaultPlan().seed(), HashText(workers[w].id), b);
      for (int s = 0; s < 2; ++s) {
        for (int p = 0; p < 2; ++p) {
          all.total[s][p] += times * by_worker[w].total[s][p];
          all.number[s][p] += times * by_worker[w].number[s][p];
        }
      }
    }
    double sums[4] = {};
    for (int s = 0; s < 2; ++s) {
      const double n0 = all.number[s][0], n1 = all.number[s][1];
      sums[0] += all.total[s][0];
      sums[1] += all.total[s][1] / n1 * n0;
      sums[2] += all.total[s][0] / n0 * n1;
      sums[3] += all.total[s][1];
    }
    counted.push_back(std::sqrt(sums[1] / sums[0] * sums[3] / sums[2]));
  }
  std::sort(counted.begin(), counted.end());
  EXPECT_NEAR(std::stod(week.lo()), counted[24], 3e-5);
  EXPECT_NEAR(std::stod(week.hi()), counted[974], 3e-5);
  EXPECT_LT(std::stod(week.lo()), std::stod(week.index()));
}

// What the platform keeps is not known of orders without the customer's total:
// half of them are too few to conclude from.
TEST(ErosionTest, TakeRateOfHalfOfTheOrdersIsMissing) {
  FakeLog log;
  log.only = {"erosion"};
  log.Columns(kColumns);
  std::vector<FakeWorker> workers = Platform(26, Limit, Pay);
  for (FakeWorker& worker : workers) {
    for (size_t i = 0; i < worker.tasks.size(); i += 2) {
      worker.tasks[i].customer_total = replay::kUnknown;
    }
  }
  const v1::Drift drift = ErosionOf(log, workers).series().at("takeRate");
  EXPECT_NEAR(std::stod(drift.known_share()), 0.5, 0.01);
  EXPECT_EQ(drift.index().verdict(), "CANNOT_CONCLUDE(MISS)");
}

// Targets fall by a tenth in week 13: found, dated, and compared with the
// ledger.
TEST(ErosionTest, BreakAgainstTheLedger) {
  const auto limit = [](int week) { return week < 13 ? 1800.0 : 1620.0; };
  const std::vector<FakeWorker> workers = Platform(26, limit, Pay);
  FakeLog log;
  log.only = {"erosion"};
  log.Columns(kColumns);
  v1::Drift drift = ErosionOf(log, workers).series().at("limit");
  EXPECT_EQ(drift.index().verdict(), "FINDING");
  EXPECT_NEAR(std::stod(drift.index().fisher()), 0.9, 0.002);
  ASSERT_EQ(drift.breaks().breaks_size(), 1);
  EXPECT_EQ(drift.breaks().breaks(0).week(), "1970-04-06");
  EXPECT_EQ(drift.breaks().breaks(0).disclosure(), "UNKNOWN");
  EXPECT_EQ(drift.breaks().verdict(), "CANNOT_CONCLUDE(MISS)");

  std::vector<std::string> with_ledger = kColumns;
  with_ledger.push_back("published_rules.effective_from");
  for (const bool near : {false, true}) {
    LedgerStore store;
    store.AddRule("far", v1::TOPIC_TIME_ESTIMATE, kFirstMonday);
    // A rule on pay explains no target.
    store.AddRule("pay", v1::TOPIC_PIECE_RATE,
                  kFirstMonday + 13 * kWeekSeconds);
    if (near) {
      store.AddRule("near", v1::TOPIC_TIME_ESTIMATE,
                    kFirstMonday + 12 * kWeekSeconds);
    }
    FakeLog ledger;
    ledger.only = {"erosion"};
    ledger.Columns(with_ledger);
    ledger.context.store = &store;
    drift = ErosionOf(ledger, workers).series().at("limit");
    EXPECT_EQ(drift.breaks().verdict(), near ? "NO_FINDING" : "FINDING");
    ASSERT_EQ(drift.breaks().breaks_size(), 1);
    EXPECT_EQ(drift.breaks().breaks(0).rule_id(), near ? "near" : "");
  }
}

// Pay that falls by 0.4 % of its first value a week: a trend; the platform's
// part rises with it.
TEST(ErosionTest, SlowFallIsATrend) {
  FakeLog log;
  log.only = {"erosion"};
  log.Columns(kColumns);
  const v1::Erosion erosion = ErosionOf(
      log, Platform(26, Limit, [](int week) { return 5 - 0.02 * week; }));
  const v1::Trend& trend = erosion.series().at("pay").trend();
  EXPECT_EQ(trend.verdict(), "FINDING");
  EXPECT_NEAR(std::stod(trend.slope()), -0.004, 0.0005);
  EXPECT_LT(std::stod(trend.slope_lo()), std::stod(trend.slope()));
  EXPECT_GT(std::stod(trend.slope_hi()), std::stod(trend.slope()));
  EXPECT_EQ(erosion.series().at("takeRate").index().verdict(), "FINDING");
  EXPECT_GT(std::stod(erosion.series().at("takeRate").index().fisher()), 1);
}

TEST(ErosionTest, ShortLogsHaveCodes) {
  FakeLog log;
  log.only = {"erosion"};
  log.Columns(kColumns);
  v1::Drift drift =
      ErosionOf(log, Platform(1, Limit, Pay)).series().at("limit");
  EXPECT_EQ(drift.index().verdict(), "CANNOT_CONCLUDE(N)");
  EXPECT_EQ(drift.trend().verdict(), "CANNOT_CONCLUDE(N)");
  EXPECT_EQ(drift.breaks().verdict(), "CANNOT_CONCLUDE(N)");
  // Three workers are no six groups.
  std::vector<FakeWorker> few = Platform(8, Limit, Pay);
  few.resize(3);
  drift = ErosionOf(log, few).series().at("limit");
  EXPECT_EQ(drift.index().verdict(), "CANNOT_CONCLUDE(N)");
  EXPECT_TRUE(drift.index().has_fisher());
  EXPECT_FALSE(drift.index().has_lo());
}

// More weeks than twenty years hold come from faulty clocks: no series.
TEST(ErosionTest, AgesOfWeeksHaveACode) {
  FakeLog log;
  log.only = {"erosion"};
  log.Columns(kColumns);
  std::vector<FakeWorker> workers;
  for (int w = 0; w < 8; ++w) {
    FakeWorker worker{.id = absl::StrCat("w", w)};
    for (int week = 0; week < 1100; ++week) {
      const int64_t at = kFirstMonday + week * kWeekSeconds;
      worker.tasks.push_back(Delivered("t", at, at + 900));
      worker.tasks.back().limit_at = worker.tasks.back().accepted_at + 900'000;
    }
    workers.push_back(worker);
  }
  const v1::Drift drift = ErosionOf(log, workers).series().at("limit");
  EXPECT_EQ(drift.index().verdict(), "NO_FINDING");
  EXPECT_EQ(drift.trend().verdict(), "CANNOT_CONCLUDE(INT)");
  EXPECT_EQ(drift.breaks().verdict(), "CANNOT_CONCLUDE(INT)");
  EXPECT_EQ(drift.weeks_size(), 0);
}

// Half of the limits are missing: the index stands, but gives no verdict.
TEST(ErosionTest, UnknownTargetsLeaveItOpen) {
  FakeLog log;
  log.only = {"erosion"};
  log.Columns(kColumns);
  std::vector<FakeWorker> workers = Platform(
      16, [](int week) { return week < 8 ? 1800.0 : 1500.0; }, Pay);
  for (FakeWorker& worker : workers) {
    for (size_t i = 0; i < worker.tasks.size(); i += 2) {
      worker.tasks[i].limit_at = replay::kUnknown;
    }
  }
  const v1::Drift drift = ErosionOf(log, workers).series().at("limit");
  EXPECT_EQ(drift.known_share(), "0.500000000000");
  EXPECT_EQ(drift.index().verdict(), "CANNOT_CONCLUDE(MISS)");
  EXPECT_LT(std::stod(drift.index().hi()), 0.9);
}

TEST(ErosionTest, MissingColumnsAreNamed) {
  FakeLog log;
  log.only = {"erosion"};
  log.Columns({"tasks.accepted_at", "tasks.completed_at"});
  const v1::AuditResult result = log.Run(Platform(2, Limit, Pay));
  int found = 0;
  for (const v1::Coverage& coverage : result.coverage()) {
    if (coverage.test() != "erosion.series.limit") continue;
    ++found;
    EXPECT_FALSE(coverage.runnable());
    ASSERT_EQ(coverage.missing_size(), 1);
    EXPECT_EQ(coverage.missing(0), "tasks.limit_at");
  }
  EXPECT_EQ(found, 1);
  EXPECT_EQ(result.measures().erosion().series_size(), 0);
}

TEST(ErosionTest, PartsAndOrderDoNotShow) {
  FakeLog log;
  log.only = {"erosion"};
  log.Columns(kColumns);
  std::vector<FakeWorker> workers = Platform(
      17, [](int week) { return 1800.0 - 10 * week; }, Pay);
  std::string one, many;
  const v1::AuditResult first = log.Run(workers, 1, &one);
  std::reverse(workers.begin(), workers.end());
  const v1::AuditResult second = log.Run(workers, 3, &many);
  EXPECT_EQ(one, many);
  EXPECT_EQ(first.measures().erosion().DebugString(),
            second.measures().erosion().DebugString());
  int passes = 0;
  EXPECT_EQ(
      first.measures().erosion().DebugString(),
      log.RunAbsorbing(workers, 4, &passes).measures().erosion().DebugString());
  EXPECT_EQ(passes, 0);
  // Where nothing may be kept, a second look gives the same.
  log.context.kept_bytes = 1;
  EXPECT_EQ(
      first.measures().erosion().DebugString(),
      log.RunAbsorbing(workers, 4, &passes).measures().erosion().DebugString());
  EXPECT_EQ(passes, 1);
}

// Every zone has its tasks in one half of the log only, so nothing has a like
// until zones are united: then the index is that of all, and its interval too.
// Nothing narrower says the same, so there is no verdict.
TEST(ErosionTest, StrataAreUnitedUntilMostHaveALike) {
  FakeLog log;
  FakeStore store;
  log.context.store = &store;
  const replay::Symbol early = store.Add("early"), late = store.Add("late");
  log.only = {"erosion"};
  std::vector<std::string> columns = kColumns;
  columns.push_back("tasks.zone");
  log.Columns(columns);
  std::vector<FakeWorker> workers = Platform(
      16, [](int week) { return week < 8 ? 1800.0 : 1620.0; }, Pay);
  for (FakeWorker& worker : workers) {
    for (replay::Task& task : worker.tasks) {
      const bool first =
          task.accepted_at <
          (kFirstMonday + 7 * kWeekSeconds + 6 * 86'400) * replay::kSecond;
      task.zone = first ? early : late;
    }
  }
  const v1::LikeForLike index =
      ErosionOf(log, workers).series().at("limit").index();
  EXPECT_EQ(index.stratum_level(), 3);
  EXPECT_NEAR(std::stod(index.fisher()), 0.9, 0.005);
  EXPECT_TRUE(index.has_lo());
  EXPECT_EQ(index.verdict(), "CANNOT_CONCLUDE(DEP)");
}

// Six in ten workers ride in rain before and in dry weather after; the others
// in dry weather always. `limit`: seconds by week, of which rain gets 300 more.
v1::Drift DryingUp(const std::function<double(int)>& limit) {
  FakeLog log;
  FakeStore store;
  log.context.store = &store;
  const replay::Symbol dry = store.Add("dry"), rain = store.Add("rain");
  log.only = {"erosion"};
  std::vector<std::string> columns = kColumns;
  columns.push_back("tasks.weather");
  log.Columns(columns);
  std::vector<FakeWorker> workers = Platform(16, limit, Pay);
  for (size_t w = 0; w < workers.size(); ++w) {
    for (size_t day = 0; day < workers[w].tasks.size(); ++day) {
      replay::Task& task = workers[w].tasks[day];
      const bool wet = w % 10 < 6 && day < 8 * 7;
      task.weather = wet ? rain : dry;
      if (wet) task.limit_at += 300 * replay::kSecond;
    }
  }
  return ErosionOf(log, workers).series().at("limit");
}

// Once weather is dropped the limit seems to shrink, though it never did.
TEST(ErosionTest, WeatherThatUnitingMixesIsNoErosion) {
  const v1::Drift drift = DryingUp(Limit);
  EXPECT_EQ(drift.index().stratum_level(), 1);
  EXPECT_LT(std::stod(drift.index().hi()), 0.95);
  EXPECT_EQ(drift.index().verdict(), "CANNOT_CONCLUDE(DEP)");
  EXPECT_NE(drift.trend().verdict(), "FINDING");
  EXPECT_NE(drift.breaks().verdict(), "FINDING");
}

TEST(ErosionTest, ErosionInTheNarrowStrataTooIsFound) {
  const v1::Drift drift =
      DryingUp([](int week) { return week < 8 ? 1800.0 : 1620.0; });
  EXPECT_EQ(drift.index().stratum_level(), 1);
  EXPECT_EQ(drift.index().verdict(), "FINDING");
}

// Tasks of nobody known are drawn by their local day, whichever part has them.
TEST(ErosionTest, UnknownWorkersAreDrawnByDay) {
  FakeLog log;
  log.only = {"erosion"};
  log.Columns(kColumns);
  std::vector<FakeWorker> workers = Platform(
      17, [](int week) { return 1800.0 - 10 * week; }, Pay);
  for (FakeWorker& worker : workers) worker.known = false;
  const v1::AuditResult one = log.Run(workers, 1), many = log.Run(workers, 3);
  EXPECT_EQ(one.measures().erosion().DebugString(),
            many.measures().erosion().DebugString());
  const v1::LikeForLike& index =
      one.measures().erosion().series().at("limit").index();
  EXPECT_GT(index.clusters().n(), 6);
  EXPECT_TRUE(index.has_lo());
}

TEST(ErosionTest, ThePlanMovesTheMargin) {
  FakeLog log;
  log.only = {"erosion"};
  log.Columns(kColumns);
  const std::vector<FakeWorker> workers = Platform(
      26, [](int week) { return week < 13 ? 1800.0 : 1620.0; }, Pay);
  log.plan.set_erosion_margin("0.2");
  log.plan.set_ratchet_margin("0.3");
  const v1::Erosion erosion = ErosionOf(log, workers);
  EXPECT_EQ(erosion.series().at("limit").index().margin(), "0.20");
  EXPECT_EQ(erosion.series().at("limit").index().verdict(), "NO_FINDING");
  EXPECT_EQ(erosion.limit_ratchet().margin(), "0.30");
}

}  // namespace
}  // namespace plumbline::audit
