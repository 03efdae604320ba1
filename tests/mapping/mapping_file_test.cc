#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "replay/ingest/mapping.h"
#include "tests/mapping/support.h"

namespace plumbline::replay {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(MappingFileTest, ShippedMappingsLoadAndAreNamedAsTheirFiles) {
  const auto mappings = ShippedMappings();
  ASSERT_TRUE(mappings.ok()) << mappings.status();
  std::vector<std::string> names;
  for (const LoadedMapping& mapping : *mappings) {
    names.push_back(mapping.mapping.name());
    EXPECT_EQ(mapping.sha256.size(), 64u);
    EXPECT_EQ(mapping.mapping.notes_size(), mapping.mapping.notes_zh_size())
        << names.back();
  }
  EXPECT_THAT(names,
              ::testing::ElementsAre("lade", "mds-passenger", "meituan-informs",
                                     "nyc-tlc-hvfhv"));
}

// A mapping that is right but for the piece put in.
std::string With(const std::string& columns, const std::string& more = "") {
  return absl::StrCat(
      "name: \"x\"\ntables {\n  table: \"sessions\"\n  fingerprint: \"w\"\n",
      "  columns { to: \"worker_id\" from: \"w\" }\n",
      "  columns { to: \"started_at\" from: \"s\" }\n  ", columns, "\n}\n",
      more);
}

TEST(MappingFileTest, AcceptsTheFrameOfTheBrokenOnes) {
  EXPECT_TRUE(
      ParseMapping(With("columns { to: \"ended_at\" from: \"e\" }"), "m").ok());
}

TEST(MappingFileTest, NamesThePlaceOfWhatIsWrong) {
  const std::vector<std::pair<std::string, std::pair<const char*, const char*>>>
      broken = {
          {"name: \"x\"\ntables { tabel: \"tasks\" }", {"m:2:15: ", "tabel"}},
          {"name: \"x\"\ntables {", {"m:2:9: ", "cannot be read"}},
          {"tables { table: \"tasks\" fingerprint: \"a\" }",
           {"m:1:1: ", "found no name"}},
          {"name: \"x\"", {"m:1:1: ", "found no table"}},
          {"name: \"x\"\ntables {\n  table: \"trips\"\n}",
           {"m:3:3: ", "\"trips\", expected one of tasks"}},
          {"name: \"x\"\ntables {\n  table: \"tasks\"\n}",
           {"m:3:3: ", "no fingerprint of tasks"}},
          {"name: \"x\"\ntables {\n  table: \"fares\"\n  fingerprint: \"a\"\n"
           "  columns { to: \"task_id\" from: \"a\" }\n}",
           {"m:3:3: ", "required column fares.customer_total"}},
          {With("columns { to: \"end\" from: \"e\" }"),
           {"m:7:13: ", "column \"end\" of sessions"}},
          {With("columns { to: \"ended_at\" from: \"e\" constant: \"x\" }"),
           {"m:7:13: ", "several sources of ended_at"}},
          {With("columns { to: \"started_at\" from: \"e\" }"),
           {"m:7:13: ", "a second time"}},
          {With("columns { to: \"ended_at\" row_number: true }"),
           {"m:7:13: ", "holds no text"}},
          {With("columns { to: \"ended_at\" from: \"e\" numerator: 60 }"),
           {"m:7:38: ", "is no quantity"}},
          {With("columns { to: \"ended_at\" from: \"e\" denominator: -1 }"),
           {"m:7:38: ", "negative factor"}},
          {With("columns { to: \"ended_at\" from: \"e\" local_zone: "
                "\"Mars/Base\" }"),
           {"m:7:38: ", "Mars/Base"}},
          {With("columns { to: \"required\" from: \"r\" local_zone: \"UTC\" }"),
           {"m:7:38: ", "is no instant"}},
          {With("columns { to: \"required\" from: \"r\" list: BRACKETED }"),
           {"m:7:38: ", "is no list"}},
          {With("columns { to: \"required\" from: \"r\" words { from: \"J\" "
                "to: \"yes\" } }"),
           {"m:7:56: ", "the word \"yes\""}},
          {With("columns { to: \"state\" from: \"r\" words { from: \"J\" to: "
                "\"away\" } }"),
           {"m:7:53: ", "the word \"away\""}},
          {With("columns { to: \"state\" from: \"r\" words { from: \"J\" to: "
                "\"open\" unless { from: \"a\" } } }"),
           {"m:7:64: ", "unless without from or equals"}},
          {With("skip { from: \"state\" }"),
           {"m:7:3: ", "skip without from or equals"}},
          {With("currency { empty: \"USD\" }"),
           {"m:7:3: ", "currency without from"}},
          {With("columns { to: \"ended_at\" from: \"a\\377\" }"),
           {"m:7:28: ", "bytes in from that are not UTF-8"}},
          {With("", "log {\n  platform: \"a\"\n  notes: \"\xff\"\n}"),
           {"m:11:3: ", "bytes in notes that are not UTF-8"}},
          {With("", "log {\n  currency: \"yuan\"\n}"),
           {"m:10:3: ", "\"yuan\""}},
          {With("", "log {\n  time_zone: \"Beijing\"\n}"),
           {"m:10:3: ", "\"Beijing\""}},
      };
  for (const auto& [text, expected] : broken) {
    SCOPED_TRACE(text);
    const auto mapping = ParseMapping(text, "m");
    ASSERT_FALSE(mapping.ok());
    EXPECT_EQ(mapping.status().code(), absl::StatusCode::kInvalidArgument);
    const std::string message(mapping.status().message());
    EXPECT_THAT(message, StartsWith(expected.first));
    EXPECT_THAT(message, HasSubstr(expected.second));
    EXPECT_THAT(message, HasSubstr("found"));
  }
}

TEST(MappingFileTest, SaysThatAFileIsMissing) {
  EXPECT_THAT(std::string(LoadMapping("/no/such.textproto").status().message()),
              StartsWith("/no/such.textproto:1:1: "));
}

TEST(LogInfoTest, NamesThePlaceOfWhatIsWrong) {
  const TestFolder folder;
  const std::vector<std::pair<std::string, std::pair<const char*, const char*>>>
      broken = {
          {"platform: \"P\"\ncurency: \"CNY\"\n",
           {"log.textproto:2:8: ", "curency"}},
          {"platform: \"P\"\n  currency: \"RMB元\"\n",
           {"log.textproto:2:3: ", "ISO 4217"}},
          {"time_zone: \"China\"\n", {"log.textproto:1:1: ", "IANA"}},
          {"observed_from: \"2026-03-01\"\n",
           {"log.textproto:1:1: ", "RFC 3339"}},
          {"observed_from: \"2026-03-02T00:00:00Z\"\nobserved_to: "
           "\"2026-03-01T00:00:00Z\"\n",
           {"log.textproto:2:1: ", "at or before the start"}},
          {"platform: \"\\346\\227\"\n",
           {"log.textproto:1:1: ", "bytes in platform that are not UTF-8"}},
          {"instants: SECONDS\n", {"log.textproto:2:1: ", "SECONDS"}},
      };
  for (const auto& [text, expected] : broken) {
    SCOPED_TRACE(text);
    folder.Write("log.textproto", text);
    const auto info = LoadLogInfo(folder.File("log.textproto"));
    ASSERT_FALSE(info.ok());
    EXPECT_THAT(std::string(info.status().message()),
                StartsWith(expected.first));
    EXPECT_THAT(std::string(info.status().message()),
                HasSubstr(expected.second));
  }
}

}  // namespace
}  // namespace plumbline::replay
