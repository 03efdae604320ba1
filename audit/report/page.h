#ifndef PLUMBLINE_AUDIT_REPORT_PAGE_H_
#define PLUMBLINE_AUDIT_REPORT_PAGE_H_

#include <string>
#include <string_view>
#include <vector>

#include "audit/report/catalogue.h"
#include "plumbline/v1/result.pb.h"

namespace plumbline::audit {

// A cell of a table. Its text is raw: Page escapes it.
struct Cell {
  enum class Kind { kText, kNumber, kCode, kVerdict };
  std::string text = {};
  Kind kind = Kind::kText;
  v1::Verdict verdict = v1::VERDICT_UNSPECIFIED;  // For kVerdict.
};
Cell NumberCell(std::string text);
Cell CodeCell(std::string text);

struct HtmlTable {
  std::string caption = {};
  std::vector<std::string> header = {};
  std::vector<std::vector<Cell>> rows = {};
  // Numbers are set right; a column is one of numbers if its first row is.
};

// What page.js draws. Values are decimal text; "" is a gap. All figures of a
// chart stand in the table that is given with it.
struct Chart {
  struct Series {
    std::string name = {};
    std::vector<std::string> values = {};
    std::vector<std::string> low = {};  // Interval about each value, or empty.
    std::vector<std::string> high = {};
  };
  struct Mark {
    std::string value = {};
    std::string label = {};
    bool at_foot = false;  // Dotted, its label at the foot of the picture.
  };
  // bars: one horizontal bar a category and series. histogram: columns whose
  // categories are the lower edges. range: low to high with a tick (values of
  // series 0) and a diamond (values of series 1). points: value with interval.
  // curve: values at the numeric categories. trend: values at named times.
  // ridge: hills of durations, a row a category; series 0 to 3 are its marks,
  // the others its hills (low: where bins begin, values: how many). forest:
  // like points, on an axis of its own. ladder: a step at each named time, with
  // its interval; marks stand at places of categories. day: series 0 steps at
  // the numeric categories, series 1 holds shaded stretches.
  std::string kind = {};
  std::string title = {};
  std::string sentence = {};
  std::string x_name = {};
  std::string y_name = {};
  std::vector<std::string> categories = {};
  std::vector<Series> series = {};
  std::vector<Mark> marks = {};
  std::string range_name = {};  // Legend of the band of `range`.
};

// Builds the one HTML file. Every text handed in is escaped here and nowhere
// else, so that nothing from a log can become markup, style or script. Scripts
// run only with the hash that the page's own policy names, and the policy
// forbids every network request.
class Page {
 public:
  Page(Language language, std::string title);

  const Words& words() const { return words_; }

  // A section of the table of contents; `id` is ours, never from a log.
  void BeginSection(std::string_view id, std::string_view heading);
  void EndSection();
  void Heading(int level, std::string_view text);
  void Paragraph(std::string_view text, std::string_view css_class = "");
  void List(const std::vector<std::string>& items);
  void Table(const HtmlTable& table);
  // A closed part that the reader opens.
  void BeginDetails(std::string_view summary);
  // The same under a heading with a remark, open or closed at first.
  void BeginFold(std::string_view heading, std::string_view remark, bool open);
  // One line with the verdict on a clause, its id, its text and what is owed;
  // inside, what EndDetails ends.
  void BeginClause(v1::Verdict verdict, std::string_view id,
                   std::string_view text, std::string_view amount);
  void EndDetails();
  // The picture, the sentence that says what it shows, and its numbers.
  void Figure(const Chart& chart, const HtmlTable& numbers);
  // Tiles with the five counts.
  void VerdictTiles(const v1::Summary& summary);
  // Name and value pairs.
  void Definitions(
      const std::vector<std::pair<std::string, std::string>>& pairs,
      std::string_view css_class = "");
  // The same with code, whose line ends stay.
  void Facts(const std::vector<std::pair<std::string, Cell>>& facts,
             std::string_view css_class = "");
  void BeginBlock(std::string_view css_class);
  void EndBlock();
  // A clause: its heading with its verdict words.
  void ClauseHeading(std::string_view text,
                     const std::vector<v1::Verdict>& verdicts);

  // The whole file. Call once.
  std::string Finish();

 private:
  void AppendCell(const Cell& cell, bool header_of_row);
  std::string Badge(v1::Verdict verdict) const;

  Words words_;
  std::string title_;
  std::string body_;
  std::string charts_;  // JSON array under construction.
  int chart_count_ = 0;
  std::string
      last_heading_;  // A caption that repeats it is for screen readers only.
  std::vector<std::pair<std::string, std::string>> contents_;
};

// The embedded files of audit/report/page and the drawing library.
std::string_view PageStyle();
std::string_view PageScript();
std::string_view ChartLibrary();

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_REPORT_PAGE_H_
