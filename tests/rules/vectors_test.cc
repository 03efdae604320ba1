// Amounts worked out by hand for Chinese packs, in memory, and rules over rows
// of other tables. Packs of other countries: tests/golden.
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "audit/findings/judge.h"
#include "audit/rules/rule_pack.h"
#include "audit/rules/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/stats_measures/fake_log.h"

namespace plumbline::audit {
namespace {

using replay::kMinute;
using testing::ElementsAre;

constexpr int64_t kCent = 10'000;

// A store that holds small tables too.
class TableStore : public FakeStore {
 public:
  const std::vector<v1::LogRecord>& small_tables() const override {
    return records;
  }
  std::vector<v1::LogRecord> records;
};

class VectorsTest : public testing::Test {
 protected:
  void Use(const std::string& pack, const std::string& currency,
           std::vector<std::string> columns, const std::string& zone = "UTC") {
    auto loaded = LoadRulePack(Cat(PLUMBLINE_PACKS, "/", pack, ".textproto"));
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    packs = {*loaded};
    ASSERT_TRUE(absl::LoadTimeZone(zone, &log.context.zone));
    log.log.info.set_currency(currency);
    log.context.store = &store;
    log.Columns(std::move(columns));
  }
  void AlsoUse(const std::string& pack) {
    auto loaded = LoadRulePack(Cat(PLUMBLINE_PACKS, "/", pack, ".textproto"));
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    packs.push_back(*loaded);
  }
  int64_t At(const std::string& text) const {
    absl::Time time;
    std::string error;
    EXPECT_TRUE(absl::ParseTime("%Y-%m-%d %H:%M", text, log.context.zone, &time,
                                &error));
    return absl::ToUnixMillis(time);
  }
  replay::Task& Add(std::string_view id, const std::string& at, int64_t minutes,
                    int64_t cents, v1::PayKind kind = v1::PAY_BASE) {
    replay::Task task = NewTask(id);
    task.accepted_at = task.picked_up_at = At(at);
    task.completed_at = task.accepted_at + minutes * kMinute;
    task.status = v1::STATUS_DELIVERED;
    task.delivered = true;
    task.wheelchair = 0;
    SetPay(task, kind, cents * kCent);
    worker.tasks.push_back(task);
    return worker.tasks.back();
  }
  v1::AuditResult Judge() {
    auto judge = audit::Judge::Create(packs, log.context);
    FakeLog::Show(worker, [&](const replay::WorkerTimeline& timeline) {
      judge->Observe(timeline);
    });
    // Through a state, and twice, as two parts of a log that share the small
    // tables do.
    v1::JudgeState state, none;
    judge->Save(&state);
    auto merged = audit::Judge::Create(packs, log.context);
    EXPECT_TRUE(merged->Merge(state).ok());
    audit::Judge::Create(packs, log.context)->Save(&none);
    EXPECT_TRUE(merged->Merge(none).ok());
    v1::AuditResult result;
    flagged.clear();
    merged->Conclude(&result, &flagged);
    return result;
  }
  static std::vector<v1::Finding> Of(const v1::AuditResult& result,
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
  std::string Short(const std::string& rule) {
    const auto result = Judge();
    const auto found = Of(result, rule);
    EXPECT_LE(found.size(), 1u);
    return found.empty() ? "none" : found[0].shortfall().amount();
  }

  FakeLog log;
  TableStore store;
  std::vector<RulePack> packs;
  FakeWorker worker{.id = "W"};
  FlaggedTasks flagged;
};

const std::vector<std::string> kLabour = {
    "tasks.accepted_at",  "tasks.completed_at",   "sessions.started_at",
    "sessions.ended_at",  "sessions.required",    "workers.relation",
    "workers.birth_date", "workers.contract_from"};

TEST_F(VectorsTest, Row4Overtime) {
  Use("cn-labour", "CNY", kLabour, "Asia/Shanghai");
  v1::Worker* row = store.records.emplace_back().mutable_worker();
  row->set_worker_id("W");
  row->set_relation(v1::RELATION_LABOUR);
  for (int day = 1; day <= 22; ++day) {
    const std::string date = Cat("2025-10-", day < 10 ? "0" : "", day);
    static std::vector<std::string>& ids = *new std::vector<std::string>(64);
    ids[day] = date;
    Add(ids[day], Cat(date, " 08:00"), day <= 20 ? 570 : 690, 0);
  }
  const auto result = Judge();
  const auto month = Of(result, "CN-OT-M");
  ASSERT_EQ(month.size(), 1u) << result.DebugString();
  EXPECT_EQ(month[0].observed(), "133200");  // 37 h
  EXPECT_EQ(month[0].required(), "129600");  // 36 h
  EXPECT_EQ(Of(result, "CN-OT-D").size(), 2u);
  EXPECT_EQ(Of(result, "CN-OT-D")[0].observed(), "12600");
  // Three whole weeks without a free day; the 20th to 26th is cut.
  EXPECT_EQ(Of(result, "CN-REST").size(), 2u);
  // A self-employed worker is none of this rule's business.
  row->set_relation(v1::RELATION_SELF_EMPLOYED);
  EXPECT_TRUE(Of(Judge(), "CN-OT-M").empty());
  EXPECT_EQ(Of(Judge(), "CN-OT-M", v1::NOT_APPLICABLE).size(), 1u);
  row->clear_relation();
  EXPECT_THAT(Of(Judge(), "CN-OT-M", v1::INSUFFICIENT_EVIDENCE)[0].missing(),
              ElementsAre("workers.relation"));
}

TEST_F(VectorsTest, Row32Children) {
  Use("cn-labour", "CNY", kLabour, "Asia/Shanghai");
  v1::Worker* row = store.records.emplace_back().mutable_worker();
  row->set_worker_id("W");
  row->set_birth_date(14730);  // 2010-05-01
  Add("before", "2026-04-30 20:00", 10, 0);
  Add("after", "2026-05-01 00:00", 10, 0);
  const auto found = Of(Judge(), "CN-CHILD");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0].rows(), ElementsAre("tasks:before"));
  EXPECT_EQ(found[0].severity(), 4);
}

TEST_F(VectorsTest, Row5Deductions) {
  std::vector<std::string> columns = kLabour;
  columns.push_back("tasks.city");
  columns.push_back("pay.amount");
  Use("cn-labour", "CNY", columns, "Asia/Shanghai");
  v1::Worker* row = store.records.emplace_back().mutable_worker();
  row->set_worker_id("W");
  row->set_relation(v1::RELATION_LABOUR);
  const replay::Symbol beijing = store.Add("北京");
  replay::Task& task = Add("1", "2025-10-08 08:00", 60, 320000);
  task.city = beijing;
  SetPay(task, v1::PAY_DAMAGE, 90000 * kCent);
  EXPECT_EQ(Short("CN-DED20"), "260.00");
}

// Consulted 1 to 10 March, published 20 March, in force 10 April.
TEST_F(VectorsTest, Row29NoticeOfARule) {
  Use("cn-platform-policy", "CNY",
      {"published_rules.consulted_to", "published_rules.published_at",
       "published_rules.effective_from", "published_rules.union_opinion",
       "published_rules.topic", "published_rules.scope"},
      "Asia/Shanghai");
  AlsoUse("cn-transport");
  auto add = [&](const std::string& id, const std::string& from) {
    v1::PublishedRule* rule =
        store.records.emplace_back().mutable_published_rule();
    rule->set_rule_id(id);
    rule->set_topic(v1::TOPIC_COMMISSION);
    rule->set_scope("ride_hail");
    rule->set_consulted_to(At("2026-03-10 00:00"));
    rule->set_published_at(At("2026-03-20 00:00"));
    rule->set_effective_from(At(from));
  };
  add("early", "2026-04-10 00:00");
  add("lawful", "2026-04-20 00:00");
  const auto result = Judge();
  const auto found = Of(result, "CN-JT-NOTICE");
  ASSERT_EQ(found.size(), 1u) << result.DebugString();
  EXPECT_EQ(found[0].n(), 1);
  EXPECT_THAT(found[0].rows(), ElementsAre("published_rules:early"));
  EXPECT_EQ(found[0].subject().kind(), "platform");
  EXPECT_EQ(Of(result, "CN-JT-NOTICE", v1::NO_BREACH_FOUND)[0].n(), 1);
  EXPECT_EQ(Of(result, "SD-16", v1::NO_BREACH_FOUND)[0].n(), 2);
  EXPECT_EQ(Of(result, "SD-16-UNION", v1::INDICATOR)[0].n(), 2);
}

TEST_F(VectorsTest, LinesOfPay) {
  Use("cn-delivery-standard", "CNY", {"pay.kind", "pay.amount"},
      "Asia/Shanghai");
  AlsoUse("cn-city-measures-2022");
  replay::PayLine line = NewLine("", v1::PAY_LATE_FINE, 500 * kCent);
  line.line_id = "L1";
  line.earned_at = At("2026-01-05 10:00");
  worker.pay.push_back(line);
  line.line_id = "L2";
  line.kind = v1::PAY_BASE;
  worker.pay.push_back(line);
  const auto result = Judge();
  const auto found = Of(result, "CN-GB-NOFINE");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0].rows(), ElementsAre("pay:L1"));
  EXPECT_EQ(found[0].subject().id(), "W");
  // The city's rule of 2022 had ended by then.
  EXPECT_EQ(Of(result, "SD-04", v1::NOT_APPLICABLE)[0].n(), 2);
}

}  // namespace
}  // namespace plumbline::audit
