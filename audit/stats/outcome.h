#ifndef PLUMBLINE_AUDIT_STATS_OUTCOME_H_
#define PLUMBLINE_AUDIT_STATS_OUTCOME_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace plumbline::audit {

// Why a statistic has no value. The codes are printed: CANNOT_CONCLUDE(N).
enum class Reason {
  kNone,
  kTooFew,         // N: too few units or clusters.
  kMissing,        // MISS: missing data straddle the threshold.
  kNotIdentified,  // ID: no variation, no overlap, separation, collinear.
  kDependent,      // DEP: the answer changes with a declared choice.
  kIntegrity,      // INT: the input contradicts itself.
  kPower,          // POW: too little power for the declared effect.
};

constexpr std::string_view ReasonCode(Reason reason) {
  switch (reason) {
    case Reason::kTooFew:
      return "N";
    case Reason::kMissing:
      return "MISS";
    case Reason::kNotIdentified:
      return "ID";
    case Reason::kDependent:
      return "DEP";
    case Reason::kIntegrity:
      return "INT";
    case Reason::kPower:
      return "POW";
    case Reason::kNone:
      break;
  }
  return "";
}

// A statistic, or the coded reason why there is none: a degenerate case (ties,
// one cluster, zero variance, a singular design) never gives a number.
template <typename Value>
class Outcome {
 public:
  Outcome(Value value) : value_(std::move(value)) {}  // NOLINT: as StatusOr
  Outcome(Reason reason, std::string detail)
      : reason_(reason), detail_(std::move(detail)) {}

  bool ok() const { return value_.has_value(); }
  const Value& operator*() const { return *value_; }
  const Value* operator->() const { return &*value_; }
  Reason reason() const { return reason_; }
  const std::string& detail() const { return detail_; }  // English.

 private:
  std::optional<Value> value_;
  Reason reason_ = Reason::kNone;
  std::string detail_;
};

struct ConfidenceInterval {
  double low = 0;
  double high = 0;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_STATS_OUTCOME_H_
