#ifndef PLUMBLINE_AUDIT_FINDINGS_REASON_H_
#define PLUMBLINE_AUDIT_FINDINGS_REASON_H_

#include <string>
#include <vector>

#include "audit/findings/evaluate.h"
#include "audit/rules/measure_path.h"

namespace plumbline::audit {

// Why there is no verdict on something, in both languages, with the columns
// that would settle it.
struct Reason {
  std::string text;
  std::string text_zh;
  std::vector<std::string> missing;
};

Reason NotInScope(const CompiledRule& rule);
Reason GateClosed(const CompiledRule& rule);
Reason NotYetInForce(const CompiledRule& rule);
Reason NoLongerInForce(const CompiledRule& rule);
Reason OtherCurrency(const std::string& log, const std::string& pack);
Reason ColumnsMissing(std::vector<std::string> columns);
// Cells of these columns are unknown; `columns` are those that decide.
Reason CellsUnknown(std::vector<std::string> columns);
// Tasks run over an end of the window, and nothing says on which side they
// count; cells of `columns`, where there are any, decide as well.
Reason TasksStraddle(std::vector<std::string> columns);
// Short in a week that stands for a pay period, not in all of them together.
Reason PayPeriodsUnknown();
// A shortfall that may still be made good after the log ends.
Reason TopUpStillOpen();
Reason DivisionByZero();
Reason RuleFromMemory();
Reason NoWorkerNamed();
// The measure itself does not conclude, and why.
Reason OfMeasure(const MeasuredVerdict& own);
// No source sets a number for the figure that the rule shows.
Reason NoNumberSet();
Reason OfUndecidable(const v1::Undecidable& test);
Reason OfParameter(const ParameterFailure& failure, const CompiledPack& pack,
                   std::string_view city);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_FINDINGS_REASON_H_
