// Text is cut into blocks by offset. A thread reads its block and a little of
// what follows, counts line ends and quotes, waits for the block before it to
// say where its own first row begins and on which line, tells the next block
// the same, and then parses without anybody. A row belongs to the block in
// which it begins.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "arrow/csv/options.h"
#include "arrow/csv/parser.h"
#include "replay/ingest/readers/cell_splitter.h"
#include "replay/ingest/readers/internal.h"
#include "replay/ingest/readers/scan.h"

namespace plumbline::replay {
namespace {

constexpr size_t kTail = size_t{4} << 10;  // Read on behind a block.

// Whole rows in a thread's buffer.
struct Stretch {
  const char* text = nullptr;
  size_t size = 0;
  int64_t line = 0;  // Of the first row.
  int64_t row = 0;   // Data rows before it.
  int64_t rows = 0;
  bool even = false;           // Row i stands on line `line` + i.
  std::vector<int64_t> lines;  // Else the line of each row.
  bool ascii = false;
  bool quoted = true;  // There may be quotes in it.
  int64_t end_line = 0;
};

// The columns of one parsed stretch.
struct CsvSource {
  const arrow::csv::BlockParser& parser;

  template <typename Visitor>
  void Visit(int column, Visitor&& visitor) const {
    // The visitor never fails, so neither does this.
    (void)parser.VisitColumn(
        column,
        [&](const uint8_t* data, uint32_t size, bool, bool) -> arrow::Status {
          visitor(reinterpret_cast<const char*>(data), size_t{size});
          return arrow::Status::OK();
        });
  }
};

// Tokenises and decodes the stretches of one thread.
class StretchParser {
 public:
  StretchParser(TableReader& reader, int thread)
      : reader_(reader),
        thread_(thread),
        splitter_(reader.file().delimiter, reader.file().columns.size()) {
    auto options = arrow::csv::ParseOptions::Defaults();
    options.delimiter = reader.file().delimiter;
    options.newlines_in_values = true;
    options.ignore_empty_lines = true;
    options.invalid_row_handler = [this](const arrow::csv::InvalidRow& row) {
      // Rows are handled in order: this one stands behind all parsed ones.
      ragged_.emplace_back(row.number, std::string(row.text));
      return arrow::csv::InvalidRowResult::Skip;
    };
    const auto make = [&] {
      return std::make_unique<arrow::csv::BlockParser>(
          options, static_cast<int32_t>(reader.file().columns.size()),
          /*first_row=*/0,
          /*max_num_rows=*/std::numeric_limits<int32_t>::max());
    };
    quoted_ = make();
    options.quoting = false;
    plain_ = make();
  }

  absl::Status Parse(const Stretch& stretch) {
    if (stretch.rows == 0) return absl::OkStatus();
    ragged_.clear();
    if (stretch.even && !stretch.quoted &&
        splitter_.Split(stretch.text, stretch.size,
                        static_cast<size_t>(stretch.rows))) {
      Number(stretch);
      reader_.CountRows(stretch.rows);
      return reader_.Deliver(thread_, splitter_, lines_, numbers_,
                             stretch.ascii);
    }
    uint32_t parsed = 0;
    // Where there are no quotes, not looking for them is a little cheaper.
    arrow::csv::BlockParser& parser = stretch.quoted ? *quoted_ : *plain_;
    const arrow::Status status = parser.ParseFinal(
        std::string_view(stretch.text, stretch.size), &parsed);
    if (!status.ok() || parser.total_num_rows() != stretch.rows) {
      return FileError(
          reader_.file(),
          absl::StrCat("found quotes that do not match in the rows from here, "
                       "expected every quoted cell to be closed",
                       status.ok() ? "" : ": ",
                       status.ok() ? "" : status.message()),
          "check the quotes", stretch.line);
    }
    Number(stretch);
    reader_.CountRows(stretch.rows);
    if (lines_.empty()) return absl::OkStatus();
    CsvSource source{parser};
    return reader_.Deliver(thread_, source, lines_, numbers_, stretch.ascii);
  }

 private:
  // Lines and numbers of the rows that were parsed.
  void Number(const Stretch& stretch) {
    const auto rows = static_cast<size_t>(stretch.rows);
    if (stretch.even) {
      lines_.resize(rows);
      std::iota(lines_.begin(), lines_.end(), stretch.line);
    } else {
      lines_ = stretch.lines;
    }
    numbers_.clear();
    if (reader_.needs_row_numbers()) {
      numbers_.resize(rows);
      std::iota(numbers_.begin(), numbers_.end(), stretch.row + 1);
    }
    if (ragged_.empty()) return;
    size_t next = 0;
    size_t kept = 0;
    for (size_t i = 0; i < rows; ++i) {
      if (next < ragged_.size() &&
          ragged_[next].first == static_cast<int64_t>(i)) {
        reader_.AddRagged(lines_[i], ragged_[next].second);
        ++next;
        continue;
      }
      lines_[kept] = lines_[i];
      if (!numbers_.empty()) numbers_[kept] = numbers_[i];
      ++kept;
    }
    lines_.resize(kept);
    if (!numbers_.empty()) numbers_.resize(kept);
  }

  TableReader& reader_;
  int thread_;
  CellSplitter splitter_;
  std::unique_ptr<arrow::csv::BlockParser> quoted_;
  std::unique_ptr<arrow::csv::BlockParser> plain_;
  std::vector<std::pair<int64_t, std::string>> ragged_;
  std::vector<int64_t> lines_;
  std::vector<int64_t> numbers_;
};

absl::Status ZeroByte(const SourceFile& file, const char* text, size_t size,
                      int64_t line) {
  const auto* zero = static_cast<const char*>(std::memchr(text, 0, size));
  if (zero == nullptr) return absl::OkStatus();
  line += std::count(text, zero, '\n');
  const char* begin = zero;
  while (begin > text && begin[-1] != '\n') --begin;
  return absl::InvalidArgumentError(absl::StrCat(
      file.name, ":", line, ":", 1 + std::count(begin, zero, file.delimiter),
      ": found a byte of value 0, expected text; export the file as CSV in "
      "UTF-8"));
}

absl::Status LongRow(const SourceFile& file, const RowWalk& walk) {
  if (walk.quote_line > 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        file.name, ":", walk.quote_line, ":", walk.quote_column,
        ": found a quote that opens here and is not closed within ",
        kLongestRow >> 20, " MiB, expected its end; close the quote"));
  }
  return FileError(file,
                   absl::StrCat("found a row of more than ", kLongestRow >> 20,
                                " MiB, expected a line end"),
                   "check the line ends", walk.end_line);
}

absl::Status OpenQuote(const SourceFile& file, const RowWalk& walk) {
  return absl::InvalidArgumentError(absl::StrCat(
      file.name, ":", walk.quote_line, ":", walk.quote_column,
      ": found a quote that opens here and is not closed before the file "
      "ends, expected its end; close the quote"));
}

// Text behind the last line feed that holds a row.
bool HoldsRow(const char* text, size_t size) {
  return size > 0 && text[0] != '\r';
}

// What a block tells the next one.
struct Chain {
  std::mutex mutex;
  std::condition_variable changed;
  int64_t block = 0;  // The next one to take what follows.
  int64_t start = 0;  // Offset of the first row that no block before has.
  int64_t line = 1;
  int64_t row = 0;
  bool broken = false;  // A block failed: those behind it give up.
};

class FileBlocks {
 public:
  FileBlocks(const SourceFile& file, const ReadOptions& options)
      : file_(file),
        block_bytes_(std::max<int64_t>(options.block_bytes, 1)),
        options_(options) {}
  ~FileBlocks() {
    if (descriptor_ >= 0) close(descriptor_);
  }

  absl::Status Open() {
    descriptor_ = open(file_.path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat facts = {};
    if (descriptor_ < 0 || fstat(descriptor_, &facts) != 0) {
      return FileError(file_,
                       "the file cannot be opened, expected it to be "
                       "readable",
                       "check its rights");
    }
    size_ = facts.st_size;
    posix_fadvise(descriptor_, 0, 0, POSIX_FADV_SEQUENTIAL);
    chain_.start = file_.data_offset;
    chain_.line = file_.data_line;
    if (!options_.bytes) return absl::OkStatus();
    ReadBuffer header;
    size_t have = 0;
    absl::Status status =
        Fill(header, 0, static_cast<size_t>(file_.data_offset), &have);
    if (status.ok()) options_.bytes({header.data(), have});
    return status;
  }

  // The stretch of the next block, in `buffer`; `block` is -1 at the end.
  absl::Status Next(ReadBuffer& buffer, Stretch* stretch, int64_t* block) {
    *block = next_.fetch_add(1);
    const int64_t offset = file_.data_offset + *block * block_bytes_;
    if (offset >= size_) {
      *block = -1;
      return absl::OkStatus();
    }
    absl::Status status = Cut(buffer, stretch, *block, offset);
    if (!status.ok()) {
      Break();
    } else if (options_.bytes) {
      Pass(*block, {buffer.data(), static_cast<size_t>(std::min(
                                       block_bytes_, size_ - offset))});
    }
    return status;
  }

  void Break() {
    for (Chain* chain : {&chain_, &passed_}) {
      const std::lock_guard lock(chain->mutex);
      chain->broken = true;
      chain->changed.notify_all();
    }
  }

 private:
  // Hands the bytes of a block on once those of all before it have been. The
  // blocks behind may be cut and parsed meanwhile.
  void Pass(int64_t block, std::string_view bytes) {
    std::unique_lock lock(passed_.mutex);
    passed_.changed.wait(
        lock, [&] { return passed_.block == block || passed_.broken; });
    if (passed_.block != block) return;
    options_.bytes(bytes);
    ++passed_.block;
    passed_.changed.notify_all();
  }

  absl::Status Cut(ReadBuffer& buffer, Stretch* stretch, int64_t block,
                   int64_t offset) {
    const auto limit =
        static_cast<size_t>(std::min(block_bytes_, size_ - offset));
    size_t have = 0;
    absl::Status read = Fill(buffer, offset, limit + kTail, &have);
    // What can be said before the block before has spoken: with no quotes, a
    // row begins behind the first line feed.
    const char* text = buffer.data();
    const auto* first = static_cast<const char*>(
        std::memchr(text, '\n', std::min(limit, have)));
    size_t begin = block == 0         ? 0
                   : first == nullptr ? have
                                      : static_cast<size_t>(first - text) + 1;
    size_t end = have;
    bool ended = offset + static_cast<int64_t>(have) >= size_;
    if (have >= limit && limit > 0) {
      const auto* last = static_cast<const char*>(
          std::memchr(text + limit - 1, '\n', have - limit + 1));
      if (last != nullptr) {
        end = static_cast<size_t>(last - text) + 1;
        ended = true;
      }
    }
    Pad(buffer, have, ended);
    Census census;
    const bool guessed = read.ok() && ended && begin < limit && begin < end;
    if (guessed) census = TakeCensus(text + begin, text + end);

    std::unique_lock lock(chain_.mutex);
    chain_.changed.wait(lock,
                        [&] { return chain_.block == block || chain_.broken; });
    if (chain_.block != block) return absl::CancelledError();
    if (!read.ok()) return read;
    stretch->rows = 0;
    stretch->line = chain_.line;
    stretch->row = chain_.row;
    const int64_t start = chain_.start - offset;  // In the buffer.
    if (start < static_cast<int64_t>(limit)) {
      absl::Status status =
          guessed && start == static_cast<int64_t>(begin)
              ? TakeGuess(buffer, stretch, begin, end, limit, have, offset,
                          census)
              : TakeRows(buffer, stretch, static_cast<size_t>(start), limit,
                         have, offset);
      if (!status.ok()) return status;
      chain_.start = offset + (stretch->text - buffer.data()) +
                     static_cast<int64_t>(stretch->size);
      chain_.line = stretch->end_line;
      chain_.row += stretch->rows;
    }
    ++chain_.block;
    chain_.changed.notify_all();
    return absl::OkStatus();
  }

  absl::Status TakeGuess(ReadBuffer& buffer, Stretch* stretch, size_t begin,
                         size_t end, size_t limit, size_t have, int64_t offset,
                         const Census& census) {
    if (census.quotes || census.lone_returns || census.zeros) {
      return TakeRows(buffer, stretch, begin, limit, have, offset);
    }
    const char* text = buffer.data();
    const char* last = text + end;
    while (last > text + begin && last[-1] != '\n') --last;
    stretch->text = text + begin;
    stretch->size = end - begin;
    const bool rest = HoldsRow(last, static_cast<size_t>(text + end - last));
    stretch->rows = census.lines - census.blanks + (rest ? 1 : 0);
    stretch->end_line = stretch->line + census.lines;
    stretch->ascii = census.ascii;
    stretch->quoted = false;
    stretch->even = census.blanks == 0;
    if (!stretch->even) {
      stretch->lines = WalkRows(stretch->text, stretch->size, stretch->size,
                                true, file_.delimiter, stretch->line)
                           .lines;
    }
    return absl::OkStatus();
  }

  // The careful way: row by row, reading on until the last one ends.
  absl::Status TakeRows(ReadBuffer& buffer, Stretch* stretch, size_t start,
                        size_t limit, size_t have, int64_t offset) {
    while (true) {
      const bool final = offset + static_cast<int64_t>(have) >= size_;
      RowWalk walk =
          WalkRows(buffer.data() + start, have - start, limit - start, final,
                   file_.delimiter, stretch->line);
      if (absl::Status status =
              ZeroByte(file_, buffer.data() + start,
                       walk.complete ? walk.end : have - start, stretch->line);
          !status.ok()) {
        return status;
      }
      if (walk.complete) {
        stretch->text = buffer.data() + start;
        stretch->size = walk.end;
        stretch->rows = static_cast<int64_t>(walk.lines.size());
        stretch->even = false;
        stretch->quoted = true;
        stretch->end_line = walk.end_line;
        stretch->lines = std::move(walk.lines);
        stretch->ascii = IsAscii(stretch->text, stretch->size);
        return absl::OkStatus();
      }
      if (final) return OpenQuote(file_, walk);
      if (static_cast<int64_t>(have - start - walk.end) > kLongestRow) {
        return LongRow(file_, walk);
      }
      const size_t want = have * 2;
      if (absl::Status status = Fill(buffer, offset, want, &have);
          !status.ok()) {
        return status;
      }
    }
  }

  static bool IsAscii(const char* text, size_t size) {
    return std::none_of(text, text + size, [](char c) {
      return static_cast<unsigned char>(c) > 127;
    });
  }

  // Bytes [offset, offset + want) as far as there are any; keeps the `have`
  // bytes that the buffer holds.
  absl::Status Fill(ReadBuffer& buffer, int64_t offset, size_t want,
                    size_t* have) {
    want = static_cast<size_t>(
        std::min<int64_t>(static_cast<int64_t>(want), size_ - offset));
    if (!buffer.Reserve(want, *have)) {
      return absl::ResourceExhaustedError(
          absl::StrCat(file_.name, ": no memory for ", want, " bytes"));
    }
    const size_t had = *have;
    while (*have < want) {
      const ssize_t got =
          pread(descriptor_, buffer.data() + *have, want - *have,
                offset + static_cast<int64_t>(*have));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) {
        return FileError(
            file_,
            absl::StrCat("the file ends at byte ",
                         offset + static_cast<int64_t>(*have), ", expected ",
                         size_, " bytes as when it was opened"),
            "do not change it while it is read");
      }
      *have += static_cast<size_t>(got);
    }
    if (options_.progress && had == 0 && offset >= file_.data_offset) {
      options_.progress(std::min<int64_t>(block_bytes_, size_ - offset));
    }
    return absl::OkStatus();
  }

  static void Pad(ReadBuffer& buffer, size_t have, bool ended) {
    char* text = buffer.data();
    text[-1] = '\n';
    text[-2] = '\0';
    // At the end of the file a carriage return alone ends the last line.
    if (ended) std::memset(text + have, '\n', 1);
  }

  const SourceFile& file_;
  const int64_t block_bytes_;
  const ReadOptions& options_;
  int descriptor_ = -1;
  int64_t size_ = 0;
  std::atomic<int64_t> next_ = 0;
  Chain chain_;
  Chain passed_;  // Of `options_.bytes`; only its block counts.
};

// A stream is decompressed by one thread at a time, into its own buffer; what
// follows the last whole row goes on to the next.
class StreamBlocks {
 public:
  StreamBlocks(const SourceFile& file, const ReadOptions& options)
      : file_(file), block_bytes_(std::max<int64_t>(options.block_bytes, 1)) {}

  absl::Status Open() {
    auto stream = OpenStream(file_.path, file_.compression);
    if (!stream.ok()) return Damaged(stream.status());
    stream_ = *stream;
    std::vector<char> head(static_cast<size_t>(file_.data_offset));
    for (size_t have = 0; have < head.size();) {
      auto got = stream_->Read(static_cast<int64_t>(head.size() - have),
                               head.data() + have);
      if (!got.ok()) return Damaged(got.status());
      if (*got == 0) break;
      have += static_cast<size_t>(*got);
    }
    line_ = file_.data_line;
    return absl::OkStatus();
  }

  absl::Status Next(ReadBuffer& buffer, Stretch* stretch, int64_t* block) {
    const std::lock_guard lock(mutex_);
    *block = -1;
    stretch->rows = 0;
    if (broken_ || (ended_ && carry_.empty())) return absl::OkStatus();
    *block = block_++;
    absl::Status status = Cut(buffer, stretch);
    broken_ = broken_ || !status.ok();
    return status;
  }

  void Break() {
    const std::lock_guard lock(mutex_);
    broken_ = true;
  }

 private:
  absl::Status Damaged(const arrow::Status& status) const {
    return FileError(
        file_,
        absl::StrCat("the compressed file breaks off or is damaged (",
                     status.message(), "), expected it whole"),
        "copy or export it again", line_);
  }

  absl::Status Cut(ReadBuffer& buffer, Stretch* stretch) {
    size_t have = carry_.size();
    auto want = std::max(static_cast<size_t>(block_bytes_), have + 1);
    if (!buffer.Reserve(want, 0)) return NoMemory();
    if (have > 0) std::memcpy(buffer.data(), carry_.data(), have);
    carry_.clear();
    while (true) {
      while (!ended_ && have < want) {
        auto got = stream_->Read(static_cast<int64_t>(want - have),
                                 buffer.data() + have);
        if (!got.ok()) return Damaged(got.status());
        ended_ = *got == 0;
        have += static_cast<size_t>(*got);
      }
      if (have == 0) return absl::OkStatus();
      size_t end = 0;
      RowWalk walk;
      if (Take(buffer, have, stretch, &end, &walk)) {
        carry_.assign(buffer.data() + end, buffer.data() + have);
        stretch->text = buffer.data();
        stretch->size = end;
        stretch->line = line_;
        stretch->row = row_;
        line_ = stretch->end_line;
        row_ += stretch->rows;
        return ZeroByte(file_, stretch->text, stretch->size, stretch->line);
      }
      if (ended_) return OpenQuote(file_, walk);
      if (static_cast<int64_t>(have) > kLongestRow) {
        return LongRow(file_, walk);
      }
      want = have * 2;
      if (!buffer.Reserve(want, have)) return NoMemory();
    }
  }

  // Whole rows of the `have` bytes; false when not one of them ends.
  bool Take(ReadBuffer& buffer, size_t have, Stretch* stretch, size_t* end,
            RowWalk* walk) {
    char* text = buffer.data();
    text[-1] = '\n';
    text[-2] = '\0';
    const auto* last = static_cast<const char*>(::memrchr(text, '\n', have));
    const size_t lines =
        last == nullptr ? 0 : static_cast<size_t>(last - text) + 1;
    *end = ended_ ? have : lines;
    text[have] = '\n';
    const Census census = TakeCensus(text, text + *end);
    if (*end > 0 && !census.quotes && !census.lone_returns) {
      const bool rest = HoldsRow(text + lines, *end - lines);
      stretch->rows = census.lines - census.blanks + (rest ? 1 : 0);
      stretch->end_line = line_ + census.lines;
      stretch->ascii = census.ascii;
      stretch->quoted = false;
      stretch->even = census.blanks == 0;
      if (!stretch->even) {
        stretch->lines =
            WalkRows(text, *end, *end, true, file_.delimiter, line_).lines;
      }
      return true;
    }
    *walk = WalkRows(text, have, have, ended_, file_.delimiter, line_);
    if (walk->end == 0 || (ended_ && !walk->complete)) return false;
    *end = walk->end;
    stretch->rows = static_cast<int64_t>(walk->lines.size());
    stretch->even = false;
    stretch->quoted = true;
    stretch->end_line = walk->end_line;
    stretch->ascii = TakeCensus(text, text + *end).ascii;
    stretch->lines = std::move(walk->lines);
    return true;
  }

  absl::Status NoMemory() const {
    return absl::ResourceExhaustedError(
        absl::StrCat(file_.name, ": no memory for a block of rows"));
  }

  const SourceFile& file_;
  const int64_t block_bytes_;
  std::mutex mutex_;
  std::shared_ptr<arrow::io::InputStream> stream_;
  std::vector<char> carry_;
  bool ended_ = false;
  bool broken_ = false;
  int64_t block_ = 0;
  int64_t line_ = 1;
  int64_t row_ = 0;
};

template <typename Blocks>
absl::Status ReadBlocks(TableReader& reader) {
  Blocks blocks(reader.file(), reader.options());
  if (absl::Status status = blocks.Open(); !status.ok()) return status;
  FirstFailure failure;
  RunThreads(reader.options().threads, [&](int thread) {
    ReadBuffer buffer;
    StretchParser parser(reader, thread);
    Stretch stretch;
    while (!failure.failed()) {
      int64_t block = -1;
      absl::Status status = blocks.Next(buffer, &stretch, &block);
      if (status.ok() && block < 0) return;
      if (status.ok()) status = parser.Parse(stretch);
      if (status.ok()) continue;
      if (absl::IsCancelled(status)) return;
      failure.Note(block, status);
      blocks.Break();
      return;
    }
  });
  return failure.status();
}

}  // namespace

absl::Status ReadText(TableReader& reader) {
  return reader.file().compression == FileCompression::kNone
             ? ReadBlocks<FileBlocks>(reader)
             : ReadBlocks<StreamBlocks>(reader);
}

absl::StatusOr<int64_t> CountTextRows(const SourceFile& file,
                                      const ReadOptions& options) {
  const auto count = [&](auto& blocks) -> absl::StatusOr<int64_t> {
    if (absl::Status status = blocks.Open(); !status.ok()) return status;
    ReadBuffer buffer;
    Stretch stretch;
    int64_t rows = 0;
    for (int64_t block = 0; block >= 0; rows += stretch.rows) {
      stretch.rows = 0;
      absl::Status status = blocks.Next(buffer, &stretch, &block);
      if (!status.ok()) return status;
    }
    return rows;
  };
  if (file.compression == FileCompression::kNone) {
    FileBlocks blocks(file, options);
    return count(blocks);
  }
  StreamBlocks blocks(file, options);
  return count(blocks);
}

}  // namespace plumbline::replay
