// The fuzzers' questions over the seeds and a fixed number of mutations of
// each, and over the shapes that break a parser: depth, length, size.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "audit/rules/rule_pack.h"
#include "tests/fuzz/fuzz_rules.h"
#include "tests/fuzz/mutate.h"

namespace plumbline::audit {
namespace {

std::string Read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file),
          std::istreambuf_iterator<char>()};
}

template <typename Fuzz>
int MutateSeeds(const std::string& folder, int rounds, const Fuzz& fuzz) {
  int seeds = 0;
  for (const auto& entry : std::filesystem::directory_iterator(
           std::filesystem::path(PLUMBLINE_FUZZ_SEEDS) / folder)) {
    FuzzMutations(Read(entry.path()), rounds, 7, fuzz);
    ++seeds;
  }
  return seeds;
}

void Expression(const std::string& text) {
  FuzzExpression(reinterpret_cast<const uint8_t*>(text.data()), text.size());
}

TEST(RulesFuzz, Formulas) {
  EXPECT_EQ(MutateSeeds("expression_fuzzer", 4000, FuzzExpression), 3);
}

TEST(RulesFuzz, Packs) {
  EXPECT_EQ(MutateSeeds("pack_fuzzer", 2000, FuzzPack), 1);
}

TEST(RulesFuzz, DepthLengthAndSize) {
  for (const char* part : {"(", "-", "not ", "sum(day: ", "if(", "max(0 h, ",
                           "1 + ", "known(", "1 h < 2 h and "}) {
    std::string text;
    while (text.size() < 3900) text += part;
    Expression(text);
    Expression(text + "1");
  }
  Expression(std::string(3000, '9'));
  Expression("0." + std::string(3000, '0') + "1");
  Expression(std::string(3000, 'a') + "(ENGAGED)");
  Expression("'" + std::string(3900, 'x'));
  Expression(std::string(1 << 20, '('));
}

// A pack whose names and lists are long is told so or read, not choked on.
TEST(RulesFuzz, LongPacks) {
  std::string text = "name: '" + std::string(100'000, 'n') + "' ";
  for (int i = 0; i < 2000; ++i) {
    text += "sources { id: 's" + std::to_string(i) + "' title: 't' } ";
  }
  FuzzPack(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  const auto pack = ParseRulePack(text, "long");
  ASSERT_FALSE(pack.ok());
}

}  // namespace
}  // namespace plumbline::audit
