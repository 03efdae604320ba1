// From bytes to decoded columns, all 18 columns of a large log, with nothing
// behind: bytes and rows a second. PLUMBLINE_BENCH_PARQUET may name a tasks
// file of the same shape (bench/to_parquet.py writes it).
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "bench/generate/large_log.h"
#include "replay/ingest/mapping.h"
#include "replay/ingest/readers/reader.h"

namespace plumbline {
namespace {

// Looks at one value of each column, so that the work is not left out.
class Taster : public replay::RecordSink {
 public:
  absl::Status Accept(int thread, const replay::RecordBatch& batch) override {
    int64_t sum = 0;
    for (const replay::ColumnData& column : batch.columns) {
      if (!column.numbers.empty()) sum += column.numbers[0];
      if (!column.texts.empty()) sum += column.texts[0].size();
    }
    benchmark::DoNotOptimize(sum);
    rows[static_cast<size_t>(thread)] += static_cast<int64_t>(batch.rows);
    return absl::OkStatus();
  }
  std::vector<int64_t> rows = std::vector<int64_t>(64);
};

// A log of 400,000 tasks in the folder for temporary files, made once.
std::string LogOf(bench::InstantText instants) {
  const bool epoch = instants == bench::InstantText::kEpochSeconds;
  const auto folder = std::filesystem::temp_directory_path() /
                      (epoch ? "plumbline_parse_epoch" : "plumbline_parse_rfc");
  if (!std::filesystem::exists(folder / "log.textproto")) {
    bench::LargeLogOptions options;
    options.tasks = 400'000;
    options.workers = 480;
    options.instants = instants;
    options.folder = folder;
    if (!bench::WriteLargeLog(options).ok()) std::abort();
  }
  return folder / "tasks.csv";
}

void Read(benchmark::State& state, const std::string& path,
          v1::InstantForm instants) {
  auto file = replay::Sniff(path, "tasks");
  if (!file.ok()) {
    state.SkipWithError(std::string(file.status().message()).c_str());
    return;
  }
  const std::vector<v1::TableImport> imports = {
      replay::CanonicalImport("tasks", file->columns)};
  replay::DecodeOptions decode;
  decode.instants = instants;
  decode.time_zone = "Asia/Shanghai";
  replay::ReadOptions read;
  read.threads = static_cast<int>(state.range(0));
  if (state.range(1) > 0) read.block_bytes = state.range(1) << 10;
  int64_t rows = 0;
  for (auto _ : state) {
    replay::FaultLog faults;
    faults.SetFiles({"tasks"});
    Taster taster;
    const absl::Status status =
        replay::ReadTables(*file, imports, decode, read, faults, taster);
    if (!status.ok()) {
      state.SkipWithError(std::string(status.message()).c_str());
      return;
    }
    for (const int64_t some : taster.rows) rows += some;
  }
  state.SetBytesProcessed(state.iterations() * file->bytes);
  state.counters["rows"] = benchmark::Counter(static_cast<double>(rows),
                                              benchmark::Counter::kIsRate);
}

void EpochCsv(benchmark::State& state) {
  Read(state, LogOf(bench::InstantText::kEpochSeconds), v1::EPOCH_SECONDS);
}
BENCHMARK(EpochCsv)
    ->ArgsProduct({{1, 2}, {0}})
    ->ArgsProduct({{2}, {128, 256, 1024, 2048}})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

void Rfc3339Csv(benchmark::State& state) {
  Read(state, LogOf(bench::InstantText::kRfc3339), v1::RFC_3339);
}
BENCHMARK(Rfc3339Csv)
    ->ArgsProduct({{1, 2}, {0}})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

void Parquet(benchmark::State& state) {
  const char* path = std::getenv("PLUMBLINE_BENCH_PARQUET");
  if (path == nullptr) {
    state.SkipWithError("PLUMBLINE_BENCH_PARQUET names no file");
    return;
  }
  Read(state, path, v1::EPOCH_SECONDS);
}
BENCHMARK(Parquet)
    ->ArgsProduct({{1, 2}, {0}})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace plumbline
