#include "audit/cli/write_outcome.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "audit/cli/words.h"

namespace plumbline::audit {

absl::StatusOr<FailOn> ParseFailOn(const std::string& text) {
  if (text.empty() || text == "never") return FailOn::kNever;
  if (text == "breach") return FailOn::kBreach;
  if (text == "indicator") return FailOn::kIndicator;
  if (text == "insufficient") return FailOn::kInsufficient;
  return absl::InvalidArgumentError(absl::StrCat(
      "--fail-on: found \"", text,
      "\", expected breach, indicator, insufficient or never; choose one"));
}

absl::StatusOr<ReportFiles> ParseReportFiles(
    const std::vector<std::string>& names) {
  if (names.empty()) return ReportFiles();
  ReportFiles files = {
      .json = false, .csv = false, .html = false, .xlsx = false};
  for (const std::string& name : names) {
    bool* const wanted = name == "json"   ? &files.json
                         : name == "csv"  ? &files.csv
                         : name == "html" ? &files.html
                         : name == "xlsx" ? &files.xlsx
                                          : nullptr;
    if (wanted == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--files: found \"", name,
          "\", expected json, csv, html or xlsx; leave it out for all"));
    }
    *wanted = true;
  }
  return files;
}

bool Reaches(const v1::Summary& summary, FailOn level) {
  switch (level) {
    case FailOn::kInsufficient:
      if (summary.insufficient_evidence() > 0) return true;
      [[fallthrough]];
    case FailOn::kIndicator:
      if (summary.indicator() > 0) return true;
      [[fallthrough]];
    case FailOn::kBreach:
      return summary.breach() > 0;
    case FailOn::kNever:
      return false;
  }
  return false;
}

std::string WhereTheReportIs(const std::string& out, const ReportFiles& files,
                             Language language) {
  return absl::StrCat(Words{"Report: ", "报告："}.In(language), out,
                      files.html ? "/report.html\n" : "\n");
}

std::string TzdataVersion() {
  const char* folder = std::getenv("TZDIR");
  std::ifstream file(absl::StrCat(
      folder == nullptr ? "/usr/share/zoneinfo" : folder, "/tzdata.zi"));
  std::string line;
  if (!std::getline(file, line)) return "";
  return absl::StartsWith(line, "# version ") ? line.substr(10) : "";
}

absl::Status WriteOutcome(const AuditOutcome& outcome, VisitFaults quarantine,
                          std::vector<ManifestEntry> inputs,
                          const std::vector<RulePack>& packs,
                          const RunIdentity& identity, Language language,
                          const std::string& out, const ReportFiles& files) {
  Manifest manifest;
  manifest.program_version = PLUMBLINE_VERSION;
  manifest.tzdata_version = TzdataVersion();
  manifest.seed = identity.seed;
  manifest.entries = std::move(inputs);
  if (!identity.mapping_sha256.empty()) {
    manifest.entries.push_back(
        {"mapping", identity.mapping_name, identity.mapping_sha256});
  }
  std::vector<ManifestEntry> used;
  for (const RulePack& pack : packs)
    used.push_back({"pack", pack.pack.name(), pack.sha256});
  std::sort(used.begin(), used.end(),
            [](const ManifestEntry& a, const ManifestEntry& b) {
              return a.name < b.name;
            });
  manifest.entries.insert(manifest.entries.end(), used.begin(), used.end());
  manifest.entries.push_back(
      {"plan", identity.plan_name, identity.plan_sha256});
  const ReportModel model = {&outcome.result, &outcome.workers,
                             &outcome.flagged, quarantine};
  return WriteReport(model, manifest, language, out, files);
}

}  // namespace plumbline::audit
