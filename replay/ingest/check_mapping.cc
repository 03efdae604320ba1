#include "replay/ingest/check_mapping.h"

#include <set>
#include <string>
#include <tuple>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "replay/ingest/mapping.h"
#include "replay/schema/schema.h"

namespace plumbline::replay {
namespace {

std::string TableNames() {
  return absl::StrJoin(Tables(), ", ",
                       [](std::string* out, const TableSchema& table) {
                         out->append(table.name);
                       });
}

std::string ColumnNames(const TableSchema& table) {
  return absl::StrJoin(table.columns, ", ",
                       [](std::string* out, const ColumnSchema& column) {
                         out->append(column.name);
                       });
}

// Whether the form that the mapping gives its cells is one of the column's.
absl::Status CheckForm(const LocatedText& located,
                       const LocatedText::Tree* tree,
                       const ColumnSchema& schema,
                       const v1::ColumnImport& column) {
  const auto wrong = [&](const char* field, int index,
                         const std::string& what) {
    return located.Wrong(tree, column, field, index, what);
  };
  if (column.numerator() < 0 || column.denominator() < 0) {
    return wrong(
        column.numerator() < 0 ? "numerator" : "denominator", -1,
        "found a negative factor, expected a positive one; correct it");
  }
  const bool scaled = column.numerator() != 0 || column.denominator() != 0;
  const bool number = (schema.type == ColumnType::kNumber &&
                       schema.unit != v1::INSTANT && schema.unit != v1::DATE) ||
                      schema.type == ColumnType::kNumberList;
  if (scaled && !number) {
    return wrong(
        column.numerator() != 0 ? "numerator" : "denominator", -1,
        absl::StrCat("found a factor for ", column.to(),
                     ", which is no quantity, expected none; leave it out"));
  }
  const bool instant =
      schema.type == ColumnType::kNumber && schema.unit == v1::INSTANT;
  if (!column.local_zone().empty() && !IsTimeZone(column.local_zone())) {
    return wrong(
        "local_zone", -1,
        absl::StrCat(
            "found the time zone \"", column.local_zone(),
            "\", expected an IANA name such as Asia/Shanghai; correct it"));
  }
  if (!instant && (!column.local_zone().empty() ||
                   column.instants() != v1::INSTANT_FORM_UNSPECIFIED)) {
    return wrong(
        column.local_zone().empty() ? "instants" : "local_zone", -1,
        absl::StrCat("found a form of instants for ", column.to(),
                     ", which is no instant, expected none; leave it out"));
  }
  const bool list = schema.type == ColumnType::kTextList ||
                    schema.type == ColumnType::kNumberList;
  if (column.list() != v1::LIST_FORM_UNSPECIFIED && !list) {
    return wrong(
        "list", -1,
        absl::StrCat("found a list form for ", column.to(),
                     ", which is no list, expected none; leave it out"));
  }
  if ((column.list() == v1::SEPARATED) != !column.list_separator().empty()) {
    return wrong(column.list_separator().empty() ? "list" : "list_separator",
                 -1,
                 "found only one of list: SEPARATED and list_separator, "
                 "expected both or neither; "
                 "add the other");
  }
  return absl::OkStatus();
}

absl::Status CheckWords(const LocatedText& located,
                        const LocatedText::Tree* tree, const TableSchema& table,
                        const ColumnSchema& schema,
                        const v1::ColumnImport& column) {
  for (int i = 0; i < column.words_size(); ++i) {
    const std::string& word = column.words(i).to();
    bool good = true;
    if (column.words(i).has_unless() &&
        (column.words(i).unless().from().empty() ||
         column.words(i).unless().equals().empty())) {
      return located.Wrong(
          LocatedText::Nested(tree, column, "words", i), column.words(i),
          "unless", -1,
          "found an unless without from or equals, expected both; add what is "
          "missing");
    }
    if (word.empty()) continue;  // Unknown.
    if (schema.type == ColumnType::kEnum) good = EnumValue(schema, word) > 0;
    if (schema.type == ColumnType::kBool)
      good = word == "true" || word == "false";
    if (good) continue;
    return located.Wrong(
        LocatedText::Nested(tree, column, "words", i), column.words(i), "to",
        -1,
        absl::StrCat("found the word \"", word, "\", expected a word of ",
                     table.name, ".", column.to(), "; see docs/log_format.md"));
  }
  return absl::OkStatus();
}

// Everything that can be wrong in one column of a mapping.
absl::Status CheckColumn(const LocatedText& located,
                         const LocatedText::Tree* tree,
                         const TableSchema& table,
                         const v1::ColumnImport& column) {
  const auto wrong = [&](const char* field, int index,
                         const std::string& what) {
    return located.Wrong(tree, column, field, index, what);
  };
  const int target = table.Find(column.to());
  const bool free = !table.free_prefix.empty() &&
                    absl::StartsWith(column.to(), table.free_prefix) &&
                    column.to().size() > table.free_prefix.size();
  if (target < 0 && !free) {
    return wrong("to", -1,
                 absl::StrCat("found column \"", column.to(), "\" of ",
                              table.name, ", expected one of ",
                              ColumnNames(table), "; correct the name"));
  }
  const int sources =
      (column.from().empty() ? 0 : 1) + (column.constant().empty() ? 0 : 1) +
      (column.row_number() ? 1 : 0) + (column.joined().empty() ? 0 : 1);
  if (sources > 1) {
    return wrong(
        "to", -1,
        absl::StrCat(
            "found several sources of ", column.to(),
            ", expected one of from, constant, row_number, joined; leave one"));
  }
  if (free && column.from().empty()) {
    return wrong("to", -1,
                 absl::StrCat("found the free column ", column.to(),
                              " without from, expected a source; add it"));
  }
  const bool text = free || table.columns[static_cast<size_t>(target)].type ==
                                ColumnType::kText;
  if ((column.row_number() || !column.joined().empty()) && !text) {
    return wrong(
        "to", -1,
        absl::StrCat(
            "found an id made up for ", column.to(),
            ", which holds no text, expected a column of text; use from"));
  }
  if (free) return absl::OkStatus();
  const ColumnSchema& schema = table.columns[static_cast<size_t>(target)];
  absl::Status status = CheckForm(located, tree, schema, column);
  if (!status.ok()) return status;
  return CheckWords(located, tree, table, schema, column);
}

absl::Status CheckTable(const LocatedText& located,
                        const LocatedText::Tree* tree,
                        const v1::TableImport& import) {
  const TableSchema* table = FindTable(import.table());
  if (table == nullptr) {
    return located.Wrong(
        tree, import, "table", -1,
        absl::StrCat("found table \"", import.table(), "\", expected one of ",
                     TableNames(), "; correct the name"));
  }
  if (import.fingerprint().empty()) {
    return located.Wrong(
        tree, import, "table", -1,
        absl::StrCat(
            "found no fingerprint of ", table->name,
            ", expected the header cells that tell the file; add them"));
  }
  std::set<std::string> seen;
  for (int i = 0; i < import.columns_size(); ++i) {
    const v1::ColumnImport& column = import.columns(i);
    const auto* nested = LocatedText::Nested(tree, import, "columns", i);
    if (absl::Status status = CheckColumn(located, nested, *table, column);
        !status.ok()) {
      return status;
    }
    if (!seen.insert(column.to()).second) {
      return located.Wrong(
          nested, column, "to", -1,
          absl::StrCat("found ", column.to(),
                       " a second time, expected each column once; leave one"));
    }
  }
  for (const ColumnSchema& column : table->columns) {
    if (!column.required || seen.contains(column.name)) continue;
    return located.Wrong(tree, import, "table", -1,
                         absl::StrCat("found no source of the required column ",
                                      table->name, ".", column.name,
                                      ", expected one; add a `columns` entry"));
  }
  for (int i = 0; i < import.skip_size(); ++i) {
    if (!import.skip(i).from().empty() && !import.skip(i).equals().empty())
      continue;
    return located.Wrong(tree, import, "skip", i,
                         "found a skip without from or equals, expected both; "
                         "add what is missing");
  }
  if (import.has_currency() && import.currency().from().empty()) {
    return located.Wrong(
        tree, import, "currency", -1,
        "found a currency without from, expected the source column; add it");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckInfo(const LocatedText& located,
                       const LocatedText::Tree* tree, const v1::LogInfo& info) {
  if (!info.currency().empty() && !IsCurrency(info.currency())) {
    return located.Wrong(
        tree, info, "currency", -1,
        absl::StrCat("found the currency \"", info.currency(),
                     "\", expected an ISO 4217 code such as CNY; correct it"));
  }
  if (!info.time_zone().empty() && !IsTimeZone(info.time_zone())) {
    return located.Wrong(
        tree, info, "time_zone", -1,
        absl::StrCat(
            "found the time zone \"", info.time_zone(),
            "\", expected an IANA name such as Asia/Shanghai; correct it"));
  }
  absl::Time from;
  absl::Time to;
  for (const auto& [field, text, value] :
       {std::tuple("observed_from", &info.observed_from(), &from),
        std::tuple("observed_to", &info.observed_to(), &to)}) {
    if (text->empty() ||
        absl::ParseTime(absl::RFC3339_full, *text, value, nullptr))
      continue;
    return located.Wrong(
        tree, info, field, -1,
        absl::StrCat("found \"", *text,
                     "\", expected RFC 3339 with an offset such as "
                     "2026-03-01T00:00:00+08:00; correct it"));
  }
  if (!info.observed_from().empty() && !info.observed_to().empty() &&
      from >= to) {
    return located.Wrong(
        tree, info, "observed_to", -1,
        absl::StrCat("found the end ", info.observed_to(),
                     " at or before the start ", info.observed_from(),
                     ", expected it after; correct them"));
  }
  return absl::OkStatus();
}

absl::Status CheckMapping(const LocatedText& located,
                          const v1::ImportMapping& mapping) {
  if (mapping.name().empty()) {
    return located.Wrong(
        located.root(), mapping, "name", -1,
        "found no name, expected one for the report; add `name: \"...\"`");
  }
  if (mapping.tables().empty()) {
    return located.Wrong(
        located.root(), mapping, "tables", -1,
        "found no table, expected at least one; add a `tables` entry");
  }
  absl::Status status = CheckInfo(
      located, LocatedText::Nested(located.root(), mapping, "log", -1),
      mapping.log());
  for (int i = 0; status.ok() && i < mapping.tables_size(); ++i) {
    status = CheckTable(
        located, LocatedText::Nested(located.root(), mapping, "tables", i),
        mapping.tables(i));
  }
  return status;
}

}  // namespace plumbline::replay
