#ifndef PLUMBLINE_AUDIT_FINDINGS_WORD_TEST_H_
#define PLUMBLINE_AUDIT_FINDINGS_WORD_TEST_H_

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "audit/findings/task_fields.h"
#include "audit/rules/expression.h"
#include "replay/schema/schema.h"
#include "replay/store/log_store.h"

namespace plumbline::audit {

// Whether the word of a task's column is one of those that a node names; each
// word is compared once. One per node and thread.
class WordTest {
 public:
  static bool Among(const Node& node, std::string_view text) {
    return std::find(node.words.begin(), node.words.end(), text) !=
           node.words.end();
  }

  // `value` is the known value of `field`: a symbol of the store, or a status.
  bool Holds(const Node& node, int field, int64_t value,
             const replay::LogStore& store) {
    const auto at = static_cast<size_t>(value);
    if (at >= known_.size()) known_.resize(at + 1, kNotAsked);
    if (known_[at] == kNotAsked) {
      known_[at] = Among(node, WordOf(field, value, store)) ? kYes : kNo;
    }
    return known_[at] == kYes;
  }

 private:
  enum Answer : uint8_t { kNotAsked, kNo, kYes };

  static std::string WordOf(int field, int64_t value,
                            const replay::LogStore& store) {
    if (field != kStatusField) {
      return std::string(store.Text(static_cast<replay::Symbol>(value)));
    }
    const replay::TableSchema* tasks = replay::FindTable("tasks");
    return replay::EnumWord(tasks->columns[tasks->Find("status")],
                            static_cast<int>(value));
  }

  std::vector<Answer> known_;  // By value.
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_FINDINGS_WORD_TEST_H_
