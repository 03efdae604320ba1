#include "audit/report/figure_words.h"

#include <cstdint>
#include <cstdlib>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "audit/report/cat.h"
#include "audit/report/numbers.h"
#include "audit/stats/decimal.h"

namespace plumbline::audit {
namespace {

bool ToInt(std::string_view text, int64_t* number) {
  return absl::SimpleAtoi(absl::string_view(text.data(), text.size()), number);
}

// "3 h 32 min 26 s" of whole seconds; parts that are zero are left out.
std::string DurationWords(int64_t seconds, const Words& words) {
  const int64_t total = std::abs(seconds);
  std::vector<std::string> parts;
  auto add = [&](int64_t n, T unit) {
    if (n != 0) parts.push_back(words(unit, Count(n)));
  };
  add(total / 3600, T::kHoursPart);
  add(total / 60 % 60, T::kMinutesPart);
  add(total % 60, T::kSecondsPart);
  if (parts.empty()) parts.push_back(words(T::kSecondsPart, "0"));
  return Cat(seconds < 0 ? "-" : "", absl::StrJoin(parts, " "));
}

// "343/6" as a decimal of six places; false for other text, and for parts of
// more than some thirty figures, which then stand as they are.
bool Fraction(std::string_view text, std::string* decimal) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return false;
  const auto number = [](std::string_view part, absl::int128* value) {
    return part.size() <= 30 &&
           absl::SimpleAtoi(absl::string_view(part.data(), part.size()), value);
  };
  absl::int128 above = 0, below = 0;
  if (!number(text.substr(0, slash), &above) ||
      !number(text.substr(slash + 1), &below) || below <= 0) {
    return false;
  }
  *decimal = RatioText(static_cast<Int128>(above), static_cast<Int128>(below),
                       /*digits=*/6);
  return true;
}

std::string One(std::string_view value, std::string_view unit,
                const Words& words) {
  std::string decimal(value);
  std::string exactly;
  if (Fraction(value, &decimal)) exactly = std::string(value);
  if (!IsDecimal(decimal)) return ShownInstant(value);
  const std::string plain = unit.empty() ? Grouped(decimal)
                            : unit == "s"
                                ? words(T::kSecondsPart, Grouped(decimal))
                                : Cat(Grouped(decimal), " ", unit);
  int64_t whole = 0;
  if (unit == "s" && ToInt(Rounded(decimal, 0), &whole) &&
      std::abs(whole) >= 60) {
    return words(T::kAlsoAs, DurationWords(whole, words), plain);
  }
  if (unit == "m" && CompareDecimals(decimal, "1000") >= 0) {
    return words(T::kAlsoAs, Cat(Kilometres(decimal, 3), " km"), plain);
  }
  return exactly.empty() ? plain : words(T::kExactly, plain, exactly);
}

}  // namespace

std::string FigureWords(std::string_view value, std::string_view unit,
                        const Words& words) {
  if (value == "never") return words(T::kNeverCame);
  if (value == "true") return words(T::kYes);
  if (value == "false") return words(T::kNo);
  if (value == "unknown") return words(T::kUnknown);
  const size_t dots = value.find("..");
  if (dots == std::string_view::npos) return One(value, unit, words);
  const std::string_view low = value.substr(0, dots);
  const std::string_view high = value.substr(dots + 2);
  if (low.empty() && high.empty()) return words(T::kUnknown);
  if (high.empty()) return words(T::kAtLeast, One(low, unit, words));
  if (low.empty()) return words(T::kAtMost, One(high, unit, words));
  return words(T::kBetween, One(low, unit, words), One(high, unit, words));
}

std::string ObservedWords(const v1::Finding& finding, const Words& words) {
  return FigureWords(finding.observed(), finding.unit(), words);
}

std::string RequiredWords(const v1::Finding& finding, const Words& words) {
  return FigureWords(finding.required(), finding.unit(), words);
}

std::string StepWords(const v1::TraceStep& step, const Words& words) {
  if (step.name() == "require") return words(T::kNotMet);
  return FigureWords(step.value(), step.unit(), words);
}

std::string StepName(const v1::TraceStep& step, const Words& words) {
  struct Known {
    std::string_view name;
    T text;
  };
  static constexpr Known kKnown[] = {
      {"require", T::kStepRequire},
      {"shown_for", T::kStepShownFor},
      {"days", T::kStepDays},
      {"worst_day", T::kStepWorstDay},
      {"top_up_in_time", T::kStepTopUpInTime},
      {"top_up_perhaps", T::kStepTopUpPerhaps},
      {"top_up_late", T::kStepTopUpLate},
      {"top_up_due_before", T::kStepTopUpDue},
  };
  // A part of the pack has a formula of its own.
  if (step.formula().empty() || step.name() == "require") {
    for (const Known& known : kKnown) {
      if (known.name == step.name()) return words(known.text);
    }
  }
  return step.name();
}

}  // namespace plumbline::audit
