#include "audit/findings/sure_tasks.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "audit/findings/task_fields.h"

namespace plumbline::audit {
namespace {

using replay::IsKnown;
using replay::kUnknown;
using replay::Task;

// Twice the rounding of one operation.
constexpr double kUnit = 0x1p-52;
constexpr int64_t kExact = int64_t{1} << 53;

// A value that is a whole number, or kUnknown.
template <typename Column>
void Put(Column* column, size_t row, int64_t number) {
  const auto value = static_cast<double>(number);
  column->value[row] = value;
  column->error[row] =
      number > -kExact && number < kExact ? 0 : std::abs(value) * kUnit;
  column->known[row] = IsKnown(number);
}

}  // namespace

SureTasks::SureTasks(const CompiledRule& rule, ParameterLookup& lookup,
                     const WorkerFrame& frame, const replay::LogStore* store)
    : rule_(rule),
      lookup_(lookup),
      frame_(frame),
      store_(store),
      hits_(rule.program.nodes.size()),
      words_(rule.program.nodes.size()) {
  possible_ = rule.rhs >= 0 && CanNumber(rule.lhs) && CanNumber(rule.rhs) &&
              (rule.scope < 0 || CanTruth(rule.scope)) &&
              std::all_of(rule.undecidable.begin(), rule.undecidable.end(),
                          [this](int index) { return CanTruth(index); });
}

bool SureTasks::CanNumber(int index) const {
  const Node& node = rule_.program.nodes[index];
  switch (node.op) {
    case Op::kConstant:
    case Op::kDistance:
    case Op::kPay:
    case Op::kRank:
      return true;
    case Op::kTime:
      return node.calendar < 0;
    case Op::kParameter:
      return !node.words.empty();  // Otherwise by a column's word.
    case Op::kField:
      return node.domain == Domain::kTask && node.type.kind != Kind::kText &&
             node.ref != kOverlappedField;
    case Op::kLet:
      return node.ref == 0 && CanNumber(node.args[0]);
    case Op::kAdd:
    case Op::kSubtract:
    case Op::kMultiply:
    case Op::kDivide:
    case Op::kNegate:
    case Op::kMinimum:
    case Op::kMaximum:
      return std::all_of(node.args.begin(), node.args.end(),
                         [this](int arg) { return CanNumber(arg); });
    case Op::kIf:
      return CanTruth(node.args[0]) && CanNumber(node.args[1]) &&
             CanNumber(node.args[2]);
    default:
      return false;
  }
}

bool SureTasks::CanTruth(int index) const {
  const Node& node = rule_.program.nodes[index];
  const auto task_field = [this](int of) {
    const Node& field = rule_.program.nodes[of];
    return field.op == Op::kField && field.domain == Domain::kTask &&
           field.ref != kOverlappedField;
  };
  switch (node.op) {
    case Op::kConstant:
      return true;
    case Op::kField:
      return task_field(index);
    case Op::kKnown:
    case Op::kIn:
      return task_field(node.args[0]);
    case Op::kLet:
      return node.ref == 0 && CanTruth(node.args[0]);
    case Op::kLess:
    case Op::kLessEqual:
      return CanNumber(node.args[0]) && CanNumber(node.args[1]);
    case Op::kAnd:
    case Op::kOr:
      return CanTruth(node.args[0]) && CanTruth(node.args[1]);
    case Op::kNot:
      return CanTruth(node.args[0]);
    default:
      return false;
  }
}

SureTasks::Numbers& SureTasks::NumbersAt(int depth) {
  while (numbers_.size() <= static_cast<size_t>(depth)) {
    numbers_.push_back(std::make_unique<Numbers>());
  }
  return *numbers_[static_cast<size_t>(depth)];
}

SureTasks::Truths& SureTasks::TruthsAt(int depth) {
  while (truths_.size() <= static_cast<size_t>(depth)) {
    truths_.push_back(std::make_unique<Truths>());
  }
  return *truths_[static_cast<size_t>(depth)];
}

void SureTasks::Field(int field, Numbers* out) const {
  for (size_t i = 0; i < tasks_.size(); ++i) {
    Put(out, i, TaskFieldOf(tasks_[i], field));
  }
  if (!IsScaledField(field)) return;
  for (size_t i = 0; i < tasks_.size(); ++i) {
    out->value[i] /= 1e6;
    out->error[i] = out->error[i] / 1e6 + std::abs(out->value[i]) * kUnit;
  }
}

void SureTasks::Rank(Numbers* out) const {
  for (size_t i = 0; i < tasks_.size(); ++i) {
    int64_t twice = 0, last = 1;
    out->known[i] = LimitRankOf(tasks_[i], &twice, &last);
    out->value[i] = static_cast<double>(twice) / static_cast<double>(last);
    out->error[i] = out->value[i] * kUnit;
  }
}

void SureTasks::Parameter(int index, Numbers* out) {
  const Node& node = rule_.program.nodes[index];
  Hit& hit = hits_[static_cast<size_t>(index)];
  for (size_t i = 0; i < tasks_.size(); ++i) {
    if (!hit.asked || hit.city != tasks_[i].city || hit.day != days_[i]) {
      ParameterFailure failure;
      const DatedRatio* found = lookup_.Find(
          node.ref, node.words[0], tasks_[i].city, days_[i], &failure);
      hit.asked = true;
      hit.found = found != nullptr;
      hit.city = tasks_[i].city;
      hit.day = days_[i];
      hit.value = hit.found ? static_cast<double>(found->value.n) /
                                  static_cast<double>(found->value.d)
                            : 0;
    }
    out->known[i] = hit.found;
    out->value[i] = hit.value;
    out->error[i] = std::abs(hit.value) * 4 * kUnit;
  }
}

const SureTasks::Numbers& SureTasks::NumberOf(int index, int depth) {
  const Node& node = rule_.program.nodes[index];
  if (node.op == Op::kLet) return NumberOf(node.args[0], depth);
  Numbers& out = NumbersAt(depth);
  const size_t rows = tasks_.size();
  switch (node.op) {
    case Op::kConstant: {
      const double value = static_cast<double>(node.constant.n) /
                           static_cast<double>(node.constant.d);
      std::fill_n(out.value, rows, value);
      std::fill_n(out.error, rows, std::abs(value) * 4 * kUnit);
      std::fill_n(out.known, rows, uint8_t{1});
      return out;
    }
    case Op::kParameter:
      Parameter(index, &out);
      return out;
    case Op::kField:
      Field(node.ref, &out);
      return out;
    case Op::kRank:
      Rank(&out);
      return out;
    case Op::kTime:
      for (size_t i = 0; i < rows; ++i) {
        Put(&out, i, TaskTimeOf(tasks_[i], node.mask));
      }
      return out;
    case Op::kDistance:
      for (size_t i = 0; i < rows; ++i) {
        Put(&out, i, TaskDistanceOf(tasks_[i], static_cast<Leg>(node.ref)));
      }
      return out;
    case Op::kPay:
      for (size_t i = 0; i < rows; ++i) {
        // In 128 bits: the parts of one task may add up to more than 64.
        const Extent pay = frame_.TaskPay(node.mask, tasks_[i]);
        out.value[i] = static_cast<double>(pay.lo);
        out.error[i] = std::abs(out.value[i]) * kUnit;
        out.known[i] = !pay.hi_open;
      }
      return out;
    case Op::kNegate: {
      const Numbers& a = NumberOf(node.args[0], depth + 1);
      for (size_t i = 0; i < rows; ++i) out.value[i] = -a.value[i];
      std::copy_n(a.error, rows, out.error);
      std::copy_n(a.known, rows, out.known);
      return out;
    }
    case Op::kIf: {
      const Truths& condition = TruthOf(node.args[0], depth);
      const Numbers& yes = NumberOf(node.args[1], depth + 1);
      const Numbers& no = NumberOf(node.args[2], depth + 2);
      for (size_t i = 0; i < rows; ++i) {
        const Numbers& chosen = condition.at[i] == kYes ? yes : no;
        out.value[i] = chosen.value[i];
        out.error[i] = chosen.error[i];
        out.known[i] = condition.at[i] != kMaybe ? chosen.known[i] : 0;
      }
      return out;
    }
    case Op::kMinimum:
    case Op::kMaximum: {
      const double sign = node.op == Op::kMinimum ? 1 : -1;
      const Numbers* first = &NumberOf(node.args[0], depth + 1);
      std::copy_n(first->value, rows, out.value);
      std::copy_n(first->error, rows, out.error);
      std::copy_n(first->known, rows, out.known);
      for (size_t arg = 1; arg < node.args.size(); ++arg) {
        const Numbers& next = NumberOf(node.args[arg], depth + 1);
        for (size_t i = 0; i < rows; ++i) {
          if (sign * next.value[i] < sign * out.value[i]) {
            out.value[i] = next.value[i];
          }
          out.error[i] = std::max(out.error[i], next.error[i]);
          out.known[i] &= next.known[i];
        }
      }
      return out;
    }
    default:
      break;
  }
  const Numbers& a = NumberOf(node.args[0], depth + 1);
  const Numbers& b = NumberOf(node.args[1], depth + 2);
  for (size_t i = 0; i < rows; ++i) out.known[i] = a.known[i] & b.known[i];
  switch (node.op) {
    case Op::kAdd:
      for (size_t i = 0; i < rows; ++i) {
        out.value[i] = a.value[i] + b.value[i];
        out.error[i] = a.error[i] + b.error[i] + std::abs(out.value[i]) * kUnit;
      }
      break;
    case Op::kSubtract:
      for (size_t i = 0; i < rows; ++i) {
        out.value[i] = a.value[i] - b.value[i];
        out.error[i] = a.error[i] + b.error[i] + std::abs(out.value[i]) * kUnit;
      }
      break;
    case Op::kMultiply:
      for (size_t i = 0; i < rows; ++i) {
        out.value[i] = a.value[i] * b.value[i];
        out.error[i] = std::abs(a.value[i]) * b.error[i] +
                       std::abs(b.value[i]) * a.error[i] +
                       a.error[i] * b.error[i] + std::abs(out.value[i]) * kUnit;
      }
      break;
    default:  // kDivide.
      for (size_t i = 0; i < rows; ++i) {
        const double least = std::abs(b.value[i]) - 2 * b.error[i];
        const bool apart = least > 0;
        const double divisor = apart ? b.value[i] : 1;
        out.value[i] = a.value[i] / divisor;
        out.error[i] = (a.error[i] + std::abs(out.value[i]) * b.error[i]) /
                           (apart ? least : 1) +
                       std::abs(out.value[i]) * kUnit;
        out.known[i] = apart ? out.known[i] : 0;
      }
  }
  return out;
}

void SureTasks::Words(int index, Truths* out) {
  const Node& node = rule_.program.nodes[index];
  const int field = rule_.program.nodes[node.args[0]].ref;
  WordTest& words = words_[static_cast<size_t>(index)];
  for (size_t i = 0; i < tasks_.size(); ++i) {
    const int64_t value = TaskFieldOf(tasks_[i], field);
    out->at[i] = !IsKnown(value)                            ? kMaybe
                 : words.Holds(node, field, value, *store_) ? kYes
                                                            : kNo;
  }
}

const SureTasks::Truths& SureTasks::TruthOf(int index, int depth) {
  const Node& node = rule_.program.nodes[index];
  if (node.op == Op::kLet) return TruthOf(node.args[0], depth);
  Truths& out = TruthsAt(depth);
  const size_t rows = tasks_.size();
  switch (node.op) {
    case Op::kConstant:
      std::fill_n(out.at, rows, uint8_t{node.constant.n != 0 ? kYes : kNo});
      return out;
    case Op::kField:
      for (size_t i = 0; i < rows; ++i) {
        const int64_t value = TaskFieldOf(tasks_[i], node.ref);
        out.at[i] = !IsKnown(value) ? kMaybe : value != 0 ? kYes : kNo;
      }
      return out;
    case Op::kKnown: {
      const int field = rule_.program.nodes[node.args[0]].ref;
      for (size_t i = 0; i < rows; ++i) {
        out.at[i] = IsKnown(TaskFieldOf(tasks_[i], field)) ? kYes : kNo;
      }
      return out;
    }
    case Op::kIn:
      Words(index, &out);
      return out;
    case Op::kNot: {
      const Truths& a = TruthOf(node.args[0], depth + 1);
      for (size_t i = 0; i < rows; ++i) {
        out.at[i] = a.at[i] == kMaybe ? kMaybe : a.at[i] == kYes ? kNo : kYes;
      }
      return out;
    }
    case Op::kAnd:
    case Op::kOr: {
      const Truths& a = TruthOf(node.args[0], depth + 1);
      const Truths& b = TruthOf(node.args[1], depth + 2);
      const uint8_t stop = node.op == Op::kAnd ? kNo : kYes;
      for (size_t i = 0; i < rows; ++i) {
        out.at[i] = a.at[i] == stop || b.at[i] == stop ? stop
                    : a.at[i] == kMaybe                ? a.at[i]
                                                       : b.at[i];
      }
      return out;
    }
    default: {  // kLess, kLessEqual: sure where the bounds lie apart.
      const Numbers& a = NumberOf(node.args[0], depth + 1);
      const Numbers& b = NumberOf(node.args[1], depth + 2);
      for (size_t i = 0; i < rows; ++i) {
        const double gap = b.value[i] - a.value[i];
        const double least =
            2 * (a.error[i] + b.error[i]) + std::abs(gap) * 0x1p-50;
        const bool known = (a.known[i] & b.known[i]) != 0;
        out.at[i] = known && gap > least    ? kYes
                    : known && -gap > least ? kNo
                                            : kMaybe;
      }
      return out;
    }
  }
}

void SureTasks::Ask(std::span<const Task> tasks, std::span<const int64_t> days,
                    std::vector<Answer>* answers) {
  answers->assign(tasks.size(), Answer::kUnsure);
  if (!possible_) return;
  for (size_t from = 0; from < tasks.size(); from += kRows) {
    const size_t rows = std::min(kRows, tasks.size() - from);
    tasks_ = tasks.subspan(from, rows);
    days_ = days.subspan(from, rows);
    Answer* out = answers->data() + from;
    uint8_t open[kRows];  // In scope, and no case without a verdict.
    std::fill_n(open, rows, uint8_t{1});
    bool any = true;
    if (rule_.scope >= 0) {
      const Truths& scope = TruthOf(rule_.scope, 0);
      any = false;
      for (size_t i = 0; i < rows; ++i) {
        if (scope.at[i] == kNo) out[i] = Answer::kOutOfScope;
        open[i] = scope.at[i] == kYes;
        any = any || scope.at[i] == kYes;
      }
    }
    for (const int index : rule_.undecidable) {
      if (!any) break;
      const Truths& without = TruthOf(index, 0);
      for (size_t i = 0; i < rows; ++i) open[i] &= without.at[i] == kNo;
    }
    if (!any) continue;
    const Numbers& lhs = NumberOf(rule_.lhs, 0);
    const Numbers& rhs = NumberOf(rule_.rhs, 1);
    const double sign = rule_.at_least ? 1 : -1;
    for (size_t i = 0; i < rows; ++i) {
      const double gap = sign * (lhs.value[i] - rhs.value[i]);
      // Doubled: what the bounds themselves lose to rounding is far below.
      const bool met =
          gap > 2 * (lhs.error[i] + rhs.error[i]) + std::abs(gap) * 0x1p-50;
      if ((open[i] & lhs.known[i] & rhs.known[i]) != 0 && met) {
        out[i] = Answer::kPasses;
      }
    }
  }
}

}  // namespace plumbline::audit
