#include "audit/findings/judge.h"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "audit/findings/conclusion.h"
#include "audit/findings/decision.h"
#include "audit/findings/evidence.h"
#include "audit/findings/judge_parts.h"
#include "audit/findings/rule_setup.h"
#include "audit/findings/settlement.h"
#include "audit/findings/thing_judge.h"
#include "audit/findings/window_judge.h"
#include "audit/findings/wording.h"
#include "audit/rules/compiled_pack.h"
#include "plumbline/v1/judge.pb.h"

namespace plumbline::audit {
namespace {

class PackJudge : public Judge {
 public:
  PackJudge(const std::vector<RulePack>& packs, const MeasureContext& context,
            const JudgeOptions& options)
      : parts_(packs, context, options, ShapeOf(packs, context)) {
    SetUpRules(&parts_);
    for (const auto& state : parts_.rules) {
      if (state->runnable && UsesSmallTable(*state->rule)) {
        things_.SmallTable(*state);
      }
    }
  }

  void Observe(const replay::WorkerTimeline& timeline) override {
    parts_.known_workers += timeline.known;
    parts_.tasks += static_cast<int64_t>(timeline.tasks.size());
    parts_.frame.Reset(timeline);
    parts_.roster_row = parts_.roster != nullptr && timeline.known
                            ? parts_.roster->Find(timeline.worker_id)
                            : nullptr;
    parts_.columns.ShowWorker(parts_.roster_row);
    for (const auto& state : parts_.rules) Reopen(*state);
    things_.Tasks(timeline);
    for (const auto& state : parts_.rules) {
      const Domain domain = state->rule->domain;
      if (!state->runnable) {
        if (domain == Domain::kTask) {
          state->looked_at += static_cast<int64_t>(timeline.tasks.size());
        } else if (domain != Domain::kRow && domain != Domain::kPlatform) {
          state->looked_at += timeline.known;
        }
        continue;
      }
      switch (domain) {
        case Domain::kWindow:
          if (timeline.known) windows_.Periods(*state);
          break;
        case Domain::kAggregate:
          if (timeline.known) windows_.Sums(*state, false);
          break;
        case Domain::kRun:
          if (timeline.known) things_.Runs(*state);
          break;
        case Domain::kRow:
          if (!UsesSmallTable(*state->rule)) things_.TimelineRows(*state);
          break;
        default:
          break;
      }
    }
  }

  void Save(v1::JudgeState* out) const override {
    v1::JudgeTallies tallies;
    tallies.set_known_workers(parts_.known_workers);
    tallies.set_tasks(parts_.tasks);
    for (const auto& state : parts_.rules) {
      Reopen(*state);
      Flush(*state);
      v1::RuleTally* tally = tallies.add_rules();
      tally->set_pack(state->pack->pack.name());
      tally->set_rule(state->rule->rule->id());
      tally->set_looked_at(state->looked_at);
      state->tally.Save(SumColumns(*state), tally);
      for (const auto& [key, row] : state->rows) {
        v1::RowTally* entry = tally->add_rows();
        entry->set_key(key);
        row.Save({}, entry->mutable_tally());
      }
    }
    out->set_state(tallies.SerializeAsString());
  }

  absl::Status Merge(const v1::JudgeState& in) override {
    v1::JudgeTallies tallies;
    bool fits = tallies.ParseFromString(in.state()) &&
                tallies.rules_size() == static_cast<int>(parts_.rules.size());
    for (size_t i = 0; fits && i < parts_.rules.size(); ++i) {
      const v1::RuleTally& tally = tallies.rules(static_cast<int>(i));
      RuleState& state = *parts_.rules[i];
      fits = tally.pack() == state.pack->pack.name() &&
             tally.rule() == state.rule->rule->id();
      if (!fits) break;
      state.looked_at += tally.looked_at();
      Reopen(state);
      fits = state.tally.Merge(tally, SumColumns(state));
      for (const v1::RowTally& row : tally.rows()) {
        auto [at, fresh] = state.rows.try_emplace(row.key());
        if (fresh) fits = fits && at->second.Merge(row.tally(), {});
      }
    }
    if (!fits) {
      return absl::DataLossError(
          "state of the rules cannot be read: the file is cut or damaged, or "
          "was made with other packs; make the partial again");
    }
    parts_.known_workers += tallies.known_workers();
    parts_.tasks += tallies.tasks();
    return absl::OkStatus();
  }

  void Absorb(Judge&& other) override {
    auto& from = static_cast<PackJudge&>(other);
    parts_.known_workers += from.parts_.known_workers;
    parts_.tasks += from.parts_.tasks;
    for (size_t i = 0; i < parts_.rules.size(); ++i) {
      RuleState& to = *parts_.rules[i];
      RuleState& part = *from.parts_.rules[i];
      to.looked_at += part.looked_at;
      for (RuleState* state : {&to, &part}) {
        Reopen(*state);
        Flush(*state);
      }
      to.tally.Absorb(std::move(part.tally));
      to.rows.merge(part.rows);
    }
  }

  void Conclude(v1::AuditResult* result, FlaggedTasks* flagged) const override {
    conclusion_.Conclude(result, flagged);
  }
  std::vector<std::pair<std::string, int64_t>> ShortfallByWorker()
      const override {
    return conclusion_.ShortfallByWorker();
  }

 private:
  JudgeParts parts_;
  Wording words_{parts_};
  Evidence evidence_{parts_, words_};
  Decider decider_{parts_, words_};
  WindowJudge windows_{parts_, words_, evidence_, decider_};
  ThingJudge things_{parts_, words_, evidence_, decider_};
  Settlement settlement_{parts_, words_, evidence_};
  Conclusion conclusion_{parts_, words_, settlement_};
};

}  // namespace

std::unique_ptr<Judge> Judge::Create(const std::vector<RulePack>& packs,
                                     const MeasureContext& context,
                                     const JudgeOptions& options) {
  return std::make_unique<PackJudge>(packs, context, options);
}

}  // namespace plumbline::audit
