#include "audit/rules/pack_parts.h"

#include <algorithm>
#include <map>

#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"
#include "audit/rules/text.h"
#include "replay/base/units.h"

namespace plumbline::audit {
namespace {

// "17" of "weeks(17)"; false unless the text is NAME(number in [1, most]).
bool Counted(std::string_view text, std::string_view name, int most, int* n) {
  if (text.size() < name.size() + 3 || text.substr(0, name.size()) != name ||
      text[name.size()] != '(' || text.back() != ')') {
    return false;
  }
  const std::string_view inside =
      text.substr(name.size() + 1, text.size() - name.size() - 2);
  return absl::SimpleAtoi(absl::string_view(inside.data(), inside.size()), n) &&
         *n >= 1 && *n <= most;
}

// "rolling(24 h)" and "rolling(7 d)".
bool Rolling(std::string_view text, int64_t* milliseconds) {
  constexpr std::string_view kName = "rolling(";
  if (text.substr(0, kName.size()) != kName || text.back() != ')') return false;
  text = text.substr(kName.size(), text.size() - kName.size() - 1);
  const size_t blank = text.find(' ');
  if (blank == std::string_view::npos) return false;
  Unit unit;
  Ratio number;
  if (!ParseExactDecimal(text.substr(0, blank), &number) ||
      !ParseUnit(text.substr(blank + 1), &unit) || !(unit.dimension == kTime)) {
    return false;
  }
  FastMath math;
  const Ratio value =
      Reduced(math.Multiply(number, {unit.numerator, unit.denominator}));
  if (math.overflow || value.d != 1 || value.n < replay::kHour ||
      value.n > 366 * 24 * replay::kHour) {
    return false;
  }
  *milliseconds = static_cast<int64_t>(value.n);
  return true;
}

std::string BadDate(std::string_view text) {
  return Cat("found the date '", text,
             "', expected a day such as 2026-04-01; correct it");
}

}  // namespace

bool ParseClock(std::string_view text, int64_t* milliseconds) {
  if (text.size() != 5 || text[2] != ':') return false;
  for (size_t i : {0, 1, 3, 4}) {
    if (text[i] < '0' || text[i] > '9') return false;
  }
  const int hour = (text[0] - '0') * 10 + text[1] - '0';
  const int minute = (text[3] - '0') * 10 + text[4] - '0';
  if (hour > 24 || minute > 59 || (hour == 24 && minute > 0)) return false;
  *milliseconds = hour * replay::kHour + minute * replay::kMinute;
  return true;
}

int WeekdayNumber(std::string_view word) {
  constexpr std::string_view kNames[] = {"monday",   "tuesday", "wednesday",
                                         "thursday", "friday",  "saturday",
                                         "sunday"};
  for (int i = 0; i < 7; ++i) {
    if (kNames[i] == word) return i;
  }
  return -1;
}

PartError CompileCalendar(const v1::Calendar& calendar,
                          CompiledCalendar* compiled) {
  compiled->calendar = &calendar;
  compiled->from_memory = calendar.confidence() == "M";
  if (calendar.name().empty() || calendar.title().empty() ||
      calendar.title_zh().empty()) {
    return {"name", -1,
            "found a calendar without name, title or title_zh, expected all "
            "three; add them"};
  }
  for (int i = 0; i < calendar.days_size(); ++i) {
    const v1::CalendarDays& days = calendar.days(i);
    int64_t from = 0, to = 0;
    if (!ParseDate(days.from(), &from)) {
      return {"days", i, BadDate(days.from())};
    }
    to = from;
    if (!days.to().empty() && !ParseDate(days.to(), &to)) {
      return {"days", i, BadDate(days.to())};
    }
    if (to < from) {
      return {"days", i,
              Cat("found days that end ", days.to(), " before they start ",
                  days.from(), ", expected a later day; correct one of them")};
    }
    compiled->days.emplace_back(from, to);
  }
  std::sort(compiled->days.begin(), compiled->days.end());
  for (size_t i = 1; i < compiled->days.size(); ++i) {
    if (compiled->days[i].first <= compiled->days[i - 1].second) {
      return {"days", -1,
              Cat("found the day ", DateText(compiled->days[i].first),
                  " twice, expected each day once; remove one")};
    }
  }
  for (int i = 0; i < calendar.weekdays_size(); ++i) {
    const int weekday = WeekdayNumber(calendar.weekdays(i));
    if (weekday < 0) {
      return {"weekdays", i,
              Cat("found the weekday '", calendar.weekdays(i),
                  "', expected monday to sunday; correct it")};
    }
    compiled->weekdays |= 1 << weekday;
  }
  if (compiled->weekdays == 0) compiled->weekdays = 127;
  compiled->daily_to = 24 * replay::kHour;
  if (calendar.daily_from().empty() != calendar.daily_to().empty()) {
    return {"daily_from", -1,
            "found one end of the hours, expected daily_from and daily_to; "
            "add the other"};
  }
  if (!calendar.daily_from().empty()) {
    if (!ParseClock(calendar.daily_from(), &compiled->daily_from)) {
      return {"daily_from", -1,
              Cat("found the hour '", calendar.daily_from(),
                  "', expected one such as 22:00; correct it")};
    }
    if (!ParseClock(calendar.daily_to(), &compiled->daily_to)) {
      return {"daily_to", -1,
              Cat("found the hour '", calendar.daily_to(),
                  "', expected one such as 06:00; correct it")};
    }
    if (compiled->daily_to <= compiled->daily_from) {
      compiled->daily_to += 24 * replay::kHour;  // Past midnight.
    }
  } else if (calendar.days().empty() && calendar.weekdays().empty()) {
    return {"name", -1,
            "found a calendar of every hour, expected days, weekdays or "
            "hours; add some"};
  }
  if (!calendar.covers_from().empty() &&
      !ParseDate(calendar.covers_from(), &compiled->covers_from)) {
    return {"covers_from", -1, BadDate(calendar.covers_from())};
  }
  if (!calendar.covers_to().empty() &&
      !ParseDate(calendar.covers_to(), &compiled->covers_to)) {
    return {"covers_to", -1, BadDate(calendar.covers_to())};
  }
  // A list of days says nothing of the years that it does not reach.
  if (!compiled->days.empty() &&
      (calendar.covers_from().empty() || calendar.covers_to().empty())) {
    return {"days", 0,
            "found a list of days without covers_from and covers_to, "
            "expected the first and last day that the list is complete for; "
            "add them"};
  }
  return {};
}

PartError CompileTopUp(const v1::TopUp& top_up, CompiledTopUp* compiled) {
  for (int i = 0; i < top_up.kinds_size(); ++i) {
    const int kind = PayKindNumber(top_up.kinds(i));
    if (kind <= 0) {
      return {"kinds", i,
              Cat("found the pay kind '", top_up.kinds(i),
                  "', expected one such as top_up; correct it")};
    }
    compiled->mask |= uint32_t{1} << kind;
  }
  if (compiled->mask == 0) {
    return {"kinds", -1,
            "found a top_up without kinds, expected the kinds of pay that "
            "make good, such as kinds: \"top_up\"; add them"};
  }
  const std::string_view text = top_up.within();
  const size_t blank = text.find(' ');
  int n = 0;
  if (text == "next_window") {
    compiled->next_window = true;
    return {};
  }
  const std::string_view number = text.substr(0, blank);
  const std::string_view unit =
      blank == std::string_view::npos ? "" : text.substr(blank + 1);
  if (absl::SimpleAtoi(absl::string_view(number.data(), number.size()), &n) &&
      n >= 0 && n <= 400) {
    if (unit == "d") {
      compiled->days = n;
      return {};
    }
    if (unit == "month" || unit == "months") {
      compiled->months = n;
      return {};
    }
  }
  return {"within", -1,
          Cat("found within: '", text,
              "', expected a time after the end of the window such as 0 d, "
              "14 d, 1 month, or next_window; say which")};
}

PartError CompileWindow(const v1::Rule& rule, CompiledRule* compiled) {
  static const auto& kWindows = *new std::map<std::string, WindowKind>{
      {"task", WindowKind::kTask},
      {"row", WindowKind::kRow},
      {"run", WindowKind::kRun},
      {"session", WindowKind::kSession},
      {"day", WindowKind::kDay},
      {"week", WindowKind::kWeek},
      {"month", WindowKind::kMonth},
      {"quarter", WindowKind::kQuarter},
      {"pay_period", WindowKind::kPayPeriod},
      {"log", WindowKind::kLog}};
  WindowPlan& plan = compiled->plan;
  const auto known = kWindows.find(rule.window());
  if (known != kWindows.end()) {
    plan.kind = known->second;
  } else if (Counted(rule.window(), "days", 366, &plan.count)) {
    plan.kind = WindowKind::kDays;
  } else if (Counted(rule.window(), "weeks", 60, &plan.count)) {
    plan.kind = WindowKind::kWeeks;
  } else if (Rolling(rule.window(), &plan.rolling)) {
    plan.kind = WindowKind::kRolling;
  } else {
    return {"window", -1,
            Cat("found the window '", rule.window(),
                "', expected task, row, run, session, day, week, month, "
                "quarter, days(n), weeks(n), rolling(24 h), pay_period or "
                "log; say over what the rule adds up")};
  }
  static const auto& kStraddles =
      *new std::map<std::string, Straddle>{{"", Straddle::kEither},
                                           {"either", Straddle::kEither},
                                           {"by_end", Straddle::kByEnd},
                                           {"by_start", Straddle::kByStart},
                                           {"split", Straddle::kSplit}};
  const auto straddle = kStraddles.find(rule.straddle());
  if (straddle == kStraddles.end()) {
    return {"straddle", -1,
            Cat("found straddle '", rule.straddle(),
                "', expected either, by_end, by_start or split; say which")};
  }
  plan.straddle = straddle->second;
  if (!rule.straddle().empty() &&
      (plan.kind == WindowKind::kTask || plan.kind == WindowKind::kRow ||
       plan.kind == WindowKind::kRun || plan.kind == WindowKind::kWeeks ||
       plan.kind == WindowKind::kRolling || plan.kind == WindowKind::kLog)) {
    return {"straddle", -1,
            Cat("found straddle in a rule by ", rule.window(),
                ", expected it where windows cut tasks; remove it")};
  }
  if (!rule.week_start().empty()) {
    plan.week_start = WeekdayNumber(rule.week_start());
    if (plan.week_start < 0) {
      return {"week_start", -1,
              Cat("found week_start '", rule.week_start(),
                  "', expected monday to sunday; correct it")};
    }
    if (plan.kind != WindowKind::kWeek && plan.kind != WindowKind::kWeeks &&
        plan.kind != WindowKind::kPayPeriod) {
      return {"week_start", -1,
              Cat("found week_start in a rule by ", rule.window(),
                  ", expected it where weeks are counted; remove it")};
    }
  }
  if (!rule.day_cut().empty()) {
    if (!ParseClock(rule.day_cut(), &plan.day_cut) ||
        plan.day_cut >= 24 * replay::kHour) {
      return {"day_cut", -1,
              Cat("found day_cut '", rule.day_cut(),
                  "', expected an hour such as 04:00; correct it")};
    }
    if (plan.kind != WindowKind::kDay) {
      return {"day_cut", -1,
              Cat("found day_cut in a rule by ", rule.window(),
                  ", expected it in a rule by day; remove it")};
    }
  }
  if (!rule.anchor().empty()) {
    if (!ParseDate(rule.anchor(), &plan.anchor)) {
      return {"anchor", -1, BadDate(rule.anchor())};
    }
    if (plan.kind != WindowKind::kDays && plan.kind != WindowKind::kWeeks) {
      return {"anchor", -1,
              Cat("found an anchor in a rule by ", rule.window(),
                  ", expected it with days(n) or weeks(n); remove it")};
    }
  }
  return {};
}

}  // namespace plumbline::audit
