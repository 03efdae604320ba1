#ifndef PLUMBLINE_AUDIT_CLI_LOG_RUN_H_
#define PLUMBLINE_AUDIT_CLI_LOG_RUN_H_

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "audit/cli/run_options.h"
#include "audit/measures/measure.h"
#include "audit/report/report.h"
#include "audit/rules/rule_pack.h"
#include "replay/ingest/fault_log.h"
#include "replay/ingest/ingest.h"
#include "replay/store/log_store.h"

namespace plumbline::audit {

// A plan as a run uses it: the defaults, what the file says over them, the seed
// of the command line over that.
struct UsedPlan {
  v1::AuditPlan plan;
  std::string name;    // The file's name without its folder, or "default".
  std::string sha256;  // Of the whole plan as it is used, defaults included.
};
absl::StatusOr<UsedPlan> ReadPlan(const RunOptions& options);

// A log that has been read into the store, and what is known of it.
struct LogRun {
  LogRun(const std::string& scratch, int64_t fault_memory)
      : faults(scratch, fault_memory) {}

  replay::FaultLog faults;
  replay::IngestResult ingest;
  std::unique_ptr<replay::LogStore> store;
  UsedPlan plan;
  std::vector<RulePack> packs;
  MeasureContext context;  // Points into this object.
  v1::Input input;         // Funnel, faults, what the log says of itself.

  // The inputs with their hashes, by name. Reads again the files that were not
  // hashed while they were read. Once.
  absl::StatusOr<std::vector<ManifestEntry>> Inputs();

 private:
  friend absl::StatusOr<std::unique_ptr<LogRun>> ReadLog(
      const RunOptions& options);
  std::future<absl::StatusOr<std::vector<ManifestEntry>>> hashing_;
};

// Ingest, store, fault accounts, choice of packs. `options` must be settled.
// Errors: those of Ingest, of a plan or a pack that does not load, and of a log
// whose time zone does not exist.
absl::StatusOr<std::unique_ptr<LogRun>> ReadLog(const RunOptions& options);

// How ingest is asked to read; borrows `options`.
replay::IngestOptions IngestOptionsOf(const RunOptions& options);

// Fills what `input` says of the log beside its funnel: mapping, platform,
// currency, zone, first and last instant, whether it is made up.
void DescribeLog(const replay::IngestResult& ingest, replay::Interval observed,
                 const absl::TimeZone& zone, v1::Input* input);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_CLI_LOG_RUN_H_
