#include <algorithm>

#include "audit/report/cat.h"
#include "audit/report/figure_cells.h"
#include "audit/report/numbers.h"
#include "audit/report/sections.h"

namespace plumbline::audit {
namespace {

constexpr int kRidgesDrawn = 16;

std::string ShareOf(bool known, std::string_view share, const Words& words) {
  return known ? Percent(share, 1) : words(T::kUnknown);
}

std::string PlanHash(const Manifest& manifest) {
  for (const ManifestEntry& entry : manifest.entries) {
    if (entry.role == "plan") return entry.sha256;
  }
  return "";
}

std::string ReferenceName(std::string_view name, const Words& words) {
  if (name == "OBS") return words(T::kStrictObs);
  if (name == "BASE") return words(T::kStrictBase);
  if (name == "FREE") return words(T::kStrictFree);
  return std::string(name);
}

std::string CovariateName(std::string_view name, const Words& words) {
  if (name == "route") return words(T::kStrictRoute);
  if (name == "waitAtPickup") return words(T::kStrictWait);
  return words(T::kStrictWeek);
}

std::string KindName(std::string_view kind, const Words& words) {
  if (kind == "distance") return words(T::kStrictByDistance);
  if (kind == "hour") return words(T::kStrictByHour);
  if (kind == "weather") return words(T::kStrictByWeather);
  return words(T::kStrictByLoad);
}

std::string ConditionName(std::string_view name, const Words& words) {
  if (name == "rain") return words(T::kStrictRain);
  if (name == "severe") return words(T::kStrictSevere);
  if (name == "load2") return words(T::kStrictLoad2);
  if (name == "load3") return words(T::kStrictLoad3);
  return words(T::kStrictKilometre);
}

std::string_view Reason(std::string_view en, std::string_view zh,
                        const Words& words) {
  return words.Pick(en, zh);
}

// "limit: title" in the manner of the language.
std::string Of(std::string_view title, std::string_view name,
               const Words& words) {
  return Cat(std::string(name), words.chinese() ? "：" : ": ",
             std::string(title));
}

void AddReferences(const v1::StrictTarget& target, const std::string& name,
                   Page* page) {
  const Words& words = page->words();
  page->Paragraph(Cat(
      words(T::kStrictVerdict, name, words.RankVerdict(target.verdict())), " ",
      std::string(Reason(target.reason(), target.reason_zh(), words))));
  Chart chart{.kind = "points",
              .title = Of(words(T::kStrictReferences), name, words),
              .sentence = words(T::kStrictReferencesSentence),
              .x_name = words(T::kRank)};
  chart.series.push_back({.name = words(T::kRank)});
  chart.marks = {{"0.5", words(T::kRankMiddle)},
                 {"0.1", words(T::kRankFastest)}};
  HtmlTable table{
      .caption = chart.title,
      .header = {words(T::kReference), words(T::kRank), words(T::kInterval),
                 words(T::kRankLowHigh), words(T::kStrictKaplanMeier),
                 words(T::kReading), words(T::kStrictMethod),
                 words(T::kRankCoverage), words(T::kRankN),
                 words(T::kStrictFastest5), words(T::kMargin)}};
  for (const v1::ReferenceRank& rank : target.references()) {
    const std::string reference = ReferenceName(rank.reference(), words);
    table.rows.push_back(
        {{reference},
         NumberCell(ValueOf(rank.pi(), 3, words)),
         {Between(rank.pi(), 3, words)},
         {rank.has_pi_low() && rank.has_pi_high()
              ? words(T::kIntervalValue, Rounded(rank.pi_low().value(), 3),
                      Rounded(rank.pi_high().value(), 3))
              : words(T::kUnknown)},
         NumberCell(rank.has_pi_kaplan_meier()
                        ? Rounded(rank.pi_kaplan_meier(), 3)
                        : words(T::kUnknown)),
         {Cat(words.RankVerdict(rank.verdict()), words.chinese() ? "。" : ". ",
              std::string(Reason(rank.reason(), rank.reason_zh(), words)))},
         {MethodName(rank.pi().method(), words)},
         NumberCell(ShareOf(rank.has_coverage(), rank.coverage(), words)),
         {rank.has_n() ? Cat(Count(rank.n()), " / ", Count(rank.workers()))
                       : words(T::kUnknown)},
         NumberCell(
             ShareOf(rank.has_share_fastest5(), rank.share_fastest5(), words)),
         NumberCell(rank.has_margin() ? Rounded(rank.margin(), 2)
                                      : words(T::kUnknown))});
    AddPoint(reference, rank.pi(), 4, &chart);
  }
  Show(chart, table, page);
  if (target.has_on_time()) {
    page->Paragraph(
        words(T::kStrictOnTime, Percent(target.on_time().value(), 1),
              target.on_time().has_lo() ? Percent(target.on_time().lo(), 1)
                                        : words(T::kUnknown),
              target.on_time().has_hi() ? Percent(target.on_time().hi(), 1)
                                        : words(T::kUnknown)));
  }
  for (const v1::ReferenceRank& rank : target.references()) {
    std::string text;
    for (const v1::Balance& one : rank.balance()) {
      if (!text.empty()) text += words(T::kAnd);
      text += Cat(CovariateName(one.covariate(), words), " ",
                  Rounded(one.difference(), 3));
    }
    if (!text.empty()) {
      page->Paragraph(words(T::kStrictBalance, text), "soft");
    }
    if (rank.n_without_weather() + rank.n_without_zone() > 0) {
      page->Paragraph(words(T::kStrictWider, Count(rank.n_without_weather()),
                            Count(rank.n_without_zone())),
                      "soft");
    }
  }
}

void AddPositions(const v1::StrictTarget& target, const std::string& name,
                  Page* page) {
  const Words& words = page->words();
  if (target.strata().empty()) return;
  Chart chart{.kind = "ridge",
              .title = Of(words(T::kStrictStrata), name, words),
              .sentence = words(T::kStrictStrataSentence),
              .x_name = words(T::kMinutes)};
  chart.series = {{.name = words(T::kStrictFastestTenth)},
                  {.name = words(T::kStrictMiddle)},
                  {.name = words(T::kMeanTarget)},
                  {.name = words(T::kStrictLawful)}};
  HtmlTable table{
      .caption = chart.title,
      .header = {words(T::kStratum), words(T::kTasks), words(T::kWorkers),
                 words(T::kDays), words(T::kRank), words(T::kInterval),
                 words(T::kStrictFastestTenth), words(T::kStrictMiddle),
                 words(T::kInterval), words(T::kMeanTarget),
                 words(T::kStrictLawful), words(T::kStrictFreeMiddle),
                 words(T::kSlowest5), words(T::kStrictAdjusted)}};
  for (const v1::StratumPosition& one : target.strata()) {
    const std::string stratum(words.Pick(one.stratum(), one.stratum_zh()));
    const auto minutes = [&](bool known, std::string_view seconds) {
      return NumberCell(known ? Minutes(seconds, 1) : words(T::kUnknown));
    };
    const v1::Figure& middle = one.p50_s();
    table.rows.push_back(
        {{stratum},
         NumberCell(Count(one.n())),
         NumberCell(Count(one.workers())),
         NumberCell(Count(one.days())),
         NumberCell(ValueOf(one.pi(), 3, words)),
         {Between(one.pi(), 3, words)},
         minutes(true, one.p10_s()),
         minutes(true, middle.value()),
         {middle.has_lo() ? words(T::kIntervalValue, Minutes(middle.lo(), 1),
                                  Minutes(middle.hi(), 1))
                          : words(T::kUnknown)},
         minutes(true, one.target_mean_s()),
         minutes(one.has_lawful_s(), one.lawful_s()),
         minutes(one.has_free_p50_s(), one.free_p50_s()),
         minutes(true, one.p95_s()),
         NumberCell(one.has_p_adjusted() ? PValue(one.p_adjusted())
                                         : words(T::kUnknown))});
    if (static_cast<int>(chart.categories.size()) >= kRidgesDrawn) continue;
    chart.categories.push_back(stratum);
    chart.series[0].values.push_back(Minutes(one.p10_s(), 3));
    chart.series[1].values.push_back(Minutes(middle.value(), 3));
    chart.series[1].low.push_back(middle.has_lo() ? Minutes(middle.lo(), 3)
                                                  : "");
    chart.series[1].high.push_back(middle.has_hi() ? Minutes(middle.hi(), 3)
                                                   : "");
    chart.series[2].values.push_back(Minutes(one.target_mean_s(), 3));
    chart.series[3].values.push_back(
        one.has_lawful_s() ? Minutes(one.lawful_s(), 3) : "");
    // Where the bins begin, and how many tasks each holds.
    Chart::Series density{.name = stratum};
    for (int b = 0; b < one.bins_size(); ++b) {
      density.low.push_back(
          Minutes(Cat(one.bins_from_s() + b * one.bin_width_s()), 3));
      density.values.push_back(Cat(one.bins(b)));
    }
    chart.series.push_back(std::move(density));
  }
  page->Figure(chart, table);
  page->Paragraph(
      words(T::kStrictStrataTotal, Count(target.strata_total()),
            target.strata_size(), static_cast<int>(chart.categories.size())),
      "soft");
  HtmlTable bins{.caption = words(T::kStrictBins),
                 .header = {words(T::kStratum), words(T::kStrictBinWidth),
                            words(T::kStrictBinCounts)}};
  for (int i = 0; i < std::min(kRidgesDrawn, target.strata_size()); ++i) {
    const v1::StratumPosition& one = target.strata(i);
    std::string counts;
    for (const int64_t count : one.bins()) {
      if (!counts.empty()) counts += ' ';
      counts += Count(count);
    }
    bins.rows.push_back(
        {{std::string(words.Pick(one.stratum(), one.stratum_zh()))},
         NumberCell(Minutes(Cat(one.bin_width_s()), 1)),
         {counts}});
  }
  page->BeginDetails(words(T::kStrictBins));
  page->Table(bins);
  page->EndDetails();
}

void AddSpeeds(const v1::StrictTarget& target, const std::string& name,
               Page* page) {
  const Words& words = page->words();
  Chart chart{.kind = "forest",
              .title = Of(words(T::kStrictSpeed), name, words),
              .sentence = words(T::kStrictSpeedSentence),
              .x_name = words(T::kStrictShare)};
  chart.series.push_back({.name = words(T::kStrictShare)});
  HtmlTable table{.caption = chart.title,
                  .header = {words(T::kStrictVersion), words(T::kSpeedN),
                             words(T::kOver15), words(T::kStrictBounds),
                             words(T::kOver25), words(T::kStrictBounds),
                             words(T::kImpossible), words(T::kMedianSpeed),
                             words(T::kP95Speed), words(T::kMissingTime),
                             words(T::kStrictMissingMean), words(T::kReading)}};
  for (const v1::SpeedTest* test :
       {&target.speed_ex_post(), &target.speed_ex_ante()}) {
    if (!test->has_n() || test->n() == 0) continue;
    const std::string version = words(
        test->version() == "EX_POST" ? T::kStrictExPost : T::kStrictExAnte);
    table.rows.push_back(
        {{version},
         NumberCell(Count(test->n())),
         NumberCell(Percent(test->share_over15().value(), 1)),
         {words(T::kIntervalValue, Percent(test->share_over15().lo(), 1),
                Percent(test->share_over15().hi(), 1))},
         NumberCell(Percent(test->share_over25().value(), 1)),
         {words(T::kIntervalValue, Percent(test->share_over25().lo(), 1),
                Percent(test->share_over25().hi(), 1))},
         NumberCell(Count(test->impossible())),
         NumberCell(test->has_median_kmh() ? Shown(test->median_kmh(), 1)
                                           : words(T::kUnknown)),
         NumberCell(test->has_p95_kmh() ? Shown(test->p95_kmh(), 1)
                                        : words(T::kUnknown)),
         NumberCell(HoursOf(test->missing_s())),
         NumberCell(Minutes(test->missing_mean_s(), 2)),
         {Cat(TestVerdict(words, test->verdict()),
              words.chinese() ? "。" : ". ",
              std::string(Reason(test->reason(), test->reason_zh(), words)))}});
    AddPoint(Cat(words(T::kOver15), words.chinese() ? "，" : ", ", version),
             test->share_over15(), 4, &chart);
    AddPoint(Cat(words(T::kOver25), words.chinese() ? "，" : ", ", version),
             test->share_over25(), 4, &chart);
  }
  if (table.rows.empty()) return;
  Show(chart, table, page);
  HtmlTable cells{
      .caption = words(T::kStrictSpeedCells),
      .header = {words(T::kStrictBand), words(T::kStrictLoad), words(T::kTasks),
                 words(T::kOver15), words(T::kOver25), words(T::kImpossible)}};
  for (const v1::SpeedCell& cell : target.speed_ex_ante().cells()) {
    cells.rows.push_back(
        {{std::string(words.Pick(cell.band(), cell.band_zh()))},
         NumberCell(Count(cell.load())),
         NumberCell(Count(cell.n())),
         NumberCell(Count(cell.over15())),
         NumberCell(Count(cell.over25())),
         NumberCell(Count(cell.impossible()))});
  }
  if (cells.rows.empty()) return;
  page->BeginDetails(words(T::kStrictSpeedCells));
  page->Table(cells);
  page->EndDetails();
}

void AddGaps(const v1::StrictTarget& target, const std::string& name,
             Page* page) {
  const Words& words = page->words();
  Chart chart{.kind = "forest",
              .title = Of(words(T::kStrictGaps), name, words),
              .sentence = words(T::kStrictGapsSentence),
              .x_name = words(T::kRank)};
  chart.series.push_back({.name = words(T::kRank)});
  chart.marks = {{"0.5", words(T::kRankMiddle)}};
  HtmlTable table{
      .caption = chart.title,
      .header = {words(T::kStrictBand), words(T::kTasks), words(T::kWorkers),
                 words(T::kRank), words(T::kInterval),
                 words(T::kStrictOnTimeShare), words(T::kInterval)}};
  HtmlTable tests{.caption = words(T::kStrictGapTests),
                  .header = {words(T::kStrictKind), words(T::kStrictPValue),
                             words(T::kReading)}};
  for (const v1::BandGroup& group : target.gaps()) {
    if (group.bands_size() == 0) continue;
    for (const v1::Band& band : group.bands()) {
      const std::string label(words.Pick(band.name(), band.name_zh()));
      table.rows.push_back({{label},
                            NumberCell(Count(band.n())),
                            NumberCell(Count(band.workers())),
                            NumberCell(ValueOf(band.pi(), 3, words)),
                            {Between(band.pi(), 3, words)},
                            NumberCell(ShareOf(band.on_time().has_value(),
                                               band.on_time().value(), words)),
                            {Between(band.on_time(), 3, words)}});
      if (group.bands_size() > 1) AddPoint(label, band.pi(), 4, &chart);
    }
    tests.rows.push_back(
        {{KindName(group.kind(), words)},
         NumberCell(group.has_p_value() ? PValue(group.p_value())
                                        : words(T::kUnknown)),
         {Cat(TestVerdict(words, group.verdict()),
              words.chinese() ? "。" : ". ",
              std::string(Reason(group.reason(), group.reason_zh(), words)))}});
  }
  if (table.rows.empty()) return;
  Show(chart, table, page);
  page->Table(tests);
}

void AddConcessions(const v1::StrictTarget& target, const std::string& name,
                    Page* page) {
  const Words& words = page->words();
  if (target.concessions().empty()) return;
  Chart chart{.kind = "forest",
              .title = Of(words(T::kStrictConcession), name, words),
              .sentence = words(T::kStrictConcessionSentence),
              .x_name = words(T::kStrictRatio)};
  chart.series.push_back({.name = words(T::kStrictRatio)});
  chart.marks = {{"1", words(T::kStrictWholly)}};
  HtmlTable table{.caption = chart.title,
                  .header = {words(T::kStrictCondition), words(T::kStrictCost),
                             words(T::kInterval), words(T::kStrictGrant),
                             words(T::kStrictRatio), words(T::kInterval),
                             words(T::kReading)}};
  for (const v1::Concession& one : target.concessions()) {
    const std::string label = ConditionName(one.name(), words);
    table.rows.push_back(
        {{label},
         NumberCell(ValueOf(one.cost_s(), 1, words)),
         {Between(one.cost_s(), 1, words)},
         NumberCell(ValueOf(one.grant_s(), 1, words)),
         NumberCell(ValueOf(one.ratio(), 3, words)),
         {Between(one.ratio(), 3, words)},
         {Cat(TestVerdict(words, one.verdict()), words.chinese() ? "。" : ". ",
              std::string(Reason(one.reason(), one.reason_zh(), words)))}});
    AddPoint(label, one.ratio(), 4, &chart);
  }
  Show(chart, table, page);
}

void AddBunching(const v1::Bunching& bunching, const std::string& name,
                 Page* page) {
  const Words& words = page->words();
  if (bunching.observed().empty()) return;
  Chart chart{.kind = "histogram",
              .title = Of(words(T::kStrictBunching), name, words),
              .sentence = words(T::kStrictBunchingSentence,
                                Percent(bunching.share_last_minute(), 1),
                                Percent(bunching.share_first_minute_late(), 1)),
              .x_name = words(T::kMinutesLeft),
              .y_name = words(T::kTasks)};
  chart.series.push_back({.name = words(T::kTasks)});
  chart.marks.push_back({"0", "0"});
  HtmlTable table{.caption = chart.title,
                  .header = {words(T::kMinutesLeft), words(T::kTasks),
                             words(T::kStrictSmooth)}};
  const bool smooth = bunching.expected_size() == bunching.observed_size();
  if (smooth) chart.series.push_back({.name = words(T::kStrictSmooth)});
  for (int b = 0; b < bunching.observed_size(); ++b) {
    const std::string from =
        Minutes(Cat(bunching.from_s() + b * bunching.width_s()), 2);
    chart.categories.push_back(from);
    chart.series[0].values.push_back(Cat(bunching.observed(b)));
    if (smooth) chart.series[1].values.push_back(bunching.expected(b));
    table.rows.push_back({{from},
                          NumberCell(Count(bunching.observed(b))),
                          NumberCell(smooth ? Shown(bunching.expected(b), 1)
                                            : words(T::kUnknown))});
  }
  page->Figure(chart, table);
  page->Paragraph(words(T::kStrictExcess, ValueOf(bunching.excess(), 2, words),
                        Between(bunching.excess(), 2, words),
                        ValueOf(bunching.placebo(), 2, words),
                        Between(bunching.placebo(), 2, words),
                        ValueOf(bunching.placebo_earlier(), 2, words),
                        Between(bunching.placebo_earlier(), 2, words)));
  if (bunching.unpenalised_n() > 0) {
    page->Paragraph(words(T::kStrictUnpenalised,
                          Count(bunching.unpenalised_n()),
                          ValueOf(bunching.unpenalised(), 2, words),
                          Between(bunching.unpenalised(), 2, words)));
  }
  page->Paragraph(
      Cat(TestVerdict(words, bunching.verdict()), words.chinese() ? "。" : ". ",
          std::string(Reason(bunching.reason(), bunching.reason_zh(), words))));
}

void AddPressure(const v1::Pressure& pressure, const std::string& name,
                 Page* page) {
  const Words& words = page->words();
  Chart chart{.kind = "forest",
              .title = Of(words(T::kPressure), name, words),
              .sentence = words(T::kPressureSentence),
              .x_name = words(T::kPressureDelta)};
  chart.series.push_back({.name = words(T::kPressureDelta)});
  chart.marks = {{"0", words(T::kPressureNothing)}};
  HtmlTable table{.caption = chart.title,
                  .header = {words(T::kFigure), words(T::kValue)}};
  const auto row = [&](T name, std::string value) {
    table.rows.push_back({{words(name)}, NumberCell(std::move(value))});
  };
  row(T::kPressureDelta, ValueOf(pressure.delta(), 4, words));
  row(T::kInterval, Between(pressure.delta(), 4, words));
  row(T::kPressurePressed, Count(pressure.pressed()));
  row(T::kPressureFree, Count(pressure.unpressed()));
  row(T::kPressureWorkers, Count(pressure.workers()));
  row(T::kStratum, Count(pressure.strata()));
  row(T::kStrictPValue,
      pressure.has_p_value() ? PValue(pressure.p_value()) : words(T::kUnknown));
  AddPoint(words(T::kPressureDelta), pressure.delta(), 5, &chart);
  Show(chart, table, page);
  page->Paragraph(
      Cat(TestVerdict(words, pressure.verdict()), words.chinese() ? "。" : ". ",
          std::string(Reason(pressure.reason(), pressure.reason_zh(), words))));
  if (pressure.left_out() > 0) {
    page->Paragraph(words(T::kPressureLeftOut, Count(pressure.left_out())),
                    "soft");
  }
}

// What the intervals of one target rest on, all in one table.
void AddClusters(const v1::StrictTarget& target, Page* page) {
  const Words& words = page->words();
  ClusterTable table(words);
  for (const v1::ReferenceRank& rank : target.references()) {
    table.Add(ReferenceName(rank.reference(), words), rank.pi(), 4);
  }
  table.Add(words(T::kStrictOnTimeShare), target.on_time(), 4);
  for (const v1::StratumPosition& one : target.strata()) {
    table.Add(words.Pick(one.stratum(), one.stratum_zh()), one.pi(), 4);
  }
  for (const v1::BandGroup& group : target.gaps()) {
    for (const v1::Band& band : group.bands()) {
      table.Add(words.Pick(band.name(), band.name_zh()), band.pi(), 4);
    }
  }
  for (const v1::Concession& one : target.concessions()) {
    table.Add(Cat(words(T::kStrictRatio), words.chinese() ? "，" : ", ",
                  ConditionName(one.name(), words)),
              one.ratio(), 4);
  }
  table.Add(words(T::kStrictBunching), target.bunching().excess(), 4);
  table.Add(words(T::kPressureDelta), target.pressure().delta(), 5);
  table.Add(words(T::kStrictQuantiles), target.quantile_regression().pi(), 4);
  table.Show(page);
}

void AddDerived(const v1::Derived& derived, const std::string& name,
                Page* page) {
  const Words& words = page->words();
  HtmlTable table{.caption = Of(words(T::kStrictDerived), name, words),
                  .header = {words(T::kFigure), words(T::kValue)}};
  const auto row = [&](T text, bool known, std::string value) {
    if (known) {
      table.rows.push_back({{words(text)}, NumberCell(std::move(value))});
    }
  };
  row(T::kStrictDerivedStrata, derived.has_strata(), Count(derived.strata()));
  row(T::kStrictKappa, derived.has_kappa_median(),
      Rounded(derived.kappa_median(), 3));
  row(T::kStrictKappaQuartiles, derived.has_kappa_p25(),
      words(T::kIntervalValue, Rounded(derived.kappa_p25(), 3),
            Rounded(derived.kappa_p75(), 3)));
  row(T::kStrictLevel, derived.has_level(), Rounded(derived.level(), 2));
  row(T::kStrictPastError, derived.has_past_error_s(),
      Minutes(derived.past_error_s(), 2));
  row(T::kStrictFutureError, derived.has_future_error_s(),
      Minutes(derived.future_error_s(), 2));
  row(T::kStrictPValue, derived.has_p_value(), PValue(derived.p_value()));
  table.rows.push_back(
      {{words(T::kReading)},
       {Cat(TestVerdict(words, derived.verdict()),
            words.chinese() ? "。" : ". ",
            std::string(
                Reason(derived.reason(), derived.reason_zh(), words)))}});
  page->Table(table);
}

void AddCounterfactual(const v1::Counterfactual& counterfactual,
                       const std::string& name, Page* page) {
  const Words& words = page->words();
  if (counterfactual.cases().empty()) return;
  HtmlTable table{
      .caption = Of(words(T::kStrictCounterfactual), name, words),
      .header = {words(T::kStrictRule), words(T::kTasks),
                 words(T::kStrictLateNow), words(T::kStrictLateSame),
                 words(T::kStrictLateFree), words(T::kStrictFinesNow),
                 words(T::kStrictFinesSame), words(T::kStrictExtra),
                 words(T::kStrictOverNow), words(T::kStrictOverThen)}};
  for (const v1::CounterfactualCase& one : counterfactual.cases()) {
    table.rows.push_back(
        {{words(one.rule() == "FLOOR" ? T::kStrictFloor : T::kStrictReplace)},
         NumberCell(Count(one.n())),
         NumberCell(Count(one.late_now())),
         NumberCell(Count(one.late_same())),
         NumberCell(one.has_late_unpressured()
                        ? Shown(one.late_unpressured(), 0)
                        : words(T::kUnknown)),
         NumberCell(one.has_fines_now() ? Shown(one.fines_now(), 2)
                                        : words(T::kUnknown)),
         NumberCell(one.has_fines_same() ? Shown(one.fines_same(), 2)
                                         : words(T::kUnknown)),
         NumberCell(Minutes(one.extra_mean_s(), 2)),
         NumberCell(Count(one.over15_now())),
         NumberCell(Count(one.over15_then()))});
  }
  page->Table(table);
  page->Paragraph(words(T::kStrictCounterfactualSentence), "soft");
}

void AddQuantiles(const v1::QuantileRank& rank, const std::string& name,
                  Page* page) {
  const Words& words = page->words();
  page->Paragraph(
      Cat(Of(words(T::kStrictQuantiles), name, words),
          words.chinese() ? "：" : ": ",
          rank.has_pi() ? Cat(ValueOf(rank.pi(), 3, words), " (",
                              Between(rank.pi(), 3, words), "). ")
                        : std::string(),
          std::string(Reason(rank.reason(), rank.reason_zh(), words))));
}

void AddEstimates(const v1::Estimates& estimates, Page* page) {
  const Words& words = page->words();
  page->Heading(3, words(T::kStrictEstimates));
  page->Paragraph(words(T::kStrictEstimatesLead, Count(estimates.n())));
  Chart chart{.kind = "points",
              .title = words(T::kStrictEstimatesMet),
              .sentence = words(T::kStrictEstimatesSentence),
              .x_name = words(T::kStrictShare)};
  chart.series.push_back({.name = words(T::kStrictShare)});
  chart.marks = {{"0.5", words(T::kRankMiddle)}};
  HtmlTable met{
      .caption = chart.title,
      .header = {words(T::kFigure), words(T::kValue), words(T::kInterval)}};
  const auto add = [&](T text, const v1::Figure& figure) {
    if (!figure.has_value()) return;
    met.rows.push_back({{words(text)},
                        NumberCell(Percent(figure.value(), 1)),
                        {Between(figure, 3, words)}});
    AddPoint(words(text), figure, 4, &chart);
  };
  add(T::kStrictShortest, estimates.met_shortest());
  add(T::kStrictMedianEstimate, estimates.met_median());
  add(T::kStrictLongest, estimates.met_longest());
  if (!met.rows.empty()) Show(chart, met, page);
  HtmlTable chosen{
      .caption = words(T::kStrictChosen),
      .header = {words(T::kTarget), words(T::kStrictStart), words(T::kTasks),
                 words(T::kStrictIsLongest), words(T::kStrictIsShortest),
                 words(T::kStrictIsNone), words(T::kStrictPlace),
                 words(T::kInterval)}};
  std::vector<std::string> readings;
  for (const v1::ChosenEstimate& one : estimates.chosen()) {
    const std::string target =
        words(one.target() == "promise" ? T::kPromise : T::kLimit);
    const std::string start =
        words(one.start() == "accepted" ? T::kStrictFromAccepted
                                        : T::kStrictFromPlaced);
    chosen.rows.push_back({{target},
                           {start},
                           NumberCell(Count(one.n())),
                           NumberCell(Count(one.is_longest())),
                           NumberCell(Count(one.is_shortest())),
                           NumberCell(Count(one.is_none())),
                           NumberCell(ValueOf(one.rank(), 3, words)),
                           {Between(one.rank(), 3, words)}});
    readings.push_back(
        Cat(target, words.chinese() ? "，" : ", ", start,
            words.chinese() ? "：" : ": ", TestVerdict(words, one.verdict()),
            words.chinese() ? "。" : ". ",
            std::string(Reason(one.reason(), one.reason_zh(), words))));
  }
  if (!chosen.rows.empty()) {
    page->Table(chosen);
    page->List(readings);
  }
}

void AddFamilies(const v1::Strictness& strictness, Page* page) {
  const Words& words = page->words();
  if (!strictness.indicators().empty()) {
    HtmlTable table{.caption = words(T::kStrictIndicators),
                    .header = {words(T::kStrictIndicator), words(T::kTarget),
                               words(T::kStrictMeaning), words(T::kValue),
                               words(T::kInterval), words(T::kTasks),
                               words(T::kStrictFlagged)}};
    for (const v1::StrictIndicator& one : strictness.indicators()) {
      table.rows.push_back(
          {CodeCell(one.id()),
           {words(one.target() == "promise" ? T::kPromise : T::kLimit)},
           {std::string(words.Pick(one.meaning(), one.meaning_zh()))},
           NumberCell(ValueOf(one.figure(), 3, words)),
           {Between(one.figure(), 3, words)},
           NumberCell(Count(one.n())),
           {words(one.flagged() ? T::kYes : T::kNo)}});
    }
    page->Table(table);
  }
  if (!strictness.headline().empty()) {
    HtmlTable table{.caption = words(T::kStrictHeadline),
                    .header = {words(T::kStrictTest), words(T::kStrictPValue),
                               words(T::kStrictAdjusted)}};
    for (const v1::Hypothesis& one : strictness.headline()) {
      table.rows.push_back(
          {{std::string(words.Pick(one.name(), one.name_zh()))},
           NumberCell(PValue(one.p_value())),
           NumberCell(PValue(one.p_adjusted()))});
    }
    page->Table(table);
  }
  page->Paragraph(words(T::kStrictScreened, Count(strictness.screened())),
                  "soft");
}

}  // namespace

void AddStrictness(const v1::AuditResult& result, const Manifest& manifest,
                   Page* page) {
  const v1::Strictness& strictness = result.measures().strictness();
  if (!strictness.has_promise() && !strictness.has_limit() &&
      !strictness.has_estimates()) {
    return;
  }
  const Words& words = page->words();
  page->BeginSection("strictness", words(T::kStrictness));
  page->Paragraph(words(T::kStrictnessLead));
  page->Paragraph(words(T::kStrictPlan, strictness.plan(), PlanHash(manifest)));
  std::vector<std::string> conventions;
  for (int i = 0; i < strictness.conventions_size(); ++i) {
    conventions.push_back(std::string(
        words.Pick(strictness.conventions(i), strictness.conventions_zh(i))));
  }
  if (!strictness.base_from().empty()) {
    conventions.push_back(words(T::kStrictBasePeriod, strictness.base_from(),
                                strictness.base_to()));
  }
  page->List(conventions);
  const auto each = [&](bool known, const v1::StrictTarget& target, T text) {
    if (!known) return;
    const std::string name = words(text);
    page->Heading(3, name);
    AddReferences(target, name, page);
    AddPositions(target, name, page);
    AddSpeeds(target, name, page);
    AddGaps(target, name, page);
    AddConcessions(target, name, page);
    if (target.has_bunching()) AddBunching(target.bunching(), name, page);
    if (target.has_pressure()) AddPressure(target.pressure(), name, page);
    if (target.has_derived()) AddDerived(target.derived(), name, page);
    if (target.has_counterfactual()) {
      AddCounterfactual(target.counterfactual(), name, page);
    }
    if (target.has_quantile_regression()) {
      AddQuantiles(target.quantile_regression(), name, page);
    }
    AddClusters(target, page);
  };
  each(strictness.has_promise(), strictness.promise(), T::kPromise);
  each(strictness.has_limit(), strictness.limit(), T::kLimit);
  if (strictness.has_estimates()) AddEstimates(strictness.estimates(), page);
  AddFamilies(strictness, page);
  page->EndSection();
}

}  // namespace plumbline::audit
