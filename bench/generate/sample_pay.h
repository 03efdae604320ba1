#ifndef PLUMBLINE_BENCH_GENERATE_SAMPLE_PAY_H_
#define PLUMBLINE_BENCH_GENERATE_SAMPLE_PAY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "bench/generate/sample_dispatch.h"

namespace plumbline::bench {

// Amounts are fen, hundredths of a yuan.
struct SamplePayLine {
  int worker = 0;
  int task = -1;  // -1: not for one task.
  const char* kind = "";
  const char* cause = "";
  const char* channel = "bank";
  int64_t amount = 0;
  int64_t earned = 0;
  int week = 0;
  int64_t paid = 0;
};

struct SampleFare {
  int task = 0;
  int64_t customer_total = 0;
  int64_t tip = 0;
};

struct SampleRating {
  int task = 0;
  int64_t score = 5;
  int64_t rated = 0;
};

struct SamplePay {
  std::vector<SamplePayLine> lines;
  std::vector<SampleFare> fares;
  std::vector<SampleRating> ratings;
};

// The published tariff, by delivered task: base 8.00, 1.50 a km from shop to
// door, 1.00 at lunch and dinner, weather 1.00 in rain (1.50 from 15
// September, announced) and 4.00 in storm. The customer pays that sum; the
// platform keeps a published 10 % of it as commission.
inline constexpr int64_t kBase = 800;
inline constexpr int64_t kPerKm = 150;
inline constexpr int64_t kPeak = 100;
inline constexpr int64_t kStorm = 400;
inline constexpr int64_t kCommissionPercent = 10;

// Planted in the unfair setting: a lower tariff for some workers, commission
// that grows by two points a week, fines for lateness of more than 20 minutes
// and for bad ratings, a deposit, a bonus for 60 hours online in a week, late
// pay in the third week, and one payment in goods.
inline constexpr int64_t kLowBase = 300;
inline constexpr int64_t kLowPerKm = 50;
inline constexpr int64_t kLateFine = 200;
inline constexpr int64_t kLateFineAfter = 1'200;
inline constexpr int64_t kReviewFine = 1'000;
inline constexpr int64_t kDeposit = 20'000;
inline constexpr int64_t kAttendanceBonus = 20'000;
inline constexpr int64_t kAttendanceHours = 60;
inline constexpr int kLatePaidWeek = 2;

int64_t CommissionPercent(const SampleCity& city, int week);
int64_t RainPay(int64_t instant);
int WeekOf(int64_t instant);
int64_t WeekStart(int week);
int64_t DueAt(int week);  // Three days after the end of the week, at noon.

// What is shown with an offer: base and distance.
int64_t ShownPay(const SampleWorker& worker, const SampleTask& task);
int64_t DistancePay(int64_t per_km, int64_t metres);

SamplePay MakePay(const SampleCity& city, const SampleRun& run);

}  // namespace plumbline::bench

#endif  // PLUMBLINE_BENCH_GENERATE_SAMPLE_PAY_H_
