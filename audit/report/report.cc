#include "audit/report/report.h"

#include "audit/report/page.h"
#include "audit/report/row_files.h"
#include "audit/report/sections.h"
#include "audit/report/staged_folder.h"

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
  AddAllocation(result, &page);
  AddMdrp(result, &page);
  AddFindings(result, &page);
  AddMethod(result, &page);
  AddGlossary(&page);
  AddManifest(result, manifest, &page);
  return page.Finish();
}

}  // namespace

absl::Status WriteReport(const ReportModel& model, const Manifest& manifest,
                         Language language, const std::string& out) {
  absl::StatusOr<std::unique_ptr<StagedFolder>> folder =
      StagedFolder::Open(out);
  if (!folder.ok()) return folder.status();
  std::vector<ManifestEntry> outputs;
  const auto finish = [&](StagedFile* file) {
    const absl::Status status = file->Finish();
    outputs.push_back({"output", file->name(), file->sha256()});
    return status;
  };

  const v1::AuditResult& result = *model.result;
  StagedFile* file = (*folder)->Add("findings.json");
  WriteFindingsJson(result, file);
  if (absl::Status status = finish(file); !status.ok()) return status;

  file = (*folder)->Add("findings.csv");
  WriteFindingsCsv(result, file);
  if (absl::Status status = finish(file); !status.ok()) return status;

  file = (*folder)->Add("workers.csv");
  WriteWorkersCsv(*model.workers, file);
  if (absl::Status status = finish(file); !status.ok()) return status;

  file = (*folder)->Add("tasks_flagged.csv");
  WriteFlaggedCsv(*model.flagged, file);
  if (absl::Status status = finish(file); !status.ok()) return status;

  file = (*folder)->Add("quarantine.csv");
  if (absl::Status status = WriteQuarantineCsv(model, file); !status.ok())
    return status;
  if (absl::Status status = finish(file); !status.ok()) return status;

  file = (*folder)->Add("report.html");
  file->Write(RenderPage(result, manifest, language));
  if (absl::Status status = finish(file); !status.ok()) return status;

  file = (*folder)->Add("manifest.json");
  WriteManifestJson(manifest, result, outputs, file);
  if (absl::Status status = file->Finish(); !status.ok()) return status;
  return (*folder)->Commit();
}

}  // namespace plumbline::audit
