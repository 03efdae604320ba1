// The folder fuzzer's question over the seeds and mutations of each.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/fuzz/fuzz_folder.h"
#include "tests/fuzz/mutate.h"

namespace plumbline::replay {
namespace {

TEST(FolderFuzz, SeedsAndTheirMutations) {
  int seeds = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(PLUMBLINE_FOLDER_SEEDS)) {
    std::ostringstream text;
    text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    FuzzMutations(text.str(), 400, 7, FuzzFolder);
    ++seeds;
  }
  EXPECT_GE(seeds, 3);
}

}  // namespace
}  // namespace plumbline::replay
