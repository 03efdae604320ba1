#include "audit/measures/ratchet.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <set>
#include <string>

#include "audit/measures/cluster_spread.h"
#include "audit/stats/distributions.h"

namespace plumbline::audit {
namespace {

using replay::IsKnown;

constexpr size_t kFewestStrata = 6;

// One stratum and week with the week after it, one orientation of the halves.
struct Row {
  size_t stratum = 0;
  int64_t group = 0;     // Week and orientation: whose mean is taken off.
  double y = 0;          // Change of the mean target.
  double x[2] = {0, 0};  // Regressors, of half B.
  double z[2] = {0, 0};  // Instruments, of half A.
};

// Takes the means of each week off y, x and z.
void TakeWeeksOff(std::vector<Row>* rows) {
  struct Means {
    double n = 0, y = 0, x[2] = {0, 0}, z[2] = {0, 0};
  };
  std::map<int64_t, Means> means;
  for (const Row& row : *rows) {
    Means& of = means[row.group];
    ++of.n;
    of.y += row.y;
    for (int k = 0; k < 2; ++k) {
      of.x[k] += row.x[k];
      of.z[k] += row.z[k];
    }
  }
  for (Row& row : *rows) {
    const Means& of = means[row.group];
    row.y -= of.y / of.n;
    for (int k = 0; k < 2; ++k) {
      row.x[k] -= of.x[k] / of.n;
      row.z[k] -= of.z[k] / of.n;
    }
  }
}

std::vector<Row> Without(const std::vector<Row>& rows, size_t stratum) {
  std::vector<Row> kept;
  kept.reserve(rows.size());
  std::copy_if(rows.begin(), rows.end(), std::back_inserter(kept),
               [stratum](const Row& row) { return row.stratum != stratum; });
  return kept;
}

// Instrumental fit on the first `columns` regressors; none where singular.
std::optional<std::array<double, 2>> FitRows(std::vector<Row> rows,
                                             int columns) {
  TakeWeeksOff(&rows);
  double zx[2][2] = {{0, 0}, {0, 0}}, zy[2] = {0, 0}, zz = 0, xx = 0;
  for (const Row& row : rows) {
    for (int i = 0; i < columns; ++i) {
      zy[i] += row.z[i] * row.y;
      for (int j = 0; j < columns; ++j) zx[i][j] += row.z[i] * row.x[j];
    }
    zz += row.z[0] * row.z[0];
    xx += row.x[0] * row.x[0];
  }
  constexpr double kTiny = 1e-10;
  if (columns == 1) {
    if (std::fabs(zx[0][0]) <= kTiny * std::sqrt(zz * xx)) return std::nullopt;
    return std::array<double, 2>{zy[0] / zx[0][0], 0};
  }
  const double determinant = zx[0][0] * zx[1][1] - zx[0][1] * zx[1][0];
  const double size =
      std::fabs(zx[0][0] * zx[1][1]) + std::fabs(zx[0][1] * zx[1][0]);
  if (std::fabs(determinant) <= kTiny * size) return std::nullopt;
  return std::array<double, 2>{
      (zy[0] * zx[1][1] - zx[0][1] * zy[1]) / determinant,
      (zx[0][0] * zy[1] - zx[1][0] * zy[0]) / determinant};
}

// Coefficients of `contrasts` (weights of the two regressors) with CV3 errors.
Outcome<std::vector<RatchetCoefficient>> Estimate(
    const std::vector<Row>& rows, int columns,
    std::span<const std::array<double, 2>> contrasts) {
  std::set<size_t> strata;
  std::map<size_t, int64_t> pairs;
  for (const Row& row : rows) {
    strata.insert(row.stratum);
    ++pairs[row.stratum];
  }
  std::vector<int64_t> sizes;  // Both halves of a pair are one.
  for (const auto& [stratum, count] : pairs) sizes.push_back(count / 2);
  if (strata.size() < kFewestStrata) {
    return {Reason::kTooFew, std::to_string(strata.size()) +
                                 " strata with two weeks in a row, at least 6 "
                                 "needed"};
  }
  const auto all = FitRows(rows, columns);
  if (!all) return {Reason::kNotIdentified, "the slack does not vary"};
  std::vector<std::array<double, 2>> without;
  for (const size_t stratum : strata) {
    const auto fit = FitRows(Without(rows, stratum), columns);
    if (!fit) return {Reason::kNotIdentified, "one stratum decides the slope"};
    without.push_back(*fit);
  }
  const double g = static_cast<double>(strata.size());
  const double t = StudentQuantile(0.975, g - 1);
  std::vector<RatchetCoefficient> found;
  for (const auto& contrast : contrasts) {
    RatchetCoefficient out;
    out.value = contrast[0] * (*all)[0] + contrast[1] * (*all)[1];
    double squares = 0;
    std::vector<double> values;
    for (const auto& fit : without) {
      values.push_back(contrast[0] * fit[0] + contrast[1] * fit[1]);
      const double apart = values.back() - out.value;
      squares += apart * apart;
    }
    out.spread = SpreadOf(sizes, values, out.value);
    const double error = std::sqrt((g - 1) / g * squares);
    out.low = out.value - t * error;
    out.high = out.value + t * error;
    out.p_value = StudentPValue(out.value, error, g - 1);
    found.push_back(out);
  }
  return found;
}

bool Usable(const RatchetCells::Halves& halves, int target) {
  return std::all_of(halves.begin(), halves.end(),
                     [target](const RatchetHalf& half) {
                       return half.n[target] >= kFewestPerHalf &&
                              half.completed() >= kFewestPerHalf;
                     });
}

double MeanOfBoth(const RatchetCells::Halves& halves, int t) {
  return static_cast<double>(halves[0].target_ms[t] + halves[1].target_ms[t]) /
         static_cast<double>(halves[0].n[t] + halves[1].n[t]);
}

double Reliability(std::vector<Row> rows) {
  TakeWeeksOff(&rows);
  double covariance = 0, variance = 0;
  for (const Row& row : rows) {
    covariance += row.z[0] * row.x[0];
    variance += row.x[0] * row.x[0];
  }
  return variance > 0 ? covariance / variance : 0;
}

void AddHalf(const RatchetHalf& from, RatchetHalf* to) {
  for (int t = 0; t < 2; ++t) {
    to->n[t] += from.n[t];
    to->target_ms[t] += from.target_ms[t];
  }
  if (to->durations.size() < from.durations.size()) {
    to->durations.resize(from.durations.size(), 0);
  }
  for (size_t i = 0; i < from.durations.size(); ++i) {
    to->durations[i] += from.durations[i];
  }
}

}  // namespace

int64_t RatchetHalf::completed() const {
  return std::accumulate(durations.begin(), durations.end(), int64_t{0});
}

double RatchetHalf::Median() const {
  const double half = static_cast<double>(completed()) / 2;
  double before = 0;
  for (size_t i = 0; i < durations.size(); ++i) {
    const double here = durations[i];
    if (here > 0 && before + here >= half) {
      return (static_cast<double>(i) + (half - before) / here) * kRatchetBin;
    }
    before += here;
  }
  return 0;
}

RatchetCells::Halves& RatchetCells::At(const StratumSorter& sorter,
                                       uint32_t cell, int64_t week) {
  if (cell >= last_.size()) last_.resize(cell + 1);
  Place& place = last_[cell];
  if (place.week != week || place.halves == nullptr) {
    StratumKey key = sorter.KeyOf(cell).At(kLevels - 1);
    place = {week, &cells_[{std::move(key), week}]};
  }
  return *place.halves;
}

void RatchetCells::Add(const StratumSorter& sorter, int64_t week, int half,
                       const TaskInStratum& task) {
  RatchetHalf& out = At(sorter, task.cell, week)[half];
  for (int t = 0; t < 2; ++t) {
    if (!IsKnown(task.target[t])) continue;
    ++out.n[t];
    out.target_ms[t] += task.target[t];
  }
  if (!IsKnown(task.duration)) return;
  const auto bin = static_cast<size_t>(
      std::min(task.duration / kRatchetBin, kRatchetBins - 1));
  if (bin >= out.durations.size()) out.durations.resize(bin + 1, 0);
  ++out.durations[bin];
}

void RatchetCells::Merge(const v1::ErosionState& state) {
  for (const v1::ErosionState::Pair& pair : state.pairs()) {
    if (pair.stratum() >= static_cast<uint32_t>(state.ratchet_strata_size()) ||
        pair.half_size() != 2) {
      continue;
    }
    const auto& stratum =
        state.ratchet_strata(static_cast<int>(pair.stratum()));
    Halves& halves =
        cells_[{StratumKey::FromCode(kLevels - 1, stratum.zone(),
                                     stratum.vehicle(), stratum.code()),
                pair.week()}];
    for (int h = 0; h < 2; ++h) {
      const v1::ErosionState::Half& in = pair.half(h);
      RatchetHalf half;
      for (int t = 0; t < std::min({2, in.n_size(), in.target_ms_size()});
           ++t) {
        half.n[t] = in.n(t);
        half.target_ms[t] = in.target_ms(t);
      }
      size_t bin = 0;
      for (int i = 0; i < std::min(in.bin_size(), in.count_size()); ++i) {
        bin += in.bin(i);
        if (bin >= kRatchetBins) break;
        if (half.durations.size() <= bin) half.durations.resize(bin + 1, 0);
        half.durations[bin] += in.count(i);
      }
      AddHalf(half, &halves[h]);
    }
  }
}

void RatchetCells::Save(v1::ErosionState* state) const {
  const StratumKey* last = nullptr;
  for (const auto& [key, halves] : cells_) {
    if (last == nullptr || *last != key.first) {
      v1::ErosionState::Stratum* stratum = state->add_ratchet_strata();
      stratum->set_zone(key.first.zone);
      stratum->set_vehicle(key.first.vehicle);
      stratum->set_code(key.first.Code());
      last = &key.first;
    }
    v1::ErosionState::Pair* pair = state->add_pairs();
    pair->set_stratum(static_cast<uint32_t>(state->ratchet_strata_size() - 1));
    pair->set_week(key.second);
    for (const RatchetHalf& half : halves) {
      v1::ErosionState::Half* out = pair->add_half();
      for (int t = 0; t < 2; ++t) {
        out->add_n(half.n[t]);
        out->add_target_ms(half.target_ms[t]);
      }
      uint32_t from = 0;
      for (uint32_t bin = 0; bin < half.durations.size(); ++bin) {
        if (half.durations[bin] == 0) continue;
        out->add_bin(bin - from);
        out->add_count(half.durations[bin]);
        from = bin;
      }
    }
  }
}

Outcome<RatchetEstimate> EstimateRatchet(
    const std::map<RatchetCells::Key, RatchetCells::Halves>& cells, int target,
    double reliable) {
  std::vector<Row> plain, sides, placebo;
  RatchetEstimate found;
  std::map<StratumKey, size_t> numbers;
  std::set<int64_t> weeks;
  int64_t tasks = 0;
  const auto at = [&cells](const StratumKey& stratum,
                           int64_t week) -> const RatchetCells::Halves* {
    const auto place = cells.find({stratum, week});
    return place == cells.end() ? nullptr : &place->second;
  };
  for (const auto& [key, now] : cells) {
    const auto& [stratum, week] = key;
    const RatchetCells::Halves* next = at(stratum, week + 1);
    if (next == nullptr || !Usable(now, target) || !Usable(*next, target)) {
      continue;
    }
    const size_t number =
        numbers.try_emplace(stratum, numbers.size()).first->second;
    weeks.insert(week);
    tasks += now[0].n[target] + now[1].n[target];
    ++found.pairs;
    const double later = MeanOfBoth(*next, target);
    double gap[2], median_step[2] = {0, 0};
    for (int h = 0; h < 2; ++h) {
      gap[h] = now[h].MeanTarget(target) - now[h].Median();
    }
    const RatchetCells::Halves* second = at(stratum, week + 2);
    const RatchetCells::Halves* third = at(stratum, week + 3);
    const bool has_later = second != nullptr && third != nullptr &&
                           Usable(*second, target) && Usable(*third, target);
    for (int h = 0; has_later && h < 2; ++h) {
      median_step[h] = -((*third)[h].Median() - (*second)[h].Median());
    }
    for (int b = 0; b < 2; ++b) {
      const int a = 1 - b;
      Row row;
      row.stratum = number;
      row.group = week * 2 + b;
      row.y = later - now[b].MeanTarget(target);
      row.x[0] = gap[b];
      row.z[0] = gap[a];
      plain.push_back(row);
      if (has_later) {
        // No error of these weeks is in y, so they need no instrument.
        row.x[1] = row.z[1] = (median_step[0] + median_step[1]) / 2;
        placebo.push_back(row);
      }
      row.x[0] = std::max(gap[b], 0.0);
      row.x[1] = std::min(gap[b], 0.0);
      row.z[0] = std::max(gap[a], 0.0);
      row.z[1] = std::min(gap[a], 0.0);
      sides.push_back(row);
    }
  }
  if (plain.empty()) {
    return {Reason::kTooFew,
            "no stratum has two weeks in a row with enough tasks in both "
            "halves"};
  }
  found.strata = static_cast<int64_t>(numbers.size());
  found.weeks = static_cast<int64_t>(weeks.size());
  found.mean_per_half =
      static_cast<double>(tasks) / 2 / static_cast<double>(found.pairs);
  const std::array<double, 2> one[] = {{1, 0}};
  const auto both = Estimate(plain, 1, one);
  if (!both.ok()) return {both.reason(), both.detail()};
  if (std::all_of(plain.begin(), plain.end(),
                  [](const Row& row) { return row.y == 0; })) {
    return {Reason::kNotIdentified, "the targets never change"};
  }
  found.both = (*both)[0];
  found.reliability = Reliability(plain);
  const std::array<double, 2> three[] = {{1, 0}, {0, 1}, {1, -1}};
  const auto split = Estimate(sides, 2, three);
  Outcome<RatchetCoefficient>* const parts[] = {&found.cut, &found.restore,
                                                &found.difference};
  for (int k = 0; k < 3; ++k) {
    if (!split.ok()) {
      *parts[k] = {split.reason(), split.detail()};
    } else if (found.reliability < reliable) {
      *parts[k] = {Reason::kPower, "the two halves agree too little"};
    } else {
      *parts[k] = (*split)[static_cast<size_t>(k)];
    }
  }
  const std::array<double, 2> later_one[] = {{0, 1}};
  const auto later = Estimate(placebo, 2, later_one);
  if (later.ok()) {
    found.placebo = (*later)[0];
  } else {
    found.placebo = {later.reason(), later.detail()};
  }
  return found;
}

}  // namespace plumbline::audit
