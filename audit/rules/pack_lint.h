#ifndef PLUMBLINE_AUDIT_RULES_PACK_LINT_H_
#define PLUMBLINE_AUDIT_RULES_PACK_LINT_H_

#include <vector>

#include "audit/rules/pack_parts.h"

namespace plumbline::audit {

// What is likely a mistake in a pack that loads: parts that nothing uses, days
// without a value between two values, a rule in force before the first value
// that it reads, a scope that never or always holds. In the order of the pack;
// `field` and `index` name a part of RulePack.
std::vector<PartError> LintPack(const CompiledPack& pack);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_RULES_PACK_LINT_H_
