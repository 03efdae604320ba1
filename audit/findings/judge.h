#ifndef PLUMBLINE_AUDIT_FINDINGS_JUDGE_H_
#define PLUMBLINE_AUDIT_FINDINGS_JUDGE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "audit/findings/flagged_tasks.h"
#include "audit/measures/measure.h"
#include "audit/rules/rule_pack.h"
#include "plumbline/v1/partial.pb.h"
#include "plumbline/v1/result.pb.h"
#include "replay/timeline/worker_timeline.h"

namespace plumbline::audit {

struct JudgeOptions {
  // Uses values from memory (confidence M) and values past their last day.
  // Every finding that rests on one says so.
  bool allow_unverified = false;
};

// Evaluates the compiled rules of all packs over timelines and gives verdicts:
// the only place in the project that does. One instance per thread; states
// merge exactly like those of measures.
//
// A breach is given only where it holds for everything that unknown cells may
// be; "no breach found" likewise. In between lies insufficient evidence, with
// the columns that would settle it. Whether a rule can run at all is decided
// from the columns of the log before a row is read.
class Judge {
 public:
  virtual ~Judge() = default;

  // `packs` and what `context` points to outlive the judge.
  static std::unique_ptr<Judge> Create(const std::vector<RulePack>& packs,
                                       const MeasureContext& context,
                                       const JudgeOptions& options = {});

  virtual void Observe(const replay::WorkerTimeline& timeline) = 0;
  virtual void Save(v1::JudgeState* state) const = 0;
  virtual absl::Status Merge(const v1::JudgeState& state) = 0;
  // In one process, in place of Save and Merge: moves what `other`, made with
  // the same packs and context, holds.
  virtual void Absorb(Judge&& other) = 0;

  // Findings sorted by (pack, rule, subject, period), coverage, summary and
  // the rows of tasks_flagged.csv sorted by (rule, worker, task).
  virtual void Conclude(v1::AuditResult* result,
                        FlaggedTasks* flagged) const = 0;

  // Shortfall of each worker over all breaches, in millionths, by worker id. Of
  // rules that owe the same money the largest counts.
  virtual std::vector<std::pair<std::string, int64_t>> ShortfallByWorker()
      const = 0;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_FINDINGS_JUDGE_H_
