// Core time of each measure per task, on timelines made in memory: workers with
// 800 tasks in four weeks, 50 zones, whole seconds, two deadlines, four kinds
// of pay. Making the timelines is not counted. `observe_ns` is what a pass over
// the timelines costs, `finish_ns` what comes after it, both per task.
//
//   measures_bench --benchmark_filter=targets

#include <benchmark/benchmark.h>
#include <gtest/gtest.h>
#include <time.h>

#include <chrono>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "audit/measures/measure.h"
#include "audit/measures/worker_summary.h"
#include "replay/timeline/timeline_builder.h"
#include "tests/stats_measures/fake_log.h"

namespace plumbline::audit {
namespace {

using replay::kHour;
using replay::kSecond;

constexpr int kTasks = 800;  // Of one worker.
constexpr int kZones = 50;

// SplitMix64: the same worlds on every machine.
struct Random {
  uint64_t state;
  uint64_t Next() {
    uint64_t z = state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  int64_t Below(int64_t bound) {
    return static_cast<int64_t>(Next() % static_cast<uint64_t>(bound));
  }
};

// One worker at a time in buffers that are used again, as the store does.
class World {
 public:
  World() {
    for (int i = 0; i < kZones; ++i) log.store.Add(absl::StrCat("Z", i));
    log.Columns({"sessions.ended_at",    "sessions.started_at",
                 "tasks.accepted_at",    "tasks.arrived_pickup_at",
                 "tasks.completed_at",   "tasks.customer_total",
                 "tasks.limit_at",       "tasks.pay_base",
                 "tasks.pay_commission", "tasks.pay_distance",
                 "tasks.pay_tip",        "tasks.picked_up_at",
                 "tasks.placed_at",      "tasks.promised_at",
                 "tasks.ready_at",       "tasks.route_distance_m",
                 "tasks.status",         "tasks.task_id",
                 "tasks.worker_id",      "tasks.zone"});
    tasks_.resize(kTasks);
    pay_.resize(kTasks * 4);
  }

  const replay::WorkerTimeline& Make(int worker) {
    Random random{static_cast<uint64_t>(worker) * 977 + 5};
    id_ = absl::StrCat("worker", worker);
    const int home = static_cast<int>(random.Below(kZones));
    constexpr int64_t kStart = int64_t{1'767'571'200'000};  // A Monday.
    sessions_.clear();
    int64_t free_at = 0;
    for (int i = 0; i < kTasks; ++i) {
      if (i % 32 == 0) {
        free_at = kStart + (i / 32) * kDay + (7 + random.Below(4)) * kHour;
        sessions_.push_back({.started_at = free_at});
      }
      replay::Task& task = tasks_[i];
      task = replay::Task();
      task.task_id = "t";
      task.accepted_at = free_at + random.Below(300) * kSecond;
      task.placed_at = task.accepted_at - random.Below(120) * kSecond;
      task.ready_at = task.accepted_at + random.Below(600) * kSecond;
      task.arrived_pickup_at = task.accepted_at + random.Below(500) * kSecond;
      task.picked_up_at = task.arrived_pickup_at + random.Below(300) * kSecond;
      task.completed_at =
          task.picked_up_at + (60 + random.Below(900)) * kSecond;
      task.status = v1::STATUS_DELIVERED;
      task.delivered = true;
      task.route_distance = 500'000 + random.Below(6'000'000);
      task.promised_at = task.accepted_at + (900 + random.Below(900)) * kSecond;
      task.limit_at = task.promised_at + 300 * kSecond;
      task.zone = static_cast<replay::Symbol>(
          1 + (home + (random.Below(4) == 0 ? random.Below(8) : 0)) % kZones);
      task.customer_total = 20'000'000 + random.Below(30'000'000);
      replay::PayAmount* pay = &pay_[i * 4];
      pay[0] = {v1::PAY_BASE, 3'000'000 + random.Below(2'000'000)};
      pay[1] = {v1::PAY_DISTANCE, random.Below(2'000'000)};
      pay[2] = {v1::PAY_TIP, random.Below(1'000'000)};
      pay[3] = {v1::PAY_COMMISSION, random.Below(500'000)};
      task.pay = {pay, 4};
      free_at = random.Below(5) == 0 ? task.accepted_at + 60 * kSecond
                                     : task.completed_at;
      if (i % 32 == 31) {
        sessions_.back().ended_at = task.completed_at + 600 * kSecond;
      }
    }
    builder_.Begin();
    builder_.AddTasks(tasks_);
    builder_.AddSessions(sessions_);
    timeline_.worker_id = id_;
    timeline_.tasks = tasks_;
    timeline_.sessions = sessions_;
    builder_.End(&timeline_);
    return timeline_;
  }

  FakeLog log;

 private:
  std::string id_;
  std::vector<replay::Task> tasks_;
  std::vector<replay::PayAmount> pay_;
  std::vector<replay::Session> sessions_;
  replay::TimelineBuilder builder_;
  replay::WorkerTimeline timeline_;
};

// Processor time of the whole process, so that what other programs take does
// not show.
struct Clock {
  using duration = std::chrono::nanoseconds;
  using time_point = std::chrono::nanoseconds;
  static time_point now() {
    timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) +
           std::chrono::nanoseconds(time.tv_nsec);
  }
};

double Nanoseconds(Clock::duration duration) {
  return static_cast<double>(duration.count());
}

void SummarizeWorkers(benchmark::State& state) {
  World world;
  const int workers = static_cast<int>(state.range(0));
  double spent = 0;
  for (auto _ : state) {
    WorkerSummarizer summarizer(world.log.context);
    Clock::duration all{};
    for (int w = 0; w < workers; ++w) {
      const replay::WorkerTimeline& timeline = world.Make(w);
      const Clock::time_point begin = Clock::now();
      benchmark::DoNotOptimize(summarizer.Summarize(timeline));
      all += Clock::now() - begin;
    }
    spent += Nanoseconds(all);
    state.SetIterationTime(Nanoseconds(all) * 1e-9);
  }
  state.counters["observe_ns"] =
      spent / static_cast<double>(state.iterations()) / workers / kTasks;
}

// The way inside one process: observe, absorb, a second pass only if asked for.
void RunMeasure(benchmark::State& state, const std::string& id) {
  World world;
  const int workers = static_cast<int>(state.range(0));
  double observed = 0, finished = 0;
  for (auto _ : state) {
    WorkerSummarizer summarizer(world.log.context);
    Clock::duration observe{}, finish{};
    std::unique_ptr<Measure> measure =
        std::move(MakeMeasures(world.log.context, {id})[0]);
    auto show = [&] {
      for (int w = 0; w < workers; ++w) {
        const replay::WorkerTimeline& timeline = world.Make(w);
        const WorkerSummary& summary = summarizer.Summarize(timeline);
        const Clock::time_point begin = Clock::now();
        measure->Observe(timeline, summary);
        observe += Clock::now() - begin;
      }
    };
    auto absorb = [&] {
      const Clock::time_point begin = Clock::now();
      std::unique_ptr<Measure> merged =
          std::move(MakeMeasures(world.log.context, {id})[0]);
      if (!merged->Absorb(std::move(measure)).ok()) std::abort();
      finish += Clock::now() - begin;
      return merged;
    };
    show();
    std::unique_ptr<Measure> merged = absorb();
    if (!merged->complete()) {
      Clock::time_point begin = Clock::now();
      v1::MeasureState first;
      merged->Save(&first);
      measure = std::move(MakeMeasures(world.log.context, {id})[0]);
      measure->BeginSecondPass(first);
      finish += Clock::now() - begin;
      show();
      merged = absorb();
    }
    const Clock::time_point begin = Clock::now();
    v1::AuditResult result;
    merged->Conclude(&result);
    benchmark::DoNotOptimize(result);
    finish += Clock::now() - begin;
    observed += Nanoseconds(observe);
    finished += Nanoseconds(finish);
    state.SetIterationTime(Nanoseconds(observe + finish) * 1e-9);
  }
  const double tasks =
      static_cast<double>(state.iterations()) * workers * kTasks;
  state.counters["observe_ns"] = observed / tasks;
  state.counters["finish_ns"] = finished / tasks;
}

BENCHMARK(SummarizeWorkers)
    ->Arg(1000)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);
#define PLUMBLINE_MEASURE(name)              \
  BENCHMARK_CAPTURE(RunMeasure, name, #name) \
      ->Arg(1000)                            \
      ->Arg(8000)                            \
      ->Iterations(1)                        \
      ->UseManualTime()                      \
      ->Unit(benchmark::kMillisecond)
PLUMBLINE_MEASURE(hours);
PLUMBLINE_MEASURE(pay);
PLUMBLINE_MEASURE(targets);
PLUMBLINE_MEASURE(erosion);
PLUMBLINE_MEASURE(workload);
PLUMBLINE_MEASURE(durations);
PLUMBLINE_MEASURE(allocation);
PLUMBLINE_MEASURE(mdrp);

}  // namespace
}  // namespace plumbline::audit

BENCHMARK_MAIN();
