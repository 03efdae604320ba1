#include "audit/measures/strictness/stratum_position.h"

#include <algorithm>
#include <cmath>

#include "audit/measures/strictness/worker_interval.h"
#include "audit/measures/target_tally.h"
#include "audit/stats/hash.h"
#include "audit/stats/survival.h"

namespace plumbline::audit {
namespace {

int64_t ToUnit(double value) {
  return std::llrint(value * TwoTo(kInfluenceUnit));
}

// Whole seconds are counted in a table, which is faster than sorting.
std::vector<Count> CountsOf(std::vector<int64_t> values) {
  constexpr int64_t kMostSeconds = 1 << 16;
  bool whole = true;
  for (const int64_t value : values) {
    whole =
        whole && value >= 0 && value < kMostSeconds * 1000 && value % 1000 == 0;
  }
  std::vector<Count> counts;
  if (whole) {
    std::vector<int64_t> table(kMostSeconds, 0);
    int64_t last = -1;
    for (const int64_t value : values) {
      ++table[value / 1000];
      last = std::max(last, value / 1000);
    }
    for (int64_t s = 0; s <= last; ++s) {
      if (table[s] > 0) counts.push_back({s * 1000, table[s]});
    }
    return counts;
  }
  std::sort(values.begin(), values.end());
  for (const int64_t value : values) {
    if (counts.empty() || counts.back().value != value) {
      counts.push_back({value, 0});
    }
    ++counts.back().count;
  }
  return counts;
}

// End of the stretch of tasks of one worker that begins at `begin`.
size_t EndOfWorker(std::span<const PlacedTask> tasks, size_t begin) {
  size_t end = begin + 1;
  while (end < tasks.size() &&
         tasks[end].task.worker == tasks[begin].task.worker) {
    ++end;
  }
  return end;
}

// A worker's own values: counted one by one where there are few.
class Own {
 public:
  void Clear() { values_.clear(); }
  void Add(int64_t value) { values_.push_back(value); }
  void Seal() {
    if (values_.size() > kFew) std::sort(values_.begin(), values_.end());
  }
  int64_t size() const { return static_cast<int64_t>(values_.size()); }
  int64_t AtMost(int64_t value) const {
    if (values_.size() > kFew) {
      return std::upper_bound(values_.begin(), values_.end(), value) -
             values_.begin();
    }
    int64_t count = 0;
    for (const int64_t own : values_) count += own <= value;
    return count;
  }
  std::span<const int64_t> values() const { return values_; }

 private:
  static constexpr size_t kFew = 32;
  std::vector<int64_t> values_;
};

double VarianceOfSum(std::span<const double> parts) {
  const double g = static_cast<double>(parts.size());
  if (g < 2) return 0;
  double sum = 0, squares = 0;
  for (const double part : parts) {
    sum += part;
    squares += part * part;
  }
  return g / (g - 1) * std::max(squares - sum * sum / g, 0.0);
}

int64_t ValueOf(const PlacedTask& task, int covariate) {
  switch (covariate) {
    case kRoute:
      return task.task.route;
    case kWait:
      return task.task.wait == kNoNumber ? kNoNumber : task.task.wait / 1000;
    default:
      return task.week;
  }
}

}  // namespace

void PositionSums::operator+=(const PositionSums& other) {
  n += other.n;
  for (int v = 0; v < kBounds; ++v) rank[v] += other.rank[v];
  kaplan_meier += other.kaplan_meier;
  fastest5 += other.fastest5;
  fastest25 += other.fastest25;
  below_middle += other.below_middle;
}

void WorkerPosition::operator+=(const WorkerPosition& other) {
  for (int r = 0; r < kReferences; ++r) {
    for (int t = 0; t < kTargets; ++t) {
      for (int v = 0; v < kBounds; ++v) {
        influence[r][t][v] += other.influence[r][t][v];
      }
      n[r][t] += other.n[r][t];
    }
  }
}

void ReplicateSums::operator+=(const ReplicateSums& other) {
  const auto add = [](std::vector<double>& to,
                      const std::vector<double>& from) {
    to.resize(std::max(to.size(), from.size()), 0);
    for (size_t b = 0; b < from.size(); ++b) to[b] += from[b];
  };
  for (int r = 0; r < kReferences; ++r) {
    for (int t = 0; t < kTargets; ++t) {
      for (int v = 0; v < kBounds; ++v) add(rank[r][t][v], other.rank[r][t][v]);
      add(n[r][t], other.n[r][t]);
    }
  }
}

void BalanceSums::operator+=(const BalanceSums& other) {
  for (int c = 0; c < kCovariates; ++c) {
    difference[c] += other.difference[c];
    variance[c] += other.variance[c];
    n[c] += other.n[c];
  }
}

bool StratumPosition::IsRanked(int r, int t, const PlacedTask& task) const {
  return task.ranked && !task.prebooked && !task.task.censored &&
         task.task.target[t] != kNoNumber && (r != kBase || task.after) &&
         (r != kFree || task.alone);
}

void StratumPosition::FindMembers(std::span<const PlacedTask> tasks) {
  member_.assign(tasks.size(), 0);
  std::vector<int64_t> values;
  for (size_t i = 0; i < tasks.size(); ++i) {
    if (tasks[i].prebooked) continue;
    member_[i] = 1u << kObserved;
    if (!tasks[i].base) continue;
    member_[i] |= 1u << kBase;
    if (!tasks[i].task.censored) values.push_back(tasks[i].task.value);
  }
  // The deadline above which nearly everybody was done before: of durations
  // that these deadlines did not shape.
  int64_t lenient = INT64_MAX;
  if (static_cast<int64_t>(values.size()) >= plan_.stratum_min_completed()) {
    SortedValues base;
    base.Assign(values);
    const Fraction q95 = base.Quantile(19, 20);
    lenient = static_cast<int64_t>((q95.numerator + q95.denominator - 1) /
                                   q95.denominator);
  }
  for (size_t i = 0; i < tasks.size(); ++i) {
    if (!tasks[i].alone) continue;
    bool pressed = false;
    for (const int32_t target : tasks[i].task.target) {
      pressed |= target != kNoNumber && target < lenient;
    }
    if (tasks[i].prebooked || !pressed) member_[i] |= 1u << kFree;
  }
}

void StratumPosition::RankAgainst(int r, int t,
                                  std::span<const PlacedTask> tasks,
                                  StratumPositionFigures* figures,
                                  std::span<WorkerPosition> workers) {
  const SortedValues& durations = durations_[r];
  const SortedValues& censored = censored_[r];
  const int64_t n = durations.size(), c = censored.size();
  std::vector<int64_t> values;
  Int128 met = 0, met_censored = 0;
  ranked_.clear();
  for (size_t i = 0; i < tasks.size(); ++i) {
    if (!IsRanked(r, t, tasks[i])) continue;
    const int64_t target = tasks[i].task.target[t];
    values.push_back(target);
    ranked_.push_back({i, target, durations.AtMost(target),
                       c > 0 ? censored.AtMost(target) : 0});
    met += ranked_.back().met;
    met_censored += ranked_.back().met_censored;
  }
  if (values.empty()) return;
  SortedValues targets;
  targets.Assign(values);
  const int64_t ranked = targets.size();
  const double per[kBounds] = {1 / static_cast<double>(n),
                               1 / static_cast<double>(n + c),
                               1 / static_cast<double>(n + c)};
  const double plain[kBounds] = {
      static_cast<double>(met) * per[kMiddle],
      static_cast<double>(met) * per[kLow],
      static_cast<double>(met + met_censored) * per[kHigh]};

  PositionSums& sums = figures->sums[r][t];
  const uint8_t bit = static_cast<uint8_t>(1u << r);
  Own own, own_censored;
  std::vector<std::pair<double, int64_t>> groups;
  auto next = ranked_.cbegin();
  for (size_t begin = 0, end = 0; begin < tasks.size(); begin = end) {
    end = EndOfWorker(tasks, begin);
    own.Clear();
    own_censored.Clear();
    const auto first = next;
    while (next != ranked_.cend() && next->task < end) ++next;
    const bool any = next != first;
    for (size_t i = begin; i < end; ++i) {
      if ((member_[i] & bit) == 0) continue;
      (tasks[i].task.censored ? own_censored : own).Add(tasks[i].task.value);
    }
    if (!any && own.size() + own_censored.size() == 0) continue;
    own.Seal();
    own_censored.Seal();
    const int64_t others = n - own.size();
    const int64_t started = others + c - own_censored.size();
    int64_t count = 0, own_met = 0, own_met_censored = 0;
    for (auto at = first; others > 0 && at != next; ++at) {
      const int64_t m = at->met - own.AtMost(at->target);
      ++count;
      own_met += m;
      if (c > 0) {
        own_met_censored += at->met_censored - own_censored.AtMost(at->target);
      }
      sums.fastest5 += m * 20 <= others;
      sums.fastest25 += m * 4 <= others;
      sums.below_middle += m * 2 < others;
      if (r == kObserved) {
        ranks_[t][at->task] =
            static_cast<double>(m) / static_cast<double>(others);
      }
    }
    double moved[kBounds] = {};
    if (count > 0) {
      sums.n += count;
      const Int128 part = FixedPoint(own_met, others, kRankUnit);
      sums.rank[kMiddle] += part;
      sums.rank[kLow] +=
          c == 0 ? part : FixedPoint(own_met, started, kRankUnit);
      sums.rank[kHigh] += c == 0
                              ? part
                              : FixedPoint(Int128{own_met} + own_met_censored,
                                           started, kRankUnit);
      moved[kMiddle] = static_cast<double>(own_met) / others;
      moved[kLow] = static_cast<double>(own_met) / started;
      moved[kHigh] = static_cast<double>(own_met + own_met_censored) / started;
    }
    // As one in whose durations others are ranked.
    int64_t above = 0, above_censored = 0;
    for (const int64_t value : own.values()) {
      above += ranked - targets.AtMost(value - 1);
    }
    for (const int64_t value : own_censored.values()) {
      above_censored += ranked - targets.AtMost(value - 1);
    }
    const double mine = static_cast<double>(own.size());
    const double all = mine + static_cast<double>(own_censored.size());
    const double lent =
        (static_cast<double>(above) - mine * plain[kMiddle]) * per[kMiddle];
    if (r == kObserved) lent_[t].emplace_back(tasks[begin].task.worker, lent);
    moved[kMiddle] += lent;
    moved[kLow] += (static_cast<double>(above) - all * plain[kLow]) * per[kLow];
    moved[kHigh] +=
        (static_cast<double>(above + above_censored) - all * plain[kHigh]) *
        per[kHigh];
    WorkerPosition& worker = workers[tasks[begin].task.worker];
    for (int v = 0; v < kBounds; ++v) {
      worker.influence[r][t][v] += ToUnit(moved[v]);
    }
    worker.n[r][t] += static_cast<int32_t>(count);
    if (r == kObserved) groups.emplace_back(moved[kMiddle], count);
  }
  if (c == 0) {
    sums.kaplan_meier = plain[kMiddle];
  } else {
    std::vector<int64_t> events, lost;
    for (size_t i = 0; i < tasks.size(); ++i) {
      if ((member_[i] & bit) == 0) continue;
      (tasks[i].task.censored ? lost : events).push_back(tasks[i].task.value);
    }
    const std::vector<SurvivalStep> steps =
        KaplanMeier(CountsOf(std::move(events)), CountsOf(std::move(lost)));
    for (const int64_t target : values) {
      const auto after = std::upper_bound(
          steps.begin(), steps.end(), target,
          [](int64_t at, const SurvivalStep& step) { return at < step.time; });
      sums.kaplan_meier +=
          after == steps.begin() ? 0 : 1 - (after - 1)->survival;
    }
  }
  if (r == kObserved || !figures->usable[kObserved]) {
    figures->targets_vary[t] = targets.Spread() > 0.1 * durations.Spread();
  }
  if (r != kObserved) return;
  figures->target_n[t] = ranked;
  figures->target_sum[t] = targets.sum();
  if (sums.n == 0) return;
  const double mean =
      std::ldexp(static_cast<double>(sums.rank[kMiddle]), -kRankUnit) /
      static_cast<double>(sums.n);
  std::vector<double> parts;
  for (const auto& [moved, count] : groups) {
    parts.push_back(moved - static_cast<double>(count) * mean);
  }
  figures->variance[t] = VarianceOfSum(parts);
  figures->clusters[t] = static_cast<int64_t>(parts.size());
  std::vector<int64_t> rows;
  for (size_t g = 0; g < groups.size(); ++g) {
    rows.push_back(groups[g].second);
    parts[g] /= static_cast<double>(sums.n);
  }
  figures->spread[t] = SpreadOfParts(mean, parts, rows);
}

void StratumPosition::Replicate(int r, int t, std::span<const PlacedTask> tasks,
                                ReplicateSums* replicates) {
  const int b_count = plan_.bootstrap_replicates();
  const uint8_t bit = static_cast<uint8_t>(1u << r);
  // Durations in order, delivered and not, by place among the workers here.
  struct Value {
    int64_t value;
    uint32_t group;
  };
  struct Target {
    uint32_t group;
    uint32_t met, met_censored;  // Places in the orders.
    int32_t own, own_censored;   // Of these, the worker's own.
  };
  std::vector<Value> delivered, lost;
  std::vector<Target> targets;
  std::vector<uint64_t> keys;
  std::vector<std::array<int64_t, 3>> sizes;  // Own, own censored, targets.
  Own own, own_censored;
  for (size_t begin = 0, end = 0; begin < tasks.size(); begin = end) {
    end = EndOfWorker(tasks, begin);
    const uint32_t group = static_cast<uint32_t>(keys.size());
    keys.push_back(keys_[tasks[begin].task.worker]);
    own.Clear();
    own_censored.Clear();
    for (size_t i = begin; i < end; ++i) {
      if ((member_[i] & bit) == 0) continue;
      const bool gone = tasks[i].task.censored;
      (gone ? own_censored : own).Add(tasks[i].task.value);
      (gone ? lost : delivered).push_back({tasks[i].task.value, group});
    }
    own.Seal();
    own_censored.Seal();
    int64_t count = 0;
    for (size_t i = begin; i < end; ++i) {
      if (!IsRanked(r, t, tasks[i])) continue;
      const int64_t target = tasks[i].task.target[t];
      targets.push_back({group,
                         static_cast<uint32_t>(durations_[r].AtMost(target)),
                         static_cast<uint32_t>(censored_[r].AtMost(target)),
                         static_cast<int32_t>(own.AtMost(target)),
                         static_cast<int32_t>(own_censored.AtMost(target))});
      ++count;
    }
    sizes.push_back({own.size(), own_censored.size(), count});
  }
  const auto by_value = [](const Value& a, const Value& b) {
    return std::tie(a.value, a.group) < std::tie(b.value, b.group);
  };
  std::sort(delivered.begin(), delivered.end(), by_value);
  std::sort(lost.begin(), lost.end(), by_value);
  for (int v = 0; v < kBounds; ++v) {
    replicates->rank[r][t][v].resize(b_count, 0);
  }
  replicates->n[r][t].resize(b_count, 0);
  std::vector<int64_t> weight(keys.size());
  std::vector<int64_t> up_to(delivered.size() + 1), lost_up_to(lost.size() + 1);
  for (int b = 0; b < b_count; ++b) {
    for (size_t g = 0; g < keys.size(); ++g) {
      weight[g] = PoissonWeight(plan_.seed(), keys[g], b);
    }
    for (size_t i = 0; i < delivered.size(); ++i) {
      up_to[i + 1] = up_to[i] + weight[delivered[i].group];
    }
    for (size_t i = 0; i < lost.size(); ++i) {
      lost_up_to[i + 1] = lost_up_to[i] + weight[lost[i].group];
    }
    double sums[kBounds] = {}, n = 0;
    for (const Target& target : targets) {
      const int64_t w = weight[target.group];
      if (w == 0) continue;
      const auto& size = sizes[target.group];
      const int64_t others = up_to.back() - w * size[0];
      if (others <= 0) continue;
      const int64_t started = others + lost_up_to.back() - w * size[1];
      const double met =
          static_cast<double>(up_to[target.met] - w * target.own);
      const double gone = static_cast<double>(lost_up_to[target.met_censored] -
                                              w * target.own_censored);
      const double times = static_cast<double>(w);
      sums[kMiddle] += times * met / static_cast<double>(others);
      sums[kLow] += times * met / static_cast<double>(started);
      sums[kHigh] += times * (met + gone) / static_cast<double>(started);
      n += times;
    }
    for (int v = 0; v < kBounds; ++v) replicates->rank[r][t][v][b] += sums[v];
    replicates->n[r][t][b] += n;
  }
}

BalanceSums StratumPosition::BalanceOf(
    std::span<const PlacedTask> tasks) const {
  BalanceSums balance;
  for (int c = 0; c < kCovariates; ++c) {
    int64_t n[2] = {}, sum[2] = {};
    Int128 squares[2] = {};
    for (size_t i = 0; i < tasks.size(); ++i) {
      const int64_t value = ValueOf(tasks[i], c);
      if (value == kNoNumber || tasks[i].task.censored) continue;
      const int side = is_free(i) ? 1 : 0;
      if (side == 0 && !(tasks[i].ranked && tasks[i].alone)) continue;
      ++n[side];
      sum[side] += value;
      squares[side] += Int128{value} * value;
    }
    if (n[0] < 2 || n[1] < 2) continue;
    double mean[2], variance = 0;
    for (int side = 0; side < 2; ++side) {
      const double count = static_cast<double>(n[side]);
      mean[side] = static_cast<double>(sum[side]) / count;
      variance += std::max(0.0, static_cast<double>(squares[side]) -
                                    count * mean[side] * mean[side]) /
                  (count - 1) / 2;
    }
    const double others = static_cast<double>(n[0]);
    balance.difference[c] = others * (mean[1] - mean[0]);
    balance.variance[c] = others * variance;
    balance.n[c] = others;
  }
  return balance;
}

void StratumPosition::RankReferences(int first,
                                     std::span<const PlacedTask> tasks,
                                     int64_t days_base,
                                     std::span<WorkerPosition> workers,
                                     ReplicateSums* replicates,
                                     StratumPositionFigures* figures) {
  for (int t = 0; t < kTargets; ++t) {
    ranks_[t].assign(tasks.size(), -1);
    lent_[t].clear();
  }
  FindMembers(tasks);
  int64_t distinct[kReferences] = {};
  for (int r = first; r < kReferences; ++r) {
    std::vector<int64_t> values, lost;
    uint32_t last = UINT32_MAX;
    for (size_t i = 0; i < tasks.size(); ++i) {
      if ((member_[i] & (1u << r)) == 0) continue;
      if (tasks[i].task.censored) {
        lost.push_back(tasks[i].task.value);
        continue;
      }
      values.push_back(tasks[i].task.value);
      figures->own_durations[r] += tasks[i].ranked;
      distinct[r] += tasks[i].task.worker != last;
      last = tasks[i].task.worker;
    }
    durations_[r].Assign(values);
    censored_[r].Assign(lost);
    figures->durations[r] = durations_[r].size();
  }
  const int64_t least[kReferences] = {1, plan_.stratum_min_completed(),
                                      plan_.free_min_completed()};
  for (int r = first; r < kReferences; ++r) {
    figures->usable[r] =
        figures->durations[r] >= least[r] &&
        (r == kObserved || distinct[r] >= plan_.stratum_min_workers()) &&
        (r != kBase || days_base >= plan_.stratum_min_days());
    for (int t = 0; figures->usable[r] && t < kTargets; ++t) {
      RankAgainst(r, t, tasks, figures, workers);
      if (replicates != nullptr && figures->sums[r][t].n > 0) {
        Replicate(r, t, tasks, replicates);
      }
    }
  }
}

StratumPositionFigures StratumPosition::RankFree(
    std::span<const PlacedTask> tasks, std::span<WorkerPosition> workers,
    ReplicateSums* replicates) {
  StratumPositionFigures figures;
  RankReferences(kFree, tasks, 0, workers, replicates, &figures);
  if (figures.usable[kFree]) figures.balance = BalanceOf(tasks);
  return figures;
}

StratumPositionFigures StratumPosition::Rank(std::span<const PlacedTask> tasks,
                                             int64_t days_base,
                                             std::span<WorkerPosition> workers,
                                             ReplicateSums* replicates) {
  StratumPositionFigures figures;
  RankReferences(kObserved, tasks, days_base, workers, replicates, &figures);
  if (!figures.usable[kObserved]) return figures;

  const SortedValues& observed = durations_[kObserved];
  constexpr int64_t kPercents[] = {5, 10, 25, 50, 75, 90, 95};
  for (size_t q = 0; q < std::size(kPercents); ++q) {
    figures.quantile[q] = observed.Quantile(kPercents[q], 100);
  }
  // Interval of the middle: the share below it varies by worker.
  const double middle = static_cast<double>(figures.quantile[3].numerator) /
                        static_cast<double>(figures.quantile[3].denominator);
  std::vector<double> parts;
  for (size_t begin = 0, end = 0; begin < tasks.size(); begin = end) {
    end = EndOfWorker(tasks, begin);
    double part = 0;
    int64_t count = 0;
    for (size_t i = begin; i < end; ++i) {
      if ((member_[i] & (1u << kObserved)) == 0) continue;
      if (tasks[i].task.censored) continue;
      part += (tasks[i].task.value <= middle) - 0.5;
      ++count;
    }
    if (count > 0) parts.push_back(part);
  }
  if (parts.size() >= 2) {
    const double half = StudentBound(static_cast<int64_t>(parts.size()) - 1) *
                        std::sqrt(VarianceOfSum(parts)) /
                        static_cast<double>(observed.size());
    const auto at = [&](double share) {
      const int64_t millionths =
          std::llrint(std::clamp(share, 0.0, 1.0) * 1'000'000);
      const Fraction value = observed.Quantile(millionths, 1'000'000);
      return static_cast<double>(value.numerator) /
             static_cast<double>(value.denominator);
    };
    figures.median_low = at(0.5 - half);
    figures.median_high = at(0.5 + half);
  }
  if (figures.usable[kFree]) {
    figures.free_median = durations_[kFree].Quantile(1, 2);
    figures.balance = BalanceOf(tasks);
  }
  if (figures.usable[kBase]) {
    figures.base_median = durations_[kBase].Quantile(1, 2);
  }
  // Bins of whole half minutes, some thirty up to beyond the slowest tenth.
  const double top = static_cast<double>(figures.quantile[6].numerator) /
                     static_cast<double>(figures.quantile[6].denominator) *
                     1.25 / 1000;
  figures.bin_width_s =
      std::max<int64_t>(1, static_cast<int64_t>(std::ceil(top / 30 / 30))) * 30;
  figures.bins.assign(
      std::clamp<int64_t>(static_cast<int64_t>(top) / figures.bin_width_s + 1,
                          1, 60),
      0);
  for (size_t i = 0; i < tasks.size(); ++i) {
    const StrictTask& task = tasks[i].task;
    if ((member_[i] & (1u << kObserved)) == 0 || task.censored) continue;
    const int64_t bin = task.value / 1000 / figures.bin_width_s;
    ++figures.bins[std::min<int64_t>(
        bin, static_cast<int64_t>(figures.bins.size()) - 1)];
    if (task.route != kNoNumber) {
      figures.route_sum += task.route;
      ++figures.route_n;
    }
    if (task.wait != kNoNumber) {
      figures.wait_sum += task.wait;
      ++figures.wait_n;
    }
  }
  return figures;
}

}  // namespace plumbline::audit
