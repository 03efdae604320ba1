#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/wire_format_lite.h"
#include "plumbline/v1/log.pb.h"
#include "replay/base/decimal.h"
#include "replay/base/units.h"
#include "replay/ingest/json_cells.h"
#include "replay/ingest/writers/writer.h"

namespace plumbline::replay {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

absl::Status SetList(const ColumnSchema& column, std::string_view json,
                     Message* message) {
  const Reflection& reflection = *message->GetReflection();
  std::vector<std::string> items;
  if (!ListItems(json, v1::LIST_FORM_UNSPECIFIED, "", &items)) {
    return absl::InternalError(
        absl::StrCat("a list of ", column.name, " is no JSON array"));
  }
  for (const std::string& item : items) {
    if (column.type == ColumnType::kTextList) {
      reflection.AddString(message, column.field, item);
      continue;
    }
    int64_t value = 0;
    if (!ParseDecimal(item, 3, &value)) {  // Seconds to milliseconds.
      return absl::InternalError(
          absl::StrCat("a list of ", column.name, " holds ", item));
    }
    reflection.AddInt64(message, column.field, value);
  }
  return absl::OkStatus();
}

void SetNumber(const ColumnSchema& column, int64_t value, Message* message) {
  const Reflection& reflection = *message->GetReflection();
  switch (column.field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      reflection.SetBool(message, column.field, value != 0);
      break;
    case FieldDescriptor::CPPTYPE_ENUM:
      reflection.SetEnumValue(message, column.field, static_cast<int>(value));
      break;
    case FieldDescriptor::CPPTYPE_INT32:
      reflection.SetInt32(message, column.field, static_cast<int32_t>(value));
      break;
    default:
      reflection.SetInt64(message, column.field, value);
  }
}

void SetAttribute(const TableSchema& table, const std::string& name,
                  std::string_view value, Message* message) {
  const FieldDescriptor* map = table.message->FindFieldByName("attributes");
  Message* entry = message->GetReflection()->AddMessage(message, map);
  const auto* type = entry->GetDescriptor();
  entry->GetReflection()->SetString(entry, type->map_key(), name);
  entry->GetReflection()->SetString(entry, type->map_value(),
                                    std::string(value));
}

// The member of LogRecord that holds rows of the table.
const FieldDescriptor* RecordField(const TableSchema& table) {
  const auto* type = v1::LogRecord::descriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    if (type->field(i)->message_type() == table.message) return type->field(i);
  }
  return nullptr;
}

}  // namespace

absl::Status WriteProtobuf(Spool& spool, const SpooledTable& table,
                           const std::string& path) {
  const TableSchema& schema = Tables()[static_cast<size_t>(table.table)];
  const FieldDescriptor* field = RecordField(schema);
  OutputFile file(path);
  v1::LogRecord record;
  std::string bytes;
  absl::Status status =
      spool.Visit(table, [&](const SpooledRow& row) -> absl::Status {
        record.Clear();
        Message* message =
            record.GetReflection()->MutableMessage(&record, field);
        for (size_t c = 0; c < table.columns.size(); ++c) {
          const ColumnSchema& column =
              schema.columns[static_cast<size_t>(table.columns[c])];
          if (IsKnown(row.numbers[c]))
            SetNumber(column, row.numbers[c], message);
          if (row.texts[c].empty()) continue;
          if (column.type == ColumnType::kText) {
            message->GetReflection()->SetString(message, column.field,
                                                std::string(row.texts[c]));
          } else if (absl::Status set = SetList(column, row.texts[c], message);
                     !set.ok()) {
            return set;
          }
        }
        for (size_t f = 0; f < row.free.size(); ++f) {
          if (!row.free[f].empty())
            SetAttribute(schema, table.free[f], row.free[f], message);
        }
        // Map entries in order of their keys, so that the bytes are always the
        // same.
        bytes.clear();
        {
          google::protobuf::io::StringOutputStream stream(&bytes);
          google::protobuf::io::CodedOutputStream coded(&stream);
          coded.SetSerializationDeterministic(true);
          coded.WriteVarint32(static_cast<uint32_t>(record.ByteSizeLong()));
          record.SerializeWithCachedSizes(&coded);
        }
        file.buffer() += bytes;
        return file.FlushIfFull();
      });
  return status.ok() ? file.Close() : status;
}

}  // namespace plumbline::replay
