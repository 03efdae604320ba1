#ifndef PLUMBLINE_AUDIT_REPORT_SECTIONS_H_
#define PLUMBLINE_AUDIT_REPORT_SECTIONS_H_

#include <string>
#include <vector>

#include "audit/report/page.h"
#include "audit/report/report.h"

namespace plumbline::audit {

// The parts of report.html in the order of the page. Each shows its part of
// the result and leaves out what the result does not hold. Lists are bounded,
// with a sentence that names the file that has the rest.
void AddTitle(const v1::AuditResult& result, Page* page);
void AddSummary(const v1::AuditResult& result, Page* page);
void AddCoverage(const v1::AuditResult& result, Page* page);
void AddData(const v1::AuditResult& result, Page* page);
void AddHours(const v1::AuditResult& result, Page* page);
void AddPay(const v1::AuditResult& result, Page* page);
void AddTargets(const v1::AuditResult& result, Page* page);
void AddErosion(const v1::AuditResult& result, Page* page);
void AddWorkload(const v1::AuditResult& result, Page* page);
void AddStrictness(const v1::AuditResult& result, const Manifest& manifest,
                   Page* page);
void AddAllocation(const v1::AuditResult& result, Page* page);
void AddMdrp(const v1::AuditResult& result, Page* page);
void AddClauses(const v1::AuditResult& result, Page* page);
void AddFindings(const v1::AuditResult& result, Page* page);
void AddMethod(const v1::AuditResult& result, Page* page);
void AddGlossary(Page* page);
void AddManifest(const v1::AuditResult& result, const Manifest& manifest,
                 Page* page);

// The findings of one rule of one pack, in the order in which a reader wants
// them: breaches first, then by severity and by shortfall.
struct RuleFindings {
  std::string pack;
  std::string rule_id;
  std::vector<const v1::Finding*> findings;
};

// Grouped and ordered: the rules with the gravest first finding come first.
std::vector<RuleFindings> GroupByRule(const v1::AuditResult& result);

// Platform of the title, in words.
std::string PlatformName(const v1::Input& input, const Words& words);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_REPORT_SECTIONS_H_
