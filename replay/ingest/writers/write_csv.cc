#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "replay/base/decimal.h"
#include "replay/base/units.h"
#include "replay/ingest/writers/writer.h"

namespace plumbline::replay {
namespace {

constexpr size_t kFull = size_t{1} << 20;

void AppendTwo(int64_t number, std::string* text) {
  text->push_back(static_cast<char>('0' + number / 10));
  text->push_back(static_cast<char>('0' + number % 10));
}

void AppendYear(int64_t year, std::string* text) {
  AppendTwo(year / 100, text);
  AppendTwo(year % 100, text);
}

// RFC 3339 in the zone; in UTC where the offset there is no whole minute.
void AppendInstant(int64_t ms, const absl::TimeZone& zone, std::string* text) {
  const absl::Time time = absl::FromUnixMillis(ms);
  absl::TimeZone::CivilInfo info = zone.At(time);
  bool utc = zone == absl::UTCTimeZone();
  if (info.offset % 60 != 0 || info.cs.year() < 1 || info.cs.year() > 9999) {
    info = absl::UTCTimeZone().At(time);
    utc = true;
  }
  AppendYear(info.cs.year(), text);
  text->push_back('-');
  AppendTwo(info.cs.month(), text);
  text->push_back('-');
  AppendTwo(info.cs.day(), text);
  text->push_back('T');
  AppendTwo(info.cs.hour(), text);
  text->push_back(':');
  AppendTwo(info.cs.minute(), text);
  text->push_back(':');
  AppendTwo(info.cs.second(), text);
  const int64_t fraction = ((ms % 1000) + 1000) % 1000;
  if (fraction != 0) {
    const std::string digits = FormatDecimal(fraction, 3, 1);  // "0.5"
    text->append(digits, 1);
  }
  if (utc) {
    text->push_back('Z');
    return;
  }
  const int offset = info.offset / 60;
  text->push_back(offset < 0 ? '-' : '+');
  AppendTwo(std::abs(offset) / 60, text);
  text->push_back(':');
  AppendTwo(std::abs(offset) % 60, text);
}

void AppendQuoted(std::string_view cell, std::string* text) {
  const bool plain =
      cell.find_first_of(",\"\r\n\t;") == std::string_view::npos &&
      (cell.empty() || (cell.front() != ' ' && cell.back() != ' '));
  if (plain) {
    text->append(cell);
    return;
  }
  text->push_back('"');
  for (const char c : cell) {
    if (c == '"') text->push_back('"');
    text->push_back(c);
  }
  text->push_back('"');
}

}  // namespace

void AppendValue(const ColumnSchema& column, int64_t value,
                 const absl::TimeZone& zone, std::string* text) {
  if (column.type == ColumnType::kEnum) {
    text->append(EnumWord(column, static_cast<int>(value)));
    return;
  }
  if (column.type == ColumnType::kBool) {
    text->append(value != 0 ? "true" : "false");
    return;
  }
  switch (column.unit) {
    case v1::INSTANT:
      AppendInstant(value, zone, text);
      return;
    case v1::DURATION:
    case v1::DISTANCE:
      text->append(FormatDecimal(value, 3, 0));
      return;
    case v1::MONEY:
      text->append(FormatDecimal(value, 6, 2));
      return;
    case v1::DECIMAL:
      text->append(FormatDecimal(value, 6, 0));
      return;
    case v1::DEGREES:
      text->append(FormatDecimal(value, 7, 0));
      return;
    case v1::DATE: {
      const absl::CivilDay day = absl::CivilDay(1970, 1, 1) + value;
      AppendYear(day.year(), text);
      text->push_back('-');
      AppendTwo(day.month(), text);
      text->push_back('-');
      AppendTwo(day.day(), text);
      return;
    }
    default:
      absl::StrAppend(text, value);
      return;
  }
}

OutputFile::OutputFile(std::string path)
    : path_(std::move(path)), file_(std::fopen(path_.c_str(), "wb")) {}

OutputFile::~OutputFile() {
  if (file_ != nullptr) std::fclose(file_);
}

absl::Status OutputFile::Flush() {
  if (file_ == nullptr ||
      std::fwrite(buffer_.data(), 1, buffer_.size(), file_) != buffer_.size()) {
    return absl::InternalError(absl::StrCat(
        path_, ":1:1: found no way to write (", std::strerror(errno),
        "), expected room on the disk; make some"));
  }
  buffer_.clear();
  return absl::OkStatus();
}

absl::Status OutputFile::FlushIfFull() {
  return buffer_.size() < kFull ? absl::OkStatus() : Flush();
}

absl::Status OutputFile::Close() {
  if (absl::Status status = Flush(); !status.ok()) return status;
  const bool good = std::fclose(file_) == 0;
  file_ = nullptr;
  if (good) return absl::OkStatus();
  return absl::InternalError(absl::StrCat(
      path_, ":1:1: found no way to write (", std::strerror(errno), ")"));
}

absl::Status WriteCsv(Spool& spool, const SpooledTable& table,
                      const absl::TimeZone& zone, const std::string& path) {
  const TableSchema& schema = Tables()[static_cast<size_t>(table.table)];
  OutputFile file(path);
  std::string& text = file.buffer();
  const auto separate = [&text](bool first) {
    if (!first) text.push_back(',');
  };
  bool first = true;
  for (const int column : table.columns) {
    separate(std::exchange(first, false));
    text += schema.columns[static_cast<size_t>(column)].name;
  }
  for (const std::string& name : table.free) {
    separate(std::exchange(first, false));
    AppendQuoted(name, &text);
  }
  text.push_back('\n');
  absl::Status status = spool.Visit(table, [&](const SpooledRow& row) {
    for (size_t c = 0; c < table.columns.size(); ++c) {
      separate(c == 0);
      const ColumnSchema& column =
          schema.columns[static_cast<size_t>(table.columns[c])];
      if (IsKnown(row.numbers[c]))
        AppendValue(column, row.numbers[c], zone, &text);
      AppendQuoted(row.texts[c], &text);
    }
    for (const std::string_view cell : row.free) {
      separate(false);
      AppendQuoted(cell, &text);
    }
    text.push_back('\n');
    return file.FlushIfFull();
  });
  return status.ok() ? file.Close() : status;
}

}  // namespace plumbline::replay
