#ifndef PLUMBLINE_AUDIT_FINDINGS_JUDGE_H_
#define PLUMBLINE_AUDIT_FINDINGS_JUDGE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "audit/measures/measure.h"
#include "audit/rules/rule_pack.h"
#include "plumbline/v1/partial.pb.h"
#include "plumbline/v1/result.pb.h"
#include "replay/timeline/worker_timeline.h"

namespace plumbline::audit {

// Evaluates the compiled rules of all packs over timelines and gives verdicts:
// the only place in the project that does. One instance per thread; states
// merge exactly like those of measures.
class Judge {
 public:
  virtual ~Judge() = default;
  static std::unique_ptr<Judge> Create(const std::vector<RulePack>& packs,
                                       const MeasureContext& context);

  virtual void Observe(const replay::WorkerTimeline& timeline) = 0;
  virtual void Save(v1::JudgeState* state) const = 0;
  virtual absl::Status Merge(const v1::JudgeState& state) = 0;

  // Findings sorted by (pack, rule, subject, period), coverage, summary and
  // the rows of tasks_flagged.csv sorted by (rule, worker, task).
  virtual void Conclude(v1::AuditResult* result,
                        std::vector<v1::FlaggedTask>* flagged) const = 0;

  // Shortfall of each worker over all breaches, in millionths, by worker id.
  virtual std::vector<std::pair<std::string, int64_t>> ShortfallByWorker()
      const = 0;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_FINDINGS_JUDGE_H_
