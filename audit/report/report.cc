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

absl::Status WriteReport(const ReportModel& model, const Manifest& manifest,
                         Language language, const std::string& out,
                         const ReportFiles& files) {
  absl::StatusOr<std::unique_ptr<StagedFolder>> opened =
      StagedFolder::Open(out);
  if (!opened.ok()) return opened.status();
  StagedFolder& folder = **opened;
  const v1::AuditResult& result = *model.result;
  std::vector<const StagedFile*> written;
  const auto add = [&](const char* name, bool wanted) -> StagedFile* {
    if (!wanted) {
      folder.LeaveOut(name);
      return nullptr;
    }
    StagedFile* file = folder.Add(name);
    written.push_back(file);
    return file;
  };
  StagedFile* findings_json = add("findings.json", files.json);
  StagedFile* findings_csv = add("findings.csv", files.csv);
  StagedFile* workers = add("workers.csv", files.csv);
  StagedFile* flagged = add("tasks_flagged.csv", files.csv);
  StagedFile* quarantine = add("quarantine.csv", true);
  StagedFile* page = add("report.html", files.html);
  std::string workbook_path;
  if (files.xlsx) {
    workbook_path = folder.AddForeign("workbook.xlsx");
  } else {
    folder.LeaveOut("workbook.xlsx");
  }
  StagedFile* seal = folder.Add("manifest.json");

  // The files do not depend on each other; each is written by one thread.
  absl::Status workbook_status, row_status, page_status;
  absl::StatusOr<std::string> workbook_hash = std::string();
  tbb::parallel_invoke(
      [&] {
        if (!files.xlsx) return;
        workbook_status.Update(WriteWorkbook(model, language, workbook_path));
        if (workbook_status.ok())
          workbook_hash = folder.AdoptWritten("workbook.xlsx");
      },
      [&] {
        const auto finish = [&](StagedFile* file, auto write) {
          if (file == nullptr) return;
          write();
          row_status.Update(file->Finish());
        };
        finish(findings_json,
               [&] { WriteFindingsJson(result, findings_json); });
        finish(findings_csv, [&] { WriteFindingsCsv(result, findings_csv); });
        finish(workers, [&] { WriteWorkersCsv(*model.workers, workers); });
        finish(flagged, [&] { WriteFlaggedCsv(*model.flagged, flagged); });
        finish(quarantine, [&] {
          row_status.Update(WriteQuarantineCsv(model, quarantine));
        });
      },
      [&] {
        if (page == nullptr) return;
        page->Write(RenderPage(result, manifest, language));
        page_status.Update(page->Finish());
      });
  for (const absl::Status& status : {row_status, page_status, workbook_status})
    if (!status.ok()) return status;
  if (!workbook_hash.ok()) return workbook_hash.status();

  std::vector<ManifestEntry> outputs;
  for (const StagedFile* file : written)
    outputs.push_back({"output", file->name(), file->sha256()});
  if (files.xlsx)
    outputs.push_back({"output", "workbook.xlsx", *workbook_hash});
  WriteManifestJson(manifest, result, outputs, seal);
  if (absl::Status sealed = seal->Finish(); !sealed.ok()) return sealed;
  return folder.Commit();
}

}  // namespace plumbline::audit
