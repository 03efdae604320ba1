#include "audit/measures/strictness/summary.h"

#include <algorithm>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "audit/measures/strictness/rank_report.h"
#include "audit/stats/decimal.h"

namespace plumbline::audit {
namespace {

void AddIndicator(const char* id, const char* target, const v1::Figure& figure,
                  int64_t n, bool flagged, std::string en, std::string zh,
                  v1::Strictness* out) {
  v1::StrictIndicator* indicator = out->add_indicators();
  indicator->set_id(id);
  indicator->set_target(target);
  *indicator->mutable_figure() = figure;
  indicator->set_n(n);
  indicator->set_flagged(flagged);
  indicator->set_meaning(std::move(en));
  indicator->set_meaning_zh(std::move(zh));
}

void AddIndicatorsOf(const v1::StrictTarget& target, const char* name,
                     const v1::Estimates* estimates, v1::Strictness* out) {
  const v1::SpeedTest& speed = target.speed_ex_ante();
  if (speed.has_share_over15()) {
    AddIndicator("STR-1", name, speed.share_over15(), speed.n(),
                 speed.verdict() == "FINDING",
                 "Share of targets that ask for more than the lawful speed, "
                 "waits as known beforehand.",
                 "要求速度超过规定速度的时限占比（等待时间按事前可知计）。",
                 out);
  }
  const v1::ChosenEstimate* chosen = nullptr;
  for (int i = 0; estimates != nullptr && i < estimates->chosen_size(); ++i) {
    const v1::ChosenEstimate& one = estimates->chosen(i);
    if (one.target() != name || !one.has_rank()) continue;
    if (one.is_none() * 2 > one.n()) continue;
    // The start from which more targets are one of the estimates.
    if (chosen == nullptr ||
        one.is_none() * chosen->n() < chosen->is_none() * one.n()) {
      chosen = &one;
    }
  }
  if (chosen != nullptr) {
    AddIndicator("STR-2", name, chosen->rank(), chosen->n(),
                 chosen->rank().has_hi() &&
                     std::strtod(chosen->rank().hi().c_str(), nullptr) < 0.5,
                 "Place of the target among the platform's own estimates: 0 "
                 "the shortest, 0.5 the middle, 1 the longest.",
                 "时限在平台自身各预估值中的位置：0 为最短，0.5 为居中，1 为最"
                 "长。",
                 out);
  } else if (target.references_size() > 0 && target.references(0).has_pi()) {
    AddIndicator(
        "STR-2", name, target.references(0).pi(), target.references(0).n(),
        target.verdict() == "STRICTEST" || target.verdict() == "BELOW_MIDDLE",
        "Share of comparable tasks that met the target: 0.5 is the "
        "middle, 0 the strictest.",
        "同类任务中达到该时限的比例：0.5 为居中，0 为最严。", out);
  }
  for (const v1::Concession& concession : target.concessions()) {
    if (concession.name() != "rain" || !concession.has_ratio()) continue;
    AddIndicator("STR-4", name, concession.ratio(), concession.n(),
                 concession.verdict() == "FINDING",
                 "Share of the extra time that rain costs which the target "
                 "grants.",
                 "雨天多耗的时间中，时限给予宽限的比例。", out);
  }
  for (const v1::CounterfactualCase& one : target.counterfactual().cases()) {
    if (one.rule() != "FLOOR" || one.n() == 0) continue;
    const double n = static_cast<double>(one.n());
    const double same = static_cast<double>(one.late_same()) / n;
    v1::Figure share;
    share.set_value(FloatText(same));
    if (one.has_late_unpressured()) {
      const double unpressed =
          std::strtod(one.late_unpressured().c_str(), nullptr) / n;
      share.set_lo(FloatText(std::min(same, unpressed)));
      share.set_hi(FloatText(std::max(same, unpressed)));
      share.set_method("bounds");
    }
    const std::string now = RatioText(one.late_now(), one.n(), 3);
    AddIndicator("STR-8", name, share, one.n(), false,
                 absl::StrCat("Simulated: share late if no target were below "
                              "the middle, with the same durations and, at the "
                              "other end, with unhurried ones. Now: ",
                              now, "."),
                 absl::StrCat("模拟：若时限都不低于居中水平，迟到的比例；一端按"
                              "现有用时，另一端按不赶时间的用时。现为 ",
                              now, "。"),
                 out);
  }
}

}  // namespace

void WriteWhole(const TaskPool& pool, const Walk& walk,
                const v1::AuditPlan& plan, v1::Strictness* out) {
  out->set_workers(static_cast<int64_t>(pool.workers().size()));
  out->set_tasks(pool.tasks());
  if (pool.tasks_left_out() > 0) {
    out->set_tasks_left_out(pool.tasks_left_out());
  }
  out->set_prebooked(pool.prebooked());
  if (walk.base_last >= walk.base_first) {
    // Week w begins on day 7 w - 3.
    const int64_t first = (walk.first_week + walk.base_first) * 7 - 3;
    const int64_t last = (walk.first_week + walk.base_last) * 7 + 3;
    out->set_base_from(DayText(first));
    out->set_base_to(DayText(last));
  }
  out->set_plan(plan.name());
  const auto add = [out](std::string en, std::string zh) {
    out->add_conventions(std::move(en));
    out->add_conventions_zh(std::move(zh));
  };
  add(absl::StrCat(
          "Strictest: at most ", plan.strictest_at_most(),
          " of comparable tasks meet the target; middle: ", plan.middle(),
          "; margin where targets vary inside strata: ", plan.margin_varying(),
          "."),
      absl::StrCat("最严：达到时限的同类任务不超过 ", plan.strictest_at_most(),
                   "；居中：", plan.middle(), "；组内时限有变化时的界限：",
                   plan.margin_varying(), "。"));
  add(absl::StrCat("A stratum needs ", plan.stratum_min_completed(),
                   " completed tasks of ", plan.stratum_min_workers(),
                   " workers on ", plan.stratum_min_days(), " days; ",
                   plan.free_min_completed(),
                   " without pressure for the reference FREE."),
      absl::StrCat("每组至少 ", plan.stratum_min_completed(), " 单、",
                   plan.stratum_min_workers(), " 名劳动者、",
                   plan.stratum_min_days(), " 天；无压力参照至少 ",
                   plan.free_min_completed(), " 单。"));
  add(absl::StrCat(
          "Lawful speed ", plan.speed_low_kmh(), " km/h, design limit ",
          plan.speed_high_kmh(),
          " km/h; tolerated share above it: ", plan.speed_share_at_most(), "."),
      absl::StrCat("规定速度 ", plan.speed_low_kmh(), " 公里/小时，设计上限 ",
                   plan.speed_high_kmh(), " 公里/小时；容许超出的比例：",
                   plan.speed_share_at_most(), "。"));
  add(absl::StrCat("Significance ", plan.significance(),
                   "; headline tests by Holm, strata by ",
                   plan.screening() == "by" ? "Benjamini and Yekutieli"
                                            : "Benjamini and Hochberg",
                   "; ", plan.bootstrap_replicates(),
                   " replicates of whole workers, seed ", plan.seed(), "."),
      absl::StrCat("显著性水平 ", plan.significance(),
                   "；主检验用 Holm 法校正，分组筛查用 ",
                   plan.screening() == "by" ? "Benjamini–Yekutieli"
                                            : "Benjamini–Hochberg",
                   " 法；以劳动者为单位重抽样 ", plan.bootstrap_replicates(),
                   " 次，种子 ", plan.seed(), "。"));
}

void WriteCounterfactual(const TaskPool& pool, const Walk& walk, int t,
                         v1::StrictTarget* out) {
  CounterfactualSums sums;
  int64_t by_reference[kReferences] = {};
  for (const StratumOutcome& stratum : walk.strata) {
    sums += stratum.counterfactual[t];
    by_reference[stratum.counterfactual[t].reference] +=
        stratum.counterfactual[t].n;
  }
  v1::Counterfactual* result = out->mutable_counterfactual();
  if (sums.n == 0) {
    result->set_reason("No target lies in a stratum with enough to compare.");
    result->set_reason_zh("没有时限处于可比较的分组中。");
    return;
  }
  std::string reference;
  for (int r = kReferences; r-- > 0;) {
    if (by_reference[r] == 0) continue;
    absl::StrAppend(&reference, reference.empty() ? "" : "+",
                    kReferenceNames[r]);
  }
  result->set_reference(reference);
  Int128 fines_now = 0, fines_same[2] = {};
  for (const FinedTask& fined : pool.fined()) {
    const WeekCell& week = pool.cells()[fined.cell];
    if (week.prebooked || fined.task.target[t] == kNoNumber) continue;
    const auto cell = std::lower_bound(
        walk.cells.begin(), walk.cells.end(), fined.cell,
        [](const CellGroup& group, size_t at) { return group.end <= at; });
    if (cell == walk.cells.end() || cell->stratum < 0) continue;
    const int64_t middle = walk.strata[cell->stratum].counterfactual[t].middle;
    fines_now += fined.fine;
    const int64_t limit = fined.task.target[t];
    const int64_t changed[] = {std::max(limit, middle), middle};
    for (int c = 0; c < 2; ++c) {
      if (fined.task.value > changed[c]) fines_same[c] += fined.fine;
    }
  }
  const char* rules[] = {"FLOOR", "REPLACE"};
  for (int c = 0; c < 2; ++c) {
    const CounterfactualSums::Case& one = sums.cases[c];
    v1::CounterfactualCase* add = result->add_cases();
    add->set_rule(rules[c]);
    add->set_n(sums.n);
    add->set_late_now(sums.late_now);
    add->set_late_same(one.late_same);
    if (sums.unpressured_n == sums.n) {
      add->set_late_unpressured(
          FixedMeanText(one.late_unpressured, 1, kRankUnit));
    }
    if (!pool.fined().empty()) {
      add->set_fines_now(MoneyText(fines_now));
      add->set_fines_same(MoneyText(fines_same[c]));
    }
    add->set_extra_mean_s(RatioText(one.extra_ms, Int128{sums.n} * 1000));
    add->set_over15_now(sums.over15_now);
    add->set_over15_then(one.over15);
  }
  if (sums.unpressured_n < sums.n) {
    result->set_reason(
        "How many would be late with unpressured durations is not known: there "
        "are none in some strata.");
    result->set_reason_zh("部分分组没有无压力任务，无法得知其用时下的迟到数。");
  }
}

void WriteIndicators(v1::Strictness* out) {
  const v1::Estimates* estimates =
      out->has_estimates() ? &out->estimates() : nullptr;
  if (out->has_promise()) {
    AddIndicatorsOf(out->promise(), kTargetNames[0], estimates, out);
  }
  if (out->has_limit()) {
    AddIndicatorsOf(out->limit(), kTargetNames[1], estimates, out);
  }
}

}  // namespace plumbline::audit
