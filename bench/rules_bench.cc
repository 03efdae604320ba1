// What the judge costs a task: the packs that an audit of a Chinese city takes
// by itself, on workers of 800 tasks in four weeks.
#include <benchmark/benchmark.h>

#include <deque>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "audit/findings/judge.h"
#include "audit/rules/rule_pack.h"
#include "audit/rules/text.h"
#include "gtest/gtest.h"
#include "tests/stats_measures/fake_log.h"

namespace plumbline::audit {
namespace {

constexpr int kTasks = 800;

std::vector<FakeWorker> Workers(replay::Symbol city, replay::Symbol vehicle,
                                int64_t start, int64_t cents) {
  std::mt19937_64 random(7);
  std::vector<FakeWorker> workers(4);
  for (size_t w = 0; w < workers.size(); ++w) {
    FakeWorker& worker = workers[w];
    worker.id = Cat("W", w);
    for (int day = 0; day < 28; ++day) {
      const int64_t morning =
          start + day * 24 * replay::kHour + 9 * replay::kHour;
      replay::Session session;
      session.started_at = morning;
      session.ended_at = morning + 10 * replay::kHour;
      session.required = 0;
      worker.sessions.push_back(session);
      for (int i = 0; i < kTasks / 28; ++i) {
        static auto& ids = *new std::deque<std::string>;
        ids.push_back(Cat("t", ids.size()));
        replay::Task task = NewTask(ids.back());
        task.accepted_at =
            morning + i * 20 * replay::kMinute +
            static_cast<int64_t>(random() % (5 * replay::kMinute));
        task.picked_up_at = task.accepted_at + 8 * replay::kMinute;
        task.completed_at = task.accepted_at + 25 * replay::kMinute;
        task.limit_at = task.accepted_at + 35 * replay::kMinute;
        task.route_distance = 3'000'000;
        task.city = city;
        task.vehicle = vehicle;
        task.status = v1::STATUS_DELIVERED;
        task.delivered = true;
        SetPay(task, v1::PAY_BASE, cents * 10'000);
        worker.tasks.push_back(task);
      }
    }
  }
  return workers;
}

void BM_Judge(benchmark::State& state, const std::string& day, int64_t cents) {
  FakeLog log;
  log.Columns({"tasks.accepted_at", "tasks.picked_up_at", "tasks.completed_at",
               "tasks.limit_at", "tasks.route_distance_m", "tasks.city",
               "tasks.vehicle", "tasks.pay_base", "tasks.status",
               "sessions.started_at", "sessions.ended_at"});
  if (!absl::LoadTimeZone("Asia/Shanghai", &log.context.zone)) return;
  const auto packs = SelectPacks(PLUMBLINE_PACKS, {},
                                 {.currency = "CNY",
                                  .time_zone = "Asia/Shanghai",
                                  .mapping = "canonical"});
  if (!packs.ok()) {
    state.SkipWithError("packs do not load");
    return;
  }
  absl::Time start;
  std::string error;
  absl::ParseTime("%Y-%m-%d", day, log.context.zone, &start, &error);
  const auto workers =
      Workers(log.store.Add("Shanghai"), log.store.Add("ebike"),
              absl::ToUnixMillis(start), cents);
  auto judge = Judge::Create(*packs, log.context);
  int64_t tasks = 0;
  for (auto _ : state) {
    for (const FakeWorker& worker : workers) {
      FakeLog::Show(worker, [&](const replay::WorkerTimeline& timeline) {
        judge->Observe(timeline);
        tasks += static_cast<int64_t>(timeline.tasks.size());
      });
    }
  }
  state.SetItemsProcessed(tasks);
}
// The fake timeline itself is made anew each time: take this off.
void BM_TimelineOnly(benchmark::State& state) {
  const auto workers = Workers(1, 2, 0, 600);
  int64_t tasks = 0;
  for (auto _ : state) {
    for (const FakeWorker& worker : workers) {
      FakeLog::Show(worker, [&](const replay::WorkerTimeline& timeline) {
        benchmark::DoNotOptimize(timeline.task_sum);
        tasks += static_cast<int64_t>(timeline.tasks.size());
      });
    }
  }
  state.SetItemsProcessed(tasks);
}
BENCHMARK(BM_TimelineOnly);
BENCHMARK_CAPTURE(BM_Judge, before_the_standard, "2025-09-01", 2000);
BENCHMARK_CAPTURE(BM_Judge, with_the_standard, "2026-01-01", 2000);

}  // namespace
}  // namespace plumbline::audit
