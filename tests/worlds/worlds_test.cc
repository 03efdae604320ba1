#include <gtest/gtest.h>

#include "tests/worlds/world.h"

namespace plumbline::audit {
namespace {

class WorldsTest : public ::testing::TestWithParam<World> {};

// Six seeds of each world, always the same ones: no false flag is raised twice,
// and every violation is found in all but one.
TEST_P(WorldsTest, FewSeeds) {
  constexpr int kSeeds = 6;
  const Judgement judgement =
      JudgeCounts(GetParam(), CountFlags(GetParam(), kSeeds, 1), kSeeds,
                  1.0 / kSeeds, 5.0 / kSeeds);
  EXPECT_TRUE(judgement.holds) << judgement.text;
}

INSTANTIATE_TEST_SUITE_P(All, WorldsTest, ::testing::ValuesIn(AllWorlds()),
                         [](const auto& info) {
                           std::string name = NameOf(info.param);
                           std::erase_if(name, [](char c) {
                             return c == ' ' || c == ',';
                           });
                           return name;
                         });

}  // namespace
}  // namespace plumbline::audit
