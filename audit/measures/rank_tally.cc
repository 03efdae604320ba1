#include "audit/measures/rank_tally.h"

#include <algorithm>
#include <cmath>

namespace plumbline::audit {
namespace {

using replay::IsKnown;

// To the nearest multiple of 2^-40.
Int128 ToFixed(double value) {
  const double scaled = value * TwoTo(kInfluenceBits);
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

// Groups are of a few tasks, so that what costs is where loops end: there are
// two, over the values and over the targets.
template <typename Task>
inline StratumRanker::Group StratumRanker::NextGroup(
    const Reference& reference, std::span<const Task>* tasks,
    std::array<Int128, kTargets>* met) {
  Group group;
  group.worker = WorkerOf(tasks->front());
  own_.Clear();
  own_censored_.Clear();
  size_t end = 0;
  do {
    const Task& task = (*tasks)[end];
    (IsCensored(task) ? own_censored_ : own_).Add(task.value);
    ++end;
  } while (end < tasks->size() && WorkerOf((*tasks)[end]) == group.worker);
  const std::span<const Task> own_tasks = tasks->first(end);
  *tasks = tasks->subspan(end);
  own_.Settle();
  own_censored_.Settle();
  group.own = own_.size();
  group.own_censored = own_censored_.size();

  const bool bounds = reference.censored.size() > group.own_censored;
  std::array<bool, kTargets> any;
  for (int t = 0; t < kTargets; ++t) any[t] = reference.targets[t].size() > 0;
  std::array<int64_t, kTargets> all_met = {}, own_met = {}, below = {};
  for (const Task& task : own_tasks) {
    if (IsCensored(task)) continue;
    for (int t = 0; t < kTargets; ++t) {
      if (!any[t]) continue;
      below[t] += AtMost(reference.targets[t], task.value - int64_t{1}, task);
      if (!IsRanked(task, t)) continue;
      const int64_t target = task.target[t];
      TargetGroup& sums = group.targets[t];
      ++sums.ranked;
      all_met[t] += AtMost(reference.durations, target, task);
      own_met[t] += own_.AtMost(target);
      if (bounds) {
        sums.met_censored += AtMost(reference.censored, target, task) -
                             own_censored_.AtMost(target);
      }
    }
  }
  for (int t = 0; t < kTargets; ++t) {
    if (!any[t]) continue;
    (*met)[t] += all_met[t];
    group.targets[t].met = all_met[t] - own_met[t];
    group.targets[t].at_or_above =
        group.own * reference.targets[t].size() - below[t];
  }
  return group;
}

template <typename Task>
void StratumRanker::Rank(
    const Reference& reference, std::span<const Task> tasks,
    std::array<Int128, kTargets>* met, std::array<RankSums, kTargets>* sums,
    std::span<std::array<WorkerInfluence, kTargets>> influence) {
  groups_.clear();
  std::array<Int128, kTargets> own_met = {};
  while (!tasks.empty()) {
    groups_.push_back(NextGroup(reference, &tasks, &own_met));
  }
  if (met != nullptr) *met = own_met;
  const std::array<Int128, kTargets>& all_met =
      met != nullptr ? *met : reference.met;

  const int64_t n = reference.durations.size();
  const int64_t censored = reference.censored.size();
  others_.Begin(n);
  started_.Begin(n + censored);
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
        const Int128 pi = others_.Less(group.own).Of(target.met);
        const int64_t gone = group.own + group.own_censored;
        sum.pi += pi;
        if (n + censored - gone == others) {
          sum.low += pi;
          sum.high += pi;
        } else {
          const FixedDivisor& started = started_.Less(gone);
          sum.low += started.Of(target.met);
          sum.high += started.Of(target.met + target.met_censored);
        }
        worker.ranked += target.ranked;
        moved += static_cast<double>(target.met) / static_cast<double>(others);
      }
      worker.fixed += ToFixed(moved);
    }
  }
}

void StratumRanker::OwnValues::AddMany(int64_t value, size_t before) {
  if (many_.empty()) many_.assign(few_.begin(), few_.begin() + before);
  many_.push_back(value);
}

void StratumRanker::OwnValues::SortMany() {
  std::sort(many_.begin(), many_.end());
}

int64_t StratumRanker::OwnValues::AtMostOfMany(int64_t value) const {
  return std::upper_bound(many_.begin(), many_.end(), value) - many_.begin();
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
      static_cast<double>(influence.fixed) * TwoTo(-kInfluenceBits) -
      static_cast<double>(influence.ranked) * plain;
  ++spread->workers;
  spread->influence += ToFixed(value);
  spread->squares += ToFixed(value * value);
}

}  // namespace plumbline::audit
