#include "replay/ingest/readers/object_blocks.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "replay/ingest/json_walker.h"
#include "replay/ingest/readers/internal.h"

namespace plumbline::replay {

absl::Status ObjectError(const SourceFile& file, int64_t object,
                         const std::string& what, const std::string& remedy) {
  return FileError(file, absl::StrCat("object ", object, " ", what), remedy,
                   object);
}

ObjectBlocks::ObjectBlocks(const SourceFile& file, const ReadOptions& options)
    : file_(file),
      block_bytes_(
          static_cast<size_t>(std::max<int64_t>(options.block_bytes, 1))) {}

absl::Status ObjectBlocks::Open() {
  auto stream = OpenStream(file_.path, file_.compression);
  if (!stream.ok()) return Damaged(stream.status().message());
  stream_ = std::make_unique<JsonStream>(*std::move(stream), block_bytes_);
  return Good(stream_->Take('{'), "the \"{\" of an OCEL file");
}

absl::Status ObjectBlocks::Next(ObjectBlock* block) {
  const std::lock_guard lock(mutex_);
  block->bytes.clear();
  block->ends.clear();
  block->first = object_;
  block->number = number_++;
  while (failed_.ok() && !ended_ && block->bytes.size() < block_bytes_) {
    failed_ = inside_ ? TakeObject(block) : TakeMember();
    ended_ = ended_ || !failed_.ok();
  }
  // What is wrong behind the objects of the block comes after what is wrong
  // in them.
  return block->ends.empty() ? std::exchange(failed_, absl::OkStatus())
                             : absl::OkStatus();
}

absl::Status ObjectBlocks::Damaged(const std::string& why) const {
  return ObjectError(
      file_, object_,
      absl::StrCat("cannot be read: the file breaks off or is damaged (", why,
                   "), expected it whole"),
      "copy or export it again");
}

absl::Status ObjectBlocks::Good(JsonStream::Step step,
                                const char* expected) const {
  switch (step) {
    case JsonStream::Step::kGood:
      return absl::OkStatus();
    case JsonStream::Step::kOther:
      return Damaged(absl::StrCat("found no ", expected));
    case JsonStream::Step::kTooLong:
      return Damaged(
          absl::StrCat("a value of more than ", kLongestRow >> 20, " MiB"));
    case JsonStream::Step::kCutOff:
      return Damaged("cut off");
    case JsonStream::Step::kBroken:
      break;
  }
  return Damaged(stream_->status().message());
}

// A member of the file's one object, or the end of the file.
absl::Status ObjectBlocks::TakeMember() {
  if (!first_) {
    const JsonStream::Step more = stream_->Take(',');
    if (more == JsonStream::Step::kOther) return TakeEnd();
    if (absl::Status status = Good(more, "\",\""); !status.ok()) return status;
  }
  first_ = false;
  std::string text;
  std::string key;
  absl::Status status = Good(stream_->Value(kLongestRow, &text), "name");
  if (status.ok() && !JsonWalker(text).String(&key)) {
    status = Damaged("found no name of a member");
  }
  if (status.ok()) status = Good(stream_->Take(':'), "\":\"");
  if (!status.ok()) return status;
  if (key != "objects") {
    return Good(stream_->Value(kLongestRow, nullptr), "value");
  }
  if (std::exchange(found_, true)) return Damaged("found objects twice");
  status = Good(stream_->Take('['), "array of objects");
  if (!status.ok()) return status;
  const JsonStream::Step none = stream_->Take(']');
  if (none == JsonStream::Step::kGood) return absl::OkStatus();
  inside_ = true;
  return none == JsonStream::Step::kOther ? absl::OkStatus()
                                          : Good(none, "object");
}

absl::Status ObjectBlocks::TakeObject(ObjectBlock* block) {
  absl::Status status =
      Good(stream_->Value(kLongestRow, &block->bytes), "object");
  if (!status.ok()) return status;
  block->ends.push_back(block->bytes.size());
  ++object_;
  const JsonStream::Step more = stream_->Take(',');
  if (more != JsonStream::Step::kOther) return Good(more, "\",\"");
  inside_ = false;
  return Good(stream_->Take(']'), "\"]\" behind the objects");
}

absl::Status ObjectBlocks::TakeEnd() {
  ended_ = true;
  absl::Status status = Good(stream_->Take('}'), "\"}\" at the end");
  if (status.ok()) status = Good(stream_->AtEnd(), "end of the file");
  if (status.ok() && !found_) status = Damaged("found no objects");
  return status;
}

}  // namespace plumbline::replay
