#include "audit/measures/rank_tally.h"

#include <algorithm>
#include <cmath>

namespace plumbline::audit {
namespace {

using replay::IsKnown;

Int128 ToFixed(long double value) {
  return static_cast<Int128>(std::round(std::ldexp(value, kInfluenceBits)));
}

int64_t AtMost(const std::vector<int64_t>& sorted, int64_t value) {
  return std::upper_bound(sorted.begin(), sorted.end(), value) - sorted.begin();
}

}  // namespace

void RankSums::operator+=(const RankSums& other) {
  n += other.n;
  workers += other.workers;
  pi += other.pi;
  low += other.low;
  high += other.high;
}

void WorkerInfluence::operator+=(const WorkerInfluence& other) {
  fixed += other.fixed;
  ranked += other.ranked;
  any |= other.any;
}

void SpreadSums::operator+=(const SpreadSums& other) {
  workers += other.workers;
  influence += other.influence;
  squares += other.squares;
}

void StratumRanker::Rank(
    const Reference& reference, std::span<const RankedTask> tasks,
    std::array<RankSums, kTargets>* sums,
    std::span<std::array<WorkerInfluence, kTargets>> influence) {
  std::array<double, kTargets> plain = {};
  for (int t = 0; t < kTargets; ++t) {
    const int64_t ranked = reference.targets[t].size();
    if (ranked == 0) continue;
    plain[t] = static_cast<double>(reference.met[t]) /
               static_cast<double>(reference.durations.size()) /
               static_cast<double>(ranked);
  }
  for (size_t begin = 0; begin < tasks.size();) {
    size_t end = begin;
    while (end < tasks.size() && tasks[end].worker == tasks[begin].worker) {
      ++end;
    }
    RankWorker(reference, tasks.subspan(begin, end - begin), plain, sums,
               influence[tasks[begin].worker]);
    begin = end;
  }
}

void StratumRanker::RankWorker(
    const Reference& reference, std::span<const RankedTask> tasks,
    const std::array<double, kTargets>& plain,
    std::array<RankSums, kTargets>* sums,
    std::array<WorkerInfluence, kTargets>& influence) {
  own_.clear();
  own_censored_.clear();
  for (const RankedTask& task : tasks) {
    (task.censored ? own_censored_ : own_).push_back(task.value);
  }
  std::sort(own_.begin(), own_.end());
  std::sort(own_censored_.begin(), own_censored_.end());
  const int64_t own = static_cast<int64_t>(own_.size());
  const int64_t n = reference.durations.size();
  const int64_t others = n - own;
  const int64_t censored = reference.censored.size();
  const int64_t others_started =
      others + censored - static_cast<int64_t>(own_censored_.size());
  const bool bounds = censored > static_cast<int64_t>(own_censored_.size());
  for (int t = 0; t < kTargets; ++t) {
    const SortedValues& targets = reference.targets[t];
    const int64_t ranked = targets.size();
    if (ranked == 0) continue;
    int64_t k = 0;
    Int128 met = 0, met_censored = 0, at_or_above = 0;
    for (const RankedTask& task : tasks) {
      if (task.censored) continue;
      at_or_above += ranked - targets.AtMost(task.value - 1);
      if (!task.ranked || !IsKnown(task.target[t])) continue;
      const int64_t target = task.target[t];
      ++k;
      met += reference.durations.AtMost(target) - AtMost(own_, target);
      if (bounds) {
        met_censored +=
            reference.censored.AtMost(target) - AtMost(own_censored_, target);
      }
    }
    WorkerInfluence& moved = influence[t];
    if (own > 0) {
      moved.any = true;
      moved.fixed +=
          ToFixed((static_cast<double>(at_or_above) -
                   static_cast<double>(Int128{own} * ranked) * plain[t]) /
                  static_cast<double>(n));
    }
    if (k == 0 || others <= 0) continue;
    RankSums& sum = (*sums)[t];
    sum.n += k;
    ++sum.workers;
    const Int128 pi = FixedPoint(met, others, kRankBits);
    sum.pi += pi;
    if (others_started == others) {
      sum.low += pi;
      sum.high += pi;
    } else {
      sum.low += FixedPoint(met, others_started, kRankBits);
      sum.high += FixedPoint(met + met_censored, others_started, kRankBits);
    }
    moved.ranked += k;
    moved.fixed +=
        ToFixed(static_cast<double>(met) / static_cast<double>(others));
  }
}

void AddInfluence(const WorkerInfluence& influence, double plain,
                  SpreadSums* spread) {
  if (!influence.any) return;
  const long double value =
      std::ldexp(static_cast<long double>(influence.fixed), -kInfluenceBits) -
      static_cast<long double>(influence.ranked) * plain;
  ++spread->workers;
  spread->influence += ToFixed(value);
  spread->squares += ToFixed(value * value);
}

}  // namespace plumbline::audit
