#include "audit/stats/histogram.h"

#include <algorithm>

#include "audit/stats/decimal.h"

namespace plumbline::audit {
namespace {

// A buffer of this many values is sorted inside the second-level cache.
constexpr size_t kBuffer = 1 << 15;

}  // namespace

void Histogram::Grow(int64_t bin) {
  const int64_t wanted = std::max<int64_t>(bin + 1, dense_.size() * 2);
  dense_.resize(std::min(wanted, width_), 0);
}

void Histogram::AddRest(int64_t value) {
  rest_.push_back(value);
  if (rest_.size() >= std::max(kBuffer, rest_runs_.size())) Compact();
}

void Histogram::Compact() {
  std::sort(rest_.begin(), rest_.end());
  std::vector<Count> runs;
  for (const int64_t value : rest_) {
    if (runs.empty() || runs.back().value != value) runs.push_back({value, 0});
    ++runs.back().count;
  }
  rest_runs_ = MergeCounts(rest_runs_, runs);
  rest_.clear();
}

void Histogram::Carry(int64_t bin) {
  const Count lost = {low_ + step_ * bin, int64_t{1} << 32};
  rest_runs_ = MergeCounts(rest_runs_, std::span(&lost, 1));
}

void Histogram::AddToBin(int64_t bin, int64_t count) {
  if (static_cast<size_t>(bin) >= dense_.size()) Grow(bin);
  const int64_t sum = int64_t{dense_[bin]} + count;
  dense_[bin] = static_cast<uint32_t>(sum);
  if (const int64_t lost = sum >> 32; lost != 0) {
    const Count rest = {low_ + step_ * bin, lost << 32};
    rest_runs_ = MergeCounts(rest_runs_, std::span(&rest, 1));
  }
}

void Histogram::AddMany(int64_t value, int64_t count) {
  if (count <= 0) return;
  if (const int64_t bin = BinOf(value); bin >= 0) {
    AddToBin(bin, count);
    return;
  }
  const Count one = {value, count};
  rest_runs_ = MergeCounts(rest_runs_, std::span(&one, 1));
}

void Histogram::Merge(std::span<const Count> sorted) {
  std::vector<Count> rest;
  for (const Count& entry : sorted) {
    if (const int64_t bin = BinOf(entry.value); bin >= 0) {
      AddToBin(bin, entry.count);
    } else {
      rest.push_back(entry);
    }
  }
  if (!rest.empty()) rest_runs_ = MergeCounts(rest_runs_, rest);
}

std::vector<Count> Histogram::Sorted() const {
  std::vector<int64_t> rest = rest_;
  std::sort(rest.begin(), rest.end());
  std::vector<Count> runs;
  for (const int64_t value : rest) {
    if (runs.empty() || runs.back().value != value) runs.push_back({value, 0});
    ++runs.back().count;
  }
  std::vector<Count> dense;
  for (size_t i = 0; i < dense_.size(); ++i) {
    if (dense_[i] != 0) {
      dense.push_back({low_ + step_ * static_cast<int64_t>(i), dense_[i]});
    }
  }
  if (runs.empty() && rest_runs_.empty()) return dense;
  return MergeCounts(MergeCounts(rest_runs_, runs), dense);
}

bool Histogram::empty() const {
  return rest_.empty() && rest_runs_.empty() &&
         std::all_of(dense_.begin(), dense_.end(),
                     [](uint32_t n) { return n == 0; });
}

std::vector<Count> MergeCounts(std::span<const Count> a,
                               std::span<const Count> b) {
  std::vector<Count> merged;
  merged.reserve(a.size() + b.size());
  size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    if (j == b.size() || (i < a.size() && a[i].value < b[j].value)) {
      merged.push_back(a[i++]);
    } else if (i == a.size() || b[j].value < a[i].value) {
      merged.push_back(b[j++]);
    } else {
      merged.push_back({a[i].value, a[i].count + b[j].count});
      ++i, ++j;
    }
  }
  return merged;
}

int64_t TotalCount(std::span<const Count> counts) {
  int64_t n = 0;
  for (const Count& entry : counts) n += entry.count;
  return n;
}

__int128 TotalSum(std::span<const Count> counts) {
  Int128 sum = 0;
  for (const Count& entry : counts) sum += Int128{entry.value} * entry.count;
  return sum;
}

std::optional<Fraction> QuantileType7(std::span<const Count> counts,
                                      int64_t numerator, int64_t denominator) {
  const int64_t n = TotalCount(counts);
  if (n == 0) return std::nullopt;
  const Int128 h = Int128{n - 1} * numerator;
  const int64_t index = static_cast<int64_t>(h / denominator);
  const int64_t part = static_cast<int64_t>(h % denominator);
  int64_t below = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    below += counts[i].count;
    if (index >= below) continue;
    const int64_t low = counts[i].value;
    // The next value in order is the same one while its run goes on.
    const int64_t high =
        index + 1 < below || i + 1 == counts.size() ? low : counts[i + 1].value;
    return Fraction{Int128{low} * denominator + Int128{part} * (high - low),
                    denominator};
  }
  return std::nullopt;
}

std::optional<int64_t> QuantileType1(std::span<const Count> counts,
                                     int64_t numerator, int64_t denominator) {
  const int64_t n = TotalCount(counts);
  Int128 below = 0;
  for (const Count& entry : counts) {
    below += entry.count;
    if (below * denominator >= Int128{numerator} * n) return entry.value;
  }
  return std::nullopt;
}

std::string SecondsText(const Fraction& milliseconds) {
  return RatioText(milliseconds.numerator, milliseconds.denominator * 1000);
}

}  // namespace plumbline::audit
