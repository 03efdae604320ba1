#ifndef PLUMBLINE_AUDIT_FINDINGS_EVALUATION_H_
#define PLUMBLINE_AUDIT_FINDINGS_EVALUATION_H_

#include <algorithm>
#include <string>
#include <type_traits>
#include <vector>

#include "audit/findings/big_math.h"
#include "audit/findings/calendar_clock.h"
#include "audit/findings/elements.h"
#include "audit/findings/evaluate.h"
#include "audit/findings/task_fields.h"
#include "audit/findings/value.h"
#include "audit/rules/measure_path.h"
#include "replay/schema/schema.h"

namespace plumbline::audit {

inline constexpr uint32_t kUnknownFlags = 7;  // Of Unknown: with a column.

// One evaluation of a rule's formulas in one arithmetic: the inside of
// RuleEvaluator. Parts that go over elements stand in evaluation_elements.h.
template <typename Math>
class Evaluation {
 public:
  using N = typename Math::Number;
  using V = Value<N>;
  using Task = replay::Task;

  Evaluation(RuleEvaluator& owner, const Program& program, bool gate)
      : owner_(owner),
        program_(program),
        gate_(gate),
        bounds_(math_),
        frame_(owner.frame_) {}

  bool overflow() const { return math_.overflow; }
  const ParameterFailure& failure() const { return failure_; }
  Math& math() { return math_; }
  Bounds<Math>& bounds() { return bounds_; }

  V NumberOf(int index, const Subject& s) {
    const Node& node = program_.nodes[index];
    switch (node.op) {
      case Op::kConstant:
        return Bounds<Math>::Point(Math::From(node.constant));
      case Op::kParameter:
        return Parameter(node, s);
      case Op::kLogValue:
        return Whole(node.ref == static_cast<int>(LogValue::kPayPerOrder)
                         ? owner_.mdrp_.pay_per_order
                         : owner_.mdrp_.guaranteed_per_hour,
                     node.ref == static_cast<int>(LogValue::kPayPerOrder)
                         ? 1
                         : replay::kHour,
                     !owner_.mdrp_.present, node.columns);
      case Op::kLet:
        return NumberOf(node.args[0], node.ref == 1 ? *s.base : s);
      case Op::kTime:
        return Time(node, s);
      case Op::kDistance:
        return Distance(node, *s.task);
      case Op::kPay:
        return s.task != nullptr
                   ? FromExtent(frame_.TaskPay(node.mask, *s.task), node)
                   : FromExtent(frame_.Pay(node.mask, s.plan, s.period), node);
      case Op::kField:
      case Op::kRoster:
        return Field(node, s);
      case Op::kRank:
        return Rank(node, *s.task);
      case Op::kAdd:
        return bounds_.Add(NumberOf(node.args[0], s),
                           NumberOf(node.args[1], s));
      case Op::kSubtract:
        return bounds_.Subtract(NumberOf(node.args[0], s),
                                NumberOf(node.args[1], s));
      case Op::kMultiply:
        return bounds_.Multiply(NumberOf(node.args[0], s),
                                NumberOf(node.args[1], s));
      case Op::kDivide:
        return bounds_.Divide(NumberOf(node.args[0], s),
                              NumberOf(node.args[1], s));
      case Op::kNegate:
        return bounds_.Negate(NumberOf(node.args[0], s));
      case Op::kMinimum:
      case Op::kMaximum: {
        V value = NumberOf(node.args[0], s);
        for (size_t i = 1; i < node.args.size(); ++i) {
          value = bounds_.Choose(value, NumberOf(node.args[i], s),
                                 node.op == Op::kMinimum);
        }
        return value;
      }
      case Op::kIf: {
        const Answer condition = TruthOf(node.args[0], s);
        if (condition.truth == Truth::kTrue) return NumberOf(node.args[1], s);
        if (condition.truth == Truth::kFalse) return NumberOf(node.args[2], s);
        return bounds_.Hull(NumberOf(node.args[1], s),
                            NumberOf(node.args[2], s), condition.missing);
      }
      case Op::kSum:
      case Op::kCount:
      case Op::kLargest:
      case Op::kSmallest:
      case Op::kQuantile:
        return Over(index, node, s);
      case Op::kFirst:
      case Op::kLast:
        return FirstOrLast(node, s);
      case Op::kLatency:
        return Latency(node, s);
      case Op::kReached:
        return Reached(node, s);
      case Op::kWindowEdge:
        return Whole(node.ref == 1 ? s.to : s.from);
      case Op::kMeasure:
        return Measured(node);
      case Op::kLongestRun: {
        const V pause = NumberOf(node.args[0], s);
        const Ratio milliseconds = ToRatio(pause.lo);
        const Extent time = frame_.Time(node.mask, false, s.from, s.to);
        V run = Whole(frame_.LongestRun(
            node.mask, static_cast<int64_t>(milliseconds.n / milliseconds.d),
            s.from, s.to));
        if (time.unknown != 0) {
          run.point = false;
          run.hi = Math::From({s.to - s.from, 1});
          run.missing = Bits(time.unknown);
        }
        return run;
      }
      case Op::kLongestGap: {
        const Extent time = frame_.Time(node.mask, false, s.from, s.to);
        V gap = Whole(frame_.LongestGap(node.mask, s.from, s.to));
        if (time.unknown != 0) {
          gap.point = false;
          gap.hi = gap.lo;
          gap.lo = N{};
          gap.missing = Bits(time.unknown);
        }
        return gap;
      }
      case Op::kAddMonths: {
        const V instant = NumberOf(node.args[0], s);
        const V months = NumberOf(node.args[1], s);
        if (!instant.point || !months.point) {
          return Bounds<Math>::Anything(instant.missing | months.missing);
        }
        const Ratio from = ToRatio(instant.lo), by = ToRatio(months.lo);
        return Whole(PlusMonths(static_cast<int64_t>(from.n / from.d),
                                static_cast<int64_t>(by.n / by.d),
                                frame_.clock(), frame_.zone()));
      }
      default:
        return Bounds<Math>::Anything(0);
    }
  }

  Answer TruthOf(int index, const Subject& s) {
    const Node& node = program_.nodes[index];
    switch (node.op) {
      case Op::kConstant:
        return {node.constant.n != 0 ? Truth::kTrue : Truth::kFalse, 0};
      case Op::kLet:
        return TruthOf(node.args[0], node.ref == 1 ? *s.base : s);
      case Op::kExists:
        return Exists(node, s);
      case Op::kDuring:
        return During(node, s);
      case Op::kFinding:
        return Found(node);
      case Op::kField:
      case Op::kRoster: {
        const int64_t value = RawField(node, s);
        if (!replay::IsKnown(value)) return {Truth::kUnknown, node.columns};
        return {value != 0 ? Truth::kTrue : Truth::kFalse, 0};
      }
      case Op::kLess:
      case Op::kLessEqual:
        return bounds_.Ordered(NumberOf(node.args[0], s),
                               NumberOf(node.args[1], s), node.op == Op::kLess);
      case Op::kEqual:
        return Equal(node, s);
      case Op::kIn:
        return InWords(index, node, s);
      case Op::kAnd:
      case Op::kOr: {
        const Truth stop = node.op == Op::kAnd ? Truth::kFalse : Truth::kTrue;
        const Answer a = TruthOf(node.args[0], s);
        if (a.truth == stop) return a;
        const Answer b = TruthOf(node.args[1], s);
        if (b.truth == stop) return b;
        if (a.truth != Truth::kUnknown && b.truth != Truth::kUnknown) return a;
        return {Truth::kUnknown, a.missing | b.missing};
      }
      case Op::kNot: {
        Answer a = TruthOf(node.args[0], s);
        if (a.truth != Truth::kUnknown) {
          a.truth = a.truth == Truth::kTrue ? Truth::kFalse : Truth::kTrue;
        }
        return a;
      }
      case Op::kIf: {
        const Answer condition = TruthOf(node.args[0], s);
        if (condition.truth == Truth::kTrue) return TruthOf(node.args[1], s);
        if (condition.truth == Truth::kFalse) return TruthOf(node.args[2], s);
        const Answer a = TruthOf(node.args[1], s), b = TruthOf(node.args[2], s);
        if (a.truth == b.truth && a.truth != Truth::kUnknown) return a;
        return {Truth::kUnknown, condition.missing | a.missing | b.missing};
      }
      case Op::kRecorded:
        return {frame_.Records(node.mask) ? Truth::kTrue : Truth::kFalse, 0};
      case Op::kKnown:
        return {IsKnownNode(node.args[0], s) ? Truth::kTrue : Truth::kFalse, 0};
      default:
        return {Truth::kUnknown, 0};
    }
  }

 private:
  static V Whole(int64_t number, int64_t denominator = 1, bool unknown = false,
                 uint64_t missing = 0) {
    if (unknown) return Bounds<Math>::Anything(missing);
    return Bounds<Math>::Point(Math::From({number, denominator}));
  }

  uint64_t Bits(uint32_t unknown) const {
    uint64_t bits = (unknown & kStraddles) != 0 ? kStraddleBit : 0;
    for (uint32_t flag = 0; flag < kUnknownFlags; ++flag) {
      if (((unknown >> flag) & 1) != 0) {
        bits |= owner_.unknown_bits_[gate_ ? 1 : 0][flag];
      }
    }
    return bits;
  }

  V FromExtent(const Extent& extent, const Node& node) const {
    V value = Bounds<Math>::Point(Math::From({extent.lo, 1}));
    if (extent.lo == extent.hi && !extent.hi_open) return value;
    value.point = false;
    value.hi_open = extent.hi_open;
    value.hi = Math::From({extent.hi, 1});
    value.missing = Bits(extent.unknown);
    if (value.missing == 0) value.missing = node.columns;
    return value;
  }

  V Parameter(const Node& node, const Subject& s) {
    std::string_view class_name;
    if (!node.words.empty()) {
      class_name = node.words[0];
    } else {
      class_name = TextOf(program_.nodes[node.args[0]], s);
      if (class_name.data() == nullptr) {
        return Bounds<Math>::Anything(node.columns);
      }
    }
    const DatedRatio* value = owner_.lookup_.Find(
        node.ref, class_name, s.task != nullptr ? s.task->city : s.city, s.day,
        &failure_);
    if (value == nullptr) return Bounds<Math>::Anything(0);
    if (owner_.record_) {
      const UsedValue used{node.ref, value, s.day};
      if (std::find(owner_.used_.begin(), owner_.used_.end(), used) ==
          owner_.used_.end()) {
        owner_.used_.push_back(used);
      }
    }
    return Bounds<Math>::Point(Math::From(value->value));
  }

  V Time(const Node& node, const Subject& s) {
    if (node.calendar >= 0) return TimeInCalendar(node, s);
    if (s.task == nullptr) {
      return FromExtent(
          s.one_city ? frame_.TimeInCity(node.mask, s.city, s.from, s.to)
                     : frame_.Time(node.mask, node.ref == 1, s.from, s.to),
          node);
    }
    const int64_t time = TaskTimeOf(*s.task, node.mask);
    return replay::IsKnown(time) ? Whole(time) : AtLeastZero(node.columns);
  }

  static V AtLeastZero(uint64_t missing) {
    V value = Bounds<Math>::Anything(missing);
    value.lo_open = false;
    return value;
  }

  V Distance(const Node& node, const Task& task) {
    const int64_t distance = TaskDistanceOf(task, static_cast<Leg>(node.ref));
    return replay::IsKnown(distance) ? Whole(distance)
                                     : AtLeastZero(node.columns);
  }

  int64_t RawField(const Node& node, const Subject& s) const {
    if (node.op == Op::kRoster) {
      return s.roster == nullptr ? replay::kUnknown
                                 : s.roster->Number(node.ref);
    }
    if (node.domain == Domain::kTask) {
      if (node.ref != kOverlappedField) return TaskFieldOf(*s.task, node.ref);
      if (!frame_.timeline().known) return replay::kUnknown;
      return frame_.Overlapped(*s.task) ? 1 : 0;
    }
    if (node.domain == Domain::kEstimate) return s.estimate;
    return s.row->Number(node.ref);
  }

  // Of a column of words; data() == nullptr where unknown.
  std::string_view TextOf(const Node& node, const Subject& s) const {
    if (node.op == Op::kRoster) {
      return s.roster == nullptr ? std::string_view()
                                 : s.roster->Text(node.ref);
    }
    if (node.domain == Domain::kTask) {
      const int64_t symbol = TaskFieldOf(*s.task, node.ref);
      if (!replay::IsKnown(symbol)) return {};
      return owner_.store_->Text(static_cast<replay::Symbol>(symbol));
    }
    return s.row == nullptr ? std::string_view() : s.row->Text(node.ref);
  }

  V Field(const Node& node, const Subject& s) {
    if (node.domain == Domain::kRun && node.op == Op::kField) {
      return OfRun(node, *s.run);
    }
    int64_t value = RawField(node, s);
    if (!replay::IsKnown(value)) return Bounds<Math>::Anything(node.columns);
    int64_t denominator = 1;
    if (node.op == Op::kField && node.domain == Domain::kTask) {
      if (IsScaledField(node.ref)) denominator = 1'000'000;
    } else {
      if (node.table == nullptr) return Whole(value);  // An estimate.
      const replay::ColumnSchema& column = node.table->columns[node.ref];
      if (column.unit == v1::DECIMAL) denominator = 1'000'000;
      if (column.unit == v1::DATE) value = frame_.DayStart(value);
    }
    return Whole(value, denominator);
  }

  V Rank(const Node& node, const Task& task) {
    int64_t twice = 0, last = 1;
    return LimitRankOf(task, &twice, &last)
               ? Whole(twice, last)
               : Bounds<Math>::Anything(node.columns);
  }

  Answer Equal(const Node& node, const Subject& s) {
    if (program_.nodes[node.args[0]].type.kind != Kind::kBool) {
      return bounds_.Equal(NumberOf(node.args[0], s),
                           NumberOf(node.args[1], s));
    }
    const Answer a = TruthOf(node.args[0], s), b = TruthOf(node.args[1], s);
    if (a.truth == Truth::kUnknown || b.truth == Truth::kUnknown) {
      return {Truth::kUnknown, a.missing | b.missing};
    }
    return {a.truth == b.truth ? Truth::kTrue : Truth::kFalse, 0};
  }

  Answer InWords(int index, const Node& node, const Subject& s) {
    const Node& field = program_.nodes[node.args[0]];
    if (field.op == Op::kField && field.domain == Domain::kTask) {
      const int64_t value = TaskFieldOf(*s.task, field.ref);
      if (!replay::IsKnown(value)) return {Truth::kUnknown, field.columns};
      WordTest& words = owner_.words_[gate_ ? 1 : 0][index];
      return {words.Holds(node, field.ref, value, *owner_.store_)
                  ? Truth::kTrue
                  : Truth::kFalse,
              0};
    }
    std::string_view text;
    if (field.op == Op::kRoster) {
      if (s.roster != nullptr) text = s.roster->Text(field.ref);
    } else if (s.row != nullptr) {
      text = s.row->Text(field.ref);
    }
    if (text.data() == nullptr) return {Truth::kUnknown, field.columns};
    return {WordTest::Among(node, text) ? Truth::kTrue : Truth::kFalse, 0};
  }

  bool IsKnownNode(int index, const Subject& s) {
    const Node& node = program_.nodes[index];
    if (node.type.kind == Kind::kBool) {
      return TruthOf(index, s).truth != Truth::kUnknown;
    }
    if (node.type.kind == Kind::kText) {
      if (node.op == Op::kRoster) {
        return s.roster != nullptr &&
               s.roster->Text(node.ref).data() != nullptr;
      }
      return node.domain == Domain::kTask
                 ? replay::IsKnown(TaskFieldOf(*s.task, node.ref))
                 : s.row->Text(node.ref).data() != nullptr;
    }
    return NumberOf(index, s).point;
  }

  // evaluation_elements.h
  struct Gathered;
  V Over(int index, const Node& node, const Subject& s);
  void Collect(const Node& node, const Subject& s, Truth there,
               uint64_t missing, Gathered* all);
  bool NoTaskDuring(int index, const Subject& s);
  void Tasks(const Node& node, Subject* inner, const Subject& s, Gathered* all);
  void OpenTasks(const Node& node, Subject* inner, const Subject& s,
                 Gathered* all);
  void Rows(const Node& node, Subject* inner, const Subject& s, Gathered* all);
  void Runs(const Node& node, Subject* inner, const Subject& s, Gathered* all);
  void Pieces(const Node& node, Subject* inner, int64_t end, Gathered* all);
  V Quantile(const Node& node, Gathered* all);
  V OfRun(const Node& node, const Stretch& run);
  struct Range;
  Range RangeOf(const Node& node, const Subject& s);
  template <typename Visit>
  void Events(const Node& node, size_t first, const Subject& s,
              const Range& range, const Visit& visit);
  Answer Exists(const Node& node, const Subject& s);
  V FirstOrLast(const Node& node, const Subject& s);
  V Latency(const Node& node, const Subject& s);
  V Reached(const Node& node, const Subject& s);
  Answer During(const Node& node, const Subject& s);
  V TimeInCalendar(const Node& node, const Subject& s);
  V Measured(const Node& node);
  Answer Found(const Node& node);

  V Total(int index) {
    const std::vector<int>& nodes = gate_ ? owner_.gate_sums_ : owner_.sums_;
    const size_t at =
        std::find(nodes.begin(), nodes.end(), index) - nodes.begin();
    if (owner_.totals_ == nullptr || at >= owner_.totals_->size()) {
      return Bounds<Math>::Anything(0);
    }
    const ExactBound& bound = (*owner_.totals_)[at];
    V value;
    value.missing = bound.missing;
    value.point = bound.low == bound.high && !bound.low.empty();
    value.lo_open = !Parse(bound.low, &value.lo);
    value.hi_open = !Parse(bound.high, &value.hi);
    return value;
  }

  bool Parse(const std::string& text, N* number) {
    if (text.empty()) return false;
    if constexpr (std::is_same_v<N, Ratio>) {
      // Too wide for 128 bits: the caller goes to BigMath.
      if (!ParseRatio(text, number)) {
        math_.overflow = true;
        *number = N{};
      }
    } else {
      *number = N(text);
    }
    return true;
  }

  RuleEvaluator& owner_;
  const Program& program_;
  const bool gate_;
  Math math_;
  Bounds<Math> bounds_;
  WorkerFrame& frame_;
  ParameterFailure failure_;
};

}  // namespace plumbline::audit

#include "audit/findings/evaluation_elements.h"

#endif  // PLUMBLINE_AUDIT_FINDINGS_EVALUATION_H_
