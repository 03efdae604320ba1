#ifndef PLUMBLINE_AUDIT_RULES_COMPILED_PACK_H_
#define PLUMBLINE_AUDIT_RULES_COMPILED_PACK_H_

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "audit/rules/expression.h"
#include "plumbline/v1/rulepack.pb.h"

namespace plumbline::audit {

inline constexpr int64_t kNoDay = std::numeric_limits<int64_t>::max();

// A value of a parameter: in base units, for local days [from, to].
struct DatedRatio {
  Ratio value;
  int place = -1;  // Index of RulePack.places; -1: everywhere.
  int class_index = 0;
  int64_t from = 0;
  int64_t to = kNoDay;
  bool from_memory = false;  // Confidence M.
  const v1::DatedValue* source = nullptr;
};

struct CompiledParameter {
  const v1::RuleParameter* parameter = nullptr;
  Unit unit;
  std::vector<std::string> classes;  // "" first where there is a plain value.
  std::vector<DatedRatio> values;    // By (place, class, from); disjoint.
};

enum class WindowKind : uint8_t {
  kTask,
  kRow,
  kDay,
  kWeek,
  kMonth,
  kQuarter,
  kDays,
  kPayPeriod,
  kLog,
};
enum class LookupKey : uint8_t { kWindowStart, kStart, kPickup, kEnd, kEach };

struct CompiledRule {
  const v1::Rule* rule = nullptr;
  int source = -1;  // Index of RulePack.sources.
  Domain domain = Domain::kWindow;
  std::string row_table;  // "appeals" where rows are judged.
  WindowKind window = WindowKind::kMonth;
  int window_days = 0;
  bool by_start = false;
  LookupKey key = LookupKey::kWindowStart;
  int64_t from = std::numeric_limits<int64_t>::min();  // Local days.
  int64_t to = kNoDay;

  Program program;
  std::vector<std::pair<std::string, int>> lets;
  int scope = -1;
  // `require` is lhs >= rhs (at_least) or lhs <= rhs, strict where equality is
  // no pass; for a bare condition rhs is -1 and lhs its root.
  int require = -1, lhs = -1, rhs = -1;
  bool at_least = true;
  bool strict = false;
  std::vector<int> undecidable;
  Program gate_program;  // In Domain::kAggregate.
  int gate = -1;
  Ratio tolerance;
  bool money = false;  // The shortfall is money.
};

struct CompiledPack {
  v1::RulePack pack;
  int64_t last_checked = 0;
  std::vector<CompiledParameter> parameters;
  std::vector<CompiledRule> rules;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_RULES_COMPILED_PACK_H_
