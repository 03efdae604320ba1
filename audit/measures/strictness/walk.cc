#include "audit/measures/strictness/walk.h"

#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"
#include "audit/measures/local_clock.h"
#include "audit/stats/decimal.h"

namespace plumbline::audit {
namespace {

// Isolated: a thread that waits here must not take up other work.
template <typename Function>
void ForEach(size_t n, const Function& function) {
  tbb::this_task_arena::isolate(
      [&] { tbb::parallel_for(size_t{0}, n, function); });
}

// Gathers the tasks of some cells by worker; buffers are used again.
class Gatherer {
 public:
  Gatherer(const TaskPool& pool, const Walk& walk) : pool_(pool), walk_(walk) {}

  void Clear() { tasks_.clear(); }
  void Add(size_t group, bool ranked) {
    const CellGroup& cell = walk_.cells[group];
    for (size_t c = cell.begin; c < cell.end; ++c) {
      const WeekCell& week = pool_.cells()[c];
      PlacedTask placed;
      placed.ranked = ranked;
      placed.prebooked = week.prebooked;
      placed.week = static_cast<int32_t>(week.week - walk_.first_week);
      placed.base =
          placed.week >= walk_.base_first && placed.week <= walk_.base_last;
      placed.after = placed.week > walk_.base_last;
      placed.alone = cell.key.load == 1;
      placed.cell = static_cast<uint32_t>(group);
      raw_.clear();
      pool_.Append(c, &raw_);
      for (const StrictTask& task : raw_) {
        placed.task = task;
        tasks_.push_back(placed);
      }
    }
  }
  // By worker, then as they came.
  std::span<const PlacedTask> Sorted() {
    const size_t workers = pool_.workers().size();
    if (workers > tasks_.size() * 8) {
      std::stable_sort(tasks_.begin(), tasks_.end(),
                       [](const PlacedTask& a, const PlacedTask& b) {
                         return a.task.worker < b.task.worker;
                       });
      return tasks_;
    }
    begins_.assign(workers + 1, 0);
    for (const PlacedTask& task : tasks_) ++begins_[task.task.worker + 1];
    for (size_t w = 1; w < begins_.size(); ++w) begins_[w] += begins_[w - 1];
    sorted_.resize(tasks_.size());
    for (const PlacedTask& task : tasks_) {
      sorted_[begins_[task.task.worker]++] = task;
    }
    return sorted_;
  }

 private:
  const TaskPool& pool_;
  const Walk& walk_;
  std::vector<StrictTask> raw_;
  std::vector<PlacedTask> tasks_, sorted_;
  std::vector<uint32_t> begins_;
};

void FindGroups(const TaskPool& pool, const BandList& bands, Walk* walk) {
  const std::span<const WeekCell> cells = pool.cells();
  int64_t last = 0;
  for (size_t c = 0; c < cells.size(); ++c) {
    if (c == 0 || cells[c].key != cells[c - 1].key) {
      walk->cells.emplace_back();
      walk->cells.back().key = cells[c].key;
      walk->cells.back().begin = c;
      for (int kind = 0; kind < kBandKinds; ++kind) {
        walk->cells.back().band[kind] = bands.Of(kind, cells[c].key);
      }
    }
    walk->cells.back().end = c + 1;
    if (c == 0 || cells[c].week < walk->first_week) {
      walk->first_week = cells[c].week;
    }
    if (c == 0 || cells[c].week > last) last = cells[c].week;
    if (cells[c].prebooked) continue;
    for (int d = 0; d < 7; ++d) {
      // Week w begins on day 7 w - 3.
      if ((cells[c].days >> d & 1) != 0) {
        walk->cells.back().days.Add(cells[c].week * 7 - 3 + d);
      }
    }
  }
  if (!cells.empty()) {
    walk->weeks = static_cast<int32_t>(
        std::min<int64_t>(last - walk->first_week + 1, INT32_MAX));
  }
}

void FindBase(const v1::AuditPlan& plan, Walk* walk) {
  const int64_t from = DayOf(plan.base_from()), to = DayOf(plan.base_to());
  if (replay::IsKnown(from) && replay::IsKnown(to)) {
    // Whole weeks inside the days that the plan names.
    const int64_t first = LocalClock::Week(from + 6) - walk->first_week;
    const int64_t last = LocalClock::Week(to + 1) - 1 - walk->first_week;
    walk->base_first =
        static_cast<int32_t>(std::clamp<int64_t>(first, 0, walk->weeks));
    walk->base_last =
        static_cast<int32_t>(std::clamp<int64_t>(last, -1, walk->weeks - 1));
    return;
  }
  // A log of fewer weeks has no earlier period to speak of.
  constexpr int32_t kFewestWeeks = 4;
  if (walk->weeks < kFewestWeeks) return;
  walk->base_last = std::max(1, walk->weeks * plan.base_percent() / 100) - 1;
}

void AddMoments(const StrictTask& task, int t, CellMoments* moments) {
  if (task.route == kNoNumber || task.target[t] == kNoNumber) return;
  const Int128 route = task.route, duration = task.value / 1000,
               target = task.target[t] / 1000;
  ++moments->n;
  moments->route += route;
  moments->route_route += route * route;
  moments->duration += duration;
  moments->target += target;
  moments->route_duration += route * duration;
  moments->route_target += route * target;
  moments->duration_duration += duration * duration;
  moments->target_target += target * target;
}

void AddSlack(const StrictTask& task, int t, SlackCounts* counts) {
  if (task.target[t] == kNoNumber) return;
  const int64_t slack = int64_t{task.target[t]} - task.value;
  if (task.censored) {
    counts->undelivered_late += slack < 0;
    return;
  }
  ++counts->n;
  counts->last_minute += slack >= 0 && slack < 60'000;
  counts->first_minute_late += slack < 0 && slack >= -60'000;
  const int bin = SlackBinOf(slack);
  if (bin >= 0) ++counts->bins[bin];
}

// Counts of each cell, the slack about deadlines and who was on time.
void CountCells(const TaskPool& pool, const BandList& bands, Walk* walk) {
  struct Own {
    BandTally bands;
    SlackCounts slack[kTargets], unpenalised;
  };
  const size_t workers = pool.workers().size();
  tbb::enumerable_thread_specific<Own> all([&] {
    Own own;
    own.bands.Resize(workers, bands.size());
    return own;
  });
  // Who was seen in which cell, to count workers: tasks of a worker lie apart.
  tbb::enumerable_thread_specific<std::vector<uint32_t>> seen_in(
      [&] { return std::vector<uint32_t>(workers, UINT32_MAX); });
  ForEachWeekCell(
      pool, walk->cells,
      [&](size_t at, const WeekCell&, std::span<const StrictTask> tasks) {
        CellGroup& cell = walk->cells[at];
        Own& own = all.local();
        std::vector<uint32_t>& seen = seen_in.local();
        for (const StrictTask& task : tasks) {
          for (int t = 0; t < kTargets; ++t) AddSlack(task, t, &own.slack[t]);
          if (task.target[1] == kNoNumber) AddSlack(task, 0, &own.unpenalised);
          if (task.censored) continue;
          ++cell.completed;
          cell.workers += seen[task.worker] != at;
          seen[task.worker] = static_cast<uint32_t>(at);
          for (int t = 0; t < kTargets; ++t) {
            if (task.target[t] == kNoNumber) continue;
            AddMoments(task, t, &cell.moments[t]);
            for (const int b : cell.band) {
              BandTally::Entry& entry = own.bands.At(task.worker, t, b);
              ++entry.timed;
              entry.on_time += task.value <= task.target[t];
            }
          }
        }
      });
  walk->bands.Resize(workers, bands.size());
  for (const Own& own : all) {
    walk->bands += own.bands;
    for (int t = 0; t < kTargets; ++t) walk->slack[t] += own.slack[t];
    walk->unpenalised += own.unpenalised;
  }
}

// Adds what a stratum's ranks say of bands.
void AddBands(std::span<const PlacedTask> tasks,
              const StratumPosition& position, const BandList& bands,
              const Walk& walk, BandTally* tally) {
  const auto unit = [](double value) {
    return static_cast<int64_t>(std::llrint(value * TwoTo(kInfluenceUnit)));
  };
  for (int t = 0; t < kTargets; ++t) {
    std::vector<int64_t> share(bands.size(), 0);
    int64_t n = 0;
    const std::span<const double> ranks = position.ranks(t);
    for (size_t i = 0; i < tasks.size(); ++i) {
      if (ranks[i] < 0) continue;
      ++n;
      for (const int band : walk.cells[tasks[i].cell].band) {
        BandTally::Entry& entry = tally->At(tasks[i].task.worker, t, band);
        ++entry.ranked;
        entry.influence += unit(ranks[i]);
        ++share[band];
      }
    }
    if (n == 0) continue;
    for (const auto& [worker, lent] : position.lent(t)) {
      for (int band = 0; band < bands.size(); ++band) {
        if (share[band] == 0) continue;
        tally->At(worker, t, band).influence += unit(
            lent * static_cast<double>(share[band]) / static_cast<double>(n));
      }
    }
  }
}

int64_t WholeMs(const Fraction& value) {
  return static_cast<int64_t>(value.numerator / value.denominator);
}

}  // namespace

void SlackCounts::operator+=(const SlackCounts& other) {
  for (int b = 0; b < kSlackBins; ++b) bins[b] += other.bins[b];
  last_minute += other.last_minute;
  first_minute_late += other.first_minute_late;
  n += other.n;
  undelivered_late += other.undelivered_late;
}

void ForEachWeekCell(
    const TaskPool& pool, std::span<const CellGroup> cells,
    const std::function<void(size_t cell, const WeekCell& week,
                             std::span<const StrictTask> tasks)>& visit) {
  tbb::enumerable_thread_specific<std::vector<StrictTask>> buffers;
  ForEach(cells.size(), [&](size_t at) {
    std::vector<StrictTask>& tasks = buffers.local();
    for (size_t c = cells[at].begin; c < cells[at].end; ++c) {
      if (pool.cells()[c].prebooked) continue;
      tasks.clear();
      pool.Append(c, &tasks);
      visit(at, pool.cells()[c], tasks);
    }
  });
}

Walk WalkPool(const TaskPool& pool, const v1::AuditPlan& plan,
              const BandList& bands) {
  Walk walk;
  FindGroups(pool, bands, &walk);
  FindBase(plan, &walk);
  CountCells(pool, bands, &walk);

  std::vector<CellFigures> figures;
  for (const CellGroup& cell : walk.cells) {
    figures.push_back({cell.key, cell.completed, cell.workers, cell.days});
  }
  std::vector<uint32_t> seen_by(pool.workers().size(), UINT32_MAX);
  uint32_t number = 0;
  std::vector<StrictTask> raw;
  const std::vector<ChosenStratum> chosen = ChooseStrata(
      figures, plan, [&](const StratumKey&, std::span<const uint32_t> members) {
        int64_t count = 0;
        for (const uint32_t member : members) {
          for (size_t c = walk.cells[member].begin; c < walk.cells[member].end;
               ++c) {
            if (pool.cells()[c].prebooked) continue;
            raw.clear();
            pool.Append(c, &raw);
            for (const StrictTask& task : raw) {
              if (task.censored) continue;
              count += seen_by[task.worker] != number;
              seen_by[task.worker] = number;
            }
          }
        }
        ++number;
        return count;
      });
  int64_t gathered = 0;
  for (size_t s = 0; s < chosen.size(); ++s) {
    for (const uint32_t cell : chosen[s].ranked) {
      walk.cells[cell].stratum = static_cast<int32_t>(s);
    }
    for (const uint32_t cell : chosen[s].cells) {
      gathered += walk.cells[cell].completed;
    }
  }
  walk.replicated = gathered <= plan.bootstrap_full_tasks();

  struct Own {
    Gatherer gatherer;
    StratumPosition position;
    std::vector<WorkerPosition> workers;
    BandTally bands;
  };
  const size_t workers = pool.workers().size();
  tbb::enumerable_thread_specific<Own> all([&] {
    Own own{Gatherer(pool, walk),
            StratumPosition(plan, pool.workers()),
            std::vector<WorkerPosition>(workers),
            {}};
    own.bands.Resize(workers, bands.size());
    return own;
  });
  walk.strata.resize(chosen.size());
  std::vector<ReplicateSums> replicates(walk.replicated ? chosen.size() : 0);
  ForEach(chosen.size(), [&](size_t s) {
    Own& own = all.local();
    const ChosenStratum& stratum = chosen[s];
    own.gatherer.Clear();
    size_t at = 0;
    DaySet base_days;
    for (const uint32_t cell : stratum.cells) {
      while (at < stratum.ranked.size() && stratum.ranked[at] < cell) ++at;
      own.gatherer.Add(
          cell, at < stratum.ranked.size() && stratum.ranked[at] == cell);
      for (const int64_t day : walk.cells[cell].days.Sorted()) {
        const int64_t week = LocalClock::Week(day) - walk.first_week;
        if (week >= walk.base_first && week <= walk.base_last) {
          base_days.Add(day);
        }
      }
    }
    const std::span<const PlacedTask> tasks = own.gatherer.Sorted();
    StratumOutcome& out = walk.strata[s];
    out.key = stratum.key;
    out.workers = stratum.workers;
    out.days = stratum.days;
    out.figures = own.position.Rank(tasks, base_days.size(), own.workers,
                                    walk.replicated ? &replicates[s] : nullptr);
    AddBands(tasks, own.position, bands, walk, &own.bands);
    const StratumPositionFigures& ranked = out.figures;
    const int reference = ranked.usable[kFree]   ? kFree
                          : ranked.usable[kBase] ? kBase
                                                 : kObserved;
    const Fraction middles[] = {ranked.quantile[3], ranked.base_median,
                                ranked.free_median};
    for (int t = 0; t < kTargets; ++t) {
      out.derived[t] = DerivedOf(tasks, t, walk.weeks, plan);
      out.counterfactual[t] = CounterfactualOf(
          tasks, t, reference, WholeMs(middles[reference]),
          ranked.usable[kFree] ? &own.position.durations(kFree) : nullptr,
          plan.speed_low_kmh());
    }
  });
  std::vector<ReplicateSums> wide_replicates[Walk::kWidenings];
  std::vector<bool> ranked(walk.cells.size(), false);
  for (int w = 0; w < Walk::kWidenings; ++w) {
    std::map<StratumKey, std::vector<uint32_t>> pools;
    for (uint32_t c = 0; c < walk.cells.size(); ++c) {
      StratumKey key = walk.cells[c].key;
      if (key.load != 1) continue;
      key.weather = 0;
      if (w == Walk::kWithoutZone) key.zone.clear();
      pools[key].push_back(c);
    }
    const auto wants = [&](uint32_t c) {
      const int32_t s = walk.cells[c].stratum;
      return s >= 0 && !ranked[c] && !walk.strata[s].figures.usable[kFree];
    };
    std::vector<const std::vector<uint32_t>*> asked;
    for (const auto& [key, members] : pools) {
      if (std::any_of(members.begin(), members.end(), wants)) {
        asked.push_back(&members);
      }
    }
    walk.wider[w].resize(asked.size());
    wide_replicates[w].resize(walk.replicated ? asked.size() : 0);
    ForEach(asked.size(), [&](size_t i) {
      Own& own = all.local();
      own.gatherer.Clear();
      for (const uint32_t c : *asked[i]) own.gatherer.Add(c, wants(c));
      walk.wider[w][i] = own.position.RankFree(
          own.gatherer.Sorted(), own.workers,
          walk.replicated ? &wide_replicates[w][i] : nullptr);
    });
    for (size_t i = 0; i < asked.size(); ++i) {
      if (!walk.wider[w][i].usable[kFree]) continue;
      for (const uint32_t c : *asked[i]) ranked[c] = ranked[c] || wants(c);
    }
  }
  walk.workers.resize(workers);
  for (const Own& own : all) {
    for (size_t w = 0; w < workers; ++w) walk.workers[w] += own.workers[w];
    walk.bands += own.bands;
  }
  for (const StratumOutcome& stratum : walk.strata) {
    walk.balance += stratum.figures.balance;
  }
  for (const ReplicateSums& sums : replicates) walk.replicates += sums;
  for (int w = 0; w < Walk::kWidenings; ++w) {
    for (const StratumPositionFigures& figures : walk.wider[w]) {
      walk.balance += figures.balance;
    }
    for (const ReplicateSums& sums : wide_replicates[w]) {
      walk.replicates += sums;
    }
  }
  return walk;
}

int64_t DayOf(const std::string& text) {
  absl::CivilDay day;
  if (text.empty() || !absl::ParseCivilTime(text, &day)) {
    return replay::kUnknown;
  }
  return day - absl::CivilDay(1970, 1, 1);
}

std::string DayText(int64_t day) {
  return absl::FormatCivilTime(absl::CivilDay(1970, 1, 1) + day);
}

}  // namespace plumbline::audit
