#ifndef PLUMBLINE_BENCH_GENERATE_CSV_TEXT_H_
#define PLUMBLINE_BENCH_GENERATE_CSV_TEXT_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace plumbline::bench {

// An instant, in seconds since 1970, that no row has: an empty cell.
inline constexpr int64_t kNoTime = INT64_MIN;

enum class InstantText { kEpochSeconds, kRfc3339 };

// Rows of CSV text, appended cell by cell. Instants as RFC 3339 are written in
// the +08:00 of the generated city. Money and rates are integers in hundredths.
class CsvText {
 public:
  explicit CsvText(InstantText instants) : instants_(instants) {}

  void Header(std::string_view columns);
  void Text(std::string_view text);  // Quoted if it must be.
  void Integer(int64_t value);
  void Hundredths(int64_t value);
  void Instant(int64_t seconds);  // Empty for kNoTime.
  void Date(int64_t days);        // Days since 1970-01-01, as YYYY-MM-DD.
  void Bool(bool value) { Text(value ? "true" : "false"); }
  void Empty() { Separate(); }
  void EndRow();
  // Text that is put as it is: a whole line with its end, or a faulty one.
  void Raw(std::string_view text) { text_.append(text); }

  const std::string& text() const { return text_; }
  void Clear() { text_.clear(); }
  int64_t rows() const { return rows_; }  // Without the header.

 private:
  void Separate();

  InstantText instants_;
  std::string text_;
  int64_t rows_ = 0;
  bool row_open_ = false;
};

// The instant as text: "2025-09-01T11:02:03+08:00".
std::string Rfc3339(int64_t seconds);

// Makes the folder and those above it, unless it is there.
absl::Status MakeFolder(const std::string& folder);

// Writes a whole file, over an older one. Unavailable if it cannot.
absl::Status WriteFile(const std::string& path, std::string_view text);

}  // namespace plumbline::bench

#endif  // PLUMBLINE_BENCH_GENERATE_CSV_TEXT_H_
