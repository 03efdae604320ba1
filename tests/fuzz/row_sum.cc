#include "tests/fuzz/row_sum.h"

#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "replay/base/units.h"

namespace plumbline::replay {
namespace {

uint64_t Mix(uint64_t value) {
  value *= 0x9E3779B97F4A7C15;
  return value ^ value >> 29;
}

uint64_t TextHash(std::string_view text, uint64_t hash) {
  for (const char c : text) {
    hash = Mix(hash + static_cast<unsigned char>(c));
  }
  return hash;
}

uint64_t RowHash(const RecordBatch& batch, size_t row) {
  // Unknown values count for nothing: some batches have only the columns that
  // their records have. A sum, for their order is free.
  uint64_t values = 0;
  for (const ColumnData& column : batch.columns) {
    const auto seed = static_cast<uint64_t>(column.column) + 7;
    if (!column.numbers.empty() && IsKnown(column.numbers[row])) {
      values += Mix(Mix(seed) + static_cast<uint64_t>(column.numbers[row]));
    }
    if (!column.texts.empty() && !column.texts[row].empty()) {
      values += TextHash(column.texts[row], Mix(seed));
    }
  }
  for (const auto& [name, texts] : batch.free) {
    if (texts[row].empty()) continue;
    values += TextHash(texts[row], TextHash(name, 3));
  }
  return Mix(Mix(static_cast<uint64_t>(batch.lines[row]) + 1) + values);
}

// ":17" at `at`, past it.
bool TakeNumber(const std::string& text, size_t* at) {
  if (*at >= text.size() || text[*at] != ':') return false;
  const size_t first = ++*at;
  while (*at < text.size() &&
         std::isdigit(static_cast<unsigned char>(text[*at])) != 0) {
    ++*at;
  }
  return *at > first && text[first] != '0';
}

}  // namespace

void Fail(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::abort();
}

void CheckPlace(const std::string& message) {
  // A name may hold colons.
  for (size_t colon = message.find(':'); colon != std::string::npos;
       colon = message.find(':', colon + 1)) {
    size_t at = colon;
    if (colon > 0 && TakeNumber(message, &at) && TakeNumber(message, &at) &&
        message.compare(at, 2, ": ") == 0) {
      return;
    }
  }
  Fail("no place in: " + message);
}

absl::Status RowSum::Accept(int, const RecordBatch& batch) {
  uint64_t sum = 0;
  for (size_t row = 0; row < batch.rows; ++row) sum += RowHash(batch, row);
  const std::lock_guard lock(mutex_);
  sum_ += sum;
  return absl::OkStatus();
}

}  // namespace plumbline::replay
