#include "audit/findings/day_lengths.h"

#include <algorithm>
#include <random>
#include <vector>

#include "gtest/gtest.h"
#include "replay/base/interval_set.h"
#include "replay/base/units.h"

namespace plumbline::audit {
namespace {

using replay::Interval;
using replay::IntervalSet;
using replay::kHour;

// Forty days, of which one has 23 hours and one 25.
std::vector<int64_t> Starts(int64_t first) {
  std::vector<int64_t> starts = {first};
  for (int day = 0; day < 40; ++day) {
    starts.push_back(starts.back() + (day == 7    ? 23
                                      : day == 30 ? 25
                                                  : 24) *
                                         kHour);
  }
  return starts;
}

TEST(DayLengthsTest, AgreesWithTheSetOnWholeDays) {
  std::mt19937_64 random(11);
  const std::vector<int64_t> starts = Starts(1'700'000'000'000);
  for (int round = 0; round < 50; ++round) {
    std::vector<Interval> parts;
    for (int i = 0; i < 60; ++i) {
      const int64_t begin =
          starts.front() + static_cast<int64_t>(random() % (960 * kHour));
      const auto length = static_cast<int64_t>(random() % (40 * kHour));
      parts.push_back({begin, std::min(begin + length, starts.back())});
    }
    IntervalSet set;
    set.AssignUnion(parts);
    DayLengths lengths, sums;
    lengths.Assign(starts);
    for (const Interval& part : set.intervals()) lengths.Add(part);
    lengths.Finish();
    sums.Assign(starts);
    for (const Interval& part : parts) sums.Add(part);
    sums.Finish();
    for (size_t a = 0; a < starts.size(); ++a) {
      for (size_t b = a; b < starts.size(); b += 3) {
        int64_t length = -1;
        ASSERT_TRUE(lengths.Within(starts[a], starts[b], &length));
        EXPECT_EQ(length, set.LengthWithin(starts[a], starts[b]));
        int64_t sum = 0;
        for (const Interval& part : parts) {
          sum += std::max<int64_t>(0, std::min(part.end, starts[b]) -
                                          std::max(part.begin, starts[a]));
        }
        ASSERT_TRUE(sums.Within(starts[a], starts[b], &length));
        EXPECT_EQ(length, sum);
      }
    }
  }
}

TEST(DayLengthsTest, SaysNothingOfWhatItDoesNotKnow) {
  const std::vector<int64_t> starts = Starts(0);
  DayLengths lengths;
  lengths.Assign(starts);
  lengths.Add({5 * kHour, 5 * kHour});  // Empty.
  lengths.Add({kHour, 3 * kHour});
  lengths.Finish();
  int64_t length = 0;
  EXPECT_FALSE(lengths.Within(kHour, starts[1], &length));
  // Nothing lies outside of the days: all before and after them is theirs.
  ASSERT_TRUE(lengths.Within(-1000 * kHour, starts.back() + kHour, &length));
  EXPECT_EQ(length, 2 * kHour);
  lengths.Assign(starts);
  lengths.Add({-kHour, kHour});
  lengths.Finish();
  EXPECT_FALSE(lengths.Within(-2 * kHour, starts[1], &length));
  ASSERT_TRUE(lengths.Within(0, starts[1], &length));
  EXPECT_EQ(length, kHour);
}

}  // namespace
}  // namespace plumbline::audit
