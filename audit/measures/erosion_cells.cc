#include "audit/measures/erosion_cells.h"

#include <algorithm>
#include <utility>

namespace plumbline::audit {
namespace {

// In a state a place is stratum and week in one number; weeks of either sign.
constexpr int kWeekBits = 26;
constexpr int64_t kWeekZero = int64_t{1} << (kWeekBits - 1);

uint64_t PlaceOf(uint32_t stratum, int64_t week) {
  return uint64_t{stratum} << kWeekBits |
         static_cast<uint64_t>(week + kWeekZero);
}
int64_t WeekOfPlace(uint64_t place) {
  return static_cast<int64_t>(place & ((uint64_t{1} << kWeekBits) - 1)) -
         kWeekZero;
}
uint32_t StratumOfPlace(uint64_t place) {
  return static_cast<uint32_t>(place >> kWeekBits);
}

}  // namespace

uint32_t ErosionCells::StratumOf(const StratumKey& key) {
  const auto [at, fresh] =
      numbers_.try_emplace(key, static_cast<uint32_t>(strata_.size()));
  if (fresh) strata_.push_back(key);
  return at->second;
}

ErosionCells::Row& ErosionCells::RowOf(int64_t week) {
  if (last_row_ == nullptr || week != last_week_) {
    last_week_ = week;
    last_row_ = &rows_[week];
  }
  return *last_row_;
}

QuantitySums& ErosionCells::At(Row& row, uint32_t stratum) {
  if (stratum >= row.size()) {
    row.resize(std::max<size_t>(stratum + 1, strata_.size()), kNone);
  }
  uint32_t& at = row[stratum];
  if (at == kNone) {
    at = static_cast<uint32_t>(sums_.size());
    sums_.emplace_back();
  }
  return sums_[at];
}

void ErosionCells::Add(const StratumSorter& sorter, uint32_t cell, int64_t week,
                       const QuantitySums& sums) {
  if (cell >= of_cell_.size()) of_cell_.resize(cell + 1, -1);
  int64_t& stratum = of_cell_[cell];
  if (stratum < 0) stratum = StratumOf(sorter.KeyOf(cell).At(level_));
  At(RowOf(week), static_cast<uint32_t>(stratum)) += sums;
  if (sums_.size() > most_cells_) Bound();
}

void ErosionCells::Bound() {
  while (sums_.size() > most_cells_ && level_ + 1 < kLevels) Coarsen();
}

void ErosionCells::Coarsen() {
  ++level_;
  const std::vector<StratumKey> old = std::exchange(strata_, {});
  numbers_.clear();
  std::vector<uint32_t> to;
  to.reserve(old.size());
  for (const StratumKey& key : old) to.push_back(StratumOf(key.At(level_)));
  const std::vector<QuantitySums> old_sums = std::exchange(sums_, {});
  for (auto& [week, row] : rows_) {
    const Row old_row = std::exchange(row, {});
    for (size_t stratum = 0; stratum < old_row.size(); ++stratum) {
      if (old_row[stratum] == kNone) continue;
      At(row, to[stratum]) += old_sums[old_row[stratum]];
    }
  }
  for (int64_t& stratum : of_cell_) {
    if (stratum >= 0) stratum = to[static_cast<size_t>(stratum)];
  }
}

void ErosionCells::Merge(const v1::ErosionState& state) {
  while (level_ < std::min(state.level(), kLevels - 1)) Coarsen();
  const int width = state.width();
  if (width <= 0 || width > 2 * kQuantities) return;
  std::vector<uint32_t> to;
  for (const v1::ErosionState::Stratum& stratum : state.strata()) {
    to.push_back(
        StratumOf(StratumKey::FromCode(state.level(), stratum.zone(),
                                       stratum.vehicle(), stratum.code())
                      .At(level_)));
  }
  uint64_t place = 0;
  const int cells =
      std::min(state.place_delta_size(), state.sums_size() / width);
  for (int i = 0; i < cells; ++i) {
    place += state.place_delta(i);
    if (StratumOfPlace(place) >= to.size()) break;
    QuantitySums sums;
    for (int k = 0; k < width; ++k) {
      const int64_t value = state.sums(i * width + k);
      (k % 2 == 0 ? sums.total : sums.number)[k / 2] = value;
    }
    At(RowOf(WeekOfPlace(place)), to[StratumOfPlace(place)]) += sums;
  }
  Bound();
}

std::vector<uint32_t> ErosionCells::Ranks() const {
  std::vector<uint32_t> ranks(strata_.size());
  uint32_t next = 0;
  for (const auto& [key, number] : numbers_) ranks[number] = next++;
  return ranks;
}

void ErosionCells::Save(v1::ErosionState* state) const {
  state->set_level(level_);
  for (const auto& [key, number] : numbers_) {
    v1::ErosionState::Stratum* out = state->add_strata();
    out->set_zone(key.zone);
    out->set_vehicle(key.vehicle);
    out->set_code(key.Code());
  }
  // Numbers follow the order of reading; ranks do not.
  const std::vector<uint32_t> ranks = Ranks();
  std::vector<std::pair<uint64_t, uint32_t>> sorted;
  sorted.reserve(sums_.size());
  for (const auto& [week, row] : rows_) {
    for (size_t stratum = 0; stratum < row.size(); ++stratum) {
      if (row[stratum] == kNone) continue;
      sorted.emplace_back(PlaceOf(ranks[stratum], week), row[stratum]);
    }
  }
  std::sort(sorted.begin(), sorted.end());
  state->set_width(2 * kQuantities);
  state->mutable_place_delta()->Reserve(static_cast<int>(sorted.size()));
  state->mutable_sums()->Reserve(
      static_cast<int>(sorted.size() * 2 * kQuantities));
  uint64_t last = 0;
  for (const auto& [place, at] : sorted) {
    state->add_place_delta(place - last);
    last = place;
    for (int q = 0; q < kQuantities; ++q) {
      state->add_sums(sums_[at].total[q]);
      state->add_sums(sums_[at].number[q]);
    }
  }
}

std::map<StratumKey, std::vector<ErosionCells::Cell>> ErosionCells::ByStratum()
    const {
  std::vector<std::vector<Cell>*> of_number(strata_.size());
  std::map<StratumKey, std::vector<Cell>> all;
  for (const auto& [key, number] : numbers_) of_number[number] = &all[key];
  for (const auto& [week, row] : rows_) {  // Ascending.
    for (size_t stratum = 0; stratum < row.size(); ++stratum) {
      if (row[stratum] == kNone) continue;
      of_number[stratum]->push_back({week, sums_[row[stratum]]});
    }
  }
  return all;
}

}  // namespace plumbline::audit
