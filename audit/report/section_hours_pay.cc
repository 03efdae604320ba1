#include <algorithm>

#include "audit/report/cat.h"
#include "audit/report/numbers.h"
#include "audit/report/sections.h"

namespace plumbline::audit {
namespace {

constexpr std::string_view kTimeSetOrder[] = {
    "ONLINE", "REQUIRED",  "TASK_SUM", "ENGAGED",
    "LOADED", "TO_PICKUP", "ON_CALL"};
constexpr std::string_view kKindOrder[] = {
    "base",      "distance",    "time",   "wait",       "peak",
    "bonus",     "weather",     "night",  "holiday",    "overtime",
    "allowance", "top_up",      "tip",    "toll",       "reimbursement",
    "late_fine", "review_fine", "damage", "other_fine", "commission",
    "fee",       "deposit",     "social", "tax"};
constexpr size_t kCreditKinds = 15;  // The first of kKindOrder.

bool TimeOf(const v1::TimeSets& sets, std::string_view name, int64_t* seconds) {
  const auto take = [&](bool known, int64_t value) {
    *seconds = value;
    return known;
  };
  if (name == "ONLINE") return take(sets.has_online(), sets.online());
  if (name == "ENGAGED") return take(sets.has_engaged(), sets.engaged());
  if (name == "TO_PICKUP") return take(sets.has_to_pickup(), sets.to_pickup());
  if (name == "LOADED") return take(sets.has_loaded(), sets.loaded());
  if (name == "ON_CALL") return take(sets.has_on_call(), sets.on_call());
  if (name == "REQUIRED") return take(sets.has_required(), sets.required());
  return take(sets.has_task_sum(), sets.task_sum());
}

void AddTimeSets(const v1::Hours& hours, Page* page) {
  const Words& words = page->words();
  Chart chart{.kind = "bars",
              .title = words(T::kHoursPicture),
              .x_name = words(T::kHoursUnit)};
  chart.series.push_back({.name = words(T::kHoursUnit)});
  HtmlTable table{.caption = words(T::kHoursPicture),
                  .header = {words(T::kDefinition), words(T::kHoursUnit),
                             words(T::kMeaning)}};
  int64_t most = -1;
  int64_t least = -1;
  std::string_view longest;
  std::string_view shortest;
  for (const std::string_view name : kTimeSetOrder) {
    int64_t seconds = 0;
    const bool known = TimeOf(hours.total(), name, &seconds);
    const std::string label = words.TimeSet(name);
    table.rows.push_back(
        {{Cat(label, " ", name)},
         NumberCell(known ? HoursOf(seconds) : words(T::kUnknown)),
         {words.TimeSetMeaning(name)}});
    if (!known) continue;
    chart.categories.push_back(label);
    // Rounded as in the table.
    std::string hours_text = HoursOf(seconds);
    std::erase(hours_text, ',');
    chart.series[0].values.push_back(std::move(hours_text));
    if (most < 0 || seconds > most) {
      most = seconds;
      longest = name;
    }
    if (least < 0 || seconds < least) {
      least = seconds;
      shortest = name;
    }
  }
  if (chart.categories.empty()) {
    page->Paragraph(words(T::kNotMeasured));
    page->Table(table);
    return;
  }
  chart.sentence =
      words(T::kHoursSentence, words.TimeSet(longest), HoursOf(most),
            words.TimeSet(shortest), HoursOf(least));
  page->Figure(chart, table);
  if (hours.tasks_without_interval() > 0) {
    page->Paragraph(
        words(T::kTasksWithoutInterval, Count(hours.tasks_without_interval())));
  }
}

void AddRuns(const v1::Runs& runs, Page* page) {
  const Words& words = page->words();
  page->Heading(3, words(T::kRuns));
  if (runs.has_gap_s()) page->Paragraph(words(T::kRunsGap, runs.gap_s() / 60));
  HtmlTable table{.caption = words(T::kRuns),
                  .header = {words(T::kFigure), words(T::kValue)}};
  const auto row = [&](T text, bool known, const std::string& value) {
    table.rows.push_back(
        {{words(text)}, NumberCell(known ? value : words(T::kUnknown))});
  };
  row(T::kRunLongest, runs.has_longest_s(), HoursOf(runs.longest_s()));
  row(T::kRunsOver4, runs.has_over4h(), Count(runs.over4h()));
  row(T::kWorkerDays, runs.has_worker_days(), Count(runs.worker_days()));
  row(T::kDaysOver8, runs.has_worker_days_over8h(),
      Count(runs.worker_days_over8h()));
  row(T::kWeeksWithoutRest, runs.has_weeks_without_rest_day(),
      Count(runs.weeks_without_rest_day()));
  page->Table(table);

  if (runs.worker_days_by_hour().empty()) return;
  Chart chart{.kind = "histogram",
              .title = words(T::kDaysPicture),
              .x_name = words(T::kHoursUnit),
              .y_name = words(T::kWorkerDays)};
  chart.sentence =
      runs.has_worker_days_over8h() && runs.has_worker_days()
          ? words(T::kDaysSentence, Count(runs.worker_days_over8h()),
                  Count(runs.worker_days()))
          : words(T::kDaysSentenceShort);
  chart.series.push_back({.name = words(T::kWorkerDays)});
  chart.marks.push_back({"8", "8 h"});
  HtmlTable numbers{.caption = words(T::kDaysPicture),
                    .header = {words(T::kHoursFromTo), words(T::kWorkerDays)}};
  for (int hour = 0; hour < runs.worker_days_by_hour_size(); ++hour) {
    chart.categories.push_back(Cat(hour));
    chart.series[0].values.push_back(Cat(runs.worker_days_by_hour(hour)));
    numbers.rows.push_back({{Cat(hour, "–", hour + 1)},
                            NumberCell(Count(runs.worker_days_by_hour(hour)))});
  }
  page->Figure(chart, numbers);
}

std::string PlainHours(int64_t seconds) {
  std::string hours = HoursOf(seconds);
  std::erase(hours, ',');
  return hours;
}

HtmlTable PeriodTable(
    const google::protobuf::RepeatedPtrField<v1::PeriodFigures>& periods,
    std::string caption, const std::string& currency, const Words& words) {
  HtmlTable table{
      .caption = std::move(caption),
      .header = {words(T::kPeriodFrom), words(T::kOnline), words(T::kEngaged),
                 words(T::kWorkerDays), words(T::kDelivered),
                 words(T::kPayCounted), words(T::kPerOnlineHour),
                 words(T::kPerEngagedHour)}};
  const auto text = [&](bool known, const std::string& value) {
    return NumberCell(known ? value : words(T::kUnknown));
  };
  for (const v1::PeriodFigures& period : periods) {
    table.rows.push_back(
        {{period.from()},
         text(period.has_online_s(), HoursOf(period.online_s())),
         text(period.has_engaged_s(), HoursOf(period.engaged_s())),
         text(period.has_worker_days(), Count(period.worker_days())),
         text(period.has_delivered(), Count(period.delivered())),
         text(period.has_counted_pay(),
              words.Money(period.counted_pay(), currency)),
         text(period.has_pay_per_online_hour(),
              Shown(period.pay_per_online_hour(), 2)),
         text(period.has_pay_per_engaged_hour(),
              Shown(period.pay_per_engaged_hour(), 2))});
  }
  return table;
}

// The weekly pictures: hours in the section of hours, pay in that of pay.
void AddWeeks(const v1::Periods& periods, const std::string& currency, bool pay,
              Page* page) {
  const Words& words = page->words();
  if (periods.weeks_size() < 2) return;
  Chart chart{
      .kind = "trend",
      .title = words(pay ? T::kWeeksPayPicture : T::kWeeksHoursPicture),
      .sentence = words(pay ? T::kWeeksPaySentence : T::kWeeksHoursSentence),
      .y_name = pay ? Cat(currency, " / h") : words(T::kHoursUnit)};
  chart.series.resize(2);
  chart.series[0].name = words(pay ? T::kPerOnlineHour : T::kOnline);
  chart.series[1].name = words(pay ? T::kPerEngagedHour : T::kEngaged);
  bool any = false;
  for (const v1::PeriodFigures& week : periods.weeks()) {
    chart.categories.push_back(week.from());
    std::string online;
    std::string engaged;
    if (pay) {
      online = week.pay_per_online_hour();
      engaged = week.pay_per_engaged_hour();
    } else {
      if (week.has_online_s()) online = PlainHours(week.online_s());
      if (week.has_engaged_s()) engaged = PlainHours(week.engaged_s());
    }
    any = any || !online.empty() || !engaged.empty();
    chart.series[0].values.push_back(std::move(online));
    chart.series[1].values.push_back(std::move(engaged));
  }
  if (!any) return;
  page->Figure(chart,
               PeriodTable(periods.weeks(), words(T::kWeeks), currency, words));
}

void AddPayByKind(const v1::Pay& pay, const std::string& currency, Page* page) {
  const Words& words = page->words();
  if (pay.by_kind().empty()) return;
  Chart chart{.kind = "bars",
              .title = words(T::kPayByKindPicture),
              .sentence = words(T::kPayByKindSentence),
              .x_name = currency};
  chart.series.push_back({.name = words(T::kAmount)});
  HtmlTable table{
      .caption = words(T::kPayByKindPicture),
      .header = {words(T::kKind), words(T::kSide), words(T::kAmount)}};
  const auto add = [&](const std::string& kind, const std::string& amount,
                       std::string side) {
    const std::string label = words.PayKind(kind);
    chart.categories.push_back(label);
    chart.series[0].values.push_back(amount);
    table.rows.push_back({{label},
                          {std::move(side)},
                          NumberCell(words.Money(amount, currency))});
  };
  for (size_t i = 0; i < std::size(kKindOrder); ++i) {
    const auto found = pay.by_kind().find(std::string(kKindOrder[i]));
    if (found == pay.by_kind().end()) continue;
    add(found->first, found->second,
        words(i < kCreditKinds ? T::kCredit : T::kDebit));
  }
  // Kinds that are not in our list, in the order of their text.
  std::vector<std::string> others;
  for (const auto& [kind, amount] : pay.by_kind()) {
    if (std::find(std::begin(kKindOrder), std::end(kKindOrder), kind) ==
        std::end(kKindOrder)) {
      others.push_back(kind);
    }
  }
  std::sort(others.begin(), others.end());
  for (const std::string& kind : others) add(kind, pay.by_kind().at(kind), "");
  page->Figure(chart, table);
}

void AddPerHour(const v1::Pay& pay, const std::string& currency, Page* page) {
  const Words& words = page->words();
  if (pay.per_hour().empty()) return;
  Chart chart{.kind = "bars",
              .title = words(T::kPerHourPicture),
              .sentence = words(T::kPerHourSentence),
              .x_name = Cat(currency, " / h")};
  chart.series.push_back({.name = words(T::kPerHour)});
  HtmlTable table{.caption = words(T::kPerHourPicture),
                  .header = {words(T::kDefinition), words(T::kPerHour),
                             words(T::kMeaning)}};
  for (const std::string_view name : kTimeSetOrder) {
    const auto found = pay.per_hour().find(std::string(name));
    if (found == pay.per_hour().end()) continue;
    const std::string label = words.TimeSet(name);
    chart.categories.push_back(label);
    chart.series[0].values.push_back(found->second);
    table.rows.push_back({{Cat(label, " ", name)},
                          NumberCell(words.Money(found->second, currency)),
                          {words.TimeSetMeaning(name)}});
  }
  page->Figure(chart, table);
}

void AddTakeRate(const v1::TakeRate& rate, Page* page) {
  const Words& words = page->words();
  page->Heading(3, words(T::kTakeRate));
  page->Paragraph(words(T::kTakeRateLead, Count(rate.n())));
  HtmlTable table{.caption = words(T::kTakeRate),
                  .header = {words(T::kFigure), words(T::kValue)}};
  if (rate.has_ratio_of_sums()) {
    table.rows.push_back({{words(T::kRatioOfSums)},
                          NumberCell(Percent(rate.ratio_of_sums(), 2))});
  }
  if (rate.has_mean_of_ratios()) {
    table.rows.push_back({{words(T::kMeanOfRatios)},
                          NumberCell(Percent(rate.mean_of_ratios(), 2))});
  }
  if (rate.has_subsidised()) {
    table.rows.push_back(
        {{words(T::kSubsidised)}, NumberCell(Count(rate.subsidised()))});
  }
  page->Table(table);
}

}  // namespace

void AddHours(const v1::AuditResult& result, Page* page) {
  const Words& words = page->words();
  page->BeginSection("hours", words(T::kHours));
  page->Paragraph(words(T::kHoursLead));
  const v1::Hours& hours = result.measures().hours();
  if (!result.measures().has_hours()) {
    page->Paragraph(words(T::kNotMeasured));
  } else {
    AddTimeSets(hours, page);
    if (hours.has_runs()) AddRuns(hours.runs(), page);
    AddWeeks(result.measures().periods(), result.input().currency(), false,
             page);
  }
  page->EndSection();
}

void AddPay(const v1::AuditResult& result, Page* page) {
  const Words& words = page->words();
  const std::string& currency = result.input().currency();
  page->BeginSection("pay", words(T::kPay));
  page->Paragraph(words(T::kPayLead));
  const v1::Pay& pay = result.measures().pay();
  HtmlTable sums{.caption = words(T::kPay),
                 .header = {words(T::kFigure), words(T::kAmount)}};
  const auto row = [&](T text, bool known, const std::string& amount) {
    if (known)
      sums.rows.push_back(
          {{words(text)}, NumberCell(words.Money(amount, currency))});
  };
  row(T::kPayCounted, pay.has_counted(), pay.counted());
  row(T::kTips, pay.has_tips(), pay.tips());
  row(T::kDebits, pay.has_debits(), pay.debits());
  row(T::kTopUp, pay.has_top_up(), pay.top_up());
  if (sums.rows.empty() && pay.by_kind().empty() && pay.per_hour().empty()) {
    page->Paragraph(words(T::kNotMeasured));
  }
  if (!sums.rows.empty()) page->Table(sums);
  AddPerHour(pay, currency, page);
  const v1::Periods& periods = result.measures().periods();
  AddWeeks(periods, currency, true, page);
  if (!periods.months().empty()) {
    page->BeginDetails(words(T::kMonths));
    page->Table(
        PeriodTable(periods.months(), words(T::kMonths), currency, words));
    page->EndDetails();
  }
  AddPayByKind(pay, currency, page);
  if (pay.has_take_rate()) AddTakeRate(pay.take_rate(), page);
  page->EndSection();
}

}  // namespace plumbline::audit
