#ifndef PLUMBLINE_AUDIT_FINDINGS_CONCLUSION_H_
#define PLUMBLINE_AUDIT_FINDINGS_CONCLUSION_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "audit/findings/flagged_tasks.h"
#include "audit/findings/judge_parts.h"
#include "audit/findings/settlement.h"
#include "audit/findings/wording.h"
#include "plumbline/v1/result.pb.h"

namespace plumbline::audit {

// The end of a judge's work: all findings in their order, the coverage clause
// by clause, what is owed in all, and the packs.
class Conclusion {
 public:
  Conclusion(JudgeParts& parts, const Wording& words,
             const Settlement& settlement)
      : parts_(parts), words_(words), settlement_(settlement) {}

  // As Judge::Conclude and Judge::ShortfallByWorker.
  void Conclude(v1::AuditResult* result, FlaggedTasks* flagged) const;
  std::vector<std::pair<std::string, int64_t>> ShortfallByWorker() const;

 private:
  void DescribeClause(RuleState& state, v1::Coverage* coverage) const;
  void AddFindings(std::vector<v1::Finding> findings,
                   v1::AuditResult* result) const;
  void AddTotal(v1::Summary* summary) const;
  void AddPacks(v1::AuditResult* result) const;

  JudgeParts& parts_;
  const Wording& words_;
  const Settlement& settlement_;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_FINDINGS_CONCLUSION_H_
