#ifndef PLUMBLINE_AUDIT_FINDINGS_WORDING_H_
#define PLUMBLINE_AUDIT_FINDINGS_WORDING_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "audit/findings/evaluate.h"
#include "audit/findings/judge_parts.h"
#include "audit/findings/reason.h"
#include "audit/findings/rule_state.h"

namespace plumbline::audit {

// Figures, instants and open questions of a judge in words.
class Wording {
 public:
  explicit Wording(const JudgeParts& parts) : parts_(parts) {}

  // RFC 3339 in the log's zone; empty where unknown.
  std::string TimeText(int64_t instant) const;
  // "12.34", or "12.00..15.00" and "12.00.." where a bound is open.
  std::string ShownText(const RuleState& state, const Shown& shown) const;
  // Exact, with bounds, for a trace.
  std::string TraceText(const RuleEvaluator::Part& part) const;
  // A pack without a currency speaks of the log's own.
  const std::string& CurrencyOf(const RuleState& state) const;
  std::string PlatformName() const;

  // Why something is open. Sets `whole` where that holds for a whole table.
  Reason OpenReason(const RuleState& state, uint64_t missing,
                    const ParameterFailure& failure, bool* whole) const;
  // The same for columns of which some cells are unknown.
  Reason Unsettled(const Program& program, uint64_t missing) const;

 private:
  std::string OwnColumn(std::string_view columns) const;
  std::vector<std::string> Columns(const Program& program,
                                   uint64_t missing) const;

  const JudgeParts& parts_;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_FINDINGS_WORDING_H_
