#ifndef PLUMBLINE_TESTS_RULES_RULE_FIXTURE_H_
#define PLUMBLINE_TESTS_RULES_RULE_FIXTURE_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "audit/findings/judge.h"
#include "audit/rules/rule_pack.h"
#include "audit/rules/text.h"
#include "tests/stats_measures/fake_log.h"

namespace plumbline::audit {

// A made-up log in Shanghai under a pack of one rule "R".
class RuleTest : public testing::Test {
 protected:
  RuleTest() {
    EXPECT_TRUE(absl::LoadTimeZone("Asia/Shanghai", &log_.context.zone));
    log_.log.info.set_currency("CNY");
    log_.log.info.set_platform("Platform");
  }

  int64_t At(const std::string& text) const {
    absl::Time time;
    std::string error;
    EXPECT_TRUE(absl::ParseTime("%Y-%m-%d %H:%M", text, log_.context.zone,
                                &time, &error))
        << error;
    return absl::ToUnixMillis(time);
  }

  // A delivered task; its id lives as long as the program.
  static replay::Task Between(const std::string& id, int64_t from, int64_t to) {
    static std::vector<std::unique_ptr<std::string>>& ids =
        *new std::vector<std::unique_ptr<std::string>>;
    ids.push_back(std::make_unique<std::string>(id));
    replay::Task task = NewTask(*ids.back());
    task.accepted_at = from;
    task.completed_at = to;
    task.delivered = true;
    task.status = v1::STATUS_DELIVERED;
    return task;
  }

  // A pack of one rule from its fields, with `parts` beside it.
  static std::string Pack(const std::string& fields,
                          const std::string& parts = "") {
    return Cat(
        "name: 'p' title: 'p' title_zh: 'p' currency: 'CNY' "
        "last_checked: '2026-11-01' sources { id: 's' title: 's' } ",
        parts,
        " rules { id: 'R' clause: 'c' clause_zh: 'c' source: 's' "
        "confidence: 'V1' strength: 'L' ",
        fields.find("severity") == std::string::npos ? "severity: 3 " : "",
        fields, " }");
  }

  // Findings of the rule, in the order of the result: each worker through the
  // state of a shard of its own, as a merge would have them.
  std::vector<v1::Finding> Run(const std::string& pack,
                               const std::vector<FakeWorker>& workers) {
    auto loaded = ParseRulePack(pack, "p");
    EXPECT_TRUE(loaded.ok()) << loaded.status();
    if (!loaded.ok()) return {};
    packs_ = {*loaded};
    auto merged = Judge::Create(packs_, log_.context);
    for (const FakeWorker& worker : workers) {
      auto judge = Judge::Create(packs_, log_.context);
      FakeLog::Show(worker, [&](const replay::WorkerTimeline& timeline) {
        judge->Observe(timeline);
      });
      v1::JudgeState state;
      judge->Save(&state);
      EXPECT_TRUE(merged->Merge(state).ok());
    }
    result_.Clear();
    *result_.mutable_measures() = measures_;
    merged->Conclude(&result_, nullptr);
    return {result_.findings().begin(), result_.findings().end()};
  }

  FakeLog log_;
  std::vector<RulePack> packs_;
  v1::Measures measures_;
  v1::AuditResult result_;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_TESTS_RULES_RULE_FIXTURE_H_
