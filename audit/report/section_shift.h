#ifndef PLUMBLINE_AUDIT_REPORT_SECTION_SHIFT_H_
#define PLUMBLINE_AUDIT_REPORT_SECTION_SHIFT_H_

#include <string>

#include "audit/report/page.h"
#include "plumbline/v1/workload.pb.h"

namespace plumbline::audit {

// Parts of the section on workload: lateness and speed by the hours of the
// shift, work after days with many refusals, and jumps at round thresholds.
void AddFatigue(const v1::Fatigue& fatigue, Page* page);
void AddCoercion(const v1::Workload& workload, const std::string& currency,
                 Page* page);
void AddCliffs(const v1::Workload& workload, const std::string& currency,
               Page* page);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_REPORT_SECTION_SHIFT_H_
