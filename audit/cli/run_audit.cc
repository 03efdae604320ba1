#include "audit/cli/run_audit.h"

#include <tbb/global_control.h>
#include <tbb/parallel_invoke.h>

#include <algorithm>
#include <utility>

#include "audit/cli/log_run.h"
#include "audit/cli/out_folder.h"
#include "audit/cli/passes.h"
#include "audit/cli/spool.h"
#include "audit/cli/write_outcome.h"

namespace plumbline::audit {

absl::StatusOr<v1::AuditResult> RunAudit(const RunOptions& given,
                                         Language language,
                                         const std::string& out,
                                         const ReportFiles& files) {
  // Told before the log is read, which may take hours.
  absl::Status status = CheckOutFolder(out);
  if (!status.ok()) return status;
  RunOptions options = given;
  // Ranking and the writers share work out by themselves; one thread is one.
  const tbb::global_control allowed(
      tbb::global_control::max_allowed_parallelism,
      static_cast<size_t>(std::max(1, options.threads)));
  auto spool = SpoolStandardInput(&options);
  if (!spool.ok()) return spool.status();

  auto run = ReadLog(options);
  if (!run.ok()) return run.status();
  LogRun& log = **run;
  auto observers =
      ObserveLog(log.context, log.packs, options, *log.store, nullptr);
  if (!observers.ok()) return observers.status();
  status = ObserveAgain(log.context, options, *log.store, &*observers);
  if (!status.ok()) return status;
  // Files that were not hashed as they were read are hashed beside the
  // conclusions, which do not keep all cores busy.
  AuditOutcome outcome;
  absl::StatusOr<std::vector<ManifestEntry>> inputs =
      std::vector<ManifestEntry>();
  tbb::parallel_invoke(
      [&] {
        outcome = Conclude(log.context, log.input, *std::move(observers));
      },
      [&] {
        if (!out.empty()) inputs = log.Inputs();
      });
  if (out.empty()) return std::move(outcome.result);
  if (!inputs.ok()) return inputs.status();

  const RunIdentity identity = {log.ingest.mapping_name,
                                log.ingest.mapping_sha256, log.plan.name,
                                log.plan.sha256, log.plan.plan.seed()};
  tbb::parallel_invoke(
      [&] {
        status = WriteOutcome(
            outcome, [&log](auto visit) { return log.faults.Visit(visit); },
            *std::move(inputs), log.packs, identity, language, out, files);
      },
      [&] { log.store.reset(); });  // Giving memory back takes time too.
  if (!status.ok()) return status;
  return std::move(outcome.result);
}

}  // namespace plumbline::audit
