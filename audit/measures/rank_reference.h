#ifndef PLUMBLINE_AUDIT_MEASURES_RANK_REFERENCE_H_
#define PLUMBLINE_AUDIT_MEASURES_RANK_REFERENCE_H_

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/functional/function_ref.h"
#include "audit/measures/strata.h"
#include "audit/stats/decimal.h"
#include "audit/stats/histogram.h"
#include "plumbline/v1/plan.pb.h"

namespace plumbline::audit {

inline constexpr int kTargets = 2;  // Promise, limit.

// A set of local days.
class DaySet {
 public:
  void Add(int64_t day) {
    if (empty_) {
      first_ = day - 64;
      empty_ = false;
    }
    const uint64_t at = static_cast<uint64_t>(day - first_);
    if (at < 128) {
      near_[at / 64] |= uint64_t{1} << (at % 64);
    } else {
      AddFar(day);
    }
  }
  void Add(const DaySet& other);
  int64_t size() const;
  std::vector<int64_t> Sorted() const;

 private:
  void AddFar(int64_t day);

  bool empty_ = true;
  int64_t first_ = 0;
  uint64_t near_[2] = {0, 0};
  std::vector<int64_t> far_;  // Sorted.
};

// Values in order: how many are at most v, and which is the k-th. One table
// look-up where all are whole seconds that lie close, else a binary search;
// the answers are the same.
class SortedValues {
 public:
  void Assign(std::vector<int64_t>& values);  // Reorders `values`.
  void AssignSeconds(std::span<const int32_t> seconds);
  void AssignCounts(std::span<const Count> sorted);

  int64_t size() const { return size_; }
  int64_t AtMost(int64_t value) const {
    if (by_second_.empty()) return AtMostOf(value);
    const int64_t at = FloorSecond(value) - first_second_;
    if (at < 0) return 0;
    if (at >= static_cast<int64_t>(by_second_.size())) return size_;
    return by_second_[at];
  }
  // AtMost(second * 1000).
  int64_t AtMostSecond(int64_t second) const {
    if (by_second_.empty()) return AtMostOf(second * 1000);
    const int64_t at = second - first_second_;
    if (at < 0) return 0;
    if (at >= static_cast<int64_t>(by_second_.size())) return size_;
    return by_second_[at];
  }
  int64_t At(int64_t k) const;  // 0 <= k < size().
  // Quantile of type 7; size() > 0.
  Fraction Quantile(int64_t numerator, int64_t denominator) const;
  Int128 sum() const { return sum_; }
  // Sample standard deviation; 0 of fewer than two.
  double Spread() const;

 private:
  static int64_t FloorSecond(int64_t value) {
    return value >= 0 ? value / 1000 : -((-value + 999) / 1000);
  }
  int64_t AtMostOf(int64_t value) const;
  void Clear();
  void AddMoments(int64_t value, int64_t count);
  template <typename Value>
  void CountSeconds(std::span<const Value> values, int64_t unit, int64_t first,
                    int64_t span);
  void List(std::vector<int64_t>& values);

  int64_t size_ = 0;
  Int128 sum_ = 0, squares_ = 0;
  int64_t first_second_ = 0;
  std::vector<uint32_t> by_second_;
  std::vector<int64_t> values_;
  std::vector<int64_t> up_to_;
};

// A stratum in which tasks are ranked: the values of all its cells' durations,
// and of the targets ranked here.
struct Reference {
  SortedValues durations, censored;
  std::array<SortedValues, kTargets> targets;
  // Sum over the targets of how many durations are at most each, nobody left
  // out.
  std::array<Int128, kTargets> met = {};

  void CountMet(int t, std::span<const Count> sorted);
};

// What is known of a cell (stratum of level 0) when strata are chosen.
struct CellFigures {
  StratumKey key;
  int64_t completed = 0, workers = 0;
  DaySet days;
};

// A stratum that has enough to compare, at the first level of back-off where
// that is so.
struct ChosenStratum {
  StratumKey key;
  int64_t workers = 0, days = 0;
  std::vector<uint32_t> cells;   // All of its cells, ascending.
  std::vector<uint32_t> ranked;  // Those whose tasks are ranked here.
};

// Which strata are used, in order of their keys. `workers_of` tells how many
// distinct workers completed tasks in the cells of a stratum above level 0; it
// is asked only where the answer decides. O(cells log cells).
std::vector<ChosenStratum> ChooseStrata(
    std::span<const CellFigures> cells, const v1::AuditPlan& plan,
    absl::FunctionRef<int64_t(const StratumKey& key,
                              std::span<const uint32_t> cells)>
        workers_of);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_RANK_REFERENCE_H_
