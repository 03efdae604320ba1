#ifndef PLUMBLINE_AUDIT_REPORT_CATALOGUE_H_
#define PLUMBLINE_AUDIT_REPORT_CATALOGUE_H_

#include <concepts>
#include <span>
#include <string>
#include <string_view>

#include "absl/strings/substitute.h"
#include "audit/report/report.h"

namespace plumbline::audit {

// Every text that the report can show, in both languages: catalogue_texts.inc.
// An entry cannot be written with one language only; tests/report checks that
// neither is empty and that both take the same figures ($0, $1, ...).
enum class T {
#define PLUMBLINE_TEXT(name, en, zh) name,
#include "audit/report/catalogue_texts.inc"
#undef PLUMBLINE_TEXT
};

struct CatalogueEntry {
  std::string_view name;
  std::string_view en;
  std::string_view zh;
};
std::span<const CatalogueEntry> Catalogue();

// The texts of one language.
class Words {
 public:
  explicit Words(Language language) : language_(language) {}
  Language language() const { return language_; }
  bool chinese() const { return language_ == Language::kChinese; }

  std::string_view Raw(T text) const;
  template <typename... Args>
  std::string operator()(T text, const Args&... args) const {
    return absl::Substitute(View(Raw(text)), View(args)...);
  }

  // The one of two given texts that is in this language; where it is empty,
  // the other: a clause in a foreign language is better than none.
  std::string_view Pick(std::string_view en, std::string_view zh) const;

  // Words for the fixed names of the result.
  std::string Verdict(v1::Verdict verdict) const;
  std::string VerdictMeaning(v1::Verdict verdict) const;
  std::string Grade(std::string_view grade) const;        // "D"
  std::string Strength(std::string_view strength) const;  // "L"
  std::string Subject(const v1::Subject& subject) const;  // "worker W-1"
  std::string TimeSet(std::string_view name) const;       // "ENGAGED"
  std::string TimeSetMeaning(std::string_view name) const;
  std::string PayKind(std::string_view kind) const;          // "late_fine"
  std::string RankVerdict(std::string_view verdict) const;   // "STRICTEST"
  std::string DriftVerdict(std::string_view verdict) const;  // "FINDING"
  std::string Duration(std::string_view name) const;         // "acceptToDone"
  std::string Test(std::string_view path) const;             // "pay.takeRate"
  std::string Confidence(std::string_view word) const;
  // A shortfall: rounded down, since it is called "at least".
  std::string Shortfall(const v1::Amount& amount) const;
  std::string WorkerColumnMeaning(std::string_view column) const;  // "online_s"
  std::string WorkerColumnUnit(std::string_view column) const;
  std::string Money(std::string_view amount, std::string_view currency) const;

 private:
  // The packaged Abseil has a string view of its own.
  static absl::string_view View(std::string_view text) {
    return {text.data(), text.size()};
  }
  template <std::integral Integer>
  static Integer View(Integer value) {
    return value;
  }

  Language language_;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_REPORT_CATALOGUE_H_
