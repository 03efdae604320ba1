#include "replay/ingest/decode.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "replay/base/decimal.h"
#include "replay/ingest/json_cells.h"

namespace plumbline::replay {
namespace {

// Abseil of this age has a string view of its own.
absl::string_view View(std::string_view text) {
  return {text.data(), text.size()};
}

const char* FormName(CellKind kind) {
  return kind == CellKind::kEpoch ? "an epoch number"
                                  : "RFC 3339 with an offset";
}

}  // namespace

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
    data.entries.clear();
    data.dictionary = 0;
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

}  // namespace plumbline::replay
