#include "audit/cli/partial_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace plumbline::audit {
namespace {

// More than any state of a measure; a length beyond it is damage.
constexpr int64_t kLargestPiece = int64_t{2} << 30;

std::string Serialise(const v1::Partial& piece) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    piece.SerializeToCodedStream(&coded);
  }
  return bytes;
}

}  // namespace

PartialWriter::PartialWriter(std::string path, std::string temporary,
                             std::FILE* file)
    : path_(std::move(path)), temporary_(std::move(temporary)), file_(file) {}

absl::StatusOr<std::unique_ptr<PartialWriter>> PartialWriter::Open(
    const std::string& path) {
  if (path == "-") {
    return std::unique_ptr<PartialWriter>(new PartialWriter(path, "", stdout));
  }
  std::string temporary = absl::StrCat(path, ".part-", getpid());
  std::FILE* file = std::fopen(temporary.c_str(), "wb");
  if (file == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--out: \"", path, "\" cannot be written (", std::strerror(errno),
        "), expected a file in a folder that exists; check the path"));
  }
  return std::unique_ptr<PartialWriter>(
      new PartialWriter(path, std::move(temporary), file));
}

PartialWriter::~PartialWriter() {
  if (file_ == nullptr || temporary_.empty()) return;
  std::fclose(file_);
  unlink(temporary_.c_str());
}

absl::Status PartialWriter::Failed() const {
  return absl::InternalError(
      absl::StrCat("writing \"", path_, "\" failed: ", std::strerror(errno)));
}

absl::Status PartialWriter::Write(const v1::Partial& piece) {
  const std::string bytes = Serialise(piece);
  std::string length;
  for (uint64_t rest = bytes.size();; rest >>= 7) {
    const bool more = rest >= 0x80;
    length.push_back(static_cast<char>((rest & 0x7f) | (more ? 0x80 : 0)));
    if (!more) break;
  }
  if (std::fwrite(length.data(), 1, length.size(), file_) != length.size() ||
      std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size()) {
    return Failed();
  }
  ++pieces_;
  return absl::OkStatus();
}

absl::Status PartialWriter::Finish() {
  v1::Partial last;
  last.set_pieces(pieces_);
  if (absl::Status status = Write(last); !status.ok()) return status;
  if (std::fflush(file_) != 0) return Failed();
  if (temporary_.empty()) return absl::OkStatus();
  if (fsync(fileno(file_)) != 0 || std::fclose(file_) != 0) return Failed();
  file_ = nullptr;
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) {
    unlink(temporary_.c_str());
    return Failed();
  }
  return absl::OkStatus();
}

PartialReader::PartialReader(std::string path, std::FILE* file)
    : path_(std::move(path)), file_(file) {}

PartialReader::~PartialReader() { std::fclose(file_); }

absl::Status PartialReader::Damaged(const std::string& found) const {
  return absl::InvalidArgumentError(absl::StrCat(
      path_, ":1:", at_ + 1, ": ", found,
      ", expected a state that `plumbline partial` wrote; make it again"));
}

absl::StatusOr<std::unique_ptr<PartialReader>> PartialReader::Open(
    const std::string& path) {
  std::error_code error;
  std::FILE* file = std::filesystem::is_directory(path, error)
                        ? nullptr
                        : std::fopen(path.c_str(), "rb");
  if (file == nullptr) {
    return absl::NotFoundError(
        absl::StrCat(path,
                     ":1:1: the file cannot be opened, expected a state that "
                     "`plumbline partial` wrote; check the path"));
  }
  std::unique_ptr<PartialReader> reader(new PartialReader(path, file));
  auto read = reader->ReadPiece(&reader->head_);
  const v1::PartialHeader& header = reader->head_.header();
  if (!read.ok() || !*read || header.magic() != kPartialMagic) {
    reader->at_ = 0;
    return reader->Damaged("the file does not begin like a state");
  }
  if (header.schema_version() != kPartialSchema) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ":1:1: the state has form ", header.schema_version(),
                     ", expected form ", kPartialSchema,
                     "; make it with this version of plumbline"));
  }
  return reader;
}

absl::StatusOr<bool> PartialReader::ReadPiece(v1::Partial* piece) {
  uint64_t length = 0;
  for (int shift = 0;; shift += 7) {
    const int byte = std::fgetc(file_);
    if (byte == EOF) {
      if (shift == 0) return false;
      return Damaged("the file ends inside a length");
    }
    if (shift > 56) return Damaged("a length of more than eight bytes");
    length |= static_cast<uint64_t>(byte & 0x7f) << shift;
    ++at_;
    if ((byte & 0x80) == 0) break;
  }
  if (length >= static_cast<uint64_t>(kLargestPiece))
    return Damaged("a piece of impossible length");
  // In steps, so that a damaged length costs no memory.
  constexpr uint64_t kStep = uint64_t{16} << 20;
  buffer_.clear();
  while (buffer_.size() < length) {
    const uint64_t begin = buffer_.size();
    const uint64_t want = std::min(kStep, length - begin);
    buffer_.resize(begin + want);
    if (std::fread(buffer_.data() + begin, 1, want, file_) != want) {
      return Damaged("the file ends inside a piece");
    }
  }
  if (!piece->ParseFromString(buffer_))
    return Damaged("a piece that cannot be read");
  at_ += static_cast<int64_t>(length);
  return true;
}

absl::StatusOr<bool> PartialReader::Next(v1::Partial* piece) {
  ++pieces_;
  auto read = ReadPiece(piece);
  if (!read.ok()) return read.status();
  if (!*read) return Damaged("the file ends without its closing piece");
  if (piece->pieces() == 0) return true;
  if (piece->pieces() != pieces_) return Damaged("pieces are missing");
  if (std::fgetc(file_) != EOF) return Damaged("bytes after the closing piece");
  return false;
}

}  // namespace plumbline::audit
