#include "replay/ingest/sample_file.h"

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "arrow/array.h"
#include "arrow/csv/api.h"
#include "arrow/io/compressed.h"
#include "arrow/io/file.h"
#include "arrow/ipc/reader.h"
#include "arrow/record_batch.h"
#include "arrow/scalar.h"
#include "arrow/util/compression.h"
#include "parquet/arrow/reader.h"

namespace plumbline::replay {
namespace {

using Samples = std::vector<std::vector<std::string>>;

class Sampler {
 public:
  Sampler(const SourceFile& file, int64_t rows) : file_(file), rows_(rows) {}

  arrow::Result<Samples> Run() {
    if (file_.format == FileFormat::kParquet) {
      ARROW_ASSIGN_OR_RAISE(auto input,
                            arrow::io::ReadableFile::Open(file_.path));
      ARROW_ASSIGN_OR_RAISE(
          auto reader,
          parquet::arrow::OpenFile(input, arrow::default_memory_pool()));
      ARROW_ASSIGN_OR_RAISE(auto batches, reader->GetRecordBatchReader());
      return Take(*batches);
    }
    if (file_.format == FileFormat::kArrowFile) {
      ARROW_ASSIGN_OR_RAISE(auto input,
                            arrow::io::ReadableFile::Open(file_.path));
      ARROW_ASSIGN_OR_RAISE(auto reader,
                            arrow::ipc::RecordBatchFileReader::Open(input));
      Samples samples(file_.columns.size());
      for (int i = 0; i < reader->num_record_batches(); ++i) {
        ARROW_ASSIGN_OR_RAISE(auto batch, reader->ReadRecordBatch(i));
        ARROW_ASSIGN_OR_RAISE(const bool full, Add(*batch, &samples));
        if (full) break;
      }
      return samples;
    }
    ARROW_ASSIGN_OR_RAISE(auto input, OpenInput());
    if (file_.format == FileFormat::kArrowStream) {
      ARROW_ASSIGN_OR_RAISE(auto reader,
                            arrow::ipc::RecordBatchStreamReader::Open(input));
      return Take(*reader);
    }
    auto parse = arrow::csv::ParseOptions::Defaults();
    parse.delimiter = file_.delimiter;
    parse.newlines_in_values = true;
    parse.invalid_row_handler = [](const arrow::csv::InvalidRow&) {
      return arrow::csv::InvalidRowResult::Skip;
    };
    auto convert = arrow::csv::ConvertOptions::Defaults();
    convert.check_utf8 = false;
    auto read = arrow::csv::ReadOptions::Defaults();
    read.skip_rows = 1;
    // Names of our own, since those of the file may be empty or stand twice.
    for (size_t i = 0; i < file_.columns.size(); ++i) {
      read.column_names.push_back(absl::StrCat(i));
      convert.column_types[read.column_names.back()] = arrow::utf8();
    }
    auto reader = arrow::csv::StreamingReader::Make(
        arrow::io::default_io_context(), input, read, parse, convert);
    if (!reader.ok())
      return Samples(file_.columns.size());  // A header and no row.
    return Take(**reader);
  }

 private:
  arrow::Result<std::shared_ptr<arrow::io::InputStream>> OpenInput() {
    ARROW_ASSIGN_OR_RAISE(auto plain,
                          arrow::io::ReadableFile::Open(file_.path));
    if (file_.compression == FileCompression::kNone) return plain;
    ARROW_ASSIGN_OR_RAISE(
        codec_,
        arrow::util::Codec::Create(file_.compression == FileCompression::kGzip
                                       ? arrow::Compression::GZIP
                                       : arrow::Compression::ZSTD));
    return arrow::io::CompressedInputStream::Make(codec_.get(), plain);
  }

  arrow::Result<Samples> Take(arrow::RecordBatchReader& reader) {
    Samples samples(file_.columns.size());
    while (true) {
      ARROW_ASSIGN_OR_RAISE(auto batch, reader.Next());
      if (batch == nullptr) return samples;
      ARROW_ASSIGN_OR_RAISE(const bool full, Add(*batch, &samples));
      if (full) return samples;
    }
  }

  arrow::Result<bool> Add(const arrow::RecordBatch& batch, Samples* samples) {
    const int64_t rows = std::min(batch.num_rows(), rows_ - taken_);
    for (int c = 0; c < batch.num_columns() && c < std::ssize(*samples); ++c) {
      for (int64_t i = 0; i < rows; ++i) {
        std::string& cell = (*samples)[static_cast<size_t>(c)].emplace_back();
        if (batch.column(c)->IsNull(i)) continue;
        ARROW_ASSIGN_OR_RAISE(const auto scalar, batch.column(c)->GetScalar(i));
        cell = scalar->ToString();
      }
    }
    taken_ += rows;
    return taken_ >= rows_;
  }

  const SourceFile& file_;
  int64_t rows_;
  int64_t taken_ = 0;
  std::unique_ptr<arrow::util::Codec> codec_;
};

}  // namespace

absl::StatusOr<std::vector<std::vector<std::string>>> SampleFile(
    const SourceFile& file, int64_t rows) {
  if (file.names_its_tables()) return Samples();
  auto samples = Sampler(file, rows).Run();
  if (samples.ok()) return *std::move(samples);
  return absl::InvalidArgumentError(absl::StrCat(
      file.name, ":1:1: found a file that cannot be read (",
      samples.status().message(), "), expected a table; export it again"));
}

}  // namespace plumbline::replay
