#include "replay/ingest/decode.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "replay/base/decimal.h"
#include "replay/base/per_machine.h"
#include "replay/ingest/json_cells.h"

namespace plumbline::replay {
namespace {

// Abseil of this age has a string view of its own.
absl::string_view View(std::string_view text) {
  return {text.data(), text.size()};
}

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

// The clocks of a task in the only order that can be.
constexpr const char* kTaskClocks[] = {
    "placed_at",    "offered_at",         "accepted_at", "arrived_pickup_at",
    "picked_up_at", "arrived_dropoff_at", "completed_at"};

struct ClockPair {
  const char* table;
  const char* earlier;
  const char* later;
};
constexpr ClockPair kPairs[] = {
    {"tasks", "placed_at", "cancelled_at"},
    {"offers", "offered_at", "responded_at"},
    {"pay", "period_start", "period_end"},
    {"workers", "joined_at", "left_at"},
    {"published_rules", "consulted_from", "consulted_to"},
    {"published_rules", "effective_from", "effective_to"},
    {"sanctions", "imposed_at", "lifted_at"},
    {"appeals", "filed_at", "acknowledged_at"},
    {"appeals", "filed_at", "decided_at"},
    {"prompts", "shown_at", "confirmed_at"},
    {"negotiations", "requested_at", "replied_at"},
    {"negotiations", "requested_at", "met_at"},
    {"conditions", "from", "to"},
    {"batches", "started_at", "ended_at"},
};

// The instants that say when a row was, the telling one first; a roster and
// rules may well lie outside the observed window.
struct WindowColumns {
  const char* table;
  std::vector<const char*> columns;
};
const std::vector<WindowColumns>& Windows() {
  static const auto& windows = *new std::vector<WindowColumns>{
      {"tasks",
       {"accepted_at", "offered_at", "placed_at", "completed_at",
        "cancelled_at"}},
      {"sessions", {"started_at"}},
      {"offers", {"offered_at"}},
      {"batches", {"started_at"}},
      {"moment_orders", {"moment_at"}},
      {"moment_workers", {"moment_at"}},
      {"prompts", {"shown_at"}},
  };
  return windows;
}

const char* FormName(CellKind kind) {
  return kind == CellKind::kEpoch ? "an epoch number"
                                  : "RFC 3339 with an offset";
}

// Some value is greater than the one of the other column in its row.
PLUMBLINE_PER_MACHINE
bool AnyGreater(const int64_t* values, const int64_t* others, size_t rows) {
  uint64_t any = 0;
  for (size_t i = 0; i < rows; ++i) {
    any |= values[i] > others[i] ? ~uint64_t{0} : 0;
  }
  return any != 0;
}

absl::Status HeaderError(const SourceFile& file, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat(file.name, ":1:1: ", what));
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
  if (column->kind == CellKind::kWord) {
    for (MappedWord& word : column->words) {
      if (word.unknown) continue;
      const auto found = std::find_if(
          column->values.begin(), column->values.end(),
          [&](const auto& value) { return value.first == word.to; });
      if (found == column->values.end()) {
        return HeaderError(file, absl::StrCat("found the word \"", word.to,
                                              "\" for ", schema.name,
                                              ", expected one of its words; "
                                              "correct the mapping"));
      }
      word.number = found->second;
    }
    return absl::OkStatus();
  }
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
  const TableSchema& table = *decoder.table_;
  decoder.table_index_ = static_cast<int>(&table - Tables().data());
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
  const auto find = [&](const std::string& name, int* index) -> absl::Status {
    *index = FindColumn(file.columns, name);
    if (*index != kTwice) return absl::OkStatus();
    return HeaderError(
        file, absl::StrCat("found the column ", name,
                           " twice, expected it once; rename one of them"));
  };
  std::string missing;  // Source columns that required ones wait for.
  for (const v1::ColumnImport& mapped : import.columns()) {
    MappedColumn column;
    column.target = table.Find(mapped.to());
    if (column.target < 0) {
      int source = kAbsent;
      if (absl::Status status = find(mapped.from(), &source); !status.ok()) {
        return status;
      }
      if (source >= 0 && !table.free_prefix.empty() &&
          absl::StartsWith(mapped.to(), table.free_prefix)) {
        decoder.free_.push_back({mapped.to(), source});
      }
      continue;
    }
    const bool given =
        std::any_of(decoder.columns_.begin(), decoder.columns_.end(),
                    [&](const MappedColumn& other) {
                      return other.target == column.target;
                    });
    if (given) continue;  // Of alternatives, the first that the file has.
    column.schema = &table.columns[static_cast<size_t>(column.target)];
    column.row_number = mapped.row_number();
    column.constant = mapped.constant();
    column.member = mapped.json_member();
    if (column.row_number && column.schema->type != ColumnType::kText) {
      return HeaderError(
          file, absl::StrCat("found row_number for ", mapped.to(),
                             ", expected a text column; correct the mapping"));
    }
    if (!mapped.from().empty()) {
      if (!column.member.empty()) {
        // Flattened by the exporter already?
        absl::Status status = find(
            absl::StrCat(mapped.from(), ".", column.member), &column.source);
        if (!status.ok()) return status;
        if (column.source >= 0) column.member.clear();
      }
      if (column.source < 0) {
        absl::Status status = find(mapped.from(), &column.source);
        if (!status.ok()) return status;
      }
      if (column.source < 0) {
        if (column.schema->required) missing = mapped.from();
        continue;
      }
    } else if (mapped.joined_size() > 0) {
      bool all = true;
      for (const std::string& part : mapped.joined()) {
        int index = kAbsent;
        if (absl::Status status = find(part, &index); !status.ok()) {
          return status;
        }
        all = all && index >= 0;
        column.joined.push_back(index);
        if (index < 0 && column.schema->required) missing = part;
      }
      if (!all) continue;
    } else if (!column.row_number) {
      if (column.constant.empty()) continue;
      column.is_constant = true;
    }
    column.unknown.assign(mapped.unknown().begin(), mapped.unknown().end());
    for (const v1::WordImport& word : mapped.words()) {
      MappedWord own{word.from(), word.to(), kUnknown, word.to().empty(), -1};
      if (word.has_unless()) {
        Condition condition;
        condition.equals.assign(word.unless().equals().begin(),
                                word.unless().equals().end());
        absl::Status status = find(word.unless().from(), &condition.source);
        if (!status.ok()) return status;
        if (condition.source >= 0) {
          own.unless = static_cast<int>(decoder.conditions_.size());
          decoder.conditions_.push_back(std::move(condition));
        }
      }
      column.words.push_back(std::move(own));
    }
    column.prefix = mapped.prefix();
    column.list = mapped.list();
    column.separator = mapped.list_separator();
    column.numerator = mapped.numerator();
    column.denominator = mapped.denominator() == 0 ? 1 : mapped.denominator();
    if (column.numerator < 0 || column.denominator < 0 ||
        (column.numerator == 0 && mapped.denominator() > 1)) {
      return HeaderError(
          file, absl::StrCat("found the scale ", mapped.numerator(), "/",
                             mapped.denominator(), " for ", mapped.to(),
                             ", expected two positive numbers; correct the "
                             "mapping"));
    }
    // An unknown worker is allowed in tasks: the row counts per task only.
    column.may_be_empty =
        !column.schema->required ||
        (table.name == "tasks" && column.schema->name == "worker_id");
    if (absl::Status status = ResolveKind(mapped, file, options, &column);
        !status.ok()) {
      return status;
    }
    column.plain = column.unknown.empty() && column.words.empty() &&
                   column.member.empty() && column.prefix.empty() &&
                   column.numerator == 0;
    if (column.is_constant && column.kind != CellKind::kText &&
        column.kind != CellKind::kList) {
      Cache cache;
      cache.local.set_zone(column.zone);
      if (decoder.Parse(column, column.constant, cache,
                        &column.constant_number) != CellResult::kGood) {
        return HeaderError(
            file, absl::StrCat("found the constant \"", column.constant,
                               "\" for ", mapped.to(),
                               ", expected a value of that column; correct the "
                               "mapping"));
      }
    }
    decoder.needs_row_numbers_ =
        decoder.needs_row_numbers_ || column.row_number;
    decoder.columns_.push_back(std::move(column));
  }
  const auto index_of = [&](const char* name) {
    for (size_t i = 0; i < decoder.columns_.size(); ++i) {
      if (decoder.columns_[i].schema->name == name) return static_cast<int>(i);
    }
    return kAbsent;
  };
  for (const ColumnSchema& schema : table.columns) {
    if (!schema.required || index_of(schema.name.c_str()) >= 0) continue;
    if (table.name == "tasks" && schema.name == "worker_id") continue;
    return HeaderError(
        file, absl::StrCat("the header has no column ",
                           missing.empty() ? schema.name : missing,
                           ", expected it for ", table.name, ".", schema.name,
                           "; add it or give --mapping"));
  }
  for (const v1::SkipWhere& where : import.skip()) {
    Skip skip;
    skip.column = where.from();
    skip.equals.assign(where.equals().begin(), where.equals().end());
    if (absl::Status status = find(where.from(), &skip.source); !status.ok()) {
      return status;
    }
    if (skip.source >= 0) decoder.skips_.push_back(std::move(skip));
  }
  if (!import.currency().from().empty() && !options.currency.empty()) {
    decoder.currency_column_ = import.currency().from();
    decoder.currency_empty_ = import.currency().empty();
    absl::Status status =
        find(decoder.currency_column_, &decoder.currency_source_);
    if (!status.ok()) return status;
  }
  if (!table.free_prefix.empty()) {
    for (size_t i = 0; i < file.columns.size(); ++i) {
      if (absl::StartsWith(file.columns[i], table.free_prefix)) {
        decoder.free_.push_back({file.columns[i], static_cast<int>(i)});
      }
    }
  }
  if (table.name == "tasks") {
    for (const char* name : kTaskClocks) {
      if (const int index = index_of(name); index >= 0) {
        decoder.clocks_.push_back(static_cast<size_t>(index));
      }
    }
  }
  for (const ClockPair& pair : kPairs) {
    const int earlier = index_of(pair.earlier);
    const int later = index_of(pair.later);
    if (table.name == pair.table && earlier >= 0 && later >= 0) {
      decoder.pairs_.emplace_back(earlier, later);
    }
  }
  if (IsKnown(options.observed_from) || IsKnown(options.observed_to)) {
    for (const WindowColumns& window : Windows()) {
      if (table.name != window.table) continue;
      for (const char* name : window.columns) {
        if (const int index = index_of(name); index >= 0) {
          decoder.window_.push_back(static_cast<size_t>(index));
        }
      }
    }
  }
  return decoder;
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

void Decoder::Begin(FaultLog& faults, Work& work) const {
  RecordBatch& batch = work.batch;
  batch.table = table_index_;
  batch.file = options_.file_index;
  batch.rows = batch.lines.size();
  batch.columns.resize(columns_.size());
  if (work.caches.size() != columns_.size()) {
    work.caches.resize(columns_.size());
    for (size_t i = 0; i < columns_.size(); ++i) {
      work.caches[i].local.set_zone(columns_[i].zone);
      work.caches[i].zone.set_zone(log_zone_);
    }
  }
  for (size_t i = 0; i < columns_.size(); ++i) {
    ColumnData& data = batch.columns[i];
    data.column = columns_[i].target;
    if (columns_[i].kind == CellKind::kText ||
        columns_[i].kind == CellKind::kList) {
      data.texts.resize(batch.rows);
      data.numbers.clear();
    } else {
      data.numbers.resize(batch.rows);
      data.texts.clear();
    }
  }
  batch.free.resize(free_.size());
  for (size_t i = 0; i < free_.size(); ++i) {
    batch.free[i].first = free_[i].name;
    batch.free[i].second.resize(batch.rows);
  }
  work.drop.assign(batch.rows, 0);
  work.conditions.resize(conditions_.size());
  work.faults = &faults;
  work.arena.Clear();
}

void Decoder::Fault(size_t column, size_t row, std::string_view id,
                    std::string_view cell, Work& work) const {
  work.faults->Add(table_->name, options_.file_index, work.batch.lines[row],
                   columns_[column].schema->name, id, cell);
  if (FindFault(id).side == FaultSide::kQuarantined) {
    work.drop[row] |= kQuarantined;
  }
}

void Decoder::FreeFault(size_t free, size_t row, std::string_view cell,
                        Work& work) const {
  if ((work.drop[row] & kForeign) != 0) return;
  work.faults->Add(table_->name, options_.file_index, work.batch.lines[row],
                   free_[free].name, "not-utf8", cell);
}

void Decoder::Missing(size_t column, size_t row, std::string_view cell,
                      Work& work) const {
  if (!columns_[column].may_be_empty) {
    Fault(column, row, "missing-required", cell, work);
  }
}

bool Decoder::IsUnknown(const MappedColumn& column,
                        std::string_view cell) const {
  if (cell.empty()) return true;
  for (const std::string& word : column.unknown) {
    if (cell == word) return true;
  }
  return false;
}

const MappedWord* Decoder::FindWord(const MappedColumn& column, size_t row,
                                    std::string_view text,
                                    const Work& work) const {
  for (const MappedWord& word : column.words) {
    if (text != word.from) continue;
    if (word.unless < 0 ||
        work.conditions[static_cast<size_t>(word.unless)][row] == 0) {
      return &word;
    }
  }
  return nullptr;
}

bool Decoder::Holds(const Condition& condition, std::string_view cell) {
  return std::find(condition.equals.begin(), condition.equals.end(), cell) !=
         condition.equals.end();
}

CellResult Decoder::Parse(const MappedColumn& column, std::string_view text,
                          Cache& cache, int64_t* value) const {
  switch (column.kind) {
    case CellKind::kWord:
      for (const auto& [word, number] : column.values) {
        if (word == text) {
          *value = number;
          return CellResult::kGood;
        }
      }
      return CellResult::kUnparsable;
    case CellKind::kEpoch:
      return ParseEpoch(text, column.ms_per_unit, value);
    case CellKind::kRfc3339:
    case CellKind::kLocal: {
      int64_t offset = kUnknown;
      const CellResult result = ParseRfc3339(
          text, column.kind == CellKind::kLocal ? &cache.local : nullptr, value,
          &offset);
      if (check_zones_ && IsKnown(offset)) NoteZone(offset, *value, cache);
      return result;
    }
    case CellKind::kDate:
      return ParseDate(text, value) ? CellResult::kGood
                                    : CellResult::kUnparsable;
    default:
      return ParseQuantity(text, column.schema->unit, column.numerator,
                           column.denominator, value);
  }
}

void Decoder::OtherForm(const MappedColumn& column, size_t row,
                        std::string_view cell, Work& work) const {
  int64_t ms = 0;
  std::string remedy;
  if (column.kind == CellKind::kEpoch) {
    LocalTime utc;
    if (ParseRfc3339(cell, &utc, &ms) != CellResult::kGood) return;
    remedy = "give --instants RFC_3339, or set `instants` in log.textproto";
  } else {
    const bool digits =
        cell.size() >= 9 &&
        cell.find_first_not_of("0123456789") == std::string_view::npos;
    LocalTime utc;
    if (digits) {
      remedy =
          "give --instants EPOCH_SECONDS or EPOCH_MILLISECONDS, or set "
          "`instants` in log.textproto";
    } else if (column.kind == CellKind::kRfc3339 &&
               ParseRfc3339(cell, &utc, &ms) == CellResult::kGood) {
      remedy =
          "write the offset (Z or +08:00), or map the column with "
          "local_zone; --instants cannot tell it";
    } else {
      return;
    }
  }
  const int64_t line = work.batch.lines[row];
  const int file_column = column.source + 1;
  if (work.problem_line >= 0 &&
      std::pair(work.problem_line, work.problem_column) <=
          std::pair(line, file_column)) {
    return;
  }
  work.problem_line = line;
  work.problem_column = file_column;
  work.problem = absl::StrCat(
      file_.name, ":", line, ":", file_column, ": found \"",
      View(cell.substr(0, 80)), "\" in ", column.schema->name, ", expected ",
      FormName(column.kind), ", the form of this log's instants; ", remedy);
}

int64_t Decoder::CheckNumber(size_t index, size_t row, int64_t value,
                             Work& work, std::string_view cell) const {
  const MappedColumn& column = columns_[index];
  const char* id = nullptr;
  if (value < 0 && column.schema->unit == v1::DURATION) {
    id = "negative-duration";
  } else if (value < 0 && column.schema->unit == v1::DISTANCE) {
    id = "negative-distance";
  } else if (column.limit != 0 &&
             (value > column.limit || value < -column.limit)) {
    id = "coordinates-out-of-range";
  } else if (column.schema->unit == v1::INSTANT &&
             (value > kLastInstant || value < kFirstInstant)) {
    id = "number-out-of-range";
  }
  if (id == nullptr) return value;
  Fault(index, row, column.may_be_empty ? id : "unparsable-required", cell,
        work);
  return kUnknown;
}

int64_t Decoder::Settle(size_t index, size_t row, CellResult result,
                        int64_t value, std::string_view cell,
                        Work& work) const {
  if ((work.drop[row] & kForeign) != 0) return kUnknown;
  const MappedColumn& column = columns_[index];
  const char* id = nullptr;
  switch (result) {
    case CellResult::kGood:
      return CheckNumber(index, row, value, work, cell);
    case CellResult::kAmbiguous:
      Fault(index, row, "ambiguous-local-time", cell, work);
      return CheckNumber(index, row, value, work, cell);
    case CellResult::kOutOfRange:
      id = "number-out-of-range";
      break;
    case CellResult::kNonexistent:
      id = "nonexistent-local-time";
      break;
    case CellResult::kUnparsable:
      id = column.schema->type == ColumnType::kEnum ? "unknown-enum"
                                                    : "unparsable-cell";
      break;
  }
  Fault(index, row, column.may_be_empty ? id : "unparsable-required", cell,
        work);
  return kUnknown;
}

int64_t Decoder::SlowNumber(size_t index, size_t row, std::string_view cell,
                            Work& work) const {
  if ((work.drop[row] & kForeign) != 0) return kUnknown;
  const MappedColumn& column = columns_[index];
  std::string_view text = cell;
  if (!column.member.empty() && !text.empty()) {
    if (!JsonMember(text, column.member, &work.scratch)) {
      return Settle(index, row, CellResult::kUnparsable, kUnknown, cell, work);
    }
    text = work.scratch;
  }
  if (IsUnknown(column, text)) {
    Missing(index, row, cell, work);
    return kUnknown;
  }
  if (const MappedWord* word = FindWord(column, row, text, work)) {
    if (word->unknown) {
      Missing(index, row, cell, work);
      return kUnknown;
    }
    if (column.kind == CellKind::kWord) return word->number;
    text = word->to;
  }
  if (!column.prefix.empty()) {
    work.second.assign(column.prefix).append(text);
    text = work.second;
  }
  int64_t value = kUnknown;
  const CellResult result = Parse(column, text, work.caches[index], &value);
  if (result == CellResult::kUnparsable && column.schema->unit == v1::INSTANT) {
    OtherForm(column, row, text, work);
  }
  return Settle(index, row, result, value, cell, work);
}

std::string_view Decoder::SlowText(size_t index, size_t row,
                                   std::string_view cell, Work& work) const {
  if ((work.drop[row] & kForeign) != 0) return {};
  const MappedColumn& column = columns_[index];
  std::string_view text = cell;
  const auto fail = [&](const char* id) {
    Fault(index, row, column.may_be_empty ? id : "unparsable-required", cell,
          work);
    return std::string_view();
  };
  if (!work.ascii && !IsUtf8(text)) return fail("not-utf8");
  bool made = false;  // `text` lies in a buffer of the work.
  if (!column.member.empty() && !text.empty()) {
    if (!JsonMember(text, column.member, &work.scratch)) {
      return fail("unparsable-cell");
    }
    text = work.scratch;
    made = true;
  }
  if (IsUnknown(column, text)) {
    Missing(index, row, cell, work);
    return {};
  }
  if (const MappedWord* word = FindWord(column, row, text, work)) {
    if (word->unknown) {
      Missing(index, row, cell, work);
      return {};
    }
    text = word->to;
    made = false;
  }
  if (!column.prefix.empty()) {
    work.second.assign(column.prefix).append(text);
    text = work.second;
    made = true;
  }
  if (column.kind == CellKind::kList) {
    if (!ListItems(text, column.list, column.separator, &work.items)) {
      return fail("unparsable-cell");
    }
    const bool numbers = column.schema->type == ColumnType::kNumberList;
    if (numbers) {
      // Written as exact decimals of the text unit, whatever the source has.
      for (std::string& item : work.items) {
        int64_t value = 0;
        if (ParseQuantity(item, column.schema->unit, column.numerator,
                          column.denominator, &value) != CellResult::kGood) {
          return fail("unparsable-cell");
        }
        item = FormatDecimal(value, DigitsOf(column.schema->unit), 0);
      }
    }
    work.second.clear();
    AppendJsonList(work.items, numbers, &work.second);
    text = work.second;
    made = true;
  }
  return made ? work.arena.Copy(text) : text;
}

void Decoder::FillColumn(size_t index, Work& work) const {
  const MappedColumn& column = columns_[index];
  ColumnData& data = work.batch.columns[index];
  if (column.row_number) {
    for (size_t row = 0; row < work.batch.rows; ++row) {
      work.second.assign(options_.row_id_prefix)
          .append(std::to_string(work.row_numbers[row]));
      data.texts[row] = work.arena.Copy(work.second);
    }
  } else if (column.kind == CellKind::kText) {
    std::fill(data.texts.begin(), data.texts.end(), column.constant);
  } else if (column.kind == CellKind::kList) {
    for (size_t row = 0; row < work.batch.rows; ++row) {
      data.texts[row] = SlowText(index, row, column.constant, work);
    }
  } else {
    std::fill(data.numbers.begin(), data.numbers.end(), column.constant_number);
  }
}

void Decoder::JoinRow(size_t index, size_t row, Work& work) const {
  const MappedColumn& column = columns_[index];
  std::string_view& out = work.batch.columns[index].texts[row];
  out = {};
  if ((work.drop[row] & kForeign) != 0) return;
  work.scratch.clear();
  // Half an id names nothing: all parts must be known.
  for (const auto& part : work.parts) {
    if (IsUnknown(column, part[row])) {
      Missing(index, row, "", work);
      return;
    }
    if (!work.scratch.empty()) work.scratch.push_back('/');
    work.scratch.append(part[row]);
  }
  if (!work.ascii && !IsUtf8(work.scratch)) {
    Fault(index, row, column.may_be_empty ? "not-utf8" : "unparsable-required",
          work.scratch, work);
    return;
  }
  out = work.arena.Copy(work.scratch);
}

bool Decoder::SkipRow(const Skip& skip, std::string_view cell, size_t row,
                      Work& work) const {
  if (work.drop[row] != 0) return true;
  for (const std::string& word : skip.equals) {
    if (cell != word) continue;
    work.drop[row] = kForeign;
    work.faults->Add(table_->name, options_.file_index, work.batch.lines[row],
                     skip.column, "not-of-this-table", cell);
    return true;
  }
  return false;
}

void Decoder::CheckCurrency(std::string_view cell, size_t row,
                            Work& work) const {
  if (work.drop[row] != 0) return;
  const std::string_view currency = cell.empty() ? currency_empty_ : cell;
  if (currency.empty() ||
      absl::EqualsIgnoreCase(View(currency), options_.currency)) {
    return;
  }
  work.drop[row] = kForeign;
  work.faults->Add(table_->name, options_.file_index, work.batch.lines[row],
                   currency_column_, "currency-clash", cell);
}

void Decoder::CheckClocks(Work& work) const {
  const auto& columns = work.batch.columns;
  const auto late = [&](size_t earlier, size_t later, size_t row) {
    work.faults->Add(table_->name, options_.file_index, work.batch.lines[row],
                     absl::StrCat(columns_[earlier].schema->name, ",",
                                  columns_[later].schema->name),
                     "clocks-out-of-order", "");
  };
  if (clocks_.size() > 1) {
    // A row whose known clocks are not in order has a neighbour pair that is
    // not, since unknown is less than every instant. Of such rows there are
    // few, and only they are looked at clock by clock.
    std::vector<uint8_t>& suspect = work.suspect;
    suspect.clear();
    for (size_t k = 0; k + 1 < clocks_.size(); ++k) {
      const int64_t* a = columns[clocks_[k]].numbers.data();
      const int64_t* b = columns[clocks_[k + 1]].numbers.data();
      if (!AnyGreater(a, b, work.batch.rows)) continue;
      suspect.resize(work.batch.rows, 0);
      for (size_t row = 0; row < suspect.size(); ++row) {
        suspect[row] |= a[row] > b[row] ? 1 : 0;
      }
    }
    for (size_t row = 0; row < suspect.size(); ++row) {
      if (suspect[row] == 0 || work.drop[row] != 0) continue;
      size_t before = columns_.size();
      for (const size_t clock : clocks_) {
        const int64_t at = columns[clock].numbers[row];
        if (!IsKnown(at)) continue;
        if (before < columns_.size() && at < columns[before].numbers[row]) {
          late(before, clock, row);
        }
        before = clock;
      }
    }
  }
  for (const auto& [earlier, later] : pairs_) {
    for (size_t row = 0; row < work.batch.rows; ++row) {
      const int64_t a = columns[earlier].numbers[row];
      const int64_t b = columns[later].numbers[row];
      if (b < a && IsKnown(b) && work.drop[row] == 0) {
        late(earlier, later, row);
      }
    }
  }
}

void Decoder::CheckWindow(Work& work) const {
  if (window_.empty()) return;
  for (size_t row = 0; row < work.batch.rows; ++row) {
    if (work.drop[row] != 0) continue;
    for (const size_t index : window_) {
      const int64_t at = work.batch.columns[index].numbers[row];
      if (!IsKnown(at)) continue;
      if ((IsKnown(options_.observed_from) && at < options_.observed_from) ||
          (IsKnown(options_.observed_to) && at >= options_.observed_to)) {
        work.faults->Add(table_->name, options_.file_index,
                         work.batch.lines[row], columns_[index].schema->name,
                         "out-of-window", "");
      }
      break;
    }
  }
}

void Decoder::CheckRows(Work& work) const {
  RecordBatch& batch = work.batch;
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].limit == 0) continue;
    const int64_t limit = columns_[i].limit;
    for (size_t row = 0; row < batch.rows; ++row) {
      int64_t& value = batch.columns[i].numbers[row];
      if ((work.drop[row] & kForeign) != 0) continue;
      if ((value <= limit && value >= -limit) || !IsKnown(value)) continue;
      value = CheckNumber(i, row, value, work,
                          FormatDecimal(value, columns_[i].digits, 0));
    }
  }
  if (table_->name == "sessions") {
    const ColumnData* start = batch.Find(table_->Find("started_at"));
    const ColumnData* end = batch.Find(table_->Find("ended_at"));
    if (start != nullptr && end != nullptr) {
      for (size_t row = 0; row < batch.rows; ++row) {
        if (work.drop[row] == 0 && IsKnown(start->numbers[row]) &&
            IsKnown(end->numbers[row]) &&
            end->numbers[row] <= start->numbers[row]) {
          work.faults->Add(table_->name, options_.file_index, batch.lines[row],
                           "ended_at", "session-not-positive", "");
          work.drop[row] |= kQuarantined;
        }
      }
    }
  }
  CheckClocks(work);
  CheckWindow(work);
}

void Decoder::Compact(Work& work) {
  const std::vector<uint8_t>& drop = work.drop;
  const auto keep = [&drop](auto& values) {
    if (values.empty()) return;
    size_t kept = 0;
    for (size_t i = 0; i < drop.size(); ++i) {
      if (drop[i] == 0) values[kept++] = values[i];
    }
    values.resize(kept);
  };
  RecordBatch& batch = work.batch;
  keep(batch.lines);
  for (ColumnData& column : batch.columns) {
    keep(column.numbers);
    keep(column.texts);
  }
  for (auto& [name, texts] : batch.free) keep(texts);
  batch.rows = batch.lines.size();
}

absl::Status Decoder::Finish(Work& work) const {
  if (work.problem_line >= 0) return absl::InvalidArgumentError(work.problem);
  CheckRows(work);
  for (size_t i = 0; i < columns_.size(); ++i) {
    int64_t& mixed = work.caches[i].mixed_zones;
    if (mixed == 0) continue;
    work.faults->Count(table_->name, columns_[i].schema->name, "mixed-zones",
                       mixed);
    mixed = 0;
  }
  if (std::any_of(work.drop.begin(), work.drop.end(),
                  [](uint8_t drop) { return drop != 0; })) {
    Compact(work);
  }
  return absl::OkStatus();
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
