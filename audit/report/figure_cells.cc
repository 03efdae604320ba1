#include "audit/report/figure_cells.h"

#include <utility>

#include "audit/report/cat.h"
#include "audit/report/numbers.h"

namespace plumbline::audit {

std::string Between(const v1::Figure& figure, int digits, const Words& words) {
  if (!figure.has_lo() || !figure.has_hi()) return words(T::kUnknown);
  return words(T::kIntervalValue, Rounded(figure.lo(), digits),
               Rounded(figure.hi(), digits));
}

std::string ValueOf(const v1::Figure& figure, int digits, const Words& words) {
  return figure.has_value() ? Rounded(figure.value(), digits)
                            : words(T::kUnknown);
}

std::string MethodName(std::string_view method, const Words& words) {
  if (method == "bootstrap") return words(T::kStrictBootstrap);
  if (method == "linear bootstrap") return words(T::kStrictLinear);
  if (method == "clustered t") return words(T::kStrictClustered);
  if (method == "jackknife") return words(T::kMethodJackknife);
  return words(T::kUnknown);
}

std::string TestVerdict(const Words& words, std::string_view verdict) {
  if (verdict == "FINDING") return words(T::kStrictFound);
  if (verdict == "NO_FINDING") return words(T::kStrictNotFound);
  return words.RankVerdict(verdict);
}

void AddPoint(std::string name, const v1::Figure& figure, int digits,
              Chart* chart) {
  if (!figure.has_value()) return;
  chart->categories.push_back(std::move(name));
  chart->series[0].values.push_back(Rounded(figure.value(), digits));
  chart->series[0].low.push_back(figure.has_lo() ? Rounded(figure.lo(), digits)
                                                 : "");
  chart->series[0].high.push_back(figure.has_hi() ? Rounded(figure.hi(), digits)
                                                  : "");
}

void Show(const Chart& chart, const HtmlTable& table, Page* page) {
  if (chart.categories.empty()) {
    page->Table(table);
  } else {
    page->Figure(chart, table);
  }
}

ClusterTable::ClusterTable(const Words& words)
    : words_(words),
      table_{.caption = words(T::kClusters),
             .header = {words(T::kFigure), words(T::kClustersNumber),
                        words(T::kClustersSmallest), words(T::kClustersMedian),
                        words(T::kClustersLargest), words(T::kClustersWithout),
                        words(T::kClustersChange)}} {}

void ClusterTable::Add(std::string_view name, const v1::Figure& figure,
                       int digits) {
  if (figure.has_clusters()) Add(name, figure.clusters(), digits);
}

void ClusterTable::Add(std::string_view name, const v1::Clusters& clusters,
                       int digits) {
  if (clusters.n() == 0) return;
  table_.rows.push_back(
      {{std::string(name)},
       NumberCell(Count(clusters.n())),
       NumberCell(Count(clusters.smallest())),
       NumberCell(Count(clusters.median())),
       NumberCell(Count(clusters.largest())),
       NumberCell(Rounded(clusters.without_largest(), digits)),
       NumberCell(Rounded(clusters.largest_change(), digits))});
}

void ClusterTable::Show(Page* page) const {
  if (table_.rows.empty()) return;
  page->BeginDetails(words_(T::kClusters));
  page->Paragraph(words_(T::kClustersLead));
  page->Table(table_);
  page->EndDetails();
}

}  // namespace plumbline::audit
