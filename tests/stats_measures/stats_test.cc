#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <random>
#include <string>

#include "audit/stats/chance_gini.h"
#include "audit/stats/decimal.h"
#include "audit/stats/fixed_divisor.h"
#include "audit/stats/hash.h"
#include "audit/stats/histogram.h"
#include "audit/stats/inequality.h"

namespace plumbline::audit {
namespace {

using ::testing::ElementsAre;

double Number(const std::optional<std::string>& text) {
  return std::strtod(text.value_or("nan").c_str(), nullptr);
}

// The vector of the R packages ineq and acid; gini 76922/166465 and Jain
// 1108423849/2040400265 are exact, the rest printed by R to ten digits.
TEST(InequalityTest, PublishedVector) {
  const InequalityFigures figures =
      Inequality({541, 1463, 2445, 3438, 4437, 5401, 6392, 8304, 11904, 22261});
  EXPECT_EQ(figures.gini, RatioText(76922, 166465));
  EXPECT_NEAR(Number(figures.gini), .4620911303, 5e-11);
  EXPECT_NEAR(Number(figures.gini_corrected), .5134345892, 5e-11);
  EXPECT_NEAR(Number(figures.theil_t), .3623412423, 5e-11);
  EXPECT_NEAR(Number(figures.theil_l), .4335946495, 5e-11);
  EXPECT_EQ(figures.jain, RatioText(1108423849, 2040400265));
  // One of ten is the best tenth.
  EXPECT_EQ(figures.top10_share, RatioText(22261, 66586));
  EXPECT_EQ(figures.lorenz.front(), "0.000000000000");
  EXPECT_EQ(figures.lorenz[1], RatioText(541, 2 * 66586));  // Half of one.
  EXPECT_EQ(figures.lorenz[2], RatioText(541, 66586));
  EXPECT_EQ(figures.lorenz.back(), "1.000000000000");
}

// Stoermann 2009 prints L of this vector as "theil".
TEST(InequalityTest, BothTheilsOfStoermann) {
  const InequalityFigures figures = Inequality({10, 10, 10, 20, 50});
  EXPECT_NEAR(Number(figures.theil_l), .2326301620, 5e-11);
  EXPECT_NEAR(Number(figures.theil_t), .2502012118, 5e-11);
}

TEST(InequalityTest, OneOfFiveTakesAll) {
  const InequalityFigures figures = Inequality({0, 0, 0, 0, 7});
  EXPECT_EQ(figures.gini, "0.800000000000");
  EXPECT_EQ(figures.gini_corrected, "1.000000000000");
  EXPECT_EQ(figures.theil_l, std::nullopt);
  EXPECT_NEAR(Number(figures.theil_t), 1.6094379124341003, 1e-12);  // ln 5
}

// Jain, Chiu and Hawe 1984: k of n equal and the rest nothing give k/n.
TEST(InequalityTest, JainOfTwentyOfHundred) {
  std::vector<int64_t> values(100, 0);
  std::fill(values.begin(), values.begin() + 20, 3);
  EXPECT_EQ(Inequality(values).jain, "0.200000000000");
}

TEST(InequalityTest, NothingToShareIsAbsent) {
  EXPECT_EQ(Inequality({0, 0}).gini, std::nullopt);
  EXPECT_EQ(Inequality({5}).gini, std::nullopt);
  EXPECT_EQ(Inequality({}).n, 0);
}

// Two groups together: gini 31/91.
TEST(InequalityTest, TwoGroups) {
  EXPECT_EQ(Inequality({100, 200, 300, 200, 400, 600, 800}).gini,
            RatioText(31, 91));
}

TEST(InequalityTest, RatesOfEqualTimesAreValues) {
  const std::vector<int64_t> values = {541,  1463, 2445, 3438,  4437,
                                       5401, 6392, 8304, 11904, 22261};
  std::vector<Rate> rates;
  for (const int64_t value : values) rates.push_back({value, 7});
  const InequalityFigures of_values = Inequality(values);
  const InequalityFigures of_rates = InequalityOfRates(rates);
  EXPECT_EQ(of_rates.gini, of_values.gini);
  EXPECT_EQ(of_rates.jain, of_values.jain);
  EXPECT_EQ(of_rates.theil_t, of_values.theil_t);
  EXPECT_EQ(of_rates.lorenz, of_values.lorenz);
}

TEST(InequalityTest, ShuffleAndDuplicationChangeNothing) {
  std::mt19937 random(1);
  std::vector<int64_t> values;
  for (int i = 0; i < 40; ++i) values.push_back(random() % 1000);
  const InequalityFigures figures = Inequality(values);
  std::shuffle(values.begin(), values.end(), random);
  EXPECT_EQ(Inequality(values).gini, figures.gini);
  const size_t size = values.size();
  for (size_t i = 0; i < size; ++i) values.push_back(values[i]);
  EXPECT_EQ(Inequality(values).gini, figures.gini);
  EXPECT_EQ(Inequality(values).jain, figures.jain);
}

// exp(-2m)(I0 + I1), by mpmath to ten digits.
TEST(ChanceGiniTest, ClosedForm) {
  EXPECT_NEAR(ChanceGini(1), .5237776118, 5e-11);
  EXPECT_NEAR(ChanceGini(5), .2490960185, 5e-11);
  EXPECT_NEAR(ChanceGini(10), .1772865341, 5e-11);
  EXPECT_NEAR(ChanceGini(20), .1257605089, 5e-11);
  EXPECT_NEAR(ChanceGini(30), .1027911794, 5e-11);
  EXPECT_EQ(ChanceGini(0), 0);
}

TEST(ChanceGiniTest, SeriesMeetsBesselFunctions) {
  // The two branches meet at a mean of 50.
  EXPECT_NEAR(ChanceGini(49.9999999) / ChanceGini(50.0000001), 1, 1e-8);
  EXPECT_NEAR(ChanceGini(1e6) * std::sqrt(M_PI * 1e6), 1, 1e-6);
}

TEST(ChanceGiniTest, SimulationOfEqualHoursMeetsClosedForm) {
  const std::vector<int64_t> times(400, 3'600'000);
  // 999 draws of 400: the error of the mean is below 0.001; small samples pull
  // the Gini down by 1/n.
  const double simulated = ChanceGiniOfRates(times, 400 * 20, 7);
  EXPECT_NEAR(simulated * 400 / 399, ChanceGini(20), .001);
}

// SplitMix64 and the weights that the methods print for seed 42.
TEST(HashTest, Vectors) {
  EXPECT_EQ(Mix(0), 0xe220a8397b1dcdafu);
  std::vector<int> by_replicate, by_key;
  for (int b = 0; b < 10; ++b) by_replicate.push_back(PoissonWeight(42, 7, b));
  for (int k = 0; k < 10; ++k) by_key.push_back(PoissonWeight(42, k, 0));
  EXPECT_THAT(by_replicate, ElementsAre(0, 0, 0, 3, 0, 1, 1, 0, 0, 3));
  EXPECT_THAT(by_key, ElementsAre(1, 1, 0, 0, 2, 1, 2, 0, 1, 0));
}

TEST(HashTest, PoissonDrawHasItsMeanAndVariance) {
  for (const double mean : {0.5, 9.0, 12.0, 800.0}) {
    SCOPED_TRACE(mean);
    double sum = 0, squares = 0;
    constexpr int kDraws = 20000;
    for (int i = 0; i < kDraws; ++i) {
      const double draw = static_cast<double>(PoissonDraw(mean, 3, i, 0));
      sum += draw;
      squares += draw * draw;
    }
    const double average = sum / kDraws;
    EXPECT_NEAR(average / mean, 1, 4 / std::sqrt(mean * kDraws));
    EXPECT_NEAR((squares / kDraws - average * average) / mean, 1, .06);
  }
}

TEST(DecimalTest, RoundsHalfAwayFromZero) {
  EXPECT_EQ(RatioText(1, 3, 4), "0.3333");
  EXPECT_EQ(RatioText(2, 3, 4), "0.6667");
  EXPECT_EQ(RatioText(-1, 8, 2), "-0.13");
  EXPECT_EQ(RatioText(9999, 1000, 2), "10.00");
  EXPECT_EQ(RatioText(-1, 1000, 2), "0.00");
  EXPECT_EQ(RatioText(7, 2, 0), "4");
  EXPECT_EQ(MoneyText(5'408'000'000), "5408.00");
  EXPECT_EQ(MoneyText(-1'234'500), "-1.2345");
  EXPECT_EQ(RoundSeconds(1499), 1);
  EXPECT_EQ(RoundSeconds(1500), 2);
  EXPECT_EQ(RoundSeconds(-1500), -1);
  EXPECT_EQ(RoundSeconds(-1501), -2);
}

TEST(DecimalTest, FixedMeansHaveTwelveTrueDigits) {
  const Int128 third = FixedPoint(1, 3, 60);
  EXPECT_EQ(FixedMeanText(third * 3, 3, 60), "0.333333333333");
  EXPECT_EQ(FixedMeanText(-third, 1, 60), "-0.333333333333");
}

// The ways in words against the definition, about where they change over.
TEST(DecimalTest, FixedPointIsTheNearestWhateverTheWay) {
  std::mt19937_64 random(9);
  for (int i = 0; i < 200'000; ++i) {
    const int bits = i % 2 == 0 ? 60 : 1 + static_cast<int>(random() % 61);
    const Int128 by = 1 + static_cast<Int128>(random() >> (random() % 60 + 2));
    const Int128 value = static_cast<Int128>(random() >> (random() % 60 + 2));
    const Int128 fixed = FixedPoint(value, by, bits);
    const Int128 rest = (value << bits) - fixed * by;  // In [-by/2, by/2).
    ASSERT_TRUE(2 * rest < by && -2 * rest <= by) << i;
    ASSERT_EQ(FixedPoint(-value, by, bits), -fixed) << i;
  }
}

TEST(DecimalTest, ADivisorGivesTheSameFixedPoints) {
  std::mt19937_64 random(10);
  for (int i = 0; i < 20'000; ++i) {
    const int bits = i % 2 == 0 ? 60 : 1 + static_cast<int>(random() % 60);
    const int64_t by =
        1 + static_cast<int64_t>(random() >> (random() % 62 + 2));
    const FixedDivisor divisor(by, bits);
    for (const int64_t value :
         {int64_t{0}, by, by - 1, by / 2, int64_t{1} << 32,
          static_cast<int64_t>(random() >> (random() % 62 + 2)),
          static_cast<int64_t>(random() >> 32)}) {
      ASSERT_EQ(divisor.Of(value), FixedPoint(value, by, bits))
          << value << " / " << by << " in " << bits;
    }
  }
}

// numpy.quantile([1, 2, 4, 8], [.1, .5, .9]) is 1.3, 3, 6.8.
TEST(HistogramTest, QuantilesOfTypeSeven) {
  Histogram histogram;
  for (const int64_t value : {8000, 1000, 4000, 2000}) histogram.Add(value);
  const std::vector<Count> counts = histogram.Sorted();
  EXPECT_EQ(SecondsText(*QuantileType7(counts, 1, 10)), "1.300000000000");
  EXPECT_EQ(SecondsText(*QuantileType7(counts, 1, 2)), "3.000000000000");
  EXPECT_EQ(SecondsText(*QuantileType7(counts, 9, 10)), "6.800000000000");
  EXPECT_EQ(QuantileType1(counts, 1, 2), 2000);
  EXPECT_EQ(QuantileType7({}, 1, 2), std::nullopt);
}

TEST(HistogramTest, QuantilesEqualThoseOfTheSortedList) {
  std::mt19937_64 random(5);
  for (int trial = 0; trial < 50; ++trial) {
    std::vector<int64_t> values;
    Histogram histogram(-5000, 1000, 50);
    const size_t size = 1 + random() % 60;
    for (size_t i = 0; i < size; ++i) {
      const int64_t value = static_cast<int64_t>(random() % 100000) - 20000;
      values.push_back(random() % 2 ? value : value / 1000 * 1000);
      histogram.Add(values.back());
    }
    std::sort(values.begin(), values.end());
    for (int percent = 0; percent <= 100; percent += 5) {
      const int64_t h = static_cast<int64_t>(size - 1) * percent;
      const int64_t low = values[h / 100];
      const int64_t high = values[std::min<size_t>(h / 100 + 1, size - 1)];
      const Fraction quantile =
          *QuantileType7(histogram.Sorted(), percent, 100);
      EXPECT_EQ(
          static_cast<int64_t>(quantile.numerator * 100 / quantile.denominator),
          low * 100 + h % 100 * (high - low));
    }
  }
}

TEST(HistogramTest, MergeIsAddition) {
  std::mt19937 random(9);
  Histogram whole, left, right;
  for (int i = 0; i < 100000; ++i) {
    const int64_t value = random() % 2 ? random() % 50 * 1000 : random() % 9999;
    whole.Add(value);
    (i % 3 ? left : right).Add(value);
  }
  left.Merge(right.Sorted());
  EXPECT_EQ(left.Sorted(), whole.Sorted());
  EXPECT_EQ(TotalCount(whole.Sorted()), 100000);
}

}  // namespace
}  // namespace plumbline::audit
