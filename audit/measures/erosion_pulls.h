#ifndef PLUMBLINE_AUDIT_MEASURES_EROSION_PULLS_H_
#define PLUMBLINE_AUDIT_MEASURES_EROSION_PULLS_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "audit/measures/erosion_pairs.h"
#include "audit/stats/decimal.h"
#include "plumbline/v1/erosion_state.pb.h"
#include "plumbline/v1/figure.pb.h"
#include "plumbline/v1/plan.pb.h"

namespace plumbline::audit {

// Statistics with an interval by worker: the index of each quantity that is
// followed; rain and severe weather against dry for those that have a weather
// effect; and the index of each week.
inline constexpr int kIndexed = 6;
inline constexpr std::array<Quantity, 5> kWeathered = {
    kDuration, kPromiseTime, kLimitTime, kPayPerTask, kLateShare};
inline constexpr int kNamedStatistics =
    kIndexed + 2 * static_cast<int>(kWeathered.size());
inline int IndexStatistic(Quantity q) { return static_cast<int>(q); }
inline int WeatherStatistic(int weather, size_t place) {
  return kIndexed +
         (weather == kRain ? 0 : static_cast<int>(kWeathered.size())) +
         static_cast<int>(place);
}
// Place of a quantity's week among its weeks, the k-th quantity that is indexed
// beginning where the one before ends.
class ErosionStatistics {
 public:
  explicit ErosionStatistics(std::span<const QuantityWeeks> indexed);
  int size() const { return begins_.back(); }
  int WeekStatistic(Quantity q, size_t week) const {
    return begins_[static_cast<size_t>(q)] + static_cast<int>(week);
  }
  // More than twenty years come from faulty clocks, and their pairs of weeks
  // would take minutes: no series is drawn then (reason INT).
  static constexpr size_t kMostWeeks = 1040;

 private:
  std::vector<int> begins_;
};

// How much one task moves the logarithm of each Fisher index. With T, N the
// total and number of a stratum in periods 0 and 1, p = T / N, and
// A = sum T0, B = sum p1 N0, C = sum p0 N1, D = sum T1 over matched strata,
//
//   ln F = (ln B/A + ln D/C) / 2
//   t, n in period 0:  (p1 n/B - t/A - (t - p0 n) N1/(N0 C)) / 2
//   t, n in period 1:  ((t - p1 n) N0/(N1 B) + t/D - p0 n/C) / 2
//
// which is linear in t and n. Built from the merged sums. A task moves a few
// statistics, those of the base weeks every week: O(weeks) for these.
class ErosionPulls {
 public:
  struct Row {
    explicit Row(int statistics)
        : part(static_cast<size_t>(statistics)),
          rows(static_cast<size_t>(statistics)) {}
    void Clear() {
      std::fill(part.begin(), part.end(), 0);
      std::fill(rows.begin(), rows.end(), 0);
    }
    std::vector<int64_t> part;  // 2^-44
    std::vector<int32_t> rows;
  };

  // `indexed`: the quantities that are followed, in their order.
  ErosionPulls(const ErosionStrata& strata,
               std::span<const QuantityWeeks> indexed);

  const ErosionStatistics& statistics() const { return statistics_; }
  // Number of the stratum that holds `key` of level 0, -1 where it has none.
  int StratumOf(const StratumKey& key) const;
  void Add(int stratum, int64_t week, const QuantitySums& task,
           Row* worker) const;

 private:
  struct Pull {
    int32_t statistic = 0, quantity = 0;
    double total = 0, number = 0;  // 2^-44
  };
  struct Week {
    int64_t week = 0;
    std::vector<Pull> pulls;
  };
  // What the tasks of base weeks move in the index of every week.
  struct BasePulls {
    WeekRange base;
    std::vector<std::vector<Pull>> of_pair;
  };
  void AddPeriods(const QuantityWeeks& weeks, Quantity q);
  void AddEachWeek(const QuantityWeeks& weeks, Quantity q);
  void AddWeather(const ErosionStrata& strata, int weather, size_t place);
  void Put(size_t stratum, int64_t week, const Pull& pull);
  static void Apply(const Pull& pull, const QuantitySums& task, Row* worker);

  ErosionStatistics statistics_;
  int level_ = 0;
  std::map<StratumKey, int> numbers_;
  std::vector<std::vector<Week>> weeks_;  // By stratum, ascending.
  std::array<BasePulls, kIndexed> base_;
  std::array<std::vector<int>, kIndexed> pair_of_;  // By stratum.
};

// Replicates of whole workers over what each moves the statistics by: sums, so
// merging is exact. Tasks of unknown workers are drawn by local day, and wait
// for the other parts of their day until all are merged.
//
// Intervals are of ln F, by the policy of audit/stats/cluster_bootstrap.h, with
// the plan's replicates of ln F + sum (W - 1) part, W = PoissonWeight.
class ErosionReplicates {
 public:
  ErosionReplicates(const v1::AuditPlan& plan, int64_t workers, int statistics);

  void AddWorker(uint64_t key, const ErosionPulls::Row& row);
  ErosionPulls::Row& DayRow(int64_t day) {
    return days_.try_emplace(day, statistics()).first->second;
  }
  void Merge(const ErosionReplicates& other);
  void Save(v1::ErosionState::Second* state) const;
  void Merge(const v1::ErosionState::Second& state);
  void Close();  // Draws the days; once, when all is merged.

  struct Interval {
    int64_t clusters = 0;
    double log_error = 0, low = 0, high = 0;  // Of the index, not its log.
    const char* method = "";
    v1::Clusters spread;  // Of named statistics.
  };
  // Around an index `value`; after Close. No clusters: nothing is known.
  Interval Of(int statistic, double value) const;

 private:
  struct Statistic {
    int64_t clusters = 0, sum = 0;
    Int128 squares = 0;
    // Of named statistics: the clusters by size, the largest and the one that
    // moves most; ties by key.
    std::map<int64_t, int64_t> sizes;
    int64_t largest = 0, largest_part = 0, most_part = 0;
    uint64_t largest_key = 0, most_key = 0;
    void KeepLargest(int64_t rows, int64_t part, uint64_t key);
    void KeepMost(int64_t part, uint64_t key);
  };
  int statistics() const { return static_cast<int>(statistics_.size()); }
  void Draw() const;  // Those that wait.
  void FillSpread(const Statistic& one, double value,
                  v1::Clusters* spread) const;

  uint64_t seed_;
  int replicates_;  // 0 where they would say nothing.
  std::vector<Statistic> statistics_;
  // By replicate and statistic, 2^-44. Workers wait until there are some, so
  // that a replicate is in the cache for all of them.
  mutable std::vector<int64_t> moved_;
  mutable std::vector<std::pair<uint64_t, std::vector<int64_t>>> waiting_;
  std::map<int64_t, ErosionPulls::Row> days_;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_EROSION_PULLS_H_
