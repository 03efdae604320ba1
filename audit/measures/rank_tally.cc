#include "audit/measures/rank_tally.h"

#include <algorithm>
#include <cmath>

namespace plumbline::audit {
namespace {

using replay::IsKnown;

// To the nearest multiple of 2^-40.
Int128 ToFixed(double value) {
  const double scaled = std::ldexp(value, kInfluenceBits);
  // Nearly always it fits one word, which is one instruction.
  if (std::fabs(scaled) < 0x1p62) return std::llrint(scaled);
  return static_cast<Int128>(std::nearbyint(scaled));
}

// Up to this many are counted one by one, four at a time, which is faster than
// sorting them.
constexpr size_t kFew = 64;

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
    std::array<Int128, kTargets>* met, std::array<RankSums, kTargets>* sums,
    std::span<std::array<WorkerInfluence, kTargets>> influence) {
  groups_.clear();
  std::array<Int128, kTargets> own_met = {};
  for (size_t begin = 0; begin < tasks.size();) {
    size_t end = begin;
    while (end < tasks.size() && tasks[end].worker == tasks[begin].worker) {
      ++end;
    }
    groups_.push_back(
        GroupOf(reference, tasks.subspan(begin, end - begin), &own_met));
    begin = end;
  }
  if (met != nullptr) *met = own_met;
  const std::array<Int128, kTargets>& all_met =
      met != nullptr ? *met : reference.met;

  const int64_t n = reference.durations.size();
  const int64_t censored = reference.censored.size();
  for (int t = 0; t < kTargets; ++t) {
    const int64_t ranked = reference.targets[t].size();
    if (ranked == 0) continue;
    const double per_duration = 1 / static_cast<double>(n);
    // The mean rank times the number of targets.
    const double plain = static_cast<double>(all_met[t]) * per_duration;
    RankSums& sum = (*sums)[t];
    for (const Group& group : groups_) {
      const int64_t others = n - group.own;
      double moved = 0;
      if (group.own > 0) {
        moved = (static_cast<double>(group.at_or_above[t]) -
                 static_cast<double>(group.own) * plain) *
                per_duration;
      }
      WorkerInfluence& worker = influence[group.worker][t];
      worker.any |= group.own > 0;
      if (group.ranked[t] > 0 && others > 0) {
        sum.n += group.ranked[t];
        ++sum.workers;
        const Int128 pi = FixedPoint(group.met[t], others, kRankBits);
        const int64_t started = others + censored - group.own_censored;
        sum.pi += pi;
        sum.low += started == others
                       ? pi
                       : FixedPoint(group.met[t], started, kRankBits);
        sum.high += started == others
                        ? pi
                        : FixedPoint(group.met[t] + group.met_censored[t],
                                     started, kRankBits);
        worker.ranked += group.ranked[t];
        moved +=
            static_cast<double>(group.met[t]) / static_cast<double>(others);
      }
      worker.fixed += ToFixed(moved);
    }
  }
}

void StratumRanker::OwnValues::Assign(std::vector<int64_t>& values) {
  few_.clear();
  sorted_.clear();
  size_ = static_cast<int64_t>(values.size());
  const bool narrow =
      values.size() <= kFew &&
      std::all_of(values.begin(), values.end(), [](int64_t value) {
        return value >= INT32_MIN && value <= INT32_MAX;
      });
  if (narrow) {
    for (const int64_t value : values) {
      few_.push_back(static_cast<int32_t>(value));
    }
    return;
  }
  sorted_.swap(values);
  std::sort(sorted_.begin(), sorted_.end());
}

int64_t StratumRanker::OwnValues::AtMost(int64_t value) const {
  if (sorted_.empty()) {
    if (value < INT32_MIN) return 0;
    const int32_t bound =
        static_cast<int32_t>(std::min<int64_t>(value, INT32_MAX));
    int32_t count = 0;
    for (const int32_t own : few_) count += own <= bound;
    return count;
  }
  return std::upper_bound(sorted_.begin(), sorted_.end(), value) -
         sorted_.begin();
}

StratumRanker::Group StratumRanker::GroupOf(const Reference& reference,
                                            std::span<const RankedTask> tasks,
                                            std::array<Int128, kTargets>* met) {
  values_.clear();
  censored_values_.clear();
  for (const RankedTask& task : tasks) {
    (task.censored ? censored_values_ : values_).push_back(task.value);
  }
  own_.Assign(values_);
  own_censored_.Assign(censored_values_);
  Group group;
  group.worker = tasks.front().worker;
  group.own = own_.size();
  group.own_censored = own_censored_.size();
  const bool bounds = reference.censored.size() > group.own_censored;
  for (int t = 0; t < kTargets; ++t) {
    const SortedValues& targets = reference.targets[t];
    if (targets.size() == 0) continue;
    // One worker's tasks of one stratum: a word holds what they add up to.
    int64_t others_met = 0, all_met = 0, below = 0, met_censored = 0;
    for (const RankedTask& task : tasks) {
      if (task.censored) continue;
      below += targets.AtMost(task.value - 1);
      if (!task.ranked || !IsKnown(task.target[t])) continue;
      const int64_t target = task.target[t];
      ++group.ranked[t];
      const int64_t at_most = reference.durations.AtMost(target);
      all_met += at_most;
      others_met += at_most - own_.AtMost(target);
      if (bounds) {
        met_censored +=
            reference.censored.AtMost(target) - own_censored_.AtMost(target);
      }
    }
    (*met)[t] += all_met;
    group.met[t] = others_met;
    group.met_censored[t] = met_censored;
    group.at_or_above[t] = Int128{group.own} * targets.size() - below;
  }
  return group;
}

void AddInfluence(const WorkerInfluence& influence, double plain,
                  SpreadSums* spread) {
  if (!influence.any) return;
  const double value =
      std::ldexp(static_cast<double>(influence.fixed), -kInfluenceBits) -
      static_cast<double>(influence.ranked) * plain;
  ++spread->workers;
  spread->influence += ToFixed(value);
  spread->squares += ToFixed(value * value);
}

}  // namespace plumbline::audit
