// Length-delimited protobuf, by reflection.
#include <algorithm>
#include <cstring>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/reflection.h"
#include "google/protobuf/stubs/logging.h"
#include "google/protobuf/unknown_field_set.h"
#include "google/protobuf/util/message_differencer.h"
#include "replay/base/decimal.h"
#include "replay/ingest/json_cells.h"
#include "replay/ingest/readers/record_blocks.h"
#include "replay/ingest/readers/stream_rows.h"

namespace plumbline::replay {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// One table of one block, on its way into a batch.
class TableRows {
 public:
  explicit TableRows(const TableSchema& table) : table_(table) {}

  void Clear() {
    records_.clear();
    lines_.clear();
  }
  void Add(const Message& record, int64_t line) {
    records_.push_back(&record);
    lines_.push_back(line);
  }
  bool empty() const { return records_.empty(); }

  // Only columns that some record of the block has are in the batch.
  absl::Status Deliver(RowTarget* target) {
    target->faults.CountRows(table_.name, target->decode.file_index,
                             static_cast<int64_t>(records_.size()));
    const Reflection& reflection = *records_[0]->GetReflection();
    v1::TableImport import;
    import.set_table(table_.name);
    std::vector<std::string> columns;
    std::vector<const FieldDescriptor*> fields;
    std::set<std::string> free;
    for (const ColumnSchema& column : table_.columns) {
      const bool some =
          std::any_of(records_.begin(), records_.end(), [&](const Message* m) {
            return column.field->is_repeated()
                       ? reflection.FieldSize(*m, column.field) > 0
                       : reflection.HasField(*m, column.field);
          });
      if (!some && !column.required) continue;
      auto& mapped = *import.add_columns();
      mapped.set_to(column.name);
      mapped.set_from(column.name);
      columns.push_back(column.name);
      fields.push_back(column.field);
      if (!some) continue;
      target->columns.insert(absl::StrCat(table_.name, ".", column.name));
    }
    const FieldDescriptor* map = table_.message->FindFieldByName("attributes");
    if (map != nullptr) {
      for (const Message* record : records_) {
        for (int i = 0; i < reflection.FieldSize(*record, map); ++i) {
          free.insert(Entry(*record, reflection, map, i).first);
        }
      }
    }
    // The key of a free column may be written with its prefix or without.
    std::set<std::string> prefixed;
    for (const std::string& key : free) {
      prefixed.insert(key.rfind(table_.free_prefix, 0) == 0
                          ? key
                          : table_.free_prefix + key);
    }
    const std::vector<std::string> keys(prefixed.begin(), prefixed.end());
    for (const std::string& name : keys) {
      columns.push_back(name);
      target->columns.insert(absl::StrCat(table_.name, ".", name));
    }
    Source source{*this, reflection, fields, map, keys};
    return target->Deliver(import, std::move(columns), lines_, source, work_);
  }

 private:
  static std::pair<std::string, std::string> Entry(const Message& record,
                                                   const Reflection& reflection,
                                                   const FieldDescriptor* map,
                                                   int index) {
    const Message& entry = reflection.GetRepeatedMessage(record, map, index);
    const Reflection& inner = *entry.GetReflection();
    const auto* type = entry.GetDescriptor();
    return {inner.GetString(entry, type->FindFieldByNumber(1)),
            inner.GetString(entry, type->FindFieldByNumber(2))};
  }

  struct Source {
    TableRows& rows;
    const Reflection& reflection;
    const std::vector<const FieldDescriptor*>& fields;
    const FieldDescriptor* map;
    const std::vector<std::string>& keys;

    // Texts, lists and free columns.
    template <typename Visitor>
    void Visit(int column, Visitor&& visitor) {
      const auto index = static_cast<size_t>(column);
      std::string scratch;
      for (const Message* record : rows.records_) {
        if (index >= fields.size()) {
          const std::string& key = keys[index - fields.size()];
          scratch.clear();
          for (int i = 0; i < reflection.FieldSize(*record, map); ++i) {
            auto [name, value] = Entry(*record, reflection, map, i);
            const bool exact = name == key;
            if (exact || (scratch.empty() &&
                          absl::StrCat(rows.table_.free_prefix, name) == key)) {
              scratch = value;
            }
            if (exact) break;
          }
          const std::string_view text = rows.work_.arena.Copy(scratch);
          visitor(text.data(), text.size());
          continue;
        }
        const FieldDescriptor* field = fields[index];
        if (field->is_repeated()) {
          const std::string_view text =
              rows.work_.arena.Copy(ListText(*record, field));
          visitor(text.data(), text.size());
        } else if (!reflection.HasField(*record, field)) {
          visitor(nullptr, size_t{0});
        } else {
          const std::string& text =
              reflection.GetStringReference(*record, field, &scratch);
          visitor(text.data(), text.size());
        }
      }
    }

    std::string ListText(const Message& record,
                         const FieldDescriptor* field) const {
      const int size = reflection.FieldSize(record, field);
      if (size == 0) return "";
      std::vector<std::string> items;
      const bool numbers = field->cpp_type() != FieldDescriptor::CPPTYPE_STRING;
      const int digits = DigitsOf(field->options().GetExtension(v1::unit));
      for (int i = 0; i < size; ++i) {
        items.push_back(
            numbers
                ? FormatDecimal(reflection.GetRepeatedInt64(record, field, i),
                                digits, 0)
                : reflection.GetRepeatedString(record, field, i));
      }
      std::string json;
      AppendJsonList(items, numbers, &json);
      return json;
    }

    bool Typed(const Decoder& decoder, size_t column, Decoder::Work& work) {
      const MappedColumn& mapped = decoder.columns()[column];
      if (mapped.kind == CellKind::kText || mapped.kind == CellKind::kList) {
        return false;
      }
      const FieldDescriptor* field = mapped.schema->field;
      int64_t* out = work.batch.columns[column].numbers.data();
      for (size_t row = 0; row < rows.records_.size(); ++row) {
        const Message& record = *rows.records_[row];
        if (!reflection.HasField(record, field)) {
          out[row] = decoder.SlowNumber(column, row, {}, work);
          continue;
        }
        int64_t value = 0;
        CellResult result = CellResult::kGood;
        switch (field->cpp_type()) {
          case FieldDescriptor::CPPTYPE_ENUM:
            value = reflection.GetEnumValue(record, field);
            if (value == 0 || field->enum_type()->FindValueByNumber(
                                  static_cast<int>(value)) == nullptr) {
              result = CellResult::kUnparsable;
            }
            break;
          case FieldDescriptor::CPPTYPE_BOOL:
            value = reflection.GetBool(record, field) ? 1 : 0;
            break;
          case FieldDescriptor::CPPTYPE_INT32:
            value = reflection.GetInt32(record, field);
            break;
          default:
            value = reflection.GetInt64(record, field);
            if (!IsKnown(value)) result = CellResult::kOutOfRange;
        }
        out[row] = decoder.Settle(column, row, result, value,
                                  std::to_string(value), work);
      }
      return true;
    }
  };

  const TableSchema& table_;
  std::vector<const Message*> records_;
  std::vector<int64_t> lines_;
  Decoder::Work work_;
};

// The message inside the record, if it is a row.
const Message* RowOf(const v1::LogRecord& record) {
  const Reflection& reflection = *record.GetReflection();
  const FieldDescriptor* field = reflection.GetOneofFieldDescriptor(
      record, v1::LogRecord::descriptor()->oneof_decl(0));
  return field == nullptr ? nullptr : &reflection.GetMessage(record, field);
}

// One thread's records, sorted into their tables.
class RecordRows {
 public:
  explicit RecordRows(const DecodeOptions&) {
    for (const TableSchema& table : Tables()) {
      tables_.try_emplace(table.message->name(), table);
    }
  }

  absl::Status Read(const RecordBlock& block, RowTarget* target) {
    for (auto& [name, rows] : tables_) rows.Clear();
    if (absl::Status status = Parse(target->file, block); !status.ok()) {
      return status;
    }
    for (size_t i = 0; i < block.places.size(); ++i) {
      const Message* row = RowOf(records_[i]);
      const auto found = tables_.find(row->GetDescriptor()->name());
      if (found == tables_.end()) continue;  // The LogInfo.
      found->second.Add(*row, block.first + static_cast<int64_t>(i));
    }
    for (auto& [name, rows] : tables_) {
      if (rows.empty()) continue;
      if (absl::Status status = rows.Deliver(target); !status.ok()) {
        return status;
      }
    }
    return absl::OkStatus();
  }

 private:
  absl::Status Parse(const SourceFile& file, const RecordBlock& block) {
    const google::protobuf::LogSilencer silence;  // What is wrong is returned.
    records_.resize(std::max(records_.size(), block.places.size()));
    for (size_t i = 0; i < block.places.size(); ++i) {
      const auto [at, size] = block.places[i];
      v1::LogRecord& record = records_[i];
      const int64_t number = block.first + static_cast<int64_t>(i);
      if (!record.ParseFromArray(block.bytes.data() + at,
                                 static_cast<int>(size)) ||
          record.record_case() == v1::LogRecord::RECORD_NOT_SET) {
        return RecordError(file, number,
                           "cannot be parsed, expected a "
                           "plumbline.v1.LogRecord of a kind that is known",
                           "write it again with this version's log.proto");
      }
      if (record.has_info() &&
          (file.info == nullptr ||
           !google::protobuf::util::MessageDifferencer::Equals(record.info(),
                                                               *file.info))) {
        return RecordError(file, number,
                           "is a LogInfo that differs from the first, expected "
                           "one for the whole file",
                           "audit the logs apart");
      }
    }
    return absl::OkStatus();
  }

  std::vector<v1::LogRecord> records_;  // The blocks' in turn.
  std::map<std::string, TableRows> tables_;
};

}  // namespace

bool SniffRecord(std::string_view head, v1::LogRecord* record) {
  const google::protobuf::LogSilencer silence;  // What is wrong is returned.
  uint64_t length = 0;
  const int size = ReadLength(head, &length);
  if (size <= 0 || length > head.size() - static_cast<size_t>(size)) {
    return false;
  }
  return length > 0 &&
         record->ParseFromArray(head.data() + size, static_cast<int>(length)) &&
         record->record_case() != v1::LogRecord::RECORD_NOT_SET &&
         record->GetReflection()->GetUnknownFields(*record).empty();
}

absl::Status ReadProtobuf(const SourceFile& file, const DecodeOptions& decode,
                          const ReadOptions& options, FaultLog& faults,
                          RecordSink& sink, std::vector<std::string>* columns) {
  RecordBlocks blocks(file, options);
  return ReadBlocks<RecordRows>(blocks, file, decode, options, faults, sink,
                                columns);
}

absl::StatusOr<int64_t> CountRecords(const SourceFile& file,
                                     const ReadOptions& options) {
  RecordBlocks blocks(file, options);
  if (absl::Status status = blocks.Open(); !status.ok()) return status;
  RecordBlock block;
  int64_t rows = file.info == nullptr ? 0 : -1;
  while (true) {
    absl::Status status = blocks.Next(&block);
    if (!status.ok()) return status;
    if (block.empty()) return rows;
    rows += static_cast<int64_t>(block.places.size());
  }
}

}  // namespace plumbline::replay
