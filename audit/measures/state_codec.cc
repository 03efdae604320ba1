#include "audit/measures/state_codec.h"

#include <algorithm>

namespace plumbline::audit {

v1::Wide EncodeWide(Int128 value) {
  v1::Wide wide;
  wide.set_high(static_cast<int64_t>(value >> 64));
  wide.set_low(static_cast<uint64_t>(value));
  return wide;
}

Int128 DecodeWide(const v1::Wide& wide) {
  const auto high = static_cast<unsigned __int128>(Int128{wide.high()});
  return static_cast<Int128>((high << 64) | wide.low());
}

v1::SparseCounts EncodeCounts(std::span<const Count> sorted) {
  v1::SparseCounts counts;
  counts.mutable_value_delta()->Reserve(static_cast<int>(sorted.size()));
  counts.mutable_count()->Reserve(static_cast<int>(sorted.size()));
  int64_t last = 0;
  for (const Count& entry : sorted) {
    counts.add_value_delta(entry.value - last);
    counts.add_count(entry.count);
    last = entry.value;
  }
  return counts;
}

std::vector<Count> DecodeCounts(const v1::SparseCounts& counts) {
  // A damaged state may hold fewer counts than values.
  const int size = std::min(counts.value_delta_size(), counts.count_size());
  std::vector<Count> sorted(size);
  int64_t value = 0;
  for (int i = 0; i < size; ++i) {
    value += counts.value_delta(i);
    sorted[i] = {value, counts.count(i)};
  }
  return sorted;
}

}  // namespace plumbline::audit
