#include "replay/ingest/readers/scan.h"

#include <algorithm>
#include <cstring>

#include "replay/base/per_machine.h"

namespace plumbline::replay {
namespace {

constexpr int kLanes = 32;
using Bytes = uint8_t __attribute__((vector_size(kLanes)));

// By reference, for registers of that size are not part of every machine's
// calling convention.
[[gnu::always_inline]] inline void Load(const char* at, Bytes* bytes) {
  std::memcpy(bytes, at, sizeof(*bytes));
}

[[gnu::always_inline]] inline int64_t Sum(const Bytes& bytes) {
  int64_t sum = 0;
  for (int i = 0; i < kLanes; ++i) sum += bytes[i];
  return sum;
}

[[gnu::always_inline]] inline bool Any(const Bytes& bytes) {
  uint8_t any = 0;
  for (int i = 0; i < kLanes; ++i) any |= bytes[i];
  return any != 0;
}

}  // namespace

PLUMBLINE_PER_MACHINE
Census TakeCensus(const char* begin, const char* end) {
  Census census;
  Bytes high = {}, quotes = {}, returns = {}, zeros = {};
  const char* at = begin;
  while (end - at >= kLanes) {
    // A comparison gives 255 where it holds, which is -1: a lane counts up to
    // 255 before it must be emptied.
    Bytes lines = {}, blanks = {};
    const char* stop =
        at + std::min<int64_t>((end - at) / kLanes, 255) * kLanes;
    for (; at < stop; at += kLanes) {
      Bytes here, before, earlier, next;
      Load(at, &here);
      Load(at - 1, &before);
      Load(at - 2, &earlier);
      Load(at + 1, &next);
      const Bytes feed = here == '\n';
      lines -= feed;
      blanks -=
          feed & ((before == '\n') | ((before == '\r') & (earlier == '\n')));
      quotes |= here == '"';
      returns |= (here == '\r') & (next != '\n');
      zeros |= here == 0;
      high |= here;
    }
    census.lines += Sum(lines);
    census.blanks += Sum(blanks);
  }
  census.quotes = Any(quotes);
  census.lone_returns = Any(returns);
  census.zeros = Any(zeros);
  high &= 0x80;
  census.ascii = !Any(high);
  for (; at < end; ++at) {
    if (*at == '\n') {
      ++census.lines;
      census.blanks +=
          at[-1] == '\n' || (at[-1] == '\r' && at[-2] == '\n') ? 1 : 0;
    }
    census.quotes |= *at == '"';
    census.lone_returns |= *at == '\r' && at[1] != '\n';
    census.zeros |= *at == '\0';
    census.ascii &= static_cast<unsigned char>(*at) < 0x80;
  }
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
