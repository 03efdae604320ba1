#ifndef PLUMBLINE_AUDIT_REPORT_FIGURE_CELLS_H_
#define PLUMBLINE_AUDIT_REPORT_FIGURE_CELLS_H_

#include <string>
#include <string_view>

#include "audit/report/page.h"
#include "plumbline/v1/figure.pb.h"

namespace plumbline::audit {

// A figure with its interval, as cells of a table and points of a chart. Where
// something is not known the cell says so.

// "0.412" and "0.39 to 0.43".
std::string ValueOf(const v1::Figure& figure, int digits, const Words& words);
std::string Between(const v1::Figure& figure, int digits, const Words& words);

// How the interval was made, in words.
std::string MethodName(std::string_view method, const Words& words);

// "Finding", or the reading of a code.
std::string TestVerdict(const Words& words, std::string_view verdict);

// One point with its interval to the first series of `chart`.
void AddPoint(std::string name, const v1::Figure& figure, int digits,
              Chart* chart);

// The chart with its table, or the table alone where nothing can be drawn.
void Show(const Chart& chart, const HtmlTable& table, Page* page);

// What intervals rest on: a table with a row for each figure that is clustered.
class ClusterTable {
 public:
  explicit ClusterTable(const Words& words);
  void Add(std::string_view name, const v1::Figure& figure, int digits);
  void Add(std::string_view name, const v1::Clusters& clusters, int digits);
  // Closed up in a block of its own; nothing where there is no row.
  void Show(Page* page) const;

 private:
  const Words& words_;
  HtmlTable table_;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_REPORT_FIGURE_CELLS_H_
