#ifndef PLUMBLINE_BENCH_GENERATE_LARGE_LOG_H_
#define PLUMBLINE_BENCH_GENERATE_LARGE_LOG_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "bench/generate/csv_text.h"

namespace plumbline::bench {

struct LargeLogOptions {
  int64_t tasks = 1'000'000;
  int64_t workers = 1'200;
  int64_t weeks = 4;
  uint64_t seed = 1;
  int threads = 2;
  InstantText instants = InstantText::kEpochSeconds;
  std::string folder;
};

// Writes tasks.csv (exactly `tasks` rows of 18 columns in order of placed_at),
// sessions.csv and log.textproto: a log to measure speed on. Workers ride six
// days a week, eight to ten hours, faster at lunch and dinner, and carry
// several tasks at a time; clocks are in order, ids are unique. The same bytes
// for any number of threads. Memory: some hours of rows per thread.
//
// Errors: InvalidArgument for a count below 1, Unavailable if a file cannot be
// written.
absl::Status WriteLargeLog(const LargeLogOptions& options);

}  // namespace plumbline::bench

#endif  // PLUMBLINE_BENCH_GENERATE_LARGE_LOG_H_
