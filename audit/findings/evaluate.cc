#include "audit/findings/evaluate.h"

#include <algorithm>
#include <string>

#include "audit/findings/big_math.h"
#include "audit/findings/evaluation.h"
#include "audit/findings/figures.h"
#include "audit/findings/task_fields.h"
#include "audit/rules/text.h"

namespace plumbline::audit {
namespace {

// The column behind each Unknown flag.
constexpr std::string_view kUnknownColumns[kUnknownFlags] = {
    "tasks.accepted_at", "tasks.completed_at", "tasks.picked_up_at",
    "sessions.ended_at", "sessions.required",  "tasks.pay_",
    "pay.earned_at"};

std::vector<uint64_t> UnknownBits(Program& program) {
  std::vector<uint64_t> bits(kUnknownFlags, 0);
  for (uint32_t flag = 0; flag < kUnknownFlags; ++flag) {
    for (size_t i = 0; i < program.columns.size(); ++i) {
      const std::string_view name = program.columns[i].columns;
      if (name.substr(0, kUnknownColumns[flag].size()) ==
          kUnknownColumns[flag]) {
        bits[flag] |= uint64_t{1} << i;
      }
    }
  }
  return bits;
}

bool IsAccepted(const Program& program, int index) {
  const Node& node = program.nodes[index];
  return node.op == Op::kField && node.domain == Domain::kTask &&
         node.ref == kAcceptedField;
}

// Of a condition that is a chain of "and" over columns of a task: the part
// "during(accepted_at, ...)", -1 without one. Nothing else in it may fail for
// want of a value: that would have to be said.
struct DuringPart {
  int node = -1;
  bool plain = true;
};
DuringPart DuringOf(const Program& program, int index) {
  const Node& node = program.nodes[index];
  DuringPart part;
  switch (node.op) {
    case Op::kConstant:
    case Op::kField:
      break;
    case Op::kDuring:
      part.plain = IsAccepted(program, node.args[0]);
      part.node = index;
      break;
    case Op::kAnd:
    case Op::kOr:
    case Op::kNot:
    case Op::kKnown:
    case Op::kIn:
    case Op::kLess:
    case Op::kLessEqual:
      for (const int arg : node.args) {
        const DuringPart inner = DuringOf(program, arg);
        part.plain = part.plain && inner.plain;
        if (inner.node < 0) continue;
        part.plain = part.plain && node.op == Op::kAnd && part.node < 0;
        part.node = inner.node;
      }
      break;
    default:
      part.plain = false;
  }
  return part;
}

std::vector<int> DuringByNode(const Program& program) {
  std::vector<int> during(program.nodes.size(), -1);
  for (size_t i = 0; i < program.nodes.size(); ++i) {
    const Node& node = program.nodes[i];
    const bool sum = node.op == Op::kSum || node.op == Op::kCount ||
                     node.op == Op::kLargest || node.op == Op::kSmallest ||
                     node.op == Op::kQuantile;
    if (!sum || node.element != Element::kTask) continue;
    const int only_count = node.op == Op::kCount ? node.args[0] : -1;
    const int condition = node.args[1] >= 0 ? node.args[1] : only_count;
    if (condition < 0) continue;
    const DuringPart part = DuringOf(program, condition);
    if (part.plain) during[i] = part.node;
  }
  return during;
}

template <typename N>
Shown ToShown(const Value<N>& value) {
  Shown shown;
  shown.lo_open = value.lo_open;
  shown.hi_open = value.hi_open;
  if (!value.lo_open) shown.lo = ToRatio(value.lo);
  if (!value.hi_open) shown.hi = value.point ? shown.lo : ToRatio(value.hi);
  return shown;
}

void Put(const Ratio& number, Ratio* exact, std::string*) { *exact = number; }
void Put(const BigMath::Number& number, Ratio*, std::string* wide) {
  *wide = numerator(number).str() + "/" + denominator(number).str();
}

// What a comparison comes to, its gap included.
template <typename Math>
Outcome Compare(Evaluation<Math>& e, const CompiledRule& rule,
                const Subject& subject) {
  Outcome outcome;
  if (rule.rhs < 0) {
    const Answer answer = e.TruthOf(rule.lhs, subject);
    outcome.missing = answer.missing;
    outcome.failure = e.failure();
    outcome.verdict = answer.truth == Truth::kTrue    ? Verdict3::kMet
                      : answer.truth == Truth::kFalse ? Verdict3::kBroken
                                                      : Verdict3::kOpen;
    return outcome;
  }
  auto& bounds = e.bounds();
  const auto lhs = e.NumberOf(rule.lhs, subject);
  const auto rhs = e.NumberOf(rule.rhs, subject);
  outcome.failure = e.failure();
  outcome.missing = lhs.missing | rhs.missing;
  const auto& larger = rule.at_least ? lhs : rhs;
  const auto& smaller = rule.at_least ? rhs : lhs;
  auto allowed = smaller;
  if (rule.tolerance.n != 0) {
    allowed = bounds.Subtract(smaller,
                              Bounds<Math>::Point(Math::From(rule.tolerance)));
  }
  const Answer answer = bounds.Ordered(allowed, larger, rule.strict);
  outcome.verdict = answer.truth == Truth::kTrue    ? Verdict3::kMet
                    : answer.truth == Truth::kFalse ? Verdict3::kBroken
                                                    : Verdict3::kOpen;
  if (outcome.verdict == Verdict3::kMet) return outcome;
  outcome.observed = ToShown(lhs);
  outcome.required = ToShown(rhs);
  const auto gap = bounds.Subtract(smaller, larger);
  if (!gap.lo_open) outcome.shortfall_lo = ToRatio(gap.lo);
  outcome.shortfall_open = gap.hi_open;
  if (!gap.hi_open) {
    outcome.shortfall_hi = ToRatio(Bounds<Math>::Hi(gap));
  }
  return outcome;
}

}  // namespace

RuleEvaluator::RuleEvaluator(const CompiledRule& rule, ParameterLookup& lookup,
                             WorkerFrame& frame, const replay::LogStore* store,
                             const replay::MdrpParameters& mdrp, int plan)
    : rule_(rule),
      lookup_(lookup),
      frame_(frame),
      store_(store),
      mdrp_(mdrp),
      plan_(plan) {
  std::vector<int> parameters;
  auto scan = [&](const Program& program, std::vector<int>* sums) {
    for (size_t i = 0; i < program.nodes.size(); ++i) {
      const Node& node = program.nodes[i];
      if (node.op == Op::kParameter) parameters.push_back(node.ref);
      if ((node.op == Op::kSum || node.op == Op::kCount) &&
          node.element == Element::kWorker) {
        sums->push_back(static_cast<int>(i));
      }
    }
  };
  scan(rule.program, &sums_);
  scan(rule.gate_program, &gate_sums_);
  change_days_ = lookup.ChangeDays(parameters);
  Program first = rule.program, second = rule.gate_program;
  unknown_bits_[0] = UnknownBits(first);
  unknown_bits_[1] = UnknownBits(second);
  during_[0] = DuringByNode(rule.program);
  during_[1] = DuringByNode(rule.gate_program);
  words_[0].resize(rule.program.nodes.size());
  words_[1].resize(rule.gate_program.nodes.size());
}

RuleEvaluator::~RuleEvaluator() = default;

Verdict3 RuleEvaluator::Scope(const Subject& subject, uint64_t* missing,
                              ParameterFailure* failure) {
  if (rule_.scope < 0) return Verdict3::kMet;
  auto ask = [&](auto math) -> std::pair<Answer, bool> {
    Evaluation<decltype(math)> e(*this, rule_.program, false);
    const Answer answer = e.TruthOf(rule_.scope, subject);
    *failure = e.failure();
    return {answer, e.overflow()};
  };
  auto [answer, overflow] = ask(FastMath());
  if (overflow) answer = ask(BigMath()).first;
  *missing = answer.missing;
  return answer.truth == Truth::kTrue    ? Verdict3::kMet
         : answer.truth == Truth::kFalse ? Verdict3::kBroken
                                         : Verdict3::kOpen;
}

int RuleEvaluator::Undecidable(const Subject& subject, bool* only_pass,
                               uint64_t* missing) {
  *only_pass = false;
  *missing = 0;
  for (size_t i = 0; i < rule_.undecidable.size(); ++i) {
    auto ask = [&](auto math) -> std::pair<Answer, bool> {
      Evaluation<decltype(math)> e(*this, rule_.program, false);
      const Answer answer = e.TruthOf(rule_.undecidable[i], subject);
      return {answer, e.overflow()};
    };
    auto [answer, overflow] = ask(FastMath());
    if (overflow) answer = ask(BigMath()).first;
    if (answer.truth == Truth::kTrue) return static_cast<int>(i);
    if (answer.truth == Truth::kUnknown) {
      *only_pass = true;
      *missing |= answer.missing;
    }
  }
  return -1;
}

Outcome RuleEvaluator::Require(const Subject& subject) {
  Evaluation<FastMath> fast(*this, rule_.program, false);
  const Outcome outcome = Compare(fast, rule_, subject);
  if (!fast.overflow()) return outcome;
  Evaluation<BigMath> big(*this, rule_.program, false);
  return Compare(big, rule_, subject);
}

bool RuleEvaluator::LeastGap(const Subject& subject, Ratio* gap) {
  if (rule_.rhs < 0) return false;
  Evaluation<BigMath> e(*this, rule_.program, false);
  const auto lhs = e.NumberOf(rule_.lhs, subject);
  const auto rhs = e.NumberOf(rule_.rhs, subject);
  const auto difference = rule_.at_least ? e.bounds().Subtract(rhs, lhs)
                                         : e.bounds().Subtract(lhs, rhs);
  if (difference.lo_open) return false;
  *gap = ToRatio(difference.lo);
  return true;
}

std::vector<RuleEvaluator::Part> RuleEvaluator::Trace(const Subject& subject) {
  std::vector<Part> parts;
  for (size_t i = 0; i < rule_.lets.size(); ++i) {
    const int root = rule_.lets[i].second;
    Part& part = parts.emplace_back();
    part.let = static_cast<int>(i);
    part.type = rule_.program.nodes[root].type;
    Evaluation<BigMath> e(*this, rule_.program, false);
    if (part.type.kind == Kind::kBool) {
      part.truth = e.TruthOf(root, subject).truth;
    } else if (part.type.kind != Kind::kText) {
      part.value = ToShown(e.NumberOf(root, subject));
    }
  }
  return parts;
}

bool RuleEvaluator::RunPause(const Subject& subject, int64_t* pause,
                             ParameterFailure* failure) {
  Evaluation<FastMath> e(*this, rule_.program, false);
  const auto value = e.NumberOf(rule_.run_pause, subject);
  *failure = e.failure();
  if (!value.point || e.overflow()) return false;
  *pause = static_cast<int64_t>(value.lo.n / value.lo.d);
  return true;
}

std::vector<UsedValue> RuleEvaluator::TakeUsed() {
  return std::exchange(used_, {});
}

int RuleEvaluator::WorkerSums(bool gate) const {
  return static_cast<int>((gate ? gate_sums_ : sums_).size());
}

WorkerBound RuleEvaluator::WorkerSum(bool gate, int index,
                                     const Subject& subject) {
  const Program& program = gate ? rule_.gate_program : rule_.program;
  const Node& node = program.nodes[(gate ? gate_sums_ : sums_)[index]];
  auto ask = [&](auto math) -> std::pair<WorkerBound, bool> {
    Evaluation<decltype(math)> e(*this, program, gate);
    WorkerBound bound;
    Answer there{Truth::kTrue, 0};
    if (node.args[1] >= 0) there = e.TruthOf(node.args[1], subject);
    if (there.truth == Truth::kFalse) {
      bound.low_open = bound.high_open = false;
      return {bound, e.overflow()};
    }
    if (node.op == Op::kCount) {
      const Answer answer = e.TruthOf(node.args[0], subject);
      const bool sure = there.truth == Truth::kTrue;
      bound.missing = answer.missing | there.missing;
      bound.low_open = bound.high_open = false;
      bound.low.n = sure && answer.truth == Truth::kTrue ? 1 : 0;
      bound.high.n = answer.truth == Truth::kFalse ? 0 : 1;
      return {bound, e.overflow()};
    }
    auto value = e.NumberOf(node.args[0], subject);
    if (there.truth == Truth::kUnknown) {
      using Number = typename decltype(math)::Number;
      value = e.bounds().Hull(Bounds<decltype(math)>::Point(Number{}), value,
                              there.missing);
    }
    bound.missing = value.missing;
    bound.low_open = value.lo_open;
    bound.high_open = value.hi_open;
    if (!value.lo_open) Put(value.lo, &bound.low, &bound.wide_low);
    if (!value.hi_open) {
      Put(value.point ? value.lo : value.hi, &bound.high, &bound.wide_high);
    }
    return {bound, e.overflow()};
  };
  auto [bound, overflow] = ask(FastMath());
  if (overflow) bound = ask(BigMath()).first;
  return bound;
}

Outcome RuleEvaluator::Conclude(const std::vector<ExactBound>& sums,
                                int64_t day) {
  Subject subject;
  subject.day = day;
  totals_ = &sums;
  Evaluation<BigMath> big(*this, rule_.program, false);
  const Outcome outcome = Compare(big, rule_, subject);
  totals_ = nullptr;
  return outcome;
}

Verdict3 RuleEvaluator::Gate(const std::vector<ExactBound>& sums, int64_t day,
                             uint64_t* missing, ParameterFailure* failure) {
  Subject subject;
  subject.day = day;
  totals_ = &sums;
  Evaluation<BigMath> big(*this, rule_.gate_program, true);
  const Answer answer = big.TruthOf(rule_.gate, subject);
  totals_ = nullptr;
  *missing = answer.missing;
  *failure = big.failure();
  return answer.truth == Truth::kTrue    ? Verdict3::kMet
         : answer.truth == Truth::kFalse ? Verdict3::kBroken
                                         : Verdict3::kOpen;
}

}  // namespace plumbline::audit
