#include "replay/store/small_rows.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "replay/base/decimal.h"
#include "replay/base/units.h"
#include "replay/schema/schema.h"

namespace plumbline::replay {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// The field of LogRecord that holds rows of a table.
const FieldDescriptor* RecordField(const TableSchema& table) {
  const auto* record = v1::LogRecord::descriptor();
  for (int i = 0; i < record->field_count(); ++i) {
    if (record->field(i)->message_type() == table.message) {
      return record->field(i);
    }
  }
  return nullptr;
}

void SetNumber(Message* message, const FieldDescriptor* field, int64_t value) {
  const Reflection* reflection = message->GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_ENUM:
      reflection->SetEnumValue(message, field, static_cast<int>(value));
      break;
    case FieldDescriptor::CPPTYPE_BOOL:
      reflection->SetBool(message, field, value != 0);
      break;
    case FieldDescriptor::CPPTYPE_INT32:
      reflection->SetInt32(message, field, static_cast<int32_t>(value));
      break;
    default:
      reflection->SetInt64(message, field, value);
      break;
  }
}

void SetText(Message* message, const ColumnSchema& column,
             std::string_view text) {
  const Reflection* reflection = message->GetReflection();
  if (column.type == ColumnType::kText) {
    reflection->SetString(message, column.field, std::string(text));
    return;
  }
  for (std::string& member : JsonTexts(text)) {
    if (column.type == ColumnType::kTextList) {
      reflection->AddString(message, column.field, std::move(member));
      continue;
    }
    int64_t value;
    if (ParseDecimal(member, 3, &value)) {
      reflection->AddInt64(message, column.field, value);
    }
  }
}

// Columns that together name a row of a small table.
std::vector<const char*> KeyOf(std::string_view table) {
  if (table == "workers") return {"worker_id"};
  if (table == "published_rules") return {"rule_id", "effective_from"};
  if (table == "sanctions") return {"sanction_id"};
  if (table == "appeals") return {"appeal_id"};
  if (table == "batches") return {"batch_id"};
  if (table == "filings") return {"period", "kind"};
  if (table == "conditions") return {"zone", "from"};
  return {};
}

// Empty where a part of the key is unknown.
std::string KeyText(const Message& message, const TableSchema& table,
                    const std::vector<const char*>& columns) {
  std::string key;
  for (const char* name : columns) {
    const FieldDescriptor* field = table.columns[table.Find(name)].field;
    const Reflection* reflection = message.GetReflection();
    if (!reflection->HasField(message, field)) return "";
    if (!key.empty()) key += ' ';
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      key += reflection->GetString(message, field);
    } else {
      absl::StrAppend(&key, reflection->GetInt64(message, field));
    }
  }
  return key;
}

}  // namespace

std::vector<std::string> JsonTexts(std::string_view json) {
  std::vector<std::string> texts;
  google::protobuf::ListValue list;
  if (!google::protobuf::util::JsonStringToMessage({json.data(), json.size()},
                                                   &list)
           .ok()) {
    return texts;
  }
  for (const google::protobuf::Value& value : list.values()) {
    if (value.kind_case() == google::protobuf::Value::kStringValue) {
      texts.push_back(value.string_value());
    } else if (value.kind_case() == google::protobuf::Value::kNumberValue) {
      const double number = value.number_value();
      if (number == std::floor(number) && std::fabs(number) < 9e15) {
        texts.push_back(absl::StrCat(static_cast<int64_t>(number)));
      } else {
        texts.push_back(absl::StrCat(number));
      }
    }
  }
  return texts;
}

void AppendSmallRows(const RecordBatch& batch, std::vector<SmallRow>* rows) {
  const TableSchema& table = Tables()[batch.table];
  const FieldDescriptor* field = RecordField(table);
  const FieldDescriptor* attributes =
      table.message->FindFieldByName("attributes");
  for (size_t i = 0; i < batch.rows; ++i) {
    SmallRow& row = rows->emplace_back();
    row.file = batch.file;
    row.line = batch.lines[i];
    row.table = batch.table;
    Message* message =
        row.record.GetReflection()->MutableMessage(&row.record, field);
    for (const ColumnData& data : batch.columns) {
      const ColumnSchema& column = table.columns[data.column];
      if (!data.numbers.empty()) {
        if (IsKnown(data.numbers[i])) {
          SetNumber(message, column.field, data.numbers[i]);
        }
      } else if (!data.texts.empty() && data.texts[i].data() != nullptr) {
        SetText(message, column, data.texts[i]);
      }
    }
    if (attributes == nullptr) continue;
    for (const auto& [name, texts] : batch.free) {
      if (texts[i].data() == nullptr) continue;
      Message* entry =
          message->GetReflection()->AddMessage(message, attributes);
      const auto* descriptor = entry->GetDescriptor();
      entry->GetReflection()->SetString(entry, descriptor->map_key(),
                                        std::string(name));
      entry->GetReflection()->SetString(entry, descriptor->map_value(),
                                        std::string(texts[i]));
    }
  }
}

void SettleSmallRows(std::vector<SmallRow>* rows, FaultLog& faults) {
  std::sort(rows->begin(), rows->end(),
            [](const SmallRow& a, const SmallRow& b) {
              return std::tie(a.file, a.line, a.table) <
                     std::tie(b.file, b.line, b.table);
            });
  std::map<std::pair<int, std::string>, std::vector<size_t>> groups;
  for (size_t i = 0; i < rows->size(); ++i) {
    const SmallRow& row = (*rows)[i];
    const TableSchema& table = Tables()[row.table];
    const std::vector<const char*> columns = KeyOf(table.name);
    if (columns.empty()) continue;
    const Message& message =
        row.record.GetReflection()->GetMessage(row.record, RecordField(table));
    std::string key = KeyText(message, table, columns);
    if (!key.empty()) groups[{row.table, std::move(key)}].push_back(i);
  }
  std::vector<char> drop(rows->size());
  for (const auto& group : groups) {
    const std::vector<size_t>& members = group.second;
    if (members.size() < 2) continue;
    const TableSchema& table = Tables()[group.first.first];
    const bool equal =
        std::all_of(members.begin(), members.end(), [&](size_t i) {
          return google::protobuf::util::MessageDifferencer::Equals(
              (*rows)[members[0]].record, (*rows)[i].record);
        });
    for (const size_t i : members) {
      if (equal && i == members[0]) continue;
      drop[i] = 1;
      faults.Add(table.name, (*rows)[i].file, (*rows)[i].line,
                 KeyOf(table.name)[0],
                 equal ? "duplicate-id" : "conflicting-id", group.first.second);
    }
  }
  size_t kept = 0;
  for (size_t i = 0; i < rows->size(); ++i) {
    if (drop[i]) continue;
    if (kept != i) std::swap((*rows)[kept], (*rows)[i]);
    ++kept;
  }
  rows->resize(kept);
}

}  // namespace plumbline::replay
