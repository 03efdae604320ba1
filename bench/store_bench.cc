// What the store costs a row: Accept, Finish and VisitBlock on a log in memory
// of the shape of the comparison log (18 columns, ids in order of time, 12,000
// workers, 50 zones).
#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "replay/schema/schema.h"
#include "replay/store/parallel.h"
#include "replay/store/row_store.h"

namespace plumbline::replay {
namespace {

constexpr size_t kBatchRows = 8192;

// A batch whose texts lie in one buffer, as a reader's do.
struct MadeBatch {
  RecordBatch batch;
  std::string text;
};

uint64_t Next(uint64_t* state) {
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return *state >> 33;
}

class MadeLog {
 public:
  explicit MadeLog(int64_t rows) : rows_(rows) {}

  // Batch `index`, made in `made`, whose memory is used again.
  void Make(int64_t index, MadeBatch* made) const {
    const TableSchema& table = *FindTable("tasks");
    RecordBatch& batch = made->batch;
    uint64_t state = static_cast<uint64_t>(index) * 977 + 1;
    const size_t rows = static_cast<size_t>(std::min<int64_t>(
        kBatchRows, rows_ - index * static_cast<int64_t>(kBatchRows)));
    batch.table = static_cast<int>(&table - Tables().data());
    batch.rows = rows;
    batch.lines.resize(rows);
    if (batch.columns.empty()) {
      for (const char* column :
           {"task_id", "worker_id", "zone", "city", "vehicle", "placed_at",
            "accepted_at", "picked_up_at", "completed_at", "status",
            "promised_at", "limit_at", "route_distance_m", "pickup_distance_m",
            "pay_base", "pay_distance", "pay_tip", "customer_total"}) {
        batch.columns.emplace_back().column = table.Find(column);
      }
    }
    made->text.resize(rows * 40);
    char* at = made->text.data();
    for (int c = 0; c < 5; ++c) batch.columns[c].texts.resize(rows);
    for (int c = 5; c < 18; ++c) batch.columns[c].numbers.resize(rows);
    const auto print = [&](const char* format, auto value) {
      const int length = std::snprintf(at, 20, format, value);
      const std::string_view text(at, static_cast<size_t>(length));
      at += length;
      return text;
    };
    for (size_t i = 0; i < rows; ++i) {
      const int64_t row =
          index * static_cast<int64_t>(kBatchRows) + static_cast<int64_t>(i);
      batch.lines[i] = row + 2;
      batch.columns[0].texts[i] = print("t%08ld", static_cast<long>(row));
      batch.columns[1].texts[i] =
          print("w%05d", static_cast<int>(Next(&state) % 12'000));
      batch.columns[2].texts[i] =
          print("z%02d", static_cast<int>(Next(&state) % 50));
      batch.columns[3].texts[i] = "Shanghai";
      batch.columns[4].texts[i] = Next(&state) % 4 ? "ebike" : "bike";
      const int64_t placed =
          1'756'656'000'000 + row * 28 * 86'400 / rows_ * kSecond;
      const auto seconds = [&](int64_t most) {
        return static_cast<int64_t>(Next(&state)) % most * kSecond;
      };
      const int64_t accepted = placed + seconds(300);
      const int64_t picked = accepted + seconds(900);
      batch.columns[5].numbers[i] = placed;
      batch.columns[6].numbers[i] = accepted;
      batch.columns[7].numbers[i] = picked;
      batch.columns[8].numbers[i] = picked + seconds(1500);
      batch.columns[9].numbers[i] = Next(&state) % 20
                                        ? v1::STATUS_DELIVERED
                                        : v1::STATUS_CANCELLED_CUSTOMER;
      batch.columns[10].numbers[i] = placed + 2700 * kSecond;
      batch.columns[11].numbers[i] = placed + 2400 * kSecond + seconds(600);
      batch.columns[12].numbers[i] =
          static_cast<int64_t>(Next(&state) % 9000) * kMetre;
      batch.columns[13].numbers[i] =
          static_cast<int64_t>(Next(&state) % 3000) * kMetre;
      for (int c = 14; c < 18; ++c) {
        batch.columns[c].numbers[i] =
            static_cast<int64_t>(Next(&state) % (c == 17 ? 9000 : 900)) *
            10'000;
      }
    }
  }

  int64_t batches() const {
    return (rows_ + static_cast<int64_t>(kBatchRows) - 1) /
           static_cast<int64_t>(kBatchRows);
  }

 private:
  int64_t rows_;
};

double Now() {
  timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) +
         1e-9 * static_cast<double>(time.tv_nsec);
}

// Arguments: rows, threads, blocks. Counters are nanoseconds of core time a
// row, and bytes a row kept.
void BM_Store(benchmark::State& state) {
  const int64_t rows = state.range(0);
  const int threads = static_cast<int>(state.range(1));
  const MadeLog log(rows);
  double accept = 0, finish = 0, first = 0, second = 0, bytes = 0;
  for (auto _ : state) {
    StoreOptions options;
    options.threads = threads;
    options.blocks = static_cast<int>(state.range(2));
    options.memory_bytes = int64_t{8} << 30;
    auto store = LogStore::Create(options);
    // Making a batch costs more than storing it: only Accept is timed, on each
    // thread by itself.
    std::vector<double> spent(threads);
    std::vector<std::thread> workers;
    std::atomic<int64_t> next = 0;
    for (int t = 0; t < threads; ++t) {
      workers.emplace_back([&, t] {
        MadeBatch made;
        for (int64_t i = next++; i < log.batches(); i = next++) {
          log.Make(i, &made);
          timespec from, to;
          clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
          const absl::Status status = (*store)->Accept(t, made.batch);
          clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
          if (!status.ok()) state.SkipWithError("Accept failed");
          spent[t] += static_cast<double>(to.tv_sec - from.tv_sec) +
                      1e-9 * static_cast<double>(to.tv_nsec - from.tv_nsec);
        }
      });
    }
    for (std::thread& worker : workers) worker.join();
    for (const double one : spent) accept += one;
    bytes +=
        static_cast<double>(static_cast<RowStore&>(**store).memory_bytes());
    const double before_finish = Now();
    FaultLog faults;
    if (!(*store)->Finish(faults).ok()) state.SkipWithError("Finish failed");
    const double before_first = Now();
    finish += before_first - before_finish;
    std::atomic<int64_t> engaged = 0;
    const auto visit = [&] {
      return ForEachPart(threads, (*store)->blocks(), [&](int block) {
        return (*store)->VisitBlock(block, [&](const WorkerTimeline& worker) {
          engaged += worker.engaged->length();
        });
      });
    };
    if (!visit().ok()) state.SkipWithError("VisitBlock failed");
    const double before_second = Now();
    first += before_second - before_first;
    if (!visit().ok()) state.SkipWithError("VisitBlock failed");
    second += Now() - before_second;
    benchmark::DoNotOptimize(engaged.load());
  }
  const double all =
      static_cast<double>(rows) * static_cast<double>(state.iterations());
  state.counters["accept_ns"] = 1e9 * accept / all;
  state.counters["finish_ns"] = 1e9 * finish / all;
  state.counters["visit1_ns"] = 1e9 * first / all;
  state.counters["visit2_ns"] = 1e9 * second / all;
  state.counters["bytes"] = bytes / all;
}
BENCHMARK(BM_Store)
    ->Args({1'000'000, 1, 64})
    ->Args({1'000'000, 2, 64})
    ->Args({1'000'000, 2, 256})
    ->Args({10'000'000, 1, 64})
    ->Args({10'000'000, 2, 64})
    ->Args({10'000'000, 2, 256})
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1);

}  // namespace
}  // namespace plumbline::replay
