#include "audit/findings/sure_columns.h"

#include <algorithm>
#include <utility>

#include "audit/findings/task_fields.h"
#include "audit/rules/exact.h"
#include "audit/rules/text.h"

namespace plumbline::audit {
namespace {

// Time in which a city owes anything at all.
const Node& PresenceNode() {
  static const Node& node =
      *new Node{.op = Op::kTime, .mask = kEngaged | kRequired};
  return node;
}

bool OfClock(SureRows of) {
  return of == SureRows::kWindows || of == SureRows::kDays;
}

bool IsTaskField(const Node& node) {
  return node.op == Op::kField && node.domain == Domain::kTask &&
         node.ref != kOverlappedField;
}

}  // namespace

int SureColumns::Intern(const Owner& owner, SureRows of, const Node& node,
                        bool truth, std::vector<int> args,
                        std::vector<int64_t> changes) {
  const int plan = of == SureRows::kTasks ? -1 : owner.plan;
  std::string key =
      Cat(truth ? "t" : "n", static_cast<int>(node.op), " ",
          static_cast<int>(of), " ", plan, " ", node.mask, " ", node.ref, " ",
          static_cast<int>(node.element), " ", RatioTextExact(node.constant));
  for (const std::string& word : node.words) {
    key += Cat(" ", word.size(), ":", word);
  }
  for (const int arg : args) key += Cat(" a", arg);
  for (const int64_t day : changes) key += Cat(" d", day);
  if (node.op == Op::kParameter) {
    key += Cat(" p", reinterpret_cast<uintptr_t>(owner.lookup), " ",
               static_cast<int>(owner.rule->key));
  }
  const auto [at, fresh] =
      known_columns_.try_emplace(key, static_cast<int>(columns_.size()));
  if (!fresh) return at->second;
  auto column = std::make_unique<Column>();
  column->node = &node;
  column->owner = owner;
  column->owner.plan = plan;
  column->of = of;
  column->args = std::move(args);
  column->changes = std::move(changes);
  columns_.push_back(std::move(column));
  return at->second;
}

bool SureColumns::AddAll(const Owner& owner, SureRows of,
                         const std::vector<int>& nodes, bool truths,
                         std::vector<int>* args) {
  for (const int node : nodes) {
    const int added =
        truths ? AddTruth(owner, of, node) : AddNumber(owner, of, node);
    if (added < 0) return false;
    args->push_back(added);
  }
  return true;
}

int SureColumns::AddNumber(const Owner& owner, SureRows of, int index) {
  const Node& node = owner.rule->program.nodes[index];
  std::vector<int> args;
  switch (node.op) {
    case Op::kConstant:
      break;
    case Op::kParameter:
      if (node.words.empty()) return -1;  // By a column's word.
      break;
    case Op::kDistance:
    case Op::kRank:
      if (of != SureRows::kTasks) return -1;
      break;
    case Op::kPay:
      if (of != SureRows::kTasks && of != SureRows::kWindows) return -1;
      break;
    case Op::kTime:
      if (node.calendar >= 0) return -1;
      break;
    case Op::kField:
      if (of != SureRows::kTasks || !IsTaskField(node) ||
          node.type.kind == Kind::kText) {
        return -1;
      }
      break;
    case Op::kWindowEdge:
    case Op::kLongestGap:
      if (!OfClock(of)) return -1;
      break;
    case Op::kLongestRun:
      if (!OfClock(of) ||
          owner.rule->program.nodes[node.args[0]].op != Op::kConstant) {
        return -1;
      }
      args.push_back(AddNumber(owner, of, node.args[0]));
      break;
    case Op::kLet:
      // Inside of a sum it is the value for the whole.
      return node.ref == 1 ? -1 : AddNumber(owner, of, node.args[0]);
    case Op::kAdd:
    case Op::kSubtract:
    case Op::kMultiply:
    case Op::kDivide:
    case Op::kNegate:
    case Op::kMinimum:
    case Op::kMaximum:
      if (!AddAll(owner, of, node.args, false, &args)) return -1;
      break;
    case Op::kIf:
      if (!AddAll(owner, of, {node.args[0]}, true, &args) ||
          !AddAll(owner, of, {node.args[1], node.args[2]}, false, &args)) {
        return -1;
      }
      break;
    case Op::kSum:
    case Op::kCount:
    case Op::kLargest:
    case Op::kSmallest:
      return of == SureRows::kWindows ? AddOver(owner, of, index) : -1;
    default:
      return -1;
  }
  return Intern(owner, of, node, false, std::move(args), {});
}

int SureColumns::AddOver(const Owner& owner, SureRows of, int index) {
  const Node& node = owner.rule->program.nodes[index];
  std::vector<int> args;
  if (node.element == Element::kCity) {
    if (node.op != Op::kSum || node.args[1] >= 0) return -1;
    if (!AddAll(owner, SureRows::kCities, {node.args[0]}, false, &args)) {
      return -1;
    }
    args.push_back(
        Intern(owner, SureRows::kCities, PresenceNode(), false, {}, {}));
    std::vector<int64_t> changes;
    if (owner.rule->key == LookupKey::kEach) {
      std::vector<int> parameters;
      for (const Node& part : owner.rule->program.nodes) {
        if (part.op == Op::kParameter) parameters.push_back(part.ref);
      }
      for (const Node& part : owner.rule->gate_program.nodes) {
        if (part.op == Op::kParameter) parameters.push_back(part.ref);
      }
      changes = owner.lookup->ChangeDays(parameters);
    }
    return Intern(owner, of, node, false, std::move(args), std::move(changes));
  }
  if (node.element != Element::kDay) return -1;
  const bool count = node.op == Op::kCount;
  if (!AddAll(owner, SureRows::kDays, {node.args[0]}, count, &args)) return -1;
  if (node.args[1] >= 0 &&
      !AddAll(owner, SureRows::kDays, {node.args[1]}, true, &args)) {
    return -1;
  }
  return Intern(owner, of, node, false, std::move(args), {});
}

int SureColumns::AddTruth(const Owner& owner, SureRows of, int index) {
  const Program& program = owner.rule->program;
  const Node& node = program.nodes[index];
  std::vector<int> args;
  // A column of a task or of the roster, whose number stands in for itself.
  const auto field = [&](int at) {
    const Node& named = program.nodes[at];
    return named.op == Op::kRoster ||
           (of == SureRows::kTasks && IsTaskField(named));
  };
  switch (node.op) {
    case Op::kConstant:
    case Op::kRecorded:
      break;
    case Op::kField:
    case Op::kRoster:
      if (!field(index)) return -1;
      break;
    case Op::kKnown:
    case Op::kIn: {
      if (!field(node.args[0])) return -1;
      const Node& named = program.nodes[node.args[0]];
      if (named.op == Op::kRoster && named.type.kind != Kind::kText) return -1;
      // Of the roster or of the task, and which column: in place of columns.
      args = {named.op == Op::kRoster ? 1 : 0, named.ref};
      break;
    }
    case Op::kLet:
      return node.ref == 1 ? -1 : AddTruth(owner, of, node.args[0]);
    case Op::kLess:
    case Op::kLessEqual:
      if (!AddAll(owner, of, node.args, false, &args)) return -1;
      break;
    case Op::kAnd:
    case Op::kOr:
    case Op::kNot:
    case Op::kIf:
      if (!AddAll(owner, of, node.args, true, &args)) return -1;
      break;
    default:
      return -1;
  }
  return Intern(owner, of, node, true, std::move(args), {});
}

void SureColumns::ShowWorker(const RowView* roster) {
  roster_ = roster;
  worker_stamp_ = ++stamp_;
}

void SureColumns::ShowTasks(std::span<const replay::Task> tasks) {
  block_.Show(tasks);
  task_stamp_ = ++stamp_;
}

size_t SureColumns::RowsOf(const Column& column) {
  switch (column.of) {
    case SureRows::kTasks:
      return block_.tasks().size();
    case SureRows::kDays:
      return DaysOf(column.owner.plan).pieces.size();
    default:
      return frame_.Periods(column.owner.plan).size();
  }
}

std::span<const Period> SureColumns::StretchesOf(const Column& column) {
  if (column.of == SureRows::kDays) return DaysOf(column.owner.plan).pieces;
  return frame_.Periods(column.owner.plan);
}

const SureColumns::DayRows& SureColumns::DaysOf(int plan) {
  if (day_rows_.size() <= static_cast<size_t>(plan)) {
    day_rows_.resize(static_cast<size_t>(plan) + 1);
  }
  DayRows& rows = day_rows_[static_cast<size_t>(plan)];
  if (rows.stamp == worker_stamp_) return rows;
  rows.stamp = worker_stamp_;
  rows.pieces.clear();
  rows.day.clear();
  rows.starts.clear();
  for (const Period& window : frame_.Periods(plan)) {
    rows.starts.push_back(rows.pieces.size());
    const int64_t last = frame_.clock().Day(window.to - 1);
    for (int64_t day = frame_.clock().Day(window.from); day <= last; ++day) {
      rows.pieces.push_back({std::max(window.from, frame_.DayStart(day)),
                             std::min(window.to, frame_.DayStart(day + 1))});
      rows.day.push_back(day);
    }
  }
  rows.starts.push_back(rows.pieces.size());
  return rows;
}

bool SureColumns::Fresh(Column* column) {
  const uint64_t stamp =
      column->of == SureRows::kTasks ? task_stamp_ : worker_stamp_;
  return std::exchange(column->stamp, stamp) != stamp;
}

const SureNumbers& SureColumns::NumberAt(int column) {
  Column& found = *columns_[static_cast<size_t>(column)];
  if (Fresh(&found)) FillNumber(&found);
  return found.numbers;
}

const SureTruths& SureColumns::TruthAt(int column) {
  Column& found = *columns_[static_cast<size_t>(column)];
  if (Fresh(&found)) FillTruth(&found);
  return found.truths;
}

}  // namespace plumbline::audit
