#include <algorithm>
#include <array>

#include "audit/report/cat.h"
#include "audit/report/figure_cells.h"
#include "audit/report/numbers.h"
#include "audit/report/sections.h"

namespace plumbline::audit {
namespace {

struct Named {
  const char* key;
  T name;
};
// In the order of the page. Rates per kilometre have no ladder of their own.
constexpr Named kQuantities[] = {{"promise", T::kDriftPromise},
                                 {"limit", T::kDriftLimit},
                                 {"promisePerKm", T::kDriftPromiseKm},
                                 {"limitPerKm", T::kDriftLimitKm},
                                 {"pay", T::kDriftPay},
                                 {"takeRate", T::kDriftTake}};
constexpr std::array<const char*, 4> kLadders = {"promise", "limit", "pay",
                                                 "takeRate"};

const v1::Drift* Find(const v1::Erosion& erosion, const char* key) {
  const auto at = erosion.series().find(key);
  return at == erosion.series().end() ? nullptr : &at->second;
}

// What is not kept apart at a level above 0.
std::string LevelText(int level, const Words& words) {
  return words(level == 1   ? T::kErosionLevel1
               : level == 2 ? T::kErosionLevel2
                            : T::kErosionLevel3);
}

std::string IntervalText(const Words& words, bool known, std::string_view low,
                         std::string_view high) {
  return known ? words(T::kIntervalValue, Rounded(low, 3), Rounded(high, 3))
               : words(T::kUnknown);
}

void AddIndex(const v1::Erosion& erosion, Page* page) {
  const Words& words = page->words();
  Chart chart{.kind = "forest",
              .title = words(T::kIndexPicture),
              .sentence = words(T::kIndexSentence),
              .x_name = words(T::kIndexName)};
  chart.series.push_back({.name = words(T::kIndexValue)});
  chart.marks.push_back({"1", words(T::kNoChange)});
  HtmlTable table{
      .caption = chart.title,
      .header = {words(T::kQuantityName), words(T::kTasks),
                 words(T::kIndexValue), words(T::kInterval),
                 words(T::kCrudeValue), words(T::kMatchedShare),
                 words(T::kWorse), words(T::kSteady), words(T::kUnannounced)}};
  ClusterTable clusters(words);
  std::vector<std::string> coarser;
  const auto figure = [&](bool known, const std::string& value) {
    return NumberCell(known ? Rounded(value, 3) : words(T::kUnknown));
  };
  for (const auto& [key, name] : kQuantities) {
    const v1::Drift* drift = Find(erosion, key);
    if (drift == nullptr) continue;
    const v1::LikeForLike& index = drift->index();
    std::string crude = index.has_crude_ratio()
                            ? Rounded(index.crude_ratio(), 3)
                            : words(T::kUnknown);
    if (index.crude_flips()) {
      AppendTo(&crude, words.chinese() ? "（" : " (", words(T::kCrudeFlips),
               words.chinese() ? "）" : ")");
    }
    table.rows.push_back(
        {{words(name)},
         NumberCell(Count(drift->n())),
         figure(index.has_fisher(), index.fisher()),
         {IntervalText(words, index.has_lo(), index.lo(), index.hi())},
         {crude},
         NumberCell(index.has_matched() ? Percent(index.matched(), 1)
                                        : words(T::kUnknown)),
         {words.DriftVerdict(index.verdict())},
         {words.DriftVerdict(drift->trend().verdict())},
         {words.DriftVerdict(drift->breaks().verdict())}});
    if (!index.has_fisher()) continue;
    chart.categories.push_back(words(name));
    chart.series[0].values.push_back(index.fisher());
    chart.series[0].low.push_back(index.lo());
    chart.series[0].high.push_back(index.hi());
    clusters.Add(words(name), index.clusters(), 4);
    if (index.stratum_level() > erosion.stratum_level()) {
      coarser.push_back(Cat(words(name), words.chinese() ? "：" : ": ",
                            LevelText(index.stratum_level(), words)));
    }
  }
  Show(chart, table, page);
  if (!coarser.empty()) page->List(coarser);
  clusters.Show(page);
}

std::string DisclosureText(const Words& words, const v1::Break& one) {
  if (one.disclosure() == "PUBLISHED")
    return words(T::kBreakPublished, one.rule_id());
  return words(one.disclosure() == "UNDISCLOSED" ? T::kBreakUndisclosed
                                                 : T::kBreakUnknown);
}

void AddBreaks(const v1::Breaks& breaks, std::string_view name, Page* page) {
  const Words& words = page->words();
  if (breaks.breaks_size() == 0) return;
  HtmlTable table{
      .caption = Cat(words(T::kBreaks), words.chinese() ? "：" : ": ", name),
      .header = {words(T::kBreakWeek), words(T::kBreakInterval),
                 words(T::kBreakChange), words(T::kBreakRule)}};
  for (const v1::Break& one : breaks.breaks()) {
    table.rows.push_back(
        {{one.week()},
         {words(T::kIntervalValue, one.week_lo(), one.week_hi())},
         NumberCell(!one.change().empty() ? Percent(one.change(), 1)
                                          : words(T::kUnknown)),
         {DisclosureText(words, one)}});
  }
  page->Table(table);
}

// The place of a week on the axis, -1 where it is not drawn.
int PlaceOf(const Chart& chart, std::string_view week) {
  for (size_t i = 0; i < chart.categories.size(); ++i) {
    if (chart.categories[i] == week) return static_cast<int>(i);
  }
  return -1;
}

void AddLadder(const v1::Erosion& erosion, const v1::Drift& drift,
               std::string_view name, Page* page) {
  const Words& words = page->words();
  if (drift.weeks_size() < 2) return;
  Chart chart{.kind = "ladder",
              .title = words(T::kLadderPicture, name),
              .sentence = words(T::kLadderSentence),
              .y_name = words(T::kIndexAxis)};
  chart.series.push_back({.name = words(T::kIndexValue)});
  HtmlTable table{.caption = chart.title,
                  .header = {words(T::kWeekFrom), words(T::kIndexValue),
                             words(T::kInterval), words(T::kMeanOfWeek),
                             words(T::kTasks), words(T::kMatchedShare)}};
  for (const v1::IndexWeek& week : drift.weeks()) {
    chart.categories.push_back(week.from());
    chart.series[0].values.push_back(week.index());
    chart.series[0].low.push_back(week.lo());
    chart.series[0].high.push_back(week.hi());
    table.rows.push_back(
        {{week.from()},
         NumberCell(week.has_index() ? Rounded(week.index(), 3)
                                     : words(T::kUnknown)),
         {IntervalText(words, week.has_lo(), week.lo(), week.hi())},
         NumberCell(week.has_crude() ? Shown(week.crude(), 3)
                                     : words(T::kUnknown)),
         NumberCell(Count(week.n())),
         NumberCell(week.has_matched() ? Percent(week.matched(), 1)
                                       : words(T::kUnknown))});
  }
  for (const v1::Break& one : drift.breaks().breaks()) {
    const int place = PlaceOf(chart, one.week());
    if (place >= 0) chart.marks.push_back({Cat(place), words(T::kBreakMark)});
  }
  for (const v1::RuleDate& rule : erosion.published()) {
    const int place = PlaceOf(chart, rule.week());
    if (place < 0) continue;
    chart.marks.push_back(
        {Cat(place), words(T::kRuleMark, rule.rule_id()), /*at_foot=*/true});
    table.rows[static_cast<size_t>(place)][0].text +=
        Cat(words.chinese() ? "（" : " (", words(T::kRuleMark, rule.rule_id()),
            words.chinese() ? "）" : ")");
  }
  page->Figure(chart, table);
  const v1::Trend& trend = drift.trend();
  if (trend.has_slope()) {
    page->Paragraph(
        words(T::kTrendText, name, Rounded(trend.slope(), 4),
              trend.has_slope_lo()
                  ? words(T::kIntervalValue, Rounded(trend.slope_lo(), 4),
                          Rounded(trend.slope_hi(), 4))
                  : words(T::kUnknown),
              Rounded(trend.change(), 3)));
  }
  AddBreaks(drift.breaks(), name, page);
}

void AddRatchet(const v1::Ratchet& ratchet, std::string_view name, Page* page) {
  const Words& words = page->words();
  if (!ratchet.has_both()) {
    page->Paragraph(Cat(name, words.chinese() ? "：" : ": ",
                        words.DriftVerdict(ratchet.verdict())));
    return;
  }
  Chart chart{.kind = "forest",
              .title = words(T::kRatchetPicture, name),
              .sentence = words(T::kRatchetSentence),
              .x_name = words(T::kCoefficient)};
  chart.series.push_back({.name = words(T::kCoefficient)});
  chart.marks.push_back({"0", words(T::kNoChange)});
  HtmlTable table{.caption = chart.title,
                  .header = {words(T::kFigure), words(T::kCoefficient),
                             words(T::kInterval)}};
  const auto add = [&](T text, const v1::Coefficient& one) {
    if (!one.has_value()) {
      table.rows.push_back(
          {{words(text)},
           {words.RankVerdict(Cat("CANNOT_CONCLUDE(", one.reason(), ")"))},
           {words(T::kUnknown)}});
      return;
    }
    table.rows.push_back(
        {{words(text)},
         {Rounded(one.value(), 3)},
         {IntervalText(words, one.has_lo(), one.lo(), one.hi())}});
    chart.categories.push_back(words(text));
    chart.series[0].values.push_back(one.value());
    chart.series[0].low.push_back(one.lo());
    chart.series[0].high.push_back(one.hi());
  };
  add(T::kRatchetBoth, ratchet.both());
  add(T::kRatchetCut, ratchet.cut());
  add(T::kRatchetRestore, ratchet.restore());
  add(T::kRatchetDifference, ratchet.difference());
  add(T::kRatchetPlacebo, ratchet.placebo());
  page->Figure(chart, table);
  ClusterTable clusters(words);
  clusters.Add(words(T::kRatchetBoth), ratchet.both().clusters(), 4);
  clusters.Add(words(T::kRatchetCut), ratchet.cut().clusters(), 4);
  clusters.Add(words(T::kRatchetRestore), ratchet.restore().clusters(), 4);
  clusters.Add(words(T::kRatchetDifference), ratchet.difference().clusters(),
               4);
  clusters.Show(page);
  page->Paragraph(words(T::kRatchetBase, Count(ratchet.strata()),
                        Count(ratchet.pairs()),
                        words.DriftVerdict(ratchet.verdict())));
}

void AddWeather(const v1::Erosion& erosion, Page* page) {
  const Words& words = page->words();
  if (erosion.weather_size() == 0) return;
  page->Heading(3, words(T::kWeatherEffect));
  Chart chart{.kind = "forest",
              .title = words(T::kWeatherPicture),
              .sentence = words(T::kWeatherSentence),
              .x_name = words(T::kIndexValue)};
  chart.series.push_back({.name = words(T::kIndexValue)});
  chart.marks.push_back({"1", words(T::kNoChange)});
  HtmlTable table{
      .caption = chart.title,
      .header = {words(T::kQuantityName), words(T::kIndexValue),
                 words(T::kInterval), words(T::kTasks), words(T::kMatchedShare),
                 words(T::kWeatherIgnored)}};
  ClusterTable clusters(words);
  for (const v1::WeatherEffect& effect : erosion.weather()) {
    T name = T::kDriftDuration;
    for (const auto& [key, text] : kQuantities) {
      if (effect.quantity() == key) name = text;
    }
    if (effect.quantity() == "late") name = T::kDriftLate;
    const std::string label = Cat(
        words(effect.weather() == "rain" ? T::kWeatherRain : T::kWeatherSevere),
        words.chinese() ? "，" : ", ", words(name));
    table.rows.push_back(
        {{label},
         NumberCell(effect.has_ratio() ? Rounded(effect.ratio(), 3)
                                       : words(T::kUnknown)),
         {IntervalText(words, effect.has_lo(), effect.lo(), effect.hi())},
         NumberCell(Count(effect.n_bad())),
         NumberCell(effect.has_matched() ? Percent(effect.matched(), 1)
                                         : words(T::kUnknown)),
         {words.DriftVerdict(effect.verdict())}});
    if (!effect.has_ratio()) continue;
    chart.categories.push_back(label);
    chart.series[0].values.push_back(effect.ratio());
    chart.series[0].low.push_back(effect.lo());
    chart.series[0].high.push_back(effect.hi());
    clusters.Add(label, effect.clusters(), 4);
  }
  Show(chart, table, page);
  clusters.Show(page);
}

void AddIncome(const v1::IncomeParts& income, const std::string& currency,
               Page* page) {
  const Words& words = page->words();
  page->Heading(3, words(T::kIncomeParts));
  page->Paragraph(words(T::kIncomeLead,
                        words.Money(income.per_online_hour_before(), currency),
                        words.Money(income.per_online_hour_after(), currency)));
  HtmlTable table{.caption = words(T::kIncomeParts),
                  .header = {words(T::kFigure), words(T::kValue)}};
  const auto row = [&](T text, const std::string& value) {
    table.rows.push_back({{words(text)}, NumberCell(Rounded(value, 4))});
  };
  row(T::kIncomePay, income.from_pay_per_order());
  row(T::kIncomeOrders, income.from_orders_per_engaged_hour());
  row(T::kIncomeShare, income.from_engaged_share());
  row(T::kIncomeTotal, income.change());
  page->Table(table);
}

}  // namespace

void AddErosion(const v1::AuditResult& result, Page* page) {
  const Words& words = page->words();
  page->BeginSection("erosion", words(T::kErosion));
  page->Paragraph(words(T::kErosionLead));
  const v1::Erosion& erosion = result.measures().erosion();
  if (erosion.series().empty() && erosion.weather_size() == 0 &&
      !erosion.has_income()) {
    page->Paragraph(words(T::kNotMeasured));
    page->EndSection();
    return;
  }
  if (erosion.stratum_level() >= 1) {
    page->Paragraph(LevelText(erosion.stratum_level(), words), "soft");
  }
  if (!erosion.series().empty()) AddIndex(erosion, page);
  for (const auto& [key, name] : kQuantities) {
    const v1::Drift* drift = Find(erosion, key);
    if (drift == nullptr || std::find(kLadders.begin(), kLadders.end(),
                                      std::string_view(key)) == kLadders.end())
      continue;
    AddLadder(erosion, *drift, words(name), page);
  }
  if (erosion.has_promise_ratchet() || erosion.has_limit_ratchet()) {
    page->Heading(3, words(T::kRatchet));
    page->Paragraph(words(T::kRatchetLead));
    if (erosion.has_promise_ratchet())
      AddRatchet(erosion.promise_ratchet(), words(T::kPromise), page);
    if (erosion.has_limit_ratchet())
      AddRatchet(erosion.limit_ratchet(), words(T::kLimit), page);
  }
  AddWeather(erosion, page);
  if (erosion.has_income())
    AddIncome(erosion.income(), result.input().currency(), page);
  page->EndSection();
}

}  // namespace plumbline::audit
