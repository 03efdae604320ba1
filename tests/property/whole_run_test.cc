// Laws of whole runs: what must not change a byte, and what must not happen
// whatever the log.

#include <cctype>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/property/runs.h"
#include "tests/support/folders.h"
#include "tests/support/program.h"
#include "tests/support/small_log.h"

namespace plumbline::audit {
namespace {

void ExpectSame(const Files& expected, const Files& actual,
                const std::string& what) {
  std::set<std::string> names;
  for (const auto& [name, text] : expected) names.insert(name);
  for (const auto& [name, text] : actual) names.insert(name);
  for (const std::string& name : names) {
    const auto one = expected.find(name), other = actual.find(name);
    ASSERT_TRUE(one != expected.end() && other != actual.end())
        << name << " for " << what;
    EXPECT_TRUE(one->second == other->second)
        << name << " differs for " << what;
  }
}

class WholeRunTest : public testing::TestWithParam<uint64_t> {
 protected:
  WholeRunTest() : log_(MakeSmallLog(GetParam(), 24, 42)) {
    log_.WriteTo(folder_.Path("log"));
    baseline_ = Audit(OptionsFor(folder_.Path("log")), folder_.Path("out"));
  }

  TestFolder folder_;
  SmallLog log_;
  Files baseline_;
};

TEST_P(WholeRunTest, TheRunHasSomethingToSay) {
  const std::set<std::string> wanted = {
      "findings.json",     "report.html",    "findings.csv",  "workers.csv",
      "tasks_flagged.csv", "quarantine.csv", "manifest.json", "workbook.xlsx"};
  std::set<std::string> names;
  for (const auto& [name, text] : baseline_) names.insert(name);
  EXPECT_EQ(names, wanted);
  const v1::AuditResult result = ResultOf(baseline_);
  EXPECT_GT(result.findings_size(), 0);
  EXPECT_GT(result.measures().hours().total().engaged(), 0);
  EXPECT_TRUE(result.input().synthetic());
  bool quarantined = false;
  for (const v1::TableFunnel& table : result.input().tables()) {
    EXPECT_EQ(table.rows_read(), table.rows_used() + table.rows_repaired() +
                                     table.rows_quarantined())
        << table.name();
    quarantined = quarantined || table.rows_quarantined() > 0;
  }
  EXPECT_TRUE(quarantined);
}

TEST_P(WholeRunTest, ThreadsChangeNothing) {
  for (const int threads : {1, 2, 3, 7}) {
    RunOptions options = OptionsFor(folder_.Path("log"));
    options.threads = threads;
    ExpectSame(
        baseline_,
        Audit(options, folder_.Path("threads" + std::to_string(threads))),
        std::to_string(threads) + " threads");
  }
}

TEST_P(WholeRunTest, BlocksChangeNothing) {
  for (const int blocks : {1, 7, 64, 300}) {
    RunOptions options = OptionsFor(folder_.Path("log"));
    options.blocks = blocks;
    ExpectSame(baseline_,
               Audit(options, folder_.Path("blocks" + std::to_string(blocks))),
               std::to_string(blocks) + " blocks");
  }
}

// So little that the store spills what it holds.
TEST_P(WholeRunTest, MemoryAndScratchChangeNothing) {
  for (const int64_t bytes : {int64_t{4} << 10, int64_t{1} << 20}) {
    RunOptions options = OptionsFor(folder_.Path("log"));
    options.memory_bytes = bytes;
    options.scratch = folder_.Path("");
    ExpectSame(baseline_,
               Audit(options, folder_.Path("memory" + std::to_string(bytes))),
               std::to_string(bytes) + " bytes");
  }
}

TEST_P(WholeRunTest, OrderOfRowsChangesNoFigure) {
  for (const uint64_t seed : {1u, 2u}) {
    SmallLog shuffled = log_;
    shuffled.Shuffle(seed);
    const std::string name = "shuffled" + std::to_string(seed);
    shuffled.WriteTo(folder_.Path(name));
    const Files files =
        Audit(OptionsFor(folder_.Path(name)), folder_.Path(name + "_out"));
    EXPECT_EQ(WithoutInput(baseline_), WithoutInput(files));
    EXPECT_EQ(baseline_.at("workers.csv"), files.at("workers.csv"));
    EXPECT_EQ(baseline_.at("tasks_flagged.csv"), files.at("tasks_flagged.csv"));
  }
}

// The way of a cluster: shards by worker, two passes, merges in any order.
TEST_P(WholeRunTest, ShardsGiveTheFiguresOfTheWhole) {
  constexpr int kShards = 3;
  for (int shard = 0; shard < kShards; ++shard) {
    log_.WriteTo(folder_.Path("shard" + std::to_string(shard)),
                 [&](const std::string& worker) {
                   if (worker.empty()) return shard == 0;
                   return (worker.back() - '0') % kShards == shard;
                 });
  }
  const auto expect_ran = [](const ProgramRun& run) {
    ASSERT_EQ(run.exit_code, 0) << run.err;
    ASSERT_EQ(run.err, "");
  };
  std::vector<std::string> first = {"merge", "--out",
                                    folder_.Path("first.state")};
  for (int shard = 0; shard < kShards; ++shard) {
    const std::string name = std::to_string(shard);
    expect_ran(RunProgram({"partial", folder_.Path("shard" + name), "--out",
                           folder_.Path("one" + name)}));
    first.push_back(folder_.Path("one" + name));
  }
  expect_ran(RunProgram(first));
  std::vector<std::string> second = {"merge", "--report",
                                     folder_.Path("merged"), "--quiet"};
  for (int shard = kShards; shard-- > 0;) {
    const std::string name = std::to_string(shard);
    expect_ran(RunProgram({"partial", folder_.Path("shard" + name), "--first",
                           folder_.Path("first.state"), "--out",
                           folder_.Path("two" + name)}));
    second.push_back(folder_.Path("two" + name));
  }
  // A part of the log that happens to be empty changes nothing.
  folder_.Write("nothing", "");
  const ProgramRun empty =
      RunProgram({"partial", "-", "--currency", "CNY", "--time-zone",
                  "Asia/Shanghai", "--first", folder_.Path("first.state"),
                  "--out", folder_.Path("two_empty")},
                 folder_.Path("nothing"));
  expect_ran(empty);
  second.push_back(folder_.Path("two_empty"));
  expect_ran(RunProgram(second));
  const Files merged = ReadFolder(folder_.Path("merged"));
  EXPECT_EQ(WithoutInput(baseline_), WithoutInput(merged));
  EXPECT_EQ(baseline_.at("workers.csv"), merged.at("workers.csv"));
  EXPECT_EQ(baseline_.at("tasks_flagged.csv"), merged.at("tasks_flagged.csv"));
}

TEST_P(WholeRunTest, AUnionNeverExceedsTheSum) {
  const v1::TimeSets& total = ResultOf(baseline_).measures().hours().total();
  EXPECT_LE(total.engaged(), total.task_sum());
  EXPECT_LE(total.to_pickup(), total.engaged());
  EXPECT_LE(total.loaded(), total.engaged());
  EXPECT_LE(total.on_call(), total.online());
  EXPECT_LE(total.required(), total.online());
}

INSTANTIATE_TEST_SUITE_P(Seeds, WholeRunTest, testing::Values(1u, 20260101u));

}  // namespace
}  // namespace plumbline::audit
