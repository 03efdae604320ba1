#ifndef PLUMBLINE_AUDIT_RULES_RULE_PACK_H_
#define PLUMBLINE_AUDIT_RULES_RULE_PACK_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "plumbline/v1/rulepack.pb.h"

namespace plumbline::audit {

// A rule pack as loaded: law, a standard or a published promise as dated data.
struct RulePack {
  v1::RulePack pack;
  std::string file;    // Where it came from, for messages.
  std::string sha256;  // Of the bytes of the file.
};

// Loads and checks a pack: unknown fields, doubled values, missing sources,
// values without date, overlapping validity, unknown columns and units that do
// not fit are refused with "file:line:column: found, expected, what to do".
absl::StatusOr<RulePack> LoadRulePack(const std::string& file);
absl::StatusOr<RulePack> ParseRulePack(std::string_view text,
                                       const std::string& file);

// The packs that ship, by name ("us-ny-nyc-tlc"), and where they lie.
std::vector<std::string> ShippedPackNames(const std::string& pack_folder);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_RULES_RULE_PACK_H_
