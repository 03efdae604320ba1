#include "bench/generate/sample_pay.h"

#include <algorithm>

#include "bench/generate/random.h"
#include "bench/generate/sample_limits.h"

namespace plumbline::bench {
namespace {

constexpr int kWeeks = kSampleDays / 7;

class PayOffice {
 public:
  explicit PayOffice(const SampleCity& city) : city_(city) {}

  void PayTask(const SampleTask& task, int number) {
    Random random(Mix({city_.seed, 6, static_cast<uint64_t>(number)}));
    const SampleWorker& worker = city_.workers[task.worker];
    const int week = WeekOf(task.completed);
    int64_t total = 0;
    const auto credit = [&](const char* kind, int64_t amount) {
      total += amount;
      Add(task.worker, number, kind, "", amount, task.completed);
    };
    credit("base", worker.low_rate ? kLowBase : kBase);
    credit("distance", DistancePay(worker.low_rate ? kLowPerKm : kPerKm,
                                   task.dropoff_distance));
    if (HourKind(task.accepted) != 2) credit("peak", kPeak);
    if (task.sky != Sky::kDry) {
      credit("weather",
             task.sky == Sky::kRain ? RainPay(task.accepted) : kStorm);
    }
    SampleFare fare{number, total, 0};
    Add(task.worker, number, "commission", "",
        (total * CommissionPercent(city_, week) + 50) / 100, task.completed);
    if (random.Chance(0.05)) {
      fare.tip = random.Between(2, 10) * 100;
      fare.customer_total += fare.tip;
      Add(task.worker, number, "tip", "", fare.tip, task.completed);
    }
    pay_.fares.push_back(fare);
    const bool late = task.completed - task.limit > kLateFineAfter;
    if (city_.unfair() && late) {
      Add(task.worker, number, "late_fine", "late", kLateFine, task.completed);
    }
    Rate(task, number, random);
  }

  void PayWeeks() {
    for (int worker = 0; worker < kSampleWorkers; ++worker) {
      for (int week = 0; city_.unfair() && week < kWeeks; ++week) {
        int64_t online = 0;
        for (const SampleSession& session : city_.workers[worker].sessions) {
          if (WeekOf(session.from) == week) online += session.to - session.from;
        }
        if (online >= kAttendanceHours * 3600) {
          Add(worker, -1, "bonus", "", kAttendanceBonus,
              WeekStart(week + 1) - 1);
        }
        if (week == 0 && worker % 20 == 2) {
          Add(worker, -1, "deposit", "equipment", kDeposit, WeekStart(0));
        }
        if (week == 1 && worker == 40) {
          Add(worker, -1, "bonus", "", 5'000, WeekStart(1));
          pay_.lines.back().channel = "goods";
        }
      }
    }
  }

  SamplePay Take() { return std::move(pay_); }

 private:
  void Add(int worker, int task, const char* kind, const char* cause,
           int64_t amount, int64_t earned) {
    SamplePayLine line;
    line.worker = worker;
    line.task = task;
    line.kind = kind;
    line.cause = cause;
    line.amount = amount;
    line.earned = earned;
    line.week = WeekOf(earned);
    const bool late =
        city_.unfair() && line.week == kLatePaidWeek && worker % 10 == 7;
    line.paid = DueAt(line.week) + (late ? 5 : -1) * kDaySeconds;
    pay_.lines.push_back(line);
  }

  void Rate(const SampleTask& task, int number, Random& random) {
    if (!random.Chance(0.3)) return;
    const bool late = task.completed > task.promised;
    const double draw = random.Unit();
    SampleRating rating;
    rating.task = number;
    rating.score = draw < (late ? 0.06 : 0.02)   ? 1
                   : draw < (late ? 0.12 : 0.04) ? 2
                   : draw < 0.25                 ? 4
                                                 : 5;
    rating.rated = task.completed + random.Between(300, 7'200);
    pay_.ratings.push_back(rating);
    if (city_.unfair() && rating.score == 1) {
      Add(task.worker, number, "review_fine", "rating", kReviewFine,
          task.completed);
    }
  }

  const SampleCity& city_;
  SamplePay pay_;
};

}  // namespace

int64_t CommissionPercent(const SampleCity& city, int week) {
  return kCommissionPercent + (city.unfair() ? 2 * week : 0);
}

int64_t RainPay(int64_t instant) { return instant < At(14, 0) ? 100 : 150; }

int WeekOf(int64_t instant) {
  return static_cast<int>(std::min<int64_t>(
      (instant - kSampleStart) / (7 * kDaySeconds), kWeeks - 1));
}

int64_t WeekStart(int week) { return At(week * 7, 0); }

int64_t DueAt(int week) { return At(week * 7 + 10, 12); }

int64_t DistancePay(int64_t per_km, int64_t metres) {
  return (per_km * metres + 500) / 1'000;
}

int64_t ShownPay(const SampleWorker& worker, const SampleTask& task) {
  return worker.low_rate
             ? kLowBase + DistancePay(kLowPerKm, task.dropoff_distance)
             : kBase + DistancePay(kPerKm, task.dropoff_distance);
}

SamplePay MakePay(const SampleCity& city, const SampleRun& run) {
  PayOffice office(city);
  for (size_t i = 0; i < run.tasks.size(); ++i) {
    if (run.tasks[i].delivered()) {
      office.PayTask(run.tasks[i], static_cast<int>(i));
    }
  }
  office.PayWeeks();
  return office.Take();
}

}  // namespace plumbline::bench
