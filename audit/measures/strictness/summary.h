#ifndef PLUMBLINE_AUDIT_MEASURES_STRICTNESS_SUMMARY_H_
#define PLUMBLINE_AUDIT_MEASURES_STRICTNESS_SUMMARY_H_

#include "audit/measures/strictness/task_pool.h"
#include "audit/measures/strictness/walk.h"
#include "plumbline/v1/plan.pb.h"
#include "plumbline/v1/strictness.pb.h"

namespace plumbline::audit {

// What was looked at, the base period, and the conventions that were declared
// before, in both languages.
void WriteWhole(const TaskPool& pool, const Walk& walk,
                const v1::AuditPlan& plan, v1::Strictness* out);

// S-CF of one target, fines included: those of tasks that would still be late.
void WriteCounterfactual(const TaskPool& pool, const Walk& walk, int t,
                         v1::StrictTarget* out);

// STR-1 (share of targets above the lawful speed, ex ante), STR-2 (place among
// the platform's estimates, else the mean rank), STR-4 (share of the extra time
// in rain that the target grants). STR-3, the ratchet, is told under erosion.
void WriteIndicators(v1::Strictness* out);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_STRICTNESS_SUMMARY_H_
