#ifndef PLUMBLINE_REPLAY_INGEST_FAULT_LOG_H_
#define PLUMBLINE_REPLAY_INGEST_FAULT_LOG_H_

#include <cstdint>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "plumbline/v1/result.pb.h"

namespace plumbline::replay {

// What a fault does to its row. kCounted removes and changes nothing: the row
// is left out only of what needs the faulty pair of fields.
enum class FaultSide { kRepaired, kQuarantined, kCounted };

enum class FaultSeverity { kInfo, kNotice, kDataLoss, kError };

// One kind of fault; the catalogue is in fault_log.cc and docs/log_format.md.
struct FaultKind {
  std::string_view id;  // "unparsable-cell"
  FaultSeverity severity;
  FaultSide side;
  std::string_view sentence;  // What is wrong, in English.
  std::string_view sentence_zh;
  std::string_view remedy;  // What to do about it.
  std::string_view remedy_zh;
};
std::span<const FaultKind> FaultCatalogue();
const FaultKind& FindFault(std::string_view id);  // Must exist.

// Collects faults from all threads and closes the funnel by source table:
// read = used + repaired + quarantined, rows told apart by (file, line). A row
// with a quarantining fault is quarantined whatever else was repaired in it.
class FaultLog {
 public:
  // `scratch` empty: the system's folder for temporary files.
  explicit FaultLog(std::string scratch = "", int64_t memory_bytes = int64_t{64} << 20);
  ~FaultLog();

  // `files` are the input files, relative to the log, as quarantine.csv names
  // them. Call once, before the first Add.
  void SetFiles(std::vector<std::string> files);

  // Rows read of `table` from `file`, added up.
  void CountRows(std::string_view table, uint32_t file, int64_t rows);

  // One fault in one row. `value` is cut to 200 bytes. Thread-safe.
  void Add(std::string_view table, uint32_t file, int64_t line,
           std::string_view column, std::string_view fault_id,
           std::string_view value);

  // Fills input.tables and input.faults. The same whatever the order of the
  // calls of Add.
  absl::Status Conclude(v1::Input* input);

  // The rows of quarantine.csv sorted by (file, line, column, rule). Past
  // `memory_bytes` entries lie in sorted runs in `scratch` and are merged here,
  // so that a file of nothing but faults is bounded too.
  absl::Status Visit(absl::FunctionRef<absl::Status(const v1::Fault&)> visit);

 private:
  struct Entry {
    uint32_t file;
    uint32_t kind;
    int64_t line;
    std::string column;
    std::string value;
    uint32_t table;
  };
  mutable std::mutex mutex_;
  std::vector<std::string> files_;
  std::vector<std::string> tables_;
  std::map<std::pair<uint32_t, uint32_t>, int64_t> rows_;  // (table, file)
  std::vector<Entry> entries_;
};

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_INGEST_FAULT_LOG_H_
