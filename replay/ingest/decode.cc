#include "replay/ingest/decode.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "replay/base/text.h"
#include "replay/base/units.h"
#include "replay/ingest/cells.h"

namespace plumbline::replay {
namespace {

int FindColumn(const std::vector<std::string>& columns, std::string_view name) {
  for (size_t i = 0; i < columns.size(); ++i) {
    if (absl::EqualsIgnoreCase(columns[i], View(name))) return static_cast<int>(i);
  }
  return -1;
}

// The clocks of a task in the only order that can be.
constexpr const char* kClocks[] = {"placed_at",    "offered_at",         "accepted_at",
                                   "arrived_pickup_at", "picked_up_at", "arrived_dropoff_at",
                                   "completed_at"};

}  // namespace

absl::StatusOr<Decoder> Decoder::Make(const v1::TableImport& import, const SourceFile& file,
                                      uint32_t file_index, v1::InstantForm instants,
                                      const std::string& row_id_prefix) {
  Decoder decoder;
  decoder.table_ = FindTable(import.table());
  decoder.file_ = file;
  decoder.file_index_ = file_index;
  decoder.row_id_prefix_ = row_id_prefix;
  const auto source_of = [&](int file_column) {
    for (size_t i = 0; i < decoder.source_columns_.size(); ++i) {
      if (decoder.source_columns_[i] == file_column) return static_cast<int>(i);
    }
    decoder.source_columns_.push_back(file_column);
    return static_cast<int>(decoder.source_columns_.size()) - 1;
  };
  for (const v1::ColumnImport& mapped : import.columns()) {
    Column column;
    column.target = decoder.table_->Find(mapped.to());
    const ColumnSchema& schema = decoder.table_->columns[static_cast<size_t>(column.target)];
    column.row_number = mapped.row_number();
    column.constant = mapped.constant();
    if (!mapped.from().empty()) {
      column.file_column = FindColumn(file.columns, mapped.from());
      if (column.file_column < 0) continue;  // Unknown in this file.
      column.source = source_of(column.file_column);
    }
    column.unknown.assign(mapped.unknown().begin(), mapped.unknown().end());
    for (const v1::WordImport& word : mapped.words()) column.words[word.from()] = word.to();
    if (schema.type == ColumnType::kEnum) {
      const auto* type = schema.field->enum_type();
      for (int i = 1; i < type->value_count(); ++i) {
        const int number = type->value(i)->number();
        column.enum_values[EnumWord(schema, number)] = number;
      }
    }
    column.numerator = mapped.numerator();
    column.denominator = std::max<int64_t>(1, mapped.denominator());
    column.instants = mapped.instants() != v1::INSTANT_FORM_UNSPECIFIED ? mapped.instants()
                      : instants == v1::INSTANT_FORM_UNSPECIFIED       ? v1::RFC_3339
                                                                       : instants;
    if (!mapped.local_zone().empty()) {
      if (!absl::LoadTimeZone(mapped.local_zone(), &column.zone)) {
        return absl::InvalidArgumentError(
            absl::StrCat(file.name, ":1:1: found the time zone \"", mapped.local_zone(),
                         "\", expected an IANA name; correct the mapping"));
      }
      column.has_zone = true;
      column.instants = v1::RFC_3339;
    }
    decoder.columns_.push_back(std::move(column));
  }
  if (!decoder.table_->free_prefix.empty()) {
    for (size_t i = 0; i < file.columns.size(); ++i) {
      if (absl::StartsWith(file.columns[i], decoder.table_->free_prefix)) {
        decoder.free_.emplace_back(file.columns[i], source_of(static_cast<int>(i)));
      }
    }
  }
  return decoder;
}

std::vector<std::string> Decoder::columns() const {
  std::vector<std::string> names;
  for (const Column& column : columns_) {
    if (column.source < 0 && !column.row_number && column.constant.empty()) continue;
    names.push_back(absl::StrCat(table_->name, ".",
                                 table_->columns[static_cast<size_t>(column.target)].name));
  }
  return names;
}

absl::Status Decoder::DecodeColumn(const Column& column, const RawBatch& raw, ColumnData* out,
                                   std::vector<std::string>* made, std::vector<char>* drop,
                                   FaultLog& faults) const {
  const ColumnSchema& schema = table_->columns[static_cast<size_t>(column.target)];
  const size_t rows = raw.lines.size();
  const bool text = schema.type == ColumnType::kText || schema.type == ColumnType::kTextList ||
                    schema.type == ColumnType::kNumberList;
  // An unknown worker is allowed in tasks: the row counts per task only.
  const bool may_be_empty = !schema.required || (table_->name == "tasks" && schema.name == "worker_id");
  out->column = column.target;
  if (text) {
    out->texts.assign(rows, std::string_view());
  } else {
    out->numbers.assign(rows, kUnknown);
  }
  const auto fault = [&](size_t row, const char* id, std::string_view value) {
    faults.Add(table_->name, file_index_, raw.lines[row], schema.name, id, value);
    if (FindFault(id).side == FaultSide::kQuarantined) (*drop)[row] = 1;
  };
  if (column.row_number) {
    made->reserve(rows);
    const int64_t header = file_.format == FileFormat::kText ? 1 : 0;
    for (size_t i = 0; i < rows; ++i) {
      made->push_back(absl::StrCat(row_id_prefix_, raw.lines[i] - header));
    }
    for (size_t i = 0; i < rows; ++i) out->texts[i] = (*made)[i];
    return absl::OkStatus();
  }
  const std::vector<std::string_view>* cells =
      column.source < 0 ? nullptr : &raw.columns[static_cast<size_t>(column.source)];
  for (size_t i = 0; i < rows; ++i) {
    const std::string_view cell = cells == nullptr ? std::string_view(column.constant) : (*cells)[i];
    bool unknown = cell.empty();
    for (const std::string& word : column.unknown) unknown = unknown || cell == word;
    if (unknown) {
      if (!may_be_empty) fault(i, "missing-required", cell);
      continue;
    }
    if (text) {
      if (!IsUtf8(cell)) {
        fault(i, "not-utf8", cell);
      } else {
        out->texts[i] = cell;
      }
      continue;
    }
    std::string_view word = cell;
    if (!column.words.empty()) {
      const auto found = column.words.find(cell);
      if (found != column.words.end()) word = found->second;
    }
    int64_t value = kUnknown;
    bool good = false;
    if (schema.type == ColumnType::kEnum) {
      const auto found = column.enum_values.find(word);
      good = found != column.enum_values.end();
      if (good) value = found->second;
    } else if (schema.type == ColumnType::kBool) {
      good = ParseBool(word, &value);
    } else if (schema.unit == v1::INSTANT) {
      const absl::TimeZone* zone = column.has_zone ? &column.zone : nullptr;
      const int64_t per_unit = column.instants == v1::EPOCH_SECONDS ? kSecond : 1;
      const bool epoch = column.instants != v1::RFC_3339;
      good = epoch ? ParseEpoch(cell, per_unit, &value) : ParseRfc3339(cell, zone, &value);
      int64_t other = 0;
      if (!good && column.source >= 0 &&
          (epoch ? ParseRfc3339(cell, nullptr, &other) : ParseEpoch(cell, 1, &other))) {
        return absl::InvalidArgumentError(absl::StrCat(
            file_.name, ":", raw.lines[i], ":", column.file_column + 1, ": found \"", View(cell), "\" in ",
            schema.name, ", expected ",
            epoch ? "an epoch number, as the log declares" : "RFC 3339 with an offset",
            "; set `instants` in log.textproto or give --instants"));
      }
    } else if (schema.unit == v1::DATE) {
      good = ParseDate(cell, &value);
    } else {
      good = ParseQuantity(cell, schema.unit, column.numerator, column.denominator, &value);
    }
    if (!good) {
      fault(i, !may_be_empty                           ? "unparsable-required"
               : schema.type == ColumnType::kEnum ? "unknown-enum"
                                                       : "unparsable-cell",
            cell);
      continue;
    }
    if (value < 0 && (schema.unit == v1::DURATION || schema.unit == v1::DISTANCE)) {
      fault(i, "negative-duration", cell);
      continue;
    }
    out->numbers[i] = value;
  }
  return absl::OkStatus();
}

void Decoder::CheckRows(const RecordBatch& batch, std::vector<char>* drop, FaultLog& faults) const {
  if (table_->name == "sessions") {
    const ColumnData* start = batch.Find(table_->Find("started_at"));
    const ColumnData* end = batch.Find(table_->Find("ended_at"));
    if (start == nullptr || end == nullptr) return;
    for (size_t i = 0; i < batch.rows; ++i) {
      if (IsKnown(start->numbers[i]) && IsKnown(end->numbers[i]) &&
          end->numbers[i] <= start->numbers[i]) {
        faults.Add("sessions", file_index_, batch.lines[i], "ended_at", "session-reversed", "");
        (*drop)[i] = 1;
      }
    }
    return;
  }
  if (table_->name != "tasks") return;
  std::vector<std::pair<const char*, const ColumnData*>> clocks;
  for (const char* name : kClocks) {
    const ColumnData* column = batch.Find(table_->Find(name));
    if (column != nullptr) clocks.emplace_back(name, column);
  }
  for (size_t i = 0; i < batch.rows; ++i) {
    int64_t before = kUnknown;
    const char* before_name = "";
    for (const auto& [name, column] : clocks) {
      const int64_t at = column->numbers[i];
      if (!IsKnown(at)) continue;
      if (IsKnown(before) && at < before && !(*drop)[i]) {
        faults.Add("tasks", file_index_, batch.lines[i], absl::StrCat(before_name, ">", name),
                   "clock-order", "");
      }
      before = at;
      before_name = name;
    }
  }
}

absl::StatusOr<RecordBatch> Decoder::Decode(RawBatch raw, FaultLog& faults) const {
  for (const auto& [line, text] : raw.ragged) {
    faults.Add(table_->name, file_index_, line, "", "ragged-row", text);
  }
  struct Owner {
    std::shared_ptr<void> raw;
    std::vector<std::vector<std::string>> made;
  };
  auto owner = std::make_shared<Owner>();
  owner->raw = raw.owner;
  owner->made.resize(columns_.size());
  RecordBatch batch;
  batch.table = static_cast<int>(table_ - Tables().data());
  batch.file = file_index_;
  batch.rows = raw.lines.size();
  std::vector<char> drop(batch.rows, 0);
  batch.columns.resize(columns_.size());
  for (size_t i = 0; i < columns_.size(); ++i) {
    absl::Status status =
        DecodeColumn(columns_[i], raw, &batch.columns[i], &owner->made[i], &drop, faults);
    if (!status.ok()) return status;
  }
  batch.lines = std::move(raw.lines);
  for (const auto& [name, source] : free_) {
    batch.free.emplace_back(name, raw.columns[static_cast<size_t>(source)]);
  }
  CheckRows(batch, &drop, faults);
  const auto dropped = static_cast<size_t>(std::count(drop.begin(), drop.end(), 1));
  if (dropped > 0) {
    const auto keep = [&drop](auto& values) {
      if (values.empty()) return;
      size_t kept = 0;
      for (size_t i = 0; i < drop.size(); ++i) {
        if (!drop[i]) values[kept++] = values[i];
      }
      values.resize(kept);
    };
    keep(batch.lines);
    for (ColumnData& column : batch.columns) {
      keep(column.numbers);
      keep(column.texts);
    }
    for (auto& [name, texts] : batch.free) keep(texts);
    batch.rows -= dropped;
  }
  batch.owner = std::move(owner);
  return batch;
}

}  // namespace plumbline::replay
