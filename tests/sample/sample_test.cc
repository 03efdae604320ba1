#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "bench/generate/csv_text.h"
#include "bench/generate/large_log.h"
#include "bench/generate/random.h"
#include "bench/generate/sample_log.h"
#include "replay/schema/schema.h"

namespace plumbline::bench {
namespace {

namespace fs = std::filesystem;

fs::path Fresh(const std::string& name) {
  const fs::path folder = fs::path(testing::TempDir()) / ("plumbline_" + name);
  fs::remove_all(folder);
  return folder;
}

std::map<std::string, std::string> ReadAll(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    files[entry.path().filename()] = text.str();
  }
  return files;
}

// Every CSV file is a table of the schema, has its required columns, and no
// column that the schema does not know.
void ExpectInSchema(const std::map<std::string, std::string>& files) {
  for (const auto& [name, text] : files) {
    if (!name.ends_with(".csv")) continue;
    const replay::TableSchema* table =
        replay::FindTable(name.substr(0, name.size() - 4));
    ASSERT_NE(table, nullptr) << name;
    const std::vector<std::string> columns =
        absl::StrSplit(text.substr(0, text.find('\n')), ',');
    for (const std::string& column : columns) {
      const bool free =
          !table->free_prefix.empty() && column.starts_with(table->free_prefix);
      EXPECT_TRUE(free || table->Find(column) >= 0) << name << ": " << column;
    }
    for (const replay::ColumnSchema& column : table->columns) {
      if (column.required) {
        EXPECT_THAT(columns, testing::Contains(column.name)) << name;
      }
    }
  }
}

TEST(Random, IsTheSameEverywhere) {
  // SplitMix64 from seed 0: the values its author publishes.
  Random random(0);
  EXPECT_EQ(random.Next(), 0xe220a8397b1dcdafu);
  EXPECT_EQ(random.Next(), 0x6e789e6aa1b965f4u);
  EXPECT_EQ(random.Next(), 0x06c45d188009454fu);
}

TEST(Random, BetweenHoldsItsEnds) {
  Random random(3);
  bool low = false, high = false;
  for (int i = 0; i < 1'000; ++i) {
    const int64_t value = random.Between(-2, 2);
    ASSERT_GE(value, -2);
    ASSERT_LE(value, 2);
    low |= value == -2;
    high |= value == 2;
  }
  EXPECT_TRUE(low && high);
}

TEST(Random, NormalHasMeanZeroAndDeviationOne) {
  Random random(4);
  double sum = 0, squares = 0;
  constexpr int kDraws = 100'000;
  for (int i = 0; i < kDraws; ++i) {
    const double value = random.Normal();
    sum += value;
    squares += value * value;
  }
  EXPECT_NEAR(sum / kDraws, 0, 0.015);
  EXPECT_NEAR(squares / kDraws, 1, 0.025);
}

TEST(Random, PoissonHasItsMean) {
  Random random(5);
  double sum = 0;
  for (int i = 0; i < 10'000; ++i) {
    sum += static_cast<double>(random.Poisson(40));
  }
  EXPECT_NEAR(sum / 10'000, 40, 0.3);
}

TEST(Random, ExponentialAgreesWithTheLibrary) {
  for (double x = -600; x <= 600; x += 7.3) {
    EXPECT_NEAR(Exponential(x) / std::exp(x), 1, 1e-10) << x;
  }
}

TEST(CsvText, WritesCells) {
  CsvText text(InstantText::kRfc3339);
  text.Header("a,b,c,d,e,f");
  text.Text("x,\"y\"");
  text.Hundredths(-5);
  text.Hundredths(123'456);
  text.Instant(1'709'136'000);
  text.Date(-1);
  text.Instant(kNoTime);
  text.EndRow();
  EXPECT_EQ(text.text(),
            "a,b,c,d,e,f\n"
            "\"x,\"\"y\"\"\",-0.05,1234.56,2024-02-29T00:00:00+08:00,"
            "1969-12-31,\n");
}

TEST(SampleLog, IsTheSameForTheSameSeedOnly) {
  const fs::path folder = Fresh("sample_a");
  const fs::path again = Fresh("sample_b");
  const fs::path other = Fresh("sample_c");
  for (const auto& [path, seed] :
       {std::pair{folder, 1}, {again, 1}, {other, 2}}) {
    ASSERT_TRUE(WriteSampleLog({Setting::kUnfair, static_cast<uint64_t>(seed),
                                path.string()})
                    .ok());
  }
  const auto files = ReadAll(folder);
  EXPECT_EQ(files.size(), 17u);
  EXPECT_TRUE(files == ReadAll(again));
  EXPECT_NE(files.at("tasks.csv"), ReadAll(other).at("tasks.csv"));
  ExpectInSchema(files);
  for (const fs::path& path : {folder, again, other}) fs::remove_all(path);
}

TEST(LargeLog, IsTheSameForAnyNumberOfThreads) {
  const fs::path one = Fresh("large_1");
  const fs::path three = Fresh("large_3");
  for (const InstantText instants :
       {InstantText::kEpochSeconds, InstantText::kRfc3339}) {
    LargeLogOptions options{.tasks = 20'011,
                            .workers = 60,
                            .weeks = 2,
                            .seed = 9,
                            .threads = 1,
                            .instants = instants,
                            .folder = one.string()};
    ASSERT_TRUE(WriteLargeLog(options).ok());
    options.threads = 3;
    options.folder = three.string();
    ASSERT_TRUE(WriteLargeLog(options).ok());
    const auto files = ReadAll(one);
    EXPECT_TRUE(files == ReadAll(three));
    ExpectInSchema(files);

    // As many rows as asked for, in order of placed_at, each with its own id.
    const std::vector<std::string> lines =
        absl::StrSplit(files.at("tasks.csv"), '\n', absl::SkipEmpty());
    ASSERT_EQ(lines.size(), 20'012u);
    std::string last_id, last_placed;
    for (size_t i = 1; i < lines.size(); ++i) {
      const std::vector<std::string> cells = absl::StrSplit(lines[i], ',');
      ASSERT_EQ(cells.size(), 18u);
      ASSERT_LT(last_id, cells[0]);
      ASSERT_LE(last_placed, cells[5]);
      last_id = cells[0];
      last_placed = cells[5];
    }
  }
  for (const fs::path& path : {one, three}) fs::remove_all(path);
}

TEST(LargeLog, RefusesCountsBelowOne) {
  LargeLogOptions options;
  options.folder = Fresh("large_bad").string();
  options.tasks = 0;
  EXPECT_EQ(WriteLargeLog(options).code(), absl::StatusCode::kInvalidArgument);
}

TEST(SampleLog, SaysWhichFileCannotBeWritten) {
  const absl::Status status =
      WriteSampleLog({Setting::kFair, 1, "/proc/no_folder"});
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()),
              testing::HasSubstr("/proc/no_folder:1:1: "));
}

}  // namespace
}  // namespace plumbline::bench
