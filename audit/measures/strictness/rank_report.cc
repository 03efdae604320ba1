#include "audit/measures/strictness/rank_report.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "audit/measures/target_tally.h"
#include "audit/stats/decimal.h"
#include "audit/stats/histogram.h"
#include "audit/stats/multiplicity.h"

namespace plumbline::audit {
namespace {

// Strata told one by one: the JSON must not grow with the strata.
constexpr size_t kListed = 60;
constexpr const char* kCovariateNames[] = {"route", "waitAtPickup", "week"};

double FromUnit(int64_t value) {
  return std::ldexp(static_cast<double>(value), -kInfluenceUnit);
}
double Mean(Int128 sum, int64_t n) {
  return std::ldexp(static_cast<double>(sum), -kRankUnit) /
         static_cast<double>(n);
}

template <typename Out>
void Verdict(std::string verdict, std::string en, std::string zh, Out* out) {
  out->set_verdict(std::move(verdict));
  out->set_reason(std::move(en));
  out->set_reason_zh(std::move(zh));
}

constexpr const char* kTargetZh[] = {"对顾客的承诺", "考核时限"};

}  // namespace

RankReport::RankReport(const TaskPool& pool, const Walk& walk,
                       const BandList& bands, const v1::AuditPlan& plan)
    : pool_(pool),
      walk_(walk),
      bands_(bands),
      plan_(plan),
      middle_(std::strtod(plan.middle().c_str(), nullptr)),
      strictest_(std::strtod(plan.strictest_at_most().c_str(), nullptr)),
      significance_(std::strtod(plan.significance().c_str(), nullptr)) {
  for (int r = 0; r < kReferences; ++r) {
    for (int t = 0; t < kTargets; ++t) Sum(r, t);
  }
  for (int t = 0; t < kTargets; ++t) {
    delivered_[t] = walk.slack[t].n;
  }
}

void RankReport::Sum(int r, int t) {
  One& one = one_[r][t];
  for (const StratumOutcome& stratum : walk_.strata) {
    const StratumPositionFigures& figures = stratum.figures;
    if (figures.sums[r][t].n == 0) continue;
    one.sums += figures.sums[r][t];
    one.durations += figures.own_durations[r];
    ++one.strata;
    if (figures.targets_vary[t]) {
      one.margin = std::strtod(plan_.margin_varying().c_str(), nullptr);
    }
  }
  for (int w = 0; r == kFree && w < Walk::kWidenings; ++w) {
    for (const StratumPositionFigures& figures : walk_.wider[w]) {
      if (figures.sums[r][t].n == 0) continue;
      one.sums += figures.sums[r][t];
      one.wider[w] += figures.sums[r][t].n;
      one.durations += figures.durations[r];
      ++one.strata;
      if (figures.targets_vary[t]) {
        one.margin = std::strtod(plan_.margin_varying().c_str(), nullptr);
      }
    }
  }
  one.any = one.sums.n > 0;
  if (!one.any) return;
  for (int v = 0; v < kBounds; ++v) {
    one.pi[v] = Mean(one.sums.rank[v], one.sums.n);
  }
  for (const WorkerPosition& worker : walk_.workers) {
    one.clusters += worker.n[r][t] > 0 || worker.influence[r][t][kMiddle] != 0;
  }
}

double RankReport::Coverage(int t) const {
  return delivered_[t] == 0 ? 0
                            : static_cast<double>(one_[kObserved][t].sums.n) /
                                  static_cast<double>(delivered_[t]);
}

void RankReport::AddStatistics(WorkerIntervals* intervals) {
  for (int t = 0; t < kTargets; ++t) {
    for (int r = 0; r < kReferences; ++r) {
      One& one = one_[r][t];
      if (!one.any) continue;
      const double n = static_cast<double>(one.sums.n);
      for (int v = 0; v < kBounds; ++v) {
        std::vector<double> parts;
        std::vector<int64_t> rows;
        for (const WorkerPosition& worker : walk_.workers) {
          rows.push_back(worker.n[r][t]);
          parts.push_back((FromUnit(worker.influence[r][t][v]) -
                           worker.n[r][t] * one.pi[v]) /
                          n);
        }
        std::vector<double> counted;
        if (walk_.replicated) {
          const std::vector<double>& rank = walk_.replicates.rank[r][t][v];
          const std::vector<double>& weight = walk_.replicates.n[r][t];
          for (size_t b = 0; b < rank.size(); ++b) {
            if (weight[b] > 0) counted.push_back(rank[b] / weight[b]);
          }
        }
        one.number[v] =
            intervals->Add(one.pi[v], std::move(parts), std::move(rows),
                           one.clusters, std::move(counted));
      }
    }
    // On time: bands of one kind hold each task once.
    std::vector<std::pair<int64_t, int64_t>> met;
    int64_t timed = 0;
    for (uint32_t w = 0; w < walk_.workers.size(); ++w) {
      int64_t on = 0, all = 0;
      for (int b = bands_.begin(kByHour); b < bands_.end(kByHour); ++b) {
        const BandTally::Entry& entry = walk_.bands.At(w, t, b);
        on += entry.on_time;
        all += entry.timed;
      }
      met.emplace_back(on, all);
      on_time_[t] += on;
      timed += all;
      on_time_workers_[t] += all > 0;
    }
    if (timed == 0) continue;
    const double share =
        static_cast<double>(on_time_[t]) / static_cast<double>(timed);
    std::vector<double> parts;
    std::vector<int64_t> rows;
    for (const auto& [on, all] : met) {
      rows.push_back(all);
      parts.push_back(
          (static_cast<double>(on) - static_cast<double>(all) * share) /
          static_cast<double>(timed));
    }
    on_time_number_[t] = intervals->Add(share, std::move(parts),
                                        std::move(rows), on_time_workers_[t]);
  }
}

void RankReport::WriteReference(int r, int t, const WorkerIntervals& intervals,
                                v1::StrictTarget* out) {
  One& one = one_[r][t];
  v1::ReferenceRank* rank = out->add_references();
  rank->set_reference(kReferenceNames[r]);
  if (!one.any) {
    if (r == kBase) {
      Verdict("CANNOT_CONCLUDE(N)",
              "There is no earlier period with enough durations and targets "
              "after it. A longer log, or base_from and base_to in the plan, "
              "would settle it.",
              "没有用时记录充足的较早时段，或其后没有时限。提供更长时段的日志，"
              "或在方案中指定基准期，即可判断。",
              rank);
    } else if (r == kFree) {
      Verdict("CANNOT_CONCLUDE(N)",
              absl::StrCat("No stratum has ", plan_.free_min_completed(),
                           " tasks without pressure of ",
                           plan_.stratum_min_workers(),
                           " workers: prebooked, without any deadline, or with "
                           "one that nearly everybody met, and carried alone. "
                           "Orders without a limit (tasks.limit_at empty) or "
                           "marked tasks.prebooked would settle it."),
              absl::StrCat("没有任何分组具备 ", plan_.free_min_completed(),
                           " 单、", plan_.stratum_min_workers(),
                           " 名劳动者的无压力任务（预约单、没有时限，或时限极"
                           "为宽松，且当时只带一单）。提供不设时限的订单或标"
                           "明预约单即可判断。"),
              rank);
    } else {
      Verdict("CANNOT_CONCLUDE(N)",
              absl::StrCat("No stratum has ", plan_.stratum_min_completed(),
                           " completed tasks of ", plan_.stratum_min_workers(),
                           " workers on ", plan_.stratum_min_days(), " days."),
              absl::StrCat("没有任何分组达到 ", plan_.stratum_min_completed(),
                           " 单、", plan_.stratum_min_workers(), " 名劳动者、",
                           plan_.stratum_min_days(), " 天。"),
              rank);
    }
    return;
  }
  rank->set_n(one.sums.n);
  rank->set_workers(one.clusters);
  rank->set_strata(one.strata);
  rank->set_durations(one.durations);
  if (delivered_[t] > 0) {
    rank->set_coverage(RatioText(one.sums.n, delivered_[t]));
  }
  const WorkerInterval* ends[kBounds];
  for (int v = 0; v < kBounds; ++v) ends[v] = &intervals.Of(one.number[v]);
  *rank->mutable_pi() = FigureOf(one.pi[kMiddle], *ends[kMiddle], 0, 1);
  *rank->mutable_pi_low() = FigureOf(one.pi[kLow], *ends[kLow], 0, 1);
  *rank->mutable_pi_high() = FigureOf(one.pi[kHigh], *ends[kHigh], 0, 1);
  // The point is exact; the double above is for the interval only.
  rank->mutable_pi()->set_value(
      FixedMeanText(one.sums.rank[kMiddle], one.sums.n, kRankUnit));
  rank->set_pi_kaplan_meier(
      FloatText(one.sums.kaplan_meier / static_cast<double>(one.sums.n)));
  const Int128 whole = Int128{one.sums.n} << kRankUnit;
  rank->set_strictness_index(
      FixedMeanText(std::max<Int128>(0, whole - 2 * one.sums.rank[kMiddle]),
                    one.sums.n, kRankUnit));
  rank->set_share_fastest5(RatioText(one.sums.fastest5, one.sums.n));
  rank->set_share_fastest25(RatioText(one.sums.fastest25, one.sums.n));
  rank->set_share_below_middle(RatioText(one.sums.below_middle, one.sums.n));
  rank->set_margin(FloatText(one.margin));
  if (r == kFree) {
    rank->set_n_without_weather(one.wider[Walk::kWithoutWeather]);
    rank->set_n_without_zone(one.wider[Walk::kWithoutZone]);
    const double most =
        std::strtod(plan_.free_imbalance_at_most().c_str(), nullptr);
    for (int c = 0; c < kCovariates; ++c) {
      const BalanceSums& sums = walk_.balance;
      if (sums.n[c] == 0 || sums.variance[c] <= 0) continue;
      const double difference = sums.difference[c] / sums.n[c] /
                                std::sqrt(sums.variance[c] / sums.n[c]);
      v1::Balance* balance = rank->add_balance();
      balance->set_covariate(kCovariateNames[c]);
      balance->set_difference(FloatText(difference));
      one.balanced = one.balanced && std::fabs(difference) <= most;
    }
  }
  if (one.clusters < kFewestClusters || !ends[kMiddle]->low.has_value()) {
    Verdict("CANNOT_CONCLUDE(N)",
            absl::StrCat("Only ", one.clusters, " workers; at least ",
                         kFewestClusters, " are needed for an interval."),
            absl::StrCat("只有 ", one.clusters, " 名劳动者，至少需要 ",
                         kFewestClusters, " 名才能给出区间。"),
            rank);
    return;
  }
  one.testable = true;
  one.ends_low = std::min(*ends[kMiddle]->low, *ends[kLow]->low);
  one.ends_high = std::max(*ends[kMiddle]->high, *ends[kHigh]->high);
  one.upper_delivered = *ends[kMiddle]->high;
  // One-sided, at the end that favours the platform.
  const double bound = std::max(one.pi[kMiddle], one.pi[kHigh]);
  const double error =
      std::max(ends[kMiddle]->standard_error, ends[kHigh]->standard_error);
  one.p_value = error > 0 ? UpperTail((middle_ - one.margin - bound) / error,
                                      one.clusters)
                          : (bound < middle_ - one.margin ? 0.0 : 1.0);
  rank->set_p_value(FloatText(one.p_value));
}

void RankReport::WriteFamily(v1::Strictness* out) {
  std::vector<double> p_values;
  std::vector<One*> tested;
  for (int t = 0; t < kTargets; ++t) {
    for (int r = 0; r < kReferences; ++r) {
      One& one = one_[r][t];
      if (!one.testable) continue;
      p_values.push_back(one.p_value);
      tested.push_back(&one);
      v1::Hypothesis* hypothesis = out->add_headline();
      hypothesis->set_name(
          absl::StrCat(kTargetNames[t], ".", kReferenceNames[r]));
      hypothesis->set_name_zh(
          absl::StrCat(kTargetZh[t], "，", kReferenceNames[r]));
      hypothesis->set_method("holm");
      hypothesis->set_p_value(FloatText(one.p_value));
    }
  }
  const std::vector<double> adjusted = HolmAdjusted(p_values);
  for (size_t i = 0; i < adjusted.size(); ++i) {
    tested[i]->adjusted = adjusted[i];
    out->mutable_headline(static_cast<int>(i))
        ->set_p_adjusted(FloatText(adjusted[i]));
  }
}

void RankReport::Conclude(int t, v1::StrictTarget* out) const {
  const One& observed = one_[kObserved][t];
  const One& free = one_[kFree][t];
  for (int r = 0; r < kReferences; ++r) {
    const One& one = one_[r][t];
    v1::ReferenceRank* rank = out->mutable_references(r);
    if (!one.testable) continue;
    if (r == kFree && !one.balanced) {
      Verdict(
          "CANNOT_CONCLUDE(ID)",
          "Tasks without pressure differ from the others inside strata by "
          "more than the declared bound, so they are no measure for them.",
          "无压力任务与同组其他任务的差别超过预先声明的界限，不能作为参照。",
          rank);
      continue;
    }
    const bool sure = one.adjusted <= significance_;
    if (one.ends_high <= strictest_ && sure) {
      Verdict("STRICTEST",
              "Hardly any comparable task would have met the targets.",
              "同类任务中几乎没有能达到时限的。", rank);
    } else if (one.ends_high < middle_ - one.margin && sure) {
      Verdict("BELOW_MIDDLE",
              "Most comparable tasks would not have met the targets.",
              "多数同类任务达不到时限。", rank);
    } else if (one.ends_high < middle_ - one.margin) {
      Verdict("CANNOT_CONCLUDE(POW)",
              "The figure is below the middle, but not surely so once all "
              "headline tests are counted.",
              "数值低于中间水平，但计入全部主检验后尚不足以确认。", rank);
    } else if (one.upper_delivered < middle_ - one.margin) {
      Verdict("CANNOT_CONCLUDE(MISS)",
              "It depends on what became of the tasks that were not delivered.",
              "结论取决于未送达任务的实际情况。", rank);
    } else if (r == kFree && one.ends_low >= middle_ + one.margin) {
      Verdict("AT_OR_ABOVE_MIDDLE",
              "At least half of the tasks that no deadline pressed would have "
              "met the targets.",
              "在没有时限压力的同类任务中，至少一半能达到时限。", rank);
    } else if (r != kFree) {
      Verdict("CANNOT_CONCLUDE(DEP)",
              "Durations that the targets themselves press can show that "
              "targets are too short, never that they are long enough.",
              "用时本身受时限影响，只能证明时限过短，不能证明时限足够。", rank);
    } else {
      Verdict("CANNOT_CONCLUDE(DEP)",
              "The interval lies on both sides of the middle.",
              "区间跨越中间水平。", rank);
    }
  }

  if (!observed.any || !observed.testable) {
    Verdict("CANNOT_CONCLUDE(N)", out->references(kObserved).reason(),
            out->references(kObserved).reason_zh(), out);
    return;
  }
  const bool free_counts = free.testable && free.balanced;
  const std::string& seen = out->references(kObserved).verdict();
  const std::string& unpressed = out->references(kFree).verdict();
  const bool enough = 2 * observed.sums.n >= delivered_[t];
  if (!enough) {
    Verdict(
        "CANNOT_CONCLUDE(N)",
        "Fewer than half of the tasks lie in strata with enough to compare. "
        "A longer log would settle it.",
        "不到一半的任务处于可比较的分组中。提供更长时段的日志即可判断。", out);
  } else if (free_counts && unpressed == "AT_OR_ABOVE_MIDDLE" &&
             (seen == "STRICTEST" || seen == "BELOW_MIDDLE")) {
    Verdict("CANNOT_CONCLUDE(DEP)",
            "Observed durations and those of tasks without pressure say "
            "opposite things.",
            "按全部用时与按无压力任务的用时得出相反的结论。", out);
  } else if (seen == "STRICTEST" &&
             (!free_counts || unpressed == "STRICTEST")) {
    Verdict("STRICTEST",
            free_counts
                ? "So against all durations and against those without pressure."
                : "So against all durations; pressure only shortens them, so "
                  "the targets are at least this strict.",
            free_counts ? "按全部用时和按无压力任务的用时均如此。"
                        : "按全部用时如此；压力只会缩短用时，因此时限至少这样"
                          "严。",
            out);
  } else if (seen == "STRICTEST" || seen == "BELOW_MIDDLE") {
    Verdict("BELOW_MIDDLE",
            "Most comparable tasks would not have met the targets; pressure "
            "only shortens durations, so this stands whatever the pressure.",
            "多数同类任务达不到时限；压力只会缩短用时，因此无论压力大小，结论成"
            "立。",
            out);
  } else if (on_time_upper_[t] < middle_) {
    Verdict("BELOW_MIDDLE",
            "Fewer than half of the tasks were delivered in time, although the "
            "target pressed.",
            "即使有时限压力，按时送达的任务仍不到一半。", out);
  } else if (free_counts && unpressed == "AT_OR_ABOVE_MIDDLE" &&
             2 * free.sums.n < delivered_[t]) {
    Verdict("CANNOT_CONCLUDE(N)",
            "Fewer than half of the targets can be compared with tasks without "
            "pressure, which is too few to say that they are long enough.",
            "能与无压力任务比较的时限不到一半，不足以说明时限足够。", out);
  } else if (free_counts && unpressed == "AT_OR_ABOVE_MIDDLE") {
    Verdict("AT_OR_ABOVE_MIDDLE", out->references(kFree).reason(),
            out->references(kFree).reason_zh(), out);
  } else if (seen != "CANNOT_CONCLUDE(DEP)") {
    Verdict(seen, out->references(kObserved).reason(),
            out->references(kObserved).reason_zh(), out);
  } else {
    Verdict("CANNOT_CONCLUDE(DEP)",
            absl::StrCat(out->references(kObserved).reason(), " ",
                         out->references(kFree).reason()),
            absl::StrCat(out->references(kObserved).reason_zh(),
                         out->references(kFree).reason_zh()),
            out);
  }
}

void RankReport::WriteStrata(int t, v1::Strictness* result,
                             v1::StrictTarget* out) {
  std::vector<size_t> ranked;
  std::vector<double> p_values;
  const double varying = std::strtod(plan_.margin_varying().c_str(), nullptr);
  std::vector<double> errors, pis;
  for (size_t s = 0; s < walk_.strata.size(); ++s) {
    const StratumPositionFigures& figures = walk_.strata[s].figures;
    const PositionSums& sums = figures.sums[kObserved][t];
    if (sums.n == 0) continue;
    ranked.push_back(s);
    const double n = static_cast<double>(sums.n);
    pis.push_back(Mean(sums.rank[kMiddle], sums.n));
    errors.push_back(std::sqrt(figures.variance[t]) / n);
    // At the end that favours the platform.
    const double high = std::max(pis.back(), Mean(sums.rank[kHigh], sums.n));
    const double below = middle_ - (figures.targets_vary[t] ? varying : 0);
    p_values.push_back(
        figures.clusters[t] < kFewestClusters ? 1.0
        : errors.back() > 0
            ? UpperTail((below - high) / errors.back(), figures.clusters[t])
            : (high < below ? 0.0 : 1.0));
  }
  out->set_strata_total(static_cast<int64_t>(ranked.size()));
  const std::vector<double> adjusted =
      plan_.screening() == "by" ? BenjaminiYekutieliAdjusted(p_values)
                                : BenjaminiHochbergAdjusted(p_values);
  std::vector<size_t> order(ranked.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return walk_.strata[ranked[a]].figures.sums[kObserved][t].n >
           walk_.strata[ranked[b]].figures.sums[kObserved][t].n;
  });
  if (order.size() > kListed) order.resize(kListed);
  for (const size_t i : order) {
    const StratumOutcome& stratum = walk_.strata[ranked[i]];
    const StratumPositionFigures& figures = stratum.figures;
    const PositionSums& sums = figures.sums[kObserved][t];
    v1::StratumPosition* one = out->add_strata();
    one->set_stratum(stratum.key.Text(plan_));
    one->set_stratum_zh(StratumTextZh(stratum.key, plan_));
    one->set_n(figures.durations[kObserved]);
    one->set_workers(stratum.workers);
    one->set_days(stratum.days);
    one->set_targets(sums.n);
    WorkerInterval interval;
    if (figures.clusters[t] >= kFewestClusters) {
      const double half = StudentBound(figures.clusters[t] - 1) * errors[i];
      interval.low = pis[i] - half;
      interval.high = pis[i] + half;
      interval.method = "clustered t";
      interval.spread = figures.spread[t];
    }
    *one->mutable_pi() = FigureOf(pis[i], interval, 0, 1);
    const auto seconds = [](const Fraction& value) {
      return SecondsText(value);
    };
    one->set_p05_s(seconds(figures.quantile[0]));
    one->set_p10_s(seconds(figures.quantile[1]));
    one->set_p25_s(seconds(figures.quantile[2]));
    one->mutable_p50_s()->set_value(seconds(figures.quantile[3]));
    if (figures.median_high > 0) {
      one->mutable_p50_s()->set_lo(FloatText(figures.median_low / 1000));
      one->mutable_p50_s()->set_hi(FloatText(figures.median_high / 1000));
      one->mutable_p50_s()->set_method("clustered t");
    }
    one->set_p75_s(seconds(figures.quantile[4]));
    one->set_p90_s(seconds(figures.quantile[5]));
    one->set_p95_s(seconds(figures.quantile[6]));
    const Int128 thousand_n = Int128{figures.target_n[t]} * 1000;
    one->set_target_mean_s(RatioText(figures.target_sum[t], thousand_n));
    // (Q50 - mean) / (Q50 - Q05).
    const auto real = [](const Fraction& value) {
      return static_cast<double>(value.numerator) /
             static_cast<double>(value.denominator);
    };
    const double spread = real(figures.quantile[3]) - real(figures.quantile[0]);
    if (spread > 0) {
      const double mean = static_cast<double>(figures.target_sum[t]) /
                          static_cast<double>(figures.target_n[t]);
      one->set_sigma(FloatText((real(figures.quantile[3]) - mean) / spread));
    }
    if (figures.route_n > 0) {
      // Mean route at the lawful speed, and the mean wait at the pickup.
      double lawful = static_cast<double>(figures.route_sum) /
                      static_cast<double>(figures.route_n) * 3.6 /
                      plan_.speed_low_kmh();
      if (figures.wait_n > 0) {
        lawful += static_cast<double>(figures.wait_sum) /
                  static_cast<double>(figures.wait_n) / 1000;
      }
      one->set_lawful_s(FloatText(lawful));
    }
    if (figures.usable[kFree]) {
      one->set_free_p50_s(seconds(figures.free_median));
    }
    one->set_bins_from_s(figures.bins_from_s);
    one->set_bin_width_s(figures.bin_width_s);
    for (const int64_t count : figures.bins) one->add_bins(count);
    one->set_p_adjusted(FloatText(adjusted[i]));
    v1::Hypothesis* hypothesis = result->add_screening();
    hypothesis->set_name(absl::StrCat(kTargetNames[t], ": ", one->stratum()));
    hypothesis->set_name_zh(
        absl::StrCat(kTargetZh[t], "：", one->stratum_zh()));
    hypothesis->set_method(plan_.screening());
    hypothesis->set_p_value(FloatText(p_values[i]));
    hypothesis->set_p_adjusted(FloatText(adjusted[i]));
  }
  result->set_screened(result->screened() +
                       static_cast<int64_t>(ranked.size()));
}

void RankReport::Write(const WorkerIntervals& intervals, v1::Strictness* out) {
  for (int t = 0; t < kTargets; ++t) {
    if (delivered_[t] == 0) continue;
    v1::StrictTarget* target =
        t == 0 ? out->mutable_promise() : out->mutable_limit();
    for (int r = 0; r < kReferences; ++r) {
      WriteReference(r, t, intervals, target);
    }
    const WorkerInterval& on_time = intervals.Of(on_time_number_[t]);
    *target->mutable_on_time() = FigureOf(
        static_cast<double>(on_time_[t]) / static_cast<double>(delivered_[t]),
        on_time, 0, 1);
    target->set_on_time_n(delivered_[t]);
    if (on_time.high.has_value()) on_time_upper_[t] = *on_time.high;
  }
  WriteFamily(out);
  for (int t = 0; t < kTargets; ++t) {
    if (delivered_[t] == 0) continue;
    v1::StrictTarget* target =
        t == 0 ? out->mutable_promise() : out->mutable_limit();
    Conclude(t, target);
    WriteStrata(t, out, target);
  }
}

}  // namespace plumbline::audit
