#ifndef PLUMBLINE_AUDIT_RULES_EXPRESSION_H_
#define PLUMBLINE_AUDIT_RULES_EXPRESSION_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "audit/rules/exact.h"
#include "audit/rules/unit.h"
#include "plumbline/v1/log.pb.h"

namespace plumbline::replay {
struct TableSchema;
}

namespace plumbline::audit {

enum class Kind : uint8_t { kNumber, kBool, kInstant, kText };
struct Type {
  Kind kind = Kind::kNumber;
  Dimension dimension;
  bool operator==(const Type&) const = default;
};
std::string TypeText(const Type& type);

// What a formula is about. Leaves mean something in some domains only: pay() of
// a task and pay() of a worker's month are different sums.
enum class Domain : uint8_t {
  kAggregate,  // All workers in one period.
  kWindow,     // One worker in one period.
  kDay,        // One worker on one local day.
  kCity,       // One worker in one city within a period.
  kTask,
  kRow,       // One row of another table.
  kRun,       // One stretch of a worker's time set, and the run it belongs to.
  kEstimate,  // One of a task's logged estimates.
  kPlatform,  // The measures of the whole log.
};

// What a sum, count, ... goes over.
enum class Element : uint8_t {
  kNone,
  kWorker,
  kTask,
  kOpenTask,  // Tasks of the worker open when this one was accepted, and it.
  kDay,
  kCity,
  kRun,
  kEstimate,
  kRow,  // Rows of Node::table that name the worker.
};

enum class Op : uint8_t {
  kConstant,
  kParameter,  // ref: parameter; words: class.
  kLogValue,   // ref: LogValue.
  kLet,        // args[0]: the named part; ref: 1 inside of a sum.
  kTime,       // mask: time sets; ref: 1 where tasks are summed.
  kDistance,   // ref: Leg.
  kPay,        // mask: bits of pay kinds.
  kField,      // ref: column of the domain's table.
  kRoster,     // ref: column of `workers`, of this worker.
  kRank,       // Place of the limit among the task's own estimates.
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kNegate,
  kMinimum,
  kMaximum,
  kLess,
  kLessEqual,
  kEqual,
  kIn,  // args[0]: a text field; words: the choices.
  kAnd,
  kOr,
  kNot,
  kIf,
  kKnown,
  kRecorded,  // mask: pay kinds that the log can have an amount of.
  // Over `element`; domain: of the body args[0] and the condition args[1], -1
  // where there is none; of runs `mask` and the pause args[2].
  kSum,
  kCount,    // Body: a condition.
  kLargest,  // None: unknown.
  kSmallest,
  kQuantile,  // Type 7 at `constant`.
  // Instants of elements: ref: the column; args[0]: the condition or -1.
  kEvent,
  // args[0], args[1]: from, to; then events.
  kExists,
  kFirst,       // Of them; none: at `to` or later.
  kLast,        // None: before `from`.
  kLatency,     // args[0]: from; then events: time to the first of them.
  kReached,     // mask; args[0]: when the window's time came to that.
  kWindowEdge,  // ref: 0 start, 1 end.
  kDuring,      // args[0]: an instant; calendar.
  kMeasure,     // words[0]: path in the result's measures.
  kFinding,     // words[0]: path to a verdict of a measure's own.
  kLongestRun,  // mask: time sets; args[0]: the pause that ends a run.
  kLongestGap,  // mask: time sets; the longest stretch outside them.
  kAddMonths,   // args[0]: instant; constant: months.
};

enum TimeSet : uint32_t {
  kEngaged = 1,
  kToPickup = 2,
  kLoaded = 4,
  kOnline = 8,
  kOnCall = 16,
  kRequired = 32,
};
enum class Leg : int { kEngaged, kToPickup, kLoaded, kRoute };
enum class LogValue : int { kPayPerOrder, kGuaranteedPerHour };

// One node of a compiled formula. Children stand before their parents.
struct Node {
  Op op = Op::kConstant;
  Type type = {};
  Domain domain = Domain::kWindow;  // Of the body, for kSum and its kin.
  uint32_t mask = 0;
  int ref = -1;
  uint64_t columns = 0;  // Bits of Program::columns that a leaf reads.
  Ratio constant = {};
  std::vector<int> args = {};
  std::vector<std::string> words = {};
  Element element = Element::kNone;
  const replay::TableSchema* table = nullptr;  // Of rows and their columns.
  int calendar = -1;  // Index of RulePack.calendars that clips it.
};

// A column that a formula reads. Without a hard one the rule cannot run;
// without a soft one bounds decide.
struct ColumnNeed {
  std::string columns;  // "tasks.accepted_at" or "a|b": one of them.
  bool soft = false;
};

// Beside the bits of columns: tasks run over an end of the window, and nothing
// says on which side they count.
inline constexpr uint64_t kStraddleBit = uint64_t{1} << 63;
inline constexpr std::string_view kStraddleName = "straddle";  // In a state.

struct Program {
  std::vector<Node> nodes;
  std::vector<ColumnNeed> columns;
};

// What a formula may name.
struct ParameterName {
  std::string name = {};
  Dimension dimension = {};
  bool by_place = false;
  std::vector<std::string> classes = {};
};
struct Vocabulary {
  std::vector<ParameterName> parameters;
  std::map<std::string, uint32_t> masks;  // Bits of pay kinds.
  std::vector<std::string> calendars;
  std::string currency;
  // Table of Domain::kRow ("appeals"), empty where the rule has none.
  std::string row_table;
};

struct ExpressionError {
  size_t offset = 0;  // Bytes into the text.
  std::string message;
};

// Parses "run(ENGAGED, 20 min)" of Rule.over into a node of kSum over runs
// without a body: its mask, its columns and the pause in args[2].
int ParseRunSubject(std::string_view text, const Vocabulary& vocabulary,
                    Program* program, ExpressionError* error);

// Parses `text` in `domain`, checks names and units, and adds its nodes to
// `program`. `lets` are the named parts before it. Returns the root, or -1 with
// `error`. Grammar and functions: docs/rule_packs.md.
//
// Cost: linear in the text; depth of brackets is bounded.
int ParseExpression(std::string_view text, Domain domain,
                    const Vocabulary& vocabulary,
                    const std::map<std::string, int>& lets, bool soft,
                    Program* program, ExpressionError* error);

// The columns of tasks that a formula may name, as replay::Task holds them.
struct TaskField {
  std::string_view name;    // "limit_at"
  std::string_view column;  // "tasks.limit_at"
  Type type;
};
const std::vector<TaskField>& TaskFields();

// Columns of a stretch of a run, by Node::ref.
enum class RunField : int { kStartedAt, kEndedAt, kLength, kStretchStartedAt };

// "base" is PAY_BASE; -1 for another word. And the bits of every credit but
// tips, tolls, reimbursements and top-ups.
int PayKindNumber(std::string_view word);
uint32_t CountedPayMask();
uint32_t DebitMask();

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_RULES_EXPRESSION_H_
