#ifndef PLUMBLINE_AUDIT_FINDINGS_SURE_RULE_H_
#define PLUMBLINE_AUDIT_FINDINGS_SURE_RULE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "audit/findings/sure_columns.h"
#include "audit/rules/compiled_pack.h"

namespace plumbline::audit {

// What certainly comes of one rule, for many tasks or windows at once, from the
// columns that all rules share: most need no exact arithmetic. It says nothing
// where it is not sure, never a breach, and never what exact arithmetic would
// not say.
class SureRule {
 public:
  enum class Answer : uint8_t { kUnsure, kOutOfScope, kPasses };

  // `columns` is borrowed.
  SureRule(const SureColumns::Owner& owner, SureRows of, SureColumns& columns);

  // Whether it can be sure of anything.
  bool possible() const { return possible_; }
  // Answers for the rows that `columns` shows; writes as many as there are.
  // Not where it is not possible.
  void Ask(size_t rows, std::vector<Answer>* answers);

 private:
  SureColumns& columns_;
  const CompiledRule& rule_;
  bool possible_ = false;
  int scope_ = -1, lhs_ = -1, rhs_ = -1;
  std::vector<int> undecidable_;
  std::vector<uint8_t> open_;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_FINDINGS_SURE_RULE_H_
