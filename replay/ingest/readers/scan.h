#ifndef PLUMBLINE_REPLAY_INGEST_READERS_SCAN_H_
#define PLUMBLINE_REPLAY_INGEST_READERS_SCAN_H_

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

namespace plumbline::replay {

// What a stretch of text holds, looked at many bytes at a time.
struct Census {
  int64_t lines = 0;          // Line feeds.
  int64_t blanks = 0;         // Lines that hold nothing.
  bool quotes = false;        // Quotation marks.
  bool lone_returns = false;  // Carriage returns not before a line feed.
  bool zeros = false;         // Bytes of value 0.
  bool ascii = true;
};

// Counts [begin, end), which must begin a line. Two bytes before and one behind
// are looked at and must be there: kPadding of a ReadBuffer is enough.
Census TakeCensus(const char* begin, const char* end);

// The rows that begin in text[0, limit), which begins a row: where quotes span
// lines a row does too. Rows that hold nothing are none. Quotes are those of
// Arrow's parser: one that opens a cell, until the next one that is not
// doubled.
struct RowWalk {
  std::vector<int64_t> lines;  // On which each row begins.
  size_t end = 0;              // Behind the last complete row.
  int64_t end_line = 0;        // The line on which the next one begins.
  bool complete = false;       // Every row that begins before `limit` ended.
  int64_t quote_line = 0;      // Where a quote opened that does not end, or 0.
  int64_t quote_column = 0;    // Its cell, from 1.
};

// `final`: nothing follows the text, so that its end ends a row.
RowWalk WalkRows(const char* text, size_t size, size_t limit, bool final,
                 char delimiter, int64_t first_line);

// Page-aligned bytes with padding on both sides that may be touched; grows and
// keeps what it holds.
class ReadBuffer {
 public:
  static constexpr size_t kPadding = 64;

  char* data() { return bytes_.get() + kPage; }
  size_t capacity() const { return capacity_; }
  bool Reserve(size_t bytes, size_t keep);  // False: no memory.

 private:
  static constexpr size_t kPage = 4096;
  struct Free {
    void operator()(char* bytes) const { std::free(bytes); }
  };
  std::unique_ptr<char, Free> bytes_;
  size_t capacity_ = 0;
};

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_INGEST_READERS_SCAN_H_
