#ifndef PLUMBLINE_AUDIT_FINDINGS_JUDGE_PARTS_H_
#define PLUMBLINE_AUDIT_FINDINGS_JUDGE_PARTS_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "audit/findings/calendar_clock.h"
#include "audit/findings/judge.h"
#include "audit/findings/parameter_lookup.h"
#include "audit/findings/roster.h"
#include "audit/findings/rule_state.h"
#include "audit/findings/sure_columns.h"
#include "audit/findings/worker_frame.h"
#include "audit/measures/measure.h"
#include "audit/rules/rule_pack.h"

namespace plumbline::audit {

// What the parts of one judge share. `packs` and `context` are borrowed.
struct JudgeParts {
  JudgeParts(const std::vector<RulePack>& all_packs,
             const MeasureContext& of_log, const JudgeOptions& judge_options,
             const LogShape& shape)
      : packs(all_packs),
        context(of_log),
        options(judge_options),
        frame(of_log.zone, shape),
        columns(frame, of_log.store),
        calendars(of_log.zone, judge_options.allow_unverified) {}
  JudgeParts(const JudgeParts&) = delete;
  JudgeParts& operator=(const JudgeParts&) = delete;

  const std::vector<RulePack>& packs;
  const MeasureContext& context;
  const JudgeOptions options;
  WorkerFrame frame;
  SureColumns columns;
  CalendarClock calendars;
  std::vector<std::unique_ptr<ParameterLookup>> lookups;  // Of each pack.
  std::vector<std::unique_ptr<RuleState>> rules;
  std::unique_ptr<Roster> roster;  // nullptr where no rule asks for it.
  std::unique_ptr<SmallTables> small_tables;  // The same.
  const RowView* roster_row = nullptr;        // Of the worker in the frame.
  const v1::Measures* measures = nullptr;     // While concluding.
  int64_t known_workers = 0;
  int64_t tasks = 0;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_FINDINGS_JUDGE_PARTS_H_
