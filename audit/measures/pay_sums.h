#ifndef PLUMBLINE_AUDIT_MEASURES_PAY_SUMS_H_
#define PLUMBLINE_AUDIT_MEASURES_PAY_SUMS_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "audit/measures/measure.h"
#include "audit/stats/decimal.h"
#include "replay/timeline/worker_timeline.h"

namespace plumbline::audit {

// Counted pay is every credit but tip, toll, reimbursement and top_up.
constexpr bool IsCounted(int kind) {
  return kind >= v1::PAY_BASE && kind <= v1::PAY_ALLOWANCE;
}
constexpr bool IsDebit(int kind) {
  return kind >= v1::PAY_LATE_FINE && kind < replay::kPayKinds;
}
// "base", "top_up".
const std::string& PayKindName(int kind);

// Kinds of which the log can have an amount: all where it has pay lines, else
// those with a wide column. Decided once, so that rows look at no others.
std::vector<int> PayKindsOf(const MeasureContext& context);

// Of one task, in millionths.
struct TaskPay {
  int64_t counted = 0;
  int64_t deducted = 0;  // Commission and fee.
  bool any = false;      // Whether any counted kind is recorded.
};

struct PaySums {
  std::array<Int128, replay::kPayKinds> sum = {};    // Millionths.
  std::array<int64_t, replay::kPayKinds> seen = {};  // Amounts added.

  void Add(v1::PayKind kind, int64_t amount) {
    sum[kind] += amount;
    ++seen[kind];
  }
  // All pay of one task.
  TaskPay Add(std::span<const replay::PayAmount> parts) {
    TaskPay pay;
    for (const replay::PayAmount& part : parts) {
      if (!replay::IsKnown(part.amount)) continue;
      Add(part.kind, part.amount);
      // Beyond it lies no pay; a fault of the log must not overflow.
      constexpr int64_t kMost = int64_t{1} << 57;
      const int64_t amount = std::clamp(part.amount, -kMost, kMost);
      if (IsCounted(part.kind)) {
        pay.counted += amount;
        pay.any = true;
      } else if (part.kind == v1::PAY_COMMISSION || part.kind == v1::PAY_FEE) {
        pay.deducted += amount;
      }
    }
    return pay;
  }
  Int128 Counted() const;
  Int128 Debits() const;
};

// The lines of a timeline that are in no task's pay: those that name no task
// of it. What a task has (wide columns, and lines that name it) the store has
// added, so that with these none counts twice and none is lost.
void VisitLoosePay(const replay::WorkerTimeline& timeline,
                   absl::FunctionRef<void(const replay::PayLine&)> visit);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_PAY_SUMS_H_
