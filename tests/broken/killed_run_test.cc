// A run that is killed leaves no half-written file under a final name.

#include <chrono>
#include <map>
#include <string>
#include <thread>

#include "gtest/gtest.h"
#include "tests/support/folders.h"
#include "tests/support/program.h"
#include "tests/support/small_log.h"

namespace plumbline {
namespace {

TEST(KilledRunTest, LeavesWholeFilesOrNone) {
  const TestFolder folder;
  MakeSmallLog(5, 200, 70).WriteTo(folder.Path("log"));
  const auto begin = std::chrono::steady_clock::now();
  const ProgramRun run = RunProgram(
      {"audit", folder.Path("log"), "--quiet", "--out", folder.Path("whole")});
  const auto took = std::chrono::steady_clock::now() - begin;
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const std::map<std::string, std::string> whole =
      ReadFolder(folder.Path("whole"));

  int killed = 0;
  constexpr int kRounds = 24;
  for (int round = 1; round <= kRounds; ++round) {
    const std::string out = folder.Path("out" + std::to_string(round));
    const pid_t process =
        StartProgram({"audit", folder.Path("log"), "--quiet", "--out", out});
    std::this_thread::sleep_for(took * round / kRounds);
    killed += Kill(process) ? 1 : 0;
    for (const auto& [name, text] : ReadFolder(out)) {
      const auto final = whole.find(name);
      if (final == whole.end()) continue;  // A temporary name.
      EXPECT_TRUE(final->second == text) << name << " was left half written";
    }
  }
  EXPECT_GT(killed, kRounds / 4);
}

}  // namespace
}  // namespace plumbline
