#include "absl/strings/str_cat.h"
#include "arrow/buffer.h"
#include "arrow/io/compressed.h"
#include "arrow/io/file.h"
#include "arrow/io/stdio.h"
#include "arrow/util/compression.h"
#include "replay/ingest/readers/internal.h"

namespace plumbline::replay {
namespace {

// A compressed stream and the codec that it borrows.
class OwningStream : public arrow::io::InputStream {
 public:
  OwningStream(std::unique_ptr<arrow::util::Codec> codec,
               std::shared_ptr<arrow::io::CompressedInputStream> stream)
      : codec_(std::move(codec)), stream_(std::move(stream)) {}
  arrow::Status Close() override { return stream_->Close(); }
  bool closed() const override { return stream_->closed(); }
  arrow::Result<int64_t> Tell() const override { return stream_->Tell(); }
  arrow::Result<int64_t> Read(int64_t bytes, void* out) override {
    return stream_->Read(bytes, out);
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t bytes) override {
    return stream_->Read(bytes);
  }

 private:
  std::unique_ptr<arrow::util::Codec> codec_;
  std::shared_ptr<arrow::io::CompressedInputStream> stream_;
};

}  // namespace

absl::Status FileError(const SourceFile& file, const std::string& what,
                       const std::string& remedy, int64_t line) {
  return absl::InvalidArgumentError(
      absl::StrCat(file.name, ":", line, ":1: ", what, "; ", remedy));
}

arrow::Result<std::shared_ptr<arrow::io::InputStream>> OpenStream(
    const std::string& path, FileCompression compression) {
  std::shared_ptr<arrow::io::InputStream> raw;
  if (path == "-") {
    raw = std::make_shared<arrow::io::StdinStream>();
  } else {
    ARROW_ASSIGN_OR_RAISE(raw, arrow::io::ReadableFile::Open(path));
  }
  if (compression == FileCompression::kNone) return raw;
  ARROW_ASSIGN_OR_RAISE(auto codec, arrow::util::Codec::Create(
                                        compression == FileCompression::kGzip
                                            ? arrow::Compression::GZIP
                                            : arrow::Compression::ZSTD));
  ARROW_ASSIGN_OR_RAISE(
      auto stream, arrow::io::CompressedInputStream::Make(codec.get(), raw));
  return std::make_shared<OwningStream>(std::move(codec), std::move(stream));
}

}  // namespace plumbline::replay
