#include "bench/generate/csv_text.h"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace plumbline::bench {
namespace {

constexpr int64_t kEastOfGreenwich = 8 * 3600;
constexpr int64_t kDay = 86'400;

// Puts `value` with at least `digits` digits at `out`, which it moves.
void PutDigits(char*& out, int64_t value, int digits) {
  for (int i = digits - 1; i >= 0; --i) {
    out[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  out += digits;
}

// Proleptic Gregorian date of a day number, counted in years from March.
void PutDate(char*& out, int64_t days) {
  const int64_t from_march = days + 719'468;
  const int64_t era = from_march / 146'097;
  const int64_t day_of_era = from_march % 146'097;
  const int64_t year_of_era = (day_of_era - day_of_era / 1'460 +
                               day_of_era / 36'524 - day_of_era / 146'096) /
                              365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t month_from_march = (5 * day_of_year + 2) / 153;
  const int64_t day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
  const int64_t month =
      month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  PutDigits(out, era * 400 + year_of_era + (month <= 2), 4);
  *out++ = '-';
  PutDigits(out, month, 2);
  *out++ = '-';
  PutDigits(out, day, 2);
}

int PutInstant(char* text, int64_t seconds) {
  char* out = text;
  const int64_t local = seconds + kEastOfGreenwich;
  PutDate(out, local / kDay);
  const int64_t time = local % kDay;
  *out++ = 'T';
  PutDigits(out, time / 3600, 2);
  *out++ = ':';
  PutDigits(out, time / 60 % 60, 2);
  *out++ = ':';
  PutDigits(out, time % 60, 2);
  for (const char c : std::string_view("+08:00")) *out++ = c;
  return static_cast<int>(out - text);
}

}  // namespace

void CsvText::Separate() {
  if (row_open_) text_.push_back(',');
  row_open_ = true;
}

void CsvText::Header(std::string_view columns) {
  text_.append(columns);
  text_.push_back('\n');
}

void CsvText::Text(std::string_view text) {
  Separate();
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    text_.append(text);
    return;
  }
  text_.push_back('"');
  for (const char c : text) {
    if (c == '"') text_.push_back('"');
    text_.push_back(c);
  }
  text_.push_back('"');
}

void CsvText::Integer(int64_t value) {
  Separate();
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof(digits), value);
  text_.append(digits, end.ptr);
}

void CsvText::Hundredths(int64_t value) {
  Separate();
  char text[28];
  char* out = text;
  if (value < 0) *out++ = '-';
  const uint64_t size = value < 0 ? -static_cast<uint64_t>(value) : value;
  out = std::to_chars(out, text + sizeof(text), size / 100).ptr;
  *out++ = '.';
  PutDigits(out, static_cast<int64_t>(size % 100), 2);
  text_.append(text, out);
}

void CsvText::Instant(int64_t seconds) {
  if (seconds == kNoTime) return Empty();
  if (instants_ == InstantText::kEpochSeconds) return Integer(seconds);
  Separate();
  char text[32];
  text_.append(text, PutInstant(text, seconds));
}

void CsvText::Date(int64_t days) {
  Separate();
  char text[16];
  char* out = text;
  PutDate(out, days);
  text_.append(text, out);
}

void CsvText::EndRow() {
  text_.push_back('\n');
  row_open_ = false;
  ++rows_;
}

std::string Rfc3339(int64_t seconds) {
  char text[32];
  return std::string(text, PutInstant(text, seconds));
}

absl::Status MakeFolder(const std::string& folder) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (!failed) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(
      folder, ":1:1: this folder cannot be made (", failed.message(),
      "); expected one that you may write to; "
      "check --out."));
}

absl::Status WriteFile(const std::string& path, std::string_view text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(text.data(), static_cast<std::streamsize>(text.size()));
  file.close();
  if (file) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat(path,
                   ":1:1: this file cannot be written; expected a folder "
                   "with room that you may write to; check --out."));
}

}  // namespace plumbline::bench
