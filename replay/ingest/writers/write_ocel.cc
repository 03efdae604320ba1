#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "replay/base/units.h"
#include "replay/ingest/json_cells.h"
#include "replay/ingest/ocel.h"
#include "replay/ingest/writers/writer.h"

namespace plumbline::replay {
namespace {

// OCEL gives each attribute a time; what holds throughout stands at the epoch.
constexpr const char* kAlways = "1970-01-01T00:00:00Z";

const char* AttributeType(const ColumnSchema& column) {
  if (column.type == ColumnType::kBool) return "boolean";
  if (column.type != ColumnType::kNumber) return "string";
  switch (column.unit) {
    case v1::INSTANT:
      return "time";
    case v1::COUNT:
      return "integer";
    case v1::DATE:
      return "string";
    default:
      return "float";
  }
}

bool IsInstant(const ColumnSchema& column) {
  return column.type == ColumnType::kNumber && column.unit == v1::INSTANT;
}

std::string RowId(const TableSchema& schema, int64_t row) {
  return absl::StrCat(schema.name, "/", row);
}

std::string EntityId(const std::string& column, std::string_view id) {
  return absl::StrCat(column, "/", std::string(id));
}

class OcelWriter {
 public:
  OcelWriter(Spool& spool, const std::vector<SpooledTable>& tables,
             const std::string& path)
      : spool_(spool), tables_(tables), file_(path), text_(file_.buffer()) {}

  absl::Status Run() {
    text_ += "{\"objectTypes\":[";
    WriteObjectTypes();
    text_ += "\n],\"eventTypes\":[";
    WriteEventTypes();
    text_ += "\n],\"objects\":[";
    first_ = true;
    absl::Status status =
        ForEachRow([&](const SpooledTable& table, const TableSchema& schema,
                       int64_t number, const SpooledRow& row) {
          WriteObject(table, schema, number, row);
        });
    if (!status.ok()) return status;
    for (const auto& [type, id] : entities_) {
      Begin();
      text_ += "{\"id\":";
      AppendJsonString(EntityId(type, id), &text_);
      text_ += ",\"type\":";
      AppendJsonString(type, &text_);
      text_ += ",\"attributes\":[],\"relationships\":[]}";
      if (status = file_.FlushIfFull(); !status.ok()) return status;
    }
    text_ += "\n],\"events\":[";
    first_ = true;
    status =
        ForEachRow([&](const SpooledTable& table, const TableSchema& schema,
                       int64_t number, const SpooledRow& row) {
          WriteEvents(table, schema, number, row);
        });
    if (!status.ok()) return status;
    text_ += "\n]}\n";
    return file_.Close();
  }

 private:
  template <typename Visit>
  absl::Status ForEachRow(Visit visit) {
    for (const SpooledTable& table : tables_) {
      const TableSchema& schema = Tables()[static_cast<size_t>(table.table)];
      int64_t number = 0;
      absl::Status status = spool_.Visit(table, [&](const SpooledRow& row) {
        visit(table, schema, ++number, row);
        return file_.FlushIfFull();
      });
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  void Begin() {
    if (!std::exchange(first_, false)) text_.push_back(',');
    text_.push_back('\n');
  }

  void WriteTypeAttribute(const std::string& name, const char* type,
                          bool first) {
    if (!first) text_.push_back(',');
    text_ += "{\"name\":";
    AppendJsonString(name, &text_);
    absl::StrAppend(&text_, ",\"type\":\"", type, "\"}");
  }

  void WriteObjectTypes() {
    first_ = true;
    std::set<std::string> entities;
    for (const SpooledTable& table : tables_) {
      const TableSchema& schema = Tables()[static_cast<size_t>(table.table)];
      Begin();
      absl::StrAppend(&text_, "{\"name\":\"", schema.name,
                      "\",\"attributes\":[");
      bool first = true;
      for (const int c : table.columns) {
        const ColumnSchema& column = schema.columns[static_cast<size_t>(c)];
        WriteTypeAttribute(column.name, AttributeType(column),
                           std::exchange(first, false));
        if (IsOcelEntity(column.name)) entities.insert(column.name);
      }
      for (const std::string& name : table.free) {
        WriteTypeAttribute(name, "string", std::exchange(first, false));
      }
      text_ += "]}";
    }
    for (const std::string& entity : entities) {
      Begin();
      absl::StrAppend(&text_, "{\"name\":\"", entity, "\",\"attributes\":[]}");
    }
  }

  void WriteEventTypes() {
    first_ = true;
    for (const SpooledTable& table : tables_) {
      const TableSchema& schema = Tables()[static_cast<size_t>(table.table)];
      for (const int c : table.columns) {
        const ColumnSchema& column = schema.columns[static_cast<size_t>(c)];
        if (!IsInstant(column)) continue;
        Begin();
        absl::StrAppend(&text_, "{\"name\":\"", schema.name, ".", column.name,
                        "\",\"attributes\":[]}");
      }
    }
  }

  void BeginAttribute(const std::string& name, bool first) {
    if (!first) text_.push_back(',');
    text_ += "{\"name\":";
    AppendJsonString(name, &text_);
    absl::StrAppend(&text_, ",\"time\":\"", kAlways, "\",\"value\":");
  }

  void WriteObject(const SpooledTable& table, const TableSchema& schema,
                   int64_t number, const SpooledRow& row) {
    Begin();
    absl::StrAppend(&text_, "{\"id\":\"", RowId(schema, number),
                    "\",\"type\":\"", schema.name, "\",\"attributes\":[");
    bool first = true;
    for (size_t c = 0; c < table.columns.size(); ++c) {
      const ColumnSchema& column =
          schema.columns[static_cast<size_t>(table.columns[c])];
      if (IsKnown(row.numbers[c])) {
        BeginAttribute(column.name, std::exchange(first, false));
        std::string value;
        AppendValue(column, row.numbers[c], absl::UTCTimeZone(), &value);
        const bool bare =
            column.type == ColumnType::kBool ||
            (column.type == ColumnType::kNumber && column.unit != v1::INSTANT &&
             column.unit != v1::DATE);
        if (bare) {
          text_ += value;
        } else {
          AppendJsonString(value, &text_);
        }
        text_.push_back('}');
      } else if (!row.texts[c].empty()) {
        BeginAttribute(column.name, std::exchange(first, false));
        AppendJsonString(row.texts[c], &text_);
        text_.push_back('}');
      }
    }
    for (size_t f = 0; f < row.free.size(); ++f) {
      if (row.free[f].empty()) continue;
      BeginAttribute(table.free[f], std::exchange(first, false));
      AppendJsonString(row.free[f], &text_);
      text_.push_back('}');
    }
    text_ += "],\"relationships\":[";
    WriteRelations(table, schema, row, /*first=*/true);
    text_ += "]}";
  }

  // The entities that the row names; gathers them on the way.
  void WriteRelations(const SpooledTable& table, const TableSchema& schema,
                      const SpooledRow& row, bool first) {
    for (size_t c = 0; c < table.columns.size(); ++c) {
      const std::string& name =
          schema.columns[static_cast<size_t>(table.columns[c])].name;
      if (!IsOcelEntity(name) || row.texts[c].empty()) continue;
      entities_.emplace(name, std::string(row.texts[c]));
      if (!std::exchange(first, false)) text_.push_back(',');
      text_ += "{\"objectId\":";
      AppendJsonString(EntityId(name, row.texts[c]), &text_);
      absl::StrAppend(&text_, ",\"qualifier\":\"", name, "\"}");
    }
  }

  void WriteEvents(const SpooledTable& table, const TableSchema& schema,
                   int64_t number, const SpooledRow& row) {
    for (size_t c = 0; c < table.columns.size(); ++c) {
      const ColumnSchema& column =
          schema.columns[static_cast<size_t>(table.columns[c])];
      if (!IsInstant(column) || !IsKnown(row.numbers[c])) continue;
      Begin();
      const std::string id = RowId(schema, number);
      absl::StrAppend(&text_, "{\"id\":\"", id, "/", column.name,
                      "\",\"type\":\"", schema.name, ".", column.name,
                      "\",\"time\":\"");
      AppendValue(column, row.numbers[c], absl::UTCTimeZone(), &text_);
      absl::StrAppend(
          &text_, "\",\"attributes\":[],\"relationships\":[{\"objectId\":\"",
          id, "\",\"qualifier\":\"row\"}");
      WriteRelations(table, schema, row, /*first=*/false);
      text_ += "]}";
    }
  }

  Spool& spool_;
  const std::vector<SpooledTable>& tables_;
  OutputFile file_;
  std::string& text_;
  bool first_ = true;
  std::set<std::pair<std::string, std::string>> entities_;
};

}  // namespace

absl::Status WriteOcel(Spool& spool, const std::vector<SpooledTable>& tables,
                       const std::string& path) {
  return OcelWriter(spool, tables, path).Run();
}

}  // namespace plumbline::replay
