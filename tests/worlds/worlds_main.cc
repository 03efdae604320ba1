// worlds [seeds [threads]]: how often measures flag platforms whose truth is
// known. Ends with 1 where a flag that is false is raised in more than 5 % of
// the seeds or a violation is found in fewer than 90 %.

#include <cstdio>
#include <cstdlib>

#include "tests/worlds/world.h"

int main(int argc, char** argv) {
  using namespace plumbline::audit;
  const int seeds = argc > 1 ? std::atoi(argv[1]) : 200;
  const int threads = argc > 2 ? std::atoi(argv[2]) : 1;
  if (seeds < 1 || threads < 1) {
    std::fputs("worlds [seeds [threads]], both at least 1\n", stderr);
    return 2;
  }
  bool holds = true;
  for (const World world : AllWorlds()) {
    const Judgement judgement =
        JudgeCounts(world, CountFlags(world, seeds, threads), seeds, 0.05, 0.9);
    std::fputs(judgement.text.c_str(), stdout);
    std::fflush(stdout);
    holds &= judgement.holds;
  }
  return holds ? 0 : 1;
}
