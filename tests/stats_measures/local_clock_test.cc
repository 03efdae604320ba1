// The clock that keeps stretches against the time zone asked each time.

#include "audit/measures/local_clock.h"

#include <gtest/gtest.h>

#include <random>

#include "absl/time/civil_time.h"
#include "audit/measures/strata.h"

namespace plumbline::audit {
namespace {

TEST(LocalClockTest, DaysAndHoursAreThoseOfTheZone) {
  // Clocks that change at midnight, a day left out, half hours, no changes.
  for (const char* name :
       {"Asia/Shanghai", "Europe/Berlin", "America/Sao_Paulo", "Asia/Beirut",
        "Pacific/Apia", "Australia/Lord_Howe", "America/Havana", "UTC"}) {
    absl::TimeZone zone;
    ASSERT_TRUE(absl::LoadTimeZone(name, &zone)) << name;
    LocalClock clock(zone);
    HourClock hours(zone);
    std::mt19937_64 random(2);
    const int64_t first =
        absl::ToUnixMillis(absl::FromCivil(absl::CivilDay(2011, 1, 1), zone));
    for (int i = 0; i < 20'000; ++i) {
      // Now near the last one, now anywhere in nine years.
      static int64_t at = 0;
      at = random() % 50 == 0
               ? first +
                     static_cast<int64_t>(random() % (9 * 365 * uint64_t{kDay}))
               : at + static_cast<int64_t>(random() % kDay / 3);
      const absl::Time time = absl::FromUnixMillis(at);
      const absl::CivilDay civil(absl::ToCivilSecond(time, zone));
      const int64_t day = civil - absl::CivilDay(1970, 1, 1);
      ASSERT_EQ(clock.Day(at), day) << name << " " << at;
      for (const int64_t next : {day, day + 1, day + 200}) {
        ASSERT_EQ(clock.DayStart(next),
                  absl::ToUnixMillis(
                      absl::FromCivil(absl::CivilDay(1970, 1, 1) + next, zone)))
            << name << " " << at << " " << next;
      }
      const int64_t local =
          at + int64_t{zone.At(time).offset} * replay::kSecond;
      ASSERT_EQ(hours.TypeOf(at), HourTypeOf(day, local)) << name << " " << at;
      ASSERT_EQ(hours.day(), day);
      ASSERT_GT(hours.until(), at);
    }
  }
}

int64_t Date(int year, int month, int day) {
  return absl::CivilDay(year, month, day) - absl::CivilDay(1970, 1, 1);
}
int64_t Hours(const char* name, int64_t first, int64_t days) {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone(name, &zone)) << name;
  const LocalClock clock(zone);
  return (clock.DayStart(first + days) - clock.DayStart(first)) / replay::kHour;
}

// Oracle O-23 of the methods, a skipped midnight and a skipped date.
TEST(LocalClockTest, DaysAreAsLongAsTheZoneSays) {
  EXPECT_EQ(23, Hours("Europe/Berlin", Date(2024, 3, 31), 1));
  EXPECT_EQ(25, Hours("Europe/Berlin", Date(2024, 10, 27), 1));
  EXPECT_EQ(169, Hours("America/New_York", Date(2024, 11, 3), 7));
  EXPECT_EQ(23, Hours("Asia/Shanghai", Date(1986, 5, 4), 1));
  EXPECT_EQ(24, Hours("Asia/Shanghai", Date(2024, 3, 31), 1));
  EXPECT_EQ(23, Hours("America/Sao_Paulo", Date(2018, 11, 4), 1));
  EXPECT_EQ(0, Hours("Pacific/Apia", Date(2011, 12, 30), 1));
}

TEST(LocalClockTest, WeeksBeginOnMonday) {
  for (int64_t day = -1000; day < 1000; ++day) {
    const absl::CivilDay civil = absl::CivilDay(1970, 1, 1) + day;
    ASSERT_EQ(static_cast<int>(absl::GetWeekday(civil)),
              LocalClock::WeekDay(day));
    ASSERT_EQ(LocalClock::WeekDay(day) == 0,
              LocalClock::Week(day) != LocalClock::Week(day - 1));
  }
}

}  // namespace
}  // namespace plumbline::audit
