#ifndef PLUMBLINE_REPLAY_STORE_VISIT_SCRATCH_H_
#define PLUMBLINE_REPLAY_STORE_VISIT_SCRATCH_H_

#include <vector>

#include "replay/store/row_store.h"

namespace plumbline::replay {

// What one VisitBlock works in. Kept between visits: the first touch of a page
// is the dearest part of using it.
struct RowStore::Scratch {
  Grouped tasks, sessions, offers, pay;
  std::vector<RowEntry> unknown;

  std::vector<Task> task_rows;
  std::vector<PayAmount> amounts;         // pay_columns() a task.
  std::vector<PayAmount> joined_amounts;  // Of tasks that lines of pay name.
  std::vector<int64_t> estimates;
  std::vector<Session> session_rows;
  std::vector<Offer> offer_rows;
  std::vector<PayLine> pay_rows;
  std::vector<int64_t> shares;
  TimelineBuilder builder;

  // Joins of the block, by row. `joined` says that there are some.
  absl::flat_hash_map<const char*, uint32_t> joins;

  struct TieRow {
    int64_t offered_at;
    int64_t placed_at;
    std::string_view task_id;
    int64_t file;
    int64_t line;
    RowEntry entry;
  };
  std::vector<TieRow> ties;
  std::vector<RowEntry> merged;
  std::vector<size_t> runs;

  struct PaidTask {
    uint32_t task;
    v1::PayKind kind;
    int64_t amount;
  };
  absl::flat_hash_map<std::string_view, uint32_t> task_of_id;
  std::vector<PaidTask> paid;
};

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_STORE_VISIT_SCRATCH_H_
