// What must hold for every floor of pay whatever the log: more pay never adds a
// shortfall, a longer trip never owes less, what is owed for one order is not
// set off against another, an unknown cell neither accuses nor acquits, and
// splitting a log by worker changes nothing.

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/time/time.h"
#include "audit/findings/judge.h"
#include "audit/rules/rule_pack.h"
#include "audit/rules/text.h"
#include "gtest/gtest.h"
#include "tests/stats_measures/fake_log.h"

namespace plumbline::audit {
namespace {

using replay::kHour;
using replay::kMinute;
using replay::kUnknown;

constexpr int64_t kCent = 10'000;
constexpr int kWorkers = 4;
constexpr int kTasks = 12;

struct PackCase {
  std::string pack;
  std::string currency;
  std::string zone;
  std::string day;  // A Monday on which verified values hold.
  std::string city;
  bool idle = true;  // Online all day, else with orders only.
};

// A task as it can be varied; pay in cents.
struct Draft {
  std::string id;
  int64_t at = 0, pickup = 0, minutes = 0;
  int64_t metres = 0;
  int64_t base = 0, bonus = 0, allowance = 0, fee = kUnknown;
  bool delivered = true, wheelchair = false, rain = false;
  // The cell that is not known: 0 none, else one of kHidden.
  int hidden = 0;
};
constexpr int kHidden = 8;

// Money owed by rule, in cents, how many subjects passed, and how many of them
// or of others the rule was not for.
struct Owed {
  std::map<std::string, int64_t> short_by;
  std::map<std::string, int64_t> passed;
  std::map<std::string, int64_t> not_accused;
  std::string bytes;
};

class PackPropertiesTest : public testing::TestWithParam<PackCase> {
 protected:
  void SetUp() override {
    const PackCase& test = GetParam();
    auto loaded =
        LoadRulePack(Cat(PLUMBLINE_PACKS, "/", test.pack, ".textproto"));
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    packs_ = {*loaded};
    ASSERT_TRUE(absl::LoadTimeZone(test.zone, &log_.context.zone));
    log_.log.info.set_currency(test.currency);
    // Long after all that can make good.
    log_.log.info.set_observed_to("2027-01-01T00:00:00Z");
    log_.Columns({"tasks.worker_id", "tasks.accepted_at", "tasks.picked_up_at",
                  "tasks.completed_at", "tasks.cancelled_at", "tasks.status",
                  "tasks.city", "tasks.weather", "tasks.wheelchair",
                  "tasks.shared", "tasks.pickup_distance_m",
                  "tasks.dropoff_distance_m", "tasks.route_distance_m",
                  "tasks.pay_base", "tasks.pay_bonus", "tasks.pay_allowance",
                  "tasks.customer_total", "sessions.started_at",
                  "sessions.ended_at"});
    city_ = log_.store.Add(test.city);
    rain_ = log_.store.Add("rain");
    sun_ = log_.store.Add("clear");
    std::string error;
    absl::Time start;
    ASSERT_TRUE(absl::ParseTime("%Y-%m-%d", test.day, log_.context.zone, &start,
                                &error))
        << error;
    start_ = absl::ToUnixMillis(start);
  }

  int64_t Up(int64_t n) { return static_cast<int64_t>(random_() % n); }

  // Tasks hours apart, so that none that is made longer meets another.
  std::vector<std::vector<Draft>> MakeDrafts() {
    std::vector<std::vector<Draft>> all(kWorkers);
    for (int w = 0; w < kWorkers; ++w) {
      for (int i = 0; i < kTasks; ++i) {
        Draft draft;
        draft.id = Cat("w", w, "-", i);
        draft.at = start_ + (i / 4) * 24 * kHour + (8 + 3 * (i % 4)) * kHour +
                   Up(30) * kMinute;
        draft.pickup = 1 + Up(8);
        draft.minutes = 10 + Up(40);
        draft.metres = 300 + Up(20000);
        draft.base = 100 + Up(1000);
        draft.allowance = Up(500);
        draft.delivered = Up(6) != 0;
        if (!draft.delivered) draft.fee = 500;
        draft.wheelchair = Up(4) == 0;
        draft.rain = Up(2) == 0;
        all[w].push_back(draft);
      }
    }
    return all;
  }

  replay::Task TaskOf(const Draft& draft) {
    replay::Task task = NewTask(draft.id);
    task.accepted_at = draft.at;
    task.picked_up_at = draft.at + draft.pickup * kMinute;
    const int64_t end = draft.at + draft.minutes * kMinute;
    (draft.delivered ? task.completed_at : task.cancelled_at) = end;
    task.delivered = draft.delivered;
    task.status =
        draft.delivered ? v1::STATUS_DELIVERED : v1::STATUS_CANCELLED_CUSTOMER;
    task.city = city_;
    task.weather = draft.rain ? rain_ : sun_;
    task.wheelchair = draft.wheelchair ? 1 : 0;
    task.shared = 0;
    task.pickup_distance = 200'000;
    task.dropoff_distance = draft.metres * 1000;
    task.route_distance = task.pickup_distance + task.dropoff_distance;
    task.customer_total =
        draft.fee == kUnknown ? 3000 * kCent : draft.fee * kCent;
    SetPay(task, v1::PAY_BONUS, draft.bonus * kCent);
    SetPay(task, v1::PAY_ALLOWANCE, draft.allowance * kCent);
    switch (draft.hidden) {
      case 1:
        task.accepted_at = kUnknown;
        break;
      case 2:
        task.picked_up_at = kUnknown;
        break;
      case 3:
        task.completed_at = task.cancelled_at = kUnknown;
        break;
      case 4:
        task.city = 0;
        break;
      case 5:
        task.wheelchair = kUnknown;
        break;
      case 6:
        task.dropoff_distance = task.route_distance = kUnknown;
        break;
      case 7:
        task.weather = 0;
        break;
      default:
        break;
    }
    if (draft.hidden != kHidden) {
      SetPay(task, v1::PAY_BASE, draft.base * kCent);
    }
    return task;
  }

  // `lines` are of the first worker.
  Owed Judge(const std::vector<std::vector<Draft>>& drafts, int parts = 1,
             const std::vector<replay::PayLine>& lines = {}) {
    JudgeOptions options;
    options.allow_unverified = true;
    std::vector<std::unique_ptr<audit::Judge>> judges;
    for (int i = 0; i < parts; ++i) {
      judges.push_back(audit::Judge::Create(packs_, log_.context, options));
    }
    for (size_t w = 0; w < drafts.size(); ++w) {
      FakeWorker worker{.id = Cat("W", w)};
      for (const Draft& draft : drafts[w])
        worker.tasks.push_back(TaskOf(draft));
      if (w == 0) worker.pay = lines;
      auto online = [&](int64_t from, int64_t to) {
        replay::Session session;
        session.started_at = from;
        session.ended_at = to;
        session.required = 0;
        worker.sessions.push_back(session);
      };
      for (int day = 0; GetParam().idle && day < 3; ++day) {
        const int64_t morning = start_ + (24 * day + 7) * kHour;
        online(morning, morning + 14 * kHour);
      }
      for (const Draft& draft : drafts[w]) {
        if (!GetParam().idle) {
          online(draft.at, draft.at + draft.minutes * kMinute);
        }
      }
      FakeLog::Show(worker, [&](const replay::WorkerTimeline& timeline) {
        judges[w % parts]->Observe(timeline);
      });
    }
    auto merged = audit::Judge::Create(packs_, log_.context, options);
    for (int i = parts - 1; i >= 0; --i) {
      v1::JudgeState state;
      judges[i]->Save(&state);
      const absl::Status status = merged->Merge(state);
      EXPECT_TRUE(status.ok()) << status;
    }
    v1::AuditResult result;
    FlaggedTasks flagged;
    merged->Conclude(&result, &flagged);
    Owed owed;
    owed.bytes = result.SerializeAsString();
    for (const v1::Finding& finding : result.findings()) {
      if (finding.verdict() == v1::NO_BREACH_FOUND) {
        owed.passed[finding.rule_id()] += finding.n();
      }
      if (finding.verdict() == v1::NO_BREACH_FOUND ||
          finding.verdict() == v1::NOT_APPLICABLE) {
        owed.not_accused[finding.rule_id()] += finding.n();
      }
      if (!finding.has_shortfall()) continue;
      double amount = 0;
      EXPECT_TRUE(absl::SimpleAtod(finding.shortfall().amount(), &amount));
      owed.short_by[finding.rule_id()] +=
          static_cast<int64_t>(amount * 100 + 0.5);
    }
    return owed;
  }

  // No rule is owed more in `more` than in `less`.
  static void ExpectNoMore(const Owed& less, const Owed& more,
                           const std::string& what) {
    for (const auto& [rule, amount] : less.short_by) {
      const auto other = more.short_by.find(rule);
      EXPECT_LE(amount, other == more.short_by.end() ? 0 : other->second)
          << rule << " after " << what;
    }
  }

  Draft& Some(std::vector<std::vector<Draft>>& drafts) {
    return drafts[Up(kWorkers)][Up(kTasks)];
  }

  FakeLog log_;
  std::vector<RulePack> packs_;
  replay::Symbol city_ = 0, rain_ = 0, sun_ = 0;
  int64_t start_ = 0;
  std::mt19937_64 random_{20260401};
};

TEST_P(PackPropertiesTest, TheLogIsShortOfSomething) {
  EXPECT_FALSE(Judge(MakeDrafts()).short_by.empty());
}

TEST_P(PackPropertiesTest, MorePayNeverAddsAShortfall) {
  for (int round = 0; round < 40; ++round) {
    auto drafts = MakeDrafts();
    const Owed before = Judge(drafts);
    Draft& draft = Some(drafts);
    draft.bonus += Up(3000);
    draft.allowance += Up(300);
    ExpectNoMore(Judge(drafts), before, Cat("more pay of ", draft.id));
  }
}

TEST_P(PackPropertiesTest, ALongerTripNeverOwesLess) {
  for (int round = 0; round < 40; ++round) {
    auto drafts = MakeDrafts();
    const Owed before = Judge(drafts);
    Draft& draft = Some(drafts);
    draft.minutes += Up(30);
    draft.metres += Up(9000);
    ExpectNoMore(before, Judge(drafts), Cat("a longer ", draft.id));
  }
}

TEST_P(PackPropertiesTest, AnUnknownCellNeitherAccusesNorAcquits) {
  for (int round = 0; round < 12; ++round) {
    auto drafts = MakeDrafts();
    Owed before = Judge(drafts);
    Draft& draft = Some(drafts);
    // No pay recorded for a cancelled order is none, which is no unknown cell.
    const int last = draft.delivered ? kHidden : kHidden - 1;
    for (draft.hidden = 1; draft.hidden <= last; ++draft.hidden) {
      const Owed after = Judge(drafts);
      const std::string what =
          Cat("hiding cell ", draft.hidden, " of ", draft.id);
      ExpectNoMore(after, before, what);
      for (const auto& [rule, n] : after.passed) {
        EXPECT_LE(n, before.not_accused[rule]) << rule << " after " << what;
      }
    }
  }
}

TEST_P(PackPropertiesTest, FloorsOfSingleTasksAreNeverSetOff) {
  std::vector<std::string> by_task;
  for (const v1::Rule& rule : packs_[0].pack.rules()) {
    if (rule.over() == "task") by_task.push_back(rule.id());
  }
  auto drafts = MakeDrafts();
  Owed before = Judge(drafts);
  for (std::vector<Draft>& worker : drafts) {
    Draft extra = worker.back();
    extra.id += "-rich";
    extra.at += 12 * kHour;
    extra.base = 100'000'000;
    worker.push_back(extra);
  }
  Owed after = Judge(drafts);
  for (const std::string& rule : by_task) {
    EXPECT_EQ(before.short_by[rule], after.short_by[rule]) << rule;
  }
}

TEST_P(PackPropertiesTest, SplittingByWorkerChangesNothing) {
  const auto drafts = MakeDrafts();
  const std::string whole = Judge(drafts).bytes;
  for (int parts : {2, 3, kWorkers}) {
    EXPECT_EQ(Judge(drafts, parts).bytes, whole) << parts;
  }
}

std::string NameOf(const testing::TestParamInfo<PackCase>& info) {
  std::string name = info.param.pack;
  for (char& c : name) c = c == '-' ? '_' : c;
  return name;
}

INSTANTIATE_TEST_SUITE_P(
    Packs, PackPropertiesTest,
    testing::Values(
        PackCase{"us-ny-nyc-delivery", "USD", "America/New_York", "2026-04-06",
                 "New York"},
        PackCase{"us-ny-nyc-delivery-alternative", "USD", "America/New_York",
                 "2026-04-06", "New York", false},
        PackCase{"us-ny-nyc-tlc", "USD", "America/New_York", "2024-03-04",
                 "New York"},
        PackCase{"us-wa-seattle-delivery", "USD", "America/Los_Angeles",
                 "2025-03-03", "Seattle"},
        PackCase{"us-wa-tnc", "USD", "America/Los_Angeles", "2024-03-04",
                 "Seattle"},
        PackCase{"us-ca-prop22", "USD", "America/Los_Angeles", "2025-03-03",
                 "Fresno"},
        PackCase{"us-mn-tnc", "USD", "America/Chicago", "2025-03-03",
                 "Minneapolis"},
        PackCase{"us-ma-tnc", "USD", "America/New_York", "2025-03-03",
                 "Boston"},
        PackCase{"ca-bc-platform", "CAD", "America/Vancouver", "2026-06-08",
                 "Vancouver"},
        PackCase{"ca-on-platform", "CAD", "America/Toronto", "2025-10-06",
                 "Toronto"},
        PackCase{"tw-delivery", "TWD", "Asia/Taipei", "2026-08-03", "台北"},
        PackCase{"it-delivery", "EUR", "Europe/Rome", "2026-05-04", "Roma"},
        PackCase{"au-fwc-draft", "AUD", "Australia/Sydney", "2026-07-06",
                 "Sydney"}),
    NameOf);

// Packs with a term for top-ups.
class TopUpTest : public PackPropertiesTest {};

// In time, two days before the end of the next period, a day after that.
TEST_P(TopUpTest, PaidLaterOwesNoLess) {
  log_.Columns({"tasks.worker_id",
                "tasks.accepted_at",
                "tasks.picked_up_at",
                "tasks.completed_at",
                "tasks.cancelled_at",
                "tasks.status",
                "tasks.city",
                "tasks.wheelchair",
                "tasks.pickup_distance_m",
                "tasks.dropoff_distance_m",
                "tasks.route_distance_m",
                "tasks.pay_base",
                "tasks.pay_bonus",
                "tasks.pay_allowance",
                "tasks.customer_total",
                "sessions.started_at",
                "sessions.ended_at",
                "pay.amount",
                "pay.kind",
                "pay.paid_at",
                "pay.period_start",
                "pay.period_end"});
  const auto drafts = MakeDrafts();
  const auto paid_on = [&](int day) {
    replay::PayLine line = NewLine("", v1::PAY_TOP_UP, 40'000 * kCent);
    line.line_id = "top-up";
    line.period_start = start_;
    line.period_end = start_ + 7 * 24 * kHour;
    line.paid_at = start_ + day * 24 * kHour + 12 * kHour;
    return Judge(drafts, 1, {line});
  };
  const Owed none = Judge(drafts), soon = paid_on(5), next = paid_on(12),
             late = paid_on(15);
  ExpectNoMore(soon, next, "a top-up in the period");
  ExpectNoMore(next, late, "a top-up in the next period");
  ExpectNoMore(late, none, "a top-up too late");
  for (const v1::Rule& rule : packs_[0].pack.rules()) {
    if (!rule.has_top_up()) continue;
    const auto owed = [&](const Owed& of) {
      const auto found = of.short_by.find(rule.id());
      return found == of.short_by.end() ? 0 : found->second;
    };
    EXPECT_LT(owed(soon), owed(late)) << rule.id();
    EXPECT_EQ(owed(late), owed(none)) << rule.id();
  }
}

INSTANTIATE_TEST_SUITE_P(
    Packs, TopUpTest,
    testing::Values(PackCase{"us-ca-prop22", "USD", "America/Los_Angeles",
                             "2025-03-10", "Fresno"},
                    PackCase{"us-mn-tnc", "USD", "America/Chicago",
                             "2025-03-10", "Minneapolis"},
                    PackCase{"ca-bc-platform", "CAD", "America/Vancouver",
                             "2026-06-08", "Vancouver"}),
    NameOf);

}  // namespace
}  // namespace plumbline::audit
