// Arrow IPC by batch.
#include <mutex>

#include "arrow/buffer.h"
#include "arrow/io/file.h"
#include "arrow/io/memory.h"
#include "arrow/ipc/reader.h"
#include "arrow/record_batch.h"
#include "arrow/type.h"
#include "replay/ingest/readers/arrow_rows.h"

namespace plumbline::replay {
namespace {

// Batches of an IPC file or stream, one after the other, cut into pieces that
// threads share. Opened by Sniff for standard input.
class IpcBatches {
 public:
  static arrow::Result<std::shared_ptr<IpcBatches>> Open(
      const SourceFile& file) {
    auto batches = std::make_shared<IpcBatches>();
    if (file.format == FileFormat::kArrowStream ||
        file.compression != FileCompression::kNone) {
      ARROW_ASSIGN_OR_RAISE(auto stream,
                            OpenStream(file.path, file.compression));
      if (file.format == FileFormat::kArrowFile) {
        // The file form needs to jump about.
        ARROW_ASSIGN_OR_RAISE(auto whole, ReadAll(*stream));
        ARROW_RETURN_NOT_OK(batches->OpenFile(
            std::make_shared<arrow::io::BufferReader>(std::move(whole))));
        return batches;
      }
      ARROW_ASSIGN_OR_RAISE(batches->stream_,
                            arrow::ipc::RecordBatchStreamReader::Open(stream));
      batches->schema_ = batches->stream_->schema();
      return batches;
    }
    ARROW_ASSIGN_OR_RAISE(auto input, arrow::io::ReadableFile::Open(file.path));
    ARROW_RETURN_NOT_OK(batches->OpenFile(input));
    return batches;
  }

  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }

  // The next piece and the number of its first row; null at the end.
  arrow::Status Next(std::shared_ptr<arrow::RecordBatch>* piece, int64_t* row,
                     int64_t* number) {
    const std::lock_guard lock(mutex_);
    *piece = nullptr;
    *number = pieces_;
    while (batch_ == nullptr || taken_ == batch_->num_rows()) {
      ARROW_ASSIGN_OR_RAISE(batch_, ReadOne());
      taken_ = 0;
      if (batch_ == nullptr) return arrow::Status::OK();
    }
    *piece = batch_->Slice(taken_, kArrowRows);
    *row = row_;
    taken_ += (*piece)->num_rows();
    row_ += (*piece)->num_rows();
    ++pieces_;
    return arrow::Status::OK();
  }

 private:
  static arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAll(
      arrow::io::InputStream& stream) {
    std::string bytes;
    while (true) {
      ARROW_ASSIGN_OR_RAISE(auto some, stream.Read(int64_t{1} << 20));
      if (some->size() == 0) return arrow::Buffer::FromString(std::move(bytes));
      bytes.append(reinterpret_cast<const char*>(some->data()),
                   static_cast<size_t>(some->size()));
    }
  }

  arrow::Status OpenFile(std::shared_ptr<arrow::io::RandomAccessFile> input) {
    ARROW_ASSIGN_OR_RAISE(file_,
                          arrow::ipc::RecordBatchFileReader::Open(input));
    schema_ = file_->schema();
    return arrow::Status::OK();
  }

  arrow::Result<std::shared_ptr<arrow::RecordBatch>> ReadOne() {
    if (stream_ != nullptr) return stream_->Next();
    if (next_ == file_->num_record_batches()) return nullptr;
    return file_->ReadRecordBatch(next_++);
  }

  std::mutex mutex_;
  std::shared_ptr<arrow::RecordBatchReader> stream_;
  std::shared_ptr<arrow::ipc::RecordBatchFileReader> file_;
  std::shared_ptr<arrow::Schema> schema_;
  std::shared_ptr<arrow::RecordBatch> batch_;
  int next_ = 0;
  int64_t taken_ = 0;
  int64_t row_ = 1;
  int64_t pieces_ = 0;
};

}  // namespace

absl::Status ReadIpc(TableReader& reader) {
  const SourceFile& file = reader.file();
  std::shared_ptr<IpcBatches> batches =
      std::static_pointer_cast<IpcBatches>(file.opened);
  if (batches == nullptr) {
    auto opened = IpcBatches::Open(file);
    if (!opened.ok()) return Damaged(file, opened.status().message());
    batches = *std::move(opened);
  }
  if (absl::Status status = CheckTypes(reader, *batches->schema());
      !status.ok()) {
    return status;
  }
  const std::vector<int> columns = NeededColumns(reader);
  FirstFailure failure;
  RunThreads(reader.options().threads, [&](int thread) {
    ArrowRows decoded;
    while (!failure.failed()) {
      std::shared_ptr<arrow::RecordBatch> piece;
      int64_t row = 0;
      int64_t number = 0;
      const arrow::Status next = batches->Next(&piece, &row, &number);
      if (!next.ok()) {
        failure.Note(number, Damaged(file, next.message()));
        return;
      }
      if (piece == nullptr) return;
      const auto decode = [&]() -> absl::Status {
        // The bytes are whatever somebody sent: offsets may lead anywhere.
        auto chosen = piece->SelectColumns(columns);
        if (!chosen.ok()) return Damaged(file, chosen.status().message());
        const arrow::Status valid = (*chosen)->ValidateFull();
        if (!valid.ok()) return Damaged(file, valid.message());
        return decoded.Deliver(reader, columns, (*chosen)->columns(),
                               (*chosen)->num_rows(), row, thread);
      };
      if (absl::Status status = decode(); !status.ok()) {
        failure.Note(number, status);
      }
    }
  });
  return failure.status();
}

absl::Status SniffIpc(SourceFile* file) {
  auto batches = IpcBatches::Open(*file);
  if (!batches.ok()) return Damaged(*file, batches.status().message());
  file->columns = (*batches)->schema()->field_names();
  if (file->path == "-") file->opened = *batches;
  return absl::OkStatus();
}

absl::StatusOr<int64_t> CountIpcRows(const SourceFile& file) {
  auto batches = IpcBatches::Open(file);
  if (!batches.ok()) return Damaged(file, batches.status().message());
  int64_t rows = 0;
  while (true) {
    std::shared_ptr<arrow::RecordBatch> piece;
    int64_t row = 0;
    int64_t number = 0;
    const arrow::Status next = (*batches)->Next(&piece, &row, &number);
    if (!next.ok()) return Damaged(file, next.message());
    if (piece == nullptr) return rows;
    rows += piece->num_rows();
  }
}

}  // namespace plumbline::replay
