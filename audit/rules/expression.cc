#include "audit/rules/expression.h"

#include "absl/strings/ascii.h"
#include "audit/rules/parser.h"
#include "audit/rules/text.h"

namespace plumbline::audit {
namespace {

std::string Upper(std::string_view word) {
  std::string text(word);
  absl::AsciiStrToUpper(&text);
  return text;
}

}  // namespace

std::string TypeText(const Type& type) {
  switch (type.kind) {
    case Kind::kBool:
      return "a condition";
    case Kind::kInstant:
      return "an instant";
    case Kind::kText:
      return "a text";
    case Kind::kNumber:
      break;
  }
  return DimensionText(type.dimension);
}

int ParseExpression(std::string_view text, Domain domain,
                    const Vocabulary& vocabulary,
                    const std::map<std::string, int>& lets, bool soft,
                    Program* program, ExpressionError* error) {
  return Parser(text, domain, vocabulary, lets, soft, program, error).Run();
}

int ParseRunSubject(std::string_view text, const Vocabulary& vocabulary,
                    Program* program, ExpressionError* error) {
  return Parser(text, Domain::kWindow, vocabulary, {}, false, program, error)
      .RunSubject();
}

const std::vector<TaskField>& TaskFields() {
  static const auto& fields = *new std::vector<TaskField>{
      {"placed_at", "tasks.placed_at", kInstantType},
      {"ready_at", "tasks.ready_at", kInstantType},
      {"offered_at", "tasks.offered_at", kInstantType},
      {"accepted_at", "tasks.accepted_at", kInstantType},
      {"arrived_pickup_at", "tasks.arrived_pickup_at", kInstantType},
      {"picked_up_at", "tasks.picked_up_at", kInstantType},
      {"arrived_dropoff_at", "tasks.arrived_dropoff_at", kInstantType},
      {"completed_at", "tasks.completed_at", kInstantType},
      {"cancelled_at", "tasks.cancelled_at", kInstantType},
      {"promised_at", "tasks.promised_at", kInstantType},
      {"limit_at", "tasks.limit_at", kInstantType},
      {"planned_wait", "tasks.planned_wait_s", NumberType(kTime)},
      {"trip_time", "tasks.trip_time_s", NumberType(kTime)},
      {"route_distance", "tasks.route_distance_m", NumberType(kDistance)},
      {"pickup_distance", "tasks.pickup_distance_m", NumberType(kDistance)},
      {"dropoff_distance", "tasks.dropoff_distance_m", NumberType(kDistance)},
      {"customer_total", "tasks.customer_total|fares.customer_total",
       NumberType(kMoney)},
      {"commission_shown", "tasks.commission_shown", NumberType(kPure)},
      {"rating", "ratings.score", NumberType(kPure)},
      {"prebooked", "tasks.prebooked", kBoolType},
      {"shared", "tasks.shared", kBoolType},
      {"wheelchair", "tasks.wheelchair", kBoolType},
      {"city", "tasks.city", kTextType},
      {"zone", "tasks.zone", kTextType},
      {"vehicle", "tasks.vehicle", kTextType},
      {"weather", "tasks.weather", kTextType},
      {"status", "tasks.status", kTextType},
      // Derived: the worker had another task under way during this one.
      {"overlapped", "tasks.worker_id", kBoolType},
      // Derived: by status, or by completed_at where the log has no status.
      {"delivered", "tasks.status|tasks.completed_at", kBoolType},
  };
  return fields;
}

int PayKindNumber(std::string_view word) {
  v1::PayKind kind;
  return v1::PayKind_Parse(Cat("PAY_", Upper(word)), &kind) ? kind : -1;
}

uint32_t DebitMask() {
  uint32_t mask = 0;
  for (int kind = v1::PAY_LATE_FINE; kind < v1::PayKind_ARRAYSIZE; ++kind) {
    mask |= uint32_t{1} << kind;
  }
  return mask;
}

uint32_t CountedPayMask() {
  uint32_t mask = 0;
  for (int kind = v1::PAY_BASE; kind <= v1::PAY_ALLOWANCE; ++kind) {
    mask |= uint32_t{1} << kind;
  }
  return mask;
}

}  // namespace plumbline::audit
