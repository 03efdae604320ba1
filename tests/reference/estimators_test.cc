// Every estimator against a value that somebody else published or computed.
// Tolerances: exact for fractions, 1e-9 relative for closed forms, 1e-7 for
// iterations, the digits printed where a source prints fewer.

#include <cmath>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "audit/stats/change_point.h"
#include "audit/stats/cluster_bootstrap.h"
#include "audit/stats/distributions.h"
#include "audit/stats/hash.h"
#include "audit/stats/least_squares.h"
#include "audit/stats/multiplicity.h"
#include "audit/stats/price_index.h"
#include "audit/stats/proportion.h"
#include "audit/stats/quantile_regression.h"
#include "audit/stats/survival.h"
#include "audit/stats/trend.h"
#include "gtest/gtest.h"

namespace plumbline::audit {
namespace {

void ExpectNear(double actual, double expected, double relative = 1e-9) {
  EXPECT_LE(std::fabs(actual - expected), relative * std::fabs(expected))
      << actual << " against " << expected;
}

std::vector<std::vector<double>> ReadCsv(const std::string& name) {
  std::ifstream stream(std::string(PLUMBLINE_REFERENCE) + "/" + name);
  std::vector<std::vector<double>> rows;
  std::string line;
  std::getline(stream, line);
  while (std::getline(stream, line)) {
    std::istringstream cells(line);
    std::string cell;
    rows.emplace_back();
    while (std::getline(cells, cell, ','))
      rows.back().push_back(std::stod(cell));
  }
  return rows;
}

// --- Distributions: values of any table, to ten digits. ---

TEST(Distributions, AreThoseOfTheTables) {
  ExpectNear(NormalQuantile(0.975), 1.959963984540, 1e-12);
  // By Simpson's rule on the density, 20,000 steps.
  ExpectNear(StudentQuantile(0.975, 39), 2.0226909200368, 1e-12);
  ExpectNear(StudentQuantile(0.975, 11), 2.2009851601, 1e-10);
  ExpectNear(ChiSquaredQuantile(0.95, 1), 3.8414588207, 1e-10);
  ExpectNear(ChiSquaredQuantile(0.95, 2), 5.9914645471, 1e-10);
  ExpectNear(NormalTwoSided(NormalQuantile(0.975)), 0.05, 1e-12);
  ExpectNear(StudentTwoSided(StudentQuantile(0.975, 7), 7), 0.05, 1e-12);
  ExpectNear(ChiSquaredUpper(3.8414588206941, 1), 0.05, 1e-10);
  // F(1, k) is the square of t(k).
  const double t = StudentQuantile(0.975, 11);
  ExpectNear(FisherUpper(t * t, 1, 11), 0.05, 1e-10);
}

TEST(Distributions, BinomialTailsAddUp) {
  // Seven heads or more in ten tosses: 176/1024.
  ExpectNear(BinomialUpper(7, 10, 0.5), 176.0 / 1024, 1e-12);
  ExpectNear(BinomialLower(6, 10, 0.5), 848.0 / 1024, 1e-12);
  EXPECT_EQ(BinomialUpper(0, 10, 0.5), 1);
  EXPECT_EQ(BinomialUpper(11, 10, 0.5), 0);
  EXPECT_EQ(BinomialLower(-1, 10, 0.5), 0);
}

TEST(Distributions, ClopperPearson) {
  const ConfidenceInterval interval = ClopperPearson(81, 263, 0.05);
  ExpectNear(interval.low, 0.2527367455, 1e-9);
  ExpectNear(interval.high, 0.3676219226, 1e-9);
  // None of 30, one-sided at 5 %.
  EXPECT_EQ(ClopperPearson(0, 30, 0.10).low, 0);
  ExpectNear(ClopperPearson(0, 30, 0.10).high, 0.0950338529, 1e-9);
  EXPECT_EQ(ClopperPearson(30, 30, 0.10).high, 1);
}

// --- Many tests: Benjamini and Hochberg 1995; adjusted values by R p.adjust.
// ---

const std::vector<double> kHochberg = {.0001, .0004, .0019, .0095, .0201,
                                       .0278, .0298, .0344, .0459, .3240,
                                       .4262, .5719, .6528, .7590, 1.000};

TEST(Multiplicity, BenjaminiHochberg1995) {
  const std::vector<double> bh = BenjaminiHochbergAdjusted(kHochberg);
  const std::vector<double> expected = {
      .0015,         .003,          .0095,         .035625,       .0603,
      .063857142857, .063857142857, .0645,         .0765,         .486,
      .581181818182, .714875,       .753230769231, .813214285714, 1};
  for (size_t i = 0; i < expected.size(); ++i) ExpectNear(bh[i], expected[i]);
  const std::vector<double> holm = HolmAdjusted(kHochberg);
  const std::vector<double> holm_expected = {.0015, .0056, .0247, .1140, .2211,
                                             .2780, .2780, .2780, .3213};
  for (size_t i = 0; i < holm_expected.size(); ++i) {
    ExpectNear(holm[i], holm_expected[i]);
  }
  EXPECT_EQ(holm.back(), 1);
  // Yekutieli is Hochberg times the harmonic number, cut at one.
  double harmonic = 0;
  for (int j = 1; j <= 15; ++j) harmonic += 1.0 / j;
  const std::vector<double> by = BenjaminiYekutieliAdjusted(kHochberg);
  for (size_t i = 0; i < bh.size(); ++i) {
    ExpectNear(by[i], std::min(1.0, bh[i] * harmonic), 1e-12);
  }
}

TEST(Multiplicity, KeepsTheOrderGiven) {
  const std::vector<double> p = {0.04, 0.001, 0.03};
  const std::vector<double> holm = HolmAdjusted(p);
  ExpectNear(holm[1], 0.003);
  ExpectNear(holm[2], 0.06);
  ExpectNear(holm[0], 0.06);
  EXPECT_TRUE(HolmAdjusted({}).empty());
}

// --- Proportions and ratios. ---

TEST(Proportion, Newcombe1998) {
  const ConfidenceInterval wilson = Wilson(81, 263, 0.05);
  ExpectNear(wilson.low, 0.2552885199);
  ExpectNear(wilson.high, 0.3662095770);
  const ConfidenceInterval difference =
      NewcombeDifference(56, 70, 48, 80, 0.05);
  EXPECT_NEAR(difference.low, 0.0524, 5e-5);
  EXPECT_NEAR(difference.high, 0.3339, 5e-5);
}

TEST(Proportion, Ratios) {
  const auto koopman = KoopmanRatio(36, 40, 16, 80, 0.05);
  ASSERT_TRUE(koopman.ok());
  ExpectNear(koopman->low, 2.939569, 2e-7);
  ExpectNear(koopman->high, 7.152223, 2e-7);
  const auto katz = KatzRatio(36, 40, 16, 80, 0.05);
  ASSERT_TRUE(katz.ok());
  ExpectNear(katz->low, 2.868550, 2e-7);
  ExpectNear(katz->high, 7.059315, 2e-7);
  const auto small = KoopmanRatio(12, 40, 48, 80, 0.05);
  ASSERT_TRUE(small.ok());
  ExpectNear(small->low, 0.293345, 2e-6);
  ExpectNear(small->high, 0.793865, 2e-6);
  EXPECT_EQ(KatzRatio(0, 10, 3, 10, 0.05).reason(), Reason::kNotIdentified);
  EXPECT_EQ(KoopmanRatio(3, 10, 0, 10, 0.05).reason(), Reason::kNotIdentified);
  const auto none = KoopmanRatio(0, 10, 5, 10, 0.05);
  ASSERT_TRUE(none.ok());
  EXPECT_EQ(none->low, 0);
  EXPECT_GT(none->high, 0);
}

TEST(Proportion, SimpsonOfBerkeley) {
  // Admissions to Berkeley 1973 by department; R mantelhaen.test.
  const std::vector<TwoByTwo> departments = {
      {512, 313, 89, 19},   {353, 207, 17, 8},  {120, 205, 202, 391},
      {138, 279, 131, 244}, {53, 138, 94, 299}, {22, 351, 24, 317}};
  const auto pooled = MantelHaenszelOddsRatio(departments);
  ASSERT_TRUE(pooled.ok());
  ExpectNear(*pooled, 0.9046968283);
  TwoByTwo all;
  for (const TwoByTwo& d : departments) {
    all.a += d.a, all.b += d.b, all.c += d.c, all.d += d.d;
  }
  ExpectNear(*MantelHaenszelOddsRatio({&all, 1}), 1.8410800372);
  EXPECT_FALSE(MantelHaenszelOddsRatio({}).ok());
}

// --- Trend and breaks: the Nile at Aswan, 1871 to 1970 (R datasets). ---

const std::vector<int64_t> kNile = {
    1120, 1160, 963,  1210, 1160, 1160, 813,  1230, 1370, 1140, 995,  935,
    1110, 994,  1020, 960,  1180, 799,  958,  1140, 1100, 1210, 1150, 1250,
    1260, 1220, 1030, 1100, 774,  840,  874,  694,  940,  833,  701,  916,
    692,  1020, 1050, 969,  831,  726,  456,  824,  702,  1120, 1100, 832,
    764,  821,  768,  845,  864,  862,  698,  845,  744,  796,  1040, 759,
    781,  865,  845,  944,  984,  897,  822,  1010, 771,  676,  649,  846,
    812,  742,  801,  1040, 860,  874,  848,  890,  744,  749,  838,  1050,
    918,  986,  797,  923,  975,  815,  1020, 906,  901,  1170, 912,  746,
    919,  718,  714,  740};

std::vector<std::optional<int64_t>> Known(const std::vector<int64_t>& values) {
  return {values.begin(), values.end()};
}

TEST(Trend, Nile) {
  const auto trend = MannKendall(Known(kNile));
  ASSERT_TRUE(trend.ok());
  EXPECT_EQ(trend->s, -1387);
  EXPECT_EQ(trend->variance, Rational(338185, 3));
  ExpectNear(trend->z, -4.1280665228);
  EXPECT_EQ(trend->slope, Rational(-13, 5));
}

TEST(Trend, SmallSeriesWorkedByHand) {
  TrendOptions options;
  options.minimum = 6;
  options.block = 2;
  options.permutations = 199;
  const auto trend = MannKendall(Known({1, 3, 2, 5, 4, 6}), options);
  ASSERT_TRUE(trend.ok());
  EXPECT_EQ(trend->s, 11);
  EXPECT_EQ(trend->variance, Rational(85, 3));
  ExpectNear(trend->z, 1.8786728733);
  EXPECT_EQ(trend->slope, 1);
  ASSERT_TRUE(trend->block_p_value.has_value());
  // The six orders of three blocks have S 11, 7, 7, -1, -1, -5: one in six. The
  // standard error of 199 draws is 0.026.
  EXPECT_NEAR(*trend->block_p_value, 1.0 / 6, 0.09);
}

TEST(Trend, GapsAndDegenerateSeries) {
  EXPECT_EQ(MannKendall(Known({1, 2, 3})).reason(), Reason::kTooFew);
  EXPECT_EQ(MannKendall(Known(std::vector<int64_t>(12, 7))).reason(),
            Reason::kNotIdentified);
  std::vector<std::optional<int64_t>> gaps = Known(kNile);
  gaps[3] = std::nullopt;
  const auto trend = MannKendall(gaps);
  ASSERT_TRUE(trend.ok());
  EXPECT_EQ(trend->n, 99);
  // Two seasons that run against each other cancel.
  TrendOptions options;
  options.minimum = 4;
  const auto seasonal =
      SeasonalMannKendall(Known({1, 9, 2, 8, 3, 7, 4, 6}), 2, options);
  ASSERT_TRUE(seasonal.ok());
  EXPECT_EQ(seasonal->s, 0);
  EXPECT_EQ(seasonal->slope, 0);
}

TEST(ChangePoint, NileBreaksAfter1898) {
  const auto one = SupF(kNile, 15, 1, 199);
  ASSERT_TRUE(one.ok());
  EXPECT_EQ(one->at, 28);
  EXPECT_EQ(one->before_mean, Rational(4391, 4));  // 1097.75
  ExpectNear(ToDouble(one->after_mean), 849.9722222222);
  ExpectNear(ToDouble(one->rss_without), 2835156.75);
  ExpectNear(ToDouble(one->rss_with), 1597457.1944444);
  ExpectNear(one->f, 75.9297694275);
  EXPECT_EQ(one->p_value, 1.0 / 200);
}

TEST(ChangePoint, PrunedAndPlainAgree) {
  const std::vector<int> many = {6, 7, 10, 19, 28, 37, 40, 45, 47, 83, 95};
  for (const int minimum : {1, 2, 4, 8}) {
    for (const int64_t penalty : {20000, 50000, 140000, 1000000}) {
      const auto pruned = ChangePoints(kNile, penalty, minimum);
      const auto plain = ChangePointsByTable(kNile, penalty, minimum);
      ASSERT_TRUE(pruned.ok() && plain.ok());
      EXPECT_EQ(pruned->breaks, plain->breaks) << minimum << " " << penalty;
      EXPECT_EQ(pruned->cost, plain->cost);
      if (minimum == 1 && penalty == 140000) {
        EXPECT_EQ(pruned->breaks, std::vector<int>{28});
      }
      if (minimum == 1 && penalty == 50000) {
        EXPECT_EQ(pruned->breaks, many);
      }
    }
  }
  const auto with_default = ChangePoints(kNile, DefaultPenalty(kNile), 4);
  ASSERT_TRUE(with_default.ok());
  EXPECT_EQ(with_default->breaks, std::vector<int>{28});
  // R strucchange dates the break within 1895 to 1902, observations 25 to 32.
  const auto intervals = BreakIntervals(kNile, *with_default, 4, 0.05, 7, 499);
  ASSERT_EQ(intervals.size(), 1u);
  EXPECT_LE(intervals[0].first, 28);
  EXPECT_GE(intervals[0].second, 28);
  EXPECT_GE(intervals[0].first, 20);
  EXPECT_LE(intervals[0].second, 36);
}

TEST(ChangePoint, DegenerateSeries) {
  EXPECT_EQ(ChangePoints({}, 1, 4).reason(), Reason::kTooFew);
  const std::vector<int64_t> flat(20, 3);
  EXPECT_EQ(SupF(flat, 4, 1, 9).reason(), Reason::kNotIdentified);
  const auto none = ChangePoints(flat, 1, 4);
  ASSERT_TRUE(none.ok());
  EXPECT_TRUE(none->breaks.empty());
}

// --- Survival: 6-MP and placebo, Freireich et al. 1963 (R survival). ---

std::vector<Count> Counts(std::vector<int64_t> values) {
  Histogram histogram(0, 1, 100);
  for (const int64_t value : values) histogram.Add(value);
  return histogram.Sorted();
}

const std::vector<Count> kDrugEvents = Counts({6, 6, 6, 7, 10, 13, 16, 22, 23});
const std::vector<Count> kDrugCensored =
    Counts({6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35});
const std::vector<Count> kControlEvents = Counts(
    {1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23});

TEST(Survival, KaplanMeierOfFreireich) {
  const auto steps = KaplanMeier(kDrugEvents, kDrugCensored);
  const std::vector<int64_t> times = {6, 7, 10, 13, 16, 22, 23};
  const std::vector<Rational> survival = {Rational(6, 7),    Rational(96, 119),
                                          Rational(64, 85),  Rational(176, 255),
                                          Rational(32, 51),  Rational(64, 119),
                                          Rational(160, 357)};
  const std::vector<double> errors = {.07636035, .08693529, .09634965,
                                      .10681471, .11405387, .12823375,
                                      .13459146};
  ASSERT_EQ(steps.size(), times.size());
  for (size_t i = 0; i < times.size(); ++i) {
    EXPECT_EQ(steps[i].time, times[i]);
    EXPECT_EQ(ExactSurvival(kDrugEvents, kDrugCensored, times[i]), survival[i]);
    ExpectNear(steps[i].survival, ToDouble(survival[i]));
    EXPECT_NEAR(steps[i].standard_error, errors[i], 5e-9);
    EXPECT_LT(steps[i].interval.low, steps[i].survival);
    EXPECT_GT(steps[i].interval.high, steps[i].survival);
  }
  EXPECT_EQ(SurvivalMedian(steps), 23);
  EXPECT_EQ(SurvivalMedian(KaplanMeier(kControlEvents, {})), 8);
  EXPECT_EQ(SurvivalMedian(KaplanMeier({}, kDrugCensored)), std::nullopt);
}

TEST(Survival, BoundsWithoutAnyAssumption) {
  const ShareBounds bounds = DurationBounds(kDrugEvents, kDrugCensored, 10);
  EXPECT_EQ(bounds.low, 5);
  EXPECT_EQ(bounds.high, 8);
  EXPECT_EQ(bounds.total, 21);
}

TEST(Survival, LogRank) {
  const auto test = LogRankTest(kDrugEvents, kDrugCensored, kControlEvents, {});
  ASSERT_TRUE(test.ok());
  EXPECT_EQ(test->observed, 9);
  ExpectNear(test->expected, 19.2505009480);
  ExpectNear(test->chi_squared, 16.7929409892);
  EXPECT_EQ(LogRankTest({}, kDrugCensored, {}, {}).reason(),
            Reason::kNotIdentified);
}

// --- Index: worked by hand in fractions. ---

TEST(PriceIndex, FallsWhileTheCrudeMeanRises) {
  const std::vector<IndexStratum> strata = {{1800 * 100, 100, 1620 * 80, 80},
                                            {2400 * 50, 50, 2280 * 120, 120}};
  const auto index = FisherIndex(strata);
  ASSERT_TRUE(index.ok());
  EXPECT_EQ(index->laspeyres, Rational(23, 25));
  EXPECT_EQ(index->paasche, Rational(14, 15));
  ExpectNear(index->fisher, 0.9266426855);
  EXPECT_EQ(index->crude_0, 2000);
  EXPECT_EQ(index->crude_1, 2016);
  EXPECT_EQ(index->matched, 1);
  const std::vector<IndexStratum> apart = {{10, 1, 0, 0}, {0, 0, 10, 1}};
  EXPECT_EQ(FisherIndex(apart).reason(), Reason::kNotIdentified);
}

// --- Least squares: NIST Statistical Reference Datasets, Longley and Norris.
// ---

TEST(LeastSquares, NistLongley) {
  // y, then x1 (times ten) to x6.
  const int64_t rows[16][7] = {{60323, 830, 234289, 2356, 1590, 107608, 1947},
                               {61122, 885, 259426, 2325, 1456, 108632, 1948},
                               {60171, 882, 258054, 3682, 1616, 109773, 1949},
                               {61187, 895, 284599, 3351, 1650, 110929, 1950},
                               {63221, 962, 328975, 2099, 3099, 112075, 1951},
                               {63639, 981, 346999, 1932, 3594, 113270, 1952},
                               {64989, 990, 365385, 1870, 3547, 115094, 1953},
                               {63761, 1000, 363112, 3578, 3350, 116219, 1954},
                               {66019, 1012, 397469, 2904, 3048, 117388, 1955},
                               {67857, 1046, 419180, 2822, 2857, 118734, 1956},
                               {68169, 1084, 442769, 2936, 2798, 120445, 1957},
                               {66513, 1108, 444546, 4681, 2637, 121950, 1958},
                               {68655, 1126, 482704, 3813, 2552, 123366, 1959},
                               {69564, 1142, 502601, 3931, 2514, 125368, 1960},
                               {69331, 1157, 518173, 4806, 2572, 127852, 1961},
                               {70551, 1169, 554894, 4007, 2827, 130081, 1962}};
  LeastSquares data(7);
  for (const auto& row : rows) {
    const int64_t x[7] = {1, row[1], row[2], row[3], row[4], row[5], row[6]};
    data.Add(x, row[0], static_cast<uint64_t>(row[6]));
  }
  const auto fit = Fit(data);
  ASSERT_TRUE(fit.ok());
  const double b[] = {-3482258.63459582, 15.0618722713733,  -0.0358191792925910,
                      -2.02022980381683, -1.03322686717359, -0.0511041056535807,
                      1829.15146461355};
  const double se[] = {890420.383607373,  84.9149257747669,  0.0334910077722432,
                       0.488399681651699, 0.214274163161675, 0.226073200069370,
                       455.478499142212};
  for (size_t j = 0; j < 7; ++j) {
    const double unit = j == 1 ? 10 : 1;  // x1 stands in tenths.
    ExpectNear(ToDouble(fit->coefficients[j]) * unit, b[j], 1e-12);
    ExpectNear(fit->standard_errors[j] * unit, se[j], 1e-12);
  }
  ExpectNear(fit->sigma, 304.854073561965, 1e-12);
  ExpectNear(ToDouble(fit->rss), 836424.055505915, 1e-12);
}

TEST(LeastSquares, NistNorris) {
  // y and x in tenths.
  const std::vector<std::pair<int, int>> rows = {
      {1, 2},       {3388, 3374}, {1181, 1182}, {8880, 8846}, {92, 101},
      {2281, 2265}, {6685, 6663}, {9985, 9963}, {4491, 4486}, {7789, 7770},
      {5592, 5582}, {3, 4},       {1, 6},       {7781, 7755}, {6688, 6669},
      {3393, 3380}, {4489, 4475}, {108, 116},   {5577, 5560}, {2283, 2281},
      {9980, 9958}, {8888, 8876}, {1196, 1202}, {3, 3},       {6, 3},
      {5576, 5568}, {3393, 3391}, {8880, 8872}, {9985, 9990}, {7789, 7790},
      {102, 111},   {1176, 1183}, {2289, 2292}, {6684, 6691}, {4492, 4489},
      {2, 5}};
  LeastSquares data(2);
  uint64_t row = 0;
  for (const auto& [y, x] : rows) {
    const int64_t design[2] = {1, x};
    data.Add(design, y, row++);
  }
  const auto fit = Fit(data);
  ASSERT_TRUE(fit.ok());
  ExpectNear(ToDouble(fit->coefficients[0]) / 10, -0.262323073774029, 1e-12);
  ExpectNear(fit->standard_errors[0] / 10, 0.232818234301152, 1e-12);
  ExpectNear(ToDouble(fit->coefficients[1]), 1.00211681802045, 1e-12);
  ExpectNear(fit->standard_errors[1], 0.429796848199937e-3, 1e-12);
  ExpectNear(fit->sigma / 10, 0.884796396144373, 1e-12);
}

// Petersen's panel, 12 firms; y and x in units of 1e-9.
LeastSquares Petersen() {
  LeastSquares data(2);
  for (const auto& row : ReadCsv("petersen_12_firms.csv")) {
    const int64_t x[2] = {1000000000, std::llround(row[2] * 1e9)};
    data.Add(x, std::llround(row[3] * 1e9), static_cast<uint64_t>(row[0]));
  }
  return data;
}

TEST(ClusterErrors, ClubSandwichOnPetersen) {
  const LeastSquares data = Petersen();
  ASSERT_EQ(data.rows(), 120);
  const auto fit = Fit(data);
  ASSERT_TRUE(fit.ok());
  ExpectNear(ToDouble(fit->coefficients[0]), -.225868745, 5e-9);
  ExpectNear(ToDouble(fit->coefficients[1]), .998671166, 5e-9);
  struct Row {
    ClusterRobust kind;
    double constant, slope;
  };
  for (const Row& row : {Row{ClusterRobust::kCr0, .4689741559, .3501880565},
                         Row{ClusterRobust::kCr1, .4898275306, .3657594961},
                         Row{ClusterRobust::kCr1s, .4918986922, .3673060548},
                         Row{ClusterRobust::kCr2, .5068703143, .3835549283},
                         Row{ClusterRobust::kCr3, .5482955114, .4202095525},
                         Row{ClusterRobust::kCv3, .5249529856, .4023200165}}) {
    const auto errors = ClusterErrors(data, *fit, row.kind);
    ASSERT_TRUE(errors.ok());
    ExpectNear(errors->standard_errors[0], row.constant, 1e-8);
    ExpectNear(errors->standard_errors[1], row.slope, 1e-8);
    EXPECT_EQ(errors->clusters, 12);
    if (row.kind == ClusterRobust::kCr2) {
      ExpectNear(errors->degrees[0], 9.76674815, 1e-7);
      ExpectNear(errors->degrees[1], 7.75789185, 1e-7);
    }
  }
}

TEST(ClusterErrors, BlocksMergeToTheSameBits) {
  LeastSquares one(2), two(2), whole = Petersen();
  for (const auto& row : ReadCsv("petersen_12_firms.csv")) {
    const int64_t x[2] = {1000000000, std::llround(row[2] * 1e9)};
    (static_cast<int>(row[1]) % 2 == 0 ? one : two)
        .Add(x, std::llround(row[3] * 1e9), static_cast<uint64_t>(row[0]));
  }
  two.Merge(one);
  const auto a = Fit(whole), b = Fit(two);
  ASSERT_TRUE(a.ok() && b.ok());
  EXPECT_EQ(a->coefficients, b->coefficients);
  const auto errors_a = ClusterErrors(whole, *a, ClusterRobust::kCr2);
  const auto errors_b = ClusterErrors(two, *b, ClusterRobust::kCr2);
  EXPECT_EQ(errors_a->covariance, errors_b->covariance);
}

TEST(ClusterErrors, WildBootstrapOnPetersen) {
  const LeastSquares data = Petersen();
  const auto test = WildClusterBootstrap(data, 1, 42);
  ASSERT_TRUE(test.ok());
  ExpectNear(test->t, 2.8518138962, 1e-8);
  EXPECT_EQ(test->as_large, 156);
  EXPECT_EQ(test->draws, 4096);
  const auto webb = WildClusterBootstrap(data, 1, 42, 1999, true);
  ASSERT_TRUE(webb.ok());
  EXPECT_NEAR(webb->p_value, 156.0 / 4096, 0.02);
  const auto fit = Fit(data);
  const auto change = LargestLeaveOneOut(data, *fit, 1);
  ASSERT_TRUE(change.ok());
  EXPECT_GT(*change, 0);
}

TEST(ClusterErrors, DegenerateDesigns) {
  LeastSquares collinear(2);
  for (int64_t i = 0; i < 10; ++i) {
    const int64_t x[2] = {1, 3};
    collinear.Add(x, i, static_cast<uint64_t>(i));
  }
  EXPECT_EQ(Fit(collinear).reason(), Reason::kNotIdentified);
  LeastSquares few(2);
  const int64_t x[2] = {1, 1};
  few.Add(x, 1, 0);
  EXPECT_EQ(Fit(few).reason(), Reason::kTooFew);
  LeastSquares one_cluster(1);
  for (int64_t i = 0; i < 5; ++i) {
    const int64_t constant[1] = {1};
    one_cluster.Add(constant, i, 0);
  }
  const auto fit = Fit(one_cluster);
  ASSERT_TRUE(fit.ok());
  EXPECT_EQ(fit->coefficients[0], 2);
  EXPECT_EQ(ClusterErrors(one_cluster, *fit, ClusterRobust::kCr1).reason(),
            Reason::kTooFew);
  EXPECT_EQ(WildClusterBootstrap(one_cluster, 0, 1).reason(), Reason::kTooFew);
}

TEST(ClusterErrors, TwoWaysAreNeverNegative) {
  RobustErrors one, two, both;
  one.covariance = {{1, 0}, {0, 1}};
  two.covariance = {{1, 0}, {0, 1}};
  both.covariance = {{1, 0}, {0, 5}};  // Leaves -3 for the second.
  const auto v = TwoWayCovariance(one, two, both);
  EXPECT_NEAR(v[0][0], 1, 1e-12);
  EXPECT_NEAR(v[1][1], 0, 1e-12);
}

// --- Quantile regression: R quantreg rq on Engel; stackloss in fractions. ---

TEST(QuantileRegression, Engel) {
  QuantileData data;
  data.columns = 2;
  for (const auto& row : ReadCsv("engel.csv")) {
    data.x.push_back(10000000);
    data.x.push_back(std::llround(row[0] * 1e7));
    data.y.push_back(std::llround(row[1] * 1e7));
  }
  ASSERT_EQ(data.y.size(), 235u);
  struct Row {
    int64_t hundredths;
    double constant, slope, objective;
  };
  for (const Row& row : {Row{5, 124.880041, .34336106, 2174.317315},
                         Row{10, 110.141574, .40176576, 3869.932161},
                         Row{25, 95.483540, .47410321, 7082.315898},
                         Row{50, 81.482247, .56018055, 8779.966323},
                         Row{75, 62.396586, .64401414, 6529.250284},
                         Row{90, 67.350872, .68629948, 3391.983711},
                         Row{95, 64.103963, .70906852, 1900.244224}}) {
    QuantileOptions options;
    options.numerator = row.hundredths;
    options.denominator = 100;
    options.minimum_per_column = 5;
    const auto fit = QuantileRegression(data, options);
    ASSERT_TRUE(fit.ok()) << fit.detail();
    EXPECT_TRUE(fit->certified) << row.hundredths;
    ExpectNear(fit->coefficients[0], row.constant, 2e-8);
    ExpectNear(fit->coefficients[1], row.slope, 2e-8);
    ExpectNear(fit->objective / 1e7, row.objective, 1e-9);
    EXPECT_LE(fit->iterations, 30);
  }
}

TEST(QuantileRegression, StacklossIsExact) {
  const int64_t rows[21][4] = {
      {42, 80, 27, 89}, {37, 80, 27, 88}, {37, 75, 25, 90}, {28, 62, 24, 87},
      {18, 62, 22, 87}, {18, 62, 23, 87}, {19, 62, 24, 93}, {20, 62, 24, 93},
      {15, 58, 23, 87}, {14, 58, 18, 80}, {14, 58, 18, 89}, {13, 58, 17, 88},
      {11, 58, 18, 82}, {12, 58, 19, 93}, {8, 50, 18, 89},  {7, 50, 18, 86},
      {8, 50, 19, 72},  {8, 50, 19, 79},  {9, 50, 20, 80},  {15, 56, 20, 82},
      {15, 70, 20, 91}};
  QuantileData data;
  data.columns = 4;
  for (const auto& row : rows) {
    data.x.insert(data.x.end(), {1, row[1], row[2], row[3]});
    data.y.push_back(row[0]);
  }
  QuantileOptions options;
  options.minimum_per_column = 0;
  const auto median = QuantileRegression(data, options);
  ASSERT_TRUE(median.ok());
  EXPECT_TRUE(median->certified);
  EXPECT_TRUE(median->unique);
  const std::vector<Rational> exact = {Rational(-13693, 345),
                                       Rational(287, 345), Rational(66, 115),
                                       Rational(-7, 115)};
  EXPECT_EQ(median->exact, exact);
  EXPECT_EQ(median->exact_objective, Rational(7259, 345));
  // The first quartile is tied: optimal, not a single point.
  options.numerator = 1;
  options.denominator = 4;
  const auto quartile = QuantileRegression(data, options);
  ASSERT_TRUE(quartile.ok());
  EXPECT_TRUE(quartile->certified);
  EXPECT_FALSE(quartile->unique);
  EXPECT_EQ(quartile->exact_objective, Rational(133, 8));  // 16.625
  options.numerator = 3;
  const auto upper = QuantileRegression(data, options);
  ASSERT_TRUE(upper.ok());
  EXPECT_TRUE(upper->certified);
  ExpectNear(upper->objective, 16.2521551724);
  ExpectNear(ToDouble(upper->exact[1]), .8706896552);
}

TEST(QuantileRegression, WeightsAreRepeatedRows) {
  QuantileData weighted, repeated;
  weighted.columns = repeated.columns = 2;
  for (int64_t i = 0; i < 200; ++i) {
    const auto hash = Mix(static_cast<uint64_t>(i));
    const auto x = static_cast<int64_t>(hash % 1000);
    const auto y = 2 * x + static_cast<int64_t>(hash >> 32) % 700;
    const auto weight = static_cast<int64_t>(hash >> 20) % 4;
    weighted.x.insert(weighted.x.end(), {1, x});
    weighted.y.push_back(y);
    weighted.weights.push_back(weight);
    for (int64_t k = 0; k < weight; ++k) {
      repeated.x.insert(repeated.x.end(), {1, x});
      repeated.y.push_back(y);
    }
  }
  QuantileOptions options;
  options.numerator = 3;
  options.denominator = 10;
  const auto a = QuantileRegression(weighted, options);
  const auto b = QuantileRegression(repeated, options);
  ASSERT_TRUE(a.ok() && b.ok());
  EXPECT_TRUE(a->certified && b->certified);
  EXPECT_EQ(a->exact_objective, b->exact_objective);
}

TEST(QuantileRegression, DegenerateDesigns) {
  QuantileData data;
  data.columns = 2;
  for (int64_t i = 0; i < 100; ++i) {
    data.x.insert(data.x.end(), {1, 2});
    data.y.push_back(i);
  }
  EXPECT_EQ(QuantileRegression(data, {}).reason(), Reason::kNotIdentified);
  data.x.resize(20);
  data.y.resize(10);
  EXPECT_EQ(QuantileRegression(data, {}).reason(), Reason::kTooFew);
}

// --- Bootstrap by hashes: coverage of a mean of clusters. ---

TEST(ClusterBootstrap, CoversTheTruth) {
  // 40 clusters with means of spread one around zero; 60 worlds. A binomial
  // with p = 0.94 leaves fewer than 50 of 60 in one case of 10,000.
  int covered = 0;
  for (uint64_t world = 0; world < 60; ++world) {
    std::vector<double> means;
    for (uint64_t k = 0; k < 40; ++k) {
      const double u = (static_cast<double>(HashOf(world, k, 99) >> 11) + 0.5) /
                       9007199254740992.0;
      means.push_back(NormalQuantile(u));
    }
    const auto interval = BootstrapInterval(
        40, {.replicates = 199}, [&](int b) -> std::optional<double> {
          double sum = 0, weights = 0;
          for (uint64_t k = 0; k < 40; ++k) {
            const double weight =
                PoissonWeight(world, k, static_cast<uint64_t>(b));
            sum += weight * means[k];
            weights += weight;
          }
          if (weights == 0) return std::nullopt;
          return sum / weights;
        });
    ASSERT_TRUE(interval.ok());
    covered += interval->low <= 0 && 0 <= interval->high;
  }
  EXPECT_GE(covered, 50);
  EXPECT_LT(covered, 60);
}

TEST(ClusterBootstrap, DegenerateCases) {
  const auto one = [](int) -> std::optional<double> { return 1.0; };
  EXPECT_EQ(BootstrapInterval(3, {}, one).reason(), Reason::kTooFew);
  const auto none = [](int) -> std::optional<double> { return std::nullopt; };
  EXPECT_EQ(BootstrapInterval(50, {}, none).reason(), Reason::kNotIdentified);
  int calls = 0;
  const auto rising = [&](int b) -> std::optional<double> {
    ++calls;
    return b;
  };
  const auto interval = BootstrapInterval(50, {}, rising);
  ASSERT_TRUE(interval.ok());
  EXPECT_EQ(calls, 999);
  EXPECT_EQ(interval->low, 24);  // Order statistics 25 and 975 of 0..998.
  EXPECT_EQ(interval->high, 974);
}

// t.975(5) is 2.5705818366, t.975(38) 2.0243941639.
TEST(ClusterBootstrap, OnePolicyForAllIntervals) {
  std::vector<double> replicates;
  for (int b = 1; b <= 999; ++b) replicates.push_back(b);
  EXPECT_FALSE(IntervalOf(500, 1, 5, replicates).has_value());
  const auto few = IntervalOf(500, 2, 6, replicates);
  ASSERT_TRUE(few.has_value());
  EXPECT_NEAR(few->high, 500 + 2 * 2.5705818366, 1e-8);
  EXPECT_NEAR(IntervalOf(500, 1, 39, replicates)->low, 500 - 2.0243941639,
              1e-8);
  const auto more = IntervalOf(500, 1, 40, replicates);
  EXPECT_TRUE(more->replicated);
  EXPECT_EQ(more->low, 25);
  EXPECT_EQ(more->high, 975);
  EXPECT_FALSE(IntervalOf(500, 1, 300'000, {})->replicated);
  EXPECT_TRUE(WantsReplicates(200'000));
  EXPECT_FALSE(WantsReplicates(200'001));
}

TEST(Distributions, PValueOfAValueAndItsError) {
  EXPECT_NEAR(StudentPValue(2 * 2.5705818366, 2, 5), 0.05, 1e-9);
  EXPECT_EQ(StudentPValue(0, 0, 5), 1);
  EXPECT_EQ(StudentPValue(0.1, 0, 5), 0);
}

}  // namespace
}  // namespace plumbline::audit
