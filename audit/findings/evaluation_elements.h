#ifndef PLUMBLINE_AUDIT_FINDINGS_EVALUATION_ELEMENTS_H_
#define PLUMBLINE_AUDIT_FINDINGS_EVALUATION_ELEMENTS_H_

// The parts of Evaluation that go over elements: sums and their kin, events,
// calendars. Included by evaluation.h only.

#include <algorithm>
#include <limits>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "audit/findings/calendar_clock.h"
#include "audit/findings/elements.h"
#include "audit/findings/evaluation.h"

namespace plumbline::audit {

// What a sum, count, ... came to so far.
template <typename Math>
struct Evaluation<Math>::Gathered {
  V total = Whole(0);
  // Of the largest, smallest and quantile: elements that are certainly among
  // them, and those that may be.
  std::vector<V> certain, possible;
  uint64_t missing = 0;  // Why it is not known what is among them.
};

template <typename Math>
void Evaluation<Math>::Collect(const Node& node, const Subject& s, Truth there,
                               uint64_t missing, Gathered* all) {
  if (node.args[1] >= 0) {
    const Answer where = TruthOf(node.args[1], s);
    if (where.truth == Truth::kFalse) return;
    if (where.truth == Truth::kUnknown) there = Truth::kUnknown;
    missing |= where.missing;
  }
  if (node.op == Op::kCount) {
    const Answer answer = TruthOf(node.args[0], s);
    if (answer.truth == Truth::kFalse) return;
    V one = Whole(1);
    if (answer.truth == Truth::kUnknown || there == Truth::kUnknown) {
      one.point = false;
      one.hi = one.lo;
      one.lo = N{};
      one.missing = answer.missing | missing;
    }
    all->total = bounds_.Add(all->total, one);
    return;
  }
  V value = NumberOf(node.args[0], s);
  if (node.op == Op::kSum) {
    if (there == Truth::kUnknown)
      value = bounds_.Hull(Whole(0), value, missing);
    all->total = bounds_.Add(all->total, value);
  } else if (there == Truth::kUnknown) {
    all->missing |= missing;
    all->possible.push_back(std::move(value));
  } else {
    all->certain.push_back(std::move(value));
  }
}

template <typename Math>
typename Evaluation<Math>::V Evaluation<Math>::Over(int index, const Node& node,
                                                    const Subject& s) {
  Gathered all;
  Subject inner = s;
  inner.base = s.base != nullptr ? s.base : &s;
  switch (node.element) {
    case Element::kWorker:
      return Total(index);
    case Element::kTask:
      if (!NoTaskDuring(index, s)) Tasks(node, &inner, s, &all);
      break;
    case Element::kOpenTask:
      if (!replay::IsKnown(s.task->accepted_at) || !frame_.timeline().known) {
        return Bounds<Math>::Anything(node.columns);
      }
      OpenTasks(node, &inner, s, &all);
      break;
    case Element::kEstimate:
      if (s.task->estimates.empty()) {
        return Bounds<Math>::Anything(node.columns);
      }
      for (int64_t estimate : s.task->estimates) {
        inner.estimate = estimate;
        Collect(node, inner, Truth::kTrue, 0, &all);
      }
      break;
    case Element::kRow:
      Rows(node, &inner, s, &all);
      break;
    case Element::kRun:
      Runs(node, &inner, s, &all);
      break;
    case Element::kDay: {
      const int64_t last = frame_.clock().Day(s.to - 1);
      for (int64_t day = frame_.clock().Day(s.from); day <= last; ++day) {
        inner.from = std::max(s.from, frame_.DayStart(day));
        inner.to = std::min(s.to, frame_.DayStart(day + 1));
        if (owner_.rule_.key == LookupKey::kEach) inner.day = day;
        Collect(node, inner, Truth::kTrue, 0, &all);
      }
      break;
    }
    case Element::kCity:
      inner.one_city = true;
      Pieces(node, &inner, s.to, &all);
      break;
    case Element::kNone:
      break;
  }
  if (node.op == Op::kSum || node.op == Op::kCount) return all.total;
  if (all.certain.empty()) return Bounds<Math>::Anything(all.missing);
  if (node.op == Op::kQuantile) return Quantile(node, &all);
  const bool smaller = node.op == Op::kSmallest;
  V best = all.certain[0];
  for (size_t i = 1; i < all.certain.size(); ++i) {
    best = bounds_.Choose(best, all.certain[i], smaller);
  }
  for (const V& value : all.possible) {
    best =
        bounds_.Hull(best, bounds_.Choose(best, value, smaller), all.missing);
  }
  return best;
}

// Whether the condition of a sum over tasks fails for all of them, because none
// of the window was accepted while the calendar holds.
template <typename Math>
bool Evaluation<Math>::NoTaskDuring(int index, const Subject& s) {
  const int during = owner_.during_[gate_ ? 1 : 0][index];
  if (during < 0) return false;
  int64_t first = 0, last = 0;
  if (!frame_.AcceptedIn(s.plan, s.period, &first, &last)) return false;
  return owner_.calendars_->AllOut(
      owner_.lookup_.pack().calendars[program_.nodes[during].calendar],
      frame_.clock(), first, last + 1);
}

template <typename Math>
void Evaluation<Math>::Tasks(const Node& node, Subject* inner, const Subject& s,
                             Gathered* all) {
  const auto tasks = frame_.timeline().tasks;
  const Period whole = frame_.Periods(s.plan)[s.period];
  const bool entire = whole.from == s.from && whole.to == s.to;
  const std::span<const uint32_t> own = frame_.TasksIn(s.plan, s.period);
  const std::span<const uint32_t> cut = frame_.Straddlers(s.plan, s.period);
  auto one = [&](uint32_t i) {
    Truth there = Truth::kTrue;
    if (!entire || !cut.empty()) {
      const auto within =
          frame_.IsWithin(i, owner_.rule_.plan.straddle, s.from, s.to);
      if (within == WorkerFrame::Within::kNo) return;
      if (within == WorkerFrame::Within::kPerhaps) there = Truth::kUnknown;
    }
    const Task& task = tasks[i];
    if (s.one_city && task.city != s.city) return;
    inner->task = &task;
    if (owner_.rule_.key == LookupKey::kEach) {
      const int64_t at = CountedAt(task, true);
      inner->day = replay::IsKnown(at) ? frame_.clock().Day(at) : kNoDay;
    }
    Collect(node, *inner, there, there == Truth::kTrue ? 0 : kStraddleBit, all);
  };
  for (uint32_t i : own) one(i);
  for (uint32_t i : cut) {
    if (!std::binary_search(own.begin(), own.end(), i)) one(i);
  }
}

template <typename Math>
void Evaluation<Math>::OpenTasks(const Node& node, Subject* inner,
                                 const Subject& s, Gathered* all) {
  const Elements::Open& open = owner_.elements_->OpenTasks(*s.task);
  const auto tasks = frame_.timeline().tasks;
  for (uint32_t i : open.certain) {
    inner->task = &tasks[i];
    Collect(node, *inner, Truth::kTrue, 0, all);
  }
  for (uint32_t i : open.possible) {
    inner->task = &tasks[i];
    Collect(node, *inner, Truth::kUnknown, node.columns, all);
  }
}

template <typename Math>
void Evaluation<Math>::Rows(const Node& node, Subject* inner, const Subject& s,
                            Gathered* all) {
  WorkerRows& rows = owner_.elements_->Rows(*node.table);
  for (size_t i = 0; i < rows.size(); ++i) {
    const RowView& row = rows.At(i);
    const int64_t at = rows.MomentOf(row);
    if (replay::IsKnown(at) && (at < s.from || at >= s.to)) continue;
    inner->row = &row;
    if (owner_.rule_.key == LookupKey::kEach) {
      inner->day = replay::IsKnown(at) ? frame_.clock().Day(at) : kNoDay;
    }
    Collect(node, *inner, replay::IsKnown(at) ? Truth::kTrue : Truth::kUnknown,
            0, all);
  }
}

template <typename Math>
void Evaluation<Math>::Runs(const Node& node, Subject* inner, const Subject& s,
                            Gathered* all) {
  const V pause = NumberOf(node.args[2], s);
  if (!pause.point) {
    all->total = Bounds<Math>::Anything(pause.missing);
    return;
  }
  const Ratio length = ToRatio(pause.lo);
  // A copy: formulas inside may ask for runs of their own.
  const auto found =
      frame_.Stretches(node.mask, static_cast<int64_t>(length.n / length.d));
  const std::vector<Stretch> stretches(found.begin(), found.end());
  for (const Stretch& stretch : stretches) {
    if (stretch.end <= s.from || stretch.end > s.to) continue;
    inner->run = &stretch;
    Collect(node, *inner, Truth::kTrue, 0, all);
  }
}

// A period cut where a value changes, if the rule says so; each piece in each
// city.
template <typename Math>
void Evaluation<Math>::Pieces(const Node& node, Subject* inner, int64_t end,
                              Gathered* all) {
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
      const Extent any =
          frame_.TimeInCity(kEngaged | kRequired, city, inner->from, inner->to);
      if (any.hi == 0 && !any.hi_open) continue;
      Collect(node, *inner, Truth::kTrue, 0, all);
    }
    inner->from = inner->to;
  }
}

// Type 7: at (n - 1) p of the sorted values, between two of them in
// proportion. Bounds are the quantiles of the lower and of the upper ends.
template <typename Math>
typename Evaluation<Math>::V Evaluation<Math>::Quantile(const Node& node,
                                                        Gathered* all) {
  if (!all->possible.empty()) return Bounds<Math>::Anything(all->missing);
  const std::vector<V>& values = all->certain;
  const __int128 last = static_cast<__int128>(values.size()) - 1;
  const size_t below =
      static_cast<size_t>(last * node.constant.n / node.constant.d);
  const Ratio part = {last * node.constant.n % node.constant.d,
                      node.constant.d};
  bool point = true;
  uint64_t missing = 0;
  for (const V& value : values) {
    point &= value.point;
    missing |= value.missing;
  }
  // The quantile of one kind of end; false where it is open.
  auto at = [&](bool upper, N* result) {
    std::vector<const V*> order;
    for (const V& value : values) order.push_back(&value);
    auto open = [upper](const V& value) {
      return upper ? value.hi_open : value.lo_open;
    };
    auto end = [upper](const V& value) -> const N& {
      return upper ? Bounds<Math>::Hi(value) : value.lo;
    };
    // Open ends are infinite: lower ones come first, upper ones last.
    std::sort(order.begin(), order.end(), [&](const V* a, const V* b) {
      if (open(*a) || open(*b)) {
        return upper ? !open(*a) && open(*b) : open(*a) && !open(*b);
      }
      return math_.Compare(end(*a), end(*b)) < 0;
    });
    if (open(*order[below])) return false;
    *result = end(*order[below]);
    if (part.n == 0) return true;
    if (open(*order[below + 1])) return false;
    *result = math_.Add(
        *result, math_.Multiply(math_.Subtract(end(*order[below + 1]), *result),
                                Math::From(part)));
    return true;
  };
  V quantile;
  quantile.missing = missing;
  quantile.point = point;
  quantile.lo_open = !at(false, &quantile.lo);
  quantile.hi_open = point ? quantile.lo_open : !at(true, &quantile.hi);
  return quantile;
}

template <typename Math>
typename Evaluation<Math>::V Evaluation<Math>::OfRun(const Node& node,
                                                     const Stretch& run) {
  V value;
  switch (static_cast<RunField>(node.ref)) {
    case RunField::kStartedAt:
      value = Whole(run.run_begin);
      value.lo_open = run.unknown != 0;
      value.hi = value.lo;
      break;
    case RunField::kStretchStartedAt:
      value = Whole(run.begin);
      value.lo_open = run.unknown != 0;
      value.hi = value.lo;
      break;
    case RunField::kEndedAt:
      value = Whole(run.end);
      value.hi_open = run.unknown != 0;
      break;
    case RunField::kLength:
      value = Whole(run.end - run.run_begin);
      value.hi_open = run.unknown != 0;
      break;
  }
  if (run.unknown != 0) {
    value.point = false;
    value.missing = Bits(run.unknown);
  }
  return value;
}

// When events count: certainly from `from_hi` to before `to_lo`, perhaps from
// `from_lo` to before `to_hi`.
template <typename Math>
struct Evaluation<Math>::Range {
  int64_t from_lo, from_hi, to_lo, to_hi;
  uint64_t missing = 0;
};

namespace evaluation_internal {

inline constexpr int64_t kBegin = std::numeric_limits<int64_t>::min() / 4;
inline constexpr int64_t kEnd = std::numeric_limits<int64_t>::max() / 4;

// The first whole millisecond at or after.
inline int64_t Ceiling(const Ratio& instant) {
  const __int128 down = instant.n / instant.d;
  const bool rest = instant.n % instant.d != 0 && instant.n > 0;
  const __int128 up = down + (rest ? 1 : 0);
  if (up < kBegin) return kBegin;
  if (up > kEnd) return kEnd;
  return static_cast<int64_t>(up);
}

}  // namespace evaluation_internal

template <typename Math>
typename Evaluation<Math>::Range Evaluation<Math>::RangeOf(const Node& node,
                                                           const Subject& s) {
  using evaluation_internal::Ceiling;
  using evaluation_internal::kBegin;
  using evaluation_internal::kEnd;
  const V from = NumberOf(node.args[0], s);
  Range range;
  range.missing = from.missing;
  range.from_lo = from.lo_open ? kBegin : Ceiling(ToRatio(from.lo));
  range.from_hi =
      from.hi_open ? kEnd : Ceiling(ToRatio(Bounds<Math>::Hi(from)));
  if (node.op == Op::kLatency) {
    range.to_lo = range.to_hi = std::max(frame_.Horizon(), range.from_lo);
    return range;
  }
  const V to = NumberOf(node.args[1], s);
  range.missing |= to.missing;
  range.to_lo = to.lo_open ? kBegin : Ceiling(ToRatio(to.lo));
  range.to_hi = to.hi_open ? kEnd : Ceiling(ToRatio(Bounds<Math>::Hi(to)));
  return range;
}

// Calls visit(instant, whether it counts, why not known) for what may count; of
// an instant that nobody knows with the first or last that it may be.
template <typename Math>
template <typename Visit>
void Evaluation<Math>::Events(const Node& node, size_t first, const Subject& s,
                              const Range& range, const Visit& visit) {
  Subject inner = s;
  inner.base = s.base != nullptr ? s.base : &s;
  for (size_t i = first; i < node.args.size(); ++i) {
    const Node& event = program_.nodes[node.args[i]];
    const EventList& list = owner_.elements_->Events(event);
    auto one = [&](uint32_t number, int64_t at, Truth there, uint64_t missing) {
      if (event.args[0] >= 0) {
        if (event.table == nullptr) {
          inner.task = &frame_.timeline().tasks[number];
        } else {
          inner.row = &owner_.elements_->Rows(*event.table).At(number);
        }
        const Answer where = TruthOf(event.args[0], inner);
        if (where.truth == Truth::kFalse) return;
        if (where.truth == Truth::kUnknown) {
          there = Truth::kUnknown;
          missing |= where.missing;
        }
      }
      visit(at, there, missing);
    };
    for (const auto& [at, number] : list.Within(range.from_lo, range.to_hi)) {
      const bool certain = at >= range.from_hi && at < range.to_lo;
      one(number, at, certain ? Truth::kTrue : Truth::kUnknown,
          certain ? 0 : range.missing);
    }
    for (const EventList::Undated& undated : list.undated) {
      if (undated.latest < range.from_lo || undated.earliest >= range.to_hi) {
        continue;
      }
      one(undated.number,
          node.op == Op::kLast ? std::min(undated.latest, range.to_hi)
                               : std::max(undated.earliest, range.from_lo),
          Truth::kUnknown, event.columns);
    }
  }
}

template <typename Math>
Answer Evaluation<Math>::Exists(const Node& node, const Subject& s) {
  if (!frame_.timeline().known) return {Truth::kUnknown, node.columns};
  Answer answer{Truth::kFalse, 0};
  Events(node, 2, s, RangeOf(node, s),
         [&](int64_t, Truth there, uint64_t missing) {
           if (there == Truth::kTrue) answer = {Truth::kTrue, 0};
           if (answer.truth == Truth::kTrue) return;
           answer.truth = Truth::kUnknown;
           answer.missing |= missing;
         });
  return answer;
}

template <typename Math>
typename Evaluation<Math>::V Evaluation<Math>::FirstOrLast(const Node& node,
                                                           const Subject& s) {
  using evaluation_internal::kBegin;
  using evaluation_internal::kEnd;
  if (!frame_.timeline().known) return Bounds<Math>::Anything(node.columns);
  const Range range = RangeOf(node, s);
  const bool last = node.op == Op::kLast;
  const int64_t none = last ? kBegin : kEnd;
  auto better = [last](int64_t a, int64_t b) { return last ? a > b : a < b; };
  int64_t certain = none, possible = none;
  uint64_t missing = 0;
  Events(node, node.op == Op::kLatency ? 1 : 2, s, range,
         [&](int64_t at, Truth there, uint64_t why) {
           if (there == Truth::kTrue) {
             if (better(at, certain)) certain = at;
           } else {
             missing |= why;
             if (better(at, possible)) possible = at;
           }
         });
  // The end up to which it is known; without an event, that of the range.
  const int64_t edge = last ? range.from_hi : range.to_lo;
  const bool any = certain != none;
  int64_t best = any ? certain : edge;
  if (possible != none && better(possible, best)) best = possible;
  V value = Whole(best);
  if (any && best == certain) return value;
  value.point = false;
  value.missing = missing != 0 ? missing : node.columns;
  value.hi = value.lo;
  if (last) {
    value.lo_open = !any;
    if (any) value.lo = Math::From({certain, 1});
  } else {
    value.hi_open = !any;
    if (any) value.hi = Math::From({certain, 1});
  }
  return value;
}

template <typename Math>
typename Evaluation<Math>::V Evaluation<Math>::Latency(const Node& node,
                                                       const Subject& s) {
  const V from = NumberOf(node.args[0], s);
  return bounds_.Subtract(FirstOrLast(node, s), from);
}

template <typename Math>
typename Evaluation<Math>::V Evaluation<Math>::Reached(const Node& node,
                                                       const Subject& s) {
  const V amount = NumberOf(node.args[0], s);
  if (!amount.point) return Bounds<Math>::Anything(amount.missing);
  int64_t from = s.from, to = s.to;
  if (s.task != nullptr) {
    // Of a task: of the local day on which it was accepted.
    const int64_t accepted = s.task->accepted_at;
    if (!replay::IsKnown(accepted)) return Bounds<Math>::Anything(node.columns);
    const int64_t day = frame_.clock().Day(accepted);
    from = frame_.DayStart(day);
    to = frame_.DayStart(day + 1);
  }
  const int64_t wanted = evaluation_internal::Ceiling(ToRatio(amount.lo));
  const int64_t at = frame_.ReachedAt(node.mask, wanted, from, to);
  const Extent time = frame_.Time(node.mask, false, from, to);
  if (replay::IsKnown(at) && time.unknown == 0) return Whole(at);
  V value = Whole(time.unknown != 0 ? from : to);
  value.point = false;
  value.hi_open = !replay::IsKnown(at);
  if (!value.hi_open) value.hi = Math::From({at, 1});
  value.missing = time.unknown != 0 ? Bits(time.unknown) : node.columns;
  return value;
}

template <typename Math>
Answer Evaluation<Math>::During(const Node& node, const Subject& s) {
  const V instant = NumberOf(node.args[0], s);
  if (!instant.point) return {Truth::kUnknown, instant.missing};
  const int64_t at = evaluation_internal::Ceiling(ToRatio(instant.lo));
  const CalendarClock::Holding holding = owner_.calendars_->Contains(
      owner_.lookup_.pack().calendars[node.calendar], frame_.clock(), at);
  if (holding == CalendarClock::Holding::kOut) return {Truth::kFalse, 0};
  if (holding == CalendarClock::Holding::kIn) return {Truth::kTrue, 0};
  failure_ = {Failure::kCalendar, node.calendar, 0};
  return {Truth::kUnknown, 0};
}

template <typename Math>
typename Evaluation<Math>::V Evaluation<Math>::TimeInCalendar(
    const Node& node, const Subject& s) {
  int64_t from = s.from, to = s.to;
  if (s.task != nullptr) {
    const Task& task = *s.task;
    const int64_t end = replay::IsKnown(task.completed_at) ? task.completed_at
                                                           : task.cancelled_at;
    from = node.mask == kLoaded ? task.picked_up_at : task.accepted_at;
    to = node.mask == kToPickup ? task.picked_up_at : end;
    if (!replay::IsKnown(from) || !replay::IsKnown(to) || from > to) {
      return AtLeastZero(node.columns);
    }
  }
  V total = Whole(0);
  for (const auto& [time, known] :
       owner_.calendars_->Within(owner_.lookup_.pack().calendars[node.calendar],
                                 frame_.clock(), from, to)) {
    V part = Whole(time.length());
    if (s.task == nullptr) {
      part = FromExtent(
          s.one_city
              ? frame_.TimeInCity(node.mask, s.city, time.begin, time.end)
              : frame_.Time(node.mask, node.ref == 1, time.begin, time.end),
          node);
    }
    if (!known) {
      failure_ = {Failure::kCalendar, node.calendar, 0};
      part = bounds_.Hull(Whole(0), part, 0);
    }
    total = bounds_.Add(total, part);
  }
  return total;
}

template <typename Math>
typename Evaluation<Math>::V Evaluation<Math>::Measured(const Node& node) {
  Ratio value;
  if (owner_.measures_ != nullptr &&
      FindMeasure(*owner_.measures_, node.words[0], &value)) {
    return Bounds<Math>::Point(Math::From(value));
  }
  failure_ = {Failure::kNoMeasure, -1, 0, node.words[0]};
  return Bounds<Math>::Anything(0);
}

template <typename Math>
Answer Evaluation<Math>::Found(const Node& node) {
  MeasuredVerdict own;
  if (owner_.measures_ == nullptr ||
      !FindVerdict(*owner_.measures_, node.words[0], &own)) {
    failure_ = {Failure::kNoMeasure, -1, 0, node.words[0]};
    return {Truth::kUnknown, 0};
  }
  if (own.verdict == OwnVerdict::kFinding) return {Truth::kTrue, 0};
  if (own.verdict == OwnVerdict::kNoFinding) return {Truth::kFalse, 0};
  failure_ = {Failure::kNoVerdict, -1, 0, node.words[0]};
  return {Truth::kUnknown, 0};
}

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_FINDINGS_EVALUATION_ELEMENTS_H_
