#include "audit/measures/ratchet.h"

#include <gtest/gtest.h>

#include "audit/stats/hash.h"

namespace plumbline::audit {
namespace {

using Cells = std::map<RatchetCells::Key, RatchetCells::Halves>;

RatchetHalf HalfOf(int64_t n, double target_ms, double median_ms) {
  RatchetHalf half;
  half.n[1] = n;
  half.target_ms[1] = static_cast<int64_t>(target_ms) * n;
  // All durations in the two bins about the median: linear inside a bin.
  const auto bin = static_cast<size_t>(median_ms / kRatchetBin);
  half.durations.assign(bin + 1, 0);
  half.durations[bin] = static_cast<uint32_t>(n);
  return half;
}

TEST(RatchetTest, MedianIsLinearInsideABin) {
  RatchetHalf half;
  half.durations = {0, 2, 0, 2};
  EXPECT_EQ(half.completed(), 4);
  EXPECT_DOUBLE_EQ(half.Median(), 2.0 * kRatchetBin);
  half.durations = {0, 0, 4};
  EXPECT_DOUBLE_EQ(half.Median(), 2.5 * kRatchetBin);
}

// Twelve strata over ten weeks. A fifth of the slack is taken away a week
// later; where the target is too short, `back` of it is given back. The medians
// lie in the middle of a bin, so the halves agree exactly.
Cells Panel(double cut, double back, int weeks = 10) {
  Cells cells;
  for (int s = 0; s < 12; ++s) {
    StratumKey key;
    key.level = 3;
    key.band = s;
    const double median = 1'205'000;
    double target = median + (s - 5) * 60'000 + 30'000;
    for (int week = 0; week < weeks; ++week) {
      const double median_here = median;
      cells[{key, week}] = {HalfOf(100, target, median_here),
                            HalfOf(100, target, median_here)};
      const double slack = target - median;
      const auto noise = static_cast<double>(
          static_cast<int64_t>(Mix(static_cast<uint64_t>(s * 100 + week)) %
                               20'001) -
          10'000);
      target += (slack > 0 ? cut : back) * slack + noise;
    }
  }
  return cells;
}

TEST(RatchetTest, CutWithoutRestoring) {
  const auto estimate = EstimateRatchet(Panel(-0.2, 0), 1);
  ASSERT_TRUE(estimate.ok()) << estimate.detail();
  EXPECT_EQ(estimate->strata, 12);
  EXPECT_EQ(estimate->pairs, 12 * 9);
  EXPECT_NEAR(estimate->reliability, 1, 1e-6);
  ASSERT_TRUE(estimate->cut.ok());
  EXPECT_NEAR(estimate->cut->value, -0.2, 0.05);
  EXPECT_NEAR(estimate->restore->value, 0, 0.05);
  EXPECT_LT(estimate->cut->high, 0);
  EXPECT_LT(estimate->difference->high, 0);
}

TEST(RatchetTest, BothWaysAndNone) {
  const auto both = EstimateRatchet(Panel(-0.2, -0.2), 1);
  ASSERT_TRUE(both.ok());
  EXPECT_NEAR(both->both.value, -0.2, 0.03);
  EXPECT_GT(both->difference->high, 0);
  const auto none = EstimateRatchet(Panel(0, 0), 1);
  ASSERT_TRUE(none.ok());
  EXPECT_NEAR(none->both.value, 0, 0.05);
  EXPECT_GT(none->both.high, 0);
}

TEST(RatchetTest, DegenerateCasesHaveCodes) {
  EXPECT_EQ(EstimateRatchet({}, 1).reason(), Reason::kTooFew);
  Cells few = Panel(-0.2, 0);
  std::erase_if(few,
                [](const auto& cell) { return cell.first.first.band > 4; });
  EXPECT_EQ(EstimateRatchet(few, 1).reason(), Reason::kTooFew);
  // Targets that are a constant by rule.
  Cells still = Panel(-0.2, 0);
  for (auto& [key, halves] : still) {
    halves = {HalfOf(100, 1'800'000, 1'205'000 + 10'000 * key.first.band),
              HalfOf(100, 1'800'000, 1'205'000 + 10'000 * key.first.band)};
  }
  EXPECT_EQ(EstimateRatchet(still, 1).reason(), Reason::kNotIdentified);
  // No promise in the log: nothing to pair.
  EXPECT_EQ(EstimateRatchet(Panel(-0.2, 0), 0).reason(), Reason::kTooFew);
}

}  // namespace
}  // namespace plumbline::audit
