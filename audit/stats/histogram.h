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
                     int64_t width = 21'600)
      : low_(low), step_(step), width_(width) {}

  void Add(int64_t value) {
    const int64_t bin = BinOf(value);
    if (bin < 0) {
      AddRest(value);
      return;
    }
    if (static_cast<size_t>(bin) >= dense_.size()) Grow(bin);
    if (++dense_[bin] == 0) Carry(bin);
  }
  void AddMany(int64_t value, int64_t count);
  void Merge(std::span<const Count> sorted);

  // All values in ascending order with counts above zero.
  std::vector<Count> Sorted() const;
  bool empty() const;

 private:
  // The bin of a value, -1 if it has none. The steps in use are divided by as
  // constants, which is several times as fast.
  int64_t BinOf(int64_t value) const {
    const uint64_t offset =
        static_cast<uint64_t>(value) - static_cast<uint64_t>(low_);
    const uint64_t bin = step_ == 1000 ? offset / 1000
                         : step_ == 10 ? offset / 10
                         : step_ == 1  ? offset
                                       : offset / static_cast<uint64_t>(step_);
    if (bin >= static_cast<uint64_t>(width_)) return -1;
    return bin * static_cast<uint64_t>(step_) == offset
               ? static_cast<int64_t>(bin)
               : -1;
  }
  void AddToBin(int64_t bin, int64_t count);
  void Carry(int64_t bin);
  void Grow(int64_t bin);
  void AddRest(int64_t value);
  void Compact();

  int64_t low_, step_, width_;
  std::vector<uint32_t> dense_;   // What overflows goes to rest_runs_.
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
