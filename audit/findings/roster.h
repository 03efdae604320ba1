#ifndef PLUMBLINE_AUDIT_FINDINGS_ROSTER_H_
#define PLUMBLINE_AUDIT_FINDINGS_ROSTER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "audit/findings/evaluate.h"
#include "replay/schema/schema.h"
#include "replay/store/log_store.h"
#include "replay/timeline/worker_timeline.h"

namespace plumbline::audit {

// Rows of `workers` by worker. The store outlives it.
class Roster {
 public:
  explicit Roster(const replay::LogStore& store);
  const RowView* Find(std::string_view worker) const;  // nullptr if none.

 private:
  std::map<std::string_view, std::unique_ptr<RowView>> rows_;
};

// Rows of the small tables by worker, for formulas over a worker's prompts,
// appeals, ... The store outlives it.
class SmallTables {
 public:
  explicit SmallTables(const replay::LogStore& store);
  // In the order of the log; empty where there are none.
  const std::vector<std::unique_ptr<RowView>>& Find(
      const replay::TableSchema& table, std::string_view worker) const;

 private:
  std::map<std::pair<const replay::TableSchema*, std::string>,
           std::vector<std::unique_ptr<RowView>>>
      rows_;
};

// The rows of one table that belong to the worker of a timeline, by number.
class WorkerRows {
 public:
  // `small` may be nullptr where `table` is pay, sessions or offers.
  WorkerRows(const replay::TableSchema& table, const replay::LogStore& store,
             const SmallTables* small);
  ~WorkerRows();
  void Reset(const replay::WorkerTimeline& timeline);
  size_t size() const { return size_; }
  const RowView& At(size_t index);  // Valid until the next call.
  // When it happened: kUnknown where the log does not say.
  int64_t MomentOf(const RowView& row) const;

 private:
  class Unpacked;
  const replay::TableSchema& table_;
  const SmallTables* small_;
  std::unique_ptr<Unpacked> unpacked_;  // nullptr for small tables.
  std::vector<int> moments_;            // Columns, the best first.
  const std::vector<std::unique_ptr<RowView>>* rows_ = nullptr;
  const replay::WorkerTimeline* timeline_ = nullptr;
  size_t size_ = 0;
};

// Rows of a small table in the order of the log: the row, its id (or, for a
// table without ids, its place in the table from 1), when it happened, and its
// worker ("" where it has none).
void VisitSmallTable(
    const std::string& table, const replay::LogStore& store,
    absl::FunctionRef<void(const RowView& row, std::string id, int64_t at,
                           std::string_view worker)>
        visit);

// Rows of `pay`, `sessions` or `offers` of one worker.
void VisitTimelineRows(
    const std::string& table, const replay::WorkerTimeline& timeline,
    const replay::LogStore& store,
    absl::FunctionRef<void(const RowView& row, std::string id, int64_t at)>
        visit);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_FINDINGS_ROSTER_H_
