#include "replay/ingest/mdrp_files.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "replay/base/decimal.h"
#include "replay/base/utf8.h"

namespace plumbline::replay::mdrp {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> Cells(const std::string& line, bool tabs) {
  std::vector<std::string> cells;
  std::istringstream parts(line);
  if (tabs) {
    for (std::string cell; std::getline(parts, cell, '\t');) {
      cells.emplace_back(absl::StripAsciiWhitespace(cell));
    }
  } else {
    for (std::string cell; parts >> cell;) cells.push_back(cell);
  }
  return cells;
}

}  // namespace

int Text::Column(std::initializer_list<const char*> names) const {
  for (size_t i = 0; i < header.size(); ++i) {
    for (const char* name : names) {
      if (absl::EqualsIgnoreCase(header[i], name)) return static_cast<int>(i);
    }
  }
  return -1;
}

absl::StatusOr<Text> ReadLines(const std::string& folder,
                               const std::string& name, size_t most) {
  std::ifstream stream(folder + "/" + name, std::ios::binary);
  if (!stream) {
    return absl::InvalidArgumentError(absl::StrCat(
        name, ":1:1: found a file that cannot be opened; check its rights"));
  }
  Text text;
  text.name = name;
  std::string line;
  bool tabs = false;
  for (int64_t number = 1;
       text.lines.size() < most && std::getline(stream, line); ++number) {
    if (number == 1 && absl::StartsWith(line, "\xef\xbb\xbf")) line.erase(0, 3);
    if (number == 1) tabs = absl::StrContains(line, "\t");
    if (!IsUtf8(line) && most == kAllLines) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, ":", number,
                       ":1: found bytes that are not UTF-8, expected UTF-8; "
                       "save the file in that encoding"));
    }
    std::vector<std::string> cells = Cells(line, tabs);
    if (cells.empty()) continue;
    int64_t ignored = 0;
    if (number == 1 &&
        (cells.size() < 2 || !ParseDecimal(cells[1], 6, &ignored))) {
      text.header = cells;
    } else {
      text.lines.push_back({number, cells});
    }
  }
  return text;
}

Parts FindParts(const std::string& folder) {
  Parts parts;
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.is_regular_file(error) && entry.path().extension() == ".txt") {
      names.push_back(entry.path().filename());
    }
  }
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    const auto text = ReadLines(folder, name, 1);
    if (!text.ok()) continue;
    const auto has = [&](const char* column) {
      return text->Column({column}) >= 0;
    };
    const std::string lower = absl::AsciiStrToLower(name);
    const bool bare = text->header.empty() && !text->lines.empty();
    std::string* part = nullptr;
    if (has("meters_per_minute") ||
        absl::StrContains(lower, "instance_parameters")) {
      part = &parts.parameters;
    } else if (has("on_time") && has("off_time")) {
      part = &parts.couriers;
    } else if (has("assignment_time")) {
      part = &parts.assignments;
    } else if (has("dropoff_time") && has("courier")) {
      part = &parts.solved_orders;
    } else if (has("placement_time") && has("x") && has("y")) {
      part = &parts.orders;
    } else if (has("restaurant") && has("x") && has("y")) {
      part = &parts.restaurants;
    } else if (has("departure_time") ||
               (bare && absl::StrContains(lower, "courier") &&
                text->lines[0].cells.size() >= 4)) {
      part = &parts.legs;
    } else if (bare && absl::StrContains(lower, "assignment") &&
               text->lines[0].cells.size() >= 4) {
      part = &parts.assignments;
    } else if (bare && absl::StrContains(lower, "order") &&
               text->lines[0].cells.size() >= 6) {
      part = &parts.solved_orders;
    }
    if (part != nullptr && part->empty()) *part = name;
  }
  return parts;
}

absl::Status Wrong(const Text& text, const Line& line, int column,
                   const std::string& expected) {
  const auto at = static_cast<size_t>(std::max(column, 0));
  return absl::InvalidArgumentError(
      absl::StrCat(text.name, ":", line.number, ":", at + 1, ": found \"",
                   at < line.cells.size() ? line.cells[at] : "",
                   "\", expected ", expected, "; correct the file"));
}

std::optional<int64_t> Number(const Line& line, int column, int64_t most) {
  int64_t value = 0;
  if (column < 0 || static_cast<size_t>(column) >= line.cells.size() ||
      !ParseDecimal(line.cells[static_cast<size_t>(column)], 6, &value) ||
      value < -most || value > most) {
    return std::nullopt;
  }
  return value;
}

std::optional<int64_t> Minutes(const Line& line, int column) {
  const auto value = Number(line, column, kMostMinutes);
  if (!value) return value;
  return *value * 60 / 1000;
}

std::string Cell(const Line& line, int column) {
  const auto at = static_cast<size_t>(column);
  return column < 0 || at >= line.cells.size() ? std::string() : line.cells[at];
}

std::vector<std::string> Bundle(const Line& line, int first_column) {
  std::vector<std::string> orders(1);
  for (auto i = static_cast<size_t>(first_column); i < line.cells.size(); ++i) {
    for (const char c : line.cells[i] + " ") {
      if (absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' ||
          c == '-' || c == '.') {
        orders.back() += c;
      } else if (!orders.back().empty()) {
        orders.emplace_back();
      }
    }
  }
  orders.pop_back();
  return orders;
}

}  // namespace plumbline::replay::mdrp
