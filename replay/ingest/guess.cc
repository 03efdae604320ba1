#include "replay/ingest/guess.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/time/time.h"
#include "replay/base/decimal.h"

namespace plumbline::replay {
namespace {

bool IsInteger(const std::string& cell) {
  int64_t value = 0;
  return ParseDecimal(cell, 0, &value) && cell.find('.') == std::string::npos;
}

bool IsWithin(const std::string& cell, int64_t low, int64_t high) {
  int64_t value = 0;
  return ParseDecimal(cell, 0, &value) &&
         (value == 0 || (value >= low && value <= high));
}

bool IsDecimal(const std::string& cell) {
  int64_t value = 0;
  return ParseDecimal(cell, 9, &value);
}

bool IsTime(const std::string& cell, std::initializer_list<const char*> forms) {
  absl::Time time;
  return std::any_of(forms.begin(), forms.end(), [&](const char* form) {
    return absl::ParseTime(form, cell, absl::UTCTimeZone(), &time, nullptr);
  });
}

}  // namespace

bool IsBoolean(const std::string& cell) {
  const std::string lower = absl::AsciiStrToLower(cell);
  return lower == "true" || lower == "false";
}

void GuessForm(const std::vector<std::string>& cells, InspectedColumn* column) {
  constexpr size_t kSamples = 3;
  constexpr size_t kMostWords = 24;
  std::vector<std::string> known;
  std::set<std::string> different;
  for (const std::string& cell : cells) {
    const std::string text(absl::StripAsciiWhitespace(cell));
    // Spellings of "unknown" say nothing about the form.
    if (text.empty() || text == "NA" || text == "NULL" || text == "null" ||
        text == "\\N")
      continue;
    known.push_back(text);
    if (different.insert(text).second && column->samples.size() < kSamples) {
      column->samples.push_back(text);
    }
  }
  const auto all = [&](auto fits) {
    return std::all_of(known.begin(), known.end(), fits);
  };
  if (known.empty()) {
    column->form = CellForm::kEmpty;
  } else if (all(IsInteger)) {
    const bool zero =
        all([](const std::string& cell) { return IsWithin(cell, 0, 0); });
    const bool seconds = all([](const std::string& cell) {
      return IsWithin(cell, 946'684'800, 4'102'444'800);  // 2000 to 2099.
    });
    const bool milliseconds = all([](const std::string& cell) {
      return IsWithin(cell, 946'684'800'000, 4'102'444'800'000);
    });
    column->form = zero           ? CellForm::kInteger
                   : seconds      ? CellForm::kEpochSeconds
                   : milliseconds ? CellForm::kEpochMilliseconds
                                  : CellForm::kInteger;
  } else if (all(IsDecimal)) {
    column->form = CellForm::kDecimal;
  } else if (all([](const std::string& cell) {
               return IsTime(cell, {absl::RFC3339_full});
             })) {
    column->form = CellForm::kInstant;
  } else if (all([](const std::string& cell) {
               return IsTime(cell, {"%Y-%m-%d"});
             })) {
    column->form = CellForm::kDate;
  } else if (all([](const std::string& cell) {
               return IsTime(cell, {"%Y-%m-%d %H:%M:%E*S",
                                    "%Y-%m-%dT%H:%M:%E*S", "%Y-%m-%d %H:%M"});
             })) {
    column->form = CellForm::kLocalTime;
  } else if (all(IsBoolean)) {
    column->form = CellForm::kBoolean;
  } else if (all([](const std::string& cell) {
               return cell.front() == '[' && cell.back() == ']';
             })) {
    column->form = CellForm::kJsonList;
  } else if (all([](const std::string& cell) {
               return cell.front() == '{' && cell.back() == '}';
             })) {
    column->form = CellForm::kJsonObject;
  } else if (different.size() <= kMostWords &&
             different.size() * 2 <= known.size()) {
    column->form = CellForm::kWords;
  } else {
    column->form = CellForm::kText;
  }
  if (different.size() <= kMostWords)
    column->words.assign(different.begin(), different.end());
}

}  // namespace plumbline::replay
