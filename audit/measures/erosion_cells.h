#ifndef PLUMBLINE_AUDIT_MEASURES_EROSION_CELLS_H_
#define PLUMBLINE_AUDIT_MEASURES_EROSION_CELLS_H_

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include "audit/measures/strata.h"
#include "plumbline/v1/erosion_state.pb.h"

namespace plumbline::audit {

// Quantities that are followed over time: each is a total over a number.
enum Quantity {
  kPromiseTime,   // ms allowed, per task
  kLimitTime,     //
  kPromisePerKm,  // ms allowed, per mm
  kLimitPerKm,    //
  kPayPerTask,    // Counted pay in millionths, per delivered task.
  kTakeRate,      // What the platform keeps, per unit that the customer pays.
  kDuration,      // ms from acceptance to completion, per delivered task
  kLateShare,     // Late tasks (of the limit, else the promise), per task.
  kTakeKnown,     // Only the number: tasks whose take rate is known.
  kQuantities
};

struct QuantitySums {
  std::array<int64_t, kQuantities> total = {};
  std::array<int64_t, kQuantities> number = {};
  void operator+=(const QuantitySums& other) {
    for (int q = 0; q < kQuantities; ++q) {
      total[q] += other.total[q];
      number[q] += other.number[q];
    }
  }
};

// Sums by stratum and ISO week. Exact integers, so merging is addition.
//
// The state is bounded: while more than `kMostCells` cells are in use, strata
// are united one level further (weather, then load, then zones are dropped).
// The level that a union of states ends at depends on the union alone: a part
// that had to go to a level has more cells below it than are allowed, so the
// union has too. Memory: 148 bytes a cell, and 4 a stratum and week.
// Add: O(1), O(log weeks) where the week changes.
class ErosionCells {
 public:
  static constexpr size_t kMostCells = size_t{1} << 18;

  explicit ErosionCells(size_t most_cells = kMostCells)
      : most_cells_(most_cells) {}
  ErosionCells(const ErosionCells&) = delete;
  ErosionCells& operator=(const ErosionCells&) = delete;
  ErosionCells& operator=(ErosionCells&&) = default;  // Nodes stay.

  // `cell` is a number of `sorter`, the same one in all calls.
  void Add(const StratumSorter& sorter, uint32_t cell, int64_t week,
           const QuantitySums& sums);
  void Merge(const v1::ErosionState& state);
  void Save(v1::ErosionState* state) const;

  int level() const { return level_; }

  struct Cell {
    int64_t week = 0;
    QuantitySums sums;
  };
  // By key, in an order that depends on nothing but the sums.
  std::map<StratumKey, std::vector<Cell>> ByStratum() const;

 private:
  // Which sums a stratum has in one week, kNone where none.
  using Row = std::vector<uint32_t>;
  static constexpr uint32_t kNone = UINT32_MAX;

  uint32_t StratumOf(const StratumKey& key);
  Row& RowOf(int64_t week);
  QuantitySums& At(Row& row, uint32_t stratum);
  void Coarsen();
  void Bound();
  // Strata by key: their rank in that order.
  std::vector<uint32_t> Ranks() const;

  size_t most_cells_;
  int level_ = 0;
  std::vector<StratumKey> strata_;  // Of level_.
  std::map<StratumKey, uint32_t> numbers_;
  std::vector<int64_t> of_cell_;  // By number of the sorter, -1 if not met.
  // Tasks come by worker and week, so the last row is asked for again.
  std::map<int64_t, Row> rows_;
  int64_t last_week_ = 0;
  Row* last_row_ = nullptr;  // Nodes of a map stay where they are.
  std::vector<QuantitySums> sums_;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_EROSION_CELLS_H_
