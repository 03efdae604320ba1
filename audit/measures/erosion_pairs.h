#ifndef PLUMBLINE_AUDIT_MEASURES_EROSION_PAIRS_H_
#define PLUMBLINE_AUDIT_MEASURES_EROSION_PAIRS_H_

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "audit/measures/erosion_cells.h"
#include "audit/measures/erosion_index.h"
#include "plumbline/v1/plan.pb.h"

namespace plumbline::audit {

using ErosionStrata = std::map<StratumKey, std::vector<ErosionCells::Cell>>;

// Inclusive ISO weeks.
struct WeekRange {
  int64_t first = 0, last = 0;
  bool Holds(int64_t week) const { return week >= first && week <= last; }
};
struct Periods {
  WeekRange before, after;
};

// One quantity by stratum and week, united as far as its index needs: the
// finest level, from that of the cells on, at which the plan's share of the
// tasks of both periods has a like (weather is dropped, then load, then zones),
// or the level of the cells where none has. Strata are numbered as `strata` has
// them.
class QuantityWeeks {
 public:
  QuantityWeeks(const ErosionStrata& strata, Quantity quantity,
                const v1::AuditPlan& plan);

  int level() const { return level_; }
  // Coarser than the cells are.
  bool united() const { return level_ > finest_; }
  // The index of the strata before they were united, over those of them that
  // have a like; nothing where none has.
  std::optional<double> narrow() const { return narrow_; }
  // With a value, ascending; and the tasks behind it, likewise.
  const std::vector<int64_t>& weeks() const { return weeks_; }
  const std::vector<int64_t>& tasks() const { return tasks_; }
  // The first and the last weeks that the index compares: a quarter of all, at
  // most four. Nothing with fewer than two.
  std::optional<Periods> periods() const;
  // The first of them, with which single weeks are compared; of a quantity that
  // has a week.
  WeekRange base() const;

  // By stratum of level(), numbered as met. Periods of an index need the plan's
  // tasks in a stratum to be like, single weeks one.
  std::vector<StratumPair> Pairs(const Periods& periods) const;
  std::vector<StratumPair> Pairs(WeekRange before, int64_t week) const;
  int pair_of(size_t stratum) const { return pair_of_[stratum]; }

 private:
  struct Entry {
    int pair = 0;
    int64_t total = 0, number = 0, tasks = 0;
  };
  size_t each() const;  // Weeks of a period.
  void Unite(const ErosionStrata& strata, int level);
  std::vector<StratumPair> Between(WeekRange before, WeekRange after,
                                   int64_t least) const;

  Quantity quantity_;
  int64_t least_tasks_;
  int finest_ = 0, level_ = 0;
  std::optional<double> narrow_;
  int pairs_ = 0;
  std::vector<int> pair_of_;
  std::vector<int64_t> weeks_, tasks_;
  std::vector<std::vector<Entry>> entries_;  // By week, in order of strata.
};

// Dry weather (period 0) against `weather` in strata that are alike in all else
// and in the same week, so that no change over time passes for the weather's.
// `cells`: stratum and week of what was added up, in period 0 and 1.
struct WeatherPair {
  StratumPair sums;
  std::array<std::vector<std::pair<int, int64_t>>, 2> cells;
};
std::vector<WeatherPair> AcrossWeather(const ErosionStrata& strata, int weather,
                                       Quantity quantity);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_EROSION_PAIRS_H_
