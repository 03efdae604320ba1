#include <algorithm>

#include "absl/strings/str_cat.h"
#include "replay/ingest/readers/internal.h"

namespace plumbline::replay {

void FirstFailure::Note(int64_t piece, const absl::Status& status) {
  const std::lock_guard lock(mutex_);
  failed_ = true;
  if (piece >= piece_) return;
  piece_ = piece;
  status_ = status;
}

void RunThreads(int threads, absl::FunctionRef<void(int thread)> work) {
  std::vector<std::jthread> others;
  for (int thread = 1; thread < threads; ++thread) {
    others.emplace_back([&work, thread] { work(thread); });
  }
  work(0);
}

TableReader::TableReader(const SourceFile& file, std::vector<Decoder> decoders,
                         const DecodeOptions& decode,
                         const ReadOptions& options, FaultLog& faults,
                         RecordSink& sink)
    : file_(file),
      decoders_(std::move(decoders)),
      decode_(decode),
      options_(options),
      faults_(faults),
      sink_(sink),
      works_(static_cast<size_t>(std::max(1, options.threads))) {
  for (std::vector<Decoder::Work>& works : works_) {
    works.resize(decoders_.size());
  }
  for (const Decoder& decoder : decoders_) {
    needs_row_numbers_ = needs_row_numbers_ || decoder.needs_row_numbers();
  }
}

void TableReader::AddRagged(int64_t line, std::string_view text) const {
  for (const Decoder& decoder : decoders_) {
    // A derived table lacks the row because its source table does.
    if (decoder.derived()) continue;
    faults_.Add(decoder.table().name, decode_.file_index, line, "",
                "ragged-row", text);
  }
}

void TableReader::CountRows(int64_t rows) const {
  for (const Decoder& decoder : decoders_) {
    if (decoder.derived()) continue;
    faults_.CountRows(decoder.table().name, decode_.file_index, rows);
  }
}

absl::Status ReadTables(const SourceFile& file,
                        const std::vector<v1::TableImport>& imports,
                        const DecodeOptions& decode, const ReadOptions& options,
                        FaultLog& faults, RecordSink& sink,
                        std::vector<std::string>* columns) {
  if (file.format == FileFormat::kProtobuf) {
    return ReadProtobuf(file, decode, options, faults, sink, columns);
  }
  if (file.format == FileFormat::kOcel) {
    return ReadOcel(file, decode, options, faults, sink, columns);
  }
  std::vector<Decoder> decoders;
  for (const v1::TableImport& import : imports) {
    auto decoder = Decoder::Make(import, file, decode);
    if (!decoder.ok()) return decoder.status();
    if (columns != nullptr) {
      const std::vector<std::string> names = decoder->ColumnNames();
      columns->insert(columns->end(), names.begin(), names.end());
    }
    decoders.push_back(*std::move(decoder));
  }
  if (columns != nullptr) {
    std::sort(columns->begin(), columns->end());
    columns->erase(std::unique(columns->begin(), columns->end()),
                   columns->end());
  }
  TableReader reader(file, std::move(decoders), decode, options, faults, sink);
  // A table without rows is still a table that was read.
  reader.CountRows(0);
  return file.format == FileFormat::kText ? ReadText(reader)
                                          : ReadArrow(reader);
}

absl::StatusOr<int64_t> CountFileRows(const SourceFile& file,
                                      const ReadOptions& options) {
  switch (file.format) {
    case FileFormat::kText:
      return CountTextRows(file, options);
    case FileFormat::kProtobuf:
      return CountRecords(file, options);
    case FileFormat::kOcel:
      return CountOcelRows(file, options);
    default:
      return CountArrowRows(file);
  }
}

}  // namespace plumbline::replay
