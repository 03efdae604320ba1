#ifndef PLUMBLINE_AUDIT_STATS_HISTOGRAM_H_
#define PLUMBLINE_AUDIT_STATS_HISTOGRAM_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace plumbline::audit {

// A value and how often it occurs.
struct Count {
  int64_t value = 0;
  int64_t count = 0;
  bool operator==(const Count&) const = default;
};

// An exact histogram of integers (milliseconds): every value keeps its count,
// so quantiles have no error and merging is addition.
//
// Values that are multiples of `step` inside [low, low + step * width) go to a
// dense array that grows by need; the rest wait in a buffer that is sorted and
// run-length coded when full. Add is O(1), amortised O(log) for the rest, and
// allocates only when the array or the buffer grows.
class Histogram {
 public:
  explicit Histogram(int64_t low = 0, int64_t step = 1000,
                     int64_t width = 6 * 3600)
      : low_(low), step_(step), width_(width) {}

  void Add(int64_t value) {
    const int64_t offset = value - low_;
    const int64_t bin = offset / step_;
    if (offset >= 0 && bin < width_ && bin * step_ == offset) {
      if (static_cast<size_t>(bin) >= dense_.size()) Grow(bin);
      ++dense_[bin];
    } else {
      AddRest(value);
    }
  }
  void AddMany(int64_t value, int64_t count);
  void Merge(std::span<const Count> sorted);

  // All values in ascending order with counts above zero.
  std::vector<Count> Sorted() const;
  bool empty() const;

 private:
  void Grow(int64_t bin);
  void AddRest(int64_t value);
  void Compact();

  int64_t low_, step_, width_;
  std::vector<int64_t> dense_;
  std::vector<int64_t> rest_;     // Unsorted.
  std::vector<Count> rest_runs_;  // Sorted.
};

// Adds two sorted run-length lists.
std::vector<Count> MergeCounts(std::span<const Count> a,
                               std::span<const Count> b);

int64_t TotalCount(std::span<const Count> counts);
__int128 TotalSum(std::span<const Count> counts);

// An exact fraction.
struct Fraction {
  __int128 numerator = 0;
  __int128 denominator = 1;
};

// Quantile of type 7 (Hyndman and Fan 1996; the default of R, numpy and
// pandas): with h = (n - 1) p, x[floor h] + (h - floor h)(x[floor h + 1] -
// x[floor h]), p = numerator / denominator. Exact; nullopt if empty. O(k).
std::optional<Fraction> QuantileType7(std::span<const Count> counts,
                                      int64_t numerator, int64_t denominator);

// Smallest value d with denominator * C(d) >= numerator * n (type 1).
std::optional<int64_t> QuantileType1(std::span<const Count> counts,
                                     int64_t numerator, int64_t denominator);

// `fraction` of milliseconds as seconds in decimal text.
std::string SecondsText(const Fraction& milliseconds);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_STATS_HISTOGRAM_H_
