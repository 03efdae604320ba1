#include "audit/findings/calendar_clock.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "absl/time/time.h"

namespace plumbline::audit {
namespace {

using replay::kHour;
using Holding = CalendarClock::Holding;

constexpr int64_t kFirst = 20'000;  // 2024-10-04.

std::vector<CompiledCalendar> Calendars() {
  CompiledCalendar holidays;
  holidays.days = {{kFirst + 3, kFirst + 5}, {kFirst + 40, kFirst + 40}};
  holidays.weekdays = 0x7F;
  holidays.daily_to = kDay;
  holidays.covers_from = kFirst - 2;
  holidays.covers_to = kFirst + 50;
  CompiledCalendar nights;
  nights.weekdays = 0x1F;
  nights.daily_from = 22 * kHour;
  nights.daily_to = 30 * kHour;
  CompiledCalendar memory = nights;
  memory.from_memory = true;
  return {holidays, nights, memory};
}

// What is remembered of days asked before says what looking anew says, in
// zones whose days have 23 and 25 hours, or begin after midnight.
TEST(CalendarClockTest, RemembersWhatIsSo) {
  std::mt19937_64 random(5);
  for (const char* name :
       {"Asia/Shanghai", "America/New_York", "America/Sao_Paulo"}) {
    absl::TimeZone zone;
    ASSERT_TRUE(absl::LoadTimeZone(name, &zone));
    LocalClock clock(zone);
    const std::vector<CompiledCalendar> calendars = Calendars();
    CalendarClock kept(zone, false);
    int held = 0;
    for (int round = 0; round < 6000; ++round) {
      const CompiledCalendar& calendar = calendars[random() % 3];
      const int64_t at =
          (kFirst - 10) * kDay + static_cast<int64_t>(random() % (75 * kDay));
      CalendarClock anew(zone, false);
      const auto& stretches = anew.Within(calendar, clock, at, at + 1);
      const Holding expected = stretches.empty()    ? Holding::kOut
                               : stretches[0].known ? Holding::kIn
                                                    : Holding::kOpen;
      held += expected == Holding::kIn;
      ASSERT_EQ(kept.Contains(calendar, clock, at), expected) << name << at;
      const auto length = static_cast<int64_t>(random() % (9 * kDay));
      ASSERT_EQ(kept.AllOut(calendar, clock, at, at + length),
                anew.Within(calendar, clock, at, at + length).empty())
          << name << at;
    }
    EXPECT_GT(held, 500);
  }
}

}  // namespace
}  // namespace plumbline::audit
