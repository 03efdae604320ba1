#ifndef PLUMBLINE_AUDIT_FINDINGS_TALLY_H_
#define PLUMBLINE_AUDIT_FINDINGS_TALLY_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "audit/findings/big_math.h"
#include "audit/findings/evaluate.h"
#include "audit/findings/exact_sum.h"
#include "audit/findings/item_list.h"
#include "audit/findings/reason.h"
#include "plumbline/v1/judge.pb.h"
#include "plumbline/v1/result.pb.h"

namespace plumbline::audit {

struct BreachEntry {
  std::string subject_kind, subject;
  int64_t from = 0, to = 0;
  std::string observed, required;
  Ratio shortfall, shortfall_high;
  bool high_open = false;
  bool unverified = false;
  int64_t n = 0;
  std::vector<v1::ParameterUsed> parameters;
  std::vector<v1::TraceStep> trace;
  // Of a rule over tasks or rows: the one that falls shortest, whose parts the
  // trace shows.
  std::string worst;
  Ratio worst_shortfall;
  std::string note, note_zh;      // Of this finding alone.
  std::vector<std::string> rows;  // Of a rule over periods.
  ItemList items;                 // Of a rule over tasks or rows.
};

struct ReasonEntry {
  v1::Verdict verdict = v1::INSUFFICIENT_EVIDENCE;
  Reason reason;
  int64_t n = 0;
  bool whole_table = false;
  std::vector<std::string> rows;
  ItemList items;
};

struct SumEntry {
  ExactSum low, high;
  bool low_open = false, high_open = false;
  uint64_t missing = 0;
};
struct PeriodEntry {
  int64_t workers = 0;
  std::vector<SumEntry> sums;
};

using PeriodKey = std::pair<int64_t, int64_t>;

// What one rule came to so far. Merging is exact and order-free once sorted.
struct Tally {
  // By period where a gate or an aggregate decides at the end, else at {0, 0}.
  std::map<PeriodKey, int64_t> passes;
  std::map<std::string, ReasonEntry> reasons;  // By verdict and English text.
  std::vector<BreachEntry> breaches;
  std::map<PeriodKey, PeriodEntry> periods;

  ReasonEntry& Find(v1::Verdict verdict, const Reason& reason);
  void Absorb(Tally&& other);
  // `columns` are those of the program that the sums' bits name.
  void Save(const std::vector<ColumnNeed>& columns, v1::RuleTally* out) const;
  // False for a state that is damaged.
  bool Merge(const v1::RuleTally& in, const std::vector<ColumnNeed>& columns);
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_FINDINGS_TALLY_H_
