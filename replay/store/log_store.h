#ifndef PLUMBLINE_REPLAY_STORE_LOG_STORE_H_
#define PLUMBLINE_REPLAY_STORE_LOG_STORE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "replay/ingest/fault_log.h"
#include "replay/ingest/record_batch.h"
#include "replay/timeline/dispatch_moment.h"
#include "replay/timeline/worker_timeline.h"

namespace plumbline::replay {

struct StoreOptions {
  int threads = 1;
  int64_t memory_bytes = int64_t{1} << 30;  // Past it, blocks spill.
  std::string scratch;  // Folder for spilled blocks; empty: the system's.
  int blocks = 64;      // Partitions by hash of the worker; changes no output.
  bool engaged_share = false;  // Fill WorkerTimeline::engaged_share.
};

// The log as narrow rows, partitioned by worker. A block holds whole workers,
// so blocks are replayed independently and on all cores.
//
//   Accept ... Accept, Finish, then any number of VisitBlock, any threads.
//
// Memory is bounded by `memory_bytes` plus one block per thread; O(1) a row.
class LogStore : public RecordSink {
 public:
  static absl::StatusOr<std::unique_ptr<LogStore>> Create(
      const StoreOptions& options);

  absl::Status Accept(int thread, const RecordBatch& batch) override = 0;

  // Ends the reading: finds duplicate ids (of equal rows one stays, rows that
  // differ are all quarantined) and orphan references, joins fares and ratings
  // to their tasks, batches to tasks without a batch_id, and reports to
  // `faults`.
  virtual absl::Status Finish(FaultLog& faults) = 0;

  virtual int blocks() const = 0;

  // Calls `visit` for each worker of the block, in order of the worker's id:
  // all with a row that names them in tasks, sessions, offers or pay, or on the
  // roster. After them come the tasks of unknown workers, in timelines of at
  // most 4096 tasks that are the same for any threads and order of reading.
  // Thread-safe, and may be called again. A block without workers makes no
  // call.
  virtual absl::Status VisitBlock(
      int block, absl::FunctionRef<void(const WorkerTimeline&)> visit) = 0;

  // Calls `visit` for each dispatch moment in order; a failure of it ends the
  // visit. A log without offers, moment_orders and moment_workers makes no
  // call. Memory: the moments of one part of the log at a time, which is all of
  // it if it fits. Not thread-safe beside itself.
  virtual absl::Status VisitMoments(
      absl::FunctionRef<absl::Status(const DispatchMoment&)> visit) {
    (void)visit;
    return absl::OkStatus();
  }
  // Names of the columns x_* of offers, sorted. After Finish.
  virtual std::vector<std::string> CriterionNames() const { return {}; }

  virtual std::string_view Text(Symbol symbol) const = 0;  // After Finish.

  // Every worker with a task or a session or on the roster, sorted.
  virtual std::vector<std::string> WorkerIds() const = 0;

  // Rows of the small tables (all but tasks, sessions, offers, pay, fares,
  // ratings, moment_orders, moment_workers), as messages, in order of (file,
  // line).
  virtual const std::vector<v1::LogRecord>& small_tables() const = 0;

  // First and last event clock seen in tasks and sessions, kUnknown if none;
  // what was promised or due is no event.
  virtual Interval observed() const = 0;
};

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_STORE_LOG_STORE_H_
