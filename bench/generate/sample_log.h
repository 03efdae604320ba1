#ifndef PLUMBLINE_BENCH_GENERATE_SAMPLE_LOG_H_
#define PLUMBLINE_BENCH_GENERATE_SAMPLE_LOG_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "bench/generate/sample_city.h"

namespace plumbline::bench {

struct SampleOptions {
  Setting setting = Setting::kFair;
  uint64_t seed = 1;
  std::string folder;
};

// Writes the sample log: fifteen tables of a made-up platform, log.textproto,
// and planted.json, which says what was planted and how much of it a count over
// the tables must find. The same bytes for the same setting and seed, on every
// machine.
//
// Errors: Unavailable if a file cannot be written.
absl::Status WriteSampleLog(const SampleOptions& options);

}  // namespace plumbline::bench

#endif  // PLUMBLINE_BENCH_GENERATE_SAMPLE_LOG_H_
