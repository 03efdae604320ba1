#include "audit/report/page.h"

#include "absl/strings/escaping.h"
#include "audit/report/cat.h"
#include "audit/report/numbers.h"
#include "audit/report/text.h"
#include "replay/base/sha256.h"

namespace plumbline::audit {
namespace {

constexpr v1::Verdict kVerdicts[] = {v1::BREACH, v1::INDICATOR,
                                     v1::INSUFFICIENT_EVIDENCE,
                                     v1::NO_BREACH_FOUND, v1::NOT_APPLICABLE};

std::string_view VerdictClass(v1::Verdict verdict) {
  switch (verdict) {
    case v1::BREACH:
      return "breach";
    case v1::INDICATOR:
      return "indicator";
    case v1::NO_BREACH_FOUND:
      return "none";
    case v1::INSUFFICIENT_EVIDENCE:
      return "insufficient";
    default:
      return "inapplicable";
  }
}

int64_t CountOf(const v1::Summary& summary, v1::Verdict verdict) {
  switch (verdict) {
    case v1::BREACH:
      return summary.breach();
    case v1::INDICATOR:
      return summary.indicator();
    case v1::NO_BREACH_FOUND:
      return summary.no_breach_found();
    case v1::NOT_APPLICABLE:
      return summary.not_applicable();
    default:
      return summary.insufficient_evidence();
  }
}

// 'sha256-...' as a Content-Security-Policy names a script.
std::string PolicyHash(std::string_view script) {
  replay::Sha256Digest digest;
  digest.Add(script);
  return Cat("'sha256-", absl::Base64Escape(digest.Bytes()), "'");
}

void AppendStrings(std::string_view key, const std::vector<std::string>& values,
                   std::string* out) {
  AppendTo(out, ",\"", key, "\":[");
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out->push_back(',');
    AppendJsonString(values[i], out);
  }
  out->push_back(']');
}

// Decimal text as JSON numbers, so that the figures stay as they are written;
// a gap is null.
void AppendNumbers(std::string_view key, const std::vector<std::string>& values,
                   std::string* out) {
  AppendTo(out, ",\"", key, "\":[");
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out->push_back(',');
    // Rounded also drops leading zeros, which JSON forbids.
    AppendTo(out, IsDecimal(values[i]) ? Rounded(values[i], 6) : "null");
  }
  out->push_back(']');
}

void AppendText(std::string_view key, std::string_view text, std::string* out) {
  AppendTo(out, ",\"", key, "\":");
  AppendJsonString(text, out);
}

// Lets a browser break a long name after its separators.
std::string Breakable(const std::string& escaped) {
  std::string out;
  for (const char c : escaped) {
    out.push_back(c);
    if (c == '.' || c == '_' || c == '/' || c == ':') out += "<wbr>";
  }
  return out;
}

}  // namespace

Cell NumberCell(std::string text) {
  return {.text = std::move(text), .kind = Cell::Kind::kNumber};
}
Cell CodeCell(std::string text) {
  return {.text = std::move(text), .kind = Cell::Kind::kCode};
}

Page::Page(Language language, std::string title)
    : words_(language), title_(std::move(title)) {}

void Page::BeginSection(std::string_view id, std::string_view heading) {
  contents_.emplace_back(id, heading);
  last_heading_ = std::string(heading);
  AppendTo(&body_, "<section id=\"", id, "\" aria-labelledby=\"", id,
           "-h\">\n<h2 id=\"", id, "-h\">", EscapeHtml(heading), "</h2>\n");
}
void Page::EndSection() { body_ += "</section>\n"; }

void Page::Heading(int level, std::string_view text) {
  last_heading_ = std::string(text);
  AppendTo(&body_, "<h", level, ">", EscapeHtml(text), "</h", level, ">\n");
}

void Page::Paragraph(std::string_view text, std::string_view css_class) {
  if (css_class.empty()) {
    AppendTo(&body_, "<p>", EscapeHtml(text), "</p>\n");
  } else {
    AppendTo(&body_, "<p class=\"", css_class, "\">", EscapeHtml(text),
             "</p>\n");
  }
}

void Page::List(const std::vector<std::string>& items) {
  body_ += "<ul>\n";
  for (const std::string& item : items)
    AppendTo(&body_, "<li>", EscapeHtml(item), "</li>\n");
  body_ += "</ul>\n";
}

std::string Page::Badge(v1::Verdict verdict) const {
  return Cat("<span class=\"badge ", VerdictClass(verdict), "\">",
             EscapeHtml(words_.Verdict(verdict)), "</span>");
}

void Page::AppendCell(const Cell& cell, bool header_of_row) {
  const std::string_view tag = header_of_row ? "th" : "td";
  const std::string_view scope = header_of_row ? " scope=\"row\"" : "";
  switch (cell.kind) {
    case Cell::Kind::kNumber:
      AppendTo(&body_, "<", tag, scope, " class=\"n\">", EscapeHtml(cell.text),
               "</", tag, ">");
      break;
    case Cell::Kind::kCode:
      AppendTo(&body_, "<", tag, scope, " class=\"c\"><code>",
               Breakable(EscapeHtml(cell.text)), "</code></", tag, ">");
      break;
    case Cell::Kind::kVerdict:
      AppendTo(&body_, "<", tag, scope, ">", Badge(cell.verdict), "</", tag,
               ">");
      break;
    case Cell::Kind::kText:
      AppendTo(&body_, "<", tag, scope, ">", EscapeHtml(cell.text), "</", tag,
               ">");
      break;
  }
}

void Page::Table(const HtmlTable& table) {
  // A wide table scrolls inside its frame; the frame takes the keyboard focus,
  // so that it scrolls without a mouse.
  AppendTo(&body_,
           "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"",
           EscapeHtml(table.caption), "\"><table",
           table.header.size() == 2 ? " class=\"pairs\"" : "", ">\n");
  if (!table.caption.empty()) {
    AppendTo(&body_,
             table.caption == last_heading_ ? "<caption class=\"unseen\">"
                                            : "<caption>",
             EscapeHtml(table.caption), "</caption>\n");
  }
  body_ += "<thead><tr>";
  for (size_t i = 0; i < table.header.size(); ++i) {
    const bool number = !table.rows.empty() && i < table.rows[0].size() &&
                        table.rows[0][i].kind == Cell::Kind::kNumber;
    AppendTo(&body_, "<th scope=\"col\"", number ? " class=\"n\"" : "", ">",
             EscapeHtml(table.header[i]), "</th>");
  }
  body_ += "</tr></thead>\n<tbody>\n";
  for (const std::vector<Cell>& row : table.rows) {
    body_ += "<tr>";
    for (size_t i = 0; i < row.size(); ++i) AppendCell(row[i], i == 0);
    body_ += "</tr>\n";
  }
  body_ += "</tbody></table></div>\n";
}

void Page::BeginDetails(std::string_view summary) {
  last_heading_ = std::string(summary);
  AppendTo(&body_, "<details><summary>", EscapeHtml(summary), "</summary>\n");
}

void Page::BeginFold(std::string_view heading, std::string_view remark,
                     bool open) {
  last_heading_ = std::string(heading);
  AppendTo(&body_, "<details class=\"fold\"", open ? " open" : "",
           "><summary><span class=\"fold-title\">", EscapeHtml(heading),
           "</span> <span class=\"soft\">", EscapeHtml(remark),
           "</span></summary>\n");
}

void Page::BeginClause(v1::Verdict verdict, std::string_view id,
                       std::string_view text, std::string_view amount) {
  last_heading_ = std::string(id);
  AppendTo(&body_, "<details class=\"line\"><summary>", Badge(verdict),
           " <span class=\"line-text\"><code>", Breakable(EscapeHtml(id)),
           "</code> ", EscapeHtml(text), "</span>");
  if (!amount.empty()) {
    AppendTo(&body_, " <span class=\"line-amount\">", EscapeHtml(amount),
             "</span>");
  }
  body_ += "</summary>\n";
}

void Page::EndDetails() { body_ += "</details>\n"; }

void Page::Figure(const Chart& chart, const HtmlTable& numbers) {
  const std::string id = Cat("chart-", ++chart_count_);
  if (chart_count_ > 1) charts_ += ",\n";
  AppendTo(&charts_, "{\"id\":\"", id, "\",\"kind\":\"", chart.kind, "\"");
  AppendText("title", chart.title, &charts_);
  AppendText("sentence", chart.sentence, &charts_);
  AppendText("xName", chart.x_name, &charts_);
  AppendText("yName", chart.y_name, &charts_);
  AppendText("rangeName", chart.range_name, &charts_);
  AppendStrings("categories", chart.categories, &charts_);
  charts_ += ",\"series\":[";
  for (size_t i = 0; i < chart.series.size(); ++i) {
    if (i > 0) charts_.push_back(',');
    charts_ += "{\"name\":";
    AppendJsonString(chart.series[i].name, &charts_);
    AppendNumbers("values", chart.series[i].values, &charts_);
    AppendNumbers("low", chart.series[i].low, &charts_);
    AppendNumbers("high", chart.series[i].high, &charts_);
    charts_ += "}";
  }
  charts_ += "],\"marks\":[";
  for (size_t i = 0; i < chart.marks.size(); ++i) {
    if (i > 0) charts_.push_back(',');
    AppendTo(&charts_, "{\"value\":",
             IsDecimal(chart.marks[i].value) ? Rounded(chart.marks[i].value, 6)
                                             : "0",
             ",\"foot\":", chart.marks[i].at_foot ? "true" : "false",
             ",\"label\":");
    AppendJsonString(chart.marks[i].label, &charts_);
    charts_ += "}";
  }
  charts_ += "]}";

  // The numbers are open until the script has drawn the picture: without
  // scripts the page is complete.
  AppendTo(&body_, "<figure>\n<figcaption><strong>", EscapeHtml(chart.title),
           "</strong> <span>", EscapeHtml(chart.sentence),
           "</span></figcaption>\n<div class=\"chart\" id=\"", id,
           "\" hidden></div>\n", "<details class=\"numbers\" open><summary>",
           EscapeHtml(words_(T::kNumbersOfPicture)), "</summary>\n");
  last_heading_ = numbers.caption;
  Table(numbers);
  body_ += "</details>\n</figure>\n";
}

void Page::VerdictTiles(const v1::Summary& summary) {
  AppendTo(&body_, "<ul class=\"tiles\" aria-label=\"",
           EscapeHtml(words_(T::kVerdictCounts)), "\">\n");
  for (const v1::Verdict verdict : kVerdicts) {
    AppendTo(&body_, "<li class=\"tile ", VerdictClass(verdict),
             "\"><span class=\"count\">", Count(CountOf(summary, verdict)),
             "</span> <span class=\"word\">",
             EscapeHtml(words_.Verdict(verdict)), "</span></li>\n");
  }
  body_ += "</ul>\n";
}

void Page::Definitions(
    const std::vector<std::pair<std::string, std::string>>& pairs,
    std::string_view css_class) {
  std::vector<std::pair<std::string, Cell>> facts;
  for (const auto& [name, value] : pairs) facts.push_back({name, {value}});
  Facts(facts, css_class);
}

void Page::Facts(const std::vector<std::pair<std::string, Cell>>& facts,
                 std::string_view css_class) {
  AppendTo(&body_, "<dl class=\"", css_class, "\">\n");
  for (const auto& [name, value] : facts) {
    const bool code = value.kind == Cell::Kind::kCode;
    AppendTo(&body_, "<div><dt>", EscapeHtml(name), "</dt><dd>",
             code ? "<code class=\"lines\">" : "",
             code ? Breakable(EscapeHtml(value.text)) : EscapeHtml(value.text),
             code ? "</code>" : "", "</dd></div>\n");
  }
  body_ += "</dl>\n";
}

void Page::BeginBlock(std::string_view css_class) {
  AppendTo(&body_, "<div class=\"", css_class, "\">\n");
}
void Page::EndBlock() { body_ += "</div>\n"; }

void Page::ClauseHeading(std::string_view text,
                         const std::vector<v1::Verdict>& verdicts) {
  AppendTo(&body_, "<h4>", EscapeHtml(text));
  for (const v1::Verdict verdict : verdicts)
    AppendTo(&body_, " ", Badge(verdict));
  body_ += "</h4>\n";
}

std::string Page::Finish() {
  const std::string_view language = words_.chinese() ? "zh-CN" : "en";
  std::string settings =
      Cat("{\"language\":\"", language, "\",\"charts\":[", charts_, "]}");
  std::string out;
  out.reserve(body_.size() + ChartLibrary().size() + (size_t{1} << 16));
  AppendTo(&out, "<!DOCTYPE html>\n<html lang=\"", language,
           "\">\n<head>\n<meta charset=\"utf-8\">\n"
           "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
           "'none'; "
           "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
           "form-action 'none'; script-src ",
           PolicyHash(ChartLibrary()), " ", PolicyHash(PageScript()),
           "\">\n<meta name=\"viewport\" content=\"width=device-width, "
           "initial-scale=1\">\n"
           "<meta name=\"color-scheme\" content=\"light dark\">\n<meta "
           "name=\"referrer\" "
           "content=\"no-referrer\">\n<title>",
           EscapeHtml(title_), "</title>\n<style>\n", PageStyle(),
           "</style>\n</head>\n<body>\n");
  AppendTo(&out, "<a class=\"skip\" href=\"#summary\">",
           EscapeHtml(words_(T::kSkip)),
           "</a>\n<div class=\"layout\">\n<nav aria-label=\"",
           EscapeHtml(words_(T::kContents)), "\">\n<p class=\"nav-title\">",
           EscapeHtml(words_(T::kContents)), "</p>\n<ol>\n");
  for (const auto& [id, heading] : contents_) {
    AppendTo(&out, "<li><a href=\"#", id, "\">", EscapeHtml(heading),
             "</a></li>\n");
  }
  AppendTo(&out, "</ol>\n</nav>\n<main>\n", body_,
           "</main>\n</div>\n<footer><p>", EscapeHtml(words_(T::kFooter)),
           "</p><p>", EscapeHtml(words_(T::kChartLicence)),
           "</p></footer>\n<script type=\"application/json\" id=\"charts\">",
           settings, "</script>\n<script>", ChartLibrary(),
           "</script>\n<script>", PageScript(),
           "</script>\n</body>\n</html>\n");
  return out;
}

}  // namespace plumbline::audit
