// What is wrong with an input or a command line is told with its place, in
// words, with exit code 2, and nothing is left under a final name.

#include <filesystem>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/folders.h"
#include "tests/support/program.h"
#include "tests/support/small_log.h"

namespace plumbline {
namespace {

using testing::HasSubstr;

constexpr char kHeader[] =
    "task_id,worker_id,accepted_at,completed_at,status\n";
constexpr char kRow[] =
    "t1,w1,2025-09-01T10:00:00+08:00,2025-09-01T10:30:00+08:00,delivered\n";

struct BrokenLog {
  std::string name;
  std::vector<std::pair<std::string, std::string>>
      files;                           // Name in the log, text.
  std::vector<std::string> words;      // That the message must hold.
  std::vector<std::string> arguments;  // Beside `audit LOG --out OUT`.
  std::string log = "";                // Within the test's folder.
};
void PrintTo(const BrokenLog& row, std::ostream* os) { *os << row.name; }

class BrokenLogTest : public testing::TestWithParam<BrokenLog> {};

TEST_P(BrokenLogTest, IsRefusedInWordsAndLeavesNothing) {
  const BrokenLog& broken = GetParam();
  const TestFolder folder;
  std::filesystem::create_directories(folder.Path("log"));
  for (const auto& [name, text] : broken.files)
    folder.Write("log/" + name, text);
  std::vector<std::string> arguments = {
      "audit", folder.Path("log" + broken.log), "--out", folder.Path("out")};
  for (std::string argument : broken.arguments) {
    const size_t at = argument.find("{log}");
    if (at != std::string::npos) argument.replace(at, 5, folder.Path("log"));
    arguments.push_back(argument);
  }
  const ProgramRun run = RunProgram(arguments);
  EXPECT_EQ(run.exit_code, 2) << run.err;
  EXPECT_EQ(run.out, "");
  for (const std::string& word : broken.words)
    EXPECT_THAT(run.err, HasSubstr(word));
  // One line, that ends.
  EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
  EXPECT_TRUE(ReadFolder(folder.Path("out")).empty());
}

INSTANTIATE_TEST_SUITE_P(
    Logs, BrokenLogTest,
    testing::Values(
        BrokenLog{.name = "NoSuchLog",
                  .files = {},
                  .words = {"/nowhere:1:1: ", "check the path"},
                  .arguments = {},
                  .log = "/nowhere"},
        BrokenLog{.name = "EmptyFolder",
                  .files = {},
                  .words = {":1:1: ", "tasks.csv"},
                  .arguments = {}},
        BrokenLog{.name = "EmptyFile",
                  .files = {{"tasks.csv", ""}},
                  .words = {"tasks.csv:1:1: "},
                  .arguments = {}},
        BrokenLog{.name = "NoRequiredColumn",
                  .files = {{"tasks.csv",
                             "task_id,accepted_at\nt1,2025-09-01T10:00:00Z\n"}},
                  .words = {"tasks.csv:1:1: ", "worker_id"},
                  .arguments = {}},
        BrokenLog{.name = "UnknownExport",
                  .files = {{"things.csv", "alpha,beta\n1,2\n"}},
                  .words = {"things.csv:1:1: ", "plumbline inspect"},
                  .arguments = {}},
        BrokenLog{.name = "OtherFormOfInstants",
                  .files = {{"tasks.csv",
                             std::string(kHeader) +
                                 "t1,w1,1756692000,1756693800,delivered\n"}},
                  .words = {"tasks.csv:2:", "accepted_at", "--instants"},
                  .arguments = {}},
        BrokenLog{.name = "LogTextThatDoesNotParse",
                  .files = {{"tasks.csv", std::string(kHeader) + kRow},
                            {"log.textproto",
                             "currency: \"CNY\"\ncurency: \"CNY\"\n"}},
                  .words = {"log.textproto:2:", "curency"},
                  .arguments = {}},
        BrokenLog{.name = "ZoneThatDoesNotExist",
                  .files = {{"tasks.csv", std::string(kHeader) + kRow},
                            {"log.textproto", "time_zone: \"Asia/Shanghi\"\n"}},
                  .words = {"Asia/Shanghi", "IANA"},
                  .arguments = {}},
        BrokenLog{
            .name = "GzipCutShort",
            .files = {{"tasks.csv.gz",
                       std::string("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"
                                   "\x2b\x49\x2c\xce\x8e",
                                   15)}},
            .words = {"tasks.csv.gz:"},
            .arguments = {}},
        BrokenLog{
            .name = "ParquetThatIsNone",
            .files = {{"tasks.parquet", "PAR1 this is no parquet file PAR1"}},
            .words = {"tasks.parquet:"},
            .arguments = {}},
        BrokenLog{.name = "NoSuchMapping",
                  .files = {{"tasks.csv", std::string(kHeader) + kRow}},
                  .words = {"missing.textproto"},
                  .arguments = {"--mapping", "{log}/missing.textproto"}},
        BrokenLog{.name = "MappingWithAnUnknownField",
                  .files = {{"tasks.csv", std::string(kHeader) + kRow},
                            {"m.textproto", "name: \"m\"\nnames: \"m\"\n"}},
                  .words = {"m.textproto:2:", "names"},
                  .arguments = {"--mapping", "{log}/m.textproto"}},
        BrokenLog{.name = "NoSuchPack",
                  .files = {{"tasks.csv", std::string(kHeader) + kRow}},
                  .words = {"no-such-pack"},
                  .arguments = {"--rules", "no-such-pack"}},
        BrokenLog{.name = "PackThatDoesNotParse",
                  .files = {{"tasks.csv", std::string(kHeader) + kRow},
                            {"p.textproto", "name: \"p\"\nnmae: \"p\"\n"}},
                  .words = {"p.textproto:2:", "nmae"},
                  .arguments = {"--rules", "{log}/p.textproto"}},
        BrokenLog{.name = "PlanThatDoesNotParse",
                  .files = {{"tasks.csv", std::string(kHeader) + kRow},
                            {"plan.textproto", "run_gap_s: \"long\"\n"}},
                  .words = {"plan.textproto:1:"},
                  .arguments = {"--plan", "{log}/plan.textproto"}}),
    [](const auto& row) { return row.param.name; });

struct BrokenLine {
  std::string name;
  std::vector<std::string> arguments;  // "{dir}" is the test's folder.
  std::vector<std::string> words;
};
void PrintTo(const BrokenLine& row, std::ostream* os) { *os << row.name; }

class BrokenLineTest : public testing::TestWithParam<BrokenLine> {};

TEST_P(BrokenLineTest, IsRefusedInWords) {
  const TestFolder folder;
  folder.Write("log/tasks.csv", std::string(kHeader) + kRow);
  folder.Write("file", "text");
  std::vector<std::string> arguments;
  for (std::string argument : GetParam().arguments) {
    const size_t at = argument.find("{dir}");
    if (at != std::string::npos) argument.replace(at, 6, folder.Path(""));
    arguments.push_back(argument);
  }
  const ProgramRun run = RunProgram(arguments);
  EXPECT_EQ(run.exit_code, 2) << run.err;
  EXPECT_EQ(run.out, "");
  for (const std::string& word : GetParam().words)
    EXPECT_THAT(run.err, HasSubstr(word));
  EXPECT_TRUE(ReadFolder(folder.Path("out")).empty());
}

INSTANTIATE_TEST_SUITE_P(
    Lines, BrokenLineTest,
    testing::Values(
        BrokenLine{"NoCommand", {}, {"subcommand"}},
        BrokenLine{"UnknownCommand", {"expound"}, {"expound"}},
        BrokenLine{"ExplainWithoutResult",
                   {"explain", "CN-MW-H", "{dir}/log"},
                   {"findings.json:1:1", "expected"}},
        BrokenLine{"ExplainOfNoResult",
                   {"explain", "CN-MW-H", "{dir}/file"},
                   {"file:1:1", "no result of an audit"}},
        BrokenLine{"NoLog", {"audit"}, {"LOG", "plumbline audit --help"}},
        BrokenLine{"TwoLogs",
                   {"audit", "{dir}/log", "{dir}/log"},
                   {"plumbline audit --help"}},
        BrokenLine{
            "UnknownFlag", {"audit", "{dir}/log", "--colour"}, {"--colour"}},
        BrokenLine{"FlagOfAnotherCommand",
                   {"audit", "{dir}/log", "--to", "csv"},
                   {"--to"}},
        BrokenLine{"ThreadsBelowOne",
                   {"audit", "{dir}/log", "--threads", "-2"},
                   {"--threads", "-2"}},
        BrokenLine{"ThreadsNoNumber",
                   {"audit", "{dir}/log", "--threads", "many"},
                   {"--threads"}},
        BrokenLine{"MemoryWithoutUnit",
                   {"audit", "{dir}/log", "--memory", "lots"},
                   {"--memory", "512M"}},
        BrokenLine{"MemoryTooSmall",
                   {"audit", "{dir}/log", "--memory", "5K"},
                   {"--memory", "64M"}},
        BrokenLine{"MemoryOverflow",
                   {"audit", "{dir}/log", "--memory", "9999999999T"},
                   {"--memory"}},
        BrokenLine{"UnknownZone",
                   {"audit", "{dir}/log", "--time-zone", "Mars/Olympus"},
                   {"--time-zone", "IANA"}},
        BrokenLine{"UnknownCurrency",
                   {"audit", "{dir}/log", "--currency", "yuan"},
                   {"--currency", "CNY"}},
        BrokenLine{"UnknownInstants",
                   {"audit", "{dir}/log", "--instants", "julian"},
                   {"--instants", "rfc3339"}},
        BrokenLine{"UnknownMeasure",
                   {"audit", "{dir}/log", "--only", "hours,hats"},
                   {"--only", "hats", "hours"}},
        BrokenLine{"UnknownLevel",
                   {"audit", "{dir}/log", "--fail-on", "sometimes"},
                   {"--fail-on", "breach"}},
        BrokenLine{"UnknownFiles",
                   {"audit", "{dir}/log", "--files", "json,pdf"},
                   {"--files", "pdf", "json, csv, html or xlsx"}},
        BrokenLine{"UnknownLanguage",
                   {"audit", "{dir}/log", "--lang", "fr"},
                   {"--lang"}},
        BrokenLine{
            "SeedNoNumber", {"audit", "{dir}/log", "--seed", "-1"}, {"--seed"}},
        BrokenLine{"NoSuchScratch",
                   {"audit", "{dir}/log", "--scratch", "{dir}/gone"},
                   {"--scratch"}},
        BrokenLine{"OutIsAFile",
                   {"audit", "{dir}/log", "--out", "{dir}/file"},
                   {"--out", "is a file"}},
        BrokenLine{"OutBelowAFile",
                   {"audit", "{dir}/log", "--out", "{dir}/file/out"},
                   {"--out", "is a file"}},
        BrokenLine{
            "MergeToNowhere", {"merge", "{dir}/file"}, {"--out", "--report"}},
        BrokenLine{"MergeOfNoState",
                   {"merge", "{dir}/file", "--report", "{dir}/out"},
                   {"file:1:1: ", "plumbline partial"}},
        BrokenLine{"MergeOfNothing",
                   {"merge", "{dir}/gone", "--report", "{dir}/out"},
                   {"gone:1:1: "}},
        BrokenLine{
            "ConvertToUnknownForm",
            {"convert", "{dir}/log", "--to", "stone", "--out", "{dir}/out"},
            {"--to", "parquet"}},
        BrokenLine{"InspectNothing", {"inspect", "{dir}/gone"}, {"gone"}}),
    [](const auto& row) { return row.param.name; });

TEST(BrokenLineTest, ChineseIsSpokenWhereItIsAskedFor) {
  const ProgramRun run = RunProgram({"audit", "--lang", "zh"});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.err, HasSubstr("缺少必填的参数"));
}

// States that were damaged or do not belong together.
class StateTest : public testing::Test {
 protected:
  StateTest() {
    MakeSmallLog(3, 6, 14).WriteTo(folder_.Path("log"));
    const ProgramRun run = RunProgram(
        {"partial", folder_.Path("log"), "--out", folder_.Path("state")});
    EXPECT_EQ(run.exit_code, 0) << run.err;
    state_ = ReadFile(folder_.Path("state"));
  }
  ProgramRun Merge(const std::vector<std::string>& names) {
    std::vector<std::string> arguments = {"merge", "--out",
                                          folder_.Path("merged")};
    for (const std::string& name : names)
      arguments.push_back(folder_.Path(name));
    return RunProgram(arguments);
  }

  TestFolder folder_;
  std::string state_;
};

TEST_F(StateTest, AMergeOfAMergeIsTheSame) {
  ASSERT_EQ(Merge({"state"}).exit_code, 0);
  const std::string once = ReadFile(folder_.Path("merged"));
  folder_.Write("once", once);
  ASSERT_EQ(Merge({"once"}).exit_code, 0);
  EXPECT_TRUE(ReadFile(folder_.Path("merged")) == once);
}

TEST_F(StateTest, CutAnywhereIsRefused) {
  ASSERT_GT(state_.size(), 1000u);
  for (size_t part = 0; part < 16; ++part) {
    folder_.Write("cut", state_.substr(0, state_.size() * part / 16));
    const ProgramRun run = Merge({"cut"});
    EXPECT_EQ(run.exit_code, 2) << part;
    EXPECT_THAT(run.err, HasSubstr("cut:1:"));
    EXPECT_EQ(ReadFile(folder_.Path("merged")), "");
  }
}

TEST_F(StateTest, OneBytePastTheEndIsRefused) {
  folder_.Write("long", state_ + "x");
  const ProgramRun run = Merge({"long"});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.err, HasSubstr("after the closing piece"));
}

// A flipped byte is either refused or, inside a number or a text, read as
// another state: never a crash.
TEST_F(StateTest, FlippedBytesNeverCrash) {
  for (size_t part = 1; part < 24; ++part) {
    std::string flipped = state_;
    flipped[flipped.size() * part / 24] ^= 0x55;
    folder_.Write("flipped", flipped);
    const ProgramRun run = Merge({"flipped"});
    EXPECT_TRUE(run.exit_code == 0 || run.exit_code == 2)
        << part << ": " << run.err;
  }
}

TEST_F(StateTest, AnotherPlanIsRefused) {
  const ProgramRun other = RunProgram({"partial", folder_.Path("log"), "--seed",
                                       "7", "--out", folder_.Path("other")});
  ASSERT_EQ(other.exit_code, 0) << other.err;
  const ProgramRun run = Merge({"state", "other"});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.err, HasSubstr("differs from"));
  EXPECT_THAT(run.err, HasSubstr("plan"));
}

TEST_F(StateTest, AWorkerInTwoStatesIsRefused) {
  folder_.Write("copy", state_);
  const ProgramRun run = Merge({"state", "copy"});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.err, HasSubstr("cut the log by worker"));
}

TEST_F(StateTest, AReportOfTheFirstPassIsRefused) {
  const ProgramRun run = RunProgram(
      {"merge", folder_.Path("state"), "--report", folder_.Path("out")});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.err, HasSubstr("partial --first"));
  EXPECT_TRUE(ReadFolder(folder_.Path("out")).empty());
}

// Nothing of the library's English is left under --lang zh.
TEST(Help, IsChineseThroughout) {
  const std::vector<std::vector<std::string>> commands = {
      {},          {"audit"},         {"inspect"},        {"rules"},
      {"convert"}, {"rules", "show"}, {"rules", "check"}, {"partial"},
      {"merge"}};
  for (std::vector<std::string> command : commands) {
    command.insert(command.end(), {"--lang", "zh", "--help"});
    const ProgramRun run = RunProgram(command);
    EXPECT_EQ(run.exit_code, 0) << run.err;
    EXPECT_THAT(run.out, HasSubstr("用法: plumbline"));
    EXPECT_THAT(run.out, HasSubstr("\n选项:\n"));
    for (const char* word :
         {"Usage", "Options", "OPTIONS", "Positionals", "Subcommands",
          "SUBCOMMAND", "REQUIRED", "TEXT", "Show", "Language"}) {
      EXPECT_THAT(run.out, testing::Not(HasSubstr(word)));
    }
  }
}

}  // namespace
}  // namespace plumbline
