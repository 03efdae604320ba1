// Core time of what strictness is made of: ranking one stratum against three
// references, replicates counted anew and linear ones, Kaplan and Meier's
// curve, quantile regression, exact least squares, adjusted p-values. Items are
// tasks, or replicates times workers, or rows.
//
//   strictness_bench --benchmark_filter=Rank

#include <benchmark/benchmark.h>

#include <vector>

#include "audit/measures/plan.h"
#include "audit/measures/strictness/stratum_position.h"
#include "audit/measures/strictness/worker_interval.h"
#include "audit/stats/hash.h"
#include "audit/stats/least_squares.h"
#include "audit/stats/multiplicity.h"
#include "audit/stats/quantile_regression.h"
#include "audit/stats/survival.h"

namespace plumbline::audit {
namespace {

std::vector<uint64_t> Keys(int64_t n) {
  std::vector<uint64_t> keys;
  for (int64_t i = 0; i < n; ++i) keys.push_back(Mix(i));
  return keys;
}

// `n` tasks of `workers`, each with a limit; one in ten never delivered.
std::vector<PlacedTask> Stratum(int64_t n, int64_t workers) {
  std::vector<PlacedTask> tasks;
  for (int64_t i = 0; i < n; ++i) {
    PlacedTask placed;
    placed.task.worker = static_cast<uint32_t>(i * workers / n);
    const uint64_t hash = HashOf(3, i, 0);
    placed.task.censored = hash % 10 == 0;
    placed.task.value = static_cast<int32_t>(900 + hash % 601) * 1000;
    placed.task.target = {
        kNoNumber, static_cast<int32_t>(1000 + hash / 1000 % 300) * 1000};
    placed.task.route = static_cast<int32_t>(2000 + hash / 7 % 900);
    placed.ranked = true;
    placed.alone = true;
    placed.week = static_cast<int32_t>(i % 8);
    placed.base = placed.week < 2;
    placed.after = !placed.base;
    tasks.push_back(placed);
  }
  return tasks;
}

void RankStratum(benchmark::State& state, bool replicates) {
  const int64_t n = state.range(0), workers = n / 20;
  const std::vector<uint64_t> keys = Keys(workers);
  const std::vector<PlacedTask> tasks = Stratum(n, workers);
  const v1::AuditPlan plan = DefaultPlan();
  StratumPosition position(plan, keys);
  std::vector<WorkerPosition> positions(workers);
  for (auto _ : state) {
    ReplicateSums sums;
    benchmark::DoNotOptimize(
        position.Rank(tasks, 7, positions, replicates ? &sums : nullptr));
  }
  state.SetItemsProcessed(state.iterations() * n);
}
BENCHMARK_CAPTURE(RankStratum, linear, false)->Arg(1000)->Arg(20'000);
BENCHMARK_CAPTURE(RankStratum, replicates, true)->Arg(1000)->Arg(10'000);

void LinearReplicates(benchmark::State& state) {
  const std::vector<uint64_t> keys = Keys(state.range(0));
  for (auto _ : state) {
    WorkerIntervals intervals(keys, 1, 999);
    for (int s = 0; s < 20; ++s) {
      intervals.Add(0.5, std::vector<double>(keys.size(), 1e-4),
                    std::vector<int64_t>(keys.size(), 800), state.range(0));
    }
    intervals.Run();
    benchmark::DoNotOptimize(intervals.Of(0));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0) * 999);
}
BENCHMARK(LinearReplicates)->Arg(1000)->Arg(12'000)->UseRealTime();

void KaplanMeierCurve(benchmark::State& state) {
  std::vector<Count> events, censored;
  for (int64_t s = 0; s < state.range(0); ++s) {
    events.push_back({s, 1 + static_cast<int64_t>(Mix(s) % 9)});
    censored.push_back({s, static_cast<int64_t>(Mix(s) / 9 % 2) + 1});
  }
  for (auto _ : state) benchmark::DoNotOptimize(KaplanMeier(events, censored));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(KaplanMeierCurve)->Arg(3600);

void QuantileLine(benchmark::State& state) {
  QuantileData data;
  data.columns = 6;
  for (int64_t i = 0; i < state.range(0); ++i) {
    const uint64_t hash = Mix(i);
    const int64_t route = 5 + static_cast<int64_t>(hash % 60);
    for (const int64_t x :
         {int64_t{1}, route, route * route, static_cast<int64_t>(hash / 64 % 2),
          static_cast<int64_t>(hash / 128 % 2),
          static_cast<int64_t>(hash / 256 % 2)}) {
      data.x.push_back(x);
    }
    data.y.push_back(600 + route * 12 + static_cast<int64_t>(hash / 999 % 400));
  }
  for (auto _ : state) {
    benchmark::DoNotOptimize(QuantileRegression(data, QuantileOptions()));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(QuantileLine)->Arg(1500);

void ExactLeastSquares(benchmark::State& state) {
  LeastSquares data(8);
  for (int64_t i = 0; i < 10'000; ++i) {
    const uint64_t hash = Mix(i);
    int64_t x[8] = {1};
    for (int c = 1; c < 8; ++c) {
      x[c] = static_cast<int64_t>(hash >> (8 * (c - 1)) & 0xff);
    }
    data.Add(x, static_cast<int64_t>(hash % 3000), 0);
  }
  for (auto _ : state) benchmark::DoNotOptimize(Fit(data));
}
BENCHMARK(ExactLeastSquares);

void AdjustedPValues(benchmark::State& state) {
  std::vector<double> p_values;
  for (int64_t i = 0; i < state.range(0); ++i) {
    p_values.push_back(static_cast<double>(Mix(i) >> 11) * 0x1.0p-53);
  }
  for (auto _ : state) {
    benchmark::DoNotOptimize(BenjaminiHochbergAdjusted(p_values));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(AdjustedPValues)->Arg(2000);

}  // namespace
}  // namespace plumbline::audit
