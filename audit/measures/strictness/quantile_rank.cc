#include "audit/measures/strictness/quantile_rank.h"

#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <set>

#include "absl/strings/str_cat.h"
#include "audit/measures/strictness/dense_solve.h"
#include "audit/stats/decimal.h"

namespace plumbline::audit {
namespace {

constexpr size_t kMostRows = 1500;
constexpr size_t kMostZones = 8;
constexpr int kGrid = 49;         // Levels 0.02 ... 0.98.
constexpr int kFewestLevels = 9;  // That are fitted, about the middle.
constexpr int64_t kRowsPerColumn = 20;
constexpr int64_t kHundred = 100;  // Metres.

}  // namespace

QuantileRanker::QuantileRanker(const TaskPool& pool, const Walk& walk,
                               const v1::AuditPlan& plan)
    : pool_(pool), walk_(walk), plan_(plan) {}

void QuantileRanker::Prepare() {
  if (prepared_) return;
  prepared_ = true;
  std::set<int> loads, hours;
  std::set<std::string> zones;
  std::set<bool> wet;
  std::vector<StrictTask> raw;
  tasks_.resize(walk_.cells.size());
  for (size_t c = 0; c < walk_.cells.size(); ++c) {
    const CellGroup& cell = walk_.cells[c];
    for (size_t w = cell.begin; w < cell.end; ++w) {
      if (pool_.cells()[w].prebooked) continue;
      raw.clear();
      pool_.Append(w, &raw);
      for (const StrictTask& task : raw) {
        if (task.route != kNoNumber) tasks_[c].push_back(task);
      }
    }
    if (tasks_[c].empty()) continue;
    // By duration, with ties in an order of their own.
    std::stable_sort(tasks_[c].begin(), tasks_[c].end(),
                     [](const StrictTask& a, const StrictTask& b) {
                       return std::tie(a.value, a.route, a.worker) <
                              std::tie(b.value, b.route, b.worker);
                     });
    loads.insert(cell.key.load);
    hours.insert(cell.key.hour_type);
    zones.insert(cell.key.zone);
    wet.insert(cell.key.weather == kRain || cell.key.weather == kSevere);
  }
  names_ = {"1", "route", "route^2"};
  const auto others = [](const auto& from) {
    return std::vector<typename std::decay_t<decltype(from)>::value_type>(
        std::next(from.begin(), from.empty() ? 0 : 1), from.end());
  };
  loads_ = others(loads);
  hours_ = others(hours);
  if (zones.size() <= kMostZones) zones_ = others(zones);
  rain_ = wet.size() > 1;
  for (const int load : loads_) names_.push_back(absl::StrCat("load", load));
  if (rain_) names_.push_back("rain");
  for (const int hour : hours_) names_.push_back(absl::StrCat("hours", hour));
  for (const std::string& zone : zones_) {
    names_.push_back(absl::StrCat("zone ", zone));
  }
  rows_ = RowsOf(false);
  tbb::this_task_arena::isolate([&] {
    tbb::parallel_for(0, 2, [&](int i) {
      (i == 0 ? whole_ : undelivered_) = FitAll(i == 1);
    });
  });
}

std::vector<int64_t> QuantileRanker::XOf(size_t cell, int64_t route) const {
  const StratumKey& key = walk_.cells[cell].key;
  std::vector<int64_t> x = {1, route, route * route};
  for (const int load : loads_) x.push_back(key.load == load);
  if (rain_) x.push_back(key.weather == kRain || key.weather == kSevere);
  for (const int hour : hours_) x.push_back(key.hour_type == hour);
  for (const std::string& zone : zones_) x.push_back(key.zone == zone);
  return x;
}

std::vector<QuantileRanker::Row> QuantileRanker::RowsOf(
    bool undelivered) const {
  std::vector<std::vector<const StrictTask*>> kept(tasks_.size());
  std::vector<size_t> sizes;
  for (size_t c = 0; c < tasks_.size(); ++c) {
    for (const StrictTask& task : tasks_[c]) {
      if (task.censored && !undelivered) continue;
      kept[c].push_back(&task);
    }
    if (!kept[c].empty()) sizes.push_back(kept[c].size());
  }
  // The largest part of each cell with which all fit.
  size_t part = 1;
  const auto rows_with = [&sizes](size_t most) {
    size_t rows = 0;
    for (const size_t size : sizes) rows += std::min(size, most);
    return rows;
  };
  while (rows_with(part * 2) <= kMostRows && part < kMostRows) part *= 2;
  while (rows_with(part + 1) <= kMostRows && part < kMostRows) ++part;
  std::vector<Row> rows;
  for (size_t c = 0; c < kept.size(); ++c) {
    const size_t n = kept[c].size(), parts = std::min(n, part);
    for (size_t p = 0; p < parts; ++p) {
      const size_t begin = n * p / parts, end = n * (p + 1) / parts;
      int64_t route = 0, duration = 0;
      for (size_t i = begin; i < end; ++i) {
        route += kept[c][i]->route;
        duration += kept[c][i]->value;
      }
      const int64_t count = static_cast<int64_t>(end - begin);
      rows.push_back(
          {c, route / count / kHundred, duration / count / 1000, count});
    }
  }
  return rows;
}

QuantileRanker::Fits QuantileRanker::FitAll(bool undelivered) const {
  Fits fits;
  const std::vector<Row> rows = undelivered ? RowsOf(true) : rows_;
  fits.rows = static_cast<int64_t>(rows.size());
  QuantileData data;
  data.columns = static_cast<int>(names_.size());
  int64_t n = 0;
  for (const Row& row : rows) {
    const std::vector<int64_t> x = XOf(row.cell, row.route);
    data.x.insert(data.x.end(), x.begin(), x.end());
    data.y.push_back(row.duration);
    data.weights.push_back(row.weight);
    n += row.weight;
  }
  if (rows.empty()) {
    fits.reason = Reason::kMissing;
    fits.detail = "no delivered task has a route";
    return fits;
  }
  const int64_t least = kRowsPerColumn * data.columns * (kGrid + 1);
  fits.first = static_cast<int>(std::min<int64_t>((least + n - 1) / n, kGrid));
  fits.last = kGrid + 1 - fits.first;
  if (fits.last - fits.first + 1 < kFewestLevels) {
    fits.reason = Reason::kTooFew;
    fits.detail = absl::StrCat(n, " rows for ", data.columns, " columns");
    return fits;
  }
  std::vector<std::optional<Outcome<QuantileFit>>> all(
      static_cast<size_t>(fits.last - fits.first + 1));
  tbb::parallel_for(fits.first, fits.last + 1, [&](int level) {
    QuantileOptions options;
    options.numerator = level;
    options.denominator = kGrid + 1;
    options.minimum_per_column = kRowsPerColumn;
    all[static_cast<size_t>(level - fits.first)] =
        QuantileRegression(data, options);
  });
  for (const std::optional<Outcome<QuantileFit>>& one : all) {
    const Outcome<QuantileFit>& fit = *one;
    if (!fit.ok()) {
      fits.reason = fit.reason();
      fits.detail = fit.detail();
      return fits;
    }
    fits.levels.push_back(fit->coefficients);
    fits.certified += fit->certified;
  }
  return fits;
}

QuantileRanker::Bases QuantileRanker::BasesOf(const Fits& fits,
                                              size_t cell) const {
  const std::vector<int64_t> x = XOf(cell, 0);
  Bases bases;
  for (const std::vector<double>& level : fits.levels) {
    double base = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      base += level[i] * static_cast<double>(x[i]);
    }
    bases.push_back(base);
  }
  return bases;
}

double QuantileRanker::Pi(const Fits& fits, int t, std::vector<double>* sums,
                          std::vector<int64_t>* counts) const {
  int64_t met = 0, n = 0;
  for (size_t c = 0; c < tasks_.size(); ++c) {
    if (tasks_[c].empty()) continue;
    const Bases bases = BasesOf(fits, c);
    for (const StrictTask& task : tasks_[c]) {
      if (task.censored || task.target[t] == kNoNumber) continue;
      const double route = static_cast<double>(task.route / kHundred);
      const double target = static_cast<double>(task.target[t]) / 1000;
      // Sorted quantiles at most T are as many as quantiles at most T. What is
      // not fitted counts as met, below and, past the last one, above.
      int64_t levels = 0;
      for (size_t k = 0; k < bases.size(); ++k) {
        levels += bases[k] + fits.levels[k][1] * route +
                      fits.levels[k][2] * route * route <=
                  target;
      }
      const bool all = levels == static_cast<int64_t>(bases.size());
      const int64_t own = all ? kGrid : levels + fits.first - 1;
      ++n;
      met += own;
      if (sums == nullptr) continue;
      (*sums)[task.worker] += static_cast<double>(own) / kGrid;
      ++(*counts)[task.worker];
    }
  }
  return n == 0 ? 0 : static_cast<double>(met) / kGrid / static_cast<double>(n);
}

void QuantileRanker::AddLent(int t, int64_t n,
                             std::vector<double>* parts) const {
  const size_t levels = whole_.levels.size(), p = names_.size();
  const double step = 1.0 / (kGrid + 1);
  // Density at level k from what lies between levels 0.06 to either side, about
  // the width of Hall and Sheather for some thousand rows; a second at the
  // least.
  constexpr size_t kReach = 3;
  const auto density = [&](size_t k, const auto& quantile) {
    const size_t below = k < kReach ? 0 : k - kReach;
    const size_t above = std::min(k + kReach, levels - 1);
    return step * static_cast<double>(above - below) /
           std::max(1.0, quantile(above) - quantile(below));
  };
  std::vector<std::vector<double>> pull(levels, std::vector<double>(p, 0));
  std::vector<Bases> bases(tasks_.size());
  for (size_t c = 0; c < tasks_.size(); ++c) {
    if (tasks_[c].empty()) continue;
    bases[c] = BasesOf(whole_, c);
    const std::vector<int64_t> x = XOf(c, 0);
    for (const StrictTask& task : tasks_[c]) {
      if (task.censored || task.target[t] == kNoNumber) continue;
      const double route = static_cast<double>(task.route / kHundred);
      const double target = static_cast<double>(task.target[t]) / 1000;
      const auto quantile = [&](size_t k) {
        return bases[c][k] + whole_.levels[k][1] * route +
               whole_.levels[k][2] * route * route;
      };
      size_t met = 0;
      for (size_t k = 0; k < levels; ++k) met += quantile(k) <= target;
      if (met == 0 || met == levels) continue;  // Nothing moves it.
      const double f = density(met - 1, quantile) / static_cast<double>(n);
      for (size_t i = 0; i < p; ++i) {
        const double value = i == 1   ? route
                             : i == 2 ? route * route
                                      : static_cast<double>(x[i]);
        pull[met - 1][i] += f * value;
      }
    }
  }
  // By level H^-1 of the pull.
  std::vector<std::vector<double>> turned(levels);
  for (size_t k = 0; k < levels; ++k) {
    std::vector<std::vector<double>> h(p, std::vector<double>(p, 0));
    for (const Row& row : rows_) {
      const std::vector<int64_t> x = XOf(row.cell, row.route);
      const double route = static_cast<double>(row.route);
      const auto quantile = [&](size_t level) {
        return bases[row.cell][level] + whole_.levels[level][1] * route +
               whole_.levels[level][2] * route * route;
      };
      const double f = density(k, quantile) * static_cast<double>(row.weight);
      for (size_t i = 0; i < p; ++i) {
        if (x[i] == 0) continue;
        for (size_t j = 0; j < p; ++j) {
          h[i][j] += f * static_cast<double>(x[i]) * static_cast<double>(x[j]);
        }
      }
    }
    if (!SolveDense(h, pull[k], &turned[k])) turned[k].assign(p, 0);
  }
  // Rows lie by cell, each for the next delivered tasks of its cell; a task
  // pulls through the row that stands for it.
  std::vector<double> moved(rows_.size(), 0);
  for (size_t r = 0; r < rows_.size(); ++r) {
    const std::vector<int64_t> x = XOf(rows_[r].cell, rows_[r].route);
    for (size_t k = 0; k < levels; ++k) {
      double quantile = 0, reach = 0;
      for (size_t i = 0; i < p; ++i) {
        const double value = static_cast<double>(x[i]);
        quantile += whole_.levels[k][i] * value;
        reach += turned[k][i] * value;
      }
      const double tau = step * (static_cast<double>(k) + whole_.first);
      const bool below = static_cast<double>(rows_[r].duration) <= quantile;
      moved[r] -= reach * (tau - (below ? 1 : 0));
    }
  }
  size_t r = 0;
  for (const std::vector<StrictTask>& tasks : tasks_) {
    int64_t left = 0;
    for (const StrictTask& task : tasks) {
      if (task.censored) continue;
      if (left == 0) left = rows_[r++].weight;
      --left;
      (*parts)[task.worker] += moved[r - 1];
    }
  }
}

void QuantileRanker::AddStatistics(int t, double coverage,
                                   WorkerIntervals* intervals) {
  One& one = ones_[t];
  one.asked =
      coverage < std::strtod(plan_.qr_coverage_below().c_str(), nullptr);
  if (!one.asked) return;
  Prepare();
  if (whole_.reason != Reason::kNone) return;
  const size_t workers = pool_.workers().size();
  std::vector<double> sums(workers, 0);
  std::vector<int64_t> rows(workers, 0);
  one.pi = Pi(whole_, t, &sums, &rows);
  for (const int64_t count : rows) {
    one.n += count;
    one.workers += count > 0;
  }
  one.any = one.n > 0;
  if (!one.any) return;
  if (undelivered_.reason == Reason::kNone) {
    one.end = Pi(undelivered_, t, nullptr, nullptr);
  }
  std::vector<double> parts(workers, 0);
  for (size_t w = 0; w < workers; ++w) {
    parts[w] = (sums[w] - static_cast<double>(rows[w]) * one.pi) /
               static_cast<double>(one.n);
  }
  AddLent(t, one.n, &parts);
  one.number =
      intervals->Add(one.pi, std::move(parts), std::move(rows), one.workers);
}

void QuantileRanker::Write(int t, const WorkerIntervals& intervals,
                           v1::QuantileRank* out) {
  const One& one = ones_[t];
  const auto conclude = [out](std::string verdict, std::string en,
                              std::string zh) {
    out->set_verdict(std::move(verdict));
    out->set_reason(std::move(en));
    out->set_reason_zh(std::move(zh));
  };
  if (!one.asked) {
    conclude("NOT_NEEDED",
             absl::StrCat("Not needed: strata rank at least ",
                          plan_.qr_coverage_below(), " of the targets."),
             absl::StrCat("无需进行：分组比较已覆盖至少 ",
                          plan_.qr_coverage_below(), " 的时限。"));
    return;
  }
  out->set_levels(static_cast<int64_t>(whole_.levels.size()));
  out->set_rows(whole_.rows);
  out->set_columns(static_cast<int64_t>(names_.size()));
  for (const std::string& name : names_) out->add_column_names(name);
  if (whole_.reason != Reason::kNone) {
    conclude(absl::StrCat("CANNOT_CONCLUDE(",
                          std::string(ReasonCode(whole_.reason)), ")"),
             absl::StrCat("Quantile regression: ", whole_.detail, "."),
             absl::StrCat("分位数回归无法进行：", whole_.detail, "。"));
    return;
  }
  out->set_certified(whole_.certified);
  for (size_t k = 0; k < whole_.levels.size(); ++k) {
    v1::QuantileLine* line = out->add_lines();
    line->set_level(
        RatioText(static_cast<int64_t>(k) + whole_.first, kGrid + 1, 2));
    for (const double coefficient : whole_.levels[k]) {
      line->add_coefficients(FloatText(coefficient, 6));
    }
  }
  out->set_n(one.n);
  out->set_workers(one.workers);
  if (!one.any) {
    conclude("CANNOT_CONCLUDE(N)", "No delivered task has target and route.",
             "没有已送达的任务同时带有时限和路程。");
    return;
  }
  const double pi = one.pi, end = one.end;
  const WorkerInterval& interval = intervals.Of(one.number);
  *out->mutable_pi() = FigureOf(pi, interval, 0, 1);
  if (!interval.high.has_value()) {
    conclude("CANNOT_CONCLUDE(N)",
             absl::StrCat("Only ", one.workers, " workers."),
             absl::StrCat("只有 ", one.workers, " 名劳动者。"));
    return;
  }
  const double middle = std::strtod(plan_.middle().c_str(), nullptr) -
                        std::strtod(plan_.margin_varying().c_str(), nullptr);
  const std::string high = FloatText(end, 3);
  if (*interval.high + std::max(0.0, end - pi) < middle) {
    conclude(
        "BELOW_MIDDLE",
        absl::StrCat("A model (grade M) over all targets with a route; ", high,
                     " where undelivered tasks arrive at their last "
                     "clock."),
        absl::StrCat("对全部附有路程的时限建模（M 级）；若未送达任务按最后"
                     "记录时刻送达，则为 ",
                     high, "。"));
  } else {
    conclude("CANNOT_CONCLUDE(DEP)",
             absl::StrCat("Durations that targets press never acquit; ", high,
                          " where undelivered tasks arrive at their last "
                          "clock."),
             absl::StrCat("受时限影响的用时不能证明时限足够；若未送达任务按最后"
                          "记录时刻送达，则为 ",
                          high, "。"));
  }
}

}  // namespace plumbline::audit
