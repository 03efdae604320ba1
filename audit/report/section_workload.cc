#include <algorithm>

#include "audit/report/cat.h"
#include "audit/report/numbers.h"
#include "audit/report/section_shift.h"
#include "audit/report/sections.h"

namespace plumbline::audit {
namespace {

std::string PlainHours(int64_t seconds) {
  std::string hours = HoursOf(seconds);
  std::erase(hours, ',');
  return hours;
}

// "4", or "4.5".
std::string WholeHours(int64_t seconds) {
  std::string hours = PlainHours(seconds);
  if (hours.ends_with(".0")) hours.resize(hours.size() - 2);
  return hours;
}

// Seconds of a day as hours with three decimals, for an axis.
std::string HourOfDay(int64_t seconds) {
  const int64_t thousandths =
      (seconds * 1000 + (seconds >= 0 ? 1800 : -1800)) / 3600;
  const int64_t size = thousandths < 0 ? -thousandths : thousandths;
  std::string fraction = Cat(size % 1000);
  fraction.insert(0, 3 - fraction.size(), '0');
  return Cat(thousandths < 0 ? "-" : "", size / 1000, ".", fraction);
}

// "08:15"; the day before or after is marked by a sign.
std::string ClockOf(int64_t seconds) {
  constexpr int64_t kDaySeconds = 86400;
  int64_t days = seconds / kDaySeconds, rest = seconds % kDaySeconds;
  if (rest < 0) {
    rest += kDaySeconds;
    --days;
  }
  std::string minutes = Cat(rest / 60 % 60);
  minutes.insert(0, 2 - minutes.size(), '0');
  std::string hours = Cat(rest / 3600);
  hours.insert(0, 2 - hours.size(), '0');
  std::string text = Cat(hours, ":", minutes);
  if (days != 0) AppendTo(&text, days > 0 ? " +" : " ", days, "d");
  return text;
}

void AddRunsByGap(const v1::Workload& workload, Page* page) {
  const Words& words = page->words();
  page->Heading(3, words(T::kRunsByGap));
  page->Paragraph(words(T::kRunsByGapLead));
  HtmlTable table{
      .caption = words(T::kRunsByGap),
      .header = {words(T::kPauseOf), words(T::kRunsCount),
                 words(T::kRunsOver4Count, WholeHours(workload.run_limit_s())),
                 words(T::kRunsWorkers), words(T::kRunsLongest)}};
  for (const v1::RunsAt& runs : workload.runs()) {
    table.rows.push_back({NumberCell(Cat(runs.gap_s() / 60)),
                          NumberCell(Count(runs.runs())),
                          NumberCell(Count(runs.over4h())),
                          NumberCell(Count(runs.workers_over4h())),
                          NumberCell(HoursOf(runs.longest_s()))});
  }
  page->Table(table);
}

void AddPushes(const v1::Workload& workload, Page* page) {
  const Words& words = page->words();
  const v1::Pushes& pushes = workload.pushes();
  const std::string limit = WholeHours(workload.run_limit_s());
  const int64_t rest = workload.rest_after_run_s() / 60;
  HtmlTable table{.caption = words(T::kPushes),
                  .header = {words(T::kFigure), words(T::kValue)}};
  const auto row = [&](std::string text, std::string value) {
    table.rows.push_back({{std::move(text)}, NumberCell(std::move(value))});
  };
  row(words(T::kPushesTotal), Count(pushes.offers()));
  row(words(T::kPushesRest, limit, rest), Count(pushes.in_rest_window()));
  row(words(T::kPushesWindows), Cat(Count(pushes.rest_windows()), " / ",
                                    Count(pushes.rest_windows_with_push())));
  row(words(T::kPushesLong, limit), Count(pushes.after_four_hours()));
  row(words(T::kPushesWorkers), Count(pushes.workers()));
  page->Heading(3, words(T::kPushes));
  page->Table(table);
}

void AddRest(const v1::Workload& workload, Page* page) {
  const Words& words = page->words();
  const v1::DailyRest& rest = workload.rest();
  const std::string hours = WholeHours(workload.daily_rest_s());
  if (rest.windows() > 0) {
    Chart chart{.kind = "histogram",
                .title = words(T::kRestPicture),
                .sentence = words(T::kRestSentence, Count(rest.short_windows()),
                                  Count(rest.windows()),
                                  Count(rest.workers_short()), hours),
                .x_name = words(T::kHoursUnit),
                .y_name = words(T::kRestWindows)};
    chart.series.push_back({.name = words(T::kRestWindows)});
    chart.marks.push_back({hours, Cat(hours, " h")});
    HtmlTable table{.caption = chart.title,
                    .header = {words(T::kHoursFromTo), words(T::kRestWindows)}};
    for (int hour = 0; hour < rest.windows_by_longest_pause_size(); ++hour) {
      const int64_t n = rest.windows_by_longest_pause(hour);
      chart.categories.push_back(Cat(hour));
      chart.series[0].values.push_back(Cat(n));
      const bool last = hour + 1 == rest.windows_by_longest_pause_size();
      table.rows.push_back({{last ? Cat(hour, "+") : Cat(hour, "–", hour + 1)},
                            NumberCell(Count(n))});
    }
    page->Figure(chart, table);
  }
  HtmlTable table{.caption = words(T::kRestOther),
                  .header = {words(T::kFigure), words(T::kValue)}};
  const auto row = [&](T text, int64_t n) {
    table.rows.push_back({{words(text)}, NumberCell(Count(n))});
  };
  row(T::kDaysOver8, rest.days_over8h());
  row(T::kDaysOver8Workers, rest.workers_over8h());
  row(T::kWeeksWithoutRest, rest.weeks_without_rest_day());
  row(T::kLongestStreak, rest.longest_streak_days());
  row(T::kWorkersStreak, rest.workers_streak7());
  page->Table(table);
}

void AddOpen(const v1::Concurrency& open, Page* page) {
  const Words& words = page->words();
  if (!open.has_share_two_or_more()) return;
  Chart chart{
      .kind = "bars",
      .title = words(T::kOpenPicture),
      .sentence = words(T::kOpenSentence, Percent(open.share_two_or_more(), 1),
                        Count(open.most())),
      .x_name = words(T::kHoursUnit)};
  chart.series.push_back({.name = words(T::kHoursUnit)});
  HtmlTable table{.caption = chart.title,
                  .header = {words(T::kOpenOrders), words(T::kHoursUnit)}};
  for (int k = 0; k < open.seconds_open_size(); ++k) {
    const std::string label = k + 1 == open.seconds_open_size()
                                  ? words(T::kOpenAndMore, k + 1)
                                  : Cat(k + 1);
    chart.categories.push_back(label);
    chart.series[0].values.push_back(PlainHours(open.seconds_open(k)));
    table.rows.push_back({{label}, NumberCell(HoursOf(open.seconds_open(k)))});
  }
  page->Figure(chart, table);
}

void AddBundles(const v1::Bundles& bundles, Page* page) {
  const Words& words = page->words();
  HtmlTable table{.caption = words(T::kBundles),
                  .header = {words(T::kFigure), words(T::kValue)}};
  const auto row = [&](T text, bool known, std::string value) {
    if (known)
      table.rows.push_back({{words(text)}, NumberCell(std::move(value))});
  };
  row(T::kBundlesTaken, true, Count(bundles.acceptances()));
  row(T::kBundlesPlanned, bundles.has_planned_n(), Count(bundles.planned_n()));
  row(T::kBundlesOver, bundles.has_planned_over(),
      Count(bundles.planned_over()));
  row(T::kBundlesP50, bundles.has_saturation_p50(),
      Rounded(bundles.saturation_p50(), 2));
  row(T::kBundlesP95, bundles.has_saturation_p95(),
      Rounded(bundles.saturation_p95(), 2));
  row(T::kBundlesRouted, bundles.has_routed_n(), Count(bundles.routed_n()));
  row(T::kBundlesLow, bundles.has_infeasible_low(),
      Count(bundles.infeasible_low()));
  row(T::kBundlesHigh, bundles.has_infeasible_high(),
      Count(bundles.infeasible_high()));
  row(T::kBundlesMany, bundles.has_too_many(), Count(bundles.too_many()));
  page->Heading(3, words(T::kBundles));
  page->Table(table);
}

T CauseName(std::string_view cause) {
  if (cause == "dispatch") return T::kCauseDispatch;
  if (cause == "merchantWait") return T::kCauseWait;
  if (cause == "batching") return T::kCauseBatching;
  if (cause == "handover") return T::kCauseHandover;
  return T::kCauseRide;
}

void AddLateness(const v1::Lateness& late, std::string_view name,
                 const std::string& currency, Page* page) {
  const Words& words = page->words();
  if (late.late() == 0) return;
  Chart chart{.kind = "bars",
              .title = words(T::kLateness, name),
              .sentence = words(T::kLatenessSentence),
              .x_name = words(T::kHoursUnit)};
  chart.series.resize(2);
  chart.series[0].name = words(T::kAtMostHours);
  chart.series[1].name = words(T::kAtLeastHours);
  HtmlTable table{.caption = chart.title,
                  .header = {words(T::kCause), words(T::kCauseKnown),
                             words(T::kAtLeastHours), words(T::kAtMostHours)}};
  for (const v1::LateCause& cause : late.causes()) {
    const std::string label = words(CauseName(cause.cause()));
    const bool known = cause.has_at_most_s();
    table.rows.push_back(
        {{label},
         NumberCell(Count(cause.known())),
         NumberCell(known ? HoursOf(cause.at_least_s()) : words(T::kUnknown)),
         NumberCell(known ? HoursOf(cause.at_most_s()) : words(T::kUnknown))});
    if (!known) continue;
    chart.categories.push_back(label);
    chart.series[0].values.push_back(PlainHours(cause.at_most_s()));
    chart.series[1].values.push_back(PlainHours(cause.at_least_s()));
  }
  if (chart.categories.empty()) {
    page->Table(table);
  } else {
    page->Figure(chart, table);
  }
  HtmlTable sums{.caption = Cat(words(T::kLateOrders),
                                words.chinese() ? "：" : ": ", name),
                 .header = {words(T::kFigure), words(T::kValue)}};
  const auto row = [&](T text, std::string value) {
    sums.rows.push_back({{words(text)}, NumberCell(std::move(value))});
  };
  row(T::kLateOrders, Count(late.late()));
  row(T::kLateNotWorker, Count(late.not_by_worker()));
  row(T::kLateDepends, Count(late.depends()));
  row(T::kLateWorker, Count(late.by_worker()));
  row(T::kLateUnknown, Count(late.unknown()));
  if (late.has_fines()) {
    row(T::kLateFines, words.Money(late.fines(), currency));
    row(T::kLateFinesNotWorker,
        words.Money(late.fines_not_by_worker(), currency));
  }
  page->Table(sums);
}

void AddDay(const v1::DayExample& day, Page* page) {
  const Words& words = page->words();
  Chart chart{.kind = "day",
              .title = words(
                  day.kind() == "longestRun" ? T::kDayLongest : T::kDayMiddle,
                  day.worker_id(), day.day()),
              .sentence = words(T::kDaySentence, HoursOf(day.engaged_s()),
                                HoursOf(day.longest_run_s())),
              .x_name = words(T::kHourOfDay),
              .y_name = words(T::kOpenOrders)};
  chart.series.resize(2);
  chart.series[0].name = words(T::kOpenOrders);
  chart.series[1].name = words(T::kRunOfDay);
  HtmlTable table{.caption = chart.title,
                  .header = {words(T::kTimeFrom), words(T::kTimeTo),
                             words(T::kOpenOrders)}};
  const int steps = std::min(day.at_s_size(), day.open_size());
  for (int i = 0; i < steps; ++i) {
    chart.categories.push_back(HourOfDay(day.at_s(i)));
    chart.series[0].values.push_back(Cat(day.open(i)));
    if (i + 1 == steps) continue;
    table.rows.push_back({{ClockOf(day.at_s(i))},
                          {ClockOf(day.at_s(i + 1))},
                          NumberCell(Count(day.open(i)))});
  }
  const int runs = std::min(day.run_from_s_size(), day.run_to_s_size());
  for (int i = 0; i < runs; ++i) {
    chart.series[1].values.push_back("");
    chart.series[1].low.push_back(HourOfDay(day.run_from_s(i)));
    chart.series[1].high.push_back(HourOfDay(day.run_to_s(i)));
    table.rows.push_back({{ClockOf(day.run_from_s(i))},
                          {ClockOf(day.run_to_s(i))},
                          {words(T::kRunOfDay)}});
  }
  page->Figure(chart, table);
}

}  // namespace

void AddWorkload(const v1::AuditResult& result, Page* page) {
  const Words& words = page->words();
  page->BeginSection("workload", words(T::kWorkload));
  page->Paragraph(words(T::kWorkloadLead));
  const v1::Workload& workload = result.measures().workload();
  if (!workload.has_workers()) {
    page->Paragraph(words(T::kNotMeasured));
    page->EndSection();
    return;
  }
  AddRunsByGap(workload, page);
  if (workload.has_pushes()) AddPushes(workload, page);
  AddRest(workload, page);
  AddOpen(workload.concurrency(), page);
  AddBundles(workload.bundles(), page);
  if (workload.fatigue_size() > 0) page->Heading(3, words(T::kFatigue));
  for (const v1::Fatigue& fatigue : workload.fatigue()) {
    AddFatigue(fatigue, page);
  }
  AddCoercion(workload, result.input().currency(), page);
  AddCliffs(workload, result.input().currency(), page);
  const std::string& currency = result.input().currency();
  if (workload.has_limit_lateness())
    AddLateness(workload.limit_lateness(), words(T::kLimit), currency, page);
  if (workload.has_promise_lateness())
    AddLateness(workload.promise_lateness(), words(T::kPromise), currency,
                page);
  if (workload.days_size() > 0) page->Heading(3, words(T::kDayExamples));
  for (const v1::DayExample& day : workload.days()) AddDay(day, page);
  page->EndSection();
}

}  // namespace plumbline::audit
