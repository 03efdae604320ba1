#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <deque>
#include <random>

#include "absl/strings/str_cat.h"
#include "audit/measures/measure_list.h"
#include "audit/stats/hash.h"
#include "tests/stats_measures/fake_log.h"

namespace plumbline::audit {
namespace {

constexpr int64_t kDaySeconds = 86'400;

// What a made-up courier town is like. Durations are 900 s and a hashed part
// up to 600 s, so that the middle is near 1,200 s and a tenth is done in 960 s.
struct Town {
  int workers = 60;
  int weeks = 6;
  int a_week = 12;  // Tasks a worker and week.
  int64_t limit_s = 1200;
  int64_t later_limit_s = -1;  // From the fourth week on; -1: the same.
  int free_every = 0;          // Every so many tasks without a limit.
  int cancel_every = 0;        // Every so many never delivered.
  int64_t rain_costs_s = 0, rain_grants_s = 0;
  bool promise = false;
  bool promise_without_limit = false;  // Of tasks without one.
  double hurry = 0;  // Last legs of 600 s, shorter by this part under pressure.
  uint64_t seed = 11;
};

class StrictnessTest : public ::testing::Test {
 protected:
  StrictnessTest() {
    log_.Columns({"tasks.accepted_at", "tasks.completed_at", "tasks.limit_at",
                  "tasks.estimates_s", "tasks.promised_at",
                  "tasks.picked_up_at", "tasks.route_distance_m"});
    zone_ = log_.store.Add("A");
    bike_ = log_.store.Add("ebike");
    rain_ = log_.store.Add("rain");
    dry_ = log_.store.Add("dry");
  }

  std::vector<FakeWorker> Make(const Town& town) {
    std::vector<FakeWorker> workers;
    for (int w = 0; w < town.workers; ++w) {
      FakeWorker worker{.id = absl::StrCat("w", w)};
      for (int i = 0; i < town.weeks * town.a_week; ++i) {
        const int week = i / town.a_week;
        // Weekdays at nine o'clock and later, 2026-01-05 being a Monday.
        const int64_t start = 1'767'571'200 + week * 7 * kDaySeconds +
                              i % 5 * kDaySeconds + 9 * 3600 +
                              (i % town.a_week / 5) * 1800 * 2;
        const uint64_t hash = HashOf(town.seed, w, i);
        const bool wet = hash / 1000 % 4 == 0;
        int64_t took = 900 + static_cast<int64_t>(hash % 601);
        if (wet) took += town.rain_costs_s;
        ids_.push_back(absl::StrCat(worker.id, "-", i));
        replay::Task task = Delivered(ids_.back(), start, start + took);
        task.zone = zone_;
        task.vehicle = bike_;
        task.weather = wet ? rain_ : dry_;
        task.route_distance =
            (2000 + static_cast<int64_t>(hash / 7 % 900)) * replay::kMetre;
        const bool free = town.free_every > 0 && i % town.free_every == 0;
        int64_t limit = week >= 3 && town.later_limit_s >= 0
                            ? town.later_limit_s
                            : town.limit_s;
        if (wet) limit += town.rain_grants_s;
        if (town.hurry > 0) {
          const int64_t leg =
              std::llrint(600 * (free ? 1 : 1 - town.hurry)) + w % 7 * 20;
          task.picked_up_at = task.completed_at - leg * replay::kSecond;
        }
        if (free && town.promise_without_limit) {
          task.promised_at = (start + limit) * replay::kSecond;
        }
        if (!free) {
          task.limit_at = (start + limit) * replay::kSecond;
          if (town.promise) {
            task.promised_at = task.limit_at + 600 * replay::kSecond;
          }
        }
        if (town.cancel_every > 0 && i % town.cancel_every == 1) {
          task.delivered = false;
          task.status = v1::STATUS_CANCELLED_CUSTOMER;
          task.cancelled_at = task.completed_at;
          task.completed_at = replay::kUnknown;
        }
        worker.tasks.push_back(task);
      }
      workers.push_back(std::move(worker));
    }
    return workers;
  }

  // The strictness measure alone, over `parts` instances.
  v1::AuditResult Run(const std::vector<FakeWorker>& workers, int parts = 1,
                      bool by_state = false) {
    std::vector<std::unique_ptr<Measure>> all;
    for (int i = 0; i < parts; ++i) {
      all.push_back(MakeStrictness(log_.context));
    }
    for (size_t w = 0; w < workers.size(); ++w) {
      FakeLog::Show(workers[w], [&](const replay::WorkerTimeline& timeline) {
        all[w % parts]->Measure::Observe(timeline);
      });
    }
    std::unique_ptr<Measure> merged = MakeStrictness(log_.context);
    for (int i = parts - 1; i >= 0; --i) {
      if (by_state) {
        v1::MeasureState state;
        all[i]->Save(&state);
        EXPECT_TRUE(merged->Merge(state).ok());
      } else {
        EXPECT_TRUE(merged->Absorb(std::move(all[i])).ok());
      }
    }
    v1::AuditResult result;
    merged->Conclude(&result);
    return result;
  }
  static const v1::StrictTarget& Limit(const v1::AuditResult& result) {
    return result.measures().strictness().limit();
  }
  static double Number(const std::string& text) {
    return std::strtod(text.c_str(), nullptr);
  }

  FakeLog log_;
  replay::Symbol zone_ = 0, bike_ = 0, rain_ = 0, dry_ = 0;
  std::deque<std::string> ids_;
};

TEST_F(StrictnessTest, RankAgainstAllTasksIsThatOfTargets) {
  const std::vector<FakeWorker> workers = Make({.cancel_every = 9});
  const v1::AuditResult result = log_.Run(workers);
  const v1::Rank& old = result.measures().targets().limit().rank();
  const v1::ReferenceRank& observed = Limit(result).references(0);
  EXPECT_EQ(observed.pi().value(), old.pi());
  EXPECT_EQ(observed.n(), old.n());
  EXPECT_NEAR(Number(observed.pi_low().value()), Number(old.pi_low()), 1e-9);
  EXPECT_NEAR(Number(observed.pi_high().value()), Number(old.pi_high()), 1e-9);
  // All are ranked, and the share on time is of the same tasks.
  EXPECT_EQ(observed.coverage(), old.coverage());
  EXPECT_EQ(Limit(result).on_time_n(), result.measures().targets().limit().n());
}

TEST_F(StrictnessTest, NobodyMeetsTheStrictest) {
  const v1::AuditResult result = Run(Make({.limit_s = 910}));
  const v1::StrictTarget& limit = Limit(result);
  EXPECT_EQ(limit.verdict(), "STRICTEST");
  // 11 of 601 durations are at most 910 s.
  EXPECT_NEAR(Number(limit.references(0).pi().value()), 11.0 / 601, 0.01);
  EXPECT_LT(Number(limit.references(0).pi_high().hi()), 0.10);
  EXPECT_FALSE(limit.reason().empty());
  EXPECT_FALSE(limit.reason_zh().empty());
}

TEST_F(StrictnessTest, AQuarterIsBelowTheMiddle) {
  const v1::AuditResult result = Run(Make({.limit_s = 1050}));
  EXPECT_EQ(Limit(result).verdict(), "BELOW_MIDDLE");
  EXPECT_NEAR(Number(Limit(result).references(0).pi().value()), 0.25, 0.03);
  ASSERT_GT(Limit(result).strata_size(), 0);
  for (const v1::StratumPosition& one : Limit(result).strata()) {
    EXPECT_LE(Number(one.p05_s()), Number(one.p10_s()));
    EXPECT_LE(Number(one.p50_s().lo()), Number(one.p50_s().value()));
    EXPECT_GE(Number(one.p50_s().hi()), Number(one.p50_s().value()));
    EXPECT_LT(Number(one.pi().hi()), 0.5);
    int64_t tasks = 0;
    for (const int64_t count : one.bins()) tasks += count;
    EXPECT_EQ(tasks, one.n());
    EXPECT_FALSE(one.stratum_zh().empty());
  }
}

// The middle of 900 to 1,500 s is 1,200: with the limit there, and mild ones,
// an accusation is chance; a limit of 1,140 s (0.40) is found.
TEST_F(StrictnessTest, AFairMiddleIsHardlyEverAccused) {
  int accused = 0, found = 0;
  for (uint64_t seed = 100; seed < 120; ++seed) {
    const v1::AuditResult fair = Run(Make({.limit_s = 1200, .seed = seed}));
    accused += Limit(fair).verdict() == "BELOW_MIDDLE" ||
               Limit(fair).verdict() == "STRICTEST";
    const v1::AuditResult tight = Run(Make({.limit_s = 1140, .seed = seed}));
    found += Limit(tight).verdict() == "BELOW_MIDDLE";
  }
  EXPECT_LE(accused, 2);
  EXPECT_GE(found, 19);
}

// Durations under a deadline never acquit: without tasks free of pressure the
// mild target stays undecided.
TEST_F(StrictnessTest, OnlyUnpressuredTasksAcquit) {
  const v1::AuditResult pressed = Run(Make({.limit_s = 1380}));
  EXPECT_EQ(Limit(pressed).verdict(), "CANNOT_CONCLUDE(DEP)");
  const v1::AuditResult free = Run(Make({.limit_s = 1380, .free_every = 4}));
  EXPECT_EQ(Limit(free).references(2).verdict(), "AT_OR_ABOVE_MIDDLE");
  EXPECT_EQ(Limit(free).verdict(), "AT_OR_ABOVE_MIDDLE");
  // Free ones are the quarter without a limit, and the limits at or above what
  // 95 of 100 took before (900 + 0.95 * 600 = 1470): none.
  EXPECT_NEAR(static_cast<double>(Limit(free).references(2).durations()),
              60 * 72 / 4, 60 * 72 / 40);
}

TEST_F(StrictnessTest, TheBasePeriodStopsTheMovingGoalpost) {
  // Six weeks: the first is the base. The limit falls in the fourth.
  const v1::AuditResult result =
      Run(Make({.limit_s = 1200, .later_limit_s = 930}));
  const v1::Strictness& all = result.measures().strictness();
  EXPECT_EQ(all.base_from(), "2026-01-05");
  EXPECT_EQ(all.base_to(), "2026-01-11");
  const v1::ReferenceRank& base = Limit(result).references(1);
  EXPECT_EQ(base.reference(), "BASE");
  // Two weeks at .5 and three at .05.
  EXPECT_NEAR(Number(base.pi().value()), (2 * 0.5 + 3 * 0.05) / 5, 0.04);
  // Of 12 tasks a week two are at lunch, on two days only: too few days.
  EXPECT_EQ(base.n(), 60 * 10 * 5);
}

TEST_F(StrictnessTest, BoundsLetTheUndeliveredArriveOrNot) {
  const v1::AuditResult result = Run(Make({.cancel_every = 4}));
  const v1::ReferenceRank& rank = Limit(result).references(0);
  EXPECT_LT(Number(rank.pi_low().value()), Number(rank.pi().value()));
  // Cancelled when they would have arrived, so high is near the true share and
  // Kaplan-Meier between the ends.
  EXPECT_NEAR(Number(rank.pi_high().value()), Number(rank.pi().value()), 0.03);
  EXPECT_GT(Number(rank.pi_kaplan_meier()), Number(rank.pi_low().value()));
  EXPECT_LT(Number(rank.pi_kaplan_meier()),
            Number(rank.pi_high().value()) + 0.01);
}

TEST_F(StrictnessTest, SpeedOfHandWorkedTasks) {
  // 4,200 m in 900 s is 16.8 km/h; with 180 s of planned wait 21.
  FakeWorker worker{.id = "a"};
  replay::Task task = Delivered("t", 1'767'571'200, 1'767'572'000);
  task.limit_at = task.accepted_at + 900 * replay::kSecond;
  task.route_distance = 4200 * replay::kMetre;
  worker.tasks.push_back(task);
  task.accepted_at += 3'600'000;
  task.completed_at += 3'600'000;
  task.limit_at += 3'600'000;
  task.planned_wait = 900 * replay::kSecond;  // No time left to ride.
  worker.tasks.push_back(task);
  task.accepted_at += 3'600'000;
  task.completed_at += 3'600'000;
  task.limit_at += 3'600'000;
  task.route_distance = replay::kUnknown;
  worker.tasks.push_back(task);
  const v1::AuditResult result = Run({worker});
  const v1::SpeedTest& post = Limit(result).speed_ex_post();
  EXPECT_EQ(post.n(), 2);
  EXPECT_EQ(post.unknown(), 1);
  EXPECT_EQ(post.over15(), 2);
  EXPECT_EQ(post.over25(), 0);
  EXPECT_EQ(post.impossible(), 0);
  EXPECT_EQ(post.median_kmh(), "16.800000000000");
  // ceil(3.6 * 4200 / 15) = 1008 s, 108 too few each.
  EXPECT_EQ(post.missing_s(), 216);
  EXPECT_EQ(post.verdict(), "FINDING");
  const v1::SpeedTest& ante = Limit(result).speed_ex_ante();
  EXPECT_EQ(ante.over25(), 1);
  EXPECT_EQ(ante.impossible(), 1);
  EXPECT_EQ(ante.waits_planned(), 2);
  EXPECT_EQ(ante.waits_unknown(), 1);
  // One of three has no route: the share above 15 is 2/3 at least.
  EXPECT_EQ(ante.share_over15().lo(), "0.666666666667");
  EXPECT_EQ(ante.share_over15().hi(), "1.000000000000");
  // One worker carries no interval and no verdict on ranks.
  EXPECT_EQ(Limit(result).verdict(), "CANNOT_CONCLUDE(N)");
}

TEST_F(StrictnessTest, WaitOfThePlaceStandsInForThePlan) {
  FakeWorker worker{.id = "a"};
  // A week with a wait of 300 s, then a task of which no wait is known: 4,200 m
  // in 900 - 300 s are 25.2 km/h.
  for (int week = 0; week < 2; ++week) {
    replay::Task task = Delivered(week == 0 ? "t0" : "t1",
                                  1'767'571'200 + week * 7 * kDaySeconds,
                                  1'767'572'000 + week * 7 * kDaySeconds);
    task.limit_at = task.accepted_at + 900 * replay::kSecond;
    task.route_distance = 4200 * replay::kMetre;
    if (week == 0) {
      task.arrived_pickup_at = task.accepted_at + 60 * replay::kSecond;
      task.picked_up_at = task.arrived_pickup_at + 300 * replay::kSecond;
    }
    worker.tasks.push_back(task);
  }
  const v1::AuditResult result = Run({worker});
  EXPECT_EQ(Limit(result).speed_ex_ante().waits_of_place(), 1);
  EXPECT_EQ(Limit(result).speed_ex_ante().waits_unknown(), 1);
  EXPECT_EQ(Limit(result).speed_ex_ante().over25(), 1);
  EXPECT_EQ(Limit(result).speed_ex_post().over25(), 1);
  EXPECT_EQ(Limit(result).speed_ex_post().waits_recorded(), 1);
}

TEST_F(StrictnessTest, RainThatCostsAndIsHalfGranted) {
  const v1::AuditResult result =
      Run(Make({.rain_costs_s = 400, .rain_grants_s = 200}));
  bool found = false;
  for (const v1::Concession& one : Limit(result).concessions()) {
    if (one.name() != "rain") continue;
    found = true;
    EXPECT_NEAR(Number(one.cost_s().value()), 400, 20);
    EXPECT_NEAR(Number(one.grant_s().value()), 200, 1e-6);
    EXPECT_NEAR(Number(one.ratio().value()), 0.5, 0.03);
    EXPECT_EQ(one.verdict(), "FINDING");
    EXPECT_LT(Number(one.ratio().hi()), 1);
  }
  EXPECT_TRUE(found);
  // Rain is stricter, dry weather is not.
  for (const v1::BandGroup& group : Limit(result).gaps()) {
    if (group.kind() != "weather") continue;
    ASSERT_EQ(group.bands_size(), 2);
    EXPECT_EQ(group.verdict(), "FINDING");
    EXPECT_NEAR(Number(group.bands(0).pi().value()), 0.5, 0.05);
    EXPECT_NEAR(Number(group.bands(1).pi().value()), 1.0 / 6, 0.05);
  }
}

TEST_F(StrictnessTest, DistanceThatCostsNothingIsNotIdentified) {
  const v1::AuditResult result = Run(Make({}));
  for (const v1::Concession& one : Limit(result).concessions()) {
    if (one.name() != "distance") continue;
    EXPECT_EQ(one.verdict(), "CANNOT_CONCLUDE(ID)");
    EXPECT_FALSE(one.has_ratio());
  }
}

TEST_F(StrictnessTest, CounterfactualAtTheMiddle) {
  const v1::AuditResult result = Run(Make({.limit_s = 1000}));
  const v1::Counterfactual& what_if = Limit(result).counterfactual();
  ASSERT_EQ(what_if.cases_size(), 2);
  const v1::CounterfactualCase& floor = what_if.cases(0);
  EXPECT_EQ(floor.n(), 60 * 72);
  // Late now: those above 1,000 s; then half.
  EXPECT_NEAR(static_cast<double>(floor.late_now()) / 4320, 500.0 / 601, 0.02);
  EXPECT_NEAR(static_cast<double>(floor.late_same()) / 4320, 0.5, 0.03);
  EXPECT_NEAR(Number(floor.extra_mean_s()), 200, 20);
  EXPECT_FALSE(floor.has_late_unpressured());
  EXPECT_FALSE(floor.has_fines_now());
  EXPECT_FALSE(what_if.reason().empty());
}

TEST_F(StrictnessTest, EstimatesAreRankedByPlace) {
  static const int64_t kEstimates[] = {600'000, 900'000, 900'000, 1'200'000};
  FakeWorker worker{.id = "a"};
  for (const int64_t limit : {600, 900, 1200, 1000}) {
    ids_.push_back(absl::StrCat("t", limit));
    replay::Task task = Delivered(ids_.back(), 1'767'571'200 + limit * 10,
                                  1'767'571'200 + limit * 10 + 700);
    task.estimates = kEstimates;
    task.limit_at = task.accepted_at + limit * replay::kSecond;
    worker.tasks.push_back(task);
  }
  const v1::AuditResult result = Run({worker});
  const v1::Estimates& estimates = result.measures().strictness().estimates();
  EXPECT_EQ(estimates.n(), 4);
  EXPECT_EQ(estimates.met_shortest().value(), "0.000000000000");
  EXPECT_EQ(estimates.met_median().value(), "1.000000000000");
  ASSERT_EQ(estimates.chosen_size(), 1);
  const v1::ChosenEstimate& chosen = estimates.chosen(0);
  EXPECT_EQ(chosen.target(), "limit");
  EXPECT_EQ(chosen.start(), "accepted");
  EXPECT_EQ(chosen.is_longest(), 1);
  EXPECT_EQ(chosen.is_shortest(), 1);
  EXPECT_EQ(chosen.is_none(), 1);
  // Places 0, 0.5 (the mean of 1/3 and 2/3) and 1.
  EXPECT_EQ(chosen.rank().value(), "0.500000000000");
  EXPECT_EQ(chosen.verdict(), "FINDING");
}

TEST_F(StrictnessTest, PromiseAndLimitStandApart) {
  const v1::AuditResult result = Run(Make({.limit_s = 950, .promise = true}));
  const v1::Strictness& all = result.measures().strictness();
  EXPECT_EQ(all.limit().verdict(), "STRICTEST");
  EXPECT_EQ(all.promise().references(0).pi().value(), "1.000000000000");
  EXPECT_EQ(all.promise().verdict(), "CANNOT_CONCLUDE(DEP)");
  // Promise and limit against OBS and BASE; no task is free of pressure but
  // those with a promise that nearly everybody met and such a limit: none.
  EXPECT_EQ(all.headline_size(), 4);
  for (const v1::Hypothesis& one : all.headline()) {
    EXPECT_GE(Number(one.p_adjusted()), Number(one.p_value()));
  }
}

TEST_F(StrictnessTest, CoverageNamesWhatIsMissing) {
  log_.Columns({"tasks.accepted_at", "tasks.completed_at"});
  const v1::AuditResult result = Run(Make({}));
  EXPECT_FALSE(result.measures().has_strictness());
  std::string missing;
  for (const v1::Coverage& one : result.coverage()) {
    EXPECT_FALSE(one.runnable());
    for (const std::string& column : one.missing()) {
      absl::StrAppend(&missing, one.test(), ":", column, " ");
    }
  }
  EXPECT_EQ(missing,
            "strictness.promise:tasks.promised_at "
            "strictness.limit:tasks.limit_at "
            "strictness.estimates:tasks.estimates_s ");
}

TEST_F(StrictnessTest, ThreeTasksGiveReasonsAndNoNumbers) {
  Town town{.workers = 1, .weeks = 1, .a_week = 3};
  const v1::AuditResult result = Run(Make(town));
  const v1::StrictTarget& limit = Limit(result);
  EXPECT_EQ(limit.verdict(), "CANNOT_CONCLUDE(N)");
  for (const v1::ReferenceRank& rank : limit.references()) {
    EXPECT_FALSE(rank.has_pi());
    EXPECT_FALSE(rank.reason().empty());
    EXPECT_FALSE(rank.reason_zh().empty());
  }
  EXPECT_EQ(limit.strata_size(), 0);
  EXPECT_EQ(limit.derived().verdict(), "CANNOT_CONCLUDE(N)");
  EXPECT_EQ(limit.bunching().verdict(), "CANNOT_CONCLUDE(N)");
  EXPECT_EQ(limit.counterfactual().cases_size(), 0);
  for (const v1::BandGroup& group : limit.gaps()) {
    EXPECT_EQ(group.verdict(), "CANNOT_CONCLUDE(N)");
  }
}

// Unpressured tasks in dry weather only: targets of rainy ones are ranked
// against them once weather is left out, those of another zone once zones are
// too; the report says how many. The mean rank is counted here task by task.
TEST_F(StrictnessTest, FreeFallsBackToWiderStrata) {
  std::vector<FakeWorker> workers = Make({.free_every = 2});
  EXPECT_EQ(Limit(Run(workers)).references(2).n_without_weather(), 0);
  const replay::Symbol far = log_.store.Add("B");
  struct Seen {
    int worker;
    bool lunch, free;
    int64_t took, limit;
  };
  std::vector<Seen> all;
  int64_t wet = 0, away = 0;
  for (size_t w = 0; w < workers.size(); ++w) {
    for (replay::Task& task : workers[w].tasks) {
      const bool rainy = task.weather == rain_;
      const bool elsewhere =
          !rainy && task.route_distance / replay::kMetre % 5 == 0;
      if (elsewhere) task.zone = far;
      if ((rainy || elsewhere) && !replay::IsKnown(task.limit_at)) {
        task.limit_at = task.accepted_at + 1000 * replay::kSecond;
      }
      wet += rainy;
      away += elsewhere;
      const bool free = !replay::IsKnown(task.limit_at);
      all.push_back(
          {static_cast<int>(w),
           task.accepted_at / replay::kSecond % kDaySeconds >= 11 * 3600, free,
           task.completed_at - task.accepted_at,
           free ? 0 : task.limit_at - task.accepted_at});
    }
  }
  double sum = 0;
  int64_t n = 0;
  for (const Seen& one : all) {
    if (one.free) continue;
    int64_t others = 0, met = 0;
    for (const Seen& two : all) {
      if (!two.free || two.worker == one.worker || two.lunch != one.lunch) {
        continue;
      }
      ++others;
      met += two.took <= one.limit;
    }
    sum += static_cast<double>(met) / static_cast<double>(others);
    ++n;
  }
  const v1::ReferenceRank free = Limit(Run(workers)).references(2);
  EXPECT_EQ(free.n_without_weather(), wet);
  EXPECT_EQ(free.n_without_zone(), away);
  EXPECT_EQ(free.n(), n);
  EXPECT_NEAR(Number(free.pi().value()), sum / static_cast<double>(n), 1e-9);
  EXPECT_GT(free.balance_size(), 0);
}

// Last legs of 600 s and some 20 s by worker; where a limit presses, a tenth of
// the 600 less. With w % 7 * 20 = 0 that is ln 0.9; the mean over the seven
// kinds of workers is by hand.
TEST_F(StrictnessTest, SpeedUpUnderPressureByHand) {
  const v1::AuditResult result =
      Run(Make({.workers = 63, .free_every = 4, .hurry = 0.1}));
  const v1::Pressure& pressure = Limit(result).pressure();
  double expected = 0;
  for (int kind = 0; kind < 7; ++kind) {
    expected += std::log((540.0 + kind * 20) / (600.0 + kind * 20)) / 7;
  }
  EXPECT_NEAR(Number(pressure.delta().value()), expected, 1e-5);
  EXPECT_EQ(pressure.workers(), 63);
  EXPECT_EQ(pressure.unpressed(), 63 * 18);
  EXPECT_EQ(pressure.pressed(), 63 * 54);
  EXPECT_EQ(pressure.verdict(), "FINDING");
  EXPECT_EQ(pressure.delta().clusters().n(), 63);
  // Nobody is unpressed: nothing to compare with.
  EXPECT_EQ(Limit(Run(Make({.hurry = 0.1}))).pressure().verdict(),
            "CANNOT_CONCLUDE(N)");
  // No pickup: the leg is not known.
  EXPECT_EQ(Limit(Run(Make({}))).pressure().verdict(), "CANNOT_CONCLUDE(MISS)");
}

TEST_F(StrictnessTest, PressureDrawsWholeWorkersOfManyTasks) {
  log_.plan.set_pressure_tasks(1000);
  const v1::Pressure pressure =
      Limit(Run(Make({.free_every = 4, .hurry = 0.1}))).pressure();
  EXPECT_EQ(pressure.n() + pressure.left_out(), 60 * 72);
  EXPECT_LE(pressure.n(), 1000);
  EXPECT_GT(pressure.n(), 500);
}

// A third of the orders has a promise and no limit: they are the unpunished.
TEST_F(StrictnessTest, BunchingIsComparedWithUnpunishedTasks) {
  const v1::AuditResult result = Run(
      Make({.free_every = 3, .promise = true, .promise_without_limit = true}));
  const v1::Bunching& bunching =
      result.measures().strictness().promise().bunching();
  EXPECT_EQ(bunching.unpenalised_n(), 60 * 24);
  EXPECT_TRUE(bunching.unpenalised().has_lo());
  EXPECT_FALSE(Limit(result).bunching().has_unpenalised_n());
  EXPECT_TRUE(Limit(result).bunching().has_placebo_earlier());
}

// With strata that ask for too much, quantile regression takes their place: a
// limit at the first quarter of the durations.
TEST_F(StrictnessTest, ThinStrataAreRankedByQuantileRegression) {
  log_.plan.set_stratum_min_completed(100'000);
  const v1::AuditResult result = Run(Make({.limit_s = 1050}));
  const v1::StrictTarget& limit = Limit(result);
  EXPECT_EQ(limit.verdict(), "CANNOT_CONCLUDE(N)");
  const v1::QuantileRank& rank = limit.quantile_regression();
  EXPECT_NEAR(Number(rank.pi().value()), 0.25, 0.03);
  EXPECT_EQ(rank.pi().method(), "linear bootstrap");
  EXPECT_EQ(rank.pi().clusters().n(), 60);
  EXPECT_EQ(rank.pi().clusters().largest(), 72);
  EXPECT_LT(Number(rank.pi().hi()), 0.3);
  EXPECT_EQ(rank.verdict(), "BELOW_MIDDLE");
  EXPECT_EQ(rank.n(), 60 * 72);
  EXPECT_LE(rank.rows(), 1500);
  // Five columns: 0.02 * 4,320 is less than 20 * 5, so the outermost levels are
  // not fitted.
  EXPECT_EQ(rank.columns(), 5);
  EXPECT_EQ(rank.levels(), 47);
  EXPECT_EQ(rank.certified(), 47);
  ASSERT_EQ(rank.lines_size(), 47);
  EXPECT_EQ(rank.lines(0).level(), "0.04");
  EXPECT_EQ(rank.lines(23).level(), "0.50");
  // Not needed where strata rank enough.
  log_.plan.set_stratum_min_completed(30);
  EXPECT_EQ(Limit(Run(Make({}))).quantile_regression().verdict(), "NOT_NEEDED");
}

// The linear errors against what twelve towns alike but for their seeds give.
TEST_F(StrictnessTest, ErrorsOfQuantileRegressionAreThoseThatSeedsShow) {
  log_.plan.set_stratum_min_completed(100'000);
  double sum = 0, squares = 0, errors = 0;
  constexpr int kTowns = 12;
  for (int town = 0; town < kTowns; ++town) {
    Town one{.weeks = 4, .limit_s = 1050};
    one.seed = static_cast<uint64_t>(100 + town);
    const v1::AuditResult result = Run(Make(one));
    const v1::Figure& pi = Limit(result).quantile_regression().pi();
    const double value = Number(pi.value());
    sum += value;
    squares += value * value;
    errors += (Number(pi.hi()) - Number(pi.lo())) / 2 / 1.96 / kTowns;
  }
  const double spread =
      std::sqrt((squares - sum * sum / kTowns) / (kTowns - 1));
  EXPECT_GT(errors, spread * 0.6);
  EXPECT_LT(errors, spread * 1.8);
}

TEST_F(StrictnessTest, FewTasksGiveNoQuantiles) {
  log_.plan.set_stratum_min_completed(100'000);
  const v1::AuditResult result =
      Run(Make({.workers = 12, .weeks = 2, .a_week = 6}));
  EXPECT_EQ(Limit(result).quantile_regression().verdict(),
            "CANNOT_CONCLUDE(N)");
}

// A limit that is each week the 10th percentile of the week before: durations
// slow down by a minute a week, so the past tells it better than the future.
TEST_F(StrictnessTest, LimitsMadeFromThePastAreToldFromThoseThatAreNot) {
  log_.plan.set_derived_min_strata(1);
  log_.plan.set_stratum_min_days(1);
  std::vector<FakeWorker> workers = Make({.weeks = 8, .a_week = 10});
  for (FakeWorker& worker : workers) {
    for (replay::Task& task : worker.tasks) {
      const int64_t week =
          (task.accepted_at / replay::kSecond - 1'767'571'200) / 604'800;
      task.completed_at += week * 60 * replay::kSecond;
      // 10th percentile of the week before: 900 + 60 + (week - 1) 60.
      task.limit_at =
          task.accepted_at + (960 + (week - 1) * 60) * replay::kSecond;
    }
  }
  const v1::AuditResult result = Run(workers);
  const v1::Derived& derived = Limit(result).derived();
  EXPECT_NEAR(Number(derived.kappa_median()), 0.1, 0.03);
  EXPECT_NEAR(Number(derived.level()), 0.1, 0.03);
  EXPECT_LT(Number(derived.past_error_s()), 15);
  EXPECT_GT(derived.past_better(), derived.future_better());
  EXPECT_EQ(derived.windows(), derived.strata() * 7);
}

// A third of those who would be late by up to two minutes tap just in time.
TEST_F(StrictnessTest, BunchingBeforeTheDeadlineIsSeen) {
  for (const bool bunched : {false, true}) {
    std::vector<FakeWorker> workers = Make({.workers = 120});
    int64_t number = 0;
    for (FakeWorker& worker : workers) {
      for (replay::Task& task : worker.tasks) {
        // A smooth hill about the deadline: the sum of four hashed parts.
        int64_t took = 0;
        for (int part = 0; part < 4; ++part) {
          took += static_cast<int64_t>(HashOf(23, number, part) % 601);
        }
        ++number;
        if (bunched && took > 1200 && took <= 1320 &&
            HashOf(29, number, 0) % 2 == 0) {
          took = 1200 - static_cast<int64_t>(HashOf(31, number, 0) % 60);
        }
        task.completed_at = task.accepted_at + took * replay::kSecond;
      }
    }
    const v1::AuditResult result = Run(workers);
    const v1::Bunching& bunching = Limit(result).bunching();
    EXPECT_EQ(bunching.observed_size(), 60);
    EXPECT_EQ(bunching.expected_size(), 60);
    if (bunched) {
      EXPECT_EQ(bunching.verdict(), "FINDING") << bunching.reason();
      EXPECT_GT(Number(bunching.excess().lo()), 0.5);
      EXPECT_GT(Number(bunching.share_last_minute()),
                1.5 * Number(bunching.share_first_minute_late()));
    } else {
      EXPECT_NE(bunching.verdict(), "FINDING");
      EXPECT_NEAR(Number(bunching.excess().value()), 0, 0.4);
    }
  }
}

// Of more tasks than the plan allows whole workers are kept, the same ones
// however the shards lie.
TEST_F(StrictnessTest, TooManyTasksKeepWholeWorkers) {
  log_.plan.set_strictness_tasks(72 * 20 + 5);
  std::vector<FakeWorker> workers = Make({});
  const v1::AuditResult result = Run(workers);
  const v1::Strictness& all = result.measures().strictness();
  EXPECT_EQ(all.workers(), 20);
  EXPECT_EQ(all.tasks(), 72 * 20);
  EXPECT_EQ(all.tasks_left_out(), 72 * 40);
  std::reverse(workers.begin(), workers.end());
  EXPECT_EQ(Run(workers, 3, true).SerializeAsString(),
            result.SerializeAsString());
}

TEST_F(StrictnessTest, PrebookedTasksServeAsUnpressuredOnly) {
  std::vector<FakeWorker> workers = Make({.limit_s = 1050});
  for (FakeWorker& worker : workers) {
    for (size_t i = 0; i < worker.tasks.size(); i += 3) {
      worker.tasks[i].prebooked = 1;
    }
  }
  const v1::AuditResult result = Run(workers);
  EXPECT_EQ(result.measures().strictness().prebooked(), 60 * 24);
  EXPECT_EQ(Limit(result).references(0).n(), 60 * 48);
  // They are like the others here, so the reading is the same.
  EXPECT_EQ(Limit(result).references(2).verdict(), "BELOW_MIDDLE");
  EXPECT_EQ(Limit(result).references(2).balance_size(), 2);
}

// Any number of parts, absorbed or by their states, and any order of workers.
TEST_F(StrictnessTest, PartsAndOrderDoNotShow) {
  std::vector<FakeWorker> workers = Make({.limit_s = 1100,
                                          .free_every = 5,
                                          .cancel_every = 7,
                                          .rain_costs_s = 200,
                                          .rain_grants_s = 50,
                                          .promise = true});
  for (FakeWorker& worker : workers) {
    SetPay(worker.tasks[0], v1::PAY_LATE_FINE, 2'000'000);
  }
  const std::string whole = Run(workers).SerializeAsString();
  std::mt19937 shuffler(5);
  for (const int parts : {1, 2, 3, 7, 16}) {
    std::shuffle(workers.begin(), workers.end(), shuffler);
    EXPECT_EQ(Run(workers, parts).SerializeAsString(), whole) << parts;
    EXPECT_EQ(Run(workers, parts, true).SerializeAsString(), whole) << parts;
  }
}

// Names only decide which replicate draws whom.
TEST_F(StrictnessTest, RenamingWorkersChangesNoPoint) {
  std::vector<FakeWorker> workers = Make({.limit_s = 1100, .cancel_every = 6});
  const v1::AuditResult before = Run(workers);
  for (FakeWorker& worker : workers) worker.id = absl::StrCat("x", worker.id);
  const v1::AuditResult after = Run(workers);
  for (int r = 0; r < 2; ++r) {
    const v1::ReferenceRank& a = Limit(before).references(r);
    const v1::ReferenceRank& b = Limit(after).references(r);
    EXPECT_EQ(a.pi().value(), b.pi().value());
    EXPECT_EQ(a.n(), b.n());
    EXPECT_NE(a.pi().lo(), b.pi().lo());
    EXPECT_NEAR(Number(a.pi().lo()), Number(b.pi().lo()), 0.02);
  }
  EXPECT_EQ(Limit(before).verdict(), Limit(after).verdict());
  EXPECT_EQ(Limit(before).bunching().excess().value(),
            Limit(after).bunching().excess().value());
  EXPECT_EQ(Limit(before).speed_ex_post().SerializeAsString(),
            Limit(after).speed_ex_post().SerializeAsString());
}

TEST_F(StrictnessTest, LinearReplicatesAgreeWithCountedOnes) {
  const std::vector<FakeWorker> workers = Make({.limit_s = 1100});
  const v1::AuditResult counted = Run(workers);
  log_.plan.set_bootstrap_full_tasks(1);
  const v1::AuditResult linear = Run(workers);
  const v1::Figure& a = Limit(counted).references(0).pi();
  const v1::Figure& b = Limit(linear).references(0).pi();
  EXPECT_EQ(a.method(), "bootstrap");
  EXPECT_EQ(b.method(), "linear bootstrap");
  EXPECT_EQ(a.value(), b.value());
  EXPECT_NEAR(Number(a.lo()), Number(b.lo()), 0.004);
  EXPECT_NEAR(Number(a.hi()), Number(b.hi()), 0.004);
}

TEST(StrictnessPlan, RefusesWhatCannotBe) {
  struct Broken {
    const char* text;
    const char* message;
  };
  for (const Broken& broken :
       {Broken{"screening: \"holm\"\n", "screening is \"holm\""},
        Broken{"bunch_degree: 9\n", "from 5 to 7"},
        Broken{"base_from: \"2026-01-05\"\n", "together"},
        Broken{"base_from: \"soon\"\nbase_to: \"2026-02-01\"\n",
               "base_from is \"soon\""},
        Broken{"significance: \"2\"\n", "significance is \"2\""},
        Broken{"erosion_margin: \"0.9\"\n", "erosion_margin is \"0.9\""},
        Broken{"run_limit_s: 100000\n", "from 1 to 86400"},
        Broken{"pressure_margin: \"x\"\n", "pressure_margin is \"x\""},
        Broken{"declared_estimate: \"middle\"\n", "\"longest\" or"}}) {
    const absl::StatusOr<v1::AuditPlan> plan = ParsePlan(broken.text, "p");
    ASSERT_FALSE(plan.ok()) << broken.text;
    EXPECT_NE(std::string(plan.status().message()).find(broken.message),
              std::string::npos)
        << plan.status();
  }
  const absl::StatusOr<v1::AuditPlan> plan = ParsePlan(
      "base_from: \"2026-01-05\"\nbase_to: \"2026-01-18\"\n"
      "screening: \"by\"\n",
      "p");
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->derived_window_weeks(), 1);
}

TEST_F(StrictnessTest, ThePlanNamesTheBasePeriod) {
  log_.plan.set_base_from("2026-01-06");  // A Tuesday: the next whole week.
  log_.plan.set_base_to("2026-01-25");
  const v1::AuditResult result = Run(Make({}));
  EXPECT_EQ(result.measures().strictness().base_from(), "2026-01-12");
  EXPECT_EQ(result.measures().strictness().base_to(), "2026-01-25");
}

// Deadlines that nearly everybody met before cannot press, at load 1.
TEST_F(StrictnessTest, LenientDeadlinesServeAsUnpressured) {
  std::vector<FakeWorker> workers = Make({.limit_s = 1200});
  for (FakeWorker& worker : workers) {
    for (size_t i = 0; i < worker.tasks.size(); i += 3) {
      worker.tasks[i].limit_at =
          worker.tasks[i].accepted_at + 1500 * replay::kSecond;
    }
  }
  const v1::AuditResult result = Run(workers);
  const v1::ReferenceRank& free = Limit(result).references(2);
  EXPECT_EQ(free.durations(), 60 * 24);
  // A third of the targets at 1, the others at the middle.
  EXPECT_NEAR(Number(free.pi().value()), 2.0 / 3, 0.03);
}

TEST_F(StrictnessTest, ADamagedStateIsRefused) {
  v1::MeasureState state;
  state.set_id("strictness");
  state.set_state("no message");
  EXPECT_FALSE(MakeStrictness(log_.context)->Merge(state).ok());
}

}  // namespace
}  // namespace plumbline::audit
