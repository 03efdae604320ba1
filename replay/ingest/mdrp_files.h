#ifndef PLUMBLINE_REPLAY_INGEST_MDRP_FILES_H_
#define PLUMBLINE_REPLAY_INGEST_MDRP_FILES_H_

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// The files of an MDRP instance and its solution, as lines of cells between
// white space (parameters: tabs). Quantities are in millionths.
namespace plumbline::replay::mdrp {

// Clocks up to a thousand years of minutes and places up to 100,000 km, so that
// what the files say cannot overflow.
inline constexpr int64_t kMostMinutes = int64_t{526'000'000} * 1'000'000;
inline constexpr int64_t kFarthest = int64_t{100'000'000} * 1'000'000;

struct Line {
  int64_t number = 0;
  std::vector<std::string> cells;
};

// Lines of cells; the first is the header unless its second cell is a number.
struct Text {
  std::string name;
  std::vector<std::string> header;
  std::vector<Line> lines;

  // The first column with one of the names, in any case of the letters; or -1.
  int Column(std::initializer_list<const char*> names) const;
};

inline constexpr size_t kAllLines = SIZE_MAX;

// Reads at most `most` lines; fewer than all only tell what a file is. Errors:
// InvalidArgument where the file cannot be opened, or where all of it is read
// and is not UTF-8.
absl::StatusOr<Text> ReadLines(const std::string& folder,
                               const std::string& name,
                               size_t most = kAllLines);

// Which file plays which part.
struct Parts {
  std::string parameters, orders, couriers, restaurants;
  std::string solved_orders, assignments, legs;
};

Parts FindParts(const std::string& folder);

// InvalidArgument "name:line:column: found ..., expected ...".
absl::Status Wrong(const Text& text, const Line& line, int column,
                   const std::string& expected);

// The cell, "" where the line has none.
std::string Cell(const Line& line, int column);
// A cell in millionths, or nothing.
std::optional<int64_t> Number(const Line& line, int column, int64_t most);
// Minutes of the instance ("551", "551.0") as milliseconds.
std::optional<int64_t> Minutes(const Line& line, int column);
// Orders of a bundle: "o1", "o1 o2", "o1,o2", "['o1', 'o2']".
std::vector<std::string> Bundle(const Line& line, int first_column);

}  // namespace plumbline::replay::mdrp

#endif  // PLUMBLINE_REPLAY_INGEST_MDRP_FILES_H_
