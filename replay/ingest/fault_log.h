#ifndef PLUMBLINE_REPLAY_INGEST_FAULT_LOG_H_
#define PLUMBLINE_REPLAY_INGEST_FAULT_LOG_H_

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "plumbline/v1/result.pb.h"
#include "replay/ingest/scratch_file.h"

namespace plumbline::replay {

// What a fault does to its row. kCounted removes and changes nothing: the row
// is left out only of what needs the faulty pair of fields.
enum class FaultSide { kRepaired, kQuarantined, kCounted };

enum class FaultSeverity { kInfo, kNotice, kDataLoss, kError };

// One kind of fault; the catalogue is in fault_catalogue.cc and
// docs/log_format.md.
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

// The catalogue as a Markdown table, for docs/log_format.md.
std::string FaultMarkdown();

// Collects faults from all threads and closes the funnel by source table:
// read = used + repaired + quarantined, rows told apart by (file, line). A row
// with a quarantining fault is quarantined whatever else was repaired in it.
//
// Each row of a file belongs to one source table, the one that CountRows names.
// A table derived from the same rows has no funnel of its own: what is wrong in
// it counts in the source table's, as repaired, since the source row stays.
class FaultLog {
 public:
  // `scratch` empty: the system's folder for temporary files.
  explicit FaultLog(std::string scratch = "",
                    int64_t memory_bytes = int64_t{64} << 20);
  ~FaultLog();
  FaultLog(const FaultLog&) = delete;
  FaultLog& operator=(const FaultLog&) = delete;

  // `files` are the input files, relative to the log, sorted, as quarantine.csv
  // names them. Call once, before the first Add.
  void SetFiles(std::vector<std::string> files);

  // `table` is made from rows of `file` that another table counts already.
  // Call before the first Add.
  void MarkDerived(std::string_view table, uint32_t file);

  // Rows read of `table` from `file`, added up; left out for a derived table.
  void CountRows(std::string_view table, uint32_t file, int64_t rows);

  int64_t rows_read() const;  // Of all source tables so far.

  // One fault in one row. `value` is cut to 200 bytes, and bytes that are no
  // UTF-8 are shown as "?". Thread-safe.
  void Add(std::string_view table, uint32_t file, int64_t line,
           std::string_view column, std::string_view fault_id,
           std::string_view value);

  // `n` faults of a kind that is only counted, at once. Thread-safe.
  void Count(std::string_view table, std::string_view column,
             std::string_view fault_id, int64_t n);

  // Fills input.tables and input.faults. The same whatever the order of the
  // calls of Add. Errors: Internal where the scratch files cannot be used.
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
    uint32_t table;
    std::string column;
    std::string value;
  };
  static bool Before(const Entry& a, const Entry& b);
  FaultSide Side(const Entry& entry) const;
  absl::Status Spill();
  absl::Status Merge(absl::FunctionRef<absl::Status(const Entry&)> visit);

  const std::string scratch_;
  const int64_t memory_bytes_;
  mutable std::mutex mutex_;
  std::vector<std::string> files_;
  std::vector<std::string> tables_;
  std::set<std::pair<uint32_t, uint32_t>> derived_;        // (table, file)
  std::map<std::pair<uint32_t, uint32_t>, int64_t> rows_;  // (table, file)
  // (kind, table, column): how often.
  std::map<std::tuple<uint32_t, uint32_t, std::string>, int64_t> counts_;
  std::vector<Entry> entries_;
  int64_t entry_bytes_ = 0;
  std::vector<ScratchFile> runs_;  // Each of them sorted.
  absl::Status spilled_;           // The first failure of a spill.
};

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_INGEST_FAULT_LOG_H_
