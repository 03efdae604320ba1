#ifndef PLUMBLINE_AUDIT_CLI_PACK_TEXT_H_
#define PLUMBLINE_AUDIT_CLI_PACK_TEXT_H_

#include <string>
#include <vector>

#include "audit/cli/words.h"
#include "audit/rules/rule_pack.h"

namespace plumbline::audit {

// A few lines on each pack: what it is, how many rules, how far verified.
std::string ListPacks(const std::vector<RulePack>& packs, Language language);

// The whole pack for reading: rules with clause and source, figures by date
// with source and confidence.
std::string ShowPack(const RulePack& pack, Language language);

// One rule with the figures its formulas name. "" if the pack has no such rule.
std::string ShowRule(const RulePack& pack, const std::string& rule_id,
                     Language language);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_CLI_PACK_TEXT_H_
