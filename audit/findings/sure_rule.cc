#include "audit/findings/sure_rule.h"

#include <algorithm>
#include <cmath>

#include "audit/findings/sure_numbers.h"

namespace plumbline::audit {

SureRule::SureRule(const SureColumns::Owner& owner, SureRows of,
                   SureColumns& columns)
    : columns_(columns), rule_(*owner.rule) {
  if (rule_.rhs < 0) return;
  if (rule_.scope >= 0) {
    scope_ = columns_.AddTruth(owner, of, rule_.scope);
    if (scope_ < 0) return;
  }
  for (const int when : rule_.undecidable) {
    undecidable_.push_back(columns_.AddTruth(owner, of, when));
    if (undecidable_.back() < 0) return;
  }
  lhs_ = columns_.AddNumber(owner, of, rule_.lhs);
  rhs_ = columns_.AddNumber(owner, of, rule_.rhs);
  possible_ = lhs_ >= 0 && rhs_ >= 0;
}

void SureRule::Ask(size_t rows, std::vector<Answer>* answers) {
  answers->assign(rows, Answer::kUnsure);
  open_.assign(rows, 1);  // In scope, and no case without a verdict.
  bool any = rows > 0;
  if (scope_ >= 0 && any) {
    const SureTruths& scope = columns_.TruthAt(scope_);
    any = false;
    for (size_t i = 0; i < rows; ++i) {
      if (scope[i] == kSurelyNo) (*answers)[i] = Answer::kOutOfScope;
      open_[i] = scope[i] == kSurelyYes ? 1 : 0;
      any = any || scope[i] == kSurelyYes;
    }
  }
  for (const int when : undecidable_) {
    if (!any) break;
    const SureTruths& without = columns_.TruthAt(when);
    for (size_t i = 0; i < rows; ++i) {
      open_[i] = open_[i] != 0 && without[i] == kSurelyNo ? 1 : 0;
    }
  }
  if (!any) return;
  const SureNumbers& lhs = columns_.NumberAt(lhs_);
  const SureNumbers& rhs = columns_.NumberAt(rhs_);
  const SureNumbers& larger = rule_.at_least ? lhs : rhs;
  const SureNumbers& smaller = rule_.at_least ? rhs : lhs;
  // Of whole numbers the gap is what it is. Else doubled: what the bounds
  // themselves lose to rounding is far below.
  const bool exact = lhs.whole && rhs.whole && !rule_.strict;
  const double error = exact ? 0 : 2 * (lhs.error + rhs.error);
  const double part = exact ? 0 : kGapUnit;
  for (size_t i = 0; i < rows; ++i) {
    const double gap = larger.value[i] - smaller.value[i];
    const double least = error + std::abs(gap) * part;
    const bool met = exact ? gap >= 0 : gap > least;
    const bool known = (open_[i] & lhs.known[i] & rhs.known[i]) != 0;
    if (known && met) (*answers)[i] = Answer::kPasses;
  }
}

}  // namespace plumbline::audit
