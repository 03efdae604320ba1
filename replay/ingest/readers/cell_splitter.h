#ifndef PLUMBLINE_REPLAY_INGEST_READERS_CELL_SPLITTER_H_
#define PLUMBLINE_REPLAY_INGEST_READERS_CELL_SPLITTER_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace plumbline::replay {

// Cuts rows at their delimiters, 64 bytes at a time, where nothing else is to
// be done: text that holds no quotation mark and in which every line has as
// many cells as the header. It knows neither quotes nor ragged rows and is to
// learn neither; what it does not take goes to Arrow's parser, which gives the
// same cells for what it does take (tests/readers/cell_splitter_test.cc).
//
// Eight bytes before the text are to be readable: a ReadBuffer has them.
// O(bytes), four bytes of memory a cell, used again from text to text.
class CellSplitter {
 public:
  static constexpr bool kPadded = true;  // A Source of Decoder.

  CellSplitter(char delimiter, size_t columns)
      : delimiter_(delimiter), columns_(columns) {}

  // True if each of the lines has as many cells as there are columns; their
  // ends are then kept for Visit, which needs the text still.
  //
  // `rows` are the lines of text[0, size): its line feeds, and what stands
  // behind the last of them. No line may be empty, a carriage return may only
  // stand before a line feed or at the end, and `size` is below 4 GiB.
  bool Split(const char* text, size_t size, size_t rows);

  // Calls visitor(const char* data, size_t size) for each row in order.
  template <typename Visitor>
  void Visit(int column, Visitor&& visitor) const {
    // The end before the first cell of the text is -1.
    const uint32_t* end = ends_.data() + 1 + column;
    if (returns_ && static_cast<size_t>(column) + 1 == columns_) {
      for (size_t row = 0; row < rows_; ++row, end += columns_) {
        const char* data = text_ + (end[-1] + 1);
        const size_t size = *end - (end[-1] + 1);
        visitor(data, size > 0 && data[size - 1] == '\r' ? size - 1 : size);
      }
      return;
    }
    for (size_t row = 0; row < rows_; ++row, end += columns_) {
      const uint32_t begin = end[-1] + 1;
      visitor(text_ + begin, size_t{*end - begin});
    }
  }

 private:
  char delimiter_;
  size_t columns_;
  const char* text_ = nullptr;
  size_t rows_ = 0;
  bool returns_ = false;        // Some line ends with a carriage return.
  std::vector<uint32_t> ends_;  // Of all cells, row by row; the first is -1.
};

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_INGEST_READERS_CELL_SPLITTER_H_
