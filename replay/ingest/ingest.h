#ifndef PLUMBLINE_REPLAY_INGEST_INGEST_H_
#define PLUMBLINE_REPLAY_INGEST_INGEST_H_

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "plumbline/v1/log.pb.h"
#include "replay/ingest/fault_log.h"
#include "replay/ingest/record_batch.h"

namespace plumbline::replay {

struct IngestOptions {
  int threads = 1;
  std::string mapping_file;  // --mapping; empty: chosen by fingerprint.
  std::string currency;      // --currency; overrides log.textproto if set.
  std::string time_zone;     // --time-zone.
  v1::InstantForm instants = v1::INSTANT_FORM_UNSPECIFIED;  // --instants.
  // Whether to hash the files that are read from front to back anyway.
  bool hash_files = false;
  // Bytes read so far and in total, for progress; may be empty. Any thread, one
  // call at a time.
  std::function<void(int64_t done, int64_t total)> progress;
};

// The Grubhub MDRP parameters of an instance, in the units of units.h.
struct MdrpParameters {
  bool present = false;
  int64_t pickup_service = 0;   // ms
  int64_t dropoff_service = 0;  // ms
  int64_t target_click_to_door = 0;
  int64_t maximum_click_to_door = 0;
  int64_t pay_per_order = 0;  // millionths
  int64_t guaranteed_per_hour = 0;
  int64_t orders_total = 0;  // Orders in the instance, delivered or not.
  int64_t bundles = 0;
  // Milliseconds under way of each courier, sorted by courier: over its rows of
  // the couriers' solution file, ceil(straight distance / metres per minute)
  // minutes each, an origin of 0 being the courier's start place. Empty where
  // there is no such file. The publisher's evaluator takes utilization from it.
  std::vector<std::pair<std::string, int64_t>> driving;
};

// What is known of the log once it has been read.
struct IngestResult {
  v1::LogInfo info;  // Options merged over log.textproto and mapping.
  std::vector<std::string> files;       // Inputs, relative to the log, sorted.
  std::vector<std::string> file_paths;  // The same, as they can be opened.
  // SHA-256 of each file in lower-case hex; empty where it was not asked for or
  // the file was not read in order. May be shorter than `files`.
  std::vector<std::string> file_hashes;
  std::string mapping_name;  // "canonical", "nyc-tlc-hvfhv", ...
  std::string mapping_sha256;
  std::vector<std::string> unknown_columns;  // "file:column"
  // Columns of which some used row knows a value, as "table.column", sorted:
  // what coverage is decided on. A column that is empty throughout gives
  // nothing.
  std::vector<std::string> columns;
  // Assumptions, for the report, and the same in Chinese (one for one where the
  // source gives both).
  std::vector<std::string> notes;
  std::vector<std::string> notes_zh;
  MdrpParameters mdrp;
};

// Opens `log` (a folder, a file, or "-" for an Arrow IPC stream on standard
// input), maps and validates every row, and hands batches to `sink`. Faults go
// to `faults`. Of a folder every file is read whose ending is that of a table
// (.csv .tsv .txt .parquet .arrow .arrows .feather .ipc .pb .binpb .gz .zst
// .zip); hidden files and folders are left alone.
//
// Errors: InvalidArgument with a message "file:line:column: what was found,
// what was expected, what to do" when a file as a whole cannot be read. Row
// faults are no errors. Blocks; uses `options.threads` threads. O(bytes), in
// memory of some blocks per thread.
absl::StatusOr<IngestResult> Ingest(const std::string& log,
                                    const IngestOptions& options,
                                    FaultLog& faults, RecordSink& sink);

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_INGEST_INGEST_H_
