#include <algorithm>
#include <filesystem>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "arrow/buffer.h"
#include "arrow/io/file.h"
#include "replay/ingest/cells.h"
#include "replay/ingest/readers/internal.h"

namespace plumbline::replay {
namespace {

constexpr size_t kHeadBytes = size_t{1} << 20;

// Of a line that is not UTF-8: could it be GB18030? Two bytes are 81..FE and
// 40..7E or 80..FE, four are 81..FE 30..39 81..FE 30..39.
bool IsGb18030(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto byte = [&](size_t at) {
      return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
    };
    const unsigned first = byte(i);
    if (first < 0x80) {
      ++i;
      continue;
    }
    if (first == 0x80 || first == 0xFF) return false;
    const unsigned second = byte(i + 1);
    if (second >= 0x30 && second <= 0x39) {
      if (byte(i + 2) < 0x81 || byte(i + 2) > 0xFE || byte(i + 3) < 0x30 ||
          byte(i + 3) > 0x39) {
        return false;
      }
      i += 4;
    } else if (second >= 0x40 && second <= 0xFE && second != 0x7F) {
      i += 2;
    } else {
      return false;
    }
  }
  return true;
}

// Latin letters are mostly single between ASCII ones, Chinese come in pairs: a
// text whose high bytes nearly all stand in runs of even length is Chinese.
bool LooksChinese(std::string_view text) {
  int64_t even = 0;
  int64_t odd = 0;
  for (size_t i = 0; i < text.size();) {
    size_t run = 0;
    while (i + run < text.size() &&
           static_cast<unsigned char>(text[i + run]) > 127) {
      ++run;
    }
    if (run > 0) ++(run % 2 == 0 ? even : odd);
    i += std::max<size_t>(run, 1);
  }
  return IsGb18030(text) && even >= odd;
}

// A file in another encoding than UTF-8, as its head shows it: a header that
// is not UTF-8, or rows of which every one beyond ASCII is not, and at least
// one row in a hundred. Single bad rows are faults of those rows.
absl::Status CheckEncoding(const SourceFile& file, std::string_view head,
                           bool whole) {
  int64_t line = 0;
  int64_t bad = 0;
  int64_t good = 0;
  int64_t first = 0;
  int64_t column = 1;
  std::string sample;
  std::string_view rest = head;
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    if (end == std::string_view::npos && !whole) break;
    const std::string_view text = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    ++line;
    const bool ascii = std::none_of(text.begin(), text.end(), [](char c) {
      return static_cast<unsigned char>(c) > 127;
    });
    if (ascii) continue;
    if (IsUtf8(text)) {
      ++good;
      continue;
    }
    if (++bad == 1) {
      first = line;
      size_t at = 0;
      while (static_cast<unsigned char>(text[at]) < 128) ++at;
      column = 1 + std::count(text.begin(),
                              text.begin() + static_cast<std::ptrdiff_t>(at),
                              file.delimiter);
    }
    if (sample.size() < (size_t{64} << 10)) sample.append(text).push_back('\n');
  }
  const bool header = first == 1;
  if (bad == 0 || (!header && (good > 0 || bad * 100 < line))) {
    return absl::OkStatus();
  }
  const char* encoding = LooksChinese(sample) ? "GB18030" : "ISO-8859-1";
  const char* name =
      LooksChinese(sample) ? "GB18030 (or GBK)" : "Latin-1 or a relative of it";
  return absl::InvalidArgumentError(
      absl::StrCat(file.name, ":", first, ":", column,
                   ": found bytes that are not UTF-8 and read as ", name,
                   ", expected UTF-8; convert the file: iconv -f ", encoding,
                   " -t UTF-8 ", file.name, " > utf8.csv"));
}

char SniffDelimiter(std::string_view line) {
  // Those within quotes separate nothing.
  std::string bare;
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') quoted = !quoted;
    if (!quoted) bare.push_back(c);
  }
  char best = ',';
  int64_t most = 0;
  for (const char candidate : {',', '\t', ';'}) {
    const int64_t count = std::count(bare.begin(), bare.end(), candidate);
    if (count > most) {
      most = count;
      best = candidate;
    }
  }
  if (most == 0 && bare.find(' ') != std::string::npos) best = ' ';
  return best;
}

// Whether the name ends so, whatever compression is named behind it.
bool HasEnding(const std::string& name,
               std::initializer_list<const char*> endings) {
  std::string plain = name;
  for (const char* ending : {".gz", ".zst"}) {
    if (absl::EndsWith(plain, ending)) {
      plain.resize(plain.size() - std::string_view(ending).size());
    }
  }
  return std::any_of(endings.begin(), endings.end(), [&](const char* ending) {
    return absl::EndsWith(plain, ending);
  });
}

absl::Status SniffText(std::string_view text, bool whole, SourceFile* file) {
  if (absl::StartsWith(absl::string_view(text.data(), text.size()),
                       "\xff\xfe") ||
      absl::StartsWith(absl::string_view(text.data(), text.size()),
                       "\xfe\xff")) {
    return FileError(*file, "found text in UTF-16, expected UTF-8",
                     absl::StrCat("convert the file: iconv -f UTF-16 -t UTF-8 ",
                                  file->name, " > utf8.csv"));
  }
  if (const size_t zero = text.find('\0'); zero != std::string_view::npos) {
    const auto line = 1 + std::count(text.begin(), text.begin() + zero, '\n');
    return FileError(
        *file,
        "found a byte of value 0, which neither text, Parquet, Arrow nor "
        "length-delimited protobuf has there, expected one of these",
        "export it as CSV in UTF-8", line);
  }
  const size_t mark = text.substr(0, 3) == "\xef\xbb\xbf" ? 3 : 0;
  text.remove_prefix(mark);
  if (text.find_first_not_of("\r\n") == std::string_view::npos) {
    return FileError(*file, "the file is empty, expected a header line",
                     "export it again");
  }
  const size_t feed = text.find('\n');
  const size_t lone = text.find('\r');
  if (lone != std::string_view::npos && lone + 1 < text.size() &&
      text[lone + 1] != '\n' &&
      (feed == std::string_view::npos || lone < feed) &&
      text.substr(0, lone).find('"') == std::string_view::npos) {
    return FileError(*file,
                     "found lines that end in a carriage return alone, "
                     "expected a line feed",
                     "convert the line ends");
  }
  file->delimiter = SniffDelimiter(text.substr(0, feed));
  if (absl::Status status = CheckEncoding(*file, text, whole); !status.ok()) {
    return status;
  }
  size_t bytes = 0;
  if (!SplitHeader(text, file->delimiter, &file->columns, &bytes)) {
    return FileError(*file,
                     "the header line does not end within 1 MiB, expected a "
                     "line end and every quote closed",
                     "close the quotes of the header");
  }
  file->data_offset = static_cast<int64_t>(mark + bytes);
  file->data_line =
      1 + std::count(text.begin(),
                     text.begin() + static_cast<std::ptrdiff_t>(bytes), '\n');
  return absl::OkStatus();
}

}  // namespace

bool SplitHeader(std::string_view text, char delimiter,
                 std::vector<std::string>* cells, size_t* bytes) {
  cells->assign(1, "");
  bool quoted = false;
  bool cell_start = true;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
        cells->back() += '"';
        ++i;
      } else if (c == '"') {
        quoted = false;
      } else {
        cells->back() += c;
      }
      continue;
    }
    if (c == '"' && cell_start) {
      quoted = true;
    } else if (c == delimiter) {
      cells->emplace_back();
      cell_start = true;
      continue;
    } else if (c == '\n') {
      if (!cells->back().empty() && cells->back().back() == '\r') {
        cells->back().pop_back();
      }
      *bytes = i + 1;
      return true;
    } else {
      cells->back() += c;
    }
    cell_start = false;
  }
  *bytes = text.size();
  if (!cells->back().empty() && cells->back().back() == '\r') {
    cells->back().pop_back();
  }
  return !quoted;
}

namespace {

absl::StatusOr<SourceFile> SniffFormat(const std::string& path,
                                       const std::string& name) {
  SourceFile file;
  file.path = path;
  file.name = name;
  if (path == "-") {
    file.format = FileFormat::kArrowStream;
    if (absl::Status status = SniffArrow(&file); !status.ok()) return status;
    return file;
  }
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return FileError(file, "found a folder, expected a file",
                     "name a file in it, or the folder of the whole log");
  }
  file.bytes = static_cast<int64_t>(std::filesystem::file_size(path, error));
  if (error) {
    return FileError(file, "the file cannot be opened, expected a file",
                     "check the path and its rights");
  }
  if (file.bytes == 0) {
    return FileError(file, "the file is empty, expected a header line",
                     "export it again");
  }
  std::string head;
  const auto peek = [&](size_t count) -> arrow::Status {
    ARROW_ASSIGN_OR_RAISE(auto stream, OpenStream(path, file.compression));
    head.resize(count);
    size_t have = 0;
    while (have < count) {
      ARROW_ASSIGN_OR_RAISE(
          const int64_t got,
          stream->Read(static_cast<int64_t>(count - have), &head[have]));
      if (got == 0) break;
      have += static_cast<size_t>(got);
    }
    head.resize(have);
    return arrow::Status::OK();
  };
  if (const arrow::Status status = peek(8); !status.ok()) {
    return FileError(file, "the file cannot be read, expected it to be",
                     "check its rights");
  }
  if (head.rfind("\x1f\x8b", 0) == 0) {
    file.compression = FileCompression::kGzip;
  }
  if (head.rfind("\x28\xb5\x2f\xfd", 0) == 0) {
    file.compression = FileCompression::kZstd;
  }
  if (const arrow::Status status = peek(kHeadBytes); !status.ok()) {
    return FileError(
        file,
        absl::StrCat("the compressed file breaks off or is damaged (",
                     status.message(), "), expected it whole"),
        "copy or export it again");
  }
  const bool whole = head.size() < kHeadBytes;
  if (head.empty()) {
    return FileError(file, "the file is empty, expected a header line",
                     "export it again");
  }
  if (head.rfind("PAR1", 0) == 0) file.format = FileFormat::kParquet;
  if (head.rfind("ARROW1", 0) == 0) file.format = FileFormat::kArrowFile;
  if (head.rfind("\xff\xff\xff\xff", 0) == 0) {
    file.format = FileFormat::kArrowStream;
  }
  if (file.format != FileFormat::kText) {
    if (absl::Status status = SniffArrow(&file); !status.ok()) return status;
    return file;
  }
  if (SniffOcel(head, &file)) {
    file.format = FileFormat::kOcel;
    return file;
  }
  if (HasEnding(name, {".ocel.json"})) {
    return FileError(file,
                     "found no OCEL 2.0 in it, expected JSON with objectTypes, "
                     "eventTypes, objects and events",
                     "export it again");
  }
  v1::LogRecord record;
  if (SniffRecord(head, &record)) {
    file.format = FileFormat::kProtobuf;
    if (record.has_info()) {
      file.info = std::make_shared<v1::LogInfo>(record.info());
    }
    return file;
  }
  if (HasEnding(name, {".pb", ".binpb"})) {
    return FileError(file,
                     "record 1 cannot be parsed, expected a varint length and "
                     "a plumbline.v1.LogRecord",
                     "write it again with this version's log.proto");
  }
  if (absl::Status status = SniffText(head, whole, &file); !status.ok()) {
    return status;
  }
  return file;
}

}  // namespace

absl::StatusOr<SourceFile> Sniff(const std::string& path,
                                 const std::string& name) {
  auto file = SniffFormat(path, name);
  if (!file.ok()) return file;
  // The binary forms take any bytes as a name; messages do not.
  for (const std::string& column : file->columns) {
    if (IsUtf8(column)) continue;
    return FileError(*file,
                     absl::StrCat("found the column ", absl::CHexEscape(column),
                                  ", whose name is not UTF-8, expected UTF-8"),
                     "export it again");
  }
  return file;
}

}  // namespace plumbline::replay
