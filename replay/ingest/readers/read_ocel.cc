// OCEL 2.0 JSON whose objects are rows of our tables, as `convert` writes it.
// Every cell is an attribute of its object; the events only repeat instants and
// are passed over.
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "replay/ingest/json_walker.h"
#include "replay/ingest/ocel.h"
#include "replay/ingest/readers/object_blocks.h"
#include "replay/ingest/readers/stream_rows.h"

namespace plumbline::replay {
namespace {

struct Attribute {
  std::string name;
  std::string value;
};

struct Object {
  std::string type;
  std::vector<Attribute> attributes;
  size_t size = 0;  // Attributes in use; the others keep their memory.
};

absl::Status Unparsable(const SourceFile& file, int64_t object) {
  return ObjectError(file, object,
                     "cannot be parsed, expected an OCEL 2.0 object",
                     "export it again");
}

// Visits the members of an object; false where it is no JSON.
template <typename Visit>
bool EachMember(JsonWalker& walker, std::string& key, Visit visit) {
  if (!walker.Take('{')) return false;
  if (walker.Take('}')) return true;
  do {
    if (!walker.String(&key) || !walker.Take(':') || !visit()) return false;
  } while (walker.Take(','));
  return walker.Take('}');
}

bool ParseAttributes(JsonWalker& walker, std::string& key, Object* object) {
  std::string ignored;
  if (!walker.Take('[')) return false;
  if (walker.Take(']')) return true;
  do {
    if (object->size == object->attributes.size()) {
      object->attributes.emplace_back();
    }
    Attribute& attribute = object->attributes[object->size++];
    attribute.name.clear();
    attribute.value.clear();
    const bool good = EachMember(walker, key, [&] {
      if (key == "name") return walker.String(&attribute.name);
      return walker.Value(key == "value" ? &attribute.value : &ignored);
    });
    if (!good) return false;
  } while (walker.Take(','));
  return walker.Take(']');
}

bool ParseObject(std::string_view text, Object* object) {
  std::string key;
  std::string ignored;
  object->type.clear();
  object->size = 0;
  JsonWalker walker(text);
  return EachMember(walker, key,
                    [&] {
                      if (key == "type") return walker.String(&object->type);
                      if (key == "attributes") {
                        return ParseAttributes(walker, key, object);
                      }
                      return walker.Value(&ignored);
                    }) &&
         walker.AtEnd();
}

// The rows of one table in one block, on their way into a batch.
class TableObjects {
 public:
  explicit TableObjects(const TableSchema& table) : table_(table) {}

  void Clear() {
    cells_.clear();
    lines_.clear();
    arena_.Clear();
  }
  bool empty() const { return lines_.empty(); }
  // Of the last Deliver, where it failed.
  int64_t problem_line() const { return work_.problem_line; }
  bool Knows(const std::string& name) const {
    return table_.Find(name) >= 0 ||
           (!table_.free_prefix.empty() &&
            absl::StartsWith(name, table_.free_prefix));
  }

  void Begin(int64_t line) { lines_.push_back(line); }
  // A cell of the row begun last. False: it has the cell already.
  bool Add(const Attribute& attribute) {
    std::vector<std::string_view>& column = cells_[attribute.name];
    if (column.size() == lines_.size()) return false;
    column.resize(lines_.size());
    column.back() = arena_.Copy(attribute.value);
    return true;
  }

  absl::Status Deliver(RowTarget* target) {
    target->faults.CountRows(table_.name, target->decode.file_index,
                             static_cast<int64_t>(lines_.size()));
    for (const auto& [name, column] : cells_) {
      target->columns.insert(absl::StrCat(table_.name, ".", name));
    }
    for (const ColumnSchema& column : table_.columns) {
      if (column.required) cells_.try_emplace(column.name);
    }
    v1::TableImport import;
    import.set_table(table_.name);
    std::vector<std::string> names;
    std::vector<const std::vector<std::string_view>*> columns;
    for (auto& [name, column] : cells_) {
      column.resize(lines_.size());
      names.push_back(name);
      columns.push_back(&column);
      if (table_.Find(name) < 0) continue;
      v1::ColumnImport& mapped = *import.add_columns();
      mapped.set_to(name);
      mapped.set_from(name);
    }
    struct {
      const std::vector<const std::vector<std::string_view>*>& columns;
      void Visit(int column,
                 absl::FunctionRef<void(const char*, size_t)> visitor) const {
        for (const std::string_view cell :
             *columns[static_cast<size_t>(column)]) {
          visitor(cell.data(), cell.size());
        }
      }
    } source{columns};
    return target->Deliver(import, std::move(names), lines_, source, work_);
  }

 private:
  const TableSchema& table_;
  std::map<std::string, std::vector<std::string_view>> cells_;  // By column.
  std::vector<int64_t> lines_;
  TextArena arena_;
  Decoder::Work work_;
};

// One thread's objects, sorted into their tables.
class ObjectRows {
 public:
  explicit ObjectRows(const DecodeOptions&) {
    for (const TableSchema& table : Tables()) {
      tables_.try_emplace(table.name, table);
    }
  }

  absl::Status Read(const ObjectBlock& block, RowTarget* target) {
    for (auto& [name, rows] : tables_) rows.Clear();
    absl::Status status;
    for (size_t i = 0; i < block.ends.size() && status.ok(); ++i) {
      status = Add(target->file, block.first + static_cast<int64_t>(i),
                   block.Text(i));
    }
    // Rows before an object that is no row may have the earlier error.
    int64_t problem = std::numeric_limits<int64_t>::max();
    for (auto& [name, rows] : tables_) {
      if (rows.empty()) continue;
      const absl::Status delivered = rows.Deliver(target);
      if (delivered.ok() || rows.problem_line() >= problem) continue;
      problem = rows.problem_line();
      status = delivered;
    }
    return status;
  }

 private:
  absl::Status Add(const SourceFile& file, int64_t number,
                   std::string_view text) {
    if (!ParseObject(text, &object_)) return Unparsable(file, number);
    const auto found = tables_.find(object_.type);
    if (found == tables_.end()) {
      if (IsOcelEntity(object_.type)) return absl::OkStatus();
      return ObjectError(
          file, number,
          absl::StrCat("is of the type \"", object_.type,
                       "\", expected a table of docs/log_format.md"),
          "convert the log to tables, or take the object out");
    }
    TableObjects& rows = found->second;
    rows.Begin(number);
    for (size_t i = 0; i < object_.size; ++i) {
      const Attribute& attribute = object_.attributes[i];
      if (!rows.Knows(attribute.name)) {
        const std::string name =
            absl::StrCat(object_.type, ".", attribute.name);
        if (std::find(file.columns.begin(), file.columns.end(), name) !=
            file.columns.end()) {
          continue;  // Told as a column that nothing reads.
        }
        return ObjectError(file, number,
                           absl::StrCat("has the attribute \"", attribute.name,
                                        "\", expected only such as objectTypes "
                                        "declares at the front of the file"),
                           "declare it there");
      }
      if (!rows.Add(attribute)) {
        return ObjectError(
            file, number,
            absl::StrCat("has the attribute \"", attribute.name,
                         "\" twice, expected one value for each"),
            "keep the one that holds");
      }
    }
    return absl::OkStatus();
  }

  Object object_;
  std::map<std::string, TableObjects> tables_;
};

// "type.attribute" for each that `objectTypes` declares.
bool DeclaredColumns(JsonWalker& walker, std::vector<std::string>* columns) {
  std::string key;
  if (!walker.Take('[')) return false;
  if (walker.Take(']')) return true;
  do {
    std::string type;
    std::string ignored;
    Object declared;
    const bool good = EachMember(walker, key, [&] {
      if (key == "name") return walker.String(&type);
      if (key == "attributes") return ParseAttributes(walker, key, &declared);
      return walker.Value(&ignored);
    });
    if (!good) return false;
    for (size_t a = 0; a < declared.size; ++a) {
      columns->push_back(absl::StrCat(type, ".", declared.attributes[a].name));
    }
  } while (walker.Take(','));
  return walker.Take(']');
}

}  // namespace

bool SniffOcel(std::string_view head, SourceFile* file) {
  JsonWalker walker(head);
  std::string key;
  std::string ignored;
  if (!walker.Take('{')) return false;
  bool ocel = false;
  do {
    if (!walker.String(&key) || !walker.Take(':')) break;
    const bool known = key == "objectTypes" || key == "eventTypes" ||
                       key == "objects" || key == "events";
    ocel = ocel || (known && walker.Peek() == '[');
    if (key == "objectTypes") {
      file->columns.clear();
      if (!DeclaredColumns(walker, &file->columns)) break;
    } else if (!walker.Value(&ignored)) {
      break;  // It does not end within the head.
    }
  } while (walker.Take(','));
  if (!ocel) file->columns.clear();
  return ocel;
}

absl::StatusOr<int64_t> CountOcelRows(const SourceFile& file,
                                      const ReadOptions& options) {
  ObjectBlocks blocks(file, options);
  if (absl::Status status = blocks.Open(); !status.ok()) return status;
  ObjectBlock block;
  Object object;
  int64_t rows = 0;
  while (true) {
    absl::Status status = blocks.Next(&block);
    if (!status.ok()) return status;
    if (block.empty()) return rows;
    for (size_t i = 0; i < block.ends.size(); ++i) {
      if (!ParseObject(block.Text(i), &object)) {
        return Unparsable(file, block.first + static_cast<int64_t>(i));
      }
      rows += FindTable(object.type) != nullptr ? 1 : 0;
    }
  }
}

absl::Status ReadOcel(const SourceFile& file, const DecodeOptions& decode,
                      const ReadOptions& options, FaultLog& faults,
                      RecordSink& sink, std::vector<std::string>* columns) {
  DecodeOptions instants = decode;
  instants.instants = v1::RFC_3339;  // OCEL knows no other.
  ObjectBlocks blocks(file, options);
  return ReadBlocks<ObjectRows>(blocks, file, instants, options, faults, sink,
                                columns);
}

}  // namespace plumbline::replay
