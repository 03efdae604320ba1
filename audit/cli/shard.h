#ifndef PLUMBLINE_AUDIT_CLI_SHARD_H_
#define PLUMBLINE_AUDIT_CLI_SHARD_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "audit/cli/log_run.h"
#include "audit/cli/passes.h"
#include "plumbline/v1/partial.pb.h"

namespace plumbline::audit {

// One or more shards of a log, united: what `partial` writes and `merge` reads.
//
// Shards are cut by worker: all rows of one worker lie in one shard. Then the
// union of the shards' states is the state of the whole, bit by bit. (Ids that
// appear twice are found inside a shard only.)
class Shard {
 public:
  Shard() = default;
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  // Of a log that was read and observed. `pass` is 1, or 2 where the observers
  // went on from a merged first pass.
  static absl::StatusOr<std::unique_ptr<Shard>> Of(std::unique_ptr<LogRun> run,
                                                   const RunOptions& options,
                                                   int pass,
                                                   Observers observers);
  // A shard without a byte of input: what an engine gives for an empty part.
  static absl::StatusOr<std::unique_ptr<Shard>> Empty(const RunOptions& options,
                                                      int pass);

  // The union of state files, in any order. Errors: what PartialReader refuses;
  // headers that differ; a worker in two files.
  static absl::StatusOr<std::unique_ptr<Shard>> Union(
      const std::vector<std::string>& files);

  absl::Status WriteTo(const std::string& path) const;

  // Whether `other` belongs to the same run: the same plan, packs, mapping,
  // currency, zone and measures, whatever the pass. "" or what differs.
  std::string DifferenceFrom(const Shard& other) const;

  int pass() const { return head_.header().pass(); }
  const v1::PartialHeader& header() const { return head_.header(); }
  // Whether measures still want their second pass; the state for it.
  bool complete() const;
  FirstPass first_pass() const;

  // Uses the observers up.
  AuditOutcome Conclude();
  std::vector<ManifestEntry> inputs() const;
  const v1::Partial& head() const { return head_; }
  const std::vector<RulePack>& packs() const { return packs_; }
  const std::vector<v1::Fault>& quarantine() const { return quarantine_; }
  const MeasureContext& context() const { return context_; }

 private:
  // The log of Of, which measures point into; nullptr after Union.
  std::unique_ptr<LogRun> run_;
  // Everything that measures need, from head_ and small_tables_.
  absl::Status MakeContext();

  v1::Partial head_;
  v1::Input input_;
  std::vector<v1::Fault> quarantine_;
  std::vector<v1::LogRecord> small_tables_;
  std::vector<RulePack> packs_;
  replay::IngestResult ingest_;
  std::unique_ptr<replay::LogStore> store_;
  MeasureContext context_;
  Observers observers_;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_CLI_SHARD_H_
