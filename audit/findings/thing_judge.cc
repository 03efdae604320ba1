#include "audit/findings/thing_judge.h"

#include <algorithm>
#include <span>
#include <utility>

#include "audit/findings/figures.h"
#include "audit/findings/roster.h"
#include "audit/findings/rule_setup.h"
#include "audit/rules/exact.h"
#include "audit/rules/text.h"

namespace plumbline::audit {

using replay::IsKnown;
using replay::Task;

void ThingJudge::AddItem(RuleState& state, const Subject& subject,
                         const Outcome& outcome, Item item, Group* group) {
  BreachEntry& breach = group->breach;
  if (state.rule->rhs >= 0) {
    const std::string& currency = words_.CurrencyOf(state);
    const Type& type = state.compared();
    item.observed = words_.ShownText(state, outcome.observed);
    item.required = words_.ShownText(state, outcome.required);
    item.shortfall = PlainText(outcome.shortfall_lo, type, currency);
    breach.shortfall = Sum(breach.shortfall, outcome.shortfall_lo);
    breach.high_open |= outcome.shortfall_open;
    if (!breach.high_open) {
      breach.shortfall_high = Sum(breach.shortfall_high, outcome.shortfall_hi);
    }
    if (state.rule->money) {
      group->sums = true;
      group->observed = Sum(group->observed, outcome.observed.lo);
      group->required = Sum(group->required, outcome.required.lo);
    }
  }
  if (IsKnown(item.from) && (!group->any || item.from < breach.from)) {
    breach.from = item.from;
  }
  if (IsKnown(item.to) && (!group->any || item.to > breach.to)) {
    breach.to = item.to;
  }
  const bool worst =
      !group->any || Shorter(outcome.shortfall_lo, item.id,
                             breach.worst_shortfall, breach.worst);
  group->any = true;
  ++breach.n;
  if (UsesParameters(state.rule->program) || worst) {
    state.evaluator->Record(true);
    state.evaluator->Require(subject);
    if (worst) {
      breach.worst = item.id;
      breach.worst_shortfall = outcome.shortfall_lo;
      breach.observed = item.observed;
      breach.required = item.required;
      breach.trace.clear();
      evidence_.AddTrace(state, subject, &breach);
    }
    state.evaluator->Record(false);
  }
  breach.items.Add(item);
}

void ThingJudge::FinishGroup(RuleState& state, Group* group) {
  if (group->passed > 0) state.tally.passes[{0, 0}] += group->passed;
  if (!group->any) return;
  BreachEntry& breach = group->breach;
  if (group->sums) {
    const std::string& currency = words_.CurrencyOf(state);
    breach.observed = PlainText(group->observed, state.compared(), currency);
    breach.required = PlainText(group->required, state.compared(), currency);
  }
  evidence_.Used(state, &breach);
  state.tally.breaches.push_back(std::move(breach));
}

void ThingJudge::SetSubject(std::string_view worker,
                            BreachEntry* breach) const {
  breach->subject_kind = worker.empty() ? "platform" : "worker";
  breach->subject =
      worker.empty() ? words_.PlatformName() : std::string(worker);
}

// One thing under one rule; whatever comes of it but a breach is counted
// here.
template <typename MakeItem>
void ThingJudge::Judge1(RuleState& state, const Subject& subject,
                        const MakeItem& make_item, Group* group) {
  const Decision decision = decider_.Decide(state, subject);
  switch (decision.verdict) {
    case v1::NO_BREACH_FOUND:
      ++group->passed;
      break;
    case v1::BREACH:
      AddItem(state, subject, decision.outcome, make_item(), group);
      break;
    case v1::NOT_APPLICABLE:
      break;  // Counted.
    default: {
      ReasonEntry& entry = state.tally.Find(decision.verdict, *decision.reason);
      ++entry.n;
      if (decision.whole) {
        entry.whole_table = true;
        break;
      }
      Item item = make_item();
      if (state.rule->rhs >= 0 && decision.outcome.verdict != Verdict3::kMet) {
        item.observed = words_.ShownText(state, decision.outcome.observed);
        item.required = words_.ShownText(state, decision.outcome.required);
      }
      entry.items.Add(item);
    }
  }
}

void ThingJudge::Tasks(const replay::WorkerTimeline& timeline) {
  const std::string_view worker =
      timeline.known ? timeline.worker_id : std::string_view();
  groups_.clear();
  for (const auto& state : parts_.rules) {
    if (state->rule->domain != Domain::kTask || !state->runnable) continue;
    SetSubject(worker, &groups_.emplace_back().breach);
  }
  if (groups_.empty()) return;
  for (size_t from = 0; from < timeline.tasks.size();
       from += TaskBlock::kRows) {
    parts_.columns.ShowTasks(timeline.tasks.subspan(
        from, std::min(TaskBlock::kRows, timeline.tasks.size() - from)));
    size_t group = 0;
    for (const auto& state : parts_.rules) {
      if (state->rule->domain != Domain::kTask || !state->runnable) continue;
      Tasks(*state, worker, &groups_[group++]);
    }
  }
  size_t group = 0;
  for (const auto& state : parts_.rules) {
    if (state->rule->domain != Domain::kTask || !state->runnable) continue;
    FinishGroup(*state, &groups_[group++]);
  }
}

// The block of tasks at hand under one rule.
void ThingJudge::Tasks(RuleState& state, std::string_view worker,
                       Group* group) {
  const std::span<const Task> tasks = parts_.columns.block().tasks();
  const TaskBlock::Days& days = parts_.columns.block().DaysBy(state.rule->key);
  const bool all_in_force =
      days.first >= state.rule->from && days.last <= state.rule->to;
  const bool none_in_force = !days.undated && (days.last < state.rule->from ||
                                               days.first > state.rule->to);
  if (none_in_force) {
    (days.last < state.rule->from ? state.before : state.after) +=
        static_cast<int64_t>(tasks.size());
    return;
  }
  sure_.assign(tasks.size(), SureRule::Answer::kUnsure);
  if (state.sure != nullptr) state.sure->Ask(tasks.size(), &sure_);
  Subject subject;
  subject.roster = parts_.roster_row;
  for (size_t i = 0; i < tasks.size(); ++i) {
    const Task& task = tasks[i];
    subject.day = days.of_task[i];
    if (!all_in_force && subject.day != kNoDay &&
        !InForce(state, subject.day)) {
      continue;
    }
    if (sure_[i] == SureRule::Answer::kPasses) {
      ++group->passed;
      continue;
    }
    if (sure_[i] == SureRule::Answer::kOutOfScope) {
      ++state.out_of_scope;
      continue;
    }
    subject.task = &task;
    auto make_item = [&] {
      Item item;
      item.id = std::string(task.task_id);
      item.worker = std::string(worker);
      item.from = CountedAt(task, true);
      item.to = CountedAt(task, false);
      return item;
    };
    Judge1(state, subject, make_item, group);
  }
}

void ThingJudge::Runs(RuleState& state) {
  const std::string_view worker = parts_.frame.timeline().worker_id;
  Subject subject;
  subject.roster = parts_.roster_row;
  // The pause is looked up on the day of the worker's first stretch, or the
  // rule's first day: runs that cross a change of it keep one meaning.
  const auto all = parts_.frame.Stretches(state.rule->run_sets, 0);
  if (all.empty()) return;
  subject.day = std::clamp(parts_.frame.clock().Day(all.front().begin),
                           state.rule->from, state.rule->to);
  int64_t pause = 0;
  ParameterFailure failure;
  if (!state.evaluator->RunPause(subject, &pause, &failure)) {
    bool whole = false;
    ReasonEntry& entry =
        state.tally.Find(v1::INSUFFICIENT_EVIDENCE,
                         words_.OpenReason(state, 0, failure, &whole));
    ++entry.n;
    entry.whole_table = true;
    return;
  }
  const auto found = parts_.frame.Stretches(state.rule->run_sets, pause);
  const std::vector<Stretch> stretches(found.begin(), found.end());
  Group group;
  SetSubject(worker, &group.breach);
  for (const Stretch& stretch : stretches) {
    subject.run = &stretch;
    subject.from = stretch.run_begin;
    subject.to = stretch.end;
    subject.day = parts_.frame.clock().Day(stretch.end);
    if (!InForce(state, subject.day)) continue;
    auto make_item = [&] {
      Item item;
      item.id = LastTask(stretch.end);
      item.worker = std::string(worker);
      item.from = stretch.run_begin;
      item.to = stretch.end;
      return item;
    };
    Judge1(state, subject, make_item, &group);
  }
  FinishGroup(state, &group);
}

// The task whose end is the end of a stretch; of several the first by id.
std::string ThingJudge::LastTask(int64_t end) const {
  std::string_view id;
  for (const Task& task : parts_.frame.timeline().tasks) {
    if (task.engaged().end != end || task.engaged().begin == end) continue;
    if (id.empty() || task.task_id < id) id = task.task_id;
  }
  return std::string(id);
}

void ThingJudge::TimelineRows(RuleState& state) {
  const replay::WorkerTimeline& timeline = parts_.frame.timeline();
  const std::string_view worker =
      timeline.known ? timeline.worker_id : std::string_view();
  Group group;
  SetSubject(worker, &group.breach);
  VisitTimelineRows(state.rule->row_table, timeline, *parts_.context.store,
                    [&](const RowView& row, std::string id, int64_t at) {
                      JudgeRow(state, row, std::move(id), at, worker, &group);
                    });
  FinishGroup(state, &group);
}

void ThingJudge::SmallTable(RuleState& state) {
  VisitSmallTable(state.rule->row_table, *parts_.context.store,
                  [&](const RowView& row, std::string id, int64_t at,
                      std::string_view worker) {
                    std::string key = Cat(id, "|", worker);
                    Group group;
                    SetSubject(worker, &group.breach);
                    JudgeRow(state, row, std::move(id), at, worker, &group);
                    FinishGroup(state, &group);
                    Flush(state);
                    state.rows.try_emplace(std::move(key),
                                           std::exchange(state.tally, {}));
                  });
}

void ThingJudge::JudgeRow(RuleState& state, const RowView& row, std::string id,
                          int64_t at, std::string_view worker, Group* group) {
  Subject subject;
  subject.row = &row;
  subject.day = IsKnown(at) ? parts_.frame.clock().Day(at) : kNoDay;
  if (parts_.roster != nullptr && !worker.empty()) {
    subject.roster = parts_.roster->Find(worker);
  }
  if (subject.day != kNoDay && !InForce(state, subject.day)) return;
  auto make_item = [&] {
    Item item;
    item.id = id;
    item.worker = std::string(worker);
    item.from = item.to = at;
    return item;
  };
  Judge1(state, subject, make_item, group);
}

}  // namespace plumbline::audit
