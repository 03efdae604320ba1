#ifndef PLUMBLINE_AUDIT_MEASURES_EROSION_PULLS_H_
#define PLUMBLINE_AUDIT_MEASURES_EROSION_PULLS_H_

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include "audit/measures/erosion_cells.h"
#include "audit/stats/decimal.h"
#include "plumbline/v1/erosion_state.pb.h"
#include "plumbline/v1/figure.pb.h"
#include "plumbline/v1/plan.pb.h"

namespace plumbline::audit {

// Statistics with an interval by worker: the index of each quantity that is
// followed, and rain and severe weather against dry for those that have a
// weather effect.
inline constexpr int kIndexed = 6;
inline constexpr std::array<Quantity, 5> kWeathered = {
    kDuration, kPromiseTime, kLimitTime, kPayPerTask, kLateShare};
inline constexpr int kErosionStatistics =
    kIndexed + 2 * static_cast<int>(kWeathered.size());
inline int IndexStatistic(Quantity q) { return static_cast<int>(q); }
inline int WeatherStatistic(int weather, size_t place) {
  return kIndexed +
         (weather == kRain ? 0 : static_cast<int>(kWeathered.size())) +
         static_cast<int>(place);
}

// How much one task moves the logarithm of each Fisher index. With T, N the
// total and number of a stratum in periods 0 and 1, p = T / N, and
// A = sum T0, B = sum p1 N0, C = sum p0 N1, D = sum T1 over matched strata,
//
//   ln F = (ln B/A + ln D/C) / 2
//   t, n in period 0:  (p1 n/B - t/A - (t - p0 n) N1/(N0 C)) / 2
//   t, n in period 1:  ((t - p1 n) N0/(N1 B) + t/D - p0 n/C) / 2
//
// which is linear in t and n. Built from the merged sums; O(1) a task but for a
// search among the weeks of its stratum.
class ErosionPulls {
 public:
  using Strata = std::map<StratumKey, std::vector<ErosionCells::Cell>>;
  struct Row {
    std::array<int64_t, kErosionStatistics> part = {};  // 2^-44
    std::array<int64_t, kErosionStatistics> rows = {};
  };

  // `matched` as IndexLevelOf takes it.
  ErosionPulls(const Strata& strata, int level, double matched);

  // Number of the stratum that holds `key` of level 0, -1 where it has none.
  int StratumOf(const StratumKey& key) const;
  void Add(int stratum, int64_t week, const QuantitySums& task,
           Row* worker) const;

 private:
  struct Pull {
    uint8_t statistic = 0, quantity = 0;
    double total = 0, number = 0;
  };
  struct Week {
    int64_t week = 0;
    std::vector<Pull> pulls;
  };
  struct Sums {
    int64_t total = 0, number = 0;
  };
  struct Pair {
    Sums before, after;
    std::vector<std::pair<int, int64_t>> in_before, in_after;  // Stratum, week.
  };
  void AddPairs(int statistic, Quantity q, const std::vector<Pair>& pairs);

  int level_;
  std::map<StratumKey, int> numbers_;
  std::vector<std::vector<Week>> weeks_;  // By stratum, ascending.
};

// Replicates of whole workers over what each moves the statistics by: sums, so
// merging is exact. Tasks of unknown workers are drawn by local day, and wait
// for the other parts of their day until all are merged.
//
//   fewer than 6 clusters           no interval
//   below 40, above 200,000 workers t over the parts
//   else                            percentiles of the plan's replicates of
//                                   ln F + sum (W - 1) part, W = PoissonWeight
class ErosionReplicates {
 public:
  ErosionReplicates(const v1::AuditPlan& plan, int64_t workers);

  void AddWorker(uint64_t key, const ErosionPulls::Row& row);
  ErosionPulls::Row& DayRow(int64_t day) { return days_[day]; }
  void Merge(const ErosionReplicates& other);
  void Save(v1::ErosionState::Second* state) const;
  void Merge(const v1::ErosionState::Second& state);
  void Close();  // Draws the days; once, when all is merged.

  struct Interval {
    int64_t clusters = 0;
    double log_error = 0, low = 0, high = 0;  // Of the index, not its log.
    const char* method = "";
    v1::Clusters spread;
  };
  // Around an index `value`; after Close. No clusters: nothing is known.
  Interval Of(int statistic, double value) const;

 private:
  struct Statistic {
    int64_t clusters = 0, sum = 0;
    Int128 squares = 0;
    std::map<int64_t, int64_t> sizes;
    // The largest cluster and the one that moves most; ties by key.
    int64_t largest = 0, largest_part = 0, most_part = 0;
    uint64_t largest_key = 0, most_key = 0;
    void KeepLargest(int64_t rows, int64_t part, uint64_t key);
    void KeepMost(int64_t part, uint64_t key);
  };

  uint64_t seed_;
  int replicates_;  // 0 where they would say nothing.
  std::array<Statistic, kErosionStatistics> statistics_;
  std::vector<int64_t> moved_;  // By replicate and statistic, 2^-44.
  std::map<int64_t, ErosionPulls::Row> days_;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_EROSION_PULLS_H_
