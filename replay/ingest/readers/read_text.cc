#include <algorithm>
#include <atomic>
#include <cstring>
#include <mutex>
#include <thread>

#include "absl/strings/str_cat.h"
#include "arrow/csv/options.h"
#include "arrow/csv/parser.h"
#include "arrow/memory_pool.h"
#include "replay/ingest/readers/internal.h"

namespace plumbline::replay {
namespace {

constexpr int64_t kLongestRow = int64_t{64} << 20;

// A stretch of whole rows.
struct Block {
  std::shared_ptr<std::string> text;
  int64_t first_line = 0;
};

// Cuts the stream into blocks that end at a line end outside quotes.
class Cutter {
 public:
  Cutter(const SourceFile& file, int64_t block_bytes) : file_(file), block_bytes_(block_bytes) {}

  absl::Status Open() {
    auto stream = OpenStream(file_.path, file_.compression);
    if (!stream.ok()) return FileError(file_, "the file cannot be read", "check its rights");
    stream_ = *stream;
    if (absl::Status status = Fill(1 << 20); !status.ok()) return status;
    if (rest_.starts_with("\xef\xbb\xbf")) rest_.erase(0, 3);
    std::vector<std::string> header;
    size_t bytes = 0;
    SplitHeader(rest_, file_.delimiter, &header, &bytes);
    line_ = 1 + std::count(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(bytes), '\n');
    rest_.erase(0, bytes);
    return absl::OkStatus();
  }

  // The next block; its text is null at the end of the file.
  absl::Status Next(Block* block) {
    const std::lock_guard lock(mutex_);
    block->text = nullptr;
    int64_t want = block_bytes_;
    while (true) {
      if (absl::Status status = Fill(want); !status.ok()) return status;
      if (rest_.empty()) return absl::OkStatus();
      size_t cut = rest_.size();
      if (!ended_) cut = LastRowEnd();
      if (cut > 0) {
        block->text = std::make_shared<std::string>(rest_, 0, cut);
        block->first_line = line_;
        rest_.erase(0, cut);
        line_ += std::count(block->text->begin(), block->text->end(), '\n');
        return absl::OkStatus();
      }
      if (static_cast<int64_t>(rest_.size()) > kLongestRow) {
        return absl::InvalidArgumentError(
            absl::StrCat(file_.name, ":", line_, ":1: a row of more than ", kLongestRow >> 20,
                         " MiB, expected a line end; close the quote that runs on"));
      }
      want = static_cast<int64_t>(rest_.size()) * 2;
    }
  }

 private:
  absl::Status Fill(int64_t want) {
    while (!ended_ && static_cast<int64_t>(rest_.size()) < want) {
      const size_t have = rest_.size();
      rest_.resize(static_cast<size_t>(want));
      auto got = stream_->Read(want - static_cast<int64_t>(have), rest_.data() + have);
      if (!got.ok()) {
        return FileError(file_, absl::StrCat("the file breaks off or is damaged: ",
                                             got.status().message()),
                         "copy or export it again");
      }
      rest_.resize(have + static_cast<size_t>(*got));
      ended_ = *got == 0;
    }
    return absl::OkStatus();
  }

  // Bytes up to the last line end outside quotes; 0 if there is none.
  size_t LastRowEnd() const {
    const auto quotes = std::count(rest_.begin(), rest_.end(), '"');
    if (quotes == 0) return rest_.rfind('\n') + 1;  // npos + 1 is 0.
    bool open = false;
    size_t last = 0;
    for (size_t i = 0; i < rest_.size(); ++i) {
      if (rest_[i] == '"') open = !open;
      if (rest_[i] == '\n' && !open) last = i + 1;
    }
    return last;
  }

  const SourceFile& file_;
  int64_t block_bytes_;
  std::shared_ptr<arrow::io::InputStream> stream_;
  std::mutex mutex_;
  std::string rest_;
  bool ended_ = false;
  int64_t line_ = 1;
};

// The line on which each row of the text begins; blank lines begin none.
std::vector<int64_t> RowLines(std::string_view text, int64_t first_line) {
  std::vector<int64_t> lines;
  bool open = false;
  int64_t line = first_line;
  size_t start = 0;
  int64_t start_line = line;
  const bool quotes = text.find('"') != std::string_view::npos;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (!quotes && i < text.size()) {
      const void* found = std::memchr(text.data() + i, '\n', text.size() - i);
      i = found == nullptr
              ? text.size()
              : static_cast<size_t>(static_cast<const char*>(found) - text.data());
    }
    const bool end = i == text.size();
    if (!end && text[i] == '"') open = !open;
    if (!end && text[i] != '\n') continue;
    if (!end) ++line;
    if (open && !end) continue;
    std::string_view row = text.substr(start, i - start);
    if (!row.empty() && row.back() == '\r') row.remove_suffix(1);
    if (!row.empty()) lines.push_back(start_line);
    start = i + 1;
    start_line = line;
  }
  return lines;
}

absl::Status ParseBlock(const SourceFile& file, const ReadOptions& options, const Block& block,
                        int thread, const BatchSink& sink) {
  RawBatch batch;
  std::vector<int64_t> lines = RowLines(*block.text, block.first_line);
  if (lines.empty()) return absl::OkStatus();
  std::vector<bool> dropped(lines.size(), false);
  auto parse_options = arrow::csv::ParseOptions::Defaults();
  parse_options.delimiter = file.delimiter;
  parse_options.newlines_in_values = true;
  parse_options.ignore_empty_lines = true;
  parse_options.invalid_row_handler = [&](const arrow::csv::InvalidRow& row) {
    const auto index = static_cast<size_t>(row.number);
    if (index < lines.size()) {
      dropped[index] = true;
      batch.ragged.emplace_back(lines[index], std::string(row.text));
    }
    return arrow::csv::InvalidRowResult::Skip;
  };
  auto parser = std::make_shared<arrow::csv::BlockParser>(
      arrow::default_memory_pool(), parse_options, static_cast<int32_t>(file.columns.size()),
      /*first_row=*/0, /*max_num_rows=*/static_cast<int32_t>(lines.size()));
  uint32_t parsed = 0;
  const arrow::Status status = parser->ParseFinal(*block.text, &parsed);
  if (!status.ok() || static_cast<size_t>(parser->num_rows()) + batch.ragged.size() != lines.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat(file.name, ":", block.first_line,
                     ":1: the quotes of this block do not match, expected every quoted cell to be "
                     "closed; ",
                     status.ok() ? "check the quotes" : status.message()));
  }
  for (size_t i = 0; i < lines.size(); ++i) {
    if (!dropped[i]) batch.lines.push_back(lines[i]);
  }
  batch.columns.resize(options.columns.size());
  for (size_t i = 0; i < options.columns.size(); ++i) {
    std::vector<std::string_view>& cells = batch.columns[i];
    cells.reserve(batch.lines.size());
    const arrow::Status visited = parser->VisitColumn(
        options.columns[i], [&](const uint8_t* data, uint32_t size, bool) -> arrow::Status {
          cells.emplace_back(reinterpret_cast<const char*>(data), size);
          return arrow::Status::OK();
        });
    if (!visited.ok()) return absl::InternalError(visited.message());
  }
  batch.owner = std::move(parser);
  return sink(thread, std::move(batch));
}

}  // namespace

absl::Status ReadText(const SourceFile& file, const ReadOptions& options, const BatchSink& sink) {
  Cutter cutter(file, options.block_bytes);
  if (absl::Status status = cutter.Open(); !status.ok()) return status;
  std::atomic<bool> stop = false;
  std::mutex mutex;
  absl::Status result;
  const auto work = [&](int thread) {
    while (!stop) {
      Block block;
      absl::Status status = cutter.Next(&block);
      if (status.ok() && block.text == nullptr) return;
      if (status.ok()) status = ParseBlock(file, options, block, thread, sink);
      if (!status.ok()) {
        const std::lock_guard lock(mutex);
        if (result.ok()) result = status;
        stop = true;
      }
    }
  };
  std::vector<std::thread> threads;
  for (int i = 1; i < options.threads; ++i) threads.emplace_back(work, i);
  work(0);
  for (std::thread& thread : threads) thread.join();
  return result;
}

}  // namespace plumbline::replay
