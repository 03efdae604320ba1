#include <algorithm>
#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "arrow/buffer.h"
#include "arrow/io/compressed.h"
#include "arrow/io/file.h"
#include "arrow/io/stdio.h"
#include "arrow/util/compression.h"
#include "replay/ingest/readers/internal.h"

namespace plumbline::replay {

absl::Status FileError(const SourceFile& file, const std::string& what, const std::string& remedy) {
  return absl::InvalidArgumentError(absl::StrCat(file.name, ":1:1: ", what, "; ", remedy));
}

arrow::Result<std::shared_ptr<arrow::io::InputStream>> OpenStream(const std::string& path,
                                                                  FileCompression compression) {
  std::shared_ptr<arrow::io::InputStream> raw;
  if (path == "-") {
    raw = std::make_shared<arrow::io::StdinStream>();
  } else {
    ARROW_ASSIGN_OR_RAISE(raw, arrow::io::ReadableFile::Open(path));
  }
  if (compression == FileCompression::kNone) return raw;
  ARROW_ASSIGN_OR_RAISE(auto codec, arrow::util::Codec::Create(compression == FileCompression::kGzip
                                                                   ? arrow::Compression::GZIP
                                                                   : arrow::Compression::ZSTD));
  return arrow::io::CompressedInputStream::Make(codec.get(), raw)
      .Map([codec = std::shared_ptr<arrow::util::Codec>(std::move(codec))](auto stream) {
        // The stream borrows the codec.
        auto* plain = stream.get();
        return std::shared_ptr<arrow::io::InputStream>(
            plain, [stream = std::move(stream), codec](arrow::io::InputStream*) {});
      });
}

bool SplitHeader(std::string_view text, char delimiter, std::vector<std::string>* cells,
                 size_t* bytes) {
  cells->assign(1, "");
  bool quoted = false;
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
    } else if (c == '"') {
      quoted = true;
    } else if (c == delimiter) {
      cells->emplace_back();
    } else if (c == '\n') {
      if (!cells->back().empty() && cells->back().back() == '\r') cells->back().pop_back();
      *bytes = i + 1;
      return true;
    } else {
      cells->back() += c;
    }
  }
  *bytes = text.size();
  if (!cells->back().empty() && cells->back().back() == '\r') cells->back().pop_back();
  return !quoted;
}

absl::StatusOr<SourceFile> Sniff(const std::string& path, const std::string& name) {
  SourceFile file;
  file.path = path;
  file.name = name;
  if (path == "-") {
    file.format = FileFormat::kArrowStream;
    return file;
  }
  std::error_code error;
  file.bytes = static_cast<int64_t>(std::filesystem::file_size(path, error));
  if (error) return FileError(file, "the file cannot be opened", "check the path and its rights");
  if (file.bytes == 0) {
    return FileError(file, "the file is empty, expected a header line", "export it again");
  }
  const auto peek = [&](size_t count) -> arrow::Result<std::string> {
    ARROW_ASSIGN_OR_RAISE(auto stream, OpenStream(path, file.compression));
    ARROW_ASSIGN_OR_RAISE(auto buffer, stream->Read(static_cast<int64_t>(count)));
    return buffer->ToString();
  };
  auto start = peek(8);
  if (!start.ok()) return FileError(file, "the file cannot be read", "check its rights");
  if (absl::StartsWith(*start, "\x1f\x8b")) file.compression = FileCompression::kGzip;
  if (absl::StartsWith(*start, "\x28\xb5\x2f\xfd")) file.compression = FileCompression::kZstd;
  auto head = peek(size_t{1} << 20);
  if (!head.ok()) {
    return FileError(file, absl::StrCat("the compressed file is damaged: ", head.status().message()),
                     "copy or export it again");
  }
  std::string_view text = *head;
  if (absl::StartsWith(text, "PAR1")) file.format = FileFormat::kParquet;
  if (absl::StartsWith(text, "ARROW1")) file.format = FileFormat::kArrowFile;
  if (absl::StartsWith(text, "\xff\xff\xff\xff")) file.format = FileFormat::kArrowStream;
  if (file.format != FileFormat::kText) {
    auto columns = ArrowColumns(file);
    if (!columns.ok()) return columns.status();
    file.columns = *std::move(columns);
    return file;
  }
  if (text.find('\0') != std::string_view::npos) {
    return FileError(file, "the file holds zero bytes and is no text, Parquet or Arrow file",
                     "export it as CSV in UTF-8");
  }
  if (absl::StartsWith(text, "\xef\xbb\xbf")) text.remove_prefix(3);
  const std::string_view line = text.substr(0, text.find('\n'));
  for (const char candidate : {',', '\t', ';'}) {
    if (line.find(candidate) != std::string_view::npos) {
      file.delimiter = candidate;
      break;
    }
  }
  if (line.find_first_of(",\t;") == std::string_view::npos &&
      line.find(' ') != std::string_view::npos) {
    file.delimiter = ' ';
  }
  size_t bytes = 0;
  if (!SplitHeader(text, file.delimiter, &file.columns, &bytes)) {
    return FileError(file, "the header line does not end within 1 MiB",
                     "close the quotes of the header");
  }
  return file;
}

absl::Status ReadFile(const SourceFile& file, const ReadOptions& options, const BatchSink& sink) {
  return file.format == FileFormat::kText ? ReadText(file, options, sink)
                                          : ReadArrow(file, options, sink);
}

}  // namespace plumbline::replay
