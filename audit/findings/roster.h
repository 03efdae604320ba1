#ifndef PLUMBLINE_AUDIT_FINDINGS_ROSTER_H_
#define PLUMBLINE_AUDIT_FINDINGS_ROSTER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "audit/findings/evaluate.h"
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
