#include "replay/ingest/readers/scan.h"

#include <algorithm>
#include <cstring>

namespace plumbline::replay {
namespace {

using Bytes = uint8_t __attribute__((vector_size(16)));
using Words = uint64_t __attribute__((vector_size(16)));

Bytes Load(const char* at) {
  Bytes bytes;
  std::memcpy(&bytes, at, sizeof(bytes));
  return bytes;
}

int64_t Sum(const Bytes& bytes) {
  int64_t sum = 0;
  for (int i = 0; i < 16; ++i) sum += bytes[i];
  return sum;
}

}  // namespace

Census TakeCensus(const char* begin, const char* end) {
  Census census;
  Bytes high = {};
  const char* at = begin;
  while (end - at >= 16) {
    // A comparison gives 255 where it holds, which is -1: a lane counts up to
    // 255 before it must be emptied.
    Bytes lines = {}, blanks = {}, quotes = {}, returns = {}, zeros = {};
    const char* stop = at + std::min<int64_t>((end - at) / 16, 255) * 16;
    for (; at < stop; at += 16) {
      const Bytes here = Load(at);
      const Bytes before = Load(at - 1);
      const Bytes feed = here == '\n';
      lines -= feed;
      blanks -= feed & ((before == '\n') |
                        ((before == '\r') & (Load(at - 2) == '\n')));
      quotes -= here == '"';
      returns -= (here == '\r') & (Load(at + 1) != '\n');
      zeros -= here == 0;
      high |= here;
    }
    census.lines += Sum(lines);
    census.blanks += Sum(blanks);
    census.quotes += Sum(quotes);
    census.lone_returns += Sum(returns);
    census.zeros += Sum(zeros);
  }
  uint8_t rest = 0;
  for (; at < end; ++at) {
    if (*at == '\n') {
      ++census.lines;
      census.blanks +=
          at[-1] == '\n' || (at[-1] == '\r' && at[-2] == '\n') ? 1 : 0;
    }
    census.quotes += *at == '"' ? 1 : 0;
    census.lone_returns += *at == '\r' && at[1] != '\n' ? 1 : 0;
    census.zeros += *at == '\0' ? 1 : 0;
    rest |= static_cast<uint8_t>(*at);
  }
  for (int i = 0; i < 16; ++i) rest |= high[i];
  census.ascii = rest < 0x80;
  return census;
}

RowWalk WalkRows(const char* text, size_t size, size_t limit, bool final,
                 char delimiter, int64_t first_line) {
  RowWalk walk;
  walk.end_line = first_line;
  size_t at = 0;
  const char* const end = text + size;
  while (walk.end < limit && walk.end < size) {
    int64_t line = walk.end_line;
    int64_t cell = 1;
    at = walk.end;
    bool ended = false;
    bool cell_start = true;
    while (!ended && at < size) {
      if (cell_start && text[at] == '"') {
        const int64_t quote_line = line;
        bool closed = false;
        ++at;
        while (at < size) {
          const auto* next =
              static_cast<const char*>(std::memchr(text + at, '"', size - at));
          const char* stop = next == nullptr ? end : next;
          line += std::count(text + at, stop, '\n');
          at = static_cast<size_t>(stop - text);
          if (next == nullptr) break;
          if (at + 1 < size && text[at + 1] == '"') {
            at += 2;
            continue;
          }
          // A last byte may be half of a doubled quote that is yet to come.
          closed = at + 1 < size || final;
          ++at;
          break;
        }
        if (!closed) {
          walk.quote_line = quote_line;
          walk.quote_column = cell;
          return walk;
        }
        cell_start = false;
        continue;
      }
      const char c = text[at];
      cell_start = c == delimiter;
      ++at;
      if (c == delimiter) {
        ++cell;
      } else if (c == '\n') {
        ++line;
        ended = true;
      } else if (c == '\r') {
        if (at == size && !final) break;  // Half of a line end?
        if (at < size && text[at] == '\n') {
          ++at;
          ++line;
        }
        ended = true;
      }
    }
    if (!ended && !final) return walk;
    const size_t start = walk.end;
    const bool blank = text[start] == '\n' || text[start] == '\r';
    if (!blank) walk.lines.push_back(walk.end_line);
    walk.end = at;
    walk.end_line = line;
  }
  walk.complete = true;
  return walk;
}

bool ReadBuffer::Reserve(size_t bytes, size_t keep) {
  if (bytes <= capacity_) return true;
  const size_t whole = (bytes + kPadding + kPage - 1) / kPage * kPage;
  auto* fresh = static_cast<char*>(std::aligned_alloc(kPage, whole + kPage));
  if (fresh == nullptr) return false;
  if (keep > 0) {
    std::memcpy(fresh + kPage - kPadding, bytes_.get() + kPage - kPadding,
                keep + kPadding);
  } else {
    std::memset(fresh + kPage - kPadding, 0, kPadding);
  }
  bytes_.reset(fresh);
  capacity_ = whole - kPadding;
  return true;
}

}  // namespace plumbline::replay
