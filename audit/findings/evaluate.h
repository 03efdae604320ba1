#ifndef PLUMBLINE_AUDIT_FINDINGS_EVALUATE_H_
#define PLUMBLINE_AUDIT_FINDINGS_EVALUATE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "audit/findings/parameter_lookup.h"
#include "audit/findings/value.h"
#include "audit/findings/word_test.h"
#include "audit/findings/worker_frame.h"
#include "audit/rules/compiled_pack.h"
#include "replay/ingest/ingest.h"

namespace plumbline::v1 {
class Measures;
}

namespace plumbline::audit {

// A row of a table that is not `tasks`, by column index of its schema.
class RowView {
 public:
  virtual ~RowView() = default;
  virtual int64_t Number(int column) const = 0;  // kUnknown where unknown.
  // data() == nullptr where unknown; the word of an enum.
  virtual std::string_view Text(int column) const = 0;
};

class CalendarClock;
class Elements;

// What a formula is evaluated on.
struct Subject {
  int plan = -1;      // Of the worker's periods.
  size_t period = 0;  // Among WorkerFrame::Periods(plan).
  int64_t from = 0, to = 0;
  replay::Symbol city = 0;
  bool one_city = false;  // Inside sum(city: ...).
  const replay::Task* task = nullptr;
  const RowView* row = nullptr;
  const Stretch* run = nullptr;
  int64_t estimate = replay::kUnknown;
  const RowView* roster = nullptr;  // This worker's row of `workers`.
  // Inside of a sum: what the whole rule is evaluated on.
  const Subject* base = nullptr;
  int64_t day = kNoDay;  // Local day that values are looked up by.
};

enum class Verdict3 : uint8_t { kMet, kBroken, kOpen };

// A number that a report shows, with its bounds.
struct Shown {
  Ratio lo, hi;
  bool lo_open = false, hi_open = false;
};

struct Outcome {
  Verdict3 verdict = Verdict3::kOpen;
  uint64_t missing = 0;  // Bits of the program's columns.
  ParameterFailure failure;
  Shown observed, required;
  // At least and at most what is missing; by how much a rule is broken.
  Ratio shortfall_lo, shortfall_hi;
  bool shortfall_open = false;
};

// A value that was used, for the finding.
struct UsedValue {
  int parameter = -1;
  const DatedRatio* value = nullptr;
  int64_t day = 0;
  bool operator==(const UsedValue& o) const {
    return parameter == o.parameter && value == o.value;
  }
};

// What one worker adds to a sum over workers: in 128 bits, or, where that is
// too narrow, as exact text "n/d".
struct WorkerBound {
  Ratio low, high;
  std::string wide_low, wide_high;
  bool low_open = true, high_open = true;
  uint64_t missing = 0;
};

// What all workers came to at the end, as exact texts.
struct ExactBound {
  std::string low, high;  // "n/d"; empty: open.
  uint64_t missing = 0;
};

// Evaluates the formulas of one rule, exactly: in 128 bits, and again in
// rationals of any size where that was too narrow. One per rule and thread.
class RuleEvaluator {
 public:
  RuleEvaluator(const CompiledRule& rule, ParameterLookup& lookup,
                WorkerFrame& frame, const replay::LogStore* store,
                const replay::MdrpParameters& mdrp, int plan);
  // What formulas over other elements, calendars and measures read. Borrowed.
  void Give(Elements* elements, CalendarClock* calendars) {
    elements_ = elements;
    calendars_ = calendars;
  }
  void Give(const v1::Measures* measures) { measures_ = measures; }
  ~RuleEvaluator();

  // Whether the scope holds; kMet where there is none.
  Verdict3 Scope(const Subject& subject, uint64_t* missing,
                 ParameterFailure* failure);
  // Case in which no verdict is possible, or -1; `only_pass` where it is not
  // known whether one holds.
  int Undecidable(const Subject& subject, bool* only_pass, uint64_t* missing);
  Outcome Require(const Subject& subject);
  // The least by which the rule is broken, negative where it is more than met;
  // false where nothing bounds it.
  bool LeastGap(const Subject& subject, Ratio* gap);
  // Values of the named parts, in the order of the pack, with their bounds.
  struct Part {
    int let = -1;  // Index of Rule.let.
    Type type;
    Shown value;
    Truth truth = Truth::kUnknown;  // Of a condition.
  };
  std::vector<Part> Trace(const Subject& subject);
  // The pause that ends a run, in milliseconds; false where it has no value.
  bool RunPause(const Subject& subject, int64_t* pause,
                ParameterFailure* failure);
  // Parameter values used since the last call.
  std::vector<UsedValue> TakeUsed();
  void Record(bool on) { record_ = on; }

  // Sums over workers in the rule's own formula or its gate, in a fixed order.
  int WorkerSums(bool gate) const;
  WorkerBound WorkerSum(bool gate, int index, const Subject& subject);
  Outcome Conclude(const std::vector<ExactBound>& sums, int64_t day);
  Verdict3 Gate(const std::vector<ExactBound>& sums, int64_t day,
                uint64_t* missing, ParameterFailure* failure);

 private:
  template <typename Math>
  friend class Evaluation;

  const CompiledRule& rule_;
  ParameterLookup& lookup_;
  WorkerFrame& frame_;
  const replay::LogStore* store_;
  const replay::MdrpParameters& mdrp_;
  int plan_;
  bool record_ = false;
  Elements* elements_ = nullptr;
  CalendarClock* calendars_ = nullptr;
  const v1::Measures* measures_ = nullptr;
  std::vector<UsedValue> used_;
  std::vector<int64_t> change_days_;
  // Sum nodes of each program, and, at the end, their totals.
  std::vector<int> sums_, gate_sums_;
  const std::vector<ExactBound>* totals_ = nullptr;
  // Bits of the columns behind each Unknown flag, by program.
  std::vector<uint64_t> unknown_bits_[2];
  std::vector<WordTest> words_[2];  // By program and node.
  // By program and node: of a sum over tasks, the condition on a calendar
  // without which no task counts; -1 where there is none.
  std::vector<int> during_[2];
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_FINDINGS_EVALUATE_H_
