#include "audit/measures/strictness/quantile_rank.h"

#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>

#include "absl/strings/str_cat.h"
#include "audit/measures/strictness/worker_interval.h"
#include "audit/measures/target_tally.h"
#include "audit/stats/decimal.h"
#include "audit/stats/hash.h"

namespace plumbline::audit {
namespace {

constexpr size_t kMostRows = 1500;
constexpr size_t kMostZones = 8;
constexpr int kJackknife = 20;
constexpr int kGrid = 19;
constexpr int64_t kHundred = 100;  // Metres.

}  // namespace

QuantileRanker::QuantileRanker(const TaskPool& pool, const Walk& walk,
                               const v1::AuditPlan& plan)
    : pool_(pool), walk_(walk), plan_(plan) {}

int QuantileRanker::GroupOf(uint32_t worker) const {
  return static_cast<int>(HashOf(plan_.seed(), pool_.workers()[worker], 0) %
                          static_cast<uint64_t>(kJackknife));
}

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
  // The whole, the other end, and each group left out: all at once.
  groups_.resize(kJackknife);
  tbb::this_task_arena::isolate([&] {
    tbb::parallel_for(0, kJackknife + 2, [&](int i) {
      if (i == 0) {
        whole_ = FitAll(-1, false);
      } else if (i == 1) {
        undelivered_ = FitAll(-1, true);
      } else {
        groups_[i - 2] = FitAll(i - 2, false);
      }
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
    int left_out, bool undelivered) const {
  std::vector<std::vector<const StrictTask*>> kept(tasks_.size());
  std::vector<size_t> sizes;
  for (size_t c = 0; c < tasks_.size(); ++c) {
    for (const StrictTask& task : tasks_[c]) {
      if (task.censored && !undelivered) continue;
      if (left_out >= 0 && GroupOf(task.worker) == left_out) continue;
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

QuantileRanker::Fits QuantileRanker::FitAll(int left_out,
                                            bool undelivered) const {
  Fits fits;
  const std::vector<Row> rows = RowsOf(left_out, undelivered);
  fits.rows = static_cast<int64_t>(rows.size());
  QuantileData data;
  data.columns = static_cast<int>(names_.size());
  for (const Row& row : rows) {
    const std::vector<int64_t> x = XOf(row.cell, row.route);
    data.x.insert(data.x.end(), x.begin(), x.end());
    data.y.push_back(row.duration);
    data.weights.push_back(row.weight);
  }
  if (rows.empty()) {
    fits.reason = Reason::kMissing;
    fits.detail = "no delivered task has a route";
    return fits;
  }
  for (int level = 1; level <= kGrid; ++level) {
    QuantileOptions options;
    options.numerator = level;
    options.denominator = kGrid + 1;
    const Outcome<QuantileFit> fit = QuantileRegression(data, options);
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

double QuantileRanker::Pi(const Fits& fits, int t, int left_out) const {
  int64_t met = 0, n = 0;
  for (size_t c = 0; c < tasks_.size(); ++c) {
    for (const StrictTask& task : tasks_[c]) {
      if (task.censored || task.target[t] == kNoNumber) continue;
      if (left_out >= 0 && GroupOf(task.worker) == left_out) continue;
      const std::vector<int64_t> x = XOf(c, task.route / kHundred);
      const double target = static_cast<double>(task.target[t]) / 1000;
      ++n;
      for (const std::vector<double>& level : fits.levels) {
        double fitted = 0;
        for (size_t i = 0; i < x.size(); ++i) {
          fitted += level[i] * static_cast<double>(x[i]);
        }
        met += fitted <= target;
      }
    }
  }
  return n == 0 ? 0 : static_cast<double>(met) / kGrid / static_cast<double>(n);
}

void QuantileRanker::Write(int t, double coverage, v1::QuantileRank* out) {
  const auto conclude = [out](std::string verdict, std::string en,
                              std::string zh) {
    out->set_verdict(std::move(verdict));
    out->set_reason(std::move(en));
    out->set_reason_zh(std::move(zh));
  };
  const double below = std::strtod(plan_.qr_coverage_below().c_str(), nullptr);
  if (coverage >= below) {
    conclude("NOT_NEEDED",
             absl::StrCat("Not needed: strata rank at least ",
                          plan_.qr_coverage_below(), " of the targets."),
             absl::StrCat("无需进行：分组比较已覆盖至少 ",
                          plan_.qr_coverage_below(), " 的时限。"));
    return;
  }
  Prepare();
  out->set_levels(kGrid);
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
  for (int level = 0; level < kGrid; ++level) {
    v1::QuantileLine* line = out->add_lines();
    line->set_level(RatioText(level + 1, kGrid + 1, 2));
    for (const double coefficient : whole_.levels[level]) {
      line->add_coefficients(FloatText(coefficient, 6));
    }
  }
  std::set<uint32_t> workers;
  int64_t n = 0;
  for (const std::vector<StrictTask>& tasks : tasks_) {
    for (const StrictTask& task : tasks) {
      if (task.censored || task.target[t] == kNoNumber) continue;
      workers.insert(task.worker);
      ++n;
    }
  }
  out->set_n(n);
  out->set_workers(static_cast<int64_t>(workers.size()));
  const double pi = Pi(whole_, t, -1);
  const double end =
      undelivered_.reason == Reason::kNone ? Pi(undelivered_, t, -1) : 1;
  std::vector<double> values;
  for (size_t g = 0; g < groups_.size(); ++g) {
    if (groups_[g].reason != Reason::kNone) continue;
    values.push_back(Pi(groups_[g], t, static_cast<int>(g)));
  }
  WorkerInterval interval;
  const int64_t groups = static_cast<int64_t>(values.size());
  if (values.size() == groups_.size() &&
      static_cast<int64_t>(workers.size()) >= kJackknife) {
    double mean = 0, squares = 0;
    for (const double value : values) mean += value / values.size();
    for (const double value : values) {
      squares += (value - mean) * (value - mean);
    }
    const double g = static_cast<double>(groups);
    const double half =
        StudentBound(groups - 1) * std::sqrt((g - 1) / g * squares);
    interval.low = pi - half;
    interval.high = pi + half;
    interval.method = "jackknife";
  }
  *out->mutable_pi() = FigureOf(pi, interval, 0, 1);
  if (!interval.high.has_value()) {
    conclude(
        "CANNOT_CONCLUDE(N)",
        absl::StrCat("Too few workers for ", kJackknife,
                     " groups that can each be left out."),
        absl::StrCat("劳动者过少，无法分成可逐一剔除的 ", kJackknife, " 组。"));
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
