#ifndef PLUMBLINE_BENCH_GENERATE_SAMPLE_DIRT_H_
#define PLUMBLINE_BENCH_GENERATE_SAMPLE_DIRT_H_

#include <cstdint>

#include "bench/generate/sample_tables.h"

namespace plumbline::bench {

// Faulty rows at the ends of tasks, sessions and pay. Each faulty task has the
// clocks of a sound one of the same worker, so that no union of time changes.
struct DirtCounts {
  int64_t task_copies = 0;          // Whole row twice: one stays.
  int64_t task_conflicts = 0;       // Rows whose id another, unequal row has.
  int64_t task_bad_instants = 0;    // ready_at is no instant.
  int64_t task_clock_disorder = 0;  // Picked up after completed.
  int64_t task_not_utf8 = 0;        // GB 18030 bytes in zone.
  int64_t task_unknown_status = 0;
  int64_t task_short_rows = 0;  // Too few cells.
  int64_t sessions_reversed = 0;
  int64_t pay_orphans = 0;  // task_id that no task has; amount 0.
};

DirtCounts PutDirt(const SampleCity& city, const SampleRun& run,
                   SampleTables& tables);

}  // namespace plumbline::bench

#endif  // PLUMBLINE_BENCH_GENERATE_SAMPLE_DIRT_H_
