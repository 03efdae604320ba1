#include "audit/findings/window_judge.h"

#include <limits>
#include <span>
#include <string>
#include <utility>

#include "audit/findings/big_math.h"
#include "audit/rules/exact.h"
#include "audit/rules/text.h"
#include "audit/rules/unit.h"

namespace plumbline::audit {

using replay::Task;

Subject WindowJudge::SubjectOf(const RuleState& state, size_t period) {
  const Period window = parts_.frame.Periods(state.plan)[period];
  Subject subject;
  subject.plan = state.plan;
  subject.period = period;
  subject.from = window.from;
  subject.to = window.to;
  subject.day = parts_.frame.clock().Day(window.from);
  subject.roster = parts_.roster_row;
  return subject;
}

// Whether the worker falls short over all periods of the rule together.
bool WindowJudge::ShortInAll(RuleState& state) {
  Ratio total;
  const std::span<const uint8_t> active = parts_.frame.Active(state.plan);
  for (size_t p = 0; p < active.size(); ++p) {
    if (active[p] == 0) continue;
    const Subject subject = SubjectOf(state, p);
    if (subject.day < state.rule->from ||
        (state.rule->to != kNoDay && subject.day > state.rule->to)) {
      continue;
    }
    Ratio gap;
    if (!state.evaluator->LeastGap(subject, &gap)) return false;
    total = Sum(total, gap);
  }
  return total.n > 0;
}

// Where weeks stand for pay periods that the log does not name, a week that
// another may make good is no breach.
void WindowJudge::DropAssumed(RuleState& state, size_t first) {
  std::vector<BreachEntry>& breaches = state.tally.breaches;
  if (breaches.size() == first || state.rule->rhs < 0 ||
      !parts_.frame.PeriodsAssumed(state.plan) || ShortInAll(state)) {
    return;
  }
  ReasonEntry& entry =
      state.tally.Find(v1::INSUFFICIENT_EVIDENCE, PayPeriodsUnknown());
  entry.n += static_cast<int64_t>(breaches.size() - first);
  entry.rows.push_back(Cat("workers:", parts_.frame.timeline().worker_id));
  breaches.erase(breaches.begin() + static_cast<std::ptrdiff_t>(first),
                 breaches.end());
}

// Periods of one worker under one rule.
void WindowJudge::Periods(RuleState& state) {
  const std::span<const uint8_t> active = parts_.frame.Active(state.plan);
  const std::span<const int64_t> days = parts_.frame.FirstDays(state.plan);
  const size_t breaches_before = state.tally.breaches.size();
  sure_.assign(active.size(), SureRule::Answer::kUnsure);
  if (state.sure != nullptr && !active.empty() &&
      days.back() >= state.rule->from && days.front() <= state.rule->to) {
    state.sure->Ask(active.size(), &sure_);
  }
  int64_t passed = 0;
  // An indicator by the day comes into one finding a worker, which shows the
  // worst day: else a log of long days would drown in them.
  const bool fold =
      state.indicator() && state.rule->plan.kind == WindowKind::kDay;
  Folded folded;
  // Of windows that overlap the first is named, and the next one after it.
  const bool overlapping = state.rule->plan.kind == WindowKind::kRolling ||
                           state.rule->plan.kind == WindowKind::kWeeks;
  int64_t named_to = std::numeric_limits<int64_t>::min();
  for (size_t p = 0; p < active.size(); ++p) {
    if (active[p] == 0 || !InForce(state, days[p])) continue;
    if (sure_[p] == SureRule::Answer::kPasses) {
      ++passed;
      continue;
    }
    if (sure_[p] == SureRule::Answer::kOutOfScope) {
      ++state.out_of_scope;
      continue;
    }
    const Subject subject = SubjectOf(state, p);
    const PeriodKey key = state.rule->gate >= 0
                              ? PeriodKey{subject.from, subject.to}
                              : PeriodKey{0, 0};
    if (state.rule->gate >= 0) AddSums(state, true, subject);
    Decision decision = decider_.Decide(state, subject);
    TopUpNote note;
    if (state.rule->top_up.mask != 0)
      decider_.MakeGood(state, subject, &decision, &note);
    switch (decision.verdict) {
      case v1::NO_BREACH_FOUND:
        ++state.tally.passes[key];
        break;
      case v1::BREACH:
        if (overlapping) {
          if (subject.from < named_to) break;
          named_to = subject.to;
        }
        if (fold) {
          Fold(subject, decision.outcome, &folded);
        } else {
          AddPeriodBreach(state, subject, decision.outcome);
          if (state.rule->top_up.mask != 0) {
            decider_.SayTopUps(state, note, &state.tally.breaches.back());
          }
        }
        break;
      case v1::NOT_APPLICABLE:
        break;  // Counted.
      default:
        CountUndecided(decision);
    }
  }
  if (passed > 0) state.tally.passes[{0, 0}] += passed;
  AddUndecided(state);
  DropAssumed(state, breaches_before);
  if (folded.n > 0) AddFolded(state, folded);
}

void WindowJudge::CountUndecided(const Decision& decision) {
  for (Undecided& known : undecided_) {
    if (known.reason == decision.reason && known.verdict == decision.verdict) {
      ++known.n;
      return;
    }
  }
  undecided_.push_back(
      {decision.verdict, decision.reason, decision.whole, int64_t{1}});
}

void WindowJudge::AddUndecided(RuleState& state) {
  for (const Undecided& part : undecided_) {
    ReasonEntry& entry = state.tally.Find(part.verdict, *part.reason);
    entry.n += part.n;
    if (part.whole) {
      entry.whole_table = true;
      continue;
    }
    std::string row = Cat("workers:", parts_.frame.timeline().worker_id);
    if (entry.rows.empty() || entry.rows.back() != row) {
      entry.rows.push_back(std::move(row));
    }
  }
  undecided_.clear();
}

void WindowJudge::Fold(const Subject& subject, const Outcome& outcome,
                       Folded* folded) {
  if (folded->n == 0 || FastMath().Compare(folded->outcome.shortfall_lo,
                                           outcome.shortfall_lo) < 0) {
    folded->worst = subject;
    folded->outcome = outcome;
  }
  folded->from =
      folded->n == 0 ? subject.from : std::min(folded->from, subject.from);
  folded->to = folded->n == 0 ? subject.to : std::max(folded->to, subject.to);
  ++folded->n;
}

void WindowJudge::AddFolded(RuleState& state, const Folded& folded) {
  AddPeriodBreach(state, folded.worst, folded.outcome);
  BreachEntry& breach = state.tally.breaches.back();
  breach.from = folded.from;
  breach.to = folded.to;
  breach.n = folded.n;
  auto step = [&](const char* name, std::string value) {
    v1::TraceStep& added = breach.trace.emplace_back();
    added.set_name(name);
    added.set_value(std::move(value));
  };
  step("days", std::to_string(folded.n));
  step("worst_day", DateText(folded.worst.day));
}

// Tasks counted in a window; those of windows that overlap are looked for.
int64_t WindowJudge::TasksOf(const RuleState& state, const Subject& subject) {
  const WindowKind kind = state.rule->plan.kind;
  if (kind != WindowKind::kRolling && kind != WindowKind::kWeeks) {
    return static_cast<int64_t>(
        parts_.frame.TasksIn(subject.plan, subject.period).size());
  }
  int64_t n = 0;
  for (const Task& task : parts_.frame.timeline().tasks) {
    const int64_t at = CountedAt(task, false);
    n += at >= subject.from && at < subject.to;
  }
  return n;
}

void WindowJudge::AddPeriodBreach(RuleState& state, const Subject& subject,
                                  const Outcome& outcome) {
  BreachEntry& breach = evidence_.AddBreach(
      state, "worker", std::string(parts_.frame.timeline().worker_id),
      {subject.from, subject.to}, outcome, &state.tally.breaches);
  breach.n = TasksOf(state, subject);
  state.evaluator->TakeUsed();
  state.evaluator->Record(true);
  state.evaluator->Require(subject);
  evidence_.AddTrace(state, subject, &breach);
  state.evaluator->Record(false);
  evidence_.Used(state, &breach);
  breach.rows.push_back(Cat("workers:", breach.subject));
}

void WindowJudge::AddSums(RuleState& state, bool gate, const Subject& subject) {
  const int n = state.evaluator->WorkerSums(gate);
  PeriodEntry& period = state.tally.periods[{subject.from, subject.to}];
  ++period.workers;
  period.sums.resize(n);
  for (int i = 0; i < n; ++i) {
    const WorkerBound bound = state.evaluator->WorkerSum(gate, i, subject);
    SumEntry& sum = period.sums[i];
    sum.missing |= bound.missing;
    auto add = [](bool open, const Ratio& number, const std::string& wide,
                  bool* sum_open, ExactSum* to) {
      *sum_open |= open;
      if (open) return;
      if (wide.empty()) {
        to->Add(number);
      } else {
        to->Add(BigMath::Number(wide));
      }
    };
    add(bound.low_open, bound.low, bound.wide_low, &sum.low_open, &sum.low);
    add(bound.high_open, bound.high, bound.wide_high, &sum.high_open,
        &sum.high);
  }
}

void WindowJudge::Sums(RuleState& state, bool gate) {
  const std::span<const uint8_t> active = parts_.frame.Active(state.plan);
  for (size_t p = 0; p < active.size(); ++p) {
    if (active[p] == 0) continue;
    const Subject subject = SubjectOf(state, p);
    if (InForce(state, subject.day)) AddSums(state, gate, subject);
  }
}

}  // namespace plumbline::audit
