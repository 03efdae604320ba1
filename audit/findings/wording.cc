#include "audit/findings/wording.h"

#include <algorithm>
#include <set>

#include "absl/time/time.h"
#include "audit/findings/figures.h"
#include "audit/rules/measure_path.h"
#include "audit/rules/text.h"

namespace plumbline::audit {
namespace {

// The time to what is not in the log, or its clock.
bool NeverCame(const Ratio& value, const Type& type) {
  if (type.kind != Kind::kInstant && !(type == Type{Kind::kNumber, kTime})) {
    return false;
  }
  return value.n / value.d > int64_t{1} << 50;
}

}  // namespace

using replay::IsKnown;

std::string Wording::TimeText(int64_t instant) const {
  if (!IsKnown(instant)) return "";
  return absl::FormatTime(absl::RFC3339_full, absl::FromUnixMillis(instant),
                          parts_.context.zone);
}

std::string Wording::ShownText(const RuleState& state,
                               const Shown& shown) const {
  const std::string& currency = CurrencyOf(state);
  const Type& type = state.compared();
  auto text = [&](const Ratio& value) {
    if (type.kind == Kind::kInstant) {
      return TimeText(static_cast<int64_t>(value.n / value.d));
    }
    return PlainText(value, type, currency);
  };
  if (!shown.lo_open && NeverCame(shown.lo, type)) return "never";
  const std::string low = shown.lo_open ? "" : text(shown.lo);
  const std::string high = shown.hi_open ? "" : text(shown.hi);
  return low == high ? low : low + ".." + high;
}

std::string Wording::TraceText(const RuleEvaluator::Part& part) const {
  if (part.type.kind == Kind::kBool) {
    return part.truth == Truth::kTrue    ? "true"
           : part.truth == Truth::kFalse ? "false"
                                         : "unknown";
  }
  const Shown& shown = part.value;
  auto text = [&](const Ratio& value) {
    return part.type.kind == Kind::kInstant
               ? TimeText(static_cast<int64_t>(value.n / value.d))
               : ExactFigure(value, part.type);
  };
  if (!shown.lo_open && NeverCame(shown.lo, part.type)) return "never";
  if (shown.lo_open && shown.hi_open) return "unknown";
  const std::string low = shown.lo_open ? "" : text(shown.lo);
  const std::string high = shown.hi_open ? "" : text(shown.hi);
  return low == high ? low : low + ".." + high;
}

const std::string& Wording::CurrencyOf(const RuleState& state) const {
  const std::string& own = state.pack->pack.currency();
  return own.empty() ? parts_.context.log->info.currency() : own;
}

std::string Wording::PlatformName() const {
  const std::string& name = parts_.context.log->info.platform();
  return name.empty() ? "platform" : name;
}

Reason Wording::OpenReason(const RuleState& state, uint64_t missing,
                           const ParameterFailure& failure, bool* whole) const {
  *whole = false;
  if (failure.kind == Failure::kNoVerdict) {
    *whole = true;
    MeasuredVerdict own;
    FindVerdict(*parts_.measures, failure.measure, &own);
    return OfMeasure(own);
  }
  if (failure.kind != Failure::kNone) {
    *whole = true;
    const std::string_view city =
        failure.city == 0 ? std::string_view()
                          : parts_.context.store->Text(failure.city);
    return OfParameter(failure, *state.pack->compiled, city);
  }
  if (missing == 0) return DivisionByZero();
  *whole = (missing & ~state.absent) == 0;
  return Unsettled(state.rule->program, missing);
}

Reason Wording::Unsettled(const Program& program, uint64_t missing) const {
  std::vector<std::string> columns = Columns(program, missing);
  if ((missing & kStraddleBit) == 0) return CellsUnknown(std::move(columns));
  return TasksStraddle(std::move(columns));
}

// Of alternatives the first that the log has.
std::string Wording::OwnColumn(std::string_view columns) const {
  for (std::string_view rest = columns; !rest.empty();) {
    const size_t end = std::min(rest.find('|'), rest.size());
    if (parts_.context.Has(rest.substr(0, end))) {
      return std::string(rest.substr(0, end));
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return std::string(columns.substr(0, columns.find('|')));
}

std::vector<std::string> Wording::Columns(const Program& program,
                                          uint64_t missing) const {
  std::set<std::string> names;
  for (size_t i = 0; i < program.columns.size(); ++i) {
    if (((missing >> i) & 1) != 0) {
      names.insert(OwnColumn(program.columns[i].columns));
    }
  }
  return {names.begin(), names.end()};
}

}  // namespace plumbline::audit
