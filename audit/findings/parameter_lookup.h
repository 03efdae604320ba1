#ifndef PLUMBLINE_AUDIT_FINDINGS_PARAMETER_LOOKUP_H_
#define PLUMBLINE_AUDIT_FINDINGS_PARAMETER_LOOKUP_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "audit/rules/compiled_pack.h"
#include "replay/store/log_store.h"

namespace plumbline::audit {

// Why a parameter has no value that may be used.
enum class Failure : uint8_t {
  kNone,
  kUnknownPlace,  // The city of the task is not known.
  kForeignPlace,  // The pack has no values for it.
  kNoDate,        // The date to look up by is not known.
  kNoValue,       // None for this day.
  kFromMemory,    // Confidence M.
  kCalendar,      // A calendar does not reach so far, or is from memory.
  kNoMeasure,     // The log gives no such figure.
  kNoVerdict,     // The measure itself does not conclude.
};

struct ParameterFailure {
  Failure kind = Failure::kNone;
  int parameter = -1;  // Or a calendar.
  replay::Symbol city = 0;
  std::string_view measure = {};
};

// Values of a pack's parameters by day, place and class. Not thread-safe.
class ParameterLookup {
 public:
  ParameterLookup(const CompiledPack& pack, const replay::LogStore* store,
                  bool allow_unverified)
      : pack_(pack), store_(store), allow_unverified_(allow_unverified) {}

  // The value in force on `day` (kNoDay: unknown) for a task in `city`; nullptr
  // with `failure` where there is none.
  const DatedRatio* Find(int parameter, std::string_view class_name,
                         replay::Symbol city, int64_t day,
                         ParameterFailure* failure);

  // Whether the value was used only because --allow-unverified says so.
  bool Unverified(const DatedRatio& value, int64_t day) const;

  // Local days on which some value of the parameters changes, ascending.
  std::vector<int64_t> ChangeDays(const std::vector<int>& parameters) const;

  const CompiledPack& pack() const { return pack_; }

 private:
  int64_t LastDay(const DatedRatio& value) const;
  int PlaceOf(replay::Symbol city);  // -1 foreign.

  const CompiledPack& pack_;
  const replay::LogStore* store_;
  bool allow_unverified_;
  std::vector<int> places_;  // By symbol; -2 not looked up yet.
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_FINDINGS_PARAMETER_LOOKUP_H_
