#include "audit/rules/rule_pack.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <utility>

#include "audit/rules/pack_loader.h"
#include "audit/rules/text.h"

namespace plumbline::audit {
namespace {

bool OneFits(const google::protobuf::RepeatedPtrField<std::string>& list,
             const std::string& value) {
  return list.empty() ||
         std::find(list.begin(), list.end(), value) != list.end();
}

}  // namespace

absl::StatusOr<RulePack> ParseRulePack(std::string_view text,
                                       const std::string& file) {
  return PackLoader(text, file).Load();
}

absl::StatusOr<RulePack> LoadRulePack(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    return absl::NotFoundError(
        Cat(file,
            ":1:1: found no file that can be read, expected a "
            "rule pack; check the name"));
  }
  const std::string text((std::istreambuf_iterator<char>(stream)),
                         std::istreambuf_iterator<char>());
  return ParseRulePack(text, file);
}

std::vector<std::string> ShippedPackNames(const std::string& pack_folder) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry :
       std::filesystem::directory_iterator(pack_folder, ignored)) {
    if (entry.path().extension() == ".textproto") {
      names.push_back(entry.path().stem().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool Fits(const v1::PackApplies& applies, const PackQuery& query) {
  if (applies.only_by_name()) return false;
  if (applies.mdrp() && !query.mdrp) return false;
  for (const std::string& mapping : applies.not_mappings()) {
    if (mapping == query.mapping) return false;
  }
  return OneFits(applies.currencies(), query.currency) &&
         OneFits(applies.time_zones(), query.time_zone) &&
         OneFits(applies.mappings(), query.mapping);
}

absl::StatusOr<std::vector<RulePack>> SelectPacks(
    const std::string& pack_folder, const std::vector<std::string>& wanted,
    const PackQuery& query) {
  const std::vector<std::string> shipped = ShippedPackNames(pack_folder);
  auto path_of = [&](const std::string& name) {
    return (std::filesystem::path(pack_folder) / (name + ".textproto"))
        .string();
  };
  std::vector<RulePack> packs;
  std::set<std::string> names;
  auto take = [&](const std::string& path) -> absl::Status {
    absl::StatusOr<RulePack> pack = LoadRulePack(path);
    if (!pack.ok()) return pack.status();
    if (names.insert(pack->pack.name()).second) {
      packs.push_back(*std::move(pack));
    }
    return absl::OkStatus();
  };
  for (const std::string& name : wanted) {
    const bool ships = std::binary_search(shipped.begin(), shipped.end(), name);
    std::error_code ignored;
    if (!ships && !std::filesystem::is_regular_file(name, ignored)) {
      return absl::NotFoundError(
          Cat(name,
              ":1:1: found no rule pack of this name, expected a file or one "
              "of ",
              Joined(shipped, ", "), "; correct --rules"));
    }
    if (absl::Status status = take(ships ? path_of(name) : name); !status.ok())
      return status;
  }
  if (wanted.empty()) {
    for (const std::string& name : shipped) {
      absl::StatusOr<RulePack> pack = LoadRulePack(path_of(name));
      if (!pack.ok()) return pack.status();
      if (Fits(pack->pack.applies(), query)) packs.push_back(*std::move(pack));
    }
  }
  std::sort(packs.begin(), packs.end(),
            [](const RulePack& a, const RulePack& b) {
              return a.pack.name() < b.pack.name();
            });
  return packs;
}

}  // namespace plumbline::audit
