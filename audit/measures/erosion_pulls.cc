#include "audit/measures/erosion_pulls.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "audit/measures/erosion_series.h"
#include "audit/measures/state_codec.h"
#include "audit/measures/target_tally.h"
#include "audit/stats/cluster_bootstrap.h"
#include "audit/stats/hash.h"

namespace plumbline::audit {
namespace {

constexpr int kUnit = 44;
constexpr int64_t kFewest = 6, kFewForReplicates = 40,
                  kManyForReplicates = 200'000;

double Real(int64_t part) {
  return std::ldexp(static_cast<double>(part), -kUnit);
}

}  // namespace

ErosionPulls::ErosionPulls(const Strata& strata, int level, double matched)
    : level_(level) {
  for (const auto& [key, cells] : strata) {
    numbers_.emplace(key, static_cast<int>(numbers_.size()));
    std::vector<Week>& weeks = weeks_.emplace_back();
    for (const ErosionCells::Cell& cell : cells) {
      if (weeks.empty() || weeks.back().week != cell.week) {
        weeks.push_back({cell.week, {}});
      }
    }
  }
  for (int q = 0; q < kIndexed; ++q) {
    const Quantity quantity = static_cast<Quantity>(q);
    const std::optional<Periods> periods = PeriodsOf(strata, quantity);
    if (!periods) continue;
    const int coarser = IndexLevelOf(strata, quantity, matched);
    std::map<StratumKey, Pair> by_key;
    int number = 0;
    for (const auto& [key, cells] : strata) {
      Pair& pair = by_key[key.level < coarser ? key.At(coarser) : key];
      for (const ErosionCells::Cell& cell : cells) {
        for (const bool later : {false, true}) {
          const WeekRange& range = later ? periods->after : periods->before;
          if (!range.Holds(cell.week)) continue;
          Sums& sums = later ? pair.after : pair.before;
          sums.total += cell.sums.total[q];
          sums.number += cell.sums.number[q];
          auto& in = later ? pair.in_after : pair.in_before;
          if (in.empty() || in.back() != std::pair(number, cell.week)) {
            in.emplace_back(number, cell.week);
          }
        }
      }
      ++number;
    }
    std::vector<Pair> pairs;
    for (auto& [key, pair] : by_key) pairs.push_back(std::move(pair));
    AddPairs(IndexStatistic(quantity), quantity, pairs);
  }
  if (level > 0) return;  // Weather is not kept apart.
  for (const int weather : {kRain, kSevere}) {
    for (size_t place = 0; place < kWeathered.size(); ++place) {
      const Quantity q = kWeathered[place];
      std::map<std::pair<StratumKey, int64_t>, Pair> pairs;
      int number = -1;
      for (const auto& [key, cells] : strata) {
        ++number;
        if (key.weather != kDry && key.weather != weather) continue;
        StratumKey rest = key;
        rest.weather = 0;
        const bool bad = key.weather == weather;
        for (const ErosionCells::Cell& cell : cells) {
          if (cell.sums.number[q] == 0) continue;
          Pair& pair = pairs[{rest, cell.week}];
          Sums& sums = bad ? pair.after : pair.before;
          sums.total += cell.sums.total[q];
          sums.number += cell.sums.number[q];
          auto& in = bad ? pair.in_after : pair.in_before;
          if (in.empty() || in.back() != std::pair(number, cell.week)) {
            in.emplace_back(number, cell.week);
          }
        }
      }
      std::vector<Pair> list;
      for (auto& [key, pair] : pairs) list.push_back(std::move(pair));
      AddPairs(WeatherStatistic(weather, place), q, list);
    }
  }
}

void ErosionPulls::AddPairs(int statistic, Quantity q,
                            const std::vector<Pair>& pairs) {
  const auto matched = [](const Pair& pair) {
    return pair.before.number > 0 && pair.after.number > 0;
  };
  const auto real = [](int64_t value) {
    return static_cast<long double>(value);
  };
  long double a = 0, b = 0, c = 0, d = 0;
  for (const Pair& pair : pairs) {
    if (!matched(pair)) continue;
    const long double n0 = real(pair.before.number),
                      n1 = real(pair.after.number);
    a += real(pair.before.total);
    b += real(pair.after.total) / n1 * n0;
    c += real(pair.before.total) / n0 * n1;
    d += real(pair.after.total);
  }
  if (!(a > 0 && b > 0 && c > 0 && d > 0)) return;
  for (const Pair& pair : pairs) {
    if (!matched(pair)) continue;
    const long double n0 = real(pair.before.number),
                      n1 = real(pair.after.number);
    const long double p0 = real(pair.before.total) / n0,
                      p1 = real(pair.after.total) / n1;
    Pull before{static_cast<uint8_t>(statistic), static_cast<uint8_t>(q), 0, 0};
    Pull after = before;
    before.total = static_cast<double>(-(1 / a + n1 / (n0 * c)) / 2);
    before.number = static_cast<double>((p1 / b + p0 * n1 / (n0 * c)) / 2);
    after.total = static_cast<double>((n0 / (n1 * b) + 1 / d) / 2);
    after.number = static_cast<double>(-(p1 * n0 / (n1 * b) + p0 / c) / 2);
    const auto put = [this](const std::vector<std::pair<int, int64_t>>& in,
                            const Pull& pull) {
      for (const auto& [stratum, week] : in) {
        std::vector<Week>& weeks = weeks_[static_cast<size_t>(stratum)];
        const auto at = std::lower_bound(
            weeks.begin(), weeks.end(), week,
            [](const Week& one, int64_t wanted) { return one.week < wanted; });
        at->pulls.push_back(pull);
      }
    };
    put(pair.in_before, before);
    put(pair.in_after, after);
  }
}

int ErosionPulls::StratumOf(const StratumKey& key) const {
  const auto at = numbers_.find(key.At(level_));
  return at == numbers_.end() ? -1 : at->second;
}

void ErosionPulls::Add(int stratum, int64_t week, const QuantitySums& task,
                       Row* worker) const {
  if (stratum < 0) return;
  const std::vector<Week>& weeks = weeks_[static_cast<size_t>(stratum)];
  const auto at = std::lower_bound(
      weeks.begin(), weeks.end(), week,
      [](const Week& one, int64_t wanted) { return one.week < wanted; });
  if (at == weeks.end() || at->week != week) return;
  for (const Pull& pull : at->pulls) {
    const size_t q = static_cast<size_t>(pull.quantity);
    if (task.number[q] == 0) continue;
    const size_t s = static_cast<size_t>(pull.statistic);
    worker->part[s] += std::llrint(
        std::ldexp(pull.total * static_cast<double>(task.total[q]) +
                       pull.number * static_cast<double>(task.number[q]),
                   kUnit));
    ++worker->rows[s];
  }
}

ErosionReplicates::ErosionReplicates(const v1::AuditPlan& plan, int64_t workers)
    : seed_(plan.seed()),
      replicates_(workers <= kManyForReplicates ? plan.bootstrap_replicates()
                                                : 0),
      moved_(static_cast<size_t>(replicates_) * kErosionStatistics, 0) {}

void ErosionReplicates::Statistic::KeepLargest(int64_t rows, int64_t part,
                                               uint64_t key) {
  if (rows < largest || (rows == largest && key >= largest_key)) return;
  largest = rows;
  largest_part = part;
  largest_key = key;
}

void ErosionReplicates::Statistic::KeepMost(int64_t part, uint64_t key) {
  const int64_t now = std::llabs(part), before = std::llabs(most_part);
  if (now < before || (now == before && key >= most_key)) return;
  most_part = part;
  most_key = key;
}

void ErosionReplicates::AddWorker(uint64_t key, const ErosionPulls::Row& row) {
  bool any = false;
  for (size_t s = 0; s < kErosionStatistics; ++s) {
    if (row.rows[s] == 0) continue;
    any = true;
    Statistic& one = statistics_[s];
    ++one.clusters;
    one.sum += row.part[s];
    one.squares += Int128{row.part[s]} * row.part[s];
    ++one.sizes[row.rows[s]];
    if (one.clusters == 1 && one.largest == 0) one.largest_key = UINT64_MAX;
    one.KeepLargest(row.rows[s], row.part[s], key);
    one.KeepMost(row.part[s], key);
  }
  if (!any) return;
  for (int b = 0; b < replicates_; ++b) {
    const int64_t times = PoissonWeight(seed_, key, b) - 1;
    if (times == 0) continue;
    int64_t* out = &moved_[static_cast<size_t>(b) * kErosionStatistics];
    for (size_t s = 0; s < kErosionStatistics; ++s) {
      out[s] += times * row.part[s];
    }
  }
}

void ErosionReplicates::Merge(const ErosionReplicates& other) {
  for (size_t s = 0; s < kErosionStatistics; ++s) {
    const Statistic& from = other.statistics_[s];
    Statistic& to = statistics_[s];
    if (from.clusters == 0) continue;
    to.clusters += from.clusters;
    to.sum += from.sum;
    to.squares += from.squares;
    for (const auto& [size, count] : from.sizes) to.sizes[size] += count;
    if (to.largest == 0) to.largest_key = UINT64_MAX;
    to.KeepLargest(from.largest, from.largest_part, from.largest_key);
    to.KeepMost(from.most_part, from.most_key);
  }
  for (size_t i = 0; i < std::min(moved_.size(), other.moved_.size()); ++i) {
    moved_[i] += other.moved_[i];
  }
  for (const auto& [day, row] : other.days_) {
    ErosionPulls::Row& to = days_[day];
    for (size_t s = 0; s < kErosionStatistics; ++s) {
      to.part[s] += row.part[s];
      to.rows[s] += row.rows[s];
    }
  }
}

void ErosionReplicates::Save(v1::ErosionState::Second* state) const {
  for (const Statistic& one : statistics_) {
    auto* out = state->add_statistics();
    out->set_clusters(one.clusters);
    out->set_sum(one.sum);
    *out->mutable_squares() = EncodeWide(one.squares);
    for (const auto& [size, count] : one.sizes) {
      out->add_size(size);
      out->add_count(count);
    }
    out->set_largest(one.largest);
    out->set_largest_part(one.largest_part);
    out->set_largest_key(one.largest_key);
    out->set_most_part(one.most_part);
    out->set_most_key(one.most_key);
  }
  for (const int64_t moved : moved_) state->add_moved(moved);
  for (const auto& [day, row] : days_) {
    auto* out = state->add_days();
    out->set_day(day);
    for (size_t s = 0; s < kErosionStatistics; ++s) {
      out->add_part(row.part[s]);
      out->add_rows(row.rows[s]);
    }
  }
}

void ErosionReplicates::Merge(const v1::ErosionState::Second& state) {
  ErosionReplicates other = *this;
  other.statistics_ = {};
  other.days_.clear();
  std::fill(other.moved_.begin(), other.moved_.end(), 0);
  for (int s = 0;
       s < std::min<int>(kErosionStatistics, state.statistics_size()); ++s) {
    const auto& in = state.statistics(s);
    Statistic& one = other.statistics_[static_cast<size_t>(s)];
    one.clusters = in.clusters();
    one.sum = in.sum();
    one.squares = DecodeWide(in.squares());
    for (int i = 0; i < std::min(in.size_size(), in.count_size()); ++i) {
      one.sizes[in.size(i)] += in.count(i);
    }
    one.largest = in.largest();
    one.largest_part = in.largest_part();
    one.largest_key = in.largest_key();
    one.most_part = in.most_part();
    one.most_key = in.most_key();
  }
  for (int i = 0; i < std::min<int>(state.moved_size(),
                                    static_cast<int>(other.moved_.size()));
       ++i) {
    other.moved_[static_cast<size_t>(i)] = state.moved(i);
  }
  for (const auto& in : state.days()) {
    ErosionPulls::Row& row = other.days_[in.day()];
    for (int s = 0; s < std::min({static_cast<int>(kErosionStatistics),
                                  in.part_size(), in.rows_size()});
         ++s) {
      row.part[static_cast<size_t>(s)] = in.part(s);
      row.rows[static_cast<size_t>(s)] = in.rows(s);
    }
  }
  Merge(other);
}

void ErosionReplicates::Close() {
  // A key of its own kind, so that no worker's is met.
  for (const auto& [day, row] : days_) {
    AddWorker(Mix(Mix(static_cast<uint64_t>(day))), row);
  }
  days_.clear();
}

ErosionReplicates::Interval ErosionReplicates::Of(int statistic,
                                                  double value) const {
  const Statistic& one = statistics_[static_cast<size_t>(statistic)];
  Interval out;
  out.clusters = one.clusters;
  if (one.clusters < 2 || !(value > 0)) return out;
  const double g = static_cast<double>(one.clusters);
  const double sum = Real(one.sum);
  const double squares =
      std::ldexp(static_cast<double>(one.squares), -2 * kUnit);
  out.log_error =
      std::sqrt(g / (g - 1) * std::max(squares - sum * sum / g, 0.0));
  // Rounding is no spread: equal values give an interval of no width.
  if (out.log_error < 1e-10) out.log_error = 0;
  v1::Clusters& spread = out.spread;
  spread.set_n(one.clusters);
  spread.set_smallest(one.sizes.begin()->first);
  spread.set_largest(one.sizes.rbegin()->first);
  int64_t seen = 0;
  for (const auto& [size, count] : one.sizes) {
    seen += count;
    if (seen * 2 < one.clusters) continue;
    spread.set_median(size);
    break;
  }
  spread.set_without_largest(
      FloatText(value * std::exp(-Real(one.largest_part))));
  spread.set_largest_change(
      FloatText(value * std::expm1(-Real(one.most_part))));
  if (one.clusters < kFewest) return out;
  const double half = StudentBound(one.clusters - 1) * out.log_error;
  out.low = value * std::exp(-half);
  out.high = value * std::exp(half);
  out.method = "clustered t";
  if (one.clusters < kFewForReplicates || replicates_ == 0 ||
      out.log_error == 0) {
    return out;
  }
  BootstrapOptions options;
  options.replicates = replicates_;
  options.minimum_clusters = kFewest;
  const Outcome<ConfidenceInterval> ends =
      BootstrapInterval(one.clusters, options, [&](int b) {
        return std::optional<double>(
            Real(moved_[static_cast<size_t>(b) * kErosionStatistics +
                        static_cast<size_t>(statistic)]));
      });
  if (!ends.ok()) return out;
  out.low = value * std::exp(ends->low);
  out.high = value * std::exp(ends->high);
  out.method = "linear bootstrap";
  return out;
}

}  // namespace plumbline::audit
