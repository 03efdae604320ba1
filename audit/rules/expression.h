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
  kRow,  // One row of another table.
};

enum class Op : uint8_t {
  kConstant,
  kParameter,  // ref: parameter; words: class.
  kLogValue,   // ref: LogValue.
  kLet,        // args[0]: the named part.
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
  kRecorded,    // mask: pay kinds that the log can have an amount of.
  kSum,         // domain: of args[0].
  kCount,       // domain: of the condition args[0].
  kLargest,     // domain: largest args[0] in it; none: unknown.
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
};

// A column that a formula reads. Without a hard one the rule cannot run;
// without a soft one bounds decide.
struct ColumnNeed {
  std::string columns;  // "tasks.accepted_at" or "a|b": one of them.
  bool soft = false;
};

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
  std::string currency;
  // Table of Domain::kRow ("appeals"), empty where the rule has none.
  std::string row_table;
};

struct ExpressionError {
  size_t offset = 0;  // Bytes into the text.
  std::string message;
};

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

// "base" is PAY_BASE; -1 for another word. And the bits of every credit but
// tips, tolls, reimbursements and top-ups.
int PayKindNumber(std::string_view word);
uint32_t CountedPayMask();
uint32_t DebitMask();

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_RULES_EXPRESSION_H_
