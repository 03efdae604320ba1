#ifndef PLUMBLINE_AUDIT_CLI_PASSES_H_
#define PLUMBLINE_AUDIT_CLI_PASSES_H_

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "audit/cli/run_options.h"
#include "audit/findings/judge.h"
#include "audit/measures/measure.h"
#include "audit/report/report.h"
#include "plumbline/v1/partial.pb.h"

namespace plumbline::audit {

// What watches the timelines of a log: every measure, the judge, and the rows
// of workers.csv. Made whole for one thread; united at the end.
struct Observers {
  std::vector<std::unique_ptr<Measure>> measures;
  std::unique_ptr<Judge> judge;
  std::vector<v1::WorkerRow> workers;  // Sorted by id once united.
};

// The state of a merged first pass, by measure.
using FirstPass = std::vector<v1::MeasureState>;

// Shows every worker of `store` to observers, one set a thread, and unites
// them. The result is the same bits for any number of threads and blocks.
//
// With `first` == nullptr every measure sees the log once; with the merged
// states of a first pass, measures of two passes go on from it and all others
// see the log as if for the first time.
absl::StatusOr<Observers> ObserveLog(const MeasureContext& context,
                                     const std::vector<RulePack>& packs,
                                     const RunOptions& options,
                                     replay::LogStore& store,
                                     const FirstPass* first);

// Runs the second pass for those measures of `observers` that need one.
absl::Status ObserveAgain(const MeasureContext& context,
                          const RunOptions& options, replay::LogStore& store,
                          Observers* observers);

// What an audit leaves: the result and the rows beside it.
struct AuditOutcome {
  v1::AuditResult result;
  std::vector<v1::WorkerRow> workers;  // Sorted by id.
  FlaggedTasks flagged;
};

// Concludes: findings, measures, coverage, and the shortfall of each worker.
AuditOutcome Conclude(const MeasureContext& context, const v1::Input& input,
                      Observers observers);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_CLI_PASSES_H_
