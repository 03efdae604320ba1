// The habits of the project that no compiler checks: who may include whom, who
// may print, that every source is built, and that everything a user can name is
// described.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "audit/measures/measure.h"
#include "audit/rules/rule_pack.h"
#include "gtest/gtest.h"
#include "replay/ingest/fault_log.h"
#include "replay/ingest/mapping.h"
#include "replay/schema/schema.h"

namespace plumbline {
namespace {

namespace fs = std::filesystem;

struct SourceFile {
  std::string name;  // "replay/base/units.h"
  std::string text;
};

bool EndsWith(const std::string& text, const std::string& end) {
  return text.size() >= end.size() &&
         text.compare(text.size() - end.size(), end.size(), end) == 0;
}

bool StartsWith(const std::string& text, const std::string& start) {
  return text.compare(0, start.size(), start) == 0;
}

bool IsCpp(const std::string& name) {
  return EndsWith(name, ".cc") || EndsWith(name, ".h");
}

std::string ReadText(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

// What the project holds: not what it builds, fetches or writes.
const std::vector<SourceFile>& Files() {
  static const std::vector<SourceFile>* const files = [] {
    auto* all = new std::vector<SourceFile>;
    const fs::path root(PLUMBLINE_SOURCE);
    const std::set<std::string> apart = {".git", ".venv", "build", "out",
                                         "node_modules"};
    auto entry = fs::recursive_directory_iterator(root);
    for (; entry != fs::recursive_directory_iterator(); ++entry) {
      if (entry->is_directory()) {
        if (apart.count(entry->path().filename().string()) > 0)
          entry.disable_recursion_pending();
        continue;
      }
      if (!entry->is_regular_file()) continue;
      all->push_back({fs::relative(entry->path(), root).string(),
                      ReadText(entry->path())});
    }
    std::sort(all->begin(), all->end(),
              [](const SourceFile& a, const SourceFile& b) {
                return a.name < b.name;
              });
    return all;
  }();
  return *files;
}

std::string Document(const std::string& name) {
  return ReadText(fs::path(PLUMBLINE_SOURCE) / "docs" / name);
}

// For each part, whom it may include beside itself and the messages of proto.
// Data goes one way; the order of this table is that way.
const std::vector<std::pair<std::string, std::set<std::string>>>& Directions() {
  static const auto* const directions =
      new std::vector<std::pair<std::string, std::set<std::string>>>{
          {"replay/base", {}},
          {"replay/schema", {"replay/base"}},
          {"replay/ingest", {"replay/base", "replay/schema"}},
          {"replay/timeline", {"replay/base", "replay/schema"}},
          {"replay/store",
           {"replay/base", "replay/schema", "replay/ingest",
            "replay/timeline"}},
          {"audit/stats", {}},
          {"audit/rules", {"replay/base", "replay/schema"}},
          {"audit/measures", {"replay/", "audit/stats"}},
          {"audit/findings",
           {"replay/", "audit/stats", "audit/rules", "audit/measures"}},
          {"audit/report",
           {"replay/", "audit/stats", "audit/rules", "audit/measures",
            "audit/findings"}},
          {"audit/cli", {"replay/", "audit/"}},
          {"bench/generate", {"replay/base", "replay/schema"}},
          {"bench", {"replay/", "audit/", "bench/", "tests/"}},
          {"tests", {"replay/", "audit/", "bench/", "tests/"}},
      };
  return *directions;
}

std::vector<std::string> Includes(const std::string& text) {
  static const std::regex pattern(
      "(^|\\n)[ \\t]*#[ \\t]*include[ \\t]*([<\"][^>\"]+[>\"])");
  std::vector<std::string> includes;
  for (std::sregex_iterator at(text.begin(), text.end(), pattern), end;
       at != end; ++at) {
    includes.push_back((*at)[2]);
  }
  return includes;
}

TEST(HealthTest, IncludesGoOneWay) {
  int seen = 0;
  for (const SourceFile& file : Files()) {
    if (!IsCpp(file.name)) continue;
    const auto part = std::find_if(
        Directions().begin(), Directions().end(), [&](const auto& direction) {
          return StartsWith(file.name, direction.first + "/");
        });
    ASSERT_NE(part, Directions().end())
        << file.name << " lies in no part of the house";
    for (const std::string& include : Includes(file.text)) {
      const std::string header = include.substr(1, include.size() - 2);
      const bool ours =
          StartsWith(header, "replay/") || StartsWith(header, "audit/") ||
          StartsWith(header, "bench/") || StartsWith(header, "tests/");
      if (!ours) continue;
      ++seen;
      bool allowed = StartsWith(header, part->first + "/");
      for (const std::string& other : part->second)
        allowed |= StartsWith(header, other);
      EXPECT_TRUE(allowed) << file.name << " includes " << header << ", which "
                           << part->first << " must not know";
    }
  }
  EXPECT_GT(seen, 100);
}

TEST(HealthTest, OnlyIngestKnowsArrow) {
  for (const SourceFile& file : Files()) {
    if (!IsCpp(file.name) || StartsWith(file.name, "replay/ingest/") ||
        StartsWith(file.name, "tests/") || StartsWith(file.name, "bench/")) {
      continue;
    }
    for (const std::string& include : Includes(file.text)) {
      EXPECT_FALSE(
          StartsWith(include, "\"arrow/") || StartsWith(include, "<arrow/") ||
          StartsWith(include, "\"parquet/") || StartsWith(include, "<parquet/"))
          << file.name << " includes " << include;
    }
  }
}

// The program that reads confidential logs talks to nobody.
TEST(HealthTest, NoNetworkInTheAuditor) {
  const std::set<std::string> network = {"<sys/socket.h>", "<netdb.h>",
                                         "<netinet/in.h>", "<arpa/inet.h>",
                                         "<curl/curl.h>",  "<openssl/ssl.h>"};
  for (const SourceFile& file : Files()) {
    if (!IsCpp(file.name) || StartsWith(file.name, "tests/")) continue;
    for (const std::string& include : Includes(file.text)) {
      EXPECT_EQ(network.count(include), 0u)
          << file.name << " includes " << include;
    }
  }
}

// A text without its comments and string literals, so that words in them do
// not count as code.
std::string CodeOf(const std::string& text) {
  static const std::regex other(
      "//[^\\n]*|\"(?:[^\"\\\\\\n]|\\\\.)*\"|'(?:[^'\\\\\\n]|\\\\.)+'");
  return std::regex_replace(text, other, "");
}

TEST(HealthTest, LibrariesNeitherPrintNorThrowNorLeave) {
  const std::regex wrong(
      "std::c(out|err)\\b|\\bf?printf\\(std(out|err)|\\bprintf\\(|\\bputs\\(|"
      "\\bthrow\\b(?! std::bad_alloc)|\\b(std::)?exit\\(");
  for (const SourceFile& file : Files()) {
    const bool library =
        (StartsWith(file.name, "replay/") || StartsWith(file.name, "audit/")) &&
        !StartsWith(file.name, "audit/cli/");
    if (!library || !IsCpp(file.name)) continue;
    const std::string code = CodeOf(file.text);
    std::smatch match;
    EXPECT_FALSE(std::regex_search(code, match, wrong))
        << file.name << ": " << match.str();
  }
}

TEST(HealthTest, HeadersAreGuardedByTheirPath) {
  for (const SourceFile& file : Files()) {
    if (!EndsWith(file.name, ".h")) continue;
    std::string guard = absl::StrCat("PLUMBLINE_", file.name, "_");
    for (char& letter : guard) {
      letter = std::isalnum(static_cast<unsigned char>(letter))
                   ? static_cast<char>(
                         std::toupper(static_cast<unsigned char>(letter)))
                   : '_';
    }
    EXPECT_NE(file.text.find("#ifndef " + guard + "\n#define " + guard + "\n"),
              std::string::npos)
        << file.name << " is not guarded by " << guard;
  }
}

// Sources are listed by name: one that is not listed is neither built nor
// tested.
TEST(HealthTest, EverySourceIsBuilt) {
  std::string lists;
  for (const SourceFile& file : Files()) {
    if (EndsWith(file.name, "CMakeLists.txt")) lists += file.text;
  }
  for (const SourceFile& file : Files()) {
    if (!EndsWith(file.name, ".cc")) continue;
    const fs::path path(file.name);
    const std::string stem = path.stem().string();
    const std::regex named(
        absl::StrCat("(^|[^a-z0-9_])", stem, "(\\.cc)?($|[^a-z0-9_])"));
    EXPECT_TRUE(std::regex_search(lists, named))
        << file.name << " is in no CMakeLists.txt";
  }
}

TEST(HealthTest, NoPathsOfAMachineAndNothingLeftUndone) {
  // Written apart, so that this file does not find itself.
  const std::vector<std::string> wrong = {
      std::string("/wo") + "rk/", std::string("/ho") + "me/",
      std::string("/ro") + "ot/", std::string("TO") + "DO",
      std::string("FIX") + "ME"};
  for (const SourceFile& file : Files()) {
    if (EndsWith(file.name, "package-lock.json")) continue;
    for (const std::string& word : wrong) {
      EXPECT_EQ(file.text.find(word), std::string::npos)
          << file.name << " holds " << word;
    }
  }
}

// Host names of registries have no place in the lock file: npm takes the one
// that the machine is set up with.
TEST(HealthTest, LockFilesNameNoHost) {
  int seen = 0;
  for (const SourceFile& file : Files()) {
    if (!EndsWith(file.name, "package-lock.json")) continue;
    ++seen;
    EXPECT_EQ(file.text.find("\"resolved\""), std::string::npos) << file.name;
    EXPECT_EQ(file.text.find("https://registry"), std::string::npos)
        << file.name;
  }
  EXPECT_GT(seen, 0);
}

TEST(HealthTest, TheDictionaryIsTheSchemas) {
  EXPECT_NE(Document("log_format.md").find(replay::DictionaryMarkdown()),
            std::string::npos)
      << "docs/log_format.md has to hold this text as it stands:\n"
      << replay::DictionaryMarkdown();
}

TEST(HealthTest, TheFaultsAreTheCatalogues) {
  EXPECT_NE(Document("log_format.md").find(replay::FaultMarkdown()),
            std::string::npos)
      << "docs/log_format.md has to hold this text as it stands:\n"
      << replay::FaultMarkdown();
}

TEST(HealthTest, EveryMeasureIsDescribed) {
  const std::string document = Document("measures.md");
  audit::MeasureContext context;
  const replay::IngestResult log;
  const v1::AuditPlan plan;
  context.log = &log;
  context.plan = &plan;
  context.zone = absl::UTCTimeZone();
  const auto measures = audit::MakeMeasures(context, {});
  EXPECT_GE(measures.size(), 6u);
  for (const auto& measure : measures) {
    EXPECT_NE(document.find(absl::StrCat("\n## ", std::string(measure->id()))),
              std::string::npos)
        << "docs/measures.md says nothing of `" << measure->id() << "`";
  }
}

TEST(HealthTest, EveryPackLoadsAndIsDescribed) {
  const std::string document = Document("rule_packs.md");
  const std::string folder = std::string(PLUMBLINE_SOURCE) + "/audit/packs";
  const std::vector<std::string> names = audit::ShippedPackNames(folder);
  EXPECT_FALSE(names.empty());
  for (const std::string& name : names) {
    const auto pack = audit::LoadRulePack(folder + "/" + name + ".textproto");
    EXPECT_TRUE(pack.ok()) << pack.status().message();
    EXPECT_NE(document.find(absl::StrCat("`", name, "`")), std::string::npos)
        << "docs/rule_packs.md says nothing of `" << name << "`";
  }
}

TEST(HealthTest, EveryMappingLoadsAndIsDescribed) {
  const std::string document = Document("log_format.md");
  const auto mappings = replay::ShippedMappings();
  ASSERT_TRUE(mappings.ok()) << mappings.status().message();
  EXPECT_FALSE(mappings->empty());
  for (const auto& mapping : *mappings) {
    EXPECT_NE(document.find(absl::StrCat("`", mapping.mapping.name(), "`")),
              std::string::npos)
        << "docs/log_format.md says nothing of `" << mapping.mapping.name()
        << "`";
  }
}

}  // namespace
}  // namespace plumbline
