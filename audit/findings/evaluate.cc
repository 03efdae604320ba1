#include "audit/findings/evaluate.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "absl/time/civil_time.h"
#include "audit/findings/big_math.h"
#include "audit/findings/value.h"
#include "audit/rules/text.h"
#include "replay/schema/schema.h"

namespace plumbline::audit {
namespace {

using replay::IsKnown;
using replay::kUnknown;
using replay::Task;

constexpr uint32_t kUnknownFlags = 7;
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

int64_t FieldOf(const Task& task, int field, WorkerFrame& frame) {
  switch (field) {
    case 0:
      return task.placed_at;
    case 1:
      return task.ready_at;
    case 2:
      return task.offered_at;
    case 3:
      return task.accepted_at;
    case 4:
      return task.arrived_pickup_at;
    case 5:
      return task.picked_up_at;
    case 6:
      return task.arrived_dropoff_at;
    case 7:
      return task.completed_at;
    case 8:
      return task.cancelled_at;
    case 9:
      return task.promised_at;
    case 10:
      return task.limit_at;
    case 11:
      return task.planned_wait;
    case 12:
      return task.trip_time;
    case 13:
      return task.route_distance;
    case 14:
      return task.pickup_distance;
    case 15:
      return task.dropoff_distance;
    case 16:
      return task.customer_total;
    case 17:
      return task.commission_shown;
    case 18:
      return task.rating;
    case 19:
      return task.prebooked;
    case 20:
      return task.shared;
    case 21:
      return task.wheelchair;
    case 22:
      return task.city == 0 ? kUnknown : task.city;
    case 23:
      return task.zone == 0 ? kUnknown : task.zone;
    case 24:
      return task.vehicle == 0 ? kUnknown : task.vehicle;
    case 25:
      return task.weather == 0 ? kUnknown : task.weather;
    case 26:
      return task.status == v1::STATUS_UNKNOWN ? kUnknown
                                               : int64_t{task.status};
    case 27:
      if (!frame.timeline().known) return kUnknown;
      return frame.Overlapped(task) ? 1 : 0;
    default:
      return task.delivered ? 1 : 0;
  }
}

constexpr int kStatusField = 26;

// Fields whose integers are millionths of a plain number: commission_shown and
// rating.
constexpr bool IsScaled(int field) { return field == 17 || field == 18; }

int64_t PlusMonths(int64_t instant, int64_t months, LocalClock& clock,
                   absl::TimeZone zone) {
  const int64_t local = clock.ToLocal(instant);
  const int64_t day = LocalClock::FloorDay(local);
  const absl::CivilDay civil = absl::CivilDay(1970, 1, 1) + day;
  const absl::CivilMonth month = absl::CivilMonth(civil) + months;
  // The 31st of a shorter month is its last day.
  absl::CivilDay target(month.year(), month.month(), civil.day());
  if (absl::CivilMonth(target) != month) {
    target = absl::CivilDay(month + 1) - 1;
  }
  const int64_t start = absl::ToUnixMillis(absl::FromCivil(target, zone));
  return start + (local - day * kDay);
}

}  // namespace

template <typename Math>
class Evaluation {
 public:
  using N = typename Math::Number;
  using V = Value<N>;

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
        return NumberOf(node.args[0], s);
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
        return Over(index, node, s);
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
        return TruthOf(node.args[0], s);
      case Op::kField:
      case Op::kRoster: {
        const int64_t value = RawField(node, s);
        if (!IsKnown(value)) return {Truth::kUnknown, node.columns};
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
    uint64_t bits = 0;
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
    const DatedRatio* value = owner_.lookup_.Find(
        node.ref, node.words[0], s.task != nullptr ? s.task->city : s.city,
        s.day, &failure_);
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
    if (s.task == nullptr) {
      return FromExtent(
          s.one_city ? frame_.TimeInCity(node.mask, s.city, s.from, s.to)
                     : frame_.Time(node.mask, node.ref == 1, s.from, s.to),
          node);
    }
    const Task& task = *s.task;
    int64_t from = task.accepted_at;
    int64_t to =
        IsKnown(task.completed_at) ? task.completed_at : task.cancelled_at;
    if (node.mask == kLoaded) {
      if (IsKnown(task.trip_time)) return Whole(task.trip_time);
      from = task.picked_up_at;
    } else if (node.mask == kToPickup) {
      to = task.picked_up_at;
    }
    if (IsKnown(from) && IsKnown(to) && from <= to) return Whole(to - from);
    return AtLeastZero(node.columns);
  }

  static V AtLeastZero(uint64_t missing) {
    V value = Bounds<Math>::Anything(missing);
    value.lo_open = false;
    return value;
  }

  V Distance(const Node& node, const Task& task) {
    int64_t distance = kUnknown;
    switch (static_cast<Leg>(node.ref)) {
      case Leg::kLoaded:
        distance = task.dropoff_distance;
        break;
      case Leg::kRoute:
        distance = task.route_distance;
        break;
      case Leg::kToPickup:
        distance = task.pickup_distance;
        break;
      case Leg::kEngaged:
        distance =
            IsKnown(task.pickup_distance) && IsKnown(task.dropoff_distance)
                ? task.pickup_distance + task.dropoff_distance
                : task.route_distance;
        break;
    }
    return IsKnown(distance) ? Whole(distance) : AtLeastZero(node.columns);
  }

  int64_t RawField(const Node& node, const Subject& s) const {
    if (node.op == Op::kRoster) {
      return s.roster == nullptr ? kUnknown : s.roster->Number(node.ref);
    }
    if (node.domain == Domain::kTask) return FieldOf(*s.task, node.ref, frame_);
    return s.row->Number(node.ref);
  }

  V Field(const Node& node, const Subject& s) {
    int64_t value = RawField(node, s);
    if (!IsKnown(value)) return Bounds<Math>::Anything(node.columns);
    int64_t denominator = 1;
    if (node.op == Op::kField && node.domain == Domain::kTask) {
      if (IsScaled(node.ref)) denominator = 1'000'000;
    } else {
      const std::string_view table =
          node.op == Op::kRoster ? std::string_view("workers")
                                 : std::string_view(owner_.rule_.row_table);
      const replay::ColumnSchema& column =
          replay::FindTable(table)->columns[node.ref];
      if (column.unit == v1::DECIMAL) denominator = 1'000'000;
      if (column.unit == v1::DATE) value = frame_.DayStart(value);
    }
    return Whole(value, denominator);
  }

  V Rank(const Node& node, const Task& task) {
    const size_t n = task.estimates.size();
    if (n < 2 || !IsKnown(task.limit_at) || !IsKnown(task.accepted_at)) {
      return Bounds<Math>::Anything(node.columns);
    }
    const int64_t given = task.limit_at - task.accepted_at;
    int64_t less = 0, equal = 0;
    for (int64_t estimate : task.estimates) {
      less += estimate < given;
      equal += estimate == given;
    }
    // Twice the rank from 0: ties take the mean, a limit between two estimates
    // the middle, and none leaves [0, n - 1].
    const int64_t last = 2 * (static_cast<int64_t>(n) - 1);
    const int64_t twice =
        std::clamp<int64_t>(2 * less + (equal > 0 ? equal - 1 : -1), 0, last);
    return Whole(twice, last);
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

  static bool Among(const Node& node, std::string_view text) {
    return std::find(node.words.begin(), node.words.end(), text) !=
           node.words.end();
  }

  Answer InWords(int index, const Node& node, const Subject& s) {
    const Node& field = program_.nodes[node.args[0]];
    if (field.op == Op::kField && field.domain == Domain::kTask) {
      const int64_t value = FieldOf(*s.task, field.ref, frame_);
      if (!IsKnown(value)) return {Truth::kUnknown, field.columns};
      std::vector<uint8_t>& cache = owner_.word_cache_[gate_ ? 1 : 0][index];
      if (static_cast<size_t>(value) >= cache.size()) {
        cache.resize(value + 1, 0);
      }
      if (cache[value] == 0) {
        std::string word;
        if (field.ref == kStatusField) {
          const replay::TableSchema* tasks = replay::FindTable("tasks");
          word = replay::EnumWord(tasks->columns[tasks->Find("status")],
                                  static_cast<int>(value));
        } else {
          word = std::string(
              owner_.store_->Text(static_cast<replay::Symbol>(value)));
        }
        cache[value] = Among(node, word) ? 2 : 1;
      }
      return {cache[value] == 2 ? Truth::kTrue : Truth::kFalse, 0};
    }
    std::string_view text;
    if (field.op == Op::kRoster) {
      if (s.roster != nullptr) text = s.roster->Text(field.ref);
    } else if (s.row != nullptr) {
      text = s.row->Text(field.ref);
    }
    if (text.data() == nullptr) return {Truth::kUnknown, field.columns};
    return {Among(node, text) ? Truth::kTrue : Truth::kFalse, 0};
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
                 ? IsKnown(FieldOf(*s.task, node.ref, frame_))
                 : s.row->Text(node.ref).data() != nullptr;
    }
    return NumberOf(index, s).point;
  }

  // Adds what one element of a sum, count or maximum gives.
  void Collect(const Node& node, const Subject& s, V* total, bool* first) {
    if (node.op == Op::kCount) {
      const Answer answer = TruthOf(node.args[0], s);
      if (answer.truth == Truth::kFalse) return;
      V one = Whole(1);
      if (answer.truth == Truth::kUnknown) {
        one.point = false;
        one.hi = one.lo;
        one.lo = N{};
        one.missing = answer.missing;
      }
      *total = bounds_.Add(*total, one);
      return;
    }
    const V value = NumberOf(node.args[0], s);
    if (node.op == Op::kSum) {
      *total = bounds_.Add(*total, value);
    } else {
      *total = *first ? value : bounds_.Choose(*total, value, false);
    }
    *first = false;
  }

  V Over(int index, const Node& node, const Subject& s) {
    V total = Whole(0);
    bool first = true;
    Subject inner = s;
    switch (node.domain) {
      case Domain::kWindow:
        return Total(index);
      case Domain::kTask: {
        const auto tasks = frame_.timeline().tasks;
        const Period whole = frame_.Periods(s.plan)[s.period];
        const bool all = whole.from == s.from && whole.to == s.to;
        for (uint32_t i : frame_.TasksIn(s.plan, s.period)) {
          const Task& task = tasks[i];
          if (!all) {
            const int64_t at = CountedAt(task, owner_.rule_.by_start);
            if (at < s.from || at >= s.to) continue;
          }
          if (s.one_city && task.city != s.city) continue;
          inner.task = &task;
          if (owner_.rule_.key == LookupKey::kEach) {
            const int64_t at = CountedAt(task, true);
            inner.day = IsKnown(at) ? frame_.clock().Day(at) : kNoDay;
          }
          Collect(node, inner, &total, &first);
        }
        break;
      }
      case Domain::kDay: {
        const int64_t last = frame_.clock().Day(s.to - 1);
        for (int64_t day = frame_.clock().Day(s.from); day <= last; ++day) {
          inner.from = std::max(s.from, frame_.DayStart(day));
          inner.to = std::min(s.to, frame_.DayStart(day + 1));
          if (owner_.rule_.key == LookupKey::kEach) inner.day = day;
          Collect(node, inner, &total, &first);
        }
        break;
      }
      case Domain::kCity:
        inner.one_city = true;
        Pieces(node, &inner, s.to, &total, &first);
        break;
      default:
        break;
    }
    if (node.op == Op::kLargest && first) return Bounds<Math>::Anything(0);
    return total;
  }

  // A period cut where a value changes, if the rule says so; each piece in each
  // city.
  void Pieces(const Node& node, Subject* inner, int64_t end, V* total,
              bool* first) {
    LocalClock& clock = frame_.clock();
    const std::vector<int64_t>& changes = owner_.change_days_;
    while (inner->from < end) {
      inner->to = end;
      inner->day = clock.Day(inner->from);
      if (owner_.rule_.key == LookupKey::kEach) {
        const auto next =
            std::upper_bound(changes.begin(), changes.end(), inner->day);
        if (next != changes.end() && *next <= clock.Day(end - 1)) {
          inner->to = std::min(end, frame_.DayStart(*next));
        }
      }
      for (replay::Symbol city : frame_.Cities()) {
        inner->city = city;
        // A city without time in this piece owes nothing, whatever its rate.
        const Extent any = frame_.TimeInCity(kEngaged | kRequired, city,
                                             inner->from, inner->to);
        if (any.hi == 0 && !any.hi_open) continue;
        Collect(node, *inner, total, first);
      }
      inner->from = inner->to;
    }
  }

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

namespace {

template <typename N>
Shown ToShown(const Value<N>& value) {
  Shown shown;
  shown.lo_open = value.lo_open;
  shown.hi_open = value.hi_open;
  if (!value.lo_open) shown.lo = ToRatio(value.lo);
  if (!value.hi_open) shown.hi = value.point ? shown.lo : ToRatio(value.hi);
  return shown;
}

std::string ExactText(const Ratio& ratio) { return RatioTextExact(ratio); }
std::string ExactText(const BigMath::Number& number) {
  return numerator(number).str() + "/" + denominator(number).str();
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
      if ((node.op == Op::kSum || node.op == Op::kCount ||
           node.op == Op::kLargest) &&
          node.domain == Domain::kWindow) {
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
  word_cache_[0].resize(rule.program.nodes.size());
  word_cache_[1].resize(rule.gate_program.nodes.size());
  hits_.resize(rule.program.nodes.size());
}

RuleEvaluator::~RuleEvaluator() = default;

bool RuleEvaluator::Roughly(int index, const Subject& s, Rough* out) {
  constexpr double kUnit = 0x1p-52;  // Twice the rounding of one operation.
  const Node& node = rule_.program.nodes[index];
  auto whole = [out](int64_t number) {
    if (!IsKnown(number)) return false;
    out->value = static_cast<double>(number);
    out->error = number > -(int64_t{1} << 53) && number < (int64_t{1} << 53)
                     ? 0
                     : std::abs(out->value) * kUnit;
    return true;
  };
  switch (node.op) {
    case Op::kConstant:
      out->value = static_cast<double>(node.constant.n) /
                   static_cast<double>(node.constant.d);
      out->error = std::abs(out->value) * 4 * kUnit;
      return true;
    case Op::kLet:
      return Roughly(node.args[0], s, out);
    case Op::kParameter: {
      Hit& hit = hits_[index];
      if (hit.value == nullptr || hit.city != s.task->city ||
          hit.day != s.day) {
        ParameterFailure failure;
        hit.value = lookup_.Find(node.ref, node.words[0], s.task->city, s.day,
                                 &failure);
        if (hit.value == nullptr) return false;
        hit.city = s.task->city;
        hit.day = s.day;
        hit.rough = static_cast<double>(hit.value->value.n) /
                    static_cast<double>(hit.value->value.d);
      }
      out->value = hit.rough;
      out->error = std::abs(out->value) * 4 * kUnit;
      return true;
    }
    case Op::kField: {
      if (node.domain != Domain::kTask || node.type.kind == Kind::kText ||
          IsScaled(node.ref)) {
        return false;
      }
      return whole(FieldOf(*s.task, node.ref, frame_));
    }
    case Op::kTime: {
      const Task& task = *s.task;
      if (node.mask == kLoaded && IsKnown(task.trip_time)) {
        return whole(task.trip_time);
      }
      const int64_t end =
          IsKnown(task.completed_at) ? task.completed_at : task.cancelled_at;
      const int64_t from =
          node.mask == kLoaded ? task.picked_up_at : task.accepted_at;
      const int64_t to = node.mask == kToPickup ? task.picked_up_at : end;
      if (!IsKnown(from) || !IsKnown(to) || from > to) return false;
      return whole(to - from);
    }
    case Op::kDistance: {
      const Task& task = *s.task;
      if (node.ref == static_cast<int>(Leg::kLoaded)) {
        return whole(task.dropoff_distance);
      }
      if (node.ref == static_cast<int>(Leg::kRoute)) {
        return whole(task.route_distance);
      }
      if (node.ref == static_cast<int>(Leg::kToPickup)) {
        return whole(task.pickup_distance);
      }
      return IsKnown(task.pickup_distance) && IsKnown(task.dropoff_distance)
                 ? whole(task.pickup_distance + task.dropoff_distance)
                 : whole(task.route_distance);
    }
    case Op::kPay: {
      const Extent pay = frame_.TaskPay(node.mask, *s.task);
      if (pay.hi_open) return false;
      out->value = static_cast<double>(pay.lo);
      out->error = std::abs(out->value) * kUnit;
      return true;
    }
    case Op::kAdd:
    case Op::kSubtract: {
      Rough a, b;
      if (!Roughly(node.args[0], s, &a) || !Roughly(node.args[1], s, &b)) {
        return false;
      }
      out->value = node.op == Op::kAdd ? a.value + b.value : a.value - b.value;
      out->error = a.error + b.error + std::abs(out->value) * kUnit;
      return true;
    }
    case Op::kMultiply: {
      Rough a, b;
      if (!Roughly(node.args[0], s, &a) || !Roughly(node.args[1], s, &b)) {
        return false;
      }
      out->value = a.value * b.value;
      out->error = std::abs(a.value) * b.error + std::abs(b.value) * a.error +
                   a.error * b.error + std::abs(out->value) * kUnit;
      return true;
    }
    case Op::kDivide: {
      Rough a, b;
      if (!Roughly(node.args[0], s, &a) || !Roughly(node.args[1], s, &b)) {
        return false;
      }
      const double least = std::abs(b.value) - 2 * b.error;
      if (!(least > 0)) return false;
      out->value = a.value / b.value;
      out->error = (a.error + std::abs(out->value) * b.error) / least +
                   std::abs(out->value) * kUnit;
      return true;
    }
    case Op::kMinimum:
    case Op::kMaximum: {
      if (!Roughly(node.args[0], s, out)) return false;
      for (size_t i = 1; i < node.args.size(); ++i) {
        Rough next;
        if (!Roughly(node.args[i], s, &next)) return false;
        out->value = node.op == Op::kMinimum ? std::min(out->value, next.value)
                                             : std::max(out->value, next.value);
        out->error = std::max(out->error, next.error);
      }
      return true;
    }
    case Op::kIf: {
      const Node& condition = rule_.program.nodes[node.args[0]];
      int64_t answer = kUnknown;
      if (condition.op == Op::kField && condition.domain == Domain::kTask) {
        answer = FieldOf(*s.task, condition.ref, frame_);
      } else if (condition.op == Op::kKnown) {
        const Node& inner = rule_.program.nodes[condition.args[0]];
        if (inner.op == Op::kField && inner.domain == Domain::kTask) {
          answer = IsKnown(FieldOf(*s.task, inner.ref, frame_)) ? 1 : 0;
        }
      }
      if (!IsKnown(answer)) return false;
      return Roughly(node.args[answer != 0 ? 1 : 2], s, out);
    }
    default:
      return false;
  }
}

bool RuleEvaluator::SurelyMet(const Subject& subject) {
  if (rule_.rhs < 0 || subject.task == nullptr) return false;
  Rough lhs, rhs;
  if (!Roughly(rule_.lhs, subject, &lhs) ||
      !Roughly(rule_.rhs, subject, &rhs)) {
    return false;
  }
  const double gap =
      rule_.at_least ? lhs.value - rhs.value : rhs.value - lhs.value;
  // Doubled: what the bounds themselves lose to rounding is far below that.
  return gap > 2 * (lhs.error + rhs.error) + std::abs(gap) * 0x1p-50;
}

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

std::vector<std::pair<std::string, std::string>> RuleEvaluator::Trace(
    const Subject& subject) {
  std::vector<std::pair<std::string, std::string>> steps;
  const std::string& currency = lookup_.pack().pack.currency();
  for (const auto& [name, root] : rule_.lets) {
    const Type& type = rule_.program.nodes[root].type;
    if (type.kind != Kind::kNumber) continue;
    Evaluation<BigMath> e(*this, rule_.program, false);
    const Shown shown = ToShown(e.NumberOf(root, subject));
    std::string text;
    if (shown.lo_open || shown.hi_open) {
      text = shown.lo_open ? "unknown"
                           : "at least " + FigureText(shown.lo, type, currency);
    } else {
      text = FigureText(shown.lo, type, currency);
      const std::string high = FigureText(shown.hi, type, currency);
      if (high != text) text += " to " + high;
    }
    steps.emplace_back(name, std::move(text));
  }
  return steps;
}

std::vector<UsedValue> RuleEvaluator::TakeUsed() {
  return std::exchange(used_, {});
}

int RuleEvaluator::WorkerSums(bool gate) const {
  return static_cast<int>((gate ? gate_sums_ : sums_).size());
}

ExactBound RuleEvaluator::WorkerSum(bool gate, int index,
                                    const Subject& subject) {
  const Program& program = gate ? rule_.gate_program : rule_.program;
  const Node& node = program.nodes[(gate ? gate_sums_ : sums_)[index]];
  auto ask = [&](auto math) -> std::pair<ExactBound, bool> {
    Evaluation<decltype(math)> e(*this, program, gate);
    ExactBound bound;
    if (node.op == Op::kCount) {
      const Answer answer = e.TruthOf(node.args[0], subject);
      bound.missing = answer.missing;
      bound.low = answer.truth == Truth::kTrue ? "1/1" : "0/1";
      bound.high = answer.truth == Truth::kFalse ? "0/1" : "1/1";
      return {bound, e.overflow()};
    }
    const auto value = e.NumberOf(node.args[0], subject);
    bound.missing = value.missing;
    if (!value.lo_open) bound.low = ExactText(value.lo);
    if (!value.hi_open) {
      bound.high = value.point ? bound.low : ExactText(value.hi);
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

std::string PlainText(const Ratio& value, const Type& type,
                      const std::string& currency) {
  FastMath math;
  if (type.kind == Kind::kNumber) {
    if (type.dimension == kMoney) {
      return RoundedText(math.Divide(value, {replay::kMajorUnit, 1}),
                         MinorDigits(currency));
    }
    if (type.dimension == kTime) {
      return RoundedText(math.Divide(value, {replay::kSecond, 1}), 0);
    }
    if (type.dimension == kDistance) {
      return RoundedText(math.Divide(value, {replay::kMetre, 1}), 3);
    }
  }
  if (type.kind == Kind::kInstant) {
    return RoundedText(math.Divide(value, {replay::kSecond, 1}), 0);
  }
  const Ratio lowest = Reduced(value);
  return RoundedText(lowest, lowest.d == 1 ? 0 : 9);
}

std::string FigureText(const Ratio& value, const Type& type,
                       const std::string& currency) {
  FastMath math;
  if (type.kind == Kind::kNumber) {
    if (type.dimension == kMoney) {
      return Cat(PlainText(value, type, currency), " ", currency);
    }
    if (type.dimension == kTime) {
      return Cat(RoundedText(math.Divide(value, {replay::kHour, 1}), 4), " h");
    }
    if (type.dimension == kDistance) {
      return Cat(RoundedText(math.Divide(value, {1000 * replay::kMetre, 1}), 3),
                 " km");
    }
  }
  return PlainText(value, type, currency);
}

}  // namespace plumbline::audit
