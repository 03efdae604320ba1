#ifndef PLUMBLINE_BENCH_GENERATE_SAMPLE_TRUTH_H_
#define PLUMBLINE_BENCH_GENERATE_SAMPLE_TRUTH_H_

#include <string>

#include "bench/generate/sample_dirt.h"
#include "bench/generate/sample_limits.h"
#include "bench/generate/sample_tables.h"

namespace plumbline::bench {

// planted.json: every number is counted from the simulation itself, not from
// the tables, so that a count over the tables proves both. Rows of DirtCounts
// (task ids that begin with "x-", and copies) are not in the other figures.
std::string PlantedJson(const SampleCity& city, const SampleRun& run,
                        const SamplePay& pay, const LimitCounts& limits,
                        const LedgerCounts& ledgers, const DirtCounts& dirt,
                        const SampleTables& tables);

}  // namespace plumbline::bench

#endif  // PLUMBLINE_BENCH_GENERATE_SAMPLE_TRUTH_H_
