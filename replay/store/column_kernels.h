#ifndef PLUMBLINE_REPLAY_STORE_COLUMN_KERNELS_H_
#define PLUMBLINE_REPLAY_STORE_COLUMN_KERNELS_H_

#include <cstddef>
#include <cstdint>
#include <limits>

#include "replay/base/units.h"

namespace plumbline::replay {

// Loops over one column of numbers, plain enough to be turned into vector
// instructions of the machine the program runs on. O(rows), no allocation.

struct ColumnRange {
  int64_t low = std::numeric_limits<int64_t>::max();  // Of the known values.
  int64_t high = kUnknown;
  // kUnknown where some value is.
  int64_t least = std::numeric_limits<int64_t>::max();
};

ColumnRange RangeOf(const int64_t* values, size_t rows);

// v / scale where every known value is a multiple, and the range of the
// quotients. False where one is not: then both are rubbish. The scale is 1000
// or 10000.
bool DivideExactly(int64_t scale, const int64_t* values, size_t rows,
                   int64_t* quotients, ColumnRange* range);

// v - base, kUnknown where v is.
void Subtract(const int64_t* values, const int64_t* base, size_t rows,
              int64_t* differences);

// Gives a base to the rows that have none yet.
void FillUnknown(const int64_t* values, size_t rows, int64_t* base);

// Adds values of `width` bits at `shift` to words whose bits there are zero.
// Unknown becomes the least number of the width.
void Pack(const int64_t* values, size_t rows, int width, int shift,
          uint64_t* words);

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_STORE_COLUMN_KERNELS_H_
