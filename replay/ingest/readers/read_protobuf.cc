// Length-delimited protobuf: one thread at a time takes whole records out of
// the stream, all parse them.
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
#include "replay/ingest/readers/internal.h"

namespace plumbline::replay {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// Some records of the file, one after the other.
struct RecordBlock {
  std::string bytes;
  std::vector<std::pair<size_t, size_t>> places;  // Offset and size.
  int64_t first = 1;                              // Number of the first.
  int64_t number = -1;                            // Of the block.
};

// The varint at the front of `bytes`: its size, 0 if it is cut off, -1 if it
// is none.
int ReadLength(std::string_view bytes, uint64_t* length) {
  *length = 0;
  for (int i = 0; i < 10; ++i) {
    if (static_cast<size_t>(i) == bytes.size()) return 0;
    const auto byte = static_cast<unsigned char>(bytes[static_cast<size_t>(i)]);
    *length |= static_cast<uint64_t>(byte & 0x7F) << (7 * i);
    if (byte < 0x80) return i + 1;
  }
  return -1;
}

absl::Status RecordError(const SourceFile& file, int64_t record,
                         const std::string& what, const std::string& remedy) {
  return FileError(file, absl::StrCat("record ", record, " ", what), remedy,
                   record);
}

class RecordBlocks {
 public:
  RecordBlocks(const SourceFile& file, const ReadOptions& options)
      : file_(file), block_bytes_(std::max<int64_t>(options.block_bytes, 1)) {}

  absl::Status Open() {
    auto stream = OpenStream(file_.path, file_.compression);
    if (!stream.ok()) return Damaged(stream.status());
    stream_ = *stream;
    return absl::OkStatus();
  }

  // The next records; none at the end.
  absl::Status Next(RecordBlock* block) {
    const std::lock_guard lock(mutex_);
    block->bytes.clear();
    block->places.clear();
    block->first = record_;
    block->number = number_++;
    if (broken_) return absl::OkStatus();
    absl::Status status = Take(block);
    broken_ = !status.ok();
    return status;
  }

 private:
  absl::Status Damaged(const arrow::Status& status) const {
    return RecordError(
        file_, record_,
        absl::StrCat("cannot be read: the file breaks off or is damaged (",
                     status.message(), "), expected it whole"),
        "copy or export it again");
  }

  absl::Status Take(RecordBlock* block) {
    auto want = std::max(static_cast<size_t>(block_bytes_), rest_.size() + 1);
    while (true) {
      while (!ended_ && rest_.size() < want) {
        const size_t have = rest_.size();
        rest_.resize(want);
        auto got =
            stream_->Read(static_cast<int64_t>(want - have), &rest_[have]);
        rest_.resize(have + (got.ok() ? static_cast<size_t>(*got) : 0));
        if (!got.ok()) return Damaged(got.status());
        ended_ = *got == 0;
      }
      size_t at = 0;
      uint64_t length = 0;
      while (at < rest_.size()) {
        const int size =
            ReadLength(std::string_view(rest_).substr(at), &length);
        if (size < 0 || length > static_cast<uint64_t>(kLongestRow)) {
          return RecordError(
              file_, record_ + static_cast<int64_t>(block->places.size()),
              absl::StrCat("has a length of more than ", kLongestRow >> 20,
                           " MiB, expected a plumbline.v1.LogRecord behind a "
                           "varint length"),
              "write it again");
        }
        const auto skip = static_cast<size_t>(size);
        if (size == 0 || rest_.size() - at - skip < length) break;
        block->places.emplace_back(at + skip, length);
        at += skip + static_cast<size_t>(length);
      }
      if (at < rest_.size() && ended_) {
        return RecordError(
            file_, record_ + static_cast<int64_t>(block->places.size()),
            absl::StrCat("is cut off: found ", rest_.size() - at,
                         " bytes of it at the end of the file, expected more"),
            "copy or export the file again");
      }
      if (at > 0 || rest_.empty()) {
        block->bytes.assign(rest_, 0, at);
        rest_.erase(0, at);
        record_ += static_cast<int64_t>(block->places.size());
        return absl::OkStatus();
      }
      want = rest_.size() * 2;
    }
  }

  const SourceFile& file_;
  const int64_t block_bytes_;
  std::mutex mutex_;
  std::shared_ptr<arrow::io::InputStream> stream_;
  std::string rest_;
  bool ended_ = false;
  bool broken_ = false;
  int64_t record_ = 1;
  int64_t number_ = 0;
};

// One table of one block, on its way into a batch.
class TableRows {
 public:
  TableRows(const TableSchema& table, const DecodeOptions& decode)
      : table_(table), decode_(decode) {}

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
  absl::Status Deliver(const SourceFile& file, int thread, FaultLog& faults,
                       RecordSink& sink, std::set<std::string>* names) {
    faults.CountRows(table_.name, decode_.file_index,
                     static_cast<int64_t>(records_.size()));
    const Reflection& reflection = *records_[0]->GetReflection();
    v1::TableImport import;
    import.set_table(table_.name);
    SourceFile shape = file;
    shape.columns.clear();
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
      shape.columns.push_back(column.name);
      fields.push_back(column.field);
      if (some) names->insert(absl::StrCat(table_.name, ".", column.name));
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
      shape.columns.push_back(name);
      names->insert(absl::StrCat(table_.name, ".", name));
    }
    auto decoder = Decoder::Make(import, shape, decode_);
    if (!decoder.ok()) return decoder.status();
    Source source{*this, reflection, fields, map, keys};
    work_.caches.clear();
    work_.batch.lines = lines_;
    work_.ascii = false;
    absl::Status status = decoder->Decode(source, faults, work_);
    if (!status.ok() || work_.batch.rows == 0) return status;
    return sink.Accept(thread, work_.batch);
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
  const DecodeOptions& decode_;
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

absl::Status ParseRecords(const SourceFile& file, const RecordBlock& block,
                          std::vector<v1::LogRecord>* records) {
  const google::protobuf::LogSilencer silence;  // What is wrong is returned.
  if (records->size() < block.places.size()) {
    records->resize(block.places.size());
  }
  for (size_t i = 0; i < block.places.size(); ++i) {
    const auto [at, size] = block.places[i];
    v1::LogRecord& record = (*records)[i];
    const int64_t number = block.first + static_cast<int64_t>(i);
    if (!record.ParseFromArray(block.bytes.data() + at,
                               static_cast<int>(size)) ||
        record.record_case() == v1::LogRecord::RECORD_NOT_SET) {
      return RecordError(file, number,
                         "cannot be parsed, expected a plumbline.v1.LogRecord "
                         "of a kind that is known",
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
  if (absl::Status status = blocks.Open(); !status.ok()) return status;
  FirstFailure failure;
  std::mutex mutex;
  std::set<std::string> names;
  RunThreads(options.threads, [&](int thread) {
    RecordBlock block;
    std::vector<v1::LogRecord> records;
    std::map<const google::protobuf::Descriptor*, TableRows> tables;
    for (const TableSchema& table : Tables()) {
      tables.try_emplace(table.message, table, decode);
    }
    std::set<std::string> own;
    while (!failure.failed()) {
      absl::Status status = blocks.Next(&block);
      if (status.ok() && block.places.empty()) break;
      if (status.ok()) status = ParseRecords(file, block, &records);
      if (status.ok()) {
        for (auto& [type, rows] : tables) rows.Clear();
        for (size_t i = 0; i < block.places.size(); ++i) {
          const Message* row = RowOf(records[i]);
          const auto found = tables.find(row->GetDescriptor());
          if (found == tables.end()) continue;  // The LogInfo.
          found->second.Add(*row, block.first + static_cast<int64_t>(i));
        }
        for (auto& [type, rows] : tables) {
          if (rows.empty() || !status.ok()) continue;
          status = rows.Deliver(file, thread, faults, sink, &own);
        }
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

absl::StatusOr<int64_t> CountRecords(const SourceFile& file,
                                     const ReadOptions& options) {
  RecordBlocks blocks(file, options);
  if (absl::Status status = blocks.Open(); !status.ok()) return status;
  RecordBlock block;
  int64_t rows = file.info == nullptr ? 0 : -1;
  while (true) {
    absl::Status status = blocks.Next(&block);
    if (!status.ok()) return status;
    if (block.places.empty()) return rows;
    rows += static_cast<int64_t>(block.places.size());
  }
}

}  // namespace plumbline::replay
