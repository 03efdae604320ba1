#ifndef PLUMBLINE_AUDIT_MEASURES_RANK_TALLY_H_
#define PLUMBLINE_AUDIT_MEASURES_RANK_TALLY_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "audit/measures/rank_reference.h"
#include "audit/measures/task_records.h"
#include "audit/stats/decimal.h"
#include "audit/stats/fixed_divisor.h"

namespace plumbline::audit {

inline constexpr int kRankBits = 60;
inline constexpr int kInfluenceBits = 40;

// Sums of the ranks of one stratum and target, in units of 2^-60.
struct RankSums {
  int64_t n = 0, workers = 0;
  Int128 pi = 0, low = 0, high = 0;
  void operator+=(const RankSums& other);
};

// How much a worker moves the mean rank, but for the part that rests on the
// mean itself: in units of 2^-40, so that the order of strata never shows.
struct WorkerInfluence {
  Int128 fixed = 0;
  int64_t ranked = 0;
  bool any = false;
  void operator+=(const WorkerInfluence& other);
};

// Over workers, in units of 2^-40.
struct SpreadSums {
  int64_t workers = 0;
  Int128 influence = 0, squares = 0;
  void operator+=(const SpreadSums& other);
};

// Ranks the tasks of one stratum, grouped by worker. Rank of target T of
// worker w, D the durations of the stratum:
//
//   F = (C(T) - C_w(T)) / (n - n_w),   C(T) = #{D <= T}
//
// A worker's ranks in a stratum share one denominator, so their sum is an exact
// integer over it, rounded once to 2^-60. `influence` is by worker. Not
// thread-safe: one per thread, whose buffers are used again.
class StratumRanker {
 public:
  // Where `met` is given it gets the sums of Reference::met, which are then
  // those of `tasks`; otherwise they are taken from `reference`. Task is
  // RankedTask or RankedSeconds.
  template <typename Task>
  void Rank(const Reference& reference, std::span<const Task> tasks,
            std::array<Int128, kTargets>* met,
            std::array<RankSums, kTargets>* sums,
            std::span<std::array<WorkerInfluence, kTargets>> influence);

 private:
  // One worker in the stratum and one target, in integers: a word holds what
  // one worker's tasks of one stratum add up to.
  struct TargetGroup {
    int64_t ranked = 0, met = 0, met_censored = 0, at_or_above = 0;
  };
  struct Group {
    uint32_t worker;
    int64_t own = 0, own_censored = 0;
    std::array<TargetGroup, kTargets> targets;
  };
  // The group that `tasks` begins with; takes it off them.
  template <typename Task>
  Group NextGroup(const Reference& reference, std::span<const Task>* tasks,
                  std::array<Int128, kTargets>* met);

  // A worker's own durations, of which there are few as a rule.
  class OwnValues {
   public:
    void Clear() {
      size_ = 0;
      many_.clear();
    }
    void Add(int64_t value) {
      const size_t at = static_cast<size_t>(size_++);
      if (at < kFew && value > INT32_MIN && value < INT32_MAX &&
          many_.empty()) {
        if (at % kStep == 0) {
          for (size_t i = at; i < at + kStep; ++i) few_[i] = INT32_MAX;
        }
        few_[at] = static_cast<int32_t>(value);
      } else {
        AddMany(value, at);
      }
    }
    // After the last one, before AtMost.
    void Settle() {
      if (!many_.empty()) SortMany();
    }
    int64_t size() const { return size_; }
    int64_t AtMost(int64_t value) const {
      if (!many_.empty()) return AtMostOfMany(value);
      const int32_t bound = static_cast<int32_t>(
          std::clamp<int64_t>(value, INT32_MIN, INT32_MAX - 1));
      int32_t count = 0;
      for (int64_t i = 0; i < size_; i += kStep) {
        for (size_t j = 0; j < kStep; ++j) count += few_[i + j] <= bound;
      }
      return count;
    }

   private:
    // Up to this many are counted one by one, eight at a time, which is faster
    // than sorting them. The places left over hold INT32_MAX.
    static constexpr size_t kFew = 64;
    static constexpr size_t kStep = 8;
    void AddMany(int64_t value, size_t before);
    void SortMany();
    int64_t AtMostOfMany(int64_t value) const;

    int64_t size_ = 0;
    std::array<int32_t, kFew> few_;  // Between the extremes.
    std::vector<int64_t> many_;      // All of them, where they are not few.
  };

  // The divisor `most - less`, kept for as long as `most` stays.
  class Divisors {
   public:
    void Begin(int64_t most) {
      most_ = most;
      kept_.clear();
    }
    const FixedDivisor& Less(int64_t less) {
      if (less >= kKept) return other_ = FixedDivisor(most_ - less, kRankBits);
      if (static_cast<size_t>(less) >= kept_.size()) kept_.resize(less + 1);
      FixedDivisor& divisor = kept_[less];
      if (divisor.by() == 0) divisor = FixedDivisor(most_ - less, kRankBits);
      return divisor;
    }

   private:
    static constexpr int64_t kKept = 64;
    int64_t most_ = 0;
    std::vector<FixedDivisor> kept_;
    FixedDivisor other_;
  };

  OwnValues own_, own_censored_;
  Divisors others_, started_;
  std::vector<Group> groups_;
};

// Adds one worker's whole influence, `plain` being the mean rank without
// leaving anyone out.
void AddInfluence(const WorkerInfluence& influence, double plain,
                  SpreadSums* spread);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_RANK_TALLY_H_
