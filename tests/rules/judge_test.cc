#include "audit/findings/judge.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "audit/rules/rule_pack.h"
#include "audit/rules/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/stats_measures/fake_log.h"

namespace plumbline::audit {
namespace {

using replay::kHour;
using replay::kMile;
using replay::kMinute;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr int64_t kMoneyUnit = 1'000'000;
constexpr int64_t kCent = 10'000;

// Milliseconds of "2025-09-01 08:00" in the zone.
int64_t At(const std::string& text, absl::TimeZone zone) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime("%Y-%m-%d %H:%M", text, zone, &time, &error))
      << error;
  return absl::ToUnixMillis(time);
}

std::string PackText(const std::string& name) {
  std::ifstream file(Cat(PLUMBLINE_PACKS, "/", name, ".textproto"));
  return {std::istreambuf_iterator<char>(file),
          std::istreambuf_iterator<char>()};
}

// A log of made-up workers under the rules of one pack.
class Court {
 public:
  Court(const std::string& pack, const std::string& zone,
        const std::string& currency,
        std::vector<std::pair<std::string, std::string>> changes = {}) {
    std::string text = PackText(pack);
    for (const auto& [from, to] : changes) {
      EXPECT_NE(text.find(from), std::string::npos) << from;
      text = absl::StrReplaceAll(text, {{from, to}});
    }
    const auto loaded = ParseRulePack(text, pack);
    EXPECT_TRUE(loaded.ok()) << loaded.status();
    packs.push_back(*loaded);
    EXPECT_TRUE(absl::LoadTimeZone(zone, &log.context.zone));
    log.log.info.set_currency(currency);
    log.log.info.set_platform("Platform");
  }

  int64_t Time(const std::string& text) const {
    return At(text, log.context.zone);
  }

  v1::AuditResult Judge(const std::vector<FakeWorker>& workers, int parts = 1) {
    flagged.clear();
    std::vector<std::unique_ptr<audit::Judge>> judges;
    for (int i = 0; i < parts; ++i) {
      judges.push_back(audit::Judge::Create(packs, log.context, options));
    }
    for (size_t w = 0; w < workers.size(); ++w) {
      FakeLog::Show(workers[w], [&](const replay::WorkerTimeline& timeline) {
        judges[w % parts]->Observe(timeline);
      });
    }
    auto merged = audit::Judge::Create(packs, log.context, options);
    for (int i = parts - 1; i >= 0; --i) {
      v1::JudgeState state;
      judges[i]->Save(&state);
      const absl::Status status = merged->Merge(state);
      EXPECT_TRUE(status.ok()) << status;
    }
    v1::AuditResult result;
    merged->Conclude(&result, &flagged);
    by_worker = merged->ShortfallByWorker();
    return result;
  }

  FakeLog log;
  std::vector<RulePack> packs;
  JudgeOptions options;
  FlaggedTasks flagged;
  std::vector<std::pair<std::string, int64_t>> by_worker;
};

std::vector<v1::Finding> Of(const v1::AuditResult& result,
                            const std::string& rule,
                            v1::Verdict verdict = v1::BREACH) {
  std::vector<v1::Finding> found;
  for (const v1::Finding& finding : result.findings()) {
    if (finding.rule_id() == rule && finding.verdict() == verdict) {
      found.push_back(finding);
    }
  }
  return found;
}

replay::Task Between(const std::string& id, int64_t from, int64_t to) {
  static std::map<std::string, std::string>& ids =
      *new std::map<std::string, std::string>;
  replay::Task task = NewTask(ids.emplace(id, id).first->second);
  task.accepted_at = from;
  task.completed_at = to;
  task.status = v1::STATUS_DELIVERED;
  task.delivered = true;
  return task;
}

replay::Session Online(int64_t from, int64_t to, int64_t required = 0) {
  replay::Session session;
  session.started_at = from;
  session.ended_at = to;
  session.required = required;
  return session;
}

// ---- China, hourly minimum wage -------------------------------------------

class ChinaTest : public testing::Test {
 protected:
  Court MakeCourt(std::vector<std::pair<std::string, std::string>> changes = {},
                  std::vector<std::string> without = {}) {
    Court court("cn", "Asia/Shanghai", "CNY", std::move(changes));
    std::vector<std::string> columns = {
        "tasks.accepted_at", "tasks.completed_at", "tasks.city",
        "tasks.pay_base",    "sessions.required",  "sessions.started_at",
        "sessions.ended_at"};
    for (const std::string& name : without) std::erase(columns, name);
    court.log.Columns(columns);
    return court;
  }
  // 118.5 hours engaged in all, 131.0 by task, 6.0 hours demanded beside them.
  FakeWorker Vector1(Court& court, replay::Symbol city, int64_t pay) {
    FakeWorker worker{.id = "W1"};
    const int64_t start = court.Time("2025-10-02 00:00");
    worker.tasks.push_back(Between("a", start, start + 106 * kHour));
    worker.tasks.push_back(Between("b", start + 93 * kHour + 30 * kMinute,
                                   start + 118 * kHour + 30 * kMinute));
    for (replay::Task& task : worker.tasks) task.city = city;
    SetPay(worker.tasks[0], v1::PAY_BASE, pay);
    SetPay(worker.tasks[1], v1::PAY_BASE, 0);
    const int64_t later = court.Time("2025-10-20 08:00");
    worker.sessions.push_back(Online(later, later + 6 * kHour, 1));
    return worker;
  }
};

// rules.md section 6, row 1: 136.0 h x 27.7 = 3767.20.
TEST_F(ChinaTest, OverlappingOrdersCountOnce) {
  Court court = MakeCourt({{"value: \"0\" valid_from: \"2000-01-01\"",
                            "value: \"11.5\" valid_from: \"2000-01-01\""}});
  const replay::Symbol beijing = court.log.store.Add("Beijing");
  const auto result = court.Judge({Vector1(court, beijing, 3600 * kMoneyUnit)});
  const auto found = Of(result, "CN-MW-H");
  ASSERT_EQ(found.size(), 1u) << result.DebugString();
  EXPECT_EQ(found[0].observed(), "3600.00");
  EXPECT_EQ(found[0].required(), "3767.20");
  EXPECT_EQ(found[0].shortfall().amount(), "167.20");
  EXPECT_EQ(found[0].shortfall().currency(), "CNY");
  EXPECT_EQ(found[0].subject().kind(), "worker");
  EXPECT_EQ(found[0].subject().id(), "W1");
  EXPECT_EQ(found[0].period().from(), "2025-10-01T00:00:00+08:00");
  EXPECT_EQ(found[0].period().to(), "2025-11-01T00:00:00+08:00");
  EXPECT_EQ(found[0].severity(), 3);
  ASSERT_EQ(found[0].parameters_size(), 2);
  EXPECT_EQ(found[0].parameters(1).value(), "27.7");
  EXPECT_EQ(found[0].parameters(1).unit(), "CNY/h");
  EXPECT_EQ(found[0].unit(), "CNY");
  ASSERT_EQ(found[0].trace_size(), 4);
  EXPECT_EQ(found[0].trace(1).value(), "448200");
  EXPECT_EQ(found[0].trace(1).unit(), "s");
  EXPECT_EQ(found[0].trace(1).formula(), "time(ENGAGED|REQUIRED)");
  EXPECT_EQ(found[0].trace(3).name(), "require");
  EXPECT_EQ(result.summary().breach(), 1);
  EXPECT_EQ(result.summary().workers_affected(), 1);
  EXPECT_EQ(result.summary().shortfall_total().amount(), "167.20");
  for (const v1::Coverage& clause : result.coverage()) {
    EXPECT_EQ(clause.has_shortfall(), clause.test() == "CN-MW-H");
    if (!clause.has_shortfall()) continue;
    EXPECT_EQ(clause.shortfall().amount(), "167.20");
    EXPECT_EQ(clause.shortfall().currency(), "CNY");
  }
  EXPECT_EQ(court.by_worker, (std::vector<std::pair<std::string, int64_t>>{
                                 {"W1", 167 * kMoneyUnit + 20 * kCent}}));
}

TEST_F(ChinaTest, ExactlyTheFloorIsNoBreach) {
  Court court = MakeCourt();
  const replay::Symbol beijing = court.log.store.Add("北京市");
  // 124.5 h x 27.7 = 3448.65.
  const int64_t floor = 3448 * kMoneyUnit + 65 * kCent;
  EXPECT_EQ(Of(court.Judge({Vector1(court, beijing, floor)}), "CN-MW-H",
               v1::NO_BREACH_FOUND)
                .size(),
            1u);
  const auto below =
      Of(court.Judge({Vector1(court, beijing, floor - 1)}), "CN-MW-H");
  ASSERT_EQ(below.size(), 1u);
  // A millionth is missing: the verdict is exact, the amount is rounded.
  EXPECT_EQ(below[0].shortfall().amount(), "0.00");
}

TEST_F(ChinaTest, UnknownPlaceOrDateOrColumnIsNoVerdict) {
  Court court = MakeCourt();
  const replay::Symbol nowhere = court.log.store.Add("Nowhere");
  auto open = Of(court.Judge({Vector1(court, nowhere, 1)}), "CN-MW-H",
                 v1::INSUFFICIENT_EVIDENCE);
  ASSERT_EQ(open.size(), 1u);
  EXPECT_THAT(open[0].reason(), HasSubstr("Nowhere"));
  EXPECT_THAT(open[0].reason_zh(), HasSubstr("Nowhere"));

  open = Of(court.Judge({Vector1(court, 0, 1)}), "CN-MW-H",
            v1::INSUFFICIENT_EVIDENCE);
  ASSERT_EQ(open.size(), 1u);
  EXPECT_THAT(open[0].missing(), ElementsAre("tasks.city"));

  Court without = MakeCourt({}, {"tasks.city"});
  const auto result = without.Judge({Vector1(without, 0, 1)});
  open = Of(result, "CN-MW-H", v1::INSUFFICIENT_EVIDENCE);
  ASSERT_EQ(open.size(), 1u);
  EXPECT_THAT(open[0].missing(), ElementsAre("tasks.city"));
  EXPECT_THAT(open[0].rows(), ElementsAre("tasks:*"));
  EXPECT_EQ(open[0].n(), 1);
  bool covered = false;
  for (const v1::Coverage& coverage : result.coverage()) {
    if (coverage.test() != "CN-MW-H") continue;
    covered = true;
    EXPECT_FALSE(coverage.runnable());
    EXPECT_THAT(coverage.missing(), ElementsAre("tasks.city"));
  }
  EXPECT_TRUE(covered);
}

TEST_F(ChinaTest, ValuesFromMemoryAreNeverUsedSilently) {
  Court court = MakeCourt();
  const replay::Symbol shenzhen = court.log.store.Add("Shenzhen");
  const FakeWorker worker = Vector1(court, shenzhen, 100 * kMoneyUnit);
  const auto open =
      Of(court.Judge({worker}), "CN-MW-H", v1::INSUFFICIENT_EVIDENCE);
  ASSERT_EQ(open.size(), 1u);
  EXPECT_THAT(open[0].reason(), HasSubstr("not been verified"));
  court.options.allow_unverified = true;
  const auto found = Of(court.Judge({worker}), "CN-MW-H");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_TRUE(found[0].unverified());
  EXPECT_THAT(found[0].reason(), HasSubstr("not been verified"));
}

// The rate changes on 2025-07-01: June at 24, July at 25.
TEST_F(ChinaTest, EveryMonthIsJudgedByItself) {
  Court court = MakeCourt();
  const replay::Symbol shanghai = court.log.store.Add("Shanghai");
  FakeWorker worker{.id = "W1"};
  const int64_t june = court.Time("2025-06-10 08:00");
  const int64_t july = court.Time("2025-07-10 08:00");
  worker.tasks.push_back(Between("a", june, june + 10 * kHour));
  worker.tasks.push_back(Between("b", july, july + 10 * kHour));
  for (replay::Task& task : worker.tasks) task.city = shanghai;
  SetPay(worker.tasks[0], v1::PAY_BASE, 240 * kMoneyUnit);
  SetPay(worker.tasks[1], v1::PAY_BASE, 240 * kMoneyUnit);
  const auto result = court.Judge({worker});
  const auto found = Of(result, "CN-MW-H");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].shortfall().amount(), "10.00");
  EXPECT_EQ(found[0].period().from(), "2025-07-01T00:00:00+08:00");
  EXPECT_EQ(Of(result, "CN-MW-H", v1::NO_BREACH_FOUND)[0].n(), 1);
}

TEST_F(ChinaTest, AMonthIsCutWhereTheRateChanges) {
  // 25 until 15 July, 30 from then on.
  Court court = MakeCourt(
      {{"value: \"25\" place: \"上海\" valid_from: \"2025-07-01\"",
        "value: \"30\" place: \"上海\" valid_from: \"2025-07-15\" source: "
        "\"mw-shanghai\" confidence: \"V2\" } values { value: \"25\" place: "
        "\"上海\" valid_from: \"2025-07-01\" valid_to: \"2025-07-14\""}});
  const replay::Symbol shanghai = court.log.store.Add("Shanghai");
  FakeWorker worker{.id = "W1"};
  const int64_t middle = court.Time("2025-07-15 00:00");
  worker.tasks.push_back(Between("a", middle - 4 * kHour, middle + 2 * kHour));
  worker.tasks[0].city = shanghai;
  SetPay(worker.tasks[0], v1::PAY_BASE, 100 * kMoneyUnit);
  const auto found = Of(court.Judge({worker}), "CN-MW-H");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].required(), "160.00");  // 4 x 25 + 2 x 30
}

TEST_F(ChinaTest, UnknownCellsNeverMakeABreachNorAPass) {
  Court court = MakeCourt();
  const replay::Symbol shanghai = court.log.store.Add("Shanghai");
  const int64_t start = court.Time("2025-09-10 08:00");
  FakeWorker worker{.id = "W1"};
  worker.tasks.push_back(Between("a", start, start + 10 * kHour));
  worker.tasks.push_back(Between("b", start + 12 * kHour, start + 13 * kHour));
  for (replay::Task& task : worker.tasks) task.city = shanghai;
  SetPay(worker.tasks[0], v1::PAY_BASE, 200 * kMoneyUnit);
  // Pay of task b is unknown: it may have made up the 75 that are missing.
  auto open = Of(court.Judge({worker}), "CN-MW-H", v1::INSUFFICIENT_EVIDENCE);
  ASSERT_EQ(open.size(), 1u);
  EXPECT_THAT(open[0].missing(), Contains("tasks.pay_base"));
  EXPECT_THAT(open[0].rows(), ElementsAre("workers:W1"));
  // With it known to be little the breach is certain, even if the acceptance of
  // a third task is not known.
  SetPay(worker.tasks[1], v1::PAY_BASE, 10 * kMoneyUnit);
  replay::Task third = Between("c", replay::kUnknown, start + 20 * kHour);
  third.city = shanghai;
  SetPay(third, v1::PAY_BASE, 0);
  worker.tasks.push_back(third);
  const auto found = Of(court.Judge({worker}), "CN-MW-H");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].shortfall().amount(), "65.00");  // At least.
  EXPECT_EQ(found[0].interval_size(), 2);
  // Paid enough for the known hours, but not for all possible ones.
  SetPay(worker.tasks[2], v1::PAY_TIME, 100 * kMoneyUnit);
  open = Of(court.Judge({worker}), "CN-MW-H", v1::INSUFFICIENT_EVIDENCE);
  ASSERT_EQ(open.size(), 1u);
  EXPECT_THAT(open[0].missing(), ElementsAre("tasks.accepted_at"));
}

TEST_F(ChinaTest, WithoutRequiredTimeAllOnlineTimeBoundsTheFloor) {
  Court court = MakeCourt({}, {"sessions.required"});
  const replay::Symbol shanghai = court.log.store.Add("Shanghai");
  const int64_t start = court.Time("2025-09-10 08:00");
  FakeWorker worker{.id = "W1"};
  worker.tasks.push_back(Between("a", start, start + 4 * kHour));
  worker.tasks[0].city = shanghai;
  worker.sessions.push_back(Online(start, start + 6 * kHour, replay::kUnknown));
  auto judge = [&](int64_t pay) {
    FakeWorker paid = worker;
    SetPay(paid.tasks[0], v1::PAY_BASE, pay * kMoneyUnit);
    return court.Judge({paid});
  };
  EXPECT_EQ(Of(judge(99), "CN-MW-H").size(), 1u);
  const auto open = Of(judge(100), "CN-MW-H", v1::INSUFFICIENT_EVIDENCE);
  ASSERT_EQ(open.size(), 1u);
  EXPECT_THAT(open[0].missing(), ElementsAre("sessions.required"));
  EXPECT_EQ(Of(judge(150), "CN-MW-H", v1::NO_BREACH_FOUND).size(), 1u);
}

// rules.md section 6, row 7: 18 min of riding and 4 min of hand-over.
TEST_F(ChinaTest, DeadlinesOfElectricBicycles) {
  Court court("cn-delivery-standard", "Asia/Shanghai", "CNY");
  court.log.Columns({"tasks.accepted_at", "tasks.limit_at", "tasks.vehicle",
                     "tasks.route_distance_m", "tasks.planned_wait_s"});
  const replay::Symbol ebike = court.log.store.Add("ebike");
  const replay::Symbol car = court.log.store.Add("car");
  const int64_t start = court.Time("2026-01-10 08:00");
  FakeWorker worker{.id = "W1"};
  for (int minutes : {17, 22, 17, 17, 17}) {
    replay::Task task =
        Between(Cat("t", worker.tasks.size()), start, start + 30 * kMinute);
    task.limit_at = start + minutes * kMinute;
    task.route_distance = 4'500'000;
    task.planned_wait = 4 * kMinute;
    task.vehicle = ebike;
    worker.tasks.push_back(task);
  }
  worker.tasks[2].vehicle = car;
  worker.tasks[3].route_distance = replay::kUnknown;
  worker.tasks[4].vehicle = 0;
  const auto result = court.Judge({worker});
  const auto found = Of(result, "CN-GB-15");
  ASSERT_EQ(found.size(), 1u) << result.DebugString();
  EXPECT_EQ(found[0].n(), 1);
  EXPECT_THAT(found[0].rows(), ElementsAre("tasks:t0"));
  EXPECT_FALSE(found[0].has_shortfall());
  EXPECT_EQ(Of(result, "CN-GB-15", v1::NO_BREACH_FOUND)[0].n(), 1);
  EXPECT_EQ(Of(result, "CN-GB-15", v1::NOT_APPLICABLE)[0].n(), 1);
  EXPECT_EQ(Of(result, "CN-GB-15", v1::INSUFFICIENT_EVIDENCE).size(), 2u);
  ASSERT_EQ(court.flagged.size(), 3u);
  EXPECT_EQ(court.flagged[0].task_id(), "t0");
  EXPECT_EQ(court.flagged[0].observed(), "1020");
  EXPECT_EQ(court.flagged[0].required(), "1320");
  EXPECT_EQ(court.flagged[0].shortfall(), "300");
  EXPECT_EQ(court.flagged[0].currency(), "");
}

TEST_F(ChinaTest, DeadlinesWithoutAPlannedWait) {
  Court court("cn-delivery-standard", "Asia/Shanghai", "CNY");
  court.log.Columns({"tasks.accepted_at", "tasks.limit_at", "tasks.vehicle",
                     "tasks.route_distance_m"});
  const int64_t start = court.Time("2026-01-10 08:00");
  FakeWorker worker{.id = "W1"};
  for (int minutes : {17, 18}) {
    replay::Task task = Between(Cat("t", minutes), start, start + 30 * kMinute);
    task.limit_at = start + minutes * kMinute;
    task.route_distance = 4'500'000;  // 18 min at 15 km/h.
    task.vehicle = court.log.store.Add("ebike");
    worker.tasks.push_back(task);
  }
  const auto result = court.Judge({worker});
  ASSERT_EQ(Of(result, "CN-GB-15").size(), 1u);
  EXPECT_THAT(Of(result, "CN-GB-15")[0].rows(), ElementsAre("tasks:t17"));
  EXPECT_EQ(Of(result, "CN-GB-15", v1::NO_BREACH_FOUND)[0].n(), 1);
}

// rules.md section 6, row 30.
TEST_F(ChinaTest, TheLimitAmongTheEstimates) {
  Court court = MakeCourt();
  court.log.Columns({"tasks.accepted_at", "tasks.completed_at",
                     "tasks.limit_at", "tasks.estimates_s"});
  const int64_t start = court.Time("2026-01-10 08:00");
  static const int64_t kEstimates[] = {28 * kMinute, 31 * kMinute, 35 * kMinute,
                                       40 * kMinute};
  FakeWorker worker{.id = "W1"};
  for (int minutes : {28, 33, 35}) {
    replay::Task task = Between(Cat("t", minutes), start, start + 30 * kMinute);
    task.limit_at = start + minutes * kMinute;
    task.estimates = kEstimates;
    worker.tasks.push_back(task);
  }
  const auto result = court.Judge({worker});
  const auto found = Of(result, "CN-38-MIDDLE", v1::INDICATOR);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0].rows(), ElementsAre("tasks:t28"));
  EXPECT_EQ(court.flagged[0].observed(), "0");
  EXPECT_EQ(result.summary().breach(), 0);
  EXPECT_EQ(result.summary().indicator(), 1);
}

// Days of 9, 10 and 7 hours: one finding, of two days, that shows the longer.
TEST_F(ChinaTest, LongDaysComeIntoOneFinding) {
  Court court("cn-delivery-standard", "Asia/Shanghai", "CNY");
  court.log.Columns({"tasks.accepted_at", "tasks.completed_at"});
  FakeWorker worker{.id = "W1"};
  int hours = 9;
  for (const char* day : {"2026-01-05", "2026-01-06", "2026-01-07"}) {
    const int64_t start = court.Time(Cat(day, " 08:00"));
    worker.tasks.push_back(Between(day, start, start + hours * kHour));
    hours = hours == 10 ? 7 : hours + 1;
  }
  const auto result = court.Judge({worker});
  const auto found = Of(result, "CN-GB-8H", v1::INDICATOR);
  ASSERT_EQ(found.size(), 1u) << result.DebugString();
  EXPECT_EQ(found[0].n(), 2);
  EXPECT_EQ(found[0].observed(), "36000");
  EXPECT_EQ(found[0].period().from(), "2026-01-05T00:00:00+08:00");
  EXPECT_EQ(found[0].period().to(), "2026-01-07T00:00:00+08:00");
  ASSERT_EQ(found[0].trace_size(), 4);
  EXPECT_EQ(found[0].trace(3).value(), "2026-01-06");
  EXPECT_EQ(Of(result, "CN-GB-8H", v1::NO_BREACH_FOUND)[0].n(), 1);
  EXPECT_EQ(Of(result, "CN-GB-REST", v1::NO_BREACH_FOUND)[0].n(), 1);
}

// ---- New York, trips --------------------------------------------------------

class TripTest : public testing::Test {
 protected:
  // To the millionth: the pack lets what rounds to the cent pass.
  TripTest()
      : court("us-ny-nyc-tlc", "America/New_York", "USD",
              {{"tolerance: \"0.005 USD\"", ""}}) {
    court.log.Columns({"tasks.picked_up_at", "tasks.completed_at",
                       "tasks.dropoff_distance_m", "tasks.trip_time_s",
                       "tasks.pay_base", "tasks.shared", "tasks.wheelchair",
                       "tasks.status"});
  }
  replay::Task Trip(const std::string& id, const std::string& day, double miles,
                    int minutes, double pay) {
    const int64_t start = court.Time(Cat(day, " 10:00"));
    replay::Task task =
        Between(id, replay::kUnknown, start + minutes * kMinute);
    task.picked_up_at = start;
    task.trip_time = minutes * kMinute;
    task.dropoff_distance = static_cast<int64_t>(miles * kMile);
    task.shared = 0;
    task.wheelchair = 0;
    SetPay(task, v1::PAY_BASE, static_cast<int64_t>(pay * 100 + 0.5) * kCent);
    return task;
  }
  FakeWorker Nobody(std::vector<replay::Task> tasks) {
    FakeWorker worker{.id = ""};
    worker.known = false;
    worker.tasks = std::move(tasks);
    return worker;
  }
  Court court;
};

// rules.md section 6, row 12: 10.20 + 17.49 = 27.69.
TEST_F(TripTest, MilesAndMinutes) {
  const auto result =
      court.Judge({Nobody({Trip("a", "2024-03-01", 7.5, 30, 26.00),
                           Trip("b", "2024-03-01", 7.5, 30, 27.69)})});
  const auto found = Of(result, "NYC-TLC");
  ASSERT_EQ(found.size(), 1u) << result.DebugString();
  EXPECT_EQ(found[0].subject().kind(), "platform");
  EXPECT_EQ(found[0].shortfall().amount(), "1.69");
  EXPECT_EQ(found[0].observed(), "26.00");
  EXPECT_EQ(found[0].required(), "27.69");
  EXPECT_THAT(found[0].rows(), ElementsAre("tasks:a"));
  ASSERT_EQ(court.flagged.size(), 1u);
  EXPECT_EQ(court.flagged[0].shortfall(), "1.69");
  EXPECT_EQ(court.flagged[0].currency(), "USD");
  EXPECT_EQ(court.flagged[0].from(), "2024-03-01T10:00:00-05:00");
  EXPECT_EQ(Of(result, "NYC-TLC", v1::NO_BREACH_FOUND)[0].n(), 1);
  EXPECT_EQ(result.summary().workers_affected(), 0);
}

TEST_F(TripTest, TheRateOfTheDayOfThePickup) {
  // One floor a row: 10 miles and 20 minutes.
  const std::map<std::string, std::string> floors = {
      {"2019-02-01", "20.78"},  // 10.88 + 9.90
      {"2022-02-28", "20.78"},
      {"2022-03-01", "22.19"},   // 11.61 + 10.58
      {"2023-02-01", "23.62"},   // 12.34 + 11.28
      {"2024-03-01", "25.26"}};  // 13.60 + 11.66
  for (const auto& [day, floor] : floors) {
    const auto found =
        Of(court.Judge({Nobody({Trip("a", day, 10, 20, 1.00)})}), "NYC-TLC");
    ASSERT_EQ(found.size(), 1u) << day;
    EXPECT_EQ(found[0].required(), floor) << day;
  }
  const auto before =
      court.Judge({Nobody({Trip("a", "2019-01-31", 10, 20, 1.00)})});
  EXPECT_EQ(Of(before, "NYC-TLC", v1::NOT_APPLICABLE).size(), 1u);
  EXPECT_TRUE(Of(before, "NYC-TLC").empty());
  const auto later =
      court.Judge({Nobody({Trip("a", "2025-09-01", 10, 20, 1.00)})});
  EXPECT_EQ(Of(later, "NYC-TLC", v1::INSUFFICIENT_EVIDENCE).size(), 1u);
}

TEST_F(TripTest, SharedRidesAreNeverJudged) {
  std::vector<replay::Task> tasks = {
      Trip("below", "2020-01-10", 10, 20, 1.00),
      Trip("above", "2020-01-10", 10, 20, 90.00),
      Trip("unknown-below", "2020-01-10", 10, 20, 1.00),
      Trip("unknown-above", "2020-01-10", 10, 20, 90.00)};
  tasks[0].shared = tasks[1].shared = 1;
  tasks[2].shared = tasks[3].shared = replay::kUnknown;
  const auto result = court.Judge({Nobody(tasks)});
  EXPECT_TRUE(Of(result, "NYC-TLC").empty());
  EXPECT_EQ(Of(result, "NYC-TLC", v1::NO_BREACH_FOUND)[0].n(), 1);
  const auto open = Of(result, "NYC-TLC", v1::INSUFFICIENT_EVIDENCE);
  ASSERT_EQ(open.size(), 2u);
  EXPECT_THAT(open[0].reason(), HasSubstr("shared ride"));
  EXPECT_EQ(open[0].n(), 2);
  EXPECT_THAT(open[1].missing(), ElementsAre("tasks.shared"));
  EXPECT_THAT(open[1].rows(), ElementsAre("tasks:unknown-below"));
}

TEST_F(TripTest, WheelchairTripsHaveTheirOwnRate) {
  // Standard 20.78, wheelchair 14.10 + 9.90 = 24.00.
  std::vector<replay::Task> tasks = {Trip("known", "2020-01-10", 10, 20, 22.00),
                                     Trip("open", "2020-01-10", 10, 20, 22.00),
                                     Trip("sure", "2020-01-10", 10, 20, 20.00),
                                     Trip("fine", "2020-01-10", 10, 20, 24.00)};
  tasks[0].wheelchair = 1;
  for (int i : {1, 2, 3}) tasks[i].wheelchair = replay::kUnknown;
  const auto result = court.Judge({Nobody(tasks)});
  const auto found = Of(result, "NYC-TLC");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0].rows(), ElementsAre("tasks:known", "tasks:sure"));
  EXPECT_EQ(found[0].shortfall().amount(), "2.78");  // 2.00 and at least 0.78
  EXPECT_THAT(found[0].interval(), ElementsAre("2.78", "6.00"));
  const auto open = Of(result, "NYC-TLC", v1::INSUFFICIENT_EVIDENCE);
  ASSERT_EQ(open.size(), 1u);
  EXPECT_THAT(open[0].rows(), ElementsAre("tasks:open"));
}

TEST_F(TripTest, TripsNeverOffsetAndLongerTripsNeverOweLess) {
  int64_t last = -1;
  for (int tenths = 0; tenths <= 50; ++tenths) {
    court.Judge({Nobody({Trip("a", "2020-01-10", tenths / 10.0, 20, 12.00),
                         Trip("b", "2020-01-10", 1, 1, 500.00)})});
    const int64_t owed =
        court.flagged.empty()
            ? 0
            : static_cast<int64_t>(
                  100 * std::stod(court.flagged[0].shortfall()) + 0.5);
    EXPECT_GE(owed, last);
    last = owed;
  }
  EXPECT_GT(last, 0);  // The surplus of b pays nothing of a.
}

// A millionth of a dollar around the floor: what floating point may not decide
// is left to integers. Rates 1.088 USD a mile and 0.495 USD a minute.
TEST_F(TripTest, TheQuickWayAgreesWithTheExactOne) {
  std::mt19937_64 random(1);
  std::vector<replay::Task> tasks;
  int64_t below = 0;
  for (int i = 0; i < 3000; ++i) {
    replay::Task task = Trip(Cat("t", i), "2020-01-10", 0, 0, 0);
    task.dropoff_distance = static_cast<int64_t>(random() % 50'000'000);
    task.trip_time = static_cast<int64_t>(random() % 7'200'000);
    const __int128 scale = __int128{kMile} * kMinute;
    const __int128 floor =
        __int128{1'088'000} * task.dropoff_distance * kMinute +
        __int128{495'000} * task.trip_time * kMile;
    const auto pay = static_cast<int64_t>(floor / scale) +
                     static_cast<int64_t>(random() % 3) - 1;
    below += pay * scale < floor;
    task.pay = {};
    SetPay(task, v1::PAY_BASE, pay);
    tasks.push_back(task);
  }
  const auto result = court.Judge({Nobody(tasks)});
  ASSERT_EQ(Of(result, "NYC-TLC").size(), 1u);
  EXPECT_EQ(Of(result, "NYC-TLC")[0].n(), below);
  EXPECT_EQ(Of(result, "NYC-TLC", v1::NO_BREACH_FOUND)[0].n(), 3000 - below);
}

// ---- New York, delivery -----------------------------------------------------

class DeliveryTest : public testing::Test {
 protected:
  Court MakeCourt(const std::string& pack) {
    Court court(pack, "America/New_York", "USD");
    court.log.Columns({"tasks.accepted_at", "tasks.completed_at",
                       "tasks.pay_base", "tasks.pay_tip", "sessions.started_at",
                       "sessions.ended_at"});
    return court;
  }
  // A trip, then time on call, within one week.
  FakeWorker Week(Court& court, const std::string& id, const std::string& day,
                  int64_t trip_hours, int64_t call_hours, int64_t pay) {
    FakeWorker worker{.id = id};
    const int64_t start = court.Time(Cat(day, " 00:00"));
    worker.tasks.push_back(
        Between(Cat(id, "-1"), start, start + trip_hours * kHour));
    SetPay(worker.tasks[0], v1::PAY_BASE, pay * kMoneyUnit);
    SetPay(worker.tasks[0], v1::PAY_TIP, 1000 * kMoneyUnit);
    worker.sessions.push_back(
        Online(start, start + (trip_hours + call_hours) * kHour));
    return worker;
  }
};

// rules.md section 6, row 10: both pass alone, together 327.80 are missing.
TEST_F(DeliveryTest, TheAggregateMayFailWhereNobodyDoes) {
  Court court = MakeCourt("us-ny-nyc-delivery");
  const std::vector<FakeWorker> workers = {
      Week(court, "A", "2026-04-06", 30, 5, 700),
      Week(court, "B", "2026-04-06", 10, 15, 300)};
  const auto result = court.Judge(workers);
  EXPECT_TRUE(Of(result, "NYC-D-IND").empty());
  EXPECT_EQ(Of(result, "NYC-D-IND", v1::NO_BREACH_FOUND)[0].n(), 2);
  const auto found = Of(result, "NYC-D-AGG");
  ASSERT_EQ(found.size(), 1u) << result.DebugString();
  EXPECT_EQ(found[0].subject().kind(), "platform");
  EXPECT_EQ(found[0].subject().id(), "Platform");
  EXPECT_EQ(found[0].required(), "1327.80");
  EXPECT_EQ(found[0].observed(), "1000.00");
  EXPECT_EQ(found[0].shortfall().amount(), "327.80");
  EXPECT_EQ(result.summary().shortfall_total().amount(), "327.80");
  EXPECT_EQ(result.summary().workers_affected(), 0);
  EXPECT_TRUE(court.by_worker.empty());
}

// methods.md 5.4: 30 h of trips at 17.96 are 538.80.
TEST_F(DeliveryTest, TheIndividualMayFailWhereTheAggregateDoesNot) {
  Court court = MakeCourt("us-ny-nyc-delivery");
  const auto result = court.Judge({Week(court, "A", "2024-01-08", 30, 0, 500),
                                   Week(court, "B", "2024-01-08", 10, 0, 900)});
  const auto found = Of(result, "NYC-D-IND");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].required(), "538.80");
  EXPECT_EQ(found[0].shortfall().amount(), "38.80");
  EXPECT_TRUE(Of(result, "NYC-D-AGG").empty());
}

// rules.md section 6, row 11.
TEST_F(DeliveryTest, TheAlternativeMethodHasAGate) {
  Court court = MakeCourt("us-ny-nyc-delivery-alternative");
  auto judge = [&](int64_t idle) {
    return court.Judge({Week(court, "A", "2024-01-08", 30, idle, 880)});
  };
  const auto found = Of(judge(15), "NYC-D-ALT");  // 30 / 45 = 66.7 %
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].required(), "897.90");
  EXPECT_EQ(found[0].shortfall().amount(), "17.90");
  const auto closed = judge(27);  // 30 / 57 = 52.6 %
  EXPECT_TRUE(Of(closed, "NYC-D-ALT").empty());
  const auto reason = Of(closed, "NYC-D-ALT", v1::NOT_APPLICABLE);
  ASSERT_EQ(reason.size(), 1u);
  EXPECT_THAT(reason[0].reason(), HasSubstr("53 %"));
}

// ---- What holds for all -----------------------------------------------------

TEST_F(DeliveryTest, PartsAndOrderChangeNothing) {
  Court court = MakeCourt("us-ny-nyc-delivery");
  std::vector<FakeWorker> workers;
  for (int i = 0; i < 40; ++i) {
    workers.push_back(Week(court, Cat("W", i),
                           i % 2 == 0 ? "2026-04-06" : "2026-04-13", 5 + i % 30,
                           i % 7, 100 + 13 * i));
  }
  const std::string whole = court.Judge(workers).SerializeAsString();
  for (int parts : {2, 3, 7}) {
    std::reverse(workers.begin(), workers.end());
    EXPECT_EQ(court.Judge(workers, parts).SerializeAsString(), whole);
  }
}

TEST_F(DeliveryTest, MorePayNeverMakesAShortfall) {
  Court court = MakeCourt("us-ny-nyc-delivery");
  double last = 1e9;
  for (int64_t pay = 0; pay <= 800; pay += 25) {
    const auto found = Of(
        court.Judge({Week(court, "A", "2026-04-06", 30, 0, pay)}), "NYC-D-IND");
    const double owed =
        found.empty() ? 0 : std::stod(found[0].shortfall().amount());
    EXPECT_LE(owed, last);
    last = owed;
  }
  EXPECT_EQ(last, 0);
}

TEST_F(DeliveryTest, AnotherCurrencyIsNotApplicable) {
  Court court = MakeCourt("us-ny-nyc-delivery");
  court.log.log.info.set_currency("EUR");
  const auto result = court.Judge({Week(court, "A", "2026-04-06", 30, 0, 1)});
  EXPECT_EQ(Of(result, "NYC-D-IND", v1::NOT_APPLICABLE).size(), 1u);
  court.log.log.info.set_currency("");
  EXPECT_THAT(
      Of(court.Judge({}), "NYC-D-IND", v1::INSUFFICIENT_EVIDENCE)[0].missing(),
      ElementsAre("log.currency"));
}

TEST_F(DeliveryTest, WithoutNamedWorkersNothingPerWorker) {
  Court court = MakeCourt("us-ny-nyc-delivery");
  FakeWorker nobody = Week(court, "", "2026-04-06", 30, 0, 1);
  nobody.known = false;
  const auto result = court.Judge({nobody});
  EXPECT_EQ(result.summary().breach(), 0);
  EXPECT_THAT(Of(result, "NYC-D-AGG", v1::INSUFFICIENT_EVIDENCE)[0].missing(),
              ElementsAre("tasks.worker_id"));
}

TEST_F(DeliveryTest, HugeFiguresStayExact) {
  Court court = MakeCourt("us-ny-nyc-delivery");
  // Ninety days of trips cut into weeks, and pay near the end of 64 bits.
  FakeWorker worker = Week(court, "A", "2026-04-06", 90 * 24, 0, 1);
  worker.tasks[0].pay = {};
  SetPay(worker.tasks[0], v1::PAY_BASE, int64_t{9'000'000'000'000'000'000});
  worker.tasks.push_back(worker.tasks[0]);
  worker.tasks[1].task_id = "second";
  const auto result = court.Judge({worker});
  EXPECT_FALSE(result.findings().empty());
}

TEST(GuaranteeTest, TheRuleOfTheInstance) {
  Court court("mdrp-guarantee", "UTC", "USD");
  court.log.log.mdrp.present = true;
  court.log.log.mdrp.pay_per_order = 10 * kMoneyUnit;
  court.log.log.mdrp.guaranteed_per_hour = 15 * kMoneyUnit;
  court.log.Columns({"tasks.accepted_at", "tasks.completed_at",
                     "tasks.pay_base", "sessions.required",
                     "sessions.started_at", "sessions.ended_at"});
  const int64_t start = court.Time("2020-01-01 00:00");
  FakeWorker busy{.id = "busy"}, idle{.id = "idle"};
  for (FakeWorker* worker : {&busy, &idle}) {
    const int orders = worker == &busy ? 3 : 2;
    for (int i = 0; i < orders; ++i) {
      worker->tasks.push_back(Between(Cat(worker->id, i), start + i * kHour,
                                      start + (i + 1) * kHour));
      SetPay(worker->tasks.back(), v1::PAY_BASE, 10 * kMoneyUnit);
    }
    worker->sessions.push_back(Online(start, start + 2 * kHour, 1));
  }
  // busy: 30 against max(30, 30); idle: 20 against max(20, 30).
  auto result = court.Judge({busy, idle});
  EXPECT_EQ(Of(result, "MDRP-GUARANTEE", v1::NO_BREACH_FOUND)[0].n(), 1);
  EXPECT_THAT(Of(result, "MDRP-GUARANTEE", v1::INSUFFICIENT_EVIDENCE)[0].rows(),
              ElementsAre("workers:idle"));
  // Once the log has a pay statement the guarantee can be judged.
  court.log.Columns({"tasks.accepted_at", "tasks.completed_at",
                     "tasks.pay_base", "pay.amount", "sessions.required",
                     "sessions.started_at", "sessions.ended_at"});
  result = court.Judge({busy, idle});
  const auto found = Of(result, "MDRP-GUARANTEE");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].required(), "30.00");
  EXPECT_EQ(found[0].shortfall().amount(), "10.00");
}

TEST(StateTest, DamagedStatesAreRefused) {
  Court court("us-ny-nyc-tlc", "America/New_York", "USD");
  auto judge = Judge::Create(court.packs, court.log.context);
  v1::JudgeState state;
  judge->Save(&state);
  EXPECT_TRUE(judge->Merge(state).ok());
  state.set_state("nonsense");
  EXPECT_FALSE(judge->Merge(state).ok());
}

}  // namespace
}  // namespace plumbline::audit
