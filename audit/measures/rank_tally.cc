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

// What a task says, in its own unit, and how many values of a reference are at
// most one in that unit.
uint32_t WorkerOf(const RankedTask& task) { return task.worker; }
uint32_t WorkerOf(const RankedSeconds& task) {
  return task.worker & ~kCensoredBit;
}
bool IsCensored(const RankedTask& task) { return task.censored; }
bool IsCensored(const RankedSeconds& task) {
  return (task.worker & kCensoredBit) != 0;
}
bool IsRanked(const RankedTask& task, int t) {
  return task.ranked && IsKnown(task.target[t]);
}
bool IsRanked(const RankedSeconds& task, int t) {
  return task.target[t] != kNoSecond;
}
int64_t AtMost(const SortedValues& values, int64_t value, const RankedTask&) {
  return values.AtMost(value);
}
int64_t AtMost(const SortedValues& values, int64_t value,
               const RankedSeconds&) {
  return values.AtMostSecond(value);
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

template <typename Task>
void StratumRanker::Rank(
    const Reference& reference, std::span<const Task> tasks,
    std::array<Int128, kTargets>* met, std::array<RankSums, kTargets>* sums,
    std::span<std::array<WorkerInfluence, kTargets>> influence) {
  groups_.clear();
  std::array<Int128, kTargets> own_met = {};
  for (size_t begin = 0; begin < tasks.size();) {
    const uint32_t worker = WorkerOf(tasks[begin]);
    size_t end = begin + 1;
    while (end < tasks.size() && WorkerOf(tasks[end]) == worker) ++end;
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
      const TargetGroup& target = group.targets[t];
      const int64_t others = n - group.own;
      double moved = 0;
      if (group.own > 0) {
        moved = (static_cast<double>(target.at_or_above) -
                 static_cast<double>(group.own) * plain) *
                per_duration;
      }
      WorkerInfluence& worker = influence[group.worker][t];
      worker.any |= group.own > 0;
      if (target.ranked > 0 && others > 0) {
        sum.n += target.ranked;
        ++sum.workers;
        const Int128 pi = FixedPoint(target.met, others, kRankBits);
        const int64_t started = others + censored - group.own_censored;
        sum.pi += pi;
        sum.low +=
            started == others ? pi : FixedPoint(target.met, started, kRankBits);
        sum.high += started == others
                        ? pi
                        : FixedPoint(Int128{target.met} + target.met_censored,
                                     started, kRankBits);
        worker.ranked += target.ranked;
        moved += static_cast<double>(target.met) / static_cast<double>(others);
      }
      worker.fixed += ToFixed(moved);
    }
  }
}

void StratumRanker::OwnValues::Assign(std::vector<int64_t>& values) {
  sorted_.clear();
  size_ = static_cast<int64_t>(values.size());
  bool narrow = values.size() <= kFew;
  for (size_t i = 0; narrow && i < values.size(); ++i) {
    few_[i] = static_cast<int32_t>(values[i]);
    narrow = few_[i] == values[i] && few_[i] > INT32_MIN && few_[i] < INT32_MAX;
  }
  if (narrow) {
    for (size_t i = values.size(); i % kStep != 0; ++i) few_[i] = INT32_MAX;
    return;
  }
  sorted_.swap(values);
  std::sort(sorted_.begin(), sorted_.end());
}

int64_t StratumRanker::OwnValues::AtMostSorted(int64_t value) const {
  return std::upper_bound(sorted_.begin(), sorted_.end(), value) -
         sorted_.begin();
}

template <typename Task>
StratumRanker::Group StratumRanker::GroupOf(const Reference& reference,
                                            std::span<const Task> tasks,
                                            std::array<Int128, kTargets>* met) {
  values_.clear();
  censored_values_.clear();
  for (const Task& task : tasks) {
    (IsCensored(task) ? censored_values_ : values_).push_back(task.value);
  }
  own_.Assign(values_);
  own_censored_.Assign(censored_values_);
  Group group;
  group.worker = WorkerOf(tasks.front());
  group.own = own_.size();
  group.own_censored = own_censored_.size();
  const bool bounds = reference.censored.size() > group.own_censored;
  for (int t = 0; t < kTargets; ++t) {
    const SortedValues& targets = reference.targets[t];
    if (targets.size() == 0) continue;
    TargetGroup& sums = group.targets[t];
    int64_t all_met = 0, own_met = 0, below = 0;
    for (const Task& task : tasks) {
      if (IsCensored(task)) continue;
      below += AtMost(targets, task.value - int64_t{1}, task);
      if (!IsRanked(task, t)) continue;
      const int64_t target = task.target[t];
      ++sums.ranked;
      all_met += AtMost(reference.durations, target, task);
      own_met += own_.AtMost(target);
      if (bounds) {
        sums.met_censored += AtMost(reference.censored, target, task) -
                             own_censored_.AtMost(target);
      }
    }
    (*met)[t] += all_met;
    sums.met = all_met - own_met;
    sums.at_or_above = group.own * targets.size() - below;
  }
  return group;
}

template void StratumRanker::Rank(
    const Reference&, std::span<const RankedTask>,
    std::array<Int128, kTargets>*, std::array<RankSums, kTargets>*,
    std::span<std::array<WorkerInfluence, kTargets>>);
template void StratumRanker::Rank(
    const Reference&, std::span<const RankedSeconds>,
    std::array<Int128, kTargets>*, std::array<RankSums, kTargets>*,
    std::span<std::array<WorkerInfluence, kTargets>>);

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
