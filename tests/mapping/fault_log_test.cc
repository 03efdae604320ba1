#include "replay/ingest/fault_log.h"

#include <filesystem>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/mapping/support.h"

namespace plumbline::replay {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> Lines(FaultLog& faults) {
  std::vector<std::string> lines;
  EXPECT_TRUE(faults
                  .Visit([&](const v1::Fault& fault) {
                    lines.push_back(
                        absl::StrCat(fault.file(), ":", fault.line(), ":",
                                     fault.column(), " ", fault.rule(), " ",
                                     fault.value(), " ", fault.side()));
                    return absl::OkStatus();
                  })
                  .ok());
  return lines;
}

std::string Funnels(FaultLog& faults) {
  v1::Input input;
  EXPECT_TRUE(faults.Conclude(&input).ok());
  std::string text;
  for (const v1::TableFunnel& table : input.tables()) {
    EXPECT_EQ(table.rows_read(), table.rows_used() + table.rows_repaired() +
                                     table.rows_quarantined());
    absl::StrAppend(&text, table.name(), " ", table.rows_read(), "/",
                    table.rows_used(), "/", table.rows_repaired(), "/",
                    table.rows_quarantined(), ";");
  }
  return text;
}

TEST(FaultLogTest, TellsRowsApartByFileAndLine) {
  FaultLog faults;
  faults.SetFiles({"a.csv", "b.csv"});
  faults.CountRows("tasks", 0, 5);
  faults.CountRows("tasks", 1, 5);
  faults.Add("tasks", 1, 2, "status", "unknown-enum", "done");
  faults.Add("tasks", 0, 2, "placed_at", "unparsable-cell", "soon");
  faults.Add("tasks", 0, 2, "status", "unknown-enum", "done");
  faults.Add("tasks", 0, 3, "status", "unknown-enum", "done");
  faults.Add("tasks", 0, 3, "task_id", "missing-required", "");
  faults.Add("tasks", 0, 4, "accepted_at>completed_at", "clocks-out-of-order",
             "");
  EXPECT_EQ(Funnels(faults), "tasks 10/7/2/1;");
  EXPECT_THAT(Lines(faults),
              ElementsAre("a.csv:2:placed_at unparsable-cell soon repaired",
                          "a.csv:2:status unknown-enum done repaired",
                          "a.csv:3:status unknown-enum done repaired",
                          "a.csv:3:task_id missing-required  quarantined",
                          "b.csv:2:status unknown-enum done repaired"));
}

TEST(FaultLogTest, CountsDerivedTablesInTheirSource) {
  FaultLog faults;
  faults.SetFiles({"trips.csv"});
  faults.MarkDerived("pay", 0);
  faults.CountRows("tasks", 0, 3);
  faults.CountRows("pay", 0, 3);
  faults.Add("pay", 0, 2, "amount", "missing-required", "");
  faults.Add("pay", 0, 3, "", "not-of-this-table", "");
  EXPECT_EQ(Funnels(faults), "tasks 3/2/1/0;");
  EXPECT_THAT(Lines(faults),
              ElementsAre("trips.csv:2:amount missing-required  repaired"));
}

TEST(FaultLogTest, GivesTheSameWhateverTheOrderThreadsAndMemory) {
  const auto fill = [](FaultLog& faults, int threads, bool backwards) {
    faults.SetFiles({"a.csv", "b.csv", "c.csv"});
    for (uint32_t file = 0; file < 3; ++file)
      faults.CountRows("tasks", file, 1000);
    std::vector<std::thread> workers;
    for (int thread = 0; thread < threads; ++thread) {
      workers.emplace_back([&faults, thread, threads, backwards] {
        for (int i = thread; i < 900; i += threads) {
          const int n = backwards ? 899 - i : i;
          faults.Add("tasks", static_cast<uint32_t>(n % 3), 2 + n / 3,
                     n % 2 ? "zone" : "status",
                     n % 5 ? "unparsable-cell" : "ragged-row",
                     std::string(50, 'a' + n % 26));
        }
      });
    }
    for (std::thread& worker : workers) worker.join();
  };
  FaultLog large;
  fill(large, 1, false);
  const std::vector<std::string> expected = Lines(large);
  EXPECT_EQ(expected.size(), 900u);
  const TestFolder scratch;
  for (const int64_t memory : {1, 1000, 100'000}) {
    FaultLog small(scratch.path(), memory);
    fill(small, 3, true);
    EXPECT_EQ(Funnels(small), Funnels(large));
    EXPECT_EQ(Lines(small), expected);
    EXPECT_EQ(Lines(small), expected) << "a second visit";
  }
  EXPECT_TRUE(std::filesystem::is_empty(scratch.path()))
      << "scratch files have no name";
}

TEST(FaultLogTest, TellsThatTheScratchFolderIsMissing) {
  FaultLog faults("/no/such/folder", 1);
  faults.SetFiles({"a.csv"});
  faults.Add("tasks", 0, 2, "zone", "unparsable-cell", "x");
  v1::Input input;
  EXPECT_THAT(std::string(faults.Conclude(&input).message()),
              HasSubstr("--scratch"));
}

TEST(FaultLogTest, ShowsValuesAsShortUtf8) {
  FaultLog faults;
  faults.SetFiles({"a.csv"});
  faults.Add("tasks", 0, 2, "a", "unparsable-cell", "\xb2\xe2 ok");
  std::string chinese;
  for (int i = 0; i < 100; ++i) chinese += "测";
  faults.Add("tasks", 0, 2, "b", "unparsable-cell", chinese);
  const std::vector<std::string> lines = Lines(faults);
  EXPECT_EQ(lines[0], "a.csv:2:a unparsable-cell ?? ok repaired");
  EXPECT_EQ(lines[1], "a.csv:2:b unparsable-cell " + chinese.substr(0, 198) +
                          " repaired");
}

TEST(FaultCatalogueTest, SaysEverythingInBothLanguages) {
  std::set<std::string_view> ids;
  for (const FaultKind& kind : FaultCatalogue()) {
    SCOPED_TRACE(std::string(kind.id));
    EXPECT_TRUE(ids.insert(kind.id).second);
    for (const std::string_view text : {kind.sentence, kind.remedy}) {
      ASSERT_FALSE(text.empty());
      EXPECT_EQ(text.back(), '.');
    }
    for (const std::string_view text : {kind.sentence_zh, kind.remedy_zh}) {
      ASSERT_GT(text.size(), 3u);
      EXPECT_EQ(text.substr(text.size() - 3), "。");
    }
    EXPECT_EQ(&FindFault(kind.id), &kind);
    EXPECT_THAT(FaultMarkdown(),
                HasSubstr(absl::StrCat("| ", std::string(kind.id), " |")));
  }
}

}  // namespace
}  // namespace plumbline::replay
