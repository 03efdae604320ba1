// How a decoder is made: an import resolved against the header of a file.
#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "replay/base/decimal.h"
#include "replay/ingest/decode.h"

namespace plumbline::replay {
namespace {

constexpr int kAbsent = -1;
constexpr int kTwice = -2;

// The exact name first, then any case of the letters.
int FindColumn(const std::vector<std::string>& columns,
               const std::string& name) {
  int found = kAbsent;
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i] != name) continue;
    if (found >= 0) return kTwice;
    found = static_cast<int>(i);
  }
  if (found >= 0) return found;
  for (size_t i = 0; i < columns.size(); ++i) {
    if (!absl::EqualsIgnoreCase(columns[i], name)) continue;
    if (found >= 0) return kTwice;
    found = static_cast<int>(i);
  }
  return found;
}

absl::Status HeaderError(const SourceFile& file, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat(file.name, ":1:1: ", what));
}

// The words that a mapping gives, as numbers of the enum or boolean.
absl::Status ResolveWords(const SourceFile& file, MappedColumn* column) {
  for (MappedWord& word : column->words) {
    if (word.unknown) continue;
    const auto found =
        std::find_if(column->values.begin(), column->values.end(),
                     [&](const auto& value) { return value.first == word.to; });
    if (found == column->values.end()) {
      return HeaderError(
          file, absl::StrCat("found the word \"", word.to, "\" for ",
                             column->schema->name,
                             ", expected one of its words; correct the "
                             "mapping"));
    }
    word.number = found->second;
  }
  return absl::OkStatus();
}

absl::Status ResolveKind(const v1::ColumnImport& mapped, const SourceFile& file,
                         const DecodeOptions& options, MappedColumn* column) {
  const ColumnSchema& schema = *column->schema;
  switch (schema.type) {
    case ColumnType::kText:
      column->kind = CellKind::kText;
      return absl::OkStatus();
    case ColumnType::kTextList:
    case ColumnType::kNumberList:
      column->kind = CellKind::kList;
      return absl::OkStatus();
    case ColumnType::kEnum: {
      column->kind = CellKind::kWord;
      const auto* type = schema.field->enum_type();
      for (int i = 1; i < type->value_count(); ++i) {
        const int number = type->value(i)->number();
        column->values.emplace_back(EnumWord(schema, number), number);
      }
      break;
    }
    case ColumnType::kBool:
      column->kind = CellKind::kWord;
      for (const char* word : {"true", "True", "TRUE", "1"}) {
        column->values.emplace_back(word, 1);
      }
      for (const char* word : {"false", "False", "FALSE", "0"}) {
        column->values.emplace_back(word, 0);
      }
      break;
    case ColumnType::kNumber:
      column->kind = CellKind::kNumber;
      column->digits = DigitsOf(schema.unit);
      if (schema.unit == v1::DATE) column->kind = CellKind::kDate;
      if (schema.unit == v1::DEGREES) {
        column->limit =
            (absl::EndsWith(schema.name, "lat") ? 90 : 180) * kPowersOfTen[7];
      }
      break;
  }
  if (column->kind == CellKind::kWord) return ResolveWords(file, column);
  if (schema.unit != v1::INSTANT) return absl::OkStatus();
  v1::InstantForm form = mapped.instants();
  if (form == v1::INSTANT_FORM_UNSPECIFIED) {
    form = mapped.local_zone().empty() ? options.instants : v1::RFC_3339;
  }
  column->kind = form == v1::EPOCH_SECONDS || form == v1::EPOCH_MILLISECONDS
                     ? CellKind::kEpoch
                     : CellKind::kRfc3339;
  column->ms_per_unit = form == v1::EPOCH_SECONDS ? kSecond : 1;
  if (!mapped.local_zone().empty()) {
    if (!absl::LoadTimeZone(mapped.local_zone(), &column->zone)) {
      return HeaderError(
          file, absl::StrCat("found the time zone \"", mapped.local_zone(),
                             "\", expected an IANA name; correct the mapping"));
    }
    column->has_zone = true;
    if (column->kind == CellKind::kRfc3339) column->kind = CellKind::kLocal;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Decoder> Decoder::Make(const v1::TableImport& import,
                                      const SourceFile& file,
                                      const DecodeOptions& options) {
  Decoder decoder;
  decoder.table_ = FindTable(import.table());
  if (decoder.table_ == nullptr) {
    return HeaderError(file, absl::StrCat("found the table \"", import.table(),
                                          "\", expected a canonical one; "
                                          "correct the mapping"));
  }
  decoder.table_index_ = static_cast<int>(decoder.table_ - Tables().data());
  decoder.file_ = file;
  decoder.options_ = options;
  decoder.derived_ = import.derived();
  if (!options.time_zone.empty()) {
    if (!absl::LoadTimeZone(options.time_zone, &decoder.log_zone_)) {
      return HeaderError(
          file, absl::StrCat("found the time zone \"", options.time_zone,
                             "\", expected an IANA name such as "
                             "Asia/Shanghai; give --time-zone"));
    }
    decoder.check_zones_ = true;
  }
  std::string missing;
  for (const v1::ColumnImport& mapped : import.columns()) {
    absl::Status status = decoder.AddColumn(mapped, &missing);
    if (!status.ok()) return status;
  }
  for (const ColumnSchema& schema : decoder.table_->columns) {
    if (!schema.required || decoder.IndexOf(schema.name) >= 0) continue;
    if (decoder.MayLack(schema)) continue;
    return HeaderError(
        file, absl::StrCat("the header has no column ",
                           missing.empty() ? schema.name : missing,
                           ", expected it for ", decoder.table_->name, ".",
                           schema.name, "; add it or give --mapping"));
  }
  absl::Status status = decoder.AddRowTests(import);
  if (!status.ok()) return status;
  decoder.AddFreeColumns();
  decoder.AddOrders();
  return decoder;
}

absl::Status Decoder::FindSource(const std::string& name, int* index) const {
  *index = FindColumn(file_.columns, name);
  if (*index != kTwice) return absl::OkStatus();
  return HeaderError(
      file_, absl::StrCat("found the column ", name,
                          " twice, expected it once; rename one of them"));
}

// In `columns_`, or kAbsent.
int Decoder::IndexOf(std::string_view column) const {
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].schema->name == column) return static_cast<int>(i);
  }
  return kAbsent;
}

// An unknown worker is allowed in tasks: the row counts per task only.
bool Decoder::MayLack(const ColumnSchema& column) const {
  return table_->name == "tasks" && column.name == "worker_id";
}

// A column of the table, or a free one. One whose source the file lacks is left
// out; where it is required, `missing` is the name that was looked for.
absl::Status Decoder::AddColumn(const v1::ColumnImport& mapped,
                                std::string* missing) {
  MappedColumn column;
  column.target = table_->Find(mapped.to());
  if (column.target < 0) {
    int source = kAbsent;
    absl::Status status = FindSource(mapped.from(), &source);
    if (status.ok() && source >= 0 && !table_->free_prefix.empty() &&
        absl::StartsWith(mapped.to(), table_->free_prefix)) {
      free_.push_back({mapped.to(), source});
    }
    return status;
  }
  // Of alternatives, the first that the file has.
  if (IndexOf(mapped.to()) >= 0) return absl::OkStatus();
  column.schema = &table_->columns[static_cast<size_t>(column.target)];
  column.row_number = mapped.row_number();
  column.constant = mapped.constant();
  column.member = mapped.json_member();
  if (column.row_number && column.schema->type != ColumnType::kText) {
    return HeaderError(
        file_, absl::StrCat("found row_number for ", mapped.to(),
                            ", expected a text column; correct the mapping"));
  }
  bool there = false;
  absl::Status status = ResolveSource(mapped, &column, &there, missing);
  if (!status.ok() || !there) return status;
  status = ResolveCells(mapped, &column);
  if (!status.ok()) return status;
  needs_row_numbers_ = needs_row_numbers_ || column.row_number;
  columns_.push_back(std::move(column));
  return absl::OkStatus();
}

// Where the cells come from; `there` says whether the file has it.
absl::Status Decoder::ResolveSource(const v1::ColumnImport& mapped,
                                    MappedColumn* column, bool* there,
                                    std::string* missing) const {
  const auto lacks = [&](const std::string& name) {
    if (column->schema->required) *missing = name;
    *there = false;
  };
  *there = true;
  if (!mapped.from().empty()) {
    if (!column->member.empty()) {
      // Flattened by the exporter already?
      absl::Status status = FindSource(
          absl::StrCat(mapped.from(), ".", column->member), &column->source);
      if (!status.ok()) return status;
      if (column->source >= 0) column->member.clear();
    }
    if (column->source < 0) {
      absl::Status status = FindSource(mapped.from(), &column->source);
      if (!status.ok()) return status;
    }
    if (column->source < 0) lacks(mapped.from());
    return absl::OkStatus();
  }
  for (const std::string& part : mapped.joined()) {
    int index = kAbsent;
    absl::Status status = FindSource(part, &index);
    if (!status.ok()) return status;
    column->joined.push_back(index);
    if (index < 0) lacks(part);
  }
  if (mapped.joined().empty() && !column->row_number) {
    column->is_constant = !column->constant.empty();
    *there = column->is_constant;
  }
  return absl::OkStatus();
}

// How the cells are read.
absl::Status Decoder::ResolveCells(const v1::ColumnImport& mapped,
                                   MappedColumn* column) {
  column->unknown.assign(mapped.unknown().begin(), mapped.unknown().end());
  for (const v1::WordImport& word : mapped.words()) {
    MappedWord own{word.from(), word.to(), kUnknown, word.to().empty(), -1};
    if (word.has_unless()) {
      Condition condition;
      condition.equals.assign(word.unless().equals().begin(),
                              word.unless().equals().end());
      absl::Status status = FindSource(word.unless().from(), &condition.source);
      if (!status.ok()) return status;
      if (condition.source >= 0) {
        own.unless = static_cast<int>(conditions_.size());
        conditions_.push_back(std::move(condition));
      }
    }
    column->words.push_back(std::move(own));
  }
  column->prefix = mapped.prefix();
  column->list = mapped.list();
  column->separator = mapped.list_separator();
  column->numerator = mapped.numerator();
  column->denominator = mapped.denominator() == 0 ? 1 : mapped.denominator();
  if (column->numerator < 0 || column->denominator < 0 ||
      (column->numerator == 0 && mapped.denominator() > 1)) {
    return HeaderError(
        file_,
        absl::StrCat("found the scale ", mapped.numerator(), "/",
                     mapped.denominator(), " for ", mapped.to(),
                     ", expected two positive numbers; correct the mapping"));
  }
  column->may_be_empty = !column->schema->required || MayLack(*column->schema);
  if (absl::Status status = ResolveKind(mapped, file_, options_, column);
      !status.ok()) {
    return status;
  }
  column->plain = column->unknown.empty() && column->words.empty() &&
                  column->member.empty() && column->prefix.empty() &&
                  column->numerator == 0;
  if (!column->is_constant || column->kind == CellKind::kText ||
      column->kind == CellKind::kList) {
    return absl::OkStatus();
  }
  Cache cache;
  cache.local.set_zone(column->zone);
  if (Parse(*column, column->constant, cache, &column->constant_number) ==
      CellResult::kGood) {
    return absl::OkStatus();
  }
  return HeaderError(
      file_, absl::StrCat("found the constant \"", column->constant, "\" for ",
                          mapped.to(),
                          ", expected a value of that column; correct the "
                          "mapping"));
}

// What tells a row of another table or currency.
absl::Status Decoder::AddRowTests(const v1::TableImport& import) {
  for (const v1::SkipWhere& where : import.skip()) {
    Skip skip;
    skip.column = where.from();
    skip.equals.assign(where.equals().begin(), where.equals().end());
    absl::Status status = FindSource(where.from(), &skip.source);
    if (!status.ok()) return status;
    if (skip.source >= 0) skips_.push_back(std::move(skip));
  }
  if (import.currency().from().empty() || options_.currency.empty()) {
    return absl::OkStatus();
  }
  currency_column_ = import.currency().from();
  currency_empty_ = import.currency().empty();
  return FindSource(currency_column_, &currency_source_);
}

void Decoder::AddFreeColumns() {
  if (table_->free_prefix.empty()) return;
  for (size_t i = 0; i < file_.columns.size(); ++i) {
    if (absl::StartsWith(file_.columns[i], table_->free_prefix)) {
      free_.push_back({file_.columns[i], static_cast<int>(i)});
    }
  }
}

std::vector<int> Decoder::SourceColumns() const {
  std::vector<int> columns;
  for (const MappedColumn& column : columns_) {
    if (column.source >= 0) columns.push_back(column.source);
    columns.insert(columns.end(), column.joined.begin(), column.joined.end());
  }
  for (const Skip& skip : skips_) columns.push_back(skip.source);
  for (const Free& free : free_) columns.push_back(free.source);
  for (const Condition& condition : conditions_) {
    columns.push_back(condition.source);
  }
  if (currency_source_ >= 0) columns.push_back(currency_source_);
  std::sort(columns.begin(), columns.end());
  columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
  return columns;
}

std::vector<std::string> Decoder::ColumnNames() const {
  std::vector<std::string> names;
  for (const MappedColumn& column : columns_) {
    names.push_back(absl::StrCat(table_->name, ".", column.schema->name));
  }
  for (const Free& free : free_) {
    names.push_back(absl::StrCat(table_->name, ".", free.name));
  }
  return names;
}

std::vector<std::string> ImportedColumns(const v1::TableImport& import,
                                         const SourceFile& file) {
  auto decoder = Decoder::Make(import, file, DecodeOptions());
  if (!decoder.ok()) return {};
  std::vector<std::string> names = decoder->ColumnNames();
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace plumbline::replay
