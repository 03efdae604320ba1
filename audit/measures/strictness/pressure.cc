#include "audit/measures/strictness/pressure.h"

#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "audit/stats/decimal.h"
#include "audit/stats/distributions.h"

namespace plumbline::audit {
namespace {

constexpr int kLogUnit = 32;
constexpr int kMostRounds = 2000;
constexpr double kStill = 1e-11;

double Real(int64_t log) { return static_cast<double>(log) * TwoTo(-kLogUnit); }

}  // namespace

void PressureTest::Gather(const TaskPool& pool,
                          const std::vector<size_t>& cells, uint32_t workers,
                          std::vector<Cell> (*out)[kTargets],
                          int64_t* left_out) const {
  std::vector<StrictTask> raw, tasks;
  for (const size_t c : cells) {
    for (size_t w = walk_.cells[c].begin; w < walk_.cells[c].end; ++w) {
      if (pool.cells()[w].prebooked) continue;
      raw.clear();
      pool.Append(w, &raw);
      for (const StrictTask& task : raw) {
        if (task.censored || task.leg == kNoNumber || task.leg <= 0) continue;
        if (task.worker >= workers) {
          ++*left_out;
          continue;
        }
        tasks.push_back(task);
      }
    }
  }
  if (tasks.empty()) return;
  std::vector<int32_t> legs;
  for (const StrictTask& task : tasks) legs.push_back(task.leg);
  // The smallest leg that nine tenths do not exceed.
  const size_t place = (legs.size() * 9 + 9) / 10 - 1;
  std::nth_element(legs.begin(), legs.begin() + static_cast<int64_t>(place),
                   legs.end());
  const int64_t ample = int64_t{2} * legs[place];
  std::stable_sort(tasks.begin(), tasks.end(),
                   [](const StrictTask& a, const StrictTask& b) {
                     return a.worker < b.worker;
                   });
  for (const StrictTask& task : tasks) {
    const int64_t log = std::llrint(
        std::log(static_cast<double>(task.leg) / 1000) * TwoTo(kLogUnit));
    for (int t = 0; t < kTargets; ++t) {
      const bool pressed =
          task.target[t] != kNoNumber &&
          int64_t{task.target[t]} - (int64_t{task.value} - task.leg) < ample;
      std::vector<Cell>& to = (*out)[t];
      if (to.empty() || to.back().worker != task.worker) {
        to.push_back({task.worker, 0, 0, 0, 0});
      }
      Cell& cell = to.back();
      ++cell.n;
      cell.log += log;
      if (!pressed) continue;
      ++cell.pressed;
      cell.log_pressed += log;
    }
  }
}

PressureTest::Estimate PressureTest::Solve(
    const std::vector<std::vector<Cell>>& strata, size_t workers) {
  Estimate out;
  out.parts.assign(workers, 0);
  out.rows.assign(workers, 0);
  std::vector<int64_t> pressed(workers, 0);
  for (const std::vector<Cell>& cells : strata) {
    out.strata += !cells.empty();
    for (const Cell& cell : cells) {
      out.n += cell.n;
      out.pressed += cell.pressed;
      out.rows[cell.worker] += cell.n;
      pressed[cell.worker] += cell.pressed;
    }
  }
  for (size_t w = 0; w < workers; ++w) {
    out.workers += pressed[w] > 0 && pressed[w] < out.rows[w];
  }
  // Effects of workers and strata on P and on ln L, by turns.
  struct Effect {
    double p = 0, y = 0;
  };
  std::vector<Effect> of_worker(workers), sums(workers),
      of_stratum(strata.size());
  for (int round = 0; round < kMostRounds; ++round) {
    std::fill(sums.begin(), sums.end(), Effect());
    for (size_t s = 0; s < strata.size(); ++s) {
      double n = 0, p = 0, y = 0;
      for (const Cell& cell : strata[s]) {
        const Effect& worker = of_worker[cell.worker];
        n += cell.n;
        p += cell.pressed - cell.n * worker.p;
        y += Real(cell.log) - cell.n * worker.y;
      }
      if (n == 0) continue;
      of_stratum[s] = {p / n, y / n};
      for (const Cell& cell : strata[s]) {
        sums[cell.worker].p += cell.pressed - cell.n * of_stratum[s].p;
        sums[cell.worker].y += Real(cell.log) - cell.n * of_stratum[s].y;
      }
    }
    double moved = 0;
    for (size_t w = 0; w < workers; ++w) {
      if (out.rows[w] == 0) continue;
      const double n = static_cast<double>(out.rows[w]);
      const Effect next = {sums[w].p / n, sums[w].y / n};
      moved = std::max({moved, std::fabs(next.p - of_worker[w].p),
                        std::fabs(next.y - of_worker[w].y)});
      of_worker[w] = next;
    }
    if (moved < kStill) break;
  }
  double xx = 0, xy = 0;
  for (size_t s = 0; s < strata.size(); ++s) {
    for (const Cell& cell : strata[s]) {
      const double m = of_worker[cell.worker].p + of_stratum[s].p;
      xx += cell.pressed * (1 - m);
      xy += Real(cell.log_pressed) - m * Real(cell.log);
    }
  }
  // Less than a millionth of the rows' own spread is rounding.
  const double plain = static_cast<double>(out.pressed) *
                       static_cast<double>(out.n - out.pressed) /
                       std::max<double>(1, static_cast<double>(out.n));
  if (!(xx > plain * 1e-6) || plain == 0) return out;
  out.identified = true;
  out.delta = xy / xx;
  for (size_t s = 0; s < strata.size(); ++s) {
    for (const Cell& cell : strata[s]) {
      const double m = of_worker[cell.worker].p + of_stratum[s].p;
      const double mean = of_worker[cell.worker].y + of_stratum[s].y;
      const double squares =
          cell.pressed * (1 - m) * (1 - m) + (cell.n - cell.pressed) * m * m;
      const double score = Real(cell.log_pressed) - m * Real(cell.log) -
                           mean * (cell.pressed - m * cell.n) -
                           out.delta * squares;
      out.parts[cell.worker] += score / xx;
    }
  }
  return out;
}

PressureTest::PressureTest(const TaskPool& pool, const Walk& walk,
                           const v1::AuditPlan& plan)
    : walk_(walk), plan_(plan) {
  std::vector<std::vector<size_t>> members(walk.strata.size());
  for (size_t c = 0; c < walk.cells.size(); ++c) {
    const CellGroup& cell = walk.cells[c];
    if (cell.stratum < 0 || cell.key.load != 1) continue;
    members[static_cast<size_t>(cell.stratum)].push_back(c);
  }
  const size_t workers = pool.workers().size();
  size_t kept = workers;
  if (pool.tasks() > plan.pressure_tasks()) {
    kept = std::max<size_t>(
        1, static_cast<size_t>(static_cast<Int128>(workers) *
                               plan.pressure_tasks() / pool.tasks()));
  }
  std::vector<std::vector<Cell>> strata[kTargets];
  for (auto& of_target : strata) of_target.resize(members.size());
  std::vector<int64_t> left_out(members.size(), 0);
  tbb::this_task_arena::isolate([&] {
    tbb::parallel_for(size_t{0}, members.size(), [&](size_t s) {
      std::vector<Cell> cells[kTargets];
      Gather(pool, members[s], static_cast<uint32_t>(kept), &cells,
             &left_out[s]);
      for (int t = 0; t < kTargets; ++t) strata[t][s] = std::move(cells[t]);
    });
    tbb::parallel_for(0, kTargets, [&](int t) {
      if (walk.slack[t].n > 0) estimates_[t] = Solve(strata[t], workers);
    });
  });
  for (Estimate& estimate : estimates_) {
    for (const int64_t n : left_out) estimate.left_out += n;
  }
}

void PressureTest::AddStatistics(WorkerIntervals* intervals) {
  for (Estimate& one : estimates_) {
    if (!one.identified) continue;
    one.number = intervals->Add(one.delta, std::move(one.parts),
                                std::move(one.rows), one.workers);
  }
}

void PressureTest::Write(int t, const WorkerIntervals& intervals,
                         v1::Pressure* out) const {
  const Estimate& one = estimates_[t];
  const auto judge = [out](std::string verdict, std::string en,
                           std::string zh) {
    out->set_verdict(std::move(verdict));
    out->set_reason(std::move(en));
    out->set_reason_zh(std::move(zh));
  };
  out->set_n(one.n);
  out->set_pressed(one.pressed);
  out->set_unpressed(one.n - one.pressed);
  out->set_workers(one.workers);
  out->set_strata(one.strata);
  if (one.left_out > 0) out->set_left_out(one.left_out);
  const int64_t least = plan_.pressure_min_tasks();
  if (one.n == 0) {
    judge("CANNOT_CONCLUDE(MISS)",
          "No delivered task that was carried alone has a time of pickup "
          "(tasks.picked_up_at).",
          "单独配送且已送达的任务都没有取货时刻（tasks.picked_up_at）。");
    return;
  }
  if (std::min(one.pressed, one.n - one.pressed) < least ||
      one.workers < plan_.stratum_min_workers()) {
    judge("CANNOT_CONCLUDE(N)",
          absl::StrCat(one.pressed, " last legs under pressure, ",
                       one.n - one.pressed, " without, ", one.workers,
                       " workers with both; at least ", least, ", ", least,
                       " and ", plan_.stratum_min_workers(),
                       " are needed. Orders without a deadline, or with ample "
                       "ones, would settle it."),
          absl::StrCat("有时限压力的末段 ", one.pressed, " 单，无压力的 ",
                       one.n - one.pressed, " 单，两者都有的劳动者 ",
                       one.workers, " 名；至少需要 ", least, " 单、", least,
                       " 单和 ", plan_.stratum_min_workers(),
                       " 名。提供不设时限或时限宽裕的订单即可判断。"));
    return;
  }
  if (!one.identified) {
    judge("CANNOT_CONCLUDE(ID)",
          "Legs with and without pressure never fall to the same worker and "
          "stratum's reach, so they cannot be compared.",
          "有压力与无压力的末段从不出现在可比的劳动者和分组中，无法比较。");
    return;
  }
  const WorkerInterval& interval = intervals.Of(one.number);
  *out->mutable_delta() = FigureOf(one.delta, interval);
  if (!interval.low.has_value()) {
    judge("CANNOT_CONCLUDE(N)", absl::StrCat("Only ", one.workers, " workers."),
          absl::StrCat("只有 ", one.workers, " 名劳动者。"));
    return;
  }
  const double error = interval.standard_error;
  out->set_p_value(FloatText(
      StudentPValue(one.delta, error, static_cast<double>(one.workers - 1))));
  const double margin = std::strtod(plan_.pressure_margin().c_str(), nullptr);
  if (*interval.high < -margin) {
    judge(
        "FINDING",
        "The same workers ride the last leg faster when the deadline presses: "
        "recorded durations are shorter than unhurried ones. Orders with much "
        "slack left may differ in ways that are not logged.",
        "时限紧迫时，同一批劳动者末段骑行更快：记录的用时短于不赶时间的用"
        "时。剩余时间多的订单可能另有未记录的差别。");
  } else if (*interval.low > -margin && *interval.high < margin) {
    judge("NO_FINDING",
          "Pressure changes the last leg by less than the declared margin.",
          "时限压力对末段用时的影响小于预先声明的界限。");
  } else if (*interval.low > margin) {
    judge("CANNOT_CONCLUDE(DEP)",
          "Last legs are slower where the deadline presses, which a deadline "
          "cannot cause: pressed orders differ in what is not logged.",
          "时限紧迫时末段反而更慢，这不可能由时限造成：受压订单另有未记录的差"
          "别。");
  } else {
    judge(
        "CANNOT_CONCLUDE(POW)",
        "The interval does not lie wholly on one side of the declared margin.",
        "区间没有完全落在预先声明界限的一侧。");
  }
}

}  // namespace plumbline::audit
