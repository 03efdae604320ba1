#include "replay/ingest/readers/cell_splitter.h"

#include <bit>
#include <cstring>

#include "replay/base/per_machine.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace plumbline::replay {
namespace {

constexpr size_t kStep = 64;  // One bit of a word each.
constexpr int kUsually = 12;  // Cells that end in a step, mostly.

// The bits of those bytes at which a cell ends.
#if defined(__SSE2__)
[[gnu::always_inline]] inline uint64_t EndsIn(const char* text,
                                              char delimiter) {
  const __m128i delimiters = _mm_set1_epi8(delimiter);
  const __m128i feeds = _mm_set1_epi8('\n');
  uint64_t ends = 0;
  for (int i = 0; i < 4; ++i) {
    const __m128i bytes =
        _mm_loadu_si128(reinterpret_cast<const __m128i*>(text + 16 * i));
    const __m128i end = _mm_or_si128(_mm_cmpeq_epi8(bytes, delimiters),
                                     _mm_cmpeq_epi8(bytes, feeds));
    const auto bits = static_cast<unsigned>(_mm_movemask_epi8(end));
    ends |= uint64_t{bits} << (16 * i);
  }
  return ends;
}
#else
inline uint64_t EndsIn(const char* text, char delimiter) {
  uint64_t ends = 0;
  for (size_t i = 0; i < kStep; ++i) {
    const bool end = text[i] == delimiter || text[i] == '\n';
    ends |= uint64_t{end} << i;
  }
  return ends;
}
#endif

// Writes the places of the bits; a whole step of room must be there.
[[gnu::always_inline]] inline uint32_t* Append(uint64_t ends, size_t at,
                                               uint32_t* out) {
  const auto base = static_cast<uint32_t>(at);
  const int count = std::popcount(ends);
  const auto write = [&](int i) {
    out[i] = base + static_cast<uint32_t>(std::countr_zero(ends));
    ends &= ends - 1;
  };
  // Some that are not there are cheaper than asking for each.
  for (int i = 0; i < kUsually; ++i) write(i);
  for (int i = kUsually; i < count; ++i) write(i);
  return out + count;
}

// Behind the last end, or nullptr where there are more than up to `last`.
PLUMBLINE_PER_MACHINE
uint32_t* FindEnds(const char* text, size_t size, char delimiter, uint32_t* out,
                   const uint32_t* last) {
  size_t at = 0;
  for (; size - at >= kStep; at += kStep) {
    if (out > last) return nullptr;
    out = Append(EndsIn(text + at, delimiter), at, out);
  }
  if (out > last) return nullptr;
  char rest[kStep] = {};  // No delimiter is of value 0.
  std::memcpy(rest, text + at, size - at);
  return Append(EndsIn(rest, delimiter), at, out);
}

}  // namespace

bool CellSplitter::Split(const char* text, size_t size, size_t rows) {
  text_ = text;
  rows_ = rows;
  const size_t cells = rows * columns_;
  // The steps up to the last one may begin with all cells but one found.
  if (ends_.size() < 1 + cells + 2 * kStep) {
    ends_.resize(1 + cells + 2 * kStep);
  }
  ends_[0] = ~uint32_t{0};
  uint32_t* const first = ends_.data() + 1;
  uint32_t* end = FindEnds(text, size, delimiter_, first, first + cells);
  if (end == nullptr) return false;
  if (size > 0 && text[size - 1] != '\n') {
    *end++ = static_cast<uint32_t>(size);
  }
  if (end != first + cells) return false;
  // As many line ends as rows: if they stand where rows end, they stand
  // nowhere else.
  returns_ = false;
  for (size_t row = 1; row <= rows; ++row) {
    const uint32_t at = first[row * columns_ - 1];
    if (at < size && text[at] != '\n') return false;
    returns_ |= at > 0 && text[at - 1] == '\r';
  }
  return true;
}

}  // namespace plumbline::replay
