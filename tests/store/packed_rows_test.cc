// Numbers packed by bits come back, at every width and place, unknown ones too.
#include <algorithm>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "gtest/gtest.h"
#include "replay/schema/schema.h"
#include "replay/store/column_kernels.h"
#include "replay/store/row_format.h"

namespace plumbline::replay {
namespace {

TEST(PackedRows, EveryWidthComesBackFromEveryPlace) {
  std::mt19937_64 random(7);
  for (int width = 1; width <= 64; ++width) {
    if (width > 57 && width < 64) continue;
    for (int shift = 0; shift + width <= 64; ++shift) {
      const int64_t most = -(UnknownOf(width) + 1);
      std::vector<int64_t> values = {kUnknown, 0, most, -most};
      while (values.size() < 37) {
        values.push_back(most == 0 ? 0 : static_cast<int64_t>(random()) % most);
      }
      std::vector<uint64_t> words(values.size() + 1, 0);
      Pack(values.data(), values.size(), width, shift, words.data());
      RowPart part;
      part.width = static_cast<uint8_t>(width);
      part.bit = static_cast<uint32_t>(shift);
      const NumberReader reader(part);
      for (size_t i = 0; i < values.size(); ++i) {
        char row[16] = {};
        std::memcpy(row, &words[i], 8);
        ASSERT_EQ(reader.Read(row), values[i]) << width << " at " << shift;
        const uint64_t mask = (~uint64_t{0} >> (64 - width)) << shift;
        ASSERT_EQ(words[i] & ~mask, 0u) << width << " at " << shift;
      }
    }
  }
}

TEST(PackedRows, WidthIsTheLeastThatHoldsTheValuesAndUnknown) {
  EXPECT_EQ(WidthOf(0, 0), 1);
  EXPECT_EQ(WidthOf(0, 1), 2);
  EXPECT_EQ(WidthOf(-1, 0), 2);
  EXPECT_EQ(WidthOf(-127, 127), 8);
  EXPECT_EQ(WidthOf(-128, 0), 9);  // -128 says unknown in eight bits.
  EXPECT_EQ(WidthOf(0, (int64_t{1} << 56) - 1), 57);
  EXPECT_EQ(WidthOf(0, int64_t{1} << 56), 64);
  EXPECT_EQ(WidthOf(kUnknown + 1, std::numeric_limits<int64_t>::max()), 64);
}

TEST(PackedRows, DividesMultiplesAndRefusesOthers) {
  for (const int64_t scale : {int64_t{1000}, int64_t{10000}}) {
    const int64_t most = std::numeric_limits<int64_t>::max() / scale;
    std::vector<int64_t> values;
    for (const int64_t q :
         {int64_t{0}, int64_t{-3}, int64_t{17}, most, -most}) {
      values.push_back(q * scale);
    }
    values.push_back(kUnknown);
    std::vector<int64_t> out(values.size());
    ColumnRange range;
    ASSERT_TRUE(
        DivideExactly(scale, values.data(), values.size(), out.data(), &range));
    EXPECT_EQ(out, (std::vector<int64_t>{0, -3, 17, most, -most, kUnknown}));
    EXPECT_EQ(range.low, -most);
    EXPECT_EQ(range.high, most);
    EXPECT_EQ(range.least, kUnknown);
    for (const int64_t off : {int64_t{1}, int64_t{-1}, scale / 2}) {
      values[2] = 17 * scale + off;
      EXPECT_FALSE(DivideExactly(scale, values.data(), values.size(),
                                 out.data(), &range));
    }
  }
}

TEST(PackedRows, PlacesOfALayoutDoNotOverlap) {
  RowFormat format(*FindTable("tasks"));
  std::mt19937_64 random(11);
  for (int round = 0; round < 200; ++round) {
    std::vector<RowPart> parts;
    for (int slot = 0; slot < format.slots(); ++slot) {
      if (random() % 3 == 0) continue;
      RowPart part;
      part.slot = static_cast<uint16_t>(slot);
      part.width = static_cast<uint8_t>(random() % 9 == 0 ? 64 : random() % 58);
      parts.push_back(part);
    }
    const RowLayout& layout = *format.Intern(parts);
    std::vector<char> taken(64 * layout.words, 0);
    std::fill_n(taken.begin(), 16, 1);  // The head.
    for (const RowPart& part : layout.parts) {
      if (part.width == 0) continue;
      ASSERT_EQ(part.bit / 64, (part.bit + part.width - 1) / 64);
      ASSERT_LE(part.bit + part.width, 8 * layout.fixed);
      for (uint32_t bit = part.bit; bit < part.bit + part.width; ++bit) {
        ASSERT_EQ(taken[bit]++, 0);
      }
    }
  }
}

}  // namespace
}  // namespace plumbline::replay
