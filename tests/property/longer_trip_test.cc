// A longer trip never owes less. Each made-up trip stands in the log with the
// same pay at several lengths: the floor, and so what is short, may only grow.
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/property/runs.h"
#include "tests/support/folders.h"

namespace plumbline::audit {
namespace {

constexpr int kTrips = 400;
constexpr int kLengths = 6;

// Cents by task of the column `shortfall`, of those that are breaches.
std::map<std::string, int64_t> Shortfalls(const std::string& csv) {
  std::map<std::string, int64_t> cents;
  std::map<std::string, size_t> columns;
  for (const absl::string_view line :
       absl::StrSplit(csv, '\n', absl::SkipEmpty())) {
    const std::vector<std::string> cells = absl::StrSplit(line, ',');
    if (columns.empty()) {
      for (size_t i = 0; i < cells.size(); ++i) columns[cells[i]] = i;
      continue;
    }
    if (cells[columns.at("verdict")] != "BREACH") continue;
    const std::string& amount = cells[columns.at("shortfall")];
    const size_t point = amount.find('.');
    EXPECT_EQ(amount.size(), point + 3) << amount;
    cents[cells[columns.at("task_id")]] =
        std::stoll(amount.substr(0, point)) * 100 +
        std::stoll(amount.substr(point + 1));
  }
  return cents;
}

class LongerTripTest : public testing::TestWithParam<uint32_t> {};

TEST_P(LongerTripTest, NeverOwesLess) {
  std::mt19937 random(GetParam());
  std::string csv =
      "task_id,worker_id,picked_up_at,completed_at,trip_time_s,"
      "dropoff_distance_m,status,shared,wheelchair,pay_base\n";
  for (int trip = 0; trip < kTrips; ++trip) {
    // Days of each rate that is confirmed, and short and long trips.
    const int64_t start = 1551700000 + random() % 150000000;
    int64_t seconds = 1 + random() % 2000;
    int64_t decimetres = random() % 300000;
    const uint32_t paid = random() % 6000;
    const bool wheelchair = random() % 4 == 0;
    for (int length = 0; length < kLengths; ++length) {
      absl::StrAppend(
          &csv, "t", trip, "_", length, ",w", random() % 20, ",",
          absl::FormatTime(absl::RFC3339_sec, absl::FromUnixSeconds(start),
                           absl::UTCTimeZone()),
          ",",
          absl::FormatTime(absl::RFC3339_sec,
                           absl::FromUnixSeconds(start + seconds),
                           absl::UTCTimeZone()),
          ",", seconds, ",",
          absl::StrFormat("%d.%d", decimetres / 10, decimetres % 10),
          ",delivered,false,", wheelchair ? "true" : "false", ",",
          absl::StrFormat("%d.%02d\n", paid / 100, paid % 100));
      // Time, way or both; at times by the smallest step.
      const uint32_t kind = random() % 3;
      if (kind != 0) seconds += 1 + (random() % 2 == 0 ? 0 : random() % 600);
      if (kind != 1)
        decimetres += 1 + (random() % 2 == 0 ? 0 : random() % 90000);
    }
  }
  const TestFolder folder;
  folder.Write("log/tasks.csv", csv);
  folder.Write("log/log.textproto",
               "currency: \"USD\"\ntime_zone: \"America/New_York\"\n");
  RunOptions options = OptionsFor(folder.Path("log"));
  options.rules = {"us-ny-nyc-tlc"};
  const Files files = Audit(options, folder.Path("out"));
  const std::map<std::string, int64_t> cents =
      Shortfalls(files.at("tasks_flagged.csv"));
  int grown = 0;
  for (int trip = 0; trip < kTrips; ++trip) {
    int64_t before = 0;
    for (int length = 0; length < kLengths; ++length) {
      const auto at = cents.find(absl::StrCat("t", trip, "_", length));
      const int64_t owed = at == cents.end() ? 0 : at->second;
      EXPECT_GE(owed, before) << "trip " << trip << " at length " << length;
      if (owed > before) ++grown;
      before = owed;
    }
  }
  EXPECT_GT(grown, kTrips) << "the log tests nothing";
}

INSTANTIATE_TEST_SUITE_P(Seeds, LongerTripTest, testing::Values(1u, 2u, 3u));

}  // namespace
}  // namespace plumbline::audit
