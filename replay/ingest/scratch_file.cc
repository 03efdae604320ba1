#include "replay/ingest/scratch_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_cat.h"

namespace plumbline::replay {

absl::StatusOr<ScratchFile> ScratchFile::Create(const std::string& folder) {
  std::error_code error;
  const std::string place =
      folder.empty() ? std::filesystem::temp_directory_path(error).string()
                     : folder;
  std::string name = place + "/plumbline-XXXXXX";
  const int descriptor = mkstemp(name.data());
  if (descriptor < 0) {
    return absl::InternalError(absl::StrCat(
        place, ":1:1: no scratch file can be made here (", std::strerror(errno),
        "), expected a folder that can be written; give another one with "
        "--scratch"));
  }
  unlink(name.c_str());
  std::FILE* file = fdopen(descriptor, "w+b");
  if (file == nullptr) {
    close(descriptor);
    return absl::InternalError(
        absl::StrCat(place, ":1:1: ", std::strerror(errno)));
  }
  return ScratchFile(file);
}

absl::Status ScratchFile::Append(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size()) {
    return absl::InternalError(absl::StrCat(
        "the scratch folder cannot take more (", std::strerror(errno),
        "), expected room for it; give another folder with --scratch"));
  }
  size_ += static_cast<int64_t>(bytes.size());
  return absl::OkStatus();
}

absl::Status ScratchFile::Rewind() {
  if (std::fflush(file_.get()) != 0 ||
      std::fseek(file_.get(), 0, SEEK_SET) != 0) {
    return absl::InternalError(
        absl::StrCat("a scratch file failed: ", std::strerror(errno),
                     "; give another folder with --scratch"));
  }
  position_ = 0;
  return absl::OkStatus();
}

absl::Status ScratchFile::Read(size_t count, std::string* bytes) {
  bytes->resize(count);
  if (std::fread(bytes->data(), 1, count, file_.get()) != count) {
    return absl::InternalError(
        "a scratch file breaks off; give another folder with --scratch");
  }
  position_ += static_cast<int64_t>(count);
  return absl::OkStatus();
}

absl::Status ScratchFile::ReadAt(int64_t offset, size_t count,
                                 std::string* bytes) {
  if (std::fseek(file_.get(), static_cast<long>(offset), SEEK_SET) != 0) {
    return absl::InternalError(
        absl::StrCat("a scratch file failed: ", std::strerror(errno)));
  }
  position_ = offset;
  return Read(count, bytes);
}

}  // namespace plumbline::replay
