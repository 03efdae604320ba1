#include "audit/findings/parameter_lookup.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace plumbline::audit {
namespace {

bool SameName(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return absl::ascii_tolower(x) == absl::ascii_tolower(y);
         });
}

}  // namespace

int ParameterLookup::PlaceOf(replay::Symbol city) {
  if (city >= places_.size()) places_.resize(city + 1, -2);
  int& place = places_[city];
  if (place != -2) return place;
  place = -1;
  const std::string_view name = store_->Text(city);
  for (int i = 0; i < pack_.pack.places_size() && place < 0; ++i) {
    const v1::Place& candidate = pack_.pack.places(i);
    if (SameName(candidate.name(), name)) place = i;
    for (const std::string& alias : candidate.aliases()) {
      if (SameName(alias, name)) place = i;
    }
  }
  return place;
}

int64_t ParameterLookup::LastDay(const DatedRatio& value) const {
  // Nobody has looked for a later value after the day of the last check.
  return value.to == kNoDay ? pack_.last_checked : value.to;
}

const DatedRatio* ParameterLookup::Find(int parameter,
                                        std::string_view class_name,
                                        replay::Symbol city, int64_t day,
                                        ParameterFailure* failure) {
  const CompiledParameter& found = pack_.parameters[parameter];
  const int class_index = static_cast<int>(
      std::find(found.classes.begin(), found.classes.end(), class_name) -
      found.classes.begin());
  const bool by_place =
      !found.values.empty() &&
      std::any_of(found.values.begin(), found.values.end(),
                  [](const DatedRatio& value) { return value.place >= 0; });
  int place = -1;
  auto fail = [&](Failure kind) {
    if (failure->kind == Failure::kNone) *failure = {kind, parameter, city, {}};
    return nullptr;
  };
  if (by_place) {
    if (city == 0) return fail(Failure::kUnknownPlace);
    place = PlaceOf(city);
    if (place < 0) return fail(Failure::kForeignPlace);
  }
  if (day == kNoDay) return fail(Failure::kNoDate);
  const DatedRatio* latest = nullptr;
  bool any = false;
  for (const DatedRatio& value : found.values) {
    if (value.class_index != class_index) continue;
    if (value.place >= 0 && value.place != place) continue;
    any = true;
    if (value.from > day) continue;
    if (latest == nullptr || value.from > latest->from) latest = &value;
  }
  if (!any) {
    return fail(found.values.empty() ? Failure::kNoValue
                                     : Failure::kForeignPlace);
  }
  if (latest == nullptr) return fail(Failure::kNoValue);
  if (day > LastDay(*latest) && !allow_unverified_) {
    return fail(Failure::kNoValue);
  }
  if (latest->from_memory && !allow_unverified_) {
    return fail(Failure::kFromMemory);
  }
  return latest;
}

bool ParameterLookup::Unverified(const DatedRatio& value, int64_t day) const {
  return value.from_memory || day > LastDay(value);
}

std::vector<int64_t> ParameterLookup::ChangeDays(
    const std::vector<int>& parameters) const {
  std::vector<int64_t> days;
  for (int parameter : parameters) {
    for (const DatedRatio& value : pack_.parameters[parameter].values) {
      days.push_back(value.from);
      days.push_back(LastDay(value) + 1);
    }
  }
  std::sort(days.begin(), days.end());
  days.erase(std::unique(days.begin(), days.end()), days.end());
  return days;
}

}  // namespace plumbline::audit
