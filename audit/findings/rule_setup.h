#ifndef PLUMBLINE_AUDIT_FINDINGS_RULE_SETUP_H_
#define PLUMBLINE_AUDIT_FINDINGS_RULE_SETUP_H_

#include <string>
#include <string_view>
#include <vector>

#include "audit/findings/judge_parts.h"
#include "audit/findings/worker_frame.h"
#include "audit/measures/measure.h"
#include "audit/rules/expression.h"

namespace plumbline::audit {

// What the log holds of what the rules of the packs ask for.
LogShape ShapeOf(const std::vector<RulePack>& packs,
                 const MeasureContext& context);

// Makes the states of all rules: what each lacks before a row is read, so that
// it cannot run and says why. Every column is looked for in the log, once.
void SetUpRules(JudgeParts* parts);

bool UsesParameters(const Program& program);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_FINDINGS_RULE_SETUP_H_
