// A log that was converted measures as the first did, whatever the form, the
// order of its rows and the number of threads.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/property/runs.h"
#include "tests/support/folders.h"
#include "tests/support/program.h"
#include "tests/support/small_log.h"

namespace plumbline::audit {
namespace {

using ::testing::TestWithParam;

class RoundTripTest : public TestWithParam<const char*> {
 protected:
  RoundTripTest() : log_(MakeSmallLog(5, 24, 42)) {
    log_.WriteTo(folder_.Path("log"));
    // The rows that were refused are not in a converted log: the comparison is
    // with the log as CSV, which holds the same rows.
    Convert("log", "csv", "plain", 1);
  }

  void Convert(const std::string& log, const std::string& form,
               const std::string& out, int threads) {
    const ProgramRun run =
        RunProgram({"convert", folder_.Path(log), "--to", form, "--out",
                    folder_.Path(out), "--threads", std::to_string(threads)});
    ASSERT_EQ(run.exit_code, 0) << run.err;
  }
  Files AuditOf(const std::string& log, int threads) {
    RunOptions options = OptionsFor(folder_.Path(log));
    options.threads = threads;
    return Audit(options, folder_.Path(absl::StrCat(log, "_out", threads)));
  }

  TestFolder folder_;
  SmallLog log_;
};

TEST_P(RoundTripTest, MeasuresTheSame) {
  const std::string form = GetParam();
  const Files first = AuditOf("log", 1);
  const Files plain = AuditOf("plain", 1);
  EXPECT_EQ(ResultOf(first).measures().DebugString(),
            ResultOf(plain).measures().DebugString());
  ASSERT_GT(ResultOf(first).measures().hours().total().engaged(), 0);
  Convert("log", form, "form", 2);
  for (const int threads : {1, 2, 3, 7}) {
    const Files files = AuditOf("form", threads);
    EXPECT_EQ(WithoutInput(plain), WithoutInput(files)) << threads;
    EXPECT_EQ(first.at("workers.csv"), files.at("workers.csv")) << threads;
    EXPECT_EQ(first.at("tasks_flagged.csv"), files.at("tasks_flagged.csv"))
        << threads;
  }
}

TEST_P(RoundTripTest, ThreadsChangeNoByteOfTheLog) {
  const std::string form = GetParam();
  Convert("log", form, "one", 1);
  const Files one = ReadFolder(folder_.Path("one"));
  ASSERT_FALSE(one.empty());
  for (const int threads : {2, 3, 7}) {
    const std::string out = absl::StrCat("many", threads);
    Convert("log", form, out, threads);
    EXPECT_EQ(one, ReadFolder(folder_.Path(out))) << threads;
  }
}

TEST_P(RoundTripTest, OrderOfRowsChangesNoFigure) {
  SmallLog shuffled = log_;
  shuffled.Shuffle(9);
  shuffled.WriteTo(folder_.Path("shuffled"));
  Convert("shuffled", GetParam(), "form", 3);
  const Files plain = AuditOf("plain", 2);
  const Files files = AuditOf("form", 2);
  EXPECT_EQ(WithoutInput(plain), WithoutInput(files));
  EXPECT_EQ(plain.at("workers.csv"), files.at("workers.csv"));
}

// However many there are, and in any form.
TEST_P(RoundTripTest, FreeColumnsAreKeptAndNamedAsUnused) {
  std::string header = "moment_id,order_id,worker_id";
  std::string row = "m1,o1,w1";
  std::vector<std::string> names;
  for (int i = 100; i < 170; ++i) {
    absl::StrAppend(&header, ",x_", i);
    absl::StrAppend(&row, ",", i, ".5");
    names.push_back(absl::StrCat("offers.x_", i));
  }
  names.emplace_back("tasks.attr_note");
  folder_.Write("free/offers.csv", absl::StrCat(header, "\n", row, "\n"));
  folder_.Write("free/tasks.csv",
                "task_id,worker_id,attr_note,attr_empty\nt1,w1,x,\n");
  folder_.Write("free/log.textproto",
                "currency: \"CNY\" time_zone: \"Asia/Shanghai\"");
  Convert("free", GetParam(), "form", 2);
  for (const std::string log : {"free", "form"}) {
    EXPECT_THAT(ResultOf(AuditOf(log, 2)).input().unknown_columns(),
                testing::ElementsAreArray(names))
        << log;
  }
}

INSTANTIATE_TEST_SUITE_P(Forms, RoundTripTest,
                         testing::Values("csv", "parquet", "arrow", "protobuf",
                                         "ocel"),
                         [](const auto& form) {
                           return std::string(form.param);
                         });

}  // namespace
}  // namespace plumbline::audit
