// What the judge costs a task: the packs that an audit of a Chinese city takes
// by itself, on workers of 800 tasks in four weeks; and fifty rules on a whole
// log, beside the replay of it. PLUMBLINE_BENCH_TASKS is the size of that log,
// 1,000,000 unless given; PLUMBLINE_BENCH_LOG names one that is there already.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <deque>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "audit/findings/judge.h"
#include "audit/rules/rule_pack.h"
#include "audit/rules/text.h"
#include "bench/generate/large_log.h"
#include "gtest/gtest.h"
#include "replay/ingest/ingest.h"
#include "replay/store/log_store.h"
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

double UserSeconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

// The large log, made once in the folder for temporary files.
std::string LargeLog() {
  const char* given = std::getenv("PLUMBLINE_BENCH_LOG");
  if (given != nullptr) return given;
  const char* size = std::getenv("PLUMBLINE_BENCH_TASKS");
  bench::LargeLogOptions options;
  if (size != nullptr) options.tasks = std::atoll(size);
  options.workers = std::max<int64_t>(1, options.tasks / 833);
  const auto folder = std::filesystem::temp_directory_path() /
                      Cat("plumbline_rules_", options.tasks);
  options.folder = folder;
  if (!std::filesystem::exists(folder / "log.textproto") &&
      !bench::WriteLargeLog(options).ok()) {
    std::abort();
  }
  return folder;
}

// One thread, so that seconds of work are seconds: the log read into the store
// and replayed worker by worker, and the same again under the fifty rules.
void BM_FiftyRules(benchmark::State& state) {
  const auto pack = LoadRulePack(PLUMBLINE_FIFTY_RULES);
  if (!pack.ok()) {
    state.SkipWithError(std::string(pack.status().message()).c_str());
    return;
  }
  const std::vector<RulePack> packs = {*pack};
  const std::string folder = LargeLog();
  for (auto _ : state) {
    const double start = UserSeconds();
    replay::StoreOptions options;
    options.threads = 1;
    options.scratch = std::filesystem::temp_directory_path();
    auto store = replay::LogStore::Create(options);
    replay::FaultLog faults(options.scratch, 1 << 20);
    replay::IngestOptions ingest_options;
    ingest_options.threads = 1;
    auto ingest = replay::Ingest(folder, ingest_options, faults, **store);
    if (!ingest.ok() || !(*store)->Finish(faults).ok()) {
      state.SkipWithError("the log cannot be read");
      return;
    }
    const double stored = UserSeconds();
    int64_t tasks = 0, seconds = 0;
    auto replay = [&](Judge* judge) {
      for (int block = 0; block < (*store)->blocks(); ++block) {
        (void)(*store)->VisitBlock(
            block, [&](const replay::WorkerTimeline& timeline) {
              tasks += static_cast<int64_t>(timeline.tasks.size());
              seconds += timeline.engaged->length();
              if (judge != nullptr) judge->Observe(timeline);
            });
      }
    };
    replay(nullptr);
    benchmark::DoNotOptimize(seconds);
    const double alone = UserSeconds();
    const v1::AuditPlan plan;
    MeasureContext context;
    context.log = &*ingest;
    context.store = store->get();
    context.plan = &plan;
    context.zone_known =
        absl::LoadTimeZone(ingest->info.time_zone(), &context.zone);
    auto judge = Judge::Create(packs, context);
    replay(judge.get());
    const double judged = UserSeconds();
    v1::AuditResult result;
    judge->Conclude(&result, nullptr);
    const double end = UserSeconds();
    tasks /= 2;
    const double timelines = alone - stored;
    const double rules = end - alone - timelines;
    state.SetIterationTime(rules);
    state.counters["tasks"] = static_cast<double>(tasks);
    state.counters["to_store_s"] = stored - start;
    state.counters["timelines_s"] = timelines;
    state.counters["rules_s"] = rules;
    state.counters["conclude_s"] = end - judged;
    state.counters["of_replay"] = rules / (alone - start);
    state.counters["breaches"] = static_cast<double>(result.summary().breach());
    state.counters["runnable"] = static_cast<double>(
        std::count_if(result.coverage().begin(), result.coverage().end(),
                      [](const v1::Coverage& one) { return one.runnable(); }));
  }
}
BENCHMARK(BM_FiftyRules)
    ->Iterations(1)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace plumbline::audit
