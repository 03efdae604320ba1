#ifndef PLUMBLINE_AUDIT_REPORT_FIGURE_WORDS_H_
#define PLUMBLINE_AUDIT_REPORT_FIGURE_WORDS_H_

#include <string>
#include <string_view>

#include "audit/report/catalogue.h"
#include "plumbline/v1/result.pb.h"

namespace plumbline::audit {

// A figure of a finding in its unit for a reader: "12746" and "s" give
// "3 h 32 min 26 s (12,746 s)"; "343/6" and "CNY" give
// "57.166667 CNY (exactly 343/6)"; "1..2" a sentence with both ends. Instants
// come out as ShownInstant writes them, other text without a unit as it is.
std::string FigureWords(std::string_view value, std::string_view unit,
                        const Words& words);

// Observed, required or a part of a finding's formula, for a reader.
std::string ObservedWords(const v1::Finding& finding, const Words& words);
std::string RequiredWords(const v1::Finding& finding, const Words& words);
std::string StepWords(const v1::TraceStep& step, const Words& words);

// The name of a part: those that every finding may have are told in words,
// those of a pack stand as the pack names them.
std::string StepName(const v1::TraceStep& step, const Words& words);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_REPORT_FIGURE_WORDS_H_
