#include "replay/ingest/readers/json_stream.h"

#include <algorithm>
#include <utility>

#include "arrow/result.h"

namespace plumbline::replay {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// Where a value ends, byte by byte.
class ValueEnd {
 public:
  // True: the value ends with this byte. `before`: it ended before it.
  bool Pass(char c, bool* before) {
    if (quoted_) {
      if (escaped_) {
        escaped_ = false;
      } else if (c == '\\') {
        escaped_ = true;
      } else if (c == '"') {
        quoted_ = false;
        return depth_ == 0;
      }
      return false;
    }
    if (plain_) {
      *before = IsBlank(c) || c == ',' || c == ']' || c == '}' || c == ':';
      return *before;
    }
    switch (c) {
      case '"':
        quoted_ = true;
        return false;
      case '{':
      case '[':
        ++depth_;
        return false;
      case '}':
      case ']':
        return --depth_ <= 0;
      default:
        plain_ = depth_ == 0;
        return false;
    }
  }

 private:
  int64_t depth_ = 0;
  bool quoted_ = false;
  bool escaped_ = false;
  bool plain_ = false;  // A number or a word.
};

}  // namespace

JsonStream::JsonStream(std::shared_ptr<arrow::io::InputStream> stream,
                       size_t read_bytes)
    : stream_(std::move(stream)),
      read_bytes_(std::max<size_t>(read_bytes, 1)) {}

JsonStream::Step JsonStream::Refill() {
  rest_.resize(read_bytes_);
  at_ = 0;
  const auto got =
      stream_->Read(static_cast<int64_t>(rest_.size()), rest_.data());
  rest_.resize(got.ok() ? static_cast<size_t>(*got) : 0);
  if (!got.ok()) {
    status_ = got.status();
    return Step::kBroken;
  }
  return rest_.empty() ? Step::kCutOff : Step::kGood;
}

JsonStream::Step JsonStream::Blank() {
  while (true) {
    while (at_ < rest_.size() && IsBlank(rest_[at_])) ++at_;
    if (at_ < rest_.size()) return Step::kGood;
    if (const Step step = Refill(); step != Step::kGood) return step;
  }
}

JsonStream::Step JsonStream::Take(char c) {
  if (const Step step = Blank(); step != Step::kGood) return step;
  if (rest_[at_] != c) return Step::kOther;
  ++at_;
  return Step::kGood;
}

JsonStream::Step JsonStream::AtEnd() {
  const Step step = Blank();
  if (step == Step::kCutOff) return Step::kGood;
  return step == Step::kGood ? Step::kOther : step;
}

JsonStream::Step JsonStream::Value(size_t limit, std::string* kept) {
  if (const Step step = Blank(); step != Step::kGood) return step;
  const char first = rest_[at_];
  if (first == ',' || first == ':' || first == ']' || first == '}') {
    return Step::kOther;
  }
  ValueEnd end;
  size_t taken = 0;
  while (true) {
    size_t next = at_;
    bool ended = false;
    bool before = false;
    while (next < rest_.size() && !ended)
      ended = end.Pass(rest_[next++], &before);
    if (before) --next;
    taken += next - at_;
    if (kept != nullptr) {
      if (taken > limit) return Step::kTooLong;
      kept->append(rest_, at_, next - at_);
    }
    at_ = next;
    if (ended) return Step::kGood;
    if (const Step step = Refill(); step != Step::kGood) return step;
  }
}

}  // namespace plumbline::replay
