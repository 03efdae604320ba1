// OCEL 2.0 JSON whose objects are rows of our tables, as `convert` writes it:
// one thread at a time takes whole objects out of the stream, all parse them.
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
#include "replay/ingest/readers/internal.h"
#include "replay/ingest/readers/json_stream.h"

namespace plumbline::replay {
namespace {

// Some objects of the file, one after the other.
struct ObjectBlock {
  std::string bytes;
  std::vector<size_t> ends;  // Of each object in `bytes`.
  int64_t first = 1;         // Number of the first.
  int64_t number = -1;       // Of the block.

  std::string_view Text(size_t object) const {
    const size_t from = object == 0 ? 0 : ends[object - 1];
    return std::string_view(bytes).substr(from, ends[object] - from);
  }
};

struct Attribute {
  std::string name;
  std::string value;
};

struct Object {
  std::string type;
  std::vector<Attribute> attributes;
  size_t size = 0;  // Attributes in use; the others keep their memory.
};

absl::Status ObjectError(const SourceFile& file, int64_t object,
                         const std::string& what, const std::string& remedy) {
  return FileError(file, absl::StrCat("object ", object, " ", what), remedy,
                   object);
}

absl::Status Unparsable(const SourceFile& file, int64_t object) {
  return ObjectError(file, object,
                     "cannot be parsed, expected an OCEL 2.0 object",
                     "export it again");
}

class ObjectBlocks {
 public:
  ObjectBlocks(const SourceFile& file, const ReadOptions& options)
      : file_(file),
        block_bytes_(
            static_cast<size_t>(std::max<int64_t>(options.block_bytes, 1))) {}

  absl::Status Open() {
    auto stream = OpenStream(file_.path, file_.compression);
    if (!stream.ok()) return Damaged(stream.status().message());
    stream_ = std::make_unique<JsonStream>(*std::move(stream), block_bytes_);
    return Good(stream_->Take('{'), "the \"{\" of an OCEL file");
  }

  // The next objects; none at the end.
  absl::Status Next(ObjectBlock* block) {
    const std::lock_guard lock(mutex_);
    block->bytes.clear();
    block->ends.clear();
    block->first = object_;
    block->number = number_++;
    while (failed_.ok() && !ended_ && block->bytes.size() < block_bytes_) {
      failed_ = inside_ ? TakeObject(block) : TakeMember();
      ended_ = ended_ || !failed_.ok();
    }
    // What is wrong behind the objects of the block comes after what is wrong
    // in them.
    return block->ends.empty() ? std::exchange(failed_, absl::OkStatus())
                               : absl::OkStatus();
  }

 private:
  absl::Status Damaged(const std::string& why) const {
    return ObjectError(
        file_, object_,
        absl::StrCat("cannot be read: the file breaks off or is damaged (", why,
                     "), expected it whole"),
        "copy or export it again");
  }

  absl::Status Good(JsonStream::Step step, const char* expected) const {
    switch (step) {
      case JsonStream::Step::kGood:
        return absl::OkStatus();
      case JsonStream::Step::kOther:
        return Damaged(absl::StrCat("found no ", expected));
      case JsonStream::Step::kTooLong:
        return Damaged(
            absl::StrCat("a value of more than ", kLongestRow >> 20, " MiB"));
      case JsonStream::Step::kCutOff:
        return Damaged("cut off");
      case JsonStream::Step::kBroken:
        break;
    }
    return Damaged(stream_->status().message());
  }

  // A member of the file's one object, or the end of the file.
  absl::Status TakeMember() {
    if (!first_) {
      const JsonStream::Step more = stream_->Take(',');
      if (more == JsonStream::Step::kOther) return TakeEnd();
      if (absl::Status status = Good(more, "\",\""); !status.ok())
        return status;
    }
    first_ = false;
    std::string text;
    std::string key;
    absl::Status status = Good(stream_->Value(kLongestRow, &text), "name");
    if (status.ok() && !JsonWalker(text).String(&key)) {
      status = Damaged("found no name of a member");
    }
    if (status.ok()) status = Good(stream_->Take(':'), "\":\"");
    if (!status.ok()) return status;
    if (key != "objects") {
      return Good(stream_->Value(kLongestRow, nullptr), "value");
    }
    if (std::exchange(found_, true)) return Damaged("found objects twice");
    status = Good(stream_->Take('['), "array of objects");
    if (!status.ok()) return status;
    const JsonStream::Step none = stream_->Take(']');
    if (none == JsonStream::Step::kGood) return absl::OkStatus();
    inside_ = true;
    return none == JsonStream::Step::kOther ? absl::OkStatus()
                                            : Good(none, "object");
  }

  absl::Status TakeObject(ObjectBlock* block) {
    absl::Status status =
        Good(stream_->Value(kLongestRow, &block->bytes), "object");
    if (!status.ok()) return status;
    block->ends.push_back(block->bytes.size());
    ++object_;
    const JsonStream::Step more = stream_->Take(',');
    if (more != JsonStream::Step::kOther) return Good(more, "\",\"");
    inside_ = false;
    return Good(stream_->Take(']'), "\"]\" behind the objects");
  }

  absl::Status TakeEnd() {
    ended_ = true;
    absl::Status status = Good(stream_->Take('}'), "\"}\" at the end");
    if (status.ok()) status = Good(stream_->AtEnd(), "end of the file");
    if (status.ok() && !found_) status = Damaged("found no objects");
    return status;
  }

  const SourceFile& file_;
  const size_t block_bytes_;
  std::mutex mutex_;
  std::unique_ptr<JsonStream> stream_;
  bool first_ = true;    // No member was taken yet.
  bool inside_ = false;  // The array of objects.
  bool found_ = false;
  bool ended_ = false;
  absl::Status failed_;
  int64_t object_ = 1;
  int64_t number_ = 0;
};

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
  TableObjects(const TableSchema& table, const DecodeOptions& decode)
      : table_(table), decode_(decode) {}

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

  absl::Status Deliver(const SourceFile& file, int thread, FaultLog& faults,
                       RecordSink& sink, std::set<std::string>* names) {
    faults.CountRows(table_.name, decode_.file_index,
                     static_cast<int64_t>(lines_.size()));
    for (const auto& [name, column] : cells_) {
      names->insert(absl::StrCat(table_.name, ".", name));
    }
    for (const ColumnSchema& column : table_.columns) {
      if (column.required) cells_.try_emplace(column.name);
    }
    v1::TableImport import;
    import.set_table(table_.name);
    SourceFile shape = file;
    shape.columns.clear();
    std::vector<const std::vector<std::string_view>*> columns;
    for (auto& [name, column] : cells_) {
      column.resize(lines_.size());
      shape.columns.push_back(name);
      columns.push_back(&column);
      if (table_.Find(name) < 0) continue;
      v1::ColumnImport& mapped = *import.add_columns();
      mapped.set_to(name);
      mapped.set_from(name);
    }
    auto decoder = Decoder::Make(import, shape, decode_);
    if (!decoder.ok()) return decoder.status();
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
    work_.caches.clear();
    work_.batch.lines = lines_;
    work_.ascii = false;
    absl::Status status = decoder->Decode(source, faults, work_);
    if (!status.ok() || work_.batch.rows == 0) return status;
    return sink.Accept(thread, work_.batch);
  }

 private:
  const TableSchema& table_;
  const DecodeOptions& decode_;
  std::map<std::string, std::vector<std::string_view>> cells_;  // By column.
  std::vector<int64_t> lines_;
  TextArena arena_;
  Decoder::Work work_;
};

using ObjectsByTable = std::map<std::string, TableObjects>;

absl::Status SortObjects(const SourceFile& file, const ObjectBlock& block,
                         Object* object, ObjectsByTable* tables) {
  for (size_t i = 0; i < block.ends.size(); ++i) {
    const int64_t number = block.first + static_cast<int64_t>(i);
    if (!ParseObject(block.Text(i), object)) return Unparsable(file, number);
    const auto found = tables->find(object->type);
    if (found == tables->end()) {
      if (IsOcelEntity(object->type)) continue;
      return ObjectError(
          file, number,
          absl::StrCat("is of the type \"", object->type,
                       "\", expected a table of docs/log_format.md"),
          "convert the log to tables, or take the object out");
    }
    TableObjects& rows = found->second;
    rows.Begin(number);
    for (size_t a = 0; a < object->size; ++a) {
      const Attribute& attribute = object->attributes[a];
      if (!rows.Knows(attribute.name)) {
        const std::string name =
            absl::StrCat(object->type, ".", attribute.name);
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
  }
  return absl::OkStatus();
}

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
    if (block.ends.empty()) return rows;
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
  ObjectBlocks blocks(file, options);
  if (absl::Status status = blocks.Open(); !status.ok()) return status;
  DecodeOptions instants = decode;
  instants.instants = v1::RFC_3339;  // OCEL knows no other.
  FirstFailure failure;
  std::mutex mutex;
  std::set<std::string> names;
  RunThreads(options.threads, [&](int thread) {
    ObjectBlock block;
    Object object;
    ObjectsByTable tables;
    for (const TableSchema& table : Tables()) {
      tables.try_emplace(table.name, table, instants);
    }
    std::set<std::string> own;
    while (!failure.failed()) {
      absl::Status status = blocks.Next(&block);
      if (status.ok() && block.ends.empty()) break;
      for (auto& [name, rows] : tables) rows.Clear();
      if (status.ok()) status = SortObjects(file, block, &object, &tables);
      // Rows before an object that is no row may have the earlier error.
      int64_t problem = std::numeric_limits<int64_t>::max();
      for (auto& [name, rows] : tables) {
        if (rows.empty()) continue;
        const absl::Status delivered =
            rows.Deliver(file, thread, faults, sink, &own);
        if (delivered.ok() || rows.problem_line() >= problem) continue;
        problem = rows.problem_line();
        status = delivered;
      }
      if (!status.ok()) {
        failure.Note(block.number, status);
        break;
      }
    }
    const std::lock_guard lock(mutex);
    names.insert(own.begin(), own.end());
  });
  if (columns != nullptr) columns->assign(names.begin(), names.end());
  return failure.status();
}

}  // namespace plumbline::replay
