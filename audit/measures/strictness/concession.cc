#include "audit/measures/strictness/concession.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "absl/strings/str_cat.h"
#include "audit/measures/strictness/dense_solve.h"
#include "audit/stats/decimal.h"
#include "audit/stats/least_squares.h"

namespace plumbline::audit {
namespace {

constexpr size_t kMostZones = 12;
constexpr double kPartScale = 0x1p44;  // Parts add up in its inverse.

}  // namespace

ConcessionFit::ConcessionFit(const Walk& walk, const v1::AuditPlan& plan)
    : walk_(walk), plan_(plan) {
  for (int t = 0; t < kTargets; ++t) fitted_[t] = FitTarget(t);
}

void ConcessionFit::FindColumns(int t) {
  std::set<int> weathers, loads, hours;
  std::set<std::string> zones;
  for (const CellGroup& cell : walk_.cells) {
    if (cell.moments[t].n == 0) continue;
    weathers.insert(cell.key.weather);
    loads.insert(cell.key.load);
    hours.insert(cell.key.hour_type);
    zones.insert(cell.key.zone);
  }
  // The level that all others are held against: dry, one order, the first.
  const auto others = [](const std::set<int>& from, int plain) {
    std::vector<int> kept(from.begin(), from.end());
    const auto at = std::find(kept.begin(), kept.end(), plain);
    if (!kept.empty()) kept.erase(at == kept.end() ? kept.begin() : at);
    return kept;
  };
  weathers_ = others(weathers, kDry);
  loads_ = others(loads, 1);
  hours_ = others(hours, kOtherHours);
  zones_.clear();
  if (zones.size() <= kMostZones) {
    zones_.assign(std::next(zones.begin(), zones.empty() ? 0 : 1), zones.end());
  }
}

std::vector<int64_t> ConcessionFit::RowOf(const StratumKey& key) const {
  std::vector<int64_t> row = {1};
  for (const int weather : weathers_) row.push_back(key.weather == weather);
  for (const int load : loads_) row.push_back(key.load == load);
  for (const int hour : hours_) row.push_back(key.hour_type == hour);
  for (const std::string& zone : zones_) row.push_back(key.zone == zone);
  row.push_back(0);
  return row;
}

ConcessionFit::Fitted ConcessionFit::FitTarget(int t) {
  Fitted fitted;
  FindColumns(t);
  const int columns = static_cast<int>(RowOf(StratumKey()).size());
  LeastSquares::Block cost, grant;
  const size_t triangle = static_cast<size_t>(columns) * (columns + 1) / 2;
  cost.x_x.assign(triangle, 0);
  cost.x_y.assign(columns, 0);
  grant = cost;
  for (const CellGroup& cell : walk_.cells) {
    const CellMoments& m = cell.moments[t];
    rows_[t].push_back(RowOf(cell.key));
    if (m.n == 0) continue;
    const std::vector<int64_t>& row = rows_[t].back();
    size_t at = 0;
    for (int i = 0; i < columns; ++i) {
      const bool route_i = i == columns - 1;
      for (int j = i; j < columns; ++j, ++at) {
        const bool route_j = j == columns - 1;
        cost.x_x[at] += route_i   ? m.route_route
                        : route_j ? row[i] * m.route
                                  : Int128{row[i] * row[j]} * m.n;
      }
      cost.x_y[i] += route_i ? m.route_duration : row[i] * m.duration;
      grant.x_y[i] += route_i ? m.route_target : row[i] * m.target;
    }
    cost.rows += m.n;
    cost.y_y += m.duration_duration;
    grant.y_y += m.target_target;
  }
  fitted.n = cost.rows;
  if (fitted.n == 0) return fitted;
  fitted.any = true;
  grant.rows = cost.rows;
  grant.x_x = cost.x_x;
  LeastSquares of_cost(columns), of_grant(columns);
  of_cost.AddBlock(cost, 0);
  of_grant.AddBlock(grant, 0);
  const Outcome<LeastSquaresFit> d = Fit(of_cost), g = Fit(of_grant);
  if (!d.ok() || !g.ok()) return fitted;
  for (int i = 0; i < columns; ++i) {
    fitted.cost.push_back(ToDouble(d->coefficients[i]));
    fitted.grant.push_back(ToDouble(g->coefficients[i]));
  }
  std::vector<std::vector<double>> xx(columns, std::vector<double>(columns));
  size_t at = 0;
  for (int i = 0; i < columns; ++i) {
    for (int j = i; j < columns; ++j, ++at) {
      xx[i][j] = xx[j][i] = static_cast<double>(cost.x_x[at]);
    }
  }
  fitted.ok = true;
  const auto add = [&](const char* name, int column) {
    Condition condition{
        name, column, fitted.cost[column], fitted.grant[column], {}, 0, 0, 0};
    std::vector<double> unit(columns, 0);
    unit[column] = 1;
    fitted.ok = fitted.ok && SolveDense(xx, unit, &condition.inverse);
    fitted.conditions.push_back(std::move(condition));
  };
  int column = 1;
  for (const int weather : weathers_) {
    if (weather == kRain) add("rain", column);
    if (weather == kSevere) add("severe", column);
    ++column;
  }
  for (const int load : loads_) {
    if (load == 2) add("load2", column);
    if (load == 3) add("load3", column);
    ++column;
  }
  add("distance", columns - 1);
  return fitted;
}

void ConcessionFit::Prepare(size_t workers) {
  if (fitted_[0].ok || fitted_[1].ok) workers_ = workers;
}

void ConcessionFit::Own::operator+=(const Own& other) {
  for (int t = 0; t < kTargets; ++t) {
    n[t] += other.n[t];
    for (int k = 0; k < kMostConditions; ++k) {
      for (int side = 0; side < 2; ++side) {
        part[t][k][side] += other.part[t][k][side];
      }
    }
  }
}

void ConcessionFit::Visit(size_t cell, std::span<const StrictTask> tasks) {
  if (workers_ == 0) return;
  std::vector<Own>& owns = owns_.local();
  owns.resize(workers_);
  for (int t = 0; t < kTargets; ++t) {
    const Fitted& fitted = fitted_[t];
    if (!fitted.ok || walk_.cells[cell].moments[t].n == 0) continue;
    const std::vector<int64_t>& row = rows_[t][cell];
    const size_t last = row.size() - 1;
    const size_t conditions = fitted.conditions.size();
    double cost = 0, grant = 0, pulls[kMostConditions] = {};
    for (size_t i = 0; i < last; ++i) {
      const double x = static_cast<double>(row[i]);
      cost += fitted.cost[i] * x;
      grant += fitted.grant[i] * x;
      for (size_t k = 0; k < conditions; ++k) {
        pulls[k] += fitted.conditions[k].inverse[i] * x;
      }
    }
    for (const StrictTask& task : tasks) {
      if (task.censored) continue;
      if (task.target[t] == kNoNumber || task.route == kNoNumber) continue;
      const double route = task.route;
      const double errors[] = {
          task.value / 1000 - cost - fitted.cost[last] * route,
          task.target[t] / 1000 - grant - fitted.grant[last] * route};
      Own& own = owns[task.worker];
      ++own.n[t];
      for (size_t k = 0; k < conditions; ++k) {
        const double pull =
            pulls[k] + fitted.conditions[k].inverse[last] * route;
        for (int side = 0; side < 2; ++side) {
          own.part[t][k][side] += std::llrint(pull * errors[side] * kPartScale);
        }
      }
    }
  }
}

void ConcessionFit::AddStatistics(WorkerIntervals* intervals) {
  std::vector<Own> owns(workers_);
  for (const std::vector<Own>& of_thread : owns_) {
    for (size_t w = 0; w < of_thread.size(); ++w) owns[w] += of_thread[w];
  }
  for (int t = 0; t < kTargets; ++t) {
    Fitted& fitted = fitted_[t];
    if (!fitted.ok) continue;
    std::vector<int64_t> rows;
    for (const Own& own : owns) {
      rows.push_back(own.n[t]);
      fitted.clusters += rows.back() > 0;
    }
    for (size_t k = 0; k < fitted.conditions.size(); ++k) {
      Condition& condition = fitted.conditions[k];
      std::vector<double> cost, grant, ratio;
      const double phi = condition.grant / condition.cost;
      for (const Own& own : owns) {
        cost.push_back(static_cast<double>(own.part[t][k][0]) / kPartScale);
        grant.push_back(static_cast<double>(own.part[t][k][1]) / kPartScale);
        ratio.push_back((grant.back() - phi * cost.back()) / condition.cost);
      }
      condition.cost_number = intervals->Add(condition.cost, std::move(cost),
                                             rows, fitted.clusters);
      condition.grant_number = intervals->Add(condition.grant, std::move(grant),
                                              rows, fitted.clusters);
      condition.ratio_number =
          intervals->Add(phi, std::move(ratio), rows, fitted.clusters);
    }
  }
}

void ConcessionFit::Write(const WorkerIntervals& intervals,
                          v1::StrictTarget* promise,
                          v1::StrictTarget* limit) const {
  v1::StrictTarget* targets[] = {promise, limit};
  for (int t = 0; t < kTargets; ++t) {
    const Fitted& fitted = fitted_[t];
    if (targets[t] == nullptr || !fitted.any) continue;
    const auto conclude = [](v1::Concession* out, std::string verdict,
                             std::string en, std::string zh) {
      out->set_verdict(std::move(verdict));
      out->set_reason(std::move(en));
      out->set_reason_zh(std::move(zh));
    };
    if (!fitted.ok) {
      v1::Concession* out = targets[t]->add_concessions();
      out->set_name("distance");
      out->set_n(fitted.n);
      conclude(out, "CANNOT_CONCLUDE(ID)",
               "The conditions cannot be told apart: one follows from others, "
               "or there are too few tasks.",
               "各条件之间无法区分：其中之一可由其他条件推出，或任务过少。");
      continue;
    }
    for (const Condition& condition : fitted.conditions) {
      v1::Concession* out = targets[t]->add_concessions();
      const bool distance = std::string(condition.name) == "distance";
      const double unit = distance ? 1000 : 1;  // Seconds a kilometre.
      out->set_name(condition.name);
      out->set_n(fitted.n);
      out->set_workers(fitted.clusters);
      const auto scaled = [unit](const WorkerInterval& from) {
        WorkerInterval to = from;
        if (to.low.has_value()) *to.low *= unit;
        if (to.high.has_value()) *to.high *= unit;
        return to;
      };
      const WorkerInterval cost = intervals.Of(condition.cost_number);
      *out->mutable_cost_s() = FigureOf(condition.cost * unit, scaled(cost));
      *out->mutable_grant_s() = FigureOf(
          condition.grant * unit, scaled(intervals.Of(condition.grant_number)));
      if (!cost.low.has_value()) {
        conclude(out, "CANNOT_CONCLUDE(N)",
                 absl::StrCat("Only ", fitted.clusters, " workers."),
                 absl::StrCat("只有 ", fitted.clusters, " 名劳动者。"));
        continue;
      }
      if (*cost.low <= 0 && *cost.high >= 0) {
        conclude(out, "CANNOT_CONCLUDE(ID)",
                 "It is not clear that this condition costs any time.",
                 "尚不能确定该条件是否会增加用时。");
        continue;
      }
      const WorkerInterval& ratio = intervals.Of(condition.ratio_number);
      *out->mutable_ratio() = FigureOf(condition.grant / condition.cost, ratio);
      if (*cost.high < 0) {
        conclude(out, "CANNOT_CONCLUDE(ID)",
                 "Tasks are faster under this condition, so there is nothing "
                 "to grant.",
                 "该条件下用时反而更短，无从宽限。");
      } else if (*ratio.high < 1) {
        conclude(out, "FINDING",
                 "The target grants less than the extra time that this "
                 "condition costs.",
                 "时限给予的宽限少于该条件实际增加的用时。");
      } else if (*ratio.low >= 1) {
        conclude(out, "NO_FINDING",
                 "The target grants the extra time that this condition costs.",
                 "时限已给足该条件实际增加的用时。");
      } else {
        conclude(out, "CANNOT_CONCLUDE(POW)",
                 "The interval of the ratio holds 1.",
                 "比值的区间包含 1，无法判断。");
      }
    }
  }
}

}  // namespace plumbline::audit
