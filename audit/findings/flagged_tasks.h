#ifndef PLUMBLINE_AUDIT_FINDINGS_FLAGGED_TASKS_H_
#define PLUMBLINE_AUDIT_FINDINGS_FLAGGED_TASKS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "plumbline/v1/result.pb.h"

namespace plumbline::audit {

// The rows of tasks_flagged.csv, packed: a log may have tens of millions of
// them, and as messages each takes 600 bytes and more. Here a row takes its
// texts and about 25 bytes, some 90 in all; words that many rows share are kept
// once, and of its end what differs from its start. Adding and reading are
// linear in a row, sorting n log n.
class FlaggedTasks {
 public:
  FlaggedTasks() = default;
  FlaggedTasks(FlaggedTasks&&) = default;
  FlaggedTasks& operator=(FlaggedTasks&&) = default;

  void Add(const v1::FlaggedTask& task);
  // By rule, worker, task and pack; rows alike keep the order of their adding.
  void Sort();

  size_t size() const { return rows_.size(); }
  bool empty() const { return rows_.empty(); }
  void clear() { *this = FlaggedTasks(); }
  v1::FlaggedTask operator[](size_t row) const;

 private:
  struct Row {
    const char* bytes;  // Worker, task and the rest of the message.
    uint32_t kind;      // In kinds_.
  };
  // What stands in many rows.
  struct Kind {
    std::string rule, pack, reason, currency;
    int verdict = 0;
    bool operator<(const Kind& other) const;
  };

  std::vector<std::unique_ptr<char[]>> blocks_;
  char* end_ = nullptr;  // Of what is used of the last block,
  size_t left_ = 0;      // and the bytes behind it.
  std::vector<Row> rows_;
  std::vector<const Kind*> kinds_;
  std::map<Kind, uint32_t> kind_of_;
  std::string scratch_;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_FINDINGS_FLAGGED_TASKS_H_
