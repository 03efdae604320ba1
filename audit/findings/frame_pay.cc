// The part of WorkerFrame that adds up pay.
#include <algorithm>

#include "audit/findings/frame_clock.h"
#include "audit/findings/worker_frame.h"

namespace plumbline::audit {
namespace {

using replay::IsKnown;
using replay::kUnknown;
using replay::Task;

}  // namespace

Extent WorkerFrame::TaskPay(uint32_t mask, const Task& task) const {
  Extent extent;
  uint32_t recorded = 0;
  for (const replay::PayAmount& part : task.pay) {
    if (!IsKnown(part.amount)) continue;
    const uint32_t bit = uint32_t{1} << part.kind;
    recorded |= bit;
    if ((mask & bit) != 0) extent.lo += part.amount;
  }
  extent.hi = extent.lo;
  // A column that is there but empty for a delivered task is unknown, not zero;
  // so is its pay where the statement has no line for the task.
  const uint32_t credits = mask & ~DebitMask();
  const bool unnamed =
      shape_.pay_lines && credits != 0 && (recorded & CountedPayMask()) == 0;
  if (task.delivered &&
      (unnamed || (credits & shape_.wide_pay & ~recorded) != 0)) {
    extent.hi_open = true;
    extent.unknown |= kPayUnknown;
  }
  return extent;
}

// As TaskPay does for each task, for all kinds at once: several rules ask for
// the same tasks with masks of their own.
void WorkerFrame::SumPayments(PlanState& state) {
  if (state.paid) return;
  state.paid = true;
  state.payments.assign(state.periods.size(), {});
  const uint32_t needed = shape_.wide_pay & ~DebitMask();
  for (size_t p = 0; p < state.periods.size(); ++p) {
    TaskPayments& payments = state.payments[p];
    const std::span<const uint32_t> cut = CutIn(state, p);
    for (uint32_t at = state.starts[p]; at < state.starts[p + 1]; ++at) {
      const uint32_t number = state.order[at];
      if (!cut.empty() && std::binary_search(cut.begin(), cut.end(), number)) {
        continue;
      }
      const Task& task = timeline_->tasks[number];
      uint32_t seen = 0;
      for (const replay::PayAmount& part : task.pay) {
        if (!IsKnown(part.amount)) continue;
        seen |= uint32_t{1} << part.kind;
        payments.sum[part.kind] += part.amount;
      }
      if (task.delivered) payments.lacking |= needed & ~seen;
    }
  }
}

// What a task that runs over an end of `window` adds to the pay of it.
Extent WorkerFrame::StraddlingPay(uint32_t mask, uint32_t task,
                                  const PlanState& state,
                                  const Period& window) const {
  Extent pay = TaskPay(mask, timeline_->tasks[task]);
  if (state.plan.straddle == Straddle::kEither) {
    pay.lo = std::min<__int128>(pay.lo, 0);
    pay.hi = std::max<__int128>(pay.hi, 0);
    if (pay.lo != pay.hi || pay.hi_open) pay.unknown |= kStraddles;
    return pay;
  }
  // In proportion to its time, to a millionth down and up.
  const int64_t start = counted_[1][task], end = counted_[0][task];
  const int64_t from = std::min(start, end), to = std::max(start, end);
  const __int128 length = to - from;
  const __int128 here = Overlap(from, to, window.from, window.to);
  auto down = [&](__int128 product) {
    return product / length - (product % length < 0 ? 1 : 0);
  };
  pay.lo = down(pay.lo * here);
  pay.hi = -down(-pay.hi * here);
  if (pay.lo != pay.hi) pay.unknown |= kStraddles;
  return pay;
}

bool WorkerFrame::WithoutStatement() const {
  if (!shape_.pay_lines || !timeline_->pay.empty()) return false;
  return std::all_of(timeline_->tasks.begin(), timeline_->tasks.end(),
                     [](const Task& task) { return task.pay.empty(); });
}

Extent WorkerFrame::Pay(uint32_t mask, int plan, size_t period) {
  PlanState& state = plans_[plan];
  Prepare(state);
  SumPayments(state);
  Extent extent;
  const TaskPayments& payments = state.payments[period];
  for (int kind = 0; kind < replay::kPayKinds; ++kind) {
    if (((mask >> kind) & 1) != 0) extent.lo += payments.sum[kind];
  }
  // A statement without any line of the worker does not say that nothing was
  // paid.
  if ((mask & payments.lacking) != 0 ||
      ((mask & ~DebitMask()) != 0 && WithoutStatement())) {
    extent.hi_open = true;
    extent.unknown |= kPayUnknown;
  }
  extent.hi = extent.lo;
  const Period& window = state.periods[period];
  for (const replay::PayLine& line : loose_) {
    if (((mask >> line.kind) & 1) == 0) continue;
    int64_t from = line.earned_at, to = line.earned_at;
    if (!IsKnown(from)) {
      from = line.period_start;
      to = IsKnown(line.period_end) ? line.period_end - 1 : kUnknown;
    }
    if (IsKnown(from) && IsKnown(to)) {
      if (from >= window.from && to < window.to) {
        extent.lo += line.amount;
        extent.hi += line.amount;
        continue;
      }
      if (to < window.from || from >= window.to) continue;
    }
    // For a period that this one cuts, or for none: perhaps here.
    if (line.amount > 0) {
      extent.hi += line.amount;
    } else {
      extent.lo += line.amount;
    }
    extent.unknown |= kPayDateUnknown;
  }
  for (uint32_t i : CutIn(state, period)) {
    const Extent part = StraddlingPay(mask, i, state, window);
    extent.lo += part.lo;
    extent.hi += part.hi;
    extent.hi_open |= part.hi_open;
    extent.unknown |= part.unknown;
  }
  // Tasks without any clock may belong to any period.
  for (uint32_t i : state.undated) {
    const Task& task = timeline_->tasks[i];
    const Extent part = TaskPay(mask, task);
    if (part.hi > 0 || part.hi_open) {
      extent.hi += part.hi;
      extent.hi_open |= part.hi_open;
      extent.unknown |= kPayDateUnknown;
    }
  }
  return extent;
}

}  // namespace plumbline::audit
