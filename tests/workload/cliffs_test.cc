#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <deque>
#include <functional>

#include "absl/strings/str_cat.h"
#include "audit/stats/distributions.h"
#include "audit/stats/hash.h"
#include "audit/stats/least_squares.h"
#include "tests/stats_measures/fake_log.h"

namespace plumbline::audit {
namespace {

using replay::kHour;
using replay::kMinute;

constexpr int kWorkers = 50, kWeeks = 40;
constexpr int64_t kWeek = 7 * 24 * kHour;
constexpr int64_t kMonday = 4 * 24 * kHour;  // 1970-01-05

struct Offered {
  int made = 0, accepted = 0;
  int unanswered = 0;  // More of which the answer is not known.
};

// Ten hours online a week. Every worker has a rate of its own, and it changes
// by chance; `made` says what follows the week before.
using Made = std::function<int(int worker, int week, const Offered& before)>;
std::vector<std::vector<Offered>> Town(const Made& made) {
  std::vector<std::vector<Offered>> all;
  for (int w = 0; w < kWorkers; ++w) {
    std::vector<Offered>& weeks = all.emplace_back();
    for (int t = 0; t < kWeeks; ++t) {
      Offered now;
      now.made = made(w, t, t == 0 ? Offered{100, 50} : weeks.back());
      const uint64_t hash = HashOf(17, w, t);
      const int share = 7500 + w % 7 * 100 + static_cast<int>(hash % 1800);
      now.accepted = now.made * share / 10'000;
      weeks.push_back(now);
    }
  }
  return all;
}

std::vector<FakeWorker> WorkersOf(
    const std::vector<std::vector<Offered>>& town) {
  static std::deque<std::string> ids;
  std::vector<FakeWorker> workers;
  for (size_t w = 0; w < town.size(); ++w) {
    FakeWorker worker{.id = absl::StrCat("w", w)};
    for (size_t t = 0; t < town[w].size(); ++t) {
      const int64_t start =
          kMonday + static_cast<int64_t>(t) * kWeek + 8 * kHour;
      worker.sessions.push_back({start, start + 10 * kHour});
      const Offered& week = town[w][t];
      for (int i = 0; i < week.made + week.unanswered; ++i) {
        replay::Offer offer =
            NewOffer(1, i < week.accepted ? v1::RESPONSE_ACCEPTED
                        : i < week.made   ? v1::RESPONSE_REJECTED
                                          : v1::RESPONSE_UNKNOWN);
        offer.offered_at = start + i * kMinute;
        worker.offers.push_back(offer);
      }
      ids.push_back(absl::StrCat(worker.id, "-", t));
      worker.tasks.push_back(Delivered(ids.back(), start / replay::kSecond,
                                       start / replay::kSecond + 600));
    }
    workers.push_back(std::move(worker));
  }
  return workers;
}

FakeLog MakeLog() {
  FakeLog log;
  log.only = {"workload"};
  log.Columns({"offers.offered_at", "offers.order_id", "offers.response",
               "tasks.accepted_at", "tasks.completed_at", "tasks.status",
               "tasks.worker_id", "sessions.started_at", "sessions.ended_at"});
  return log;
}

v1::Cliff At(const v1::AuditResult& result, int64_t percent) {
  for (const v1::Cliff& cliff : result.measures().workload().cliffs()) {
    if (cliff.threshold() == percent) return cliff;
  }
  return {};
}

double Number(const std::string& text) {
  return std::strtod(text.c_str(), nullptr);
}

int Plain(int worker, int week, const Offered&) {
  return 100 + static_cast<int>(HashOf(5, worker, week) % 9);
}
int Rewarded(int worker, int week, const Offered& before) {
  return Plain(worker, week, before) +
         (before.accepted * 10 >= before.made * 9 ? 20 : 0);
}

// The jump is that of one regression with a line on either side, weighted, and
// its error that of leaving out clusters, as the kernels of audit/stats have
// them; weights are doubled rows there.
TEST(CliffTest, IsThatOfTheWeightedRegression) {
  const auto town = Town(Rewarded);
  LeastSquares rows(4);
  int64_t sides[2] = {0, 0};
  for (int w = 0; w < kWorkers; ++w) {
    for (int t = 1; t + 1 < kWeeks; ++t) {
      const Offered& now = town[w][t];
      const int least = (90 * now.made + 99) / 100;
      // Half percents, rounded down also below 0.
      const int twice = (2 * (now.accepted - least) + 1) * 100;
      const int bin = (twice + 100'000 * now.made) / now.made - 100'000;
      if (bin < -10 || bin >= 10) continue;
      const int64_t middle = 2 * bin + 1, above = bin >= 0;
      const int64_t y = town[w][t + 1].made * 100;  // Thousandths an hour.
      for (int64_t k = std::llabs(middle); k < 20; ++k) {
        rows.Add(std::vector<int64_t>{1, above, middle, above * middle}, y,
                 HashText(absl::StrCat("w", w)));
      }
      ++sides[above];
    }
  }
  const auto fit = Fit(rows);
  ASSERT_TRUE(fit.ok());
  const auto errors = ClusterErrors(rows, *fit, ClusterRobust::kCv3);
  ASSERT_TRUE(errors.ok());
  const v1::Cliff cliff = At(MakeLog().Run(WorkersOf(town)), 90);
  EXPECT_EQ(cliff.rate(), "accepted");
  EXPECT_EQ(cliff.outcome(), "offersPerHour");
  EXPECT_EQ(cliff.below(), sides[0]);
  EXPECT_EQ(cliff.above(), sides[1]);
  EXPECT_EQ(cliff.workers(), kWorkers);
  EXPECT_NEAR(Number(cliff.mean()),
              fit->coefficients[0].convert_to<double>() / 1000, 1e-9);
  EXPECT_NEAR(Number(cliff.jump().value()),
              fit->coefficients[1].convert_to<double>() / 1000, 1e-9);
  const double half =
      StudentQuantile(0.975, kWorkers - 1) * errors->standard_errors[1] / 1000;
  EXPECT_NEAR(Number(cliff.jump().hi()) - Number(cliff.jump().value()), half,
              1e-7);
  // What leaving one out changes is in the same unit.
  const v1::Clusters& clusters = cliff.jump().clusters();
  const double change = std::fabs(Number(clusters.largest_change()));
  EXPECT_LT(change, 0.2);
  EXPECT_NEAR(Number(clusters.without_largest()), Number(cliff.jump().value()),
              change + 1e-9);
  // Two offers an hour more were planted.
  EXPECT_NEAR(Number(cliff.jump().value()), 2, 0.1);
  EXPECT_EQ(cliff.verdict(), "FINDING") << cliff.reason();
}

TEST(CliffTest, NoRewardIsNoFinding) {
  const v1::AuditResult result = MakeLog().Run(WorkersOf(Town(Plain)));
  ASSERT_GT(result.measures().workload().cliffs_size(), 2);
  for (const v1::Cliff& cliff : result.measures().workload().cliffs()) {
    EXPECT_NE(cliff.verdict(), "FINDING") << cliff.threshold();
  }
  EXPECT_EQ(At(result, 90).verdict(), "NO_FINDING") << At(result, 90).reason();
}

// All who miss by one or two orders accept these: the weeks above are then of
// those who work for it.
TEST(CliffTest, WorkingForTheThresholdIsSeen) {
  auto town = Town(Rewarded);
  for (std::vector<Offered>& weeks : town) {
    for (Offered& week : weeks) {
      const int least = (90 * week.made + 99) / 100;
      if (week.accepted < least && week.accepted >= least - 2) {
        week.accepted = least;
      }
    }
  }
  const v1::Cliff cliff = At(MakeLog().Run(WorkersOf(town)), 90);
  EXPECT_GT(Number(cliff.heap().lo()), 0);
  EXPECT_EQ(cliff.verdict(), "CANNOT_CONCLUDE(ID)");
}

// What came before cannot be a reward: workers above have more in any week.
TEST(CliffTest, TheWeekBeforeMustNotJump) {
  auto town = Town(Plain);
  for (int w = 0; w < kWorkers; ++w) {
    for (int t = 1; t + 1 < kWeeks; ++t) {
      if (town[w][t].accepted * 10 < town[w][t].made * 9) continue;
      town[w][t - 1].unanswered += 30;
    }
  }
  const v1::Cliff cliff = At(MakeLog().Run(WorkersOf(town)), 90);
  EXPECT_LE(Number(cliff.heap().lo()), 0);
  EXPECT_GE(Number(cliff.heap().hi()), 0);
  EXPECT_GT(Number(cliff.placebo().lo()), 0);
  EXPECT_EQ(cliff.verdict(), "CANNOT_CONCLUDE(ID)");
}

TEST(CliffTest, FewWeeksAreNotLookedAt) {
  FakeLog log = MakeLog();
  log.plan.set_cliff_min_weeks(100'000);
  const v1::AuditResult result = log.Run(WorkersOf(Town(Plain)));
  EXPECT_EQ(result.measures().workload().cliffs_size(), 0);
  bool said = false;
  for (const v1::Coverage& one : result.coverage()) {
    said |= one.test() == "workload.cliffs" && !one.reason().empty();
  }
  EXPECT_TRUE(said);
}

TEST(CliffTest, PartsDoNotShow) {
  const std::vector<FakeWorker> workers = WorkersOf(Town(Rewarded));
  const FakeLog log = MakeLog();
  std::string one, three;
  const std::string whole =
      log.Run(workers, 1, &one).measures().workload().SerializeAsString();
  EXPECT_EQ(
      log.Run(workers, 3, &three).measures().workload().SerializeAsString(),
      whole);
  EXPECT_EQ(one, three);
}

}  // namespace
}  // namespace plumbline::audit
