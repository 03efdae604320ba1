#include "audit/measures/target_ranks.h"

#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>

#include "audit/measures/state_codec.h"

namespace plumbline::audit {
namespace {

using replay::IsKnown;
using Influences = std::vector<std::array<WorkerInfluence, kTargets>>;

// Isolated: a thread that waits here must not take up other work, which may
// come to the same measure.
template <typename Function>
void ForEach(size_t n, const Function& function) {
  tbb::this_task_arena::isolate(
      [&] { tbb::parallel_for(size_t{0}, n, function); });
}

std::vector<Count> CountsOfValues(std::vector<int64_t>& values) {
  std::sort(values.begin(), values.end());
  std::vector<Count> counts;
  for (const int64_t value : values) {
    if (counts.empty() || counts.back().value != value) {
      counts.push_back({value, 0});
    }
    ++counts.back().count;
  }
  return counts;
}

StratumFigures FiguresOf(const ChosenStratum& stratum,
                         const Reference& reference) {
  StratumFigures figures;
  figures.key = stratum.key;
  figures.n = reference.durations.size();
  figures.workers = stratum.workers;
  figures.days = stratum.days;
  if (figures.n > 0) {
    figures.p05 = reference.durations.Quantile(1, 20);
    figures.p50 = reference.durations.Quantile(1, 2);
    figures.p95 = reference.durations.Quantile(19, 20);
  }
  figures.spread = reference.durations.Spread();
  for (int t = 0; t < kTargets; ++t) {
    figures.target_n[t] = reference.targets[t].size();
    figures.target_sum[t] = reference.targets[t].sum();
    figures.target_spread[t] = reference.targets[t].Spread();
  }
  return figures;
}

// The stratum's tasks by worker, in seconds where that can be.
class Gathered {
 public:
  // `gather(cell, ranked, out)` appends a cell's tasks in seconds or, into the
  // other kind of list, as they are; the first tells whether it could.
  template <typename Gather>
  void Fill(const ChosenStratum& stratum, uint32_t workers,
            const Gather& gather) {
    seconds_.clear();
    tasks_.clear();
    in_seconds_ = true;
    size_t at = 0;
    for (const uint32_t cell : stratum.cells) {
      while (at < stratum.ranked.size() && stratum.ranked[at] < cell) ++at;
      const bool ranked =
          at < stratum.ranked.size() && stratum.ranked[at] == cell;
      in_seconds_ = in_seconds_ && gather(cell, ranked, &seconds_);
    }
    if (in_seconds_) {
      SortSeconds(workers);
      return;
    }
    at = 0;
    for (const uint32_t cell : stratum.cells) {
      const size_t begin = tasks_.size();
      gather(cell, &tasks_);
      while (at < stratum.ranked.size() && stratum.ranked[at] < cell) ++at;
      if (at < stratum.ranked.size() && stratum.ranked[at] == cell) {
        for (size_t i = begin; i < tasks_.size(); ++i) tasks_[i].ranked = true;
      }
    }
    auto by_worker = [](const RankedTask& a, const RankedTask& b) {
      return a.worker < b.worker;
    };
    if (!std::is_sorted(tasks_.begin(), tasks_.end(), by_worker)) {
      std::stable_sort(tasks_.begin(), tasks_.end(), by_worker);
    }
  }

  // The reference that these tasks are for each other.
  void Refer(Reference* reference) {
    if (in_seconds_) {
      ReferSeconds(reference);
      return;
    }
    Assign([](const RankedTask& task) { return !task.censored; },
           [](const RankedTask& task) { return task.value; },
           &reference->durations);
    Assign([](const RankedTask& task) { return task.censored; },
           [](const RankedTask& task) { return task.value; },
           &reference->censored);
    for (int t = 0; t < kTargets; ++t) {
      Assign(
          [t](const RankedTask& task) {
            return !task.censored && task.ranked && IsKnown(task.target[t]);
          },
          [t](const RankedTask& task) { return task.target[t]; },
          &reference->targets[t]);
    }
  }

  void Rank(const Reference& reference, StratumRanker& ranker,
            std::array<Int128, kTargets>* met,
            std::array<RankSums, kTargets>* sums, Influences& influence) const {
    if (in_seconds_) {
      ranker.Rank(reference, std::span<const RankedSeconds>(seconds_), met,
                  sums, influence);
    } else {
      ranker.Rank(reference, std::span<const RankedTask>(tasks_), met, sums,
                  influence);
    }
  }

 private:
  static uint32_t WorkerOf(const RankedSeconds& task) {
    return task.worker & ~kCensoredBit;
  }

  // Several cells, each by worker: one counting pass.
  void SortSeconds(uint32_t workers) {
    auto by_worker = [](const RankedSeconds& a, const RankedSeconds& b) {
      return WorkerOf(a) < WorkerOf(b);
    };
    if (std::is_sorted(seconds_.begin(), seconds_.end(), by_worker)) return;
    begins_.assign(workers + size_t{1}, 0);
    for (const RankedSeconds& task : seconds_) ++begins_[WorkerOf(task) + 1];
    for (size_t w = 1; w < begins_.size(); ++w) begins_[w] += begins_[w - 1];
    sorted_.resize(seconds_.size());
    for (const RankedSeconds& task : seconds_) {
      sorted_[begins_[WorkerOf(task)]++] = task;
    }
    seconds_.swap(sorted_);
  }

  void ReferSeconds(Reference* reference) {
    plain_.clear();
    plain_censored_.clear();
    for (std::vector<int32_t>& targets : plain_targets_) targets.clear();
    for (const RankedSeconds& task : seconds_) {
      if ((task.worker & kCensoredBit) != 0) {
        plain_censored_.push_back(task.value);
        continue;
      }
      plain_.push_back(task.value);
      for (int t = 0; t < kTargets; ++t) {
        if (task.target[t] != kNoSecond) {
          plain_targets_[t].push_back(task.target[t]);
        }
      }
    }
    reference->durations.AssignSeconds(plain_);
    reference->censored.AssignSeconds(plain_censored_);
    for (int t = 0; t < kTargets; ++t) {
      reference->targets[t].AssignSeconds(plain_targets_[t]);
    }
  }

  template <typename Keep, typename Value>
  void Assign(const Keep& keep, const Value& value, SortedValues* out) {
    values_.clear();
    for (const RankedTask& task : tasks_) {
      if (keep(task)) values_.push_back(value(task));
    }
    out->Assign(values_);
  }

  bool in_seconds_ = true;
  std::vector<RankedSeconds> seconds_, sorted_;
  std::vector<uint32_t> begins_;
  std::vector<int32_t> plain_, plain_censored_;
  std::array<std::vector<int32_t>, kTargets> plain_targets_;
  std::vector<RankedTask> tasks_;
  std::vector<int64_t> values_;
};

// The two ways in which Gathered asks.
template <typename InSeconds, typename AsTheyAre>
struct Gatherer {
  InSeconds in_seconds;
  AsTheyAre as_they_are;
  bool operator()(uint32_t cell, bool ranked,
                  std::vector<RankedSeconds>* out) const {
    return in_seconds(cell, ranked, out);
  }
  void operator()(uint32_t cell, std::vector<RankedTask>* out) const {
    as_they_are(cell, out);
  }
};
template <typename InSeconds, typename AsTheyAre>
Gatherer(InSeconds, AsTheyAre) -> Gatherer<InSeconds, AsTheyAre>;

}  // namespace

void PlainRank::Add(const Reference& reference) {
  for (int t = 0; t < kTargets; ++t) {
    const int64_t n = reference.targets[t].size();
    if (n == 0) continue;
    sum_[t] += static_cast<double>(reference.met[t]) /
               static_cast<double>(reference.durations.size());
    n_[t] += n;
  }
}

void PlainRank::Add(const PlainRank& other) {
  for (int t = 0; t < kTargets; ++t) {
    sum_[t] += other.sum_[t];
    n_[t] += other.n_[t];
  }
}

RankedTasks::Cell& RankedTasks::CellAt(uint32_t cell) {
  if (cell >= cells_.size()) cells_.resize(cell + 1);
  return cells_[cell];
}

void RankedTasks::Add(std::span<const TaskInStratum> sorted,
                      const StratumSorter& sorter) {
  if (sorted.empty()) return;
  const std::span<const TaskInStratum> tasks = strata_.Of(sorted, sorter);
  cells_.resize(std::max(cells_.size(), strata_.numbers().size()));
  const uint32_t worker = records_.workers();
  records_.Add(tasks);
  for (const TaskInStratum& task : tasks) {
    if (IsKnown(task.censored)) continue;
    Cell& cell = cells_[task.cell];
    ++cell.completed;
    if (cell.last_worker != worker) {
      cell.last_worker = worker;
      ++cell.workers;
    }
    cell.days.Add(task.day);
  }
  if (records_.bytes() > kept_bytes_) Fold();
}

void RankedTasks::Absorb(RankedTasks& other) {
  // Their cells in our numbers.
  std::vector<uint32_t> ours(other.cells_.size());
  for (uint32_t i = 0; i < ours.size(); ++i) {
    ours[i] = strata_.numbers().Of(other.strata_.numbers().KeyOf(i));
    Cell& cell = CellAt(ours[i]);
    cell.completed += other.cells_[i].completed;
    cell.workers += other.cells_[i].workers;
    cell.days.Add(other.cells_[i].days);
    if (i >= other.folded_.size()) continue;
    if (folded_.size() <= ours[i]) folded_.resize(ours[i] + 1);
    Folded& folded = folded_[ours[i]];
    const Folded& theirs = other.folded_[i];
    folded.durations = MergeCounts(folded.durations, theirs.durations);
    folded.censored = MergeCounts(folded.censored, theirs.censored);
    for (int t = 0; t < kTargets; ++t) {
      folded.targets[t] = MergeCounts(folded.targets[t], theirs.targets[t]);
    }
  }
  for (const auto& [key, workers] : other.folded_workers_) {
    folded_workers_[key] += workers;
  }
  kept_ &= other.kept_;
  // Their records, ours first: numbers of workers only tell them apart.
  auto take = [this](TaskRecords& records, std::vector<int32_t> cell_of) {
    if (records.workers() == 0) return;
    Source source{std::move(records), std::move(cell_of), own_first_};
    own_first_ += source.records.workers();
    sources_.push_back(std::move(source));
  };
  if (records_.workers() > 0) {
    std::vector<int32_t> same(cells_.size());
    for (size_t i = 0; i < same.size(); ++i) same[i] = static_cast<int32_t>(i);
    take(records_, std::move(same));
    records_.Clear();
    for (Cell& cell : cells_) cell.last_worker = UINT32_MAX;
  }
  for (Source& source : other.sources_) {
    std::vector<int32_t> cell_of(cells_.size(), -1);
    for (size_t i = 0; i < source.cell_of.size() && i < ours.size(); ++i) {
      cell_of[ours[i]] = source.cell_of[i];
    }
    take(source.records, std::move(cell_of));
  }
  std::vector<int32_t> cell_of(cells_.size(), -1);
  for (size_t i = 0; i < ours.size(); ++i) {
    cell_of[ours[i]] = static_cast<int32_t>(i);
  }
  take(other.records_, std::move(cell_of));
}

void RankedTasks::Close() const {
  records_.Close();
  for (Source& source : sources_) source.records.Close();
}

void RankedTasks::Gather(uint32_t cell, std::vector<RankedTask>* out) const {
  for (const Source& source : sources_) {
    if (cell >= source.cell_of.size() || source.cell_of[cell] < 0) continue;
    source.records.AppendCell(static_cast<uint32_t>(source.cell_of[cell]),
                              source.first_worker, out);
  }
  records_.AppendCell(cell, own_first_, out);
}

bool RankedTasks::GatherSeconds(uint32_t cell, bool ranked,
                                std::vector<RankedSeconds>* out) const {
  for (const Source& source : sources_) {
    if (cell >= source.cell_of.size() || source.cell_of[cell] < 0) continue;
    if (!source.records.AppendSeconds(
            static_cast<uint32_t>(source.cell_of[cell]), source.first_worker,
            ranked, out)) {
      return false;
    }
  }
  return records_.AppendSeconds(cell, own_first_, ranked, out);
}

RankedTasks::Folded RankedTasks::CountsOf(uint32_t cell) const {
  std::vector<RankedTask> tasks;
  Gather(cell, &tasks);
  std::vector<int64_t> values[2 + kTargets];
  for (const RankedTask& task : tasks) {
    values[task.censored].push_back(task.value);
    for (int t = 0; t < kTargets; ++t) {
      if (!task.censored && IsKnown(task.target[t])) {
        values[2 + t].push_back(task.target[t]);
      }
    }
  }
  Folded counts;
  counts.durations = CountsOfValues(values[0]);
  counts.censored = CountsOfValues(values[1]);
  for (int t = 0; t < kTargets; ++t) {
    counts.targets[t] = CountsOfValues(values[2 + t]);
  }
  if (cell >= folded_.size()) return counts;
  const Folded& before = folded_[cell];
  counts.durations = MergeCounts(before.durations, counts.durations);
  counts.censored = MergeCounts(before.censored, counts.censored);
  for (int t = 0; t < kTargets; ++t) {
    counts.targets[t] = MergeCounts(before.targets[t], counts.targets[t]);
  }
  return counts;
}

int64_t RankedTasks::WorkersOf(std::span<const uint32_t> cells,
                               std::vector<uint32_t>* seen_by,
                               uint32_t pool) const {
  seen_by->resize(workers(), UINT32_MAX);
  int64_t count = 0;
  auto see = [&](uint32_t worker) {
    count += (*seen_by)[worker] != pool;
    (*seen_by)[worker] = pool;
  };
  for (const uint32_t cell : cells) {
    for (const Source& source : sources_) {
      if (cell >= source.cell_of.size() || source.cell_of[cell] < 0) continue;
      source.records.VisitDelivered(static_cast<uint32_t>(source.cell_of[cell]),
                                    source.first_worker, see);
    }
    records_.VisitDelivered(cell, own_first_, see);
  }
  return count;
}

std::map<StratumKey, int64_t> RankedTasks::PoolWorkers() const {
  std::map<StratumKey, std::vector<uint32_t>> pools;
  for (uint32_t i = 0; i < cells_.size(); ++i) {
    if (cells_[i].completed == 0) continue;
    for (int level = 0; level < kLevels; ++level) {
      pools[strata_.numbers().KeyOf(i).At(level)].push_back(i);
    }
  }
  std::map<StratumKey, int64_t> workers = folded_workers_;
  std::vector<uint32_t> seen_by;
  uint32_t number = 0;
  for (const auto& [key, cells] : pools) {
    const int64_t count = WorkersOf(cells, &seen_by, number++);
    if (count > 0) workers[key] += count;
  }
  return workers;
}

void RankedTasks::Fold() {
  Close();
  folded_workers_ = PoolWorkers();
  std::vector<Folded> folded(cells_.size());
  ForEach(cells_.size(),
          [&](size_t i) { folded[i] = CountsOf(static_cast<uint32_t>(i)); });
  folded_ = std::move(folded);
  kept_ = false;
  records_.Clear();
  sources_.clear();
  own_first_ = 0;
  for (Cell& cell : cells_) {
    cell.completed = cell.workers = 0;
    cell.last_worker = UINT32_MAX;
  }
}

void RankedTasks::Save(v1::TargetsFirst* first) const {
  Close();
  // By key, since numbers depend on the order of reading.
  std::map<StratumKey, uint32_t> cells;
  for (uint32_t i = 0; i < cells_.size(); ++i) {
    cells.emplace(strata_.numbers().KeyOf(i), i);
  }
  for (const auto& [key, i] : cells) {
    const Folded counts = CountsOf(i);
    v1::TargetsFirst::Cell* out = first->add_cells();
    out->set_zone(key.zone);
    out->set_vehicle(key.vehicle);
    out->set_code(key.Code());
    *out->mutable_durations() = EncodeCounts(counts.durations);
    *out->mutable_censored() = EncodeCounts(counts.censored);
    for (const std::vector<Count>& targets : counts.targets) {
      *out->add_targets() = EncodeCounts(targets);
    }
    for (const int64_t day : cells_[i].days.Sorted()) out->add_days(day);
  }
  for (const auto& [key, workers] : PoolWorkers()) {
    v1::TargetsFirst::Pool* out = first->add_pools();
    out->set_level(key.level);
    out->set_zone(key.zone);
    out->set_vehicle(key.vehicle);
    out->set_code(key.Code());
    out->set_workers(workers);
  }
}

void RankedTasks::Merge(const v1::TargetsFirst& first) {
  for (const v1::TargetsFirst::Cell& other : first.cells()) {
    const uint32_t at = strata_.numbers().Of(
        StratumKey::FromCode(0, other.zone(), other.vehicle(), other.code()));
    for (const int64_t day : other.days()) CellAt(at).days.Add(day);
    CellAt(at);
    if (folded_.size() <= at) folded_.resize(at + 1);
    Folded& folded = folded_[at];
    folded.durations =
        MergeCounts(folded.durations, DecodeCounts(other.durations()));
    folded.censored =
        MergeCounts(folded.censored, DecodeCounts(other.censored()));
    for (int t = 0; t < std::min(kTargets, other.targets_size()); ++t) {
      folded.targets[t] =
          MergeCounts(folded.targets[t], DecodeCounts(other.targets(t)));
    }
  }
  for (const v1::TargetsFirst::Pool& other : first.pools()) {
    folded_workers_[StratumKey::FromCode(other.level(), other.zone(),
                                         other.vehicle(), other.code())] +=
        other.workers();
  }
  kept_ &= first.cells_size() == 0;
}

TargetRanks RankedTasks::Rank(const v1::AuditPlan& plan) const {
  Close();
  std::vector<CellFigures> figures(cells_.size());
  for (uint32_t i = 0; i < cells_.size(); ++i) {
    figures[i] = {strata_.numbers().KeyOf(i), cells_[i].completed,
                  cells_[i].workers, cells_[i].days};
  }
  std::vector<uint32_t> seen_by;
  uint32_t pool = 0;
  const std::vector<ChosenStratum> chosen = ChooseStrata(
      figures, plan, [&](const StratumKey&, std::span<const uint32_t> cells) {
        return WorkersOf(cells, &seen_by, pool++);
      });

  struct Own {
    Gathered gathered;
    Reference reference;
    StratumRanker ranker;
    Influences influence;
  };
  tbb::enumerable_thread_specific<Own> owns;
  TargetRanks ranks;
  ranks.strata.resize(chosen.size());
  ranks.sums.resize(chosen.size());
  std::vector<PlainRank> plains(chosen.size());
  ForEach(chosen.size(), [&](size_t s) {
    Own& own = owns.local();
    own.influence.resize(workers());
    own.gathered.Fill(
        chosen[s], workers(),
        Gatherer{[this](uint32_t cell, bool ranked,
                        std::vector<RankedSeconds>* out) {
                   return GatherSeconds(cell, ranked, out);
                 },
                 [this](uint32_t cell, std::vector<RankedTask>* out) {
                   Gather(cell, out);
                 }});
    own.gathered.Refer(&own.reference);
    ranks.strata[s] = FiguresOf(chosen[s], own.reference);
    own.gathered.Rank(own.reference, own.ranker, &own.reference.met,
                      &ranks.sums[s], own.influence);
    plains[s].Add(own.reference);
  });
  PlainRank plain;
  for (const PlainRank& part : plains) plain.Add(part);
  Influences all(workers());
  for (const Own& own : owns) {
    for (size_t w = 0; w < own.influence.size(); ++w) {
      for (int t = 0; t < kTargets; ++t) all[w][t] += own.influence[w][t];
    }
  }
  for (const auto& influence : all) {
    for (int t = 0; t < kTargets; ++t) {
      AddInfluence(influence[t], plain.Mean(t), &ranks.spread[t]);
    }
  }
  return ranks;
}

SecondLook::SecondLook(const v1::TargetsFirst& first, const v1::AuditPlan& plan,
                       int64_t kept_bytes)
    : kept_bytes_(kept_bytes) {
  std::map<StratumKey, int64_t> pools;
  for (const v1::TargetsFirst::Pool& pool : first.pools()) {
    pools[StratumKey::FromCode(pool.level(), pool.zone(), pool.vehicle(),
                               pool.code())] = pool.workers();
  }
  std::vector<CellFigures> cells(first.cells_size());
  // Cells of the state that differ, in the sorter's numbers.
  std::vector<int> cell_of;
  for (int i = 0; i < first.cells_size(); ++i) {
    const v1::TargetsFirst::Cell& cell = first.cells(i);
    const StratumKey key =
        StratumKey::FromCode(0, cell.zone(), cell.vehicle(), cell.code());
    const uint32_t at = strata_.numbers().Of(key);
    if (at == cell_of.size()) cell_of.push_back(i);
    CellFigures& figures = cells[at];
    figures.key = key;
    for (const int64_t count : cell.durations().count()) {
      figures.completed += count;
    }
    const auto pool = pools.find(key);
    figures.workers = pool == pools.end() ? 0 : pool->second;
    for (const int64_t day : cell.days()) figures.days.Add(day);
  }
  cells.resize(cell_of.size());
  chosen_ = ChooseStrata(
      cells, plan, [&pools](const StratumKey& key, std::span<const uint32_t>) {
        const auto at = pools.find(key);
        return at == pools.end() ? 0 : at->second;
      });
  references_.resize(chosen_.size());
  figures_.resize(chosen_.size());
  ForEach(chosen_.size(), [&](size_t s) {
    Histogram durations, censored;
    std::array<Histogram, kTargets> targets;
    for (const uint32_t cell : chosen_[s].cells) {
      const v1::TargetsFirst::Cell& from = first.cells(cell_of[cell]);
      durations.Merge(DecodeCounts(from.durations()));
      censored.Merge(DecodeCounts(from.censored()));
    }
    for (const uint32_t cell : chosen_[s].ranked) {
      const v1::TargetsFirst::Cell& from = first.cells(cell_of[cell]);
      for (int t = 0; t < std::min(kTargets, from.targets_size()); ++t) {
        targets[t].Merge(DecodeCounts(from.targets(t)));
      }
    }
    Reference& reference = references_[s];
    reference.durations.AssignCounts(durations.Sorted());
    reference.censored.AssignCounts(censored.Sorted());
    for (int t = 0; t < kTargets; ++t) {
      const std::vector<Count> sorted = targets[t].Sorted();
      reference.targets[t].AssignCounts(sorted);
      reference.CountMet(t, sorted);
    }
    figures_[s] = FiguresOf(chosen_[s], reference);
  });
  for (const Reference& reference : references_) {
    PlainRank part;
    part.Add(reference);
    plain_.Add(part);
  }
  done_.strata.resize(chosen_.size());
}

void SecondLook::Add(std::span<const TaskInStratum> tasks,
                     const StratumSorter& sorter) {
  if (tasks.empty()) return;
  waiting_.Add(strata_.Of(tasks, sorter));
  if (waiting_.bytes() <= kept_bytes_) return;
  done_ = All();
  waiting_.Clear();
}

SecondLook::Sums SecondLook::All() const {
  waiting_.Close();
  Sums sums = done_;
  if (waiting_.workers() == 0) return sums;
  struct Own {
    Gathered gathered;
    StratumRanker ranker;
    Influences influence;
  };
  tbb::enumerable_thread_specific<Own> owns;
  ForEach(chosen_.size(), [&](size_t s) {
    Own& own = owns.local();
    own.influence.resize(waiting_.workers());
    own.gathered.Fill(
        chosen_[s], waiting_.workers(),
        Gatherer{[this](uint32_t cell, bool ranked,
                        std::vector<RankedSeconds>* out) {
                   return waiting_.AppendSeconds(cell, 0, ranked, out);
                 },
                 [this](uint32_t cell, std::vector<RankedTask>* out) {
                   waiting_.AppendCell(cell, 0, out);
                 }});
    own.gathered.Rank(references_[s], own.ranker, nullptr, &sums.strata[s],
                      own.influence);
  });
  Influences all(waiting_.workers());
  for (const Own& own : owns) {
    for (size_t w = 0; w < own.influence.size(); ++w) {
      for (int t = 0; t < kTargets; ++t) all[w][t] += own.influence[w][t];
    }
  }
  for (const auto& influence : all) {
    for (int t = 0; t < kTargets; ++t) {
      AddInfluence(influence[t], plain_.Mean(t), &sums.spread[t]);
    }
  }
  return sums;
}

void SecondLook::Absorb(const SecondLook& other) {
  const Sums sums = other.All();
  for (size_t s = 0; s < done_.strata.size(); ++s) {
    for (int t = 0; t < kTargets; ++t) {
      done_.strata[s][t] += sums.strata[s][t];
    }
  }
  for (int t = 0; t < kTargets; ++t) done_.spread[t] += sums.spread[t];
}

void SecondLook::Save(v1::TargetsSecond* second) const {
  const Sums all = All();
  for (int t = 0; t < kTargets; ++t) {
    for (size_t s = 0; s < all.strata.size(); ++s) {
      const RankSums& sums = all.strata[s][t];
      if (sums.n == 0) continue;
      v1::TargetsSecond::Rank* out =
          t == 0 ? second->add_promise() : second->add_limit();
      out->set_stratum(static_cast<int64_t>(s));
      out->set_n(sums.n);
      out->set_workers(sums.workers);
      *out->mutable_pi() = EncodeWide(sums.pi);
      *out->mutable_pi_low() = EncodeWide(sums.low);
      *out->mutable_pi_high() = EncodeWide(sums.high);
    }
    v1::TargetsSecond::Spread* spread = second->add_spread();
    spread->set_workers(all.spread[t].workers);
    *spread->mutable_influence() = EncodeWide(all.spread[t].influence);
    *spread->mutable_influence_squares() = EncodeWide(all.spread[t].squares);
  }
}

void SecondLook::Merge(const v1::TargetsSecond& second) {
  for (int t = 0; t < kTargets; ++t) {
    for (const v1::TargetsSecond::Rank& other :
         t == 0 ? second.promise() : second.limit()) {
      const auto s = static_cast<size_t>(other.stratum());
      if (s >= done_.strata.size()) continue;
      done_.strata[s][t] +=
          {other.n(), other.workers(), DecodeWide(other.pi()),
           DecodeWide(other.pi_low()), DecodeWide(other.pi_high())};
    }
    if (t >= second.spread_size()) continue;
    const v1::TargetsSecond::Spread& other = second.spread(t);
    done_.spread[t] += {other.workers(), DecodeWide(other.influence()),
                        DecodeWide(other.influence_squares())};
  }
}

TargetRanks SecondLook::Ranks() const {
  Sums all = All();
  return {figures_, std::move(all.strata), all.spread};
}

}  // namespace plumbline::audit
