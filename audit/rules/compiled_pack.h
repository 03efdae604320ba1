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

// Times of day and days of the year that formulas name.
struct CompiledCalendar {
  const v1::Calendar* calendar = nullptr;
  std::vector<std::pair<int64_t, int64_t>> days;  // Sorted; empty: every day.
  int weekdays = 0;                               // Bit 0 is Monday.
  // Milliseconds after the midnight of its day; the end may be past the next.
  int64_t daily_from = 0, daily_to = 0;
  int64_t covers_from = std::numeric_limits<int64_t>::min();
  int64_t covers_to = kNoDay;
  bool from_memory = false;  // Confidence M.
};

enum class WindowKind : uint8_t {
  kTask,
  kRow,
  kRun,      // Each stretch of a run.
  kSession,  // Each stretch online.
  kDay,
  kWeek,
  kMonth,
  kQuarter,
  kDays,
  kWeeks,    // Of `count` weeks, one beginning in each week: they overlap.
  kRolling,  // Any `rolling` milliseconds.
  kPayPeriod,
  kLog,
};

// To which window a task belongs that runs over the end of one. Its time is
// always cut there; of its pay, and of the task where tasks are counted or
// added up, the law or the contract has to say it.
enum class Straddle : uint8_t {
  kEither,   // Not said: it may count on each side, and bounds decide.
  kByEnd,    // Where it ends.
  kByStart,  // Where it was accepted.
  kSplit,    // Pay as the time; as a task where it ends.
};

// A kind of period; one for all rules that share it.
struct WindowPlan {
  WindowKind kind = WindowKind::kMonth;
  int count = 0;  // Days or weeks.
  Straddle straddle = Straddle::kEither;
  int week_start = 0;       // 0 Monday ... 6 Sunday.
  int64_t rolling = 0;      // Milliseconds.
  uint32_t sets = 0;        // Of a rolling window: what it measures.
  int64_t day_cut = 0;      // Milliseconds after midnight.
  int64_t anchor = kNoDay;  // A first day; kNoDay: Monday 1970-01-05.
  bool operator==(const WindowPlan&) const = default;
};

// Pay that makes good, if it was paid within so long after the window.
struct CompiledTopUp {
  uint32_t mask = 0;  // 0: none.
  int days = 0, months = 0;
  bool next_window = false;
};

enum class LookupKey : uint8_t { kWindowStart, kStart, kPickup, kEnd, kEach };

struct CompiledRule {
  const v1::Rule* rule = nullptr;
  int source = -1;  // Index of RulePack.sources.
  Domain domain = Domain::kWindow;
  std::string row_table;  // "appeals" where rows are judged.
  WindowPlan plan;
  uint32_t run_sets = 0;  // Of Domain::kRun.
  int run_pause = -1;     // Node: the pause that ends a run.
  CompiledTopUp top_up;
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
  std::vector<CompiledCalendar> calendars;
  std::vector<CompiledRule> rules;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_RULES_COMPILED_PACK_H_
