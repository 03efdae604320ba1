#include <algorithm>

#include "audit/report/cat.h"
#include "audit/report/numbers.h"
#include "audit/report/sections.h"

namespace plumbline::audit {
namespace {

constexpr size_t kStrataDrawn = 20;
constexpr size_t kStrataListed = 100;

void AddFigures(const v1::Target& target, std::string_view name, Page* page) {
  const Words& words = page->words();
  HtmlTable table{.caption = std::string(name),
                  .header = {words(T::kFigure), words(T::kValue)}};
  const auto row = [&](std::string text, bool known, std::string value) {
    if (known)
      table.rows.push_back({{std::move(text)}, NumberCell(std::move(value))});
  };
  row(words(T::kTargetTasks), target.has_n(), Count(target.n()));
  row(words(T::kLate), target.has_late(), Count(target.late()));
  row(words(T::kShareLate), target.has_share_late(),
      Percent(target.share_late(), 2));
  row(words(T::kLateMean), target.has_late_mean_s(),
      Minutes(target.late_mean_s(), 1));
  for (const std::string_view point : {"p05", "p25", "p50", "p75", "p95"}) {
    const auto found = target.slack_quantiles_s().find(std::string(point));
    if (found == target.slack_quantiles_s().end()) continue;
    const std::string_view percent = point.substr(point[1] == '0' ? 2 : 1);
    row(words(T::kSlackQuantile, percent), true, Minutes(found->second, 1));
  }
  page->Table(table);
}

void AddSlack(const v1::Target& target, std::string_view name, Page* page) {
  const Words& words = page->words();
  if (target.slack_bins().empty() || target.slack_bin_width_s() <= 0) return;
  Chart chart{.kind = "histogram",
              .title = words(T::kSlackPicture, name),
              .sentence = words(T::kSlackSentence, Count(target.late()),
                                Count(target.n())),
              .x_name = words(T::kMinutesLeft),
              .y_name = words(T::kTasks)};
  chart.series.push_back({.name = words(T::kTasks)});
  chart.marks.push_back({"0", "0"});
  HtmlTable table{.caption = chart.title,
                  .header = {words(T::kMinutesLeft), words(T::kTasks)}};
  for (int i = 0; i < target.slack_bins_size(); ++i) {
    const int64_t from =
        target.slack_bins_from_s() + i * target.slack_bin_width_s();
    const std::string low = Minutes(Cat(from), 2);
    const std::string high = Minutes(Cat(from + target.slack_bin_width_s()), 2);
    chart.categories.push_back(low);
    chart.series[0].values.push_back(Cat(target.slack_bins(i)));
    table.rows.push_back({{words(T::kIntervalValue, low, high)},
                          NumberCell(Count(target.slack_bins(i)))});
  }
  page->Figure(chart, table);
}

void AddRanks(const v1::Targets& targets, Page* page) {
  const Words& words = page->words();
  Chart chart{.kind = "points",
              .title = words(T::kRankPicture),
              .sentence = words(T::kRankSentence),
              .x_name = words(T::kRank)};
  chart.series.push_back({.name = words(T::kRank)});
  chart.marks = {{"0.5", words(T::kRankMiddle)},
                 {"0.1", words(T::kRankFastest)}};
  HtmlTable table{.caption = words(T::kRankPicture),
                  .header = {words(T::kTarget), words(T::kRank),
                             words(T::kInterval), words(T::kReading),
                             words(T::kReference), words(T::kRankCoverage),
                             words(T::kRankLowHigh), words(T::kStrictnessIndex),
                             words(T::kMargin), words(T::kRankN)}};
  const auto add = [&](const v1::Target& target, T name) {
    if (!target.has_rank()) return;
    const v1::Rank& rank = target.rank();
    const auto interval = [&](bool known, const std::string& low,
                              const std::string& high) {
      return known ? words(T::kIntervalValue, Rounded(low, 3), Rounded(high, 3))
                   : words(T::kUnknown);
    };
    table.rows.push_back(
        {{words(name)},
         NumberCell(rank.has_pi() ? Rounded(rank.pi(), 3) : words(T::kUnknown)),
         {interval(rank.has_lo() && rank.has_hi(), rank.lo(), rank.hi())},
         {words.RankVerdict(rank.verdict())},
         {rank.reference() == "OBS" ? words(T::kReferenceObs)
                                    : rank.reference()},
         NumberCell(rank.has_coverage() ? Percent(rank.coverage(), 1)
                                        : words(T::kUnknown)),
         {interval(rank.has_pi_low() && rank.has_pi_high(), rank.pi_low(),
                   rank.pi_high())},
         NumberCell(rank.has_strictness_index()
                        ? Rounded(rank.strictness_index(), 3)
                        : words(T::kUnknown)),
         NumberCell(rank.has_margin() ? Rounded(rank.margin(), 3)
                                      : words(T::kUnknown)),
         {rank.has_n() ? Cat(Count(rank.n()), " / ", Count(rank.workers()))
                       : words(T::kUnknown)}});
    if (!rank.has_pi()) return;
    chart.categories.push_back(words(name));
    chart.series[0].values.push_back(rank.pi());
    chart.series[0].low.push_back(rank.lo());
    chart.series[0].high.push_back(rank.hi());
  };
  add(targets.promise(), T::kPromise);
  add(targets.limit(), T::kLimit);
  if (table.rows.empty()) return;
  if (chart.categories.empty()) {
    page->Table(table);
  } else {
    page->Figure(chart, table);
  }
}

void AddStrata(const v1::Target& target, std::string_view name, Page* page) {
  const Words& words = page->words();
  std::vector<const v1::StratumRank*> strata;
  for (const v1::StratumRank& stratum : target.rank().strata()) {
    if (stratum.reportable()) strata.push_back(&stratum);
  }
  if (strata.empty()) return;
  std::stable_sort(
      strata.begin(), strata.end(),
      [](const auto* a, const auto* b) { return a->n() > b->n(); });
  Chart chart{.kind = "range",
              .title = words(T::kStrataPicture, name),
              .sentence = words(T::kStrataSentence),
              .x_name = words(T::kMinutes),
              .range_name = words(T::kRangeBar)};
  chart.series.resize(2);
  chart.series[0].name = words(T::kRangeMiddle);
  chart.series[1].name = words(T::kMeanTarget);
  HtmlTable table{
      .caption = chart.title,
      .header = {words(T::kStratum), words(T::kTasks), words(T::kWorkers),
                 words(T::kDays), words(T::kRank), words(T::kFastest5),
                 words(T::kMiddle), words(T::kSlowest5),
                 words(T::kMeanTarget)}};
  for (size_t i = 0; i < std::min(strata.size(), kStrataListed); ++i) {
    const v1::StratumRank& stratum = *strata[i];
    table.rows.push_back({{stratum.stratum()},
                          NumberCell(Count(stratum.n())),
                          NumberCell(Count(stratum.workers())),
                          NumberCell(Count(stratum.days())),
                          NumberCell(Rounded(stratum.pi(), 3)),
                          NumberCell(Minutes(stratum.p05_s(), 1)),
                          NumberCell(Minutes(stratum.p50_s(), 1)),
                          NumberCell(Minutes(stratum.p95_s(), 1)),
                          NumberCell(Minutes(stratum.target_mean_s(), 1))});
    if (i >= kStrataDrawn) continue;
    chart.categories.push_back(stratum.stratum());
    chart.series[0].low.push_back(Minutes(stratum.p05_s(), 3));
    chart.series[0].values.push_back(Minutes(stratum.p50_s(), 3));
    chart.series[0].high.push_back(Minutes(stratum.p95_s(), 3));
    chart.series[1].values.push_back(Minutes(stratum.target_mean_s(), 3));
  }
  page->Figure(chart, table);
  if (target.rank().has_strata_total()) {
    page->Paragraph(words(T::kStrataTotal, Count(target.rank().strata_total())),
                    "soft");
  }
  if (strata.size() > kStrataListed) {
    page->Paragraph(words(T::kStrataLeftOut, strata.size() - kStrataListed),
                    "soft");
  }
}

void AddSpeed(const v1::Speed& speed, std::string_view name, Page* page) {
  const Words& words = page->words();
  if (!speed.has_n()) return;
  Chart chart{.kind = "bars",
              .title = Cat(words(T::kSpeedPicture),
                           words.chinese() ? "：" : ": ", name),
              .sentence = words(T::kSpeedSentence),
              .x_name = words(T::kTasks)};
  chart.series.push_back({.name = words(T::kTasks)});
  HtmlTable table{.caption = chart.title,
                  .header = {words(T::kFigure), words(T::kValue)}};
  const auto count = [&](T text, bool known, int64_t n) {
    if (!known) return;
    table.rows.push_back({{words(text)}, NumberCell(Count(n))});
    chart.categories.push_back(words(text));
    chart.series[0].values.push_back(Cat(n));
  };
  count(T::kSpeedN, speed.has_n(), speed.n());
  count(T::kOver15, speed.has_over15(), speed.over15());
  count(T::kOver25, speed.has_over25(), speed.over25());
  count(T::kImpossible, speed.has_impossible(), speed.impossible());
  const auto figure = [&](T text, bool known, std::string value) {
    if (known)
      table.rows.push_back({{words(text)}, NumberCell(std::move(value))});
  };
  figure(T::kMissingTime, speed.has_missing_s(), HoursOf(speed.missing_s()));
  figure(T::kMedianSpeed, speed.has_median_kmh(), Shown(speed.median_kmh(), 1));
  figure(T::kP95Speed, speed.has_p95_kmh(), Shown(speed.p95_kmh(), 1));
  page->Figure(chart, table);
}

void AddDurations(const v1::Measures& measures, Page* page) {
  const Words& words = page->words();
  if (measures.durations().empty()) return;
  Chart chart{.kind = "range",
              .title = words(T::kDurationsPicture),
              .sentence = words(T::kDurationsSentence),
              .x_name = words(T::kMinutes),
              .range_name = words(T::kRange80)};
  chart.series.resize(2);
  chart.series[0].name = words(T::kMedian);
  chart.series[1].name = words(T::kMean);
  HtmlTable table{
      .caption = words(T::kDurationsPicture),
      .header = {words(T::kFigure), words(T::kTasks), words(T::kMean),
                 words(T::kP10), words(T::kMedian), words(T::kP90)}};
  std::vector<std::string> names = {"placedToDone", "acceptToDone",
                                    "readyToPickup", "waitAtPickup"};
  std::vector<std::string> others;
  for (const auto& [name, stats] : measures.durations()) {
    if (std::find(names.begin(), names.end(), name) == names.end())
      others.push_back(name);
  }
  std::sort(others.begin(), others.end());
  names.insert(names.end(), others.begin(), others.end());
  for (const std::string& name : names) {
    const auto found = measures.durations().find(name);
    if (found == measures.durations().end()) continue;
    const v1::DurationStats& stats = found->second;
    const std::string label = words.Duration(name);
    table.rows.push_back({{label},
                          NumberCell(Count(stats.n())),
                          NumberCell(Minutes(stats.mean(), 1)),
                          NumberCell(Minutes(stats.p10(), 1)),
                          NumberCell(Minutes(stats.p50(), 1)),
                          NumberCell(Minutes(stats.p90(), 1))});
    if (!stats.has_p50()) continue;
    chart.categories.push_back(label);
    chart.series[0].low.push_back(Minutes(stats.p10(), 3));
    chart.series[0].values.push_back(Minutes(stats.p50(), 3));
    chart.series[0].high.push_back(Minutes(stats.p90(), 3));
    chart.series[1].values.push_back(Minutes(stats.mean(), 3));
  }
  page->Heading(3, words(T::kDurations));
  if (chart.categories.empty()) {
    page->Table(table);
  } else {
    page->Figure(chart, table);
  }
}

}  // namespace

void AddTargets(const v1::AuditResult& result, Page* page) {
  const Words& words = page->words();
  page->BeginSection("targets", words(T::kTargets));
  page->Paragraph(words(T::kTargetsLead));
  const v1::Measures& measures = result.measures();
  const v1::Targets& targets = measures.targets();
  if (!targets.has_promise() && !targets.has_limit())
    page->Paragraph(words(T::kNotMeasured));
  // Where strictness was measured its section has the ranks, against more.
  const bool ranks = !measures.has_strictness();
  if (ranks) AddRanks(targets, page);
  const auto each = [&](bool known, const v1::Target& target, T name) {
    if (!known) return;
    page->Heading(3, words(name));
    AddFigures(target, words(name), page);
    AddSlack(target, words(name), page);
    if (ranks) AddStrata(target, words(name), page);
    if (target.has_speed()) AddSpeed(target.speed(), words(name), page);
  };
  each(targets.has_promise(), targets.promise(), T::kPromise);
  each(targets.has_limit(), targets.limit(), T::kLimit);
  AddDurations(measures, page);
  page->EndSection();
}

}  // namespace plumbline::audit
