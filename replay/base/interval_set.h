#ifndef PLUMBLINE_REPLAY_BASE_INTERVAL_SET_H_
#define PLUMBLINE_REPLAY_BASE_INTERVAL_SET_H_

#include <cstdint>
#include <span>
#include <vector>

namespace plumbline::replay {

// A half-open stretch of time [begin, end) in milliseconds.
struct Interval {
  int64_t begin = 0;
  int64_t end = 0;
  int64_t length() const { return end - begin; }
  bool operator==(const Interval&) const = default;
};

// Sorted, disjoint, non-touching, non-empty intervals. Exact; all operations
// are linear in the number of intervals, building sorts: O(k log k).
class IntervalSet {
 public:
  IntervalSet() = default;

  // The union of `intervals` in any order; empty and reversed ones are left
  // out. Keeps the capacity of this set, so that it can be reused per worker.
  void AssignUnion(std::span<const Interval> intervals);

  // The same union, one interval after another: Clear, Add ... Add, Settle.
  // Linear where they come in order of their begins; others are sorted in by
  // Settle.
  void Clear() {
    intervals_.clear();
    sorted_ = true;
  }
  void Add(Interval interval) {
    if (interval.begin >= interval.end) return;
    if (sorted_ && !intervals_.empty()) {
      Interval& last = intervals_.back();
      if (interval.begin > last.end) {
        intervals_.push_back(interval);
      } else if (interval.begin >= last.begin) {
        last.end = interval.end > last.end ? interval.end : last.end;
      } else {
        AddEarlier(interval);
      }
      return;
    }
    intervals_.push_back(interval);
  }
  void Settle() {
    if (!sorted_) Unite();
  }

  // The parts of `a` outside `b`, and the common parts.
  void AssignDifference(const IntervalSet& a, const IntervalSet& b);
  void AssignIntersection(const IntervalSet& a, const IntervalSet& b);

  std::span<const Interval> intervals() const { return intervals_; }
  bool empty() const { return intervals_.empty(); }
  int64_t length() const;  // Milliseconds in total.

  // Milliseconds of this set inside [begin, end). O(log k + hits).
  int64_t LengthWithin(int64_t begin, int64_t end) const;

 private:
  void AddEarlier(Interval interval);
  void Unite();

  std::vector<Interval> intervals_;
  bool sorted_ = true;  // Between Clear and Settle: a union as it stands.
};

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_BASE_INTERVAL_SET_H_
