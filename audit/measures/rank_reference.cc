#include "audit/measures/rank_reference.h"

#include <algorithm>
#include <set>

#include "audit/measures/state_codec.h"

namespace plumbline::audit {
namespace {

int64_t FloorSecond(int64_t value) {
  return value >= 0 ? value / 1000 : -((-value + 999) / 1000);
}

struct Pooled {
  int64_t completed = 0;
  int64_t workers = 0;
  std::set<int64_t> days;
  std::vector<int> cells;
};

}  // namespace

void CountIndex::Assign(std::span<const Count> sorted) {
  total_ = TotalCount(sorted);
  by_second_.clear();
  values_.clear();
  up_to_.clear();
  if (sorted.empty()) return;
  const bool whole =
      std::all_of(sorted.begin(), sorted.end(),
                  [](const Count& entry) { return entry.value % 1000 == 0; });
  const int64_t first = FloorSecond(sorted.front().value);
  const int64_t span = FloorSecond(sorted.back().value) - first + 1;
  int64_t below = 0;
  if (whole && span <= 8 * static_cast<int64_t>(sorted.size()) + 64 &&
      total_ <= UINT32_MAX) {
    first_second_ = first;
    by_second_.assign(span, 0);
    size_t next = 0;
    for (int64_t i = 0; i < span; ++i) {
      if (sorted[next].value == (first + i) * 1000)
        below += sorted[next++].count;
      by_second_[i] = static_cast<uint32_t>(below);
    }
    return;
  }
  for (const Count& entry : sorted) {
    below += entry.count;
    values_.push_back(entry.value);
    up_to_.push_back(below);
  }
}

int64_t CountIndex::AtMost(int64_t value) const {
  if (!by_second_.empty()) {
    const int64_t at = FloorSecond(value) - first_second_;
    if (at < 0) return 0;
    if (at >= static_cast<int64_t>(by_second_.size())) return total_;
    return by_second_[at];
  }
  const auto at = std::upper_bound(values_.begin(), values_.end(), value);
  return at == values_.begin() ? 0 : up_to_[at - values_.begin() - 1];
}

int RankReferences::Find(const StratumKey& key) const {
  const auto at = std::lower_bound(
      strata.begin(), strata.end(), key,
      [](const Reference& a, const StratumKey& b) { return a.key < b; });
  if (at == strata.end() || at->key != key) return -1;
  return static_cast<int>(at - strata.begin());
}

RankReferences BuildReferences(const v1::TargetsFirst& first,
                               const v1::AuditPlan& plan) {
  RankReferences references;
  std::map<StratumKey, Pooled> pools;
  std::vector<StratumKey> keys;
  for (int i = 0; i < first.cells_size(); ++i) {
    const v1::TargetsFirst::Cell& cell = first.cells(i);
    const StratumKey key =
        StratumKey::FromCode(0, cell.zone(), cell.vehicle(), cell.code());
    keys.push_back(key);
    int64_t completed = 0;
    for (const int64_t count : cell.durations().count()) completed += count;
    for (int level = 0; level < kLevels; ++level) {
      Pooled& pool = pools[key.At(level)];
      pool.completed += completed;
      pool.days.insert(cell.days().begin(), cell.days().end());
      pool.cells.push_back(i);
    }
  }
  for (const v1::TargetsFirst::Pool& pool : first.pools()) {
    const StratumKey key = StratumKey::FromCode(pool.level(), pool.zone(),
                                                pool.vehicle(), pool.code());
    pools[key].workers = pool.workers();
  }

  std::map<StratumKey, std::vector<int>> used;  // Cells ranked in each.
  for (size_t i = 0; i < keys.size(); ++i) {
    for (int level = 0; level < kLevels; ++level) {
      const StratumKey key = keys[i].At(level);
      const Pooled& pool = pools[key];
      if (pool.completed < plan.stratum_min_completed() ||
          pool.workers < plan.stratum_min_workers() ||
          static_cast<int64_t>(pool.days.size()) < plan.stratum_min_days()) {
        continue;
      }
      used[key].push_back(static_cast<int>(i));
      break;
    }
  }
  for (const auto& [key, cells] : used) {
    const int index = static_cast<int>(references.strata.size());
    Reference& reference = references.strata.emplace_back();
    reference.key = key;
    const Pooled& pool = pools[key];
    reference.workers = pool.workers;
    reference.days = static_cast<int64_t>(pool.days.size());
    Histogram durations, censored;
    for (const int cell : pool.cells) {
      durations.Merge(DecodeCounts(first.cells(cell).durations()));
      censored.Merge(DecodeCounts(first.cells(cell).censored()));
    }
    reference.durations = durations.Sorted();
    reference.duration_index.Assign(reference.durations);
    reference.censored_index.Assign(censored.Sorted());
    for (int t = 0; t < kTargets; ++t) {
      Histogram targets;
      for (const int cell : cells) {
        if (t < first.cells(cell).targets_size()) {
          targets.Merge(DecodeCounts(first.cells(cell).targets(t)));
        }
      }
      reference.targets[t] = targets.Sorted();
      reference.target_index[t].Assign(reference.targets[t]);
      Int128 met = 0;
      for (const Count& entry : reference.targets[t]) {
        met +=
            Int128{entry.count} * reference.duration_index.AtMost(entry.value);
      }
      const int64_t n = reference.target_index[t].total();
      if (n == 0) continue;
      const double sum = static_cast<double>(met) /
                         static_cast<double>(reference.duration_index.total());
      reference.plain_rank[t] = sum / static_cast<double>(n);
      references.ranked[t] += n;
      references.plain_rank[t] += sum;
    }
    for (const int cell : cells) references.ranked_in[keys[cell]] = index;
  }
  for (int t = 0; t < kTargets; ++t) {
    if (references.ranked[t] > 0) {
      references.plain_rank[t] /= static_cast<double>(references.ranked[t]);
    }
  }
  return references;
}

}  // namespace plumbline::audit
