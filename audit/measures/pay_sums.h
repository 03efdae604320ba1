#ifndef PLUMBLINE_AUDIT_MEASURES_PAY_SUMS_H_
#define PLUMBLINE_AUDIT_MEASURES_PAY_SUMS_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "audit/measures/measure.h"
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

struct PaySums {
  std::array<int64_t, replay::kPayKinds> sum = {};   // Millionths.
  std::array<int64_t, replay::kPayKinds> seen = {};  // Amounts added.

  int64_t Counted() const;
  int64_t Debits() const;
};

// All pay of a timeline: of its tasks (wide columns and lines that name them,
// which the store has added), and lines that name no task of the timeline, so
// that none counts twice and none is lost. Money of one worker fits 64 bits.
PaySums SumPay(const replay::WorkerTimeline& timeline);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_PAY_SUMS_H_
