#ifndef PLUMBLINE_AUDIT_REPORT_NUMBERS_H_
#define PLUMBLINE_AUDIT_REPORT_NUMBERS_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace plumbline::audit {

// How figures are shown to a reader. All work is on decimal text, so that a
// figure in the page is the figure of findings.json, rounded half away from
// zero and in no other way. Text that is no plain decimal comes back unchanged.

// "1234.565", 2 -> "1234.57"; pads to `digits` decimals.
std::string Rounded(std::string_view decimal, int digits);

// Towards zero, for a figure that is called "at least".
std::string RoundedDown(std::string_view decimal, int digits);

// "1234567.5" -> "1,234,567.5".
std::string Grouped(std::string_view decimal);

// Rounded and grouped.
std::string Shown(std::string_view decimal, int digits);

// A share as percent: "0.12345", 1 -> "12.3%".
std::string Percent(std::string_view share, int digits);

// A p-value with four decimals, or "< 0.0001".
std::string PValue(std::string_view p);

// Seconds as hours with one decimal, grouped: 5400 -> "1.5".
std::string HoursOf(int64_t seconds);

// Seconds in decimal text as minutes: exact to six places, then rounded.
std::string Minutes(std::string_view seconds, int digits);

// Metres in decimal text as kilometres, grouped: "4500", 3 -> "4.500".
std::string Kilometres(std::string_view metres, int digits);

std::string Count(int64_t n);

// An RFC 3339 instant for a reader, to the minute and without its offset (the
// zone stands at the head of the report): "2026-03-02 08:15". Other text as is.
std::string ShownInstant(std::string_view instant);

// True for a plain decimal: [-] digits [. digits].
bool IsDecimal(std::string_view text);

// -1, 0 or 1 as `a` is less than, equal to or greater than `b`; both plain
// decimals of any length. Text that is no decimal counts as less than any.
int CompareDecimals(std::string_view a, std::string_view b);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_REPORT_NUMBERS_H_
