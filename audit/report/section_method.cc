#include <algorithm>
#include <string>
#include <vector>

#include "audit/report/cat.h"
#include "audit/report/sections.h"

namespace plumbline::audit {
namespace {

constexpr size_t kFilesListed = 300;

std::string RoleName(const std::string& role, const Words& words) {
  if (role == "input") return words(T::kRoleInput);
  if (role == "mapping") return words(T::kRoleMapping);
  if (role == "pack") return words(T::kRolePack);
  if (role == "plan") return words(T::kRolePlan);
  return role;
}

}  // namespace

void AddMethod(const v1::AuditResult& result, Page* page) {
  const Words& words = page->words();
  page->BeginSection("method", words(T::kMethod));
  page->List({words(T::kMethodLog), words(T::kMethodUnknown),
              words(T::kMethodFavour), words(T::kMethodExact),
              words(T::kMethodRank), words(T::kMethodLaw)});
  // Notes come in pairs of languages; one without its partner is shown as it
  // is.
  std::vector<std::string> notes;
  for (int i = 0; i < std::max(result.notes_size(), result.notes_zh_size());
       ++i) {
    const std::string en = i < result.notes_size() ? result.notes(i) : "";
    const std::string zh = i < result.notes_zh_size() ? result.notes_zh(i) : "";
    notes.emplace_back(words.Pick(en, zh));
  }
  if (!notes.empty()) {
    page->Heading(3, words(T::kNotes));
    page->List(notes);
  }
  page->EndSection();
}

void AddGlossary(Page* page) {
  const Words& words = page->words();
  page->BeginSection("glossary", words(T::kGlossary));
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& [term, meaning] :
       {std::pair(T::kTermTask, T::kTermTaskMeaning),
        std::pair(T::kTermWorker, T::kTermWorkerMeaning),
        std::pair(T::kTermSlack, T::kTermSlackMeaning),
        std::pair(T::kTermStratum, T::kTermStratumMeaning),
        std::pair(T::kTermInterval, T::kTermIntervalMeaning),
        std::pair(T::kTermQuantile, T::kTermQuantileMeaning),
        std::pair(T::kTermGini, T::kTermGiniMeaning)}) {
    pairs.emplace_back(words(term), words(meaning));
  }
  for (const std::string_view name :
       {"ONLINE", "ENGAGED", "TO_PICKUP", "LOADED", "ON_CALL", "REQUIRED",
        "TASK_SUM"}) {
    pairs.emplace_back(Cat(words.TimeSet(name), " ", name),
                       words.TimeSetMeaning(name));
  }
  page->Definitions(pairs, "glossary");
  page->EndSection();
}

void AddManifest(const v1::AuditResult& result, const Manifest& manifest,
                 Page* page) {
  const Words& words = page->words();
  page->BeginSection("manifest", words(T::kManifest));
  page->Paragraph(words(T::kManifestLead));
  page->Paragraph(words(T::kProgram, manifest.program_version,
                        manifest.tzdata_version, manifest.seed));
  HtmlTable files{.caption = words(T::kManifest),
                  .header = {words(T::kRole), words(T::kName), "SHA-256"}};
  for (const ManifestEntry& entry : manifest.entries) {
    if (files.rows.size() >= kFilesListed) break;
    files.rows.push_back({{RoleName(entry.role, words)},
                          CodeCell(entry.name),
                          CodeCell(entry.sha256)});
  }
  page->Table(files);
  if (manifest.entries.size() > files.rows.size()) {
    page->Paragraph(
        words(T::kMoreIn, manifest.entries.size() - files.rows.size(),
              "manifest.json"),
        "soft");
  }
  if (!result.packs().empty()) {
    HtmlTable packs{.caption = words(T::kPack),
                    .header = {words(T::kName), words(T::kVersion), "SHA-256"}};
    for (const v1::PackUsed& pack : result.packs()) {
      packs.rows.push_back(
          {CodeCell(pack.name()), {pack.version()}, CodeCell(pack.sha256())});
    }
    page->Table(packs);
  }
  page->EndSection();
}

}  // namespace plumbline::audit
