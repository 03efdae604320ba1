// The way of a cluster for logs of every country: a golden log cut by worker,
// two passes over the shards and a merge give the findings of the whole log.

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "plumbline/v1/result.pb.h"
#include "tests/support/folders.h"
#include "tests/support/program.h"

namespace plumbline {
namespace {

namespace fs = std::filesystem;

constexpr int kShards = 2;

// Rows of one shard: of a table with workers its own, of another all. Cells of
// golden logs hold no commas.
std::string Shard(const std::string& table, int shard) {
  const std::vector<std::string> lines = absl::StrSplit(table, '\n');
  const std::vector<std::string> header = absl::StrSplit(lines[0], ',');
  size_t column = 0;
  while (column < header.size() && header[column] != "worker_id") ++column;
  if (column == header.size()) return table;
  std::string text = lines[0] + "\n";
  bool any = false;
  for (size_t i = 1; i < lines.size(); ++i) {
    if (lines[i].empty()) continue;
    const std::vector<std::string> cells = absl::StrSplit(lines[i], ',');
    if (cells[column].back() % kShards != shard) continue;
    any = true;
    text += lines[i] + "\n";
  }
  return any ? text : std::string();
}

void ExpectRan(const ProgramRun& run) {
  ASSERT_EQ(run.exit_code, 0) << run.err;
}

// What was found and what could not be, as text.
std::string Found(const std::string& folder) {
  v1::AuditResult result;
  const auto parsed = google::protobuf::util::JsonStringToMessage(
      ReadFile(folder + "/findings.json"), &result);
  EXPECT_TRUE(parsed.ok()) << parsed.ToString();
  EXPECT_GT(result.findings_size(), 0);
  v1::AuditResult kept;
  *kept.mutable_findings() = result.findings();
  *kept.mutable_summary() = result.summary();
  *kept.mutable_coverage() = result.coverage();
  *kept.mutable_packs() = result.packs();
  return kept.DebugString();
}

class GoldenShardsTest : public testing::TestWithParam<std::string> {};

TEST_P(GoldenShardsTest, GiveTheFindingsOfTheWhole) {
  const fs::path golden = fs::path(PLUMBLINE_GOLDEN_CASES) / GetParam();
  TestFolder folder;
  for (const auto& entry : fs::directory_iterator(golden / "log")) {
    const std::string name = entry.path().filename();
    const std::string text = ReadFile(entry.path());
    for (int shard = 0; shard < kShards; ++shard) {
      const std::string part =
          entry.path().extension() == ".csv" ? Shard(text, shard) : text;
      ASSERT_FALSE(part.empty()) << name << " has no row in shard " << shard;
      folder.Write("shard" + std::to_string(shard) + "/" + name, part);
    }
  }
  std::vector<std::string> options = {"--quiet"};
  if (fs::exists(golden / "arguments")) {
    const std::string text = absl::StrReplaceAll(ReadFile(golden / "arguments"),
                                                 {{"{case}", golden.string()}});
    for (const absl::string_view word :
         absl::StrSplit(text, absl::ByAnyChar(" \n"), absl::SkipEmpty())) {
      options.emplace_back(word.data(), word.size());
    }
  }
  const auto run = [&](std::vector<std::string> command) {
    command.insert(command.end(), options.begin(), options.end());
    ExpectRan(RunProgram(command));
  };
  std::vector<std::string> first = {"merge", "--out", folder.Path("first")};
  std::vector<std::string> second = {"merge", "--quiet", "--report",
                                     folder.Path("merged")};
  for (int shard = 0; shard < kShards; ++shard) {
    const std::string name = std::to_string(shard);
    run({"partial", folder.Path("shard" + name), "--out",
         folder.Path("one" + name)});
    first.push_back(folder.Path("one" + name));
  }
  ExpectRan(RunProgram(first));
  for (int shard = kShards; shard-- > 0;) {
    const std::string name = std::to_string(shard);
    run({"partial", folder.Path("shard" + name), "--first",
         folder.Path("first"), "--out", folder.Path("two" + name)});
    second.push_back(folder.Path("two" + name));
  }
  ExpectRan(RunProgram(second));
  run({"audit", (golden / "log").string(), "--out", folder.Path("whole")});
  EXPECT_EQ(Found(folder.Path("merged")), Found(folder.Path("whole")));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, GoldenShardsTest,
    testing::Values("british_columbia", "california_places", "california_rest",
                    "california_state", "cn_03_overtime_pay", "cn_06_long_run",
                    "cn_09_commission_month", "cn_holiday_pay",
                    "cn_long_driving", "eu_clocks_forward", "eu_rest",
                    "eu_seventeen_weeks", "minnesota_period",
                    "nyc_delivery_aggregate", "nyc_delivery_alternative",
                    "nyc_delivery_individual", "nyc_delivery_rate_change",
                    "uk_fair_piece_rate", "uk_rated_output"),
    [](const auto& info) { return info.param; });

}  // namespace
}  // namespace plumbline
