#include "replay/ingest/readers/record_blocks.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "replay/ingest/readers/internal.h"

namespace plumbline::replay {

int ReadLength(std::string_view bytes, uint64_t* length) {
  *length = 0;
  for (int i = 0; i < 10; ++i) {
    if (static_cast<size_t>(i) == bytes.size()) return 0;
    const auto byte = static_cast<unsigned char>(bytes[static_cast<size_t>(i)]);
    *length |= static_cast<uint64_t>(byte & 0x7F) << (7 * i);
    if (byte < 0x80) return i + 1;
  }
  return -1;
}

absl::Status RecordError(const SourceFile& file, int64_t record,
                         const std::string& what, const std::string& remedy) {
  return FileError(file, absl::StrCat("record ", record, " ", what), remedy,
                   record);
}

RecordBlocks::RecordBlocks(const SourceFile& file, const ReadOptions& options)
    : file_(file),
      block_bytes_(
          static_cast<size_t>(std::max<int64_t>(options.block_bytes, 1))) {}

absl::Status RecordBlocks::Open() {
  auto stream = OpenStream(file_.path, file_.compression);
  if (!stream.ok()) return Damaged(stream.status().message());
  stream_ = *std::move(stream);
  return absl::OkStatus();
}

absl::Status RecordBlocks::Next(RecordBlock* block) {
  const std::lock_guard lock(mutex_);
  block->bytes.clear();
  block->places.clear();
  block->first = record_;
  block->number = number_++;
  if (failed_.ok()) failed_ = Take(block);
  // What is wrong behind the records of the block comes after what is wrong in
  // them.
  return block->empty() ? failed_ : absl::OkStatus();
}

absl::Status RecordBlocks::Damaged(const std::string& why) const {
  return RecordError(
      file_, record_,
      absl::StrCat("cannot be read: the file breaks off or is damaged (", why,
                   "), expected it whole"),
      "copy or export it again");
}

// Reads on until `bytes` are there or the file ends.
absl::Status RecordBlocks::Fill(size_t bytes) {
  while (!ended_ && rest_.size() < bytes) {
    const size_t have = rest_.size();
    rest_.resize(bytes);
    auto got = stream_->Read(static_cast<int64_t>(bytes - have), &rest_[have]);
    rest_.resize(have + (got.ok() ? static_cast<size_t>(*got) : 0));
    if (!got.ok()) return Damaged(got.status().message());
    ended_ = *got == 0;
  }
  return absl::OkStatus();
}

// Finds the whole records at the front of what was read, and where they end.
absl::Status RecordBlocks::Cut(RecordBlock* block, size_t* end) const {
  uint64_t length = 0;
  for (*end = 0; *end < rest_.size();) {
    const int size = ReadLength(std::string_view(rest_).substr(*end), &length);
    if (size < 0 || length > static_cast<uint64_t>(kLongestRow)) {
      return RecordError(
          file_, record_ + static_cast<int64_t>(block->places.size()),
          absl::StrCat("has a length of more than ", kLongestRow >> 20,
                       " MiB, expected a plumbline.v1.LogRecord behind a "
                       "varint length"),
          "write it again");
    }
    const auto skip = static_cast<size_t>(size);
    if (size == 0 || rest_.size() - *end - skip < length) break;
    block->places.emplace_back(*end + skip, length);
    *end += skip + static_cast<size_t>(length);
  }
  if (*end == rest_.size() || !ended_) return absl::OkStatus();
  return RecordError(
      file_, record_ + static_cast<int64_t>(block->places.size()),
      absl::StrCat("is cut off: found ", rest_.size() - *end,
                   " bytes of it at the end of the file, expected more"),
      "copy or export the file again");
}

absl::Status RecordBlocks::Take(RecordBlock* block) {
  size_t want = std::max(block_bytes_, rest_.size() + 1);
  while (true) {
    if (absl::Status status = Fill(want); !status.ok()) return status;
    size_t end = 0;
    absl::Status status = Cut(block, &end);
    if (end > 0 || rest_.empty() || !status.ok()) {
      block->bytes.assign(rest_, 0, end);
      rest_.erase(0, end);
      record_ += static_cast<int64_t>(block->places.size());
      return status;
    }
    want = rest_.size() * 2;
  }
}

}  // namespace plumbline::replay
