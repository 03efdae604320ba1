#include "audit/report/report.h"

#include "audit/report/page.h"
#include "audit/report/row_files.h"
#include "audit/report/sections.h"
#include "audit/report/staged_folder.h"
#include "audit/report/workbook.h"
#include "tbb/parallel_invoke.h"

namespace plumbline::audit {
namespace {

std::string RenderPage(const v1::AuditResult& result, const Manifest& manifest,
                       Language language) {
  const Words words(language);
  Page page(language, words(T::kTitle, PlatformName(result.input(), words)));
  AddTitle(result, &page);
  AddSummary(result, &page);
  AddCoverage(result, &page);
  AddData(result, &page);
  AddHours(result, &page);
  AddPay(result, &page);
  AddTargets(result, &page);
  AddStrictness(result, manifest, &page);
  AddErosion(result, &page);
  AddWorkload(result, &page);
  AddAllocation(result, &page);
  AddMdrp(result, &page);
  AddClauses(result, &page);
  AddFindings(result, &page);
  AddMethod(result, &page);
  AddGlossary(&page);
  AddManifest(result, manifest, &page);
  return page.Finish();
}

}  // namespace

absl::Status WriteReport(const ReportModel& model, const Manifest& given,
                         Language language, const std::string& out) {
  absl::StatusOr<std::unique_ptr<StagedFolder>> opened =
      StagedFolder::Open(out);
  if (!opened.ok()) return opened.status();
  StagedFolder& folder = **opened;
  const v1::AuditResult& result = *model.result;
  StagedFile* findings_json = folder.Add("findings.json");
  StagedFile* findings_csv = folder.Add("findings.csv");
  StagedFile* workers = folder.Add("workers.csv");
  StagedFile* flagged = folder.Add("tasks_flagged.csv");
  StagedFile* quarantine = folder.Add("quarantine.csv");
  StagedFile* page = folder.Add("report.html");
  const std::string workbook_path = folder.AddForeign("workbook.xlsx");
  StagedFile* seal = folder.Add("manifest.json");

  // The files do not depend on each other; each is written by one thread.
  Manifest manifest = given;
  absl::Status workbook_status;
  absl::Status findings_status;
  absl::StatusOr<std::string> workbook_hash = std::string();
  tbb::parallel_invoke(
      [&] {
        workbook_status.Update(WriteWorkbook(model, language, workbook_path));
        if (workbook_status.ok())
          workbook_hash = folder.AdoptWritten("workbook.xlsx");
      },
      [&] {
        WriteFindingsJson(result, findings_json);
        findings_status.Update(findings_json->Finish());
        WriteFindingsCsv(result, findings_csv);
        findings_status.Update(findings_csv->Finish());
        WriteWorkersCsv(*model.workers, workers);
        findings_status.Update(workers->Finish());
        WriteFlaggedCsv(*model.flagged, flagged);
        findings_status.Update(flagged->Finish());
        findings_status.Update(WriteQuarantineCsv(model, quarantine));
        findings_status.Update(quarantine->Finish());
        if (model.inputs != nullptr) {
          auto inputs = model.inputs();
          findings_status.Update(inputs.status());
          if (!inputs.ok()) return;
          manifest.entries.insert(manifest.entries.begin(), inputs->begin(),
                                  inputs->end());
        }
        page->Write(RenderPage(result, manifest, language));
        findings_status.Update(page->Finish());
      });
  if (!findings_status.ok()) return findings_status;
  if (!workbook_status.ok()) return workbook_status;
  if (!workbook_hash.ok()) return workbook_hash.status();

  std::vector<ManifestEntry> outputs;
  for (const StagedFile* file :
       {findings_json, findings_csv, workers, flagged, quarantine, page}) {
    outputs.push_back({"output", file->name(), file->sha256()});
  }
  outputs.push_back({"output", "workbook.xlsx", *workbook_hash});
  WriteManifestJson(manifest, result, outputs, seal);
  if (absl::Status status = seal->Finish(); !status.ok()) return status;
  return folder.Commit();
}

}  // namespace plumbline::audit
