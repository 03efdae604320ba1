#ifndef PLUMBLINE_AUDIT_RULES_RULE_PACK_H_
#define PLUMBLINE_AUDIT_RULES_RULE_PACK_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "plumbline/v1/log.pb.h"
#include "plumbline/v1/rulepack.pb.h"

namespace plumbline::audit {

struct CompiledPack;

// A rule pack as loaded: law, a standard or a published promise as dated data.
struct RulePack {
  v1::RulePack pack;
  std::string file;    // Where it came from, for messages.
  std::string sha256;  // Of the bytes of the file.
  // What is likely a mistake, "file:line:column: found, expected, what to do".
  std::vector<std::string> warnings;
  std::shared_ptr<const CompiledPack> compiled;
};

// Loads and checks a pack: unknown fields, doubled values, missing sources,
// values without date, overlapping validity, unknown columns and units that do
// not fit are refused with "file:line:column: found, expected, what to do".
absl::StatusOr<RulePack> LoadRulePack(const std::string& file);
absl::StatusOr<RulePack> ParseRulePack(std::string_view text,
                                       const std::string& file);

// The packs that ship, by name ("us-ny-nyc-tlc"), sorted, and where they lie.
// Empty where the folder is missing.
std::vector<std::string> ShippedPackNames(const std::string& pack_folder);

// What decides which packs fit a log.
struct PackQuery {
  std::string currency = {};
  std::string time_zone = {};
  std::string mapping = {};
  bool mdrp = false;
};

// The packs an audit uses. `wanted` are names of shipped packs or files; when
// it is empty, every shipped pack whose `applies` fits `query`, by name.
//
// Errors: NotFound for a name that is neither, with the names that ship; the
// loader's for a file that is wrong.
absl::StatusOr<std::vector<RulePack>> SelectPacks(
    const std::string& pack_folder, const std::vector<std::string>& wanted,
    const PackQuery& query);
bool Fits(const v1::PackApplies& applies, const PackQuery& query);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_RULES_RULE_PACK_H_
