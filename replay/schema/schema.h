#ifndef PLUMBLINE_REPLAY_SCHEMA_SCHEMA_H_
#define PLUMBLINE_REPLAY_SCHEMA_SCHEMA_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plumbline/v1/log.pb.h"

namespace plumbline::replay {

// The canonical tables, read once from the descriptors of log.proto. Nothing
// else in the project lists columns.
enum class ColumnType { kNumber, kEnum, kBool, kText, kTextList, kNumberList };

struct ColumnSchema {
  std::string name;  // "accepted_at"
  ColumnType type = ColumnType::kNumber;
  v1::Unit unit = v1::NONE;
  bool required = false;
  std::string doc;
  const google::protobuf::FieldDescriptor* field = nullptr;
};

struct TableSchema {
  std::string name;  // "tasks"
  std::string doc;
  std::string free_prefix;  // "attr_", "x_" or empty.
  std::vector<ColumnSchema> columns;
  const google::protobuf::Descriptor* message = nullptr;

  int Find(std::string_view column) const;  // Index, or -1.
};

// All tables in the order of log.proto. Built on first use; thread-safe; lives
// for ever.
std::span<const TableSchema> Tables();
const TableSchema* FindTable(std::string_view name);  // nullptr if none.

// The word of an enum value as a log writes it ("delivered"), and back. An
// unknown word gives -1. `column.type` must be kEnum.
std::string EnumWord(const ColumnSchema& column, int value);
int EnumValue(const ColumnSchema& column, std::string_view word);

// The dictionary of all tables as Markdown, for docs/log_format.md; a test
// keeps the file equal to this.
std::string DictionaryMarkdown();

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_SCHEMA_SCHEMA_H_
