#include "replay/schema/schema.h"

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace plumbline::replay {
namespace {

using google::protobuf::FieldDescriptor;

ColumnType TypeOf(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_ENUM:
      return ColumnType::kEnum;
    case FieldDescriptor::CPPTYPE_BOOL:
      return ColumnType::kBool;
    case FieldDescriptor::CPPTYPE_STRING:
      return field.is_repeated() ? ColumnType::kTextList : ColumnType::kText;
    default:
      return field.is_repeated() ? ColumnType::kNumberList
                                 : ColumnType::kNumber;
  }
}

TableSchema ReadTable(const google::protobuf::Descriptor& message) {
  TableSchema table;
  table.name = message.options().GetExtension(v1::table);
  table.doc = message.options().GetExtension(v1::table_doc);
  table.free_prefix = message.options().GetExtension(v1::free_columns);
  table.message = &message;
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    if (field.is_map()) continue;  // The free columns.
    ColumnSchema column;
    column.name = field.name();
    column.type = TypeOf(field);
    column.unit = field.options().GetExtension(v1::unit);
    column.required = field.options().GetExtension(v1::column_required);
    column.doc = field.options().GetExtension(v1::doc);
    column.field = &field;
    table.columns.push_back(std::move(column));
  }
  return table;
}

// STATUS_DELIVERED -> "delivered": the prefix is that of the zero value.
std::string WordOf(const google::protobuf::EnumValueDescriptor& value) {
  const std::string& zero = value.type()->value(0)->name();  // "STATUS_UNKNOWN"
  const size_t prefix = zero.size() - std::string_view("UNKNOWN").size();
  return absl::AsciiStrToLower(value.name().substr(prefix));
}

std::string UnitText(const ColumnSchema& column) {
  switch (column.type) {
    case ColumnType::kEnum: {
      std::string words;
      for (int i = 1; i < column.field->enum_type()->value_count(); ++i) {
        absl::StrAppend(&words, i > 1 ? ", " : "",
                        WordOf(*column.field->enum_type()->value(i)));
      }
      return words;
    }
    case ColumnType::kBool:
      return "true or false";
    case ColumnType::kTextList:
      return "JSON array of texts";
    case ColumnType::kNumberList:
      return "JSON array of numbers";
    default:
      break;
  }
  switch (column.unit) {
    case v1::INSTANT:
      return "instant";
    case v1::DURATION:
      return "seconds";
    case v1::MONEY:
      return "money, major units";
    case v1::DISTANCE:
      return "metres";
    case v1::DEGREES:
      return "degrees";
    case v1::DECIMAL:
      return "decimal";
    case v1::COUNT:
      return "integer";
    case v1::DATE:
      return "date";
    case v1::ID:
      return "id";
    default:
      return "text";
  }
}

}  // namespace

int TableSchema::Find(std::string_view column) const {
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name == column) return static_cast<int>(i);
  }
  return -1;
}

std::span<const TableSchema> Tables() {
  static const auto& tables = *[] {
    auto* result = new std::vector<TableSchema>;
    const google::protobuf::FileDescriptor* file =
        v1::Task::descriptor()->file();
    for (int i = 0; i < file->message_type_count(); ++i) {
      const google::protobuf::Descriptor& message = *file->message_type(i);
      if (message.options().HasExtension(v1::table))
        result->push_back(ReadTable(message));
    }
    return result;
  }();
  return tables;
}

const TableSchema* FindTable(std::string_view name) {
  for (const TableSchema& table : Tables()) {
    if (table.name == name) return &table;
  }
  return nullptr;
}

std::string EnumWord(const ColumnSchema& column, int value) {
  const auto* found = column.field->enum_type()->FindValueByNumber(value);
  return found == nullptr ? std::string() : WordOf(*found);
}

int EnumValue(const ColumnSchema& column, std::string_view word) {
  for (int i = 1; i < column.field->enum_type()->value_count(); ++i) {
    if (WordOf(*column.field->enum_type()->value(i)) == word) {
      return column.field->enum_type()->value(i)->number();
    }
  }
  return -1;
}

std::string DictionaryMarkdown() {
  std::string text;
  for (const TableSchema& table : Tables()) {
    absl::StrAppend(&text, "### `", table.name, "`\n\n", table.doc, "\n\n");
    absl::StrAppend(
        &text, "| column | required | form | meaning |\n|---|---|---|---|\n");
    for (const ColumnSchema& column : table.columns) {
      absl::StrAppend(&text, "| ", column.name, " | ",
                      column.required ? "yes" : "", " | ", UnitText(column),
                      " | ", column.doc, " |\n");
    }
    if (!table.free_prefix.empty()) {
      absl::StrAppend(&text, "| ", table.free_prefix,
                      "* | | text | Free columns. |\n");
    }
    absl::StrAppend(&text, "\n");
  }
  return text;
}

}  // namespace plumbline::replay
