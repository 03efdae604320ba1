#include <utility>

#include "audit/report/cat.h"
#include "audit/report/numbers.h"
#include "audit/report/sections.h"

namespace plumbline::audit {
namespace {

constexpr size_t kCurves = 4;  // More than four lines cannot be told apart.

struct Quantity {
  const v1::Inequality* figures;
  T name;
};

std::vector<Quantity> Quantities(const v1::Allocation& allocation) {
  std::vector<Quantity> quantities;
  if (allocation.has_tasks())
    quantities.push_back({&allocation.tasks(), T::kAllocTasks});
  if (allocation.has_pay())
    quantities.push_back({&allocation.pay(), T::kAllocPay});
  if (allocation.has_tasks_per_online_hour()) {
    quantities.push_back(
        {&allocation.tasks_per_online_hour(), T::kAllocTasksHour});
  }
  if (allocation.has_pay_per_online_hour()) {
    quantities.push_back({&allocation.pay_per_online_hour(), T::kAllocPayHour});
  }
  if (allocation.has_tasks_per_online_hour_in_cells()) {
    quantities.push_back(
        {&allocation.tasks_per_online_hour_in_cells(), T::kAllocTasksCells});
  }
  if (allocation.has_pay_per_online_hour_in_cells()) {
    quantities.push_back(
        {&allocation.pay_per_online_hour_in_cells(), T::kAllocPayCells});
  }
  return quantities;
}

// A share as a number of percent without the sign.
std::string PercentNumber(const std::string& share, int digits) {
  std::string text = Percent(share, digits);
  if (!text.empty() && text.back() == '%') text.pop_back();
  return text;
}

void AddLorenz(const std::vector<Quantity>& quantities, Page* page) {
  const Words& words = page->words();
  Chart chart{.kind = "curve",
              .title = words(T::kLorenzPicture),
              .x_name = words(T::kLorenzX),
              .y_name = words(T::kLorenzY)};
  HtmlTable table{.caption = words(T::kLorenzPicture),
                  .header = {words(T::kLorenzX)}};
  std::vector<const Quantity*> drawn;
  int points = 0;
  for (const Quantity& quantity : quantities) {
    const int size = quantity.figures->lorenz_size();
    if (size < 2 || (points != 0 && size != points)) continue;
    points = size;
    if (drawn.size() < kCurves) drawn.push_back(&quantity);
  }
  if (drawn.empty()) return;
  Chart::Series equal{.name = words(T::kEqualLine)};
  for (int i = 0; i < points; ++i) {
    const std::string at = Cat(i * 100 / (points - 1));
    chart.categories.push_back(at);
    equal.values.push_back(at);
    table.rows.push_back({NumberCell(at)});
  }
  chart.series.push_back(std::move(equal));
  for (const Quantity* quantity : drawn) {
    Chart::Series series{.name = words(quantity->name)};
    table.header.push_back(series.name);
    for (int i = 0; i < points; ++i) {
      const std::string& share = quantity->figures->lorenz(i);
      series.values.push_back(PercentNumber(share, 3));
      table.rows[i].push_back(NumberCell(PercentNumber(share, 1)));
    }
    chart.series.push_back(std::move(series));
  }
  const v1::Inequality& first = *drawn.front()->figures;
  chart.sentence =
      drawn.front()->name == T::kAllocTasks && first.has_top10_share()
          ? words(T::kLorenzSentence, Percent(first.top10_share(), 1))
          : words(T::kLorenzSentenceShort);
  page->Figure(chart, table);
}

void AddGini(const std::vector<Quantity>& quantities, Page* page) {
  const Words& words = page->words();
  Chart chart{.kind = "bars",
              .title = words(T::kGiniPicture),
              .sentence = words(T::kGiniSentence),
              .x_name = words(T::kGini)};
  chart.series.push_back({.name = words(T::kGini)});
  bool chance = false;
  for (const Quantity& quantity : quantities)
    chance = chance || quantity.figures->has_chance_gini();
  if (chance) chart.series.push_back({.name = words(T::kChanceGini)});
  HtmlTable table{
      .caption = words(T::kGiniPicture),
      .header = {words(T::kQuantity), words(T::kWorkers), words(T::kTotal),
                 words(T::kGini), words(T::kGiniInterval),
                 words(T::kGiniCorrected), words(T::kChanceGini),
                 words(T::kExcessGini), words(T::kTheilT), words(T::kTheilL),
                 words(T::kJain), words(T::kTop10)}};
  const auto figure = [&](bool known, const std::string& value) {
    return NumberCell(known ? Rounded(value, 3) : words(T::kUnknown));
  };
  for (const Quantity& quantity : quantities) {
    const v1::Inequality& one = *quantity.figures;
    table.rows.push_back(
        {{words(quantity.name)},
         NumberCell(Count(one.workers())),
         NumberCell(one.has_n() ? Shown(one.n(), 2) : words(T::kUnknown)),
         figure(one.has_gini(), one.gini()),
         {one.has_gini_lo() && one.has_gini_hi()
              ? words(T::kIntervalValue, Rounded(one.gini_lo(), 3),
                      Rounded(one.gini_hi(), 3))
              : words(T::kUnknown)},
         figure(one.has_gini_corrected(), one.gini_corrected()),
         figure(one.has_chance_gini(), one.chance_gini()),
         figure(one.has_excess_gini(), one.excess_gini()),
         figure(one.has_theil_t(), one.theil_t()),
         figure(one.has_theil_l(), one.theil_l()),
         figure(one.has_jain(), one.jain()),
         NumberCell(one.has_top10_share() ? Percent(one.top10_share(), 1)
                                          : words(T::kUnknown))});
    if (!one.has_gini()) continue;
    chart.categories.push_back(words(quantity.name));
    chart.series[0].values.push_back(one.gini());
    chart.series[0].low.push_back(one.gini_lo());
    chart.series[0].high.push_back(one.gini_hi());
    if (chance) chart.series[1].values.push_back(one.chance_gini());
  }
  if (chart.categories.empty()) {
    page->Table(table);
  } else {
    page->Figure(chart, table);
  }
}

void AddOffers(const v1::OfferCounts& offers, Page* page) {
  const Words& words = page->words();
  page->Heading(3, words(T::kOffers));
  HtmlTable table{.caption = words(T::kOffers),
                  .header = {words(T::kFigure), words(T::kValue)}};
  const auto row = [&](T text, bool known, std::string value) {
    if (known)
      table.rows.push_back({{words(text)}, NumberCell(std::move(value))});
  };
  row(T::kOffered, offers.has_offered(), Count(offers.offered()));
  row(T::kAccepted, offers.has_accepted(), Count(offers.accepted()));
  row(T::kRejected, offers.has_rejected(), Count(offers.rejected()));
  row(T::kExpired, offers.has_expired(), Count(offers.expired()));
  row(T::kAcceptanceRate, offers.has_acceptance_rate(),
      Percent(offers.acceptance_rate(), 1));
  page->Table(table);
}

}  // namespace

void AddAllocation(const v1::AuditResult& result, Page* page) {
  const Words& words = page->words();
  page->BeginSection("allocation", words(T::kAllocation));
  page->Paragraph(words(T::kAllocationLead));
  const v1::Allocation& allocation = result.measures().allocation();
  const std::vector<Quantity> quantities = Quantities(allocation);
  if (quantities.empty() && !allocation.has_offers())
    page->Paragraph(words(T::kNotMeasured));
  if (!quantities.empty()) {
    AddLorenz(quantities, page);
    AddGini(quantities, page);
  }
  if (allocation.has_offers()) AddOffers(allocation.offers(), page);
  page->EndSection();
}

void AddMdrp(const v1::AuditResult& result, Page* page) {
  if (!result.measures().has_mdrp()) return;
  const Words& words = page->words();
  const v1::Mdrp& mdrp = result.measures().mdrp();
  page->BeginSection("mdrp", words(T::kMdrp));
  page->Paragraph(words(T::kMdrpLead));
  HtmlTable sums{.caption = words(T::kMdrp),
                 .header = {words(T::kFigure), words(T::kValue)}};
  if (mdrp.has_orders_total()) {
    sums.rows.push_back({{words(T::kMdrpOrders)},
                         NumberCell(Cat(Count(mdrp.orders_delivered()), " / ",
                                        Count(mdrp.orders_total())))});
  }
  if (mdrp.has_total_payment()) {
    sums.rows.push_back(
        {{words(T::kMdrpPayment)}, NumberCell(Shown(mdrp.total_payment(), 2))});
  }
  if (mdrp.has_share_on_guarantee()) {
    sums.rows.push_back({{words(T::kMdrpGuarantee)},
                         NumberCell(Percent(mdrp.share_on_guarantee(), 1))});
  }
  page->Table(sums);

  Chart chart{.kind = "range",
              .title = words(T::kMdrpPicture),
              .sentence = words(T::kDurationsSentence),
              .x_name = words(T::kMinutes),
              .range_name = words(T::kRange80)};
  chart.series.resize(2);
  chart.series[0].name = words(T::kMedian);
  chart.series[1].name = words(T::kMean);
  HtmlTable table{
      .caption = words(T::kMdrp),
      .header = {words(T::kFigure), words(T::kNumber), words(T::kMean),
                 words(T::kStd), words(T::kMin), words(T::kP10),
                 words(T::kMedian), words(T::kP90), words(T::kMax)}};
  const auto add = [&](bool known, const v1::Described& figures, T name,
                       bool minutes) {
    if (!known) return;
    const auto cell = [&](bool has, const std::string& value) {
      return NumberCell(has ? Shown(value, 2) : words(T::kUnknown));
    };
    table.rows.push_back({{words(name)},
                          NumberCell(Count(figures.count())),
                          cell(figures.has_mean(), figures.mean()),
                          cell(figures.has_std(), figures.std()),
                          cell(figures.has_min(), figures.min()),
                          cell(figures.has_p10(), figures.p10()),
                          cell(figures.has_p50(), figures.p50()),
                          cell(figures.has_p90(), figures.p90()),
                          cell(figures.has_max(), figures.max())});
    if (!minutes || !figures.has_p50()) return;
    chart.categories.push_back(words(name));
    chart.series[0].low.push_back(figures.p10());
    chart.series[0].values.push_back(figures.p50());
    chart.series[0].high.push_back(figures.p90());
    chart.series[1].values.push_back(figures.mean());
  };
  add(mdrp.has_click_to_door(), mdrp.click_to_door(), T::kClickToDoor, true);
  add(mdrp.has_ready_to_door(), mdrp.ready_to_door(), T::kReadyToDoor, true);
  add(mdrp.has_ready_to_pickup(), mdrp.ready_to_pickup(), T::kReadyToPickupMdrp,
      true);
  add(mdrp.has_click_to_door_overage(), mdrp.click_to_door_overage(),
      T::kClickToDoorOverage, true);
  add(mdrp.has_orders_per_hour(), mdrp.orders_per_hour(), T::kOrdersPerHour,
      false);
  add(mdrp.has_bundles_per_hour(), mdrp.bundles_per_hour(), T::kBundlesPerHour,
      false);
  add(mdrp.has_utilization(), mdrp.utilization(), T::kUtilization, false);
  add(mdrp.has_guaranteed_earnings(), mdrp.guaranteed_earnings(),
      T::kGuaranteedEarnings, false);
  add(mdrp.has_order_earnings(), mdrp.order_earnings(), T::kOrderEarnings,
      false);
  add(mdrp.has_payment(), mdrp.payment(), T::kPayment, false);
  add(mdrp.has_orders_per_bundle(), mdrp.orders_per_bundle(),
      T::kOrdersPerBundle, false);
  if (chart.categories.empty()) {
    page->Table(table);
  } else {
    page->Figure(chart, table);
  }
  page->EndSection();
}

}  // namespace plumbline::audit
