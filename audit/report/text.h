#ifndef PLUMBLINE_AUDIT_REPORT_TEXT_H_
#define PLUMBLINE_AUDIT_REPORT_TEXT_H_

#include <string>
#include <string_view>

namespace plumbline::audit {

// The one place where text from a log is made safe for a medium. All of these
// first replace bytes that are not UTF-8 by U+FFFD, so that no writer can be
// made to write an unreadable file.

// `text` as valid UTF-8 (shortest forms only, no surrogates).
std::string ValidUtf8(std::string_view text);

// For HTML text and quoted attributes: & < > " ' are escaped, control
// characters other than tab and line feed are replaced by U+FFFD.
std::string EscapeHtml(std::string_view text);

// Appends `text` as a JSON string with its quotes. Also escapes < > & U+2028
// U+2029, so that the result may stand inside <script> without ending it.
void AppendJsonString(std::string_view text, std::string* out);

// Appends `text` as one CSV cell: quoted as RFC 4180 asks where it holds a
// comma, a quote or a line end; with a leading apostrophe where a spreadsheet
// would take it for a formula, that is, where it begins with = + - @, tab or CR
// and is no number.
void AppendCsvCell(std::string_view text, std::string* out);

// The rule of AppendCsvCell without the quoting, for workbook cells.
std::string SpreadsheetSafe(std::string_view text);

// [+-] digits [. digits] [e [+-] digits], and nothing else.
bool IsNumber(std::string_view text);

// Columns of a terminal that `text` takes: two for each East Asian wide
// character, none for a combining one.
int DisplayWidth(std::string_view text);

// The longest beginning of `text` that takes at most `columns` columns; where
// something is cut off it ends with "…" (which counts as two, since Chinese
// terminals draw it wide).
std::string CutToWidth(std::string_view text, int columns);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_REPORT_TEXT_H_
