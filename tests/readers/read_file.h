#ifndef PLUMBLINE_TESTS_READERS_READ_FILE_H_
#define PLUMBLINE_TESTS_READERS_READ_FILE_H_

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

#include "arrow/buffer.h"
#include "arrow/io/compressed.h"
#include "arrow/io/file.h"
#include "arrow/io/memory.h"
#include "arrow/util/compression.h"
#include "replay/ingest/mapping.h"
#include "replay/ingest/readers/reader.h"
#include "replay/schema/schema.h"

namespace plumbline::replay {

// What came out of one file: each row as text, sorted by line.
struct ReadResult {
  absl::Status status;
  std::vector<std::string> rows;    // "table@line column=value ..."
  std::vector<std::string> faults;  // "line column rule value"
  v1::Input input;
  std::vector<std::string> columns;
};

class RowPrinter : public RecordSink {
 public:
  absl::Status Accept(int, const RecordBatch& batch) override {
    const TableSchema& table = Tables()[static_cast<size_t>(batch.table)];
    const std::lock_guard lock(mutex_);
    for (size_t i = 0; i < batch.rows; ++i) {
      std::ostringstream text;
      text << table.name << "@" << batch.lines[i];
      for (const ColumnData& column : batch.columns) {
        const std::string& name =
            table.columns[static_cast<size_t>(column.column)].name;
        if (!column.numbers.empty() && IsKnown(column.numbers[i])) {
          text << " " << name << "=" << column.numbers[i];
        }
        if (!column.texts.empty() && column.texts[i].data() != nullptr) {
          text << " " << name << "=" << column.texts[i];
        }
      }
      for (const auto& [name, texts] : batch.free) {
        if (texts[i].data() != nullptr) text << " " << name << "=" << texts[i];
      }
      rows_.emplace_back(batch.lines[i], text.str());
    }
    return absl::OkStatus();
  }

  std::vector<std::string> Sorted() {
    std::sort(rows_.begin(), rows_.end());
    std::vector<std::string> texts;
    for (auto& [line, text] : rows_) texts.push_back(text);
    return texts;
  }

 private:
  std::mutex mutex_;
  std::vector<std::pair<int64_t, std::string>> rows_;
};

struct HowToRead {
  DecodeOptions decode;
  ReadOptions read;
  std::string table = "tasks";           // The canonical import of this table,
  std::vector<v1::TableImport> imports;  // or these.
  std::string name = "tasks.csv";
};

inline ReadResult ReadPath(const std::string& path, const HowToRead& how = {}) {
  ReadResult result;
  auto file = Sniff(path, how.name);
  if (!file.ok()) {
    result.status = file.status();
    return result;
  }
  std::vector<v1::TableImport> imports = how.imports;
  if (imports.empty() && !file->names_its_tables()) {
    imports.push_back(CanonicalImport(how.table, file->columns));
  }
  FaultLog faults;
  faults.SetFiles({how.name});
  RowPrinter printer;
  result.status = ReadTables(*file, imports, how.decode, how.read, faults,
                             printer, &result.columns);
  result.rows = printer.Sorted();
  if (!faults.Conclude(&result.input).ok()) std::abort();
  const absl::Status visited =
      faults.Visit([&](const v1::Fault& fault) -> absl::Status {
        result.faults.push_back(std::to_string(fault.line()) + " " +
                                fault.column() + " " + fault.rule() + " " +
                                fault.value());
        return absl::OkStatus();
      });
  if (!visited.ok()) std::abort();
  return result;
}

// A file of these bytes that goes away with this.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& bytes,
                         const std::string& ending = "csv") {
    static int count = 0;
    path_ = std::filesystem::temp_directory_path() /
            ("plumbline_readers_" + std::to_string(getpid()) + "_" +
             std::to_string(++count) + "." + ending);
    std::ofstream(path_, std::ios::binary) << bytes;
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

inline ReadResult ReadBytes(const std::string& bytes,
                            const HowToRead& how = {}) {
  const TemporaryFile file(bytes);
  return ReadPath(file.path(), how);
}

inline std::string Compress(const std::string& bytes,
                            arrow::Compression::type type) {
  auto sink = arrow::io::BufferOutputStream::Create().ValueOrDie();
  auto codec = arrow::util::Codec::Create(type).ValueOrDie();
  auto stream =
      arrow::io::CompressedOutputStream::Make(codec.get(), sink).ValueOrDie();
  if (!stream->Write(bytes.data(), static_cast<int64_t>(bytes.size())).ok() ||
      !stream->Close().ok()) {
    std::abort();
  }
  return sink->Finish().ValueOrDie()->ToString();
}

}  // namespace plumbline::replay

#endif  // PLUMBLINE_TESTS_READERS_READ_FILE_H_
