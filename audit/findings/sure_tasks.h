#ifndef PLUMBLINE_AUDIT_FINDINGS_SURE_TASKS_H_
#define PLUMBLINE_AUDIT_FINDINGS_SURE_TASKS_H_

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "audit/findings/parameter_lookup.h"
#include "audit/findings/word_test.h"
#include "audit/findings/worker_frame.h"
#include "audit/rules/compiled_pack.h"
#include "replay/timeline/worker_timeline.h"

namespace plumbline::audit {

// What certainly comes of a rule on tasks, for many tasks at once, a column of
// values for each step of its formulas: in floating point with a bound on its
// error, so that most tasks need no exact arithmetic. It says nothing where it
// is not sure, never a breach, and never what exact arithmetic would not say.
//
// One per rule and thread. Time: tasks times steps; memory: 4 KiB a step.
class SureTasks {
 public:
  enum class Answer : uint8_t { kUnsure, kOutOfScope, kPasses };

  // Everything is borrowed. `store` gives the words behind symbols.
  SureTasks(const CompiledRule& rule, ParameterLookup& lookup,
            const WorkerFrame& frame, const replay::LogStore* store);

  // `days`: of each task, the local day that values are looked up by. Writes
  // as many answers as there are tasks.
  void Ask(std::span<const replay::Task> tasks, std::span<const int64_t> days,
           std::vector<Answer>* answers);

 private:
  static constexpr size_t kRows = 256;
  // Numbers, by how much each may be wrong at most, and which are known.
  struct Numbers {
    double value[kRows];
    double error[kRows];
    uint8_t known[kRows];
  };
  // Certainly so, certainly not, or neither.
  enum Truth : uint8_t { kNo, kYes, kMaybe };
  struct Truths {
    uint8_t at[kRows];
  };
  struct Hit {  // The last value that a parameter had.
    bool asked = false;
    bool found = false;
    replay::Symbol city = 0;
    int64_t day = 0;
    double value = 0;
  };

  bool CanNumber(int index) const;
  bool CanTruth(int index) const;
  const Numbers& NumberOf(int index, int depth);
  const Truths& TruthOf(int index, int depth);
  void Field(int field, Numbers* out) const;
  void Rank(Numbers* out) const;
  void Parameter(int index, Numbers* out);
  void Words(int index, Truths* out);
  Numbers& NumbersAt(int depth);
  Truths& TruthsAt(int depth);

  const CompiledRule& rule_;
  ParameterLookup& lookup_;
  const WorkerFrame& frame_;
  const replay::LogStore* store_;
  bool possible_ = false;
  std::span<const replay::Task> tasks_;  // Of the rows at hand.
  std::span<const int64_t> days_;
  std::vector<std::unique_ptr<Numbers>> numbers_;  // By depth.
  std::vector<std::unique_ptr<Truths>> truths_;
  std::vector<Hit> hits_;        // By node.
  std::vector<WordTest> words_;  // By node.
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_FINDINGS_SURE_TASKS_H_
