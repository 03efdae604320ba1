#include "audit/measures/erosion_cells.h"

#include <algorithm>
#include <utility>

namespace plumbline::audit {
namespace {

// A place is stratum, week and group in one number; weeks of either sign.
constexpr int kGroupBits = 6, kWeekBits = 26;
constexpr int64_t kWeekZero = int64_t{1} << (kWeekBits - 1);

int64_t WeekOfPlace(uint64_t place) {
  return static_cast<int64_t>(place >> kGroupBits &
                              ((uint64_t{1} << kWeekBits) - 1)) -
         kWeekZero;
}
int GroupOfPlace(uint64_t place) {
  return static_cast<int>(place & ((uint64_t{1} << kGroupBits) - 1));
}
uint32_t StratumOfPlace(uint64_t place) {
  return static_cast<uint32_t>(place >> (kGroupBits + kWeekBits));
}

}  // namespace

uint64_t ErosionCells::PlaceOf(uint32_t stratum, int64_t week, int group) {
  return (uint64_t{stratum} << kWeekBits |
          static_cast<uint64_t>(week + kWeekZero))
             << kGroupBits |
         static_cast<uint64_t>(group);
}

uint32_t ErosionCells::StratumOf(const StratumKey& key) {
  const auto [at, fresh] =
      numbers_.try_emplace(key, static_cast<uint32_t>(strata_.size()));
  if (fresh) strata_.push_back(key);
  return at->second;
}

QuantitySums& ErosionCells::At(uint32_t stratum, int64_t week, int group) {
  const auto [at, fresh] = places_.try_emplace(
      PlaceOf(stratum, week, group), static_cast<uint32_t>(sums_.size()));
  if (fresh) sums_.emplace_back();
  return sums_[at->second];
}

void ErosionCells::Add(const StratumSorter& sorter, uint32_t cell, int64_t week,
                       int group, const QuantitySums& sums) {
  if (cell >= of_cell_.size()) of_cell_.resize(cell + 1, -1);
  int64_t& stratum = of_cell_[cell];
  if (stratum < 0) stratum = StratumOf(sorter.KeyOf(cell).At(level_));
  At(static_cast<uint32_t>(stratum), week, group) += sums;
  Bound();
}

void ErosionCells::Bound() {
  while (places_.size() > most_cells_ && level_ + 1 < kLevels) Coarsen();
}

void ErosionCells::Coarsen() {
  ++level_;
  const std::vector<StratumKey> old = std::exchange(strata_, {});
  numbers_.clear();
  std::vector<uint32_t> to;
  to.reserve(old.size());
  for (const StratumKey& key : old) to.push_back(StratumOf(key.At(level_)));
  const auto old_places = std::exchange(places_, {});
  const std::vector<QuantitySums> old_sums = std::exchange(sums_, {});
  for (const auto& [place, at] : old_places) {
    this->At(to[StratumOfPlace(place)], WeekOfPlace(place),
             GroupOfPlace(place)) += old_sums[at];
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
    if (StratumOfPlace(place) >= to.size()) return;
    QuantitySums sums;
    for (int k = 0; k < width; ++k) {
      const int64_t value = state.sums(i * width + k);
      (k % 2 == 0 ? sums.total : sums.number)[k / 2] = value;
    }
    At(to[StratumOfPlace(place)], WeekOfPlace(place),
       GroupOfPlace(place) % kGroups) += sums;
  }
  Bound();
}

void ErosionCells::Save(v1::ErosionState* state) const {
  state->set_level(level_);
  // Numbers follow the order of reading; keys do not.
  std::vector<uint32_t> rank(strata_.size());
  uint32_t next = 0;
  for (const auto& [key, number] : numbers_) {
    rank[number] = next++;
    v1::ErosionState::Stratum* out = state->add_strata();
    out->set_zone(key.zone);
    out->set_vehicle(key.vehicle);
    out->set_code(key.Code());
  }
  std::vector<std::pair<uint64_t, uint32_t>> sorted;
  sorted.reserve(places_.size());
  for (const auto& [place, at] : places_) {
    sorted.emplace_back(PlaceOf(rank[StratumOfPlace(place)], WeekOfPlace(place),
                                GroupOfPlace(place)),
                        at);
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
  std::vector<uint64_t> places;
  places.reserve(places_.size());
  for (const auto& [place, at] : places_) places.push_back(place);
  std::sort(places.begin(), places.end());
  std::map<StratumKey, std::vector<Cell>> all;
  for (const uint64_t place : places) {
    all[strata_[StratumOfPlace(place)]].push_back(
        {WeekOfPlace(place), GroupOfPlace(place), sums_[places_.at(place)]});
  }
  return all;
}

}  // namespace plumbline::audit
