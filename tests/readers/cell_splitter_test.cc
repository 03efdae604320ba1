// The splitter against Arrow's parser, cell by cell.
#include "replay/ingest/readers/cell_splitter.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "arrow/csv/options.h"
#include "arrow/csv/parser.h"

namespace plumbline::replay {
namespace {

struct Cells {
  bool whole = true;               // Every row has as many cells as the header.
  std::vector<std::string> cells;  // Column by column.
};

Cells ByArrow(const std::string& text, char delimiter, int columns) {
  Cells result;
  auto options = arrow::csv::ParseOptions::Defaults();
  options.delimiter = delimiter;
  options.quoting = false;
  options.ignore_empty_lines = true;
  options.invalid_row_handler = [&](const arrow::csv::InvalidRow&) {
    result.whole = false;
    return arrow::csv::InvalidRowResult::Skip;
  };
  arrow::csv::BlockParser parser(options, columns, /*first_row=*/0,
                                 /*max_num_rows=*/1 << 20);
  uint32_t parsed = 0;
  EXPECT_TRUE(parser.ParseFinal(text, &parsed).ok());
  EXPECT_EQ(parsed, text.size());
  for (int column = 0; column < columns; ++column) {
    const arrow::Status status = parser.VisitColumn(
        column,
        [&](const uint8_t* data, uint32_t size, bool, bool) -> arrow::Status {
          result.cells.emplace_back(reinterpret_cast<const char*>(data), size);
          return arrow::Status::OK();
        });
    EXPECT_TRUE(status.ok());
  }
  return result;
}

Cells BySplitter(CellSplitter& splitter, const std::string& text, int columns,
                 size_t rows) {
  Cells result;
  result.whole = splitter.Split(text.data(), text.size(), rows);
  if (!result.whole) return result;
  for (int column = 0; column < columns; ++column) {
    splitter.Visit(column, [&](const char* data, size_t size) {
      result.cells.emplace_back(data, size);
    });
  }
  return result;
}

std::string MadeCell(std::mt19937& random, char delimiter, size_t longest) {
  std::string cell;
  for (size_t left = random() % (longest + 1); left > 0; --left) {
    const char letter = static_cast<char>(random() % 256);
    const bool plain = letter != delimiter && letter != '\n' &&
                       letter != '\r' && letter != '"' && letter != '\0';
    cell.push_back(plain ? letter : 'x');
  }
  return cell;
}

TEST(CellSplitter, GivesTheCellsOfArrow) {
  std::mt19937 random(11);
  int taken = 0;
  int refused = 0;
  for (int round = 0; round < 6'000; ++round) {
    const char delimiter = ",;\t|"[random() % 4];
    const int columns =
        static_cast<int>(round % 50 == 0 ? 300 : 1 + random() % 24);
    const size_t rows = random() % 40;
    const size_t longest = random() % 8 == 0 ? 200 : random() % 16;
    const bool returns = random() % 3 == 0;
    const bool ragged = random() % 4 == 0;
    std::string text;
    for (size_t row = 0; row < rows; ++row) {
      int own = columns;
      if (ragged && random() % 4 == 0) {
        own = std::max(1, own - 2 + static_cast<int>(random() % 5));
      }
      std::string line = MadeCell(random, delimiter, longest);
      for (int cell = 1; cell < own; ++cell) {
        line += delimiter;
        line += MadeCell(random, delimiter, longest);
      }
      if (line.empty()) line.push_back('x');
      text += line;
      text += returns || random() % 16 == 0 ? "\r\n" : "\n";
    }
    if (random() % 3 == 0 && !text.empty()) {
      text.pop_back();
      if (text.back() == '\r' && random() % 2 == 0) text.pop_back();
    }
    const Cells arrow = ByArrow(text, delimiter, columns);
    CellSplitter splitter(delimiter, static_cast<size_t>(columns));
    const Cells split = BySplitter(splitter, text, columns, rows);
    ASSERT_EQ(split.whole, arrow.whole) << text;
    if (!split.whole) {
      ++refused;
      continue;
    }
    ++taken;
    ASSERT_EQ(split.cells, arrow.cells) << text;
  }
  EXPECT_GT(taken, 4'000);
  EXPECT_GT(refused, 500);
}

TEST(CellSplitter, IsUsedAgainForLongerAndShorterTexts) {
  CellSplitter splitter(',', 3);
  std::mt19937 random(12);
  for (const size_t rows : {1, 5'000, 2, 20'000, 7}) {
    std::string text;
    for (size_t row = 0; row < rows; ++row) {
      text += MadeCell(random, ',', 9) + "," + MadeCell(random, ',', 9) + "," +
              MadeCell(random, ',', 9) + "\n";
    }
    const Cells split = BySplitter(splitter, text, 3, rows);
    ASSERT_TRUE(split.whole);
    EXPECT_EQ(split.cells, ByArrow(text, ',', 3).cells);
  }
}

TEST(CellSplitter, RefusesRowsOfAnotherWidth) {
  CellSplitter splitter(',', 2);
  for (const std::string text : {"a,b\nc\n", "a\nb,c,d\n", "a,b,c\nd\n",
                                 "a,b\nc,d,e\n", "a,b\nc", "a,b\nc,d\r\n\r"}) {
    EXPECT_FALSE(splitter.Split(text.data(), text.size(), 2)) << text;
  }
  // Far more cells than the rows should have.
  const std::string wide(100'000, ',');
  EXPECT_FALSE(splitter.Split(wide.data(), wide.size(), 1));
}

}  // namespace
}  // namespace plumbline::replay
