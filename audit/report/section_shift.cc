#include "audit/report/section_shift.h"

#include "audit/report/cat.h"
#include "audit/report/figure_cells.h"
#include "audit/report/numbers.h"

namespace plumbline::audit {
namespace {

std::string Reading(std::string_view verdict, std::string_view en,
                    std::string_view zh, const Words& words) {
  return Cat(TestVerdict(words, verdict), words.chinese() ? "。" : ". ",
             words.Pick(en, zh));
}

}  // namespace

void AddFatigue(const v1::Fatigue& fatigue, Page* page) {
  const Words& words = page->words();
  const bool late = fatigue.outcome() == "late";
  // Shares are shown as percentage points, speeds in km/h.
  const auto shown = [late](std::string_view value) {
    return late ? Percent(value, 2) : Rounded(value, 2);
  };
  const auto between = [&](const v1::Figure& figure) {
    return figure.has_lo() ? words(T::kIntervalValue, shown(figure.lo()),
                                   shown(figure.hi()))
                           : words(T::kUnknown);
  };
  Chart chart{
      .kind = "forest",  // Differences lie on both sides of 0.
      .title = words(late ? T::kFatigueLate : T::kFatigueSpeed),
      .sentence =
          words(late ? T::kFatigueLateSentence : T::kFatigueSpeedSentence,
                words(fatigue.target() == "promise" ? T::kPromise : T::kLimit)),
      .x_name = words(late ? T::kFatiguePoints : T::kFatigueKmh)};
  chart.series.push_back({.name = words(T::kFatigueEffect)});
  chart.marks = {{"0", words(T::kFatigueFirst)}};
  HtmlTable table{.caption = chart.title,
                  .header = {words(T::kFatigueHours), words(T::kTasks),
                             words(late ? T::kFatigueShare : T::kFatigueMean),
                             words(T::kFatigueEffect), words(T::kInterval)}};
  ClusterTable clusters(words);
  for (const v1::FatigueBin& bin : fatigue.bins()) {
    if (bin.n() == 0) continue;
    const std::string hours =
        bin.has_to_s() ? Cat(bin.from_s() / 3600, "–", bin.to_s() / 3600)
                       : Cat(bin.from_s() / 3600, "+");
    const v1::Figure& effect = bin.effect();
    table.rows.push_back(
        {{hours},
         NumberCell(Count(bin.n())),
         NumberCell(shown(bin.mean())),
         NumberCell(bin.from_s() == 0    ? words(T::kFatigueBase)
                    : effect.has_value() ? shown(effect.value())
                                         : words(T::kUnknown)),
         {bin.from_s() == 0 ? words(T::kFatigueBase) : between(effect)}});
    AddPoint(hours, effect, 5, &chart);
    clusters.Add(hours, effect, 4);
  }
  Show(chart, table, page);
  if (fatigue.has_late_hours()) {
    page->Paragraph(words(T::kFatigueLateHours,
                          shown(fatigue.late_hours().value()),
                          between(fatigue.late_hours()),
                          words(late ? T::kFatiguePoints : T::kFatigueKmh)));
    clusters.Add(words(T::kFatigueLateHoursName), fatigue.late_hours(), 4);
  }
  if (late) {
    page->Paragraph(Reading(fatigue.verdict(), fatigue.reason(),
                            fatigue.reason_zh(), words));
  }
  page->Paragraph(words(T::kFatigueAlike, Count(fatigue.workers()),
                        Count(fatigue.workers_both())),
                  "soft");
  clusters.Show(page);
}

void AddCoercion(const v1::Workload& workload, const std::string& currency,
                 Page* page) {
  if (workload.coercion().empty()) return;
  const Words& words = page->words();
  page->Heading(3, words(T::kCoercion));
  page->Paragraph(words(T::kCoercionLead));
  Chart chart{.kind = "forest",
              .title = words(T::kCoercionPicture),
              .sentence = words(T::kCoercionSentence),
              .x_name = words(T::kCoercionShare)};
  chart.series.push_back({.name = words(T::kCoercionShare)});
  chart.marks = {{"0", words(T::kCoercionNothing)}};
  // A column for each outcome, of which there are two.
  HtmlTable table{.caption = chart.title, .header = {words(T::kFigure)}};
  for (const T row :
       {T::kCoercionMean, T::kCoercionDays, T::kCoercionEffect, T::kInterval,
        T::kCoercionPlacebo, T::kInterval, T::kStrictPValue}) {
    table.rows.push_back({{words(row)}});
  }
  std::vector<std::string> readings;
  ClusterTable clusters(words);
  for (const v1::Coercion& one : workload.coercion()) {
    const std::string name =
        one.outcome() == "offersPerHour"
            ? words(T::kCoercionOffers)
            : words(T::kCoercionPay, currency.empty() ? "?" : currency);
    table.header.push_back(name);
    size_t row = 0;
    for (const std::string& cell :
         {Rounded(one.mean(), 3),
          Cat(Count(one.caused()), " / ", Count(one.n())),
          ValueOf(one.effect(), 3, words), Between(one.effect(), 3, words),
          ValueOf(one.placebo(), 3, words), Between(one.placebo(), 3, words),
          one.has_p_value() ? PValue(one.p_value()) : words(T::kUnknown)}) {
      table.rows[row++].push_back(NumberCell(cell));
    }
    readings.push_back(
        Cat(name, words.chinese() ? "：" : ": ",
            Reading(one.verdict(), one.reason(), one.reason_zh(), words)));
    AddPoint(name, one.effect(), 4, &chart);
    AddPoint(
        Cat(name, words.chinese() ? "，" : ", ", words(T::kCoercionPlacebo)),
        one.placebo(), 4, &chart);
    clusters.Add(name, one.effect(), 4);
  }
  Show(chart, table, page);
  for (const std::string& reading : readings) page->Paragraph(reading);
  clusters.Show(page);
}

void AddCliffs(const v1::Workload& workload, const std::string& currency,
               Page* page) {
  if (workload.cliffs().empty()) return;
  const Words& words = page->words();
  const std::string money = currency.empty() ? "?" : currency;
  page->Heading(3, words(T::kCliffs));
  page->Paragraph(words(T::kCliffsLead));
  // One outcome has one unit; the table has all.
  std::string drawn = workload.cliffs(0).outcome();
  for (const v1::Cliff& one : workload.cliffs()) {
    if (one.outcome() == "payPerHour") drawn = one.outcome();
  }
  const auto outcome_name = [&](const std::string& outcome) {
    if (outcome == "offersPerHour") return words(T::kCoercionOffers);
    return words(
        outcome == "payPerHour" ? T::kCoercionPay : T::kCliffPayPerTask, money);
  };
  Chart chart{.kind = "forest",
              .title = words(T::kCliffsPicture, outcome_name(drawn)),
              .sentence = words(T::kCliffsSentence),
              .x_name = outcome_name(drawn)};
  chart.series.push_back({.name = words(T::kCliffJump)});
  chart.marks = {{"0", words(T::kCoercionNothing)}};
  HtmlTable table{.caption = words(T::kCliffs),
                  .header = {words(T::kCliffRate), words(T::kFigure),
                             words(T::kCliffLevel), words(T::kCliffJump),
                             words(T::kInterval), words(T::kCliffHalf),
                             words(T::kCliffDouble), words(T::kCliffPlacebo),
                             words(T::kCliffHeap), words(T::kCliffWeeks),
                             words(T::kStrictAdjusted), words(T::kReading)}};
  ClusterTable clusters(words);
  int found = 0, open = 0;
  for (const v1::Cliff& one : workload.cliffs()) {
    const std::string rate =
        words(one.rate() == "accepted" ? T::kCliffAccepted : T::kCliffOnTime,
              Count(one.threshold()));
    table.rows.push_back(
        {{rate},
         {outcome_name(one.outcome())},
         NumberCell(Rounded(one.mean(), 3)),
         NumberCell(ValueOf(one.jump(), 3, words)),
         {Between(one.jump(), 3, words)},
         NumberCell(ValueOf(one.jump_half(), 3, words)),
         NumberCell(ValueOf(one.jump_double(), 3, words)),
         {Between(one.placebo(), 3, words)},
         {Between(one.heap(), 3, words)},
         {Cat(Count(one.below()), " / ", Count(one.above()))},
         NumberCell(PValue(one.p_adjusted())),
         {Reading(one.verdict(), one.reason(), one.reason_zh(), words)}});
    found += one.verdict() == "FINDING";
    open += one.verdict() != "FINDING" && one.verdict() != "NO_FINDING";
    if (one.outcome() == drawn) AddPoint(rate, one.jump(), 4, &chart);
    clusters.Add(
        Cat(rate, words.chinese() ? "，" : ", ", outcome_name(one.outcome())),
        one.jump(), 4);
  }
  Show(chart, table, page);
  page->Paragraph(words(T::kCliffsReading, workload.cliffs_size(), found,
                        workload.cliffs_size() - found - open, open));
  clusters.Show(page);
}

}  // namespace plumbline::audit
