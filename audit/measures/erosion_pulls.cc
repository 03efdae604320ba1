#include "audit/measures/erosion_pulls.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "audit/measures/state_codec.h"
#include "audit/stats/cluster_bootstrap.h"
#include "audit/stats/hash.h"

namespace plumbline::audit {
namespace {

constexpr int kUnit = 44;
constexpr size_t kWaiting = 64;

double Real(int64_t part) {
  return std::ldexp(static_cast<double>(part), -kUnit);
}

// What a total and a number of one stratum move ln F by, in each period.
struct PairPull {
  double total[2] = {}, number[2] = {};  // 2^-44
};

// Of each pair; nothing where there is no index, zeros where there is no like.
std::vector<PairPull> PullsOf(std::span<const StratumPair> pairs) {
  const auto real = [](int64_t value) {
    return static_cast<long double>(value);
  };
  long double a = 0, b = 0, c = 0, d = 0;
  for (const StratumPair& pair : pairs) {
    if (!IsLike(pair)) continue;
    const long double n0 = real(pair.number_0), n1 = real(pair.number_1);
    a += real(pair.total_0);
    b += real(pair.total_1) / n1 * n0;
    c += real(pair.total_0) / n0 * n1;
    d += real(pair.total_1);
  }
  std::vector<PairPull> pulls;
  if (!(a > 0 && b > 0 && c > 0 && d > 0)) return pulls;
  pulls.resize(pairs.size());
  const auto scaled = [](long double value) {
    return std::ldexp(static_cast<double>(value), kUnit);
  };
  for (size_t i = 0; i < pairs.size(); ++i) {
    const StratumPair& pair = pairs[i];
    if (!IsLike(pair)) continue;
    const long double n0 = real(pair.number_0), n1 = real(pair.number_1);
    const long double p0 = real(pair.total_0) / n0,
                      p1 = real(pair.total_1) / n1;
    pulls[i].total[0] = scaled(-(1 / a + n1 / (n0 * c)) / 2);
    pulls[i].number[0] = scaled((p1 / b + p0 * n1 / (n0 * c)) / 2);
    pulls[i].total[1] = scaled((n0 / (n1 * b) + 1 / d) / 2);
    pulls[i].number[1] = scaled(-(p1 * n0 / (n1 * b) + p0 / c) / 2);
  }
  return pulls;
}

}  // namespace

ErosionStatistics::ErosionStatistics(std::span<const QuantityWeeks> indexed) {
  int next = kNamedStatistics;
  for (const QuantityWeeks& weeks : indexed) {
    begins_.push_back(next);
    if (weeks.weeks().size() > kMostWeeks) continue;
    next += static_cast<int>(weeks.weeks().size());
  }
  begins_.push_back(next);
}

ErosionPulls::ErosionPulls(const ErosionStrata& strata,
                           std::span<const QuantityWeeks> indexed)
    : statistics_(indexed) {
  for (const auto& [key, cells] : strata) {
    level_ = key.level;
    numbers_.emplace(key, static_cast<int>(numbers_.size()));
    std::vector<Week>& weeks = weeks_.emplace_back();
    for (const ErosionCells::Cell& cell : cells) {
      weeks.push_back({cell.week, {}});
    }
  }
  for (size_t q = 0; q < indexed.size() && q < kIndexed; ++q) {
    const QuantityWeeks& weeks = indexed[q];
    for (size_t stratum = 0; stratum < weeks_.size(); ++stratum) {
      pair_of_[q].push_back(weeks.pair_of(stratum));
    }
    AddPeriods(weeks, static_cast<Quantity>(q));
    AddEachWeek(weeks, static_cast<Quantity>(q));
  }
  if (level_ > 0) return;  // Weather is not kept apart.
  for (const int weather : {kRain, kSevere}) {
    for (size_t place = 0; place < kWeathered.size(); ++place) {
      AddWeather(strata, weather, place);
    }
  }
}

void ErosionPulls::Put(size_t stratum, int64_t week, const Pull& pull) {
  if (pull.total == 0 && pull.number == 0) return;
  std::vector<Week>& weeks = weeks_[stratum];
  const auto at = std::lower_bound(
      weeks.begin(), weeks.end(), week,
      [](const Week& one, int64_t wanted) { return one.week < wanted; });
  if (at != weeks.end() && at->week == week) at->pulls.push_back(pull);
}

void ErosionPulls::AddPeriods(const QuantityWeeks& weeks, Quantity q) {
  const std::optional<Periods> periods = weeks.periods();
  if (!periods) return;
  const std::vector<PairPull> pulls = PullsOf(weeks.Pairs(*periods));
  if (pulls.empty()) return;
  for (size_t stratum = 0; stratum < weeks_.size(); ++stratum) {
    const PairPull& pull = pulls[static_cast<size_t>(weeks.pair_of(stratum))];
    for (const Week& week : weeks_[stratum]) {
      for (const int later : {0, 1}) {
        const WeekRange& range = later ? periods->after : periods->before;
        if (!range.Holds(week.week)) continue;
        Put(stratum, week.week,
            {IndexStatistic(q), q, pull.total[later], pull.number[later]});
      }
    }
  }
}

void ErosionPulls::AddEachWeek(const QuantityWeeks& weeks, Quantity q) {
  const size_t n = weeks.weeks().size();
  if (n == 0 || n > ErosionStatistics::kMostWeeks) return;
  BasePulls& base = base_[static_cast<size_t>(q)];
  base.base = weeks.base();
  // Strata of a week, so that each is put once.
  std::map<int64_t, std::vector<size_t>> met;
  for (size_t stratum = 0; stratum < weeks_.size(); ++stratum) {
    for (const Week& week : weeks_[stratum]) met[week.week].push_back(stratum);
  }
  for (size_t w = 0; w < n; ++w) {
    const int64_t week = weeks.weeks()[w];
    const std::vector<PairPull> pulls = PullsOf(weeks.Pairs(base.base, week));
    const int32_t statistic = statistics_.WeekStatistic(q, w);
    base.of_pair.resize(std::max(base.of_pair.size(), pulls.size()));
    for (size_t p = 0; p < pulls.size(); ++p) {
      if (pulls[p].total[0] == 0 && pulls[p].number[0] == 0) continue;
      base.of_pair[p].push_back(
          {statistic, q, pulls[p].total[0], pulls[p].number[0]});
    }
    for (const size_t stratum : met[week]) {
      if (pulls.empty()) break;
      const PairPull& pull = pulls[static_cast<size_t>(weeks.pair_of(stratum))];
      Put(stratum, week, {statistic, q, pull.total[1], pull.number[1]});
    }
  }
}

void ErosionPulls::AddWeather(const ErosionStrata& strata, int weather,
                              size_t place) {
  const Quantity q = kWeathered[place];
  const std::vector<WeatherPair> pairs = AcrossWeather(strata, weather, q);
  std::vector<StratumPair> sums;
  for (const WeatherPair& pair : pairs) sums.push_back(pair.sums);
  const std::vector<PairPull> pulls = PullsOf(sums);
  for (size_t p = 0; p < pulls.size(); ++p) {
    for (const int bad : {0, 1}) {
      for (const auto& [stratum, week] :
           pairs[p].cells[static_cast<size_t>(bad)]) {
        Put(static_cast<size_t>(stratum), week,
            {WeatherStatistic(weather, place), q, pulls[p].total[bad],
             pulls[p].number[bad]});
      }
    }
  }
}

int ErosionPulls::StratumOf(const StratumKey& key) const {
  const auto at = numbers_.find(key.At(level_));
  return at == numbers_.end() ? -1 : at->second;
}

inline void ErosionPulls::Apply(const Pull& pull, const QuantitySums& task,
                                Row* worker) {
  const size_t q = static_cast<size_t>(pull.quantity);
  const size_t s = static_cast<size_t>(pull.statistic);
  worker->part[s] +=
      std::llrint(pull.total * static_cast<double>(task.total[q]) +
                  pull.number * static_cast<double>(task.number[q]));
  ++worker->rows[s];
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
    if (task.number[static_cast<size_t>(pull.quantity)] != 0) {
      Apply(pull, task, worker);
    }
  }
  for (size_t q = 0; q < kIndexed; ++q) {
    const BasePulls& base = base_[q];
    if (task.number[q] == 0 || base.of_pair.empty() || !base.base.Holds(week)) {
      continue;
    }
    const size_t pair =
        static_cast<size_t>(pair_of_[q][static_cast<size_t>(stratum)]);
    for (const Pull& pull : base.of_pair[pair]) Apply(pull, task, worker);
  }
}

ErosionReplicates::ErosionReplicates(const v1::AuditPlan& plan, int64_t workers,
                                     int statistics)
    : seed_(plan.seed()),
      replicates_(workers <= kManyForReplicates ? plan.bootstrap_replicates()
                                                : 0),
      statistics_(static_cast<size_t>(statistics)),
      moved_(static_cast<size_t>(replicates_) * statistics_.size(), 0) {}

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
  for (size_t s = 0; s < statistics_.size(); ++s) {
    if (row.rows[s] == 0) continue;
    any = true;
    Statistic& one = statistics_[s];
    ++one.clusters;
    one.sum += row.part[s];
    one.squares += Int128{row.part[s]} * row.part[s];
    if (s >= kNamedStatistics) continue;
    ++one.sizes[row.rows[s]];
    if (one.clusters == 1 && one.largest == 0) one.largest_key = UINT64_MAX;
    one.KeepLargest(row.rows[s], row.part[s], key);
    one.KeepMost(row.part[s], key);
  }
  if (!any || replicates_ == 0) return;
  waiting_.emplace_back(key, row.part);
  if (waiting_.size() >= kWaiting) Draw();
}

void ErosionReplicates::Draw() const {
  const size_t width = statistics_.size();
  for (int b = 0; b < replicates_; ++b) {
    int64_t* out = &moved_[static_cast<size_t>(b) * width];
    for (const auto& [key, part] : waiting_) {
      const int64_t times = PoissonWeight(seed_, key, b) - 1;
      if (times == 0) continue;
      const int64_t* in = part.data();
      if (times == -1) {
        for (size_t s = 0; s < width; ++s) out[s] -= in[s];
      } else {
        for (size_t s = 0; s < width; ++s) out[s] += times * in[s];
      }
    }
  }
  waiting_.clear();
}

void ErosionReplicates::Merge(const ErosionReplicates& other) {
  Draw();
  other.Draw();
  for (size_t s = 0; s < std::min(statistics_.size(), other.statistics_.size());
       ++s) {
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
    ErosionPulls::Row& to = DayRow(day);
    for (size_t s = 0; s < std::min(to.part.size(), row.part.size()); ++s) {
      to.part[s] += row.part[s];
      to.rows[s] += row.rows[s];
    }
  }
}

void ErosionReplicates::Save(v1::ErosionState::Second* state) const {
  Draw();
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
    for (size_t s = 0; s < row.part.size(); ++s) {
      out->add_part(row.part[s]);
      out->add_rows(row.rows[s]);
    }
  }
}

void ErosionReplicates::Merge(const v1::ErosionState::Second& state) {
  ErosionReplicates other = *this;
  other.statistics_.assign(statistics_.size(), {});
  other.days_.clear();
  other.waiting_.clear();
  std::fill(other.moved_.begin(), other.moved_.end(), 0);
  for (int s = 0; s < std::min(statistics(), state.statistics_size()); ++s) {
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
    ErosionPulls::Row& row = other.DayRow(in.day());
    for (int s = 0;
         s < std::min({statistics(), in.part_size(), in.rows_size()}); ++s) {
      row.part[static_cast<size_t>(s)] = in.part(s);
      row.rows[static_cast<size_t>(s)] = static_cast<int32_t>(in.rows(s));
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
  Draw();
}

void ErosionReplicates::FillSpread(const Statistic& one, double value,
                                   v1::Clusters* spread) const {
  spread->set_n(one.clusters);
  spread->set_smallest(one.sizes.begin()->first);
  spread->set_largest(one.sizes.rbegin()->first);
  int64_t seen = 0;
  for (const auto& [size, count] : one.sizes) {
    seen += count;
    if (seen * 2 < one.clusters) continue;
    spread->set_median(size);
    break;
  }
  spread->set_without_largest(
      FloatText(value * std::exp(-Real(one.largest_part))));
  spread->set_largest_change(
      FloatText(value * std::expm1(-Real(one.most_part))));
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
  if (!one.sizes.empty()) FillSpread(one, value, &out.spread);
  std::vector<double> replicates;
  for (int b = 0; out.log_error > 0 && b < replicates_; ++b) {
    replicates.push_back(
        Real(moved_[static_cast<size_t>(b) * statistics_.size() +
                    static_cast<size_t>(statistic)]));
  }
  const std::optional<PolicyInterval> ends =
      IntervalOf(0, out.log_error, one.clusters, replicates);
  if (!ends) return out;
  out.low = value * std::exp(ends->low);
  out.high = value * std::exp(ends->high);
  out.method = ends->replicated ? "linear bootstrap" : "clustered t";
  return out;
}

}  // namespace plumbline::audit
