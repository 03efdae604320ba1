#include "replay/store/spill_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace plumbline::replay {

SpillFile::~SpillFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

absl::Status SpillFile::Failure(const char* what) const {
  return absl::UnavailableError(
      absl::StrCat(folder_, ":1:1: the folder for spilled rows could not be ",
                   what, " (", std::strerror(errno),
                   "), expected a folder with free space; name another one "
                   "with --scratch or allow more --memory"));
}

absl::Status SpillFile::Append(const char* data, size_t bytes,
                               int64_t* offset) {
  {
    std::lock_guard lock(mutex_);
    if (descriptor_ < 0) {
      if (folder_.empty()) {
        const char* system = std::getenv("TMPDIR");
        folder_ = system != nullptr && *system != '\0' ? system : "/tmp";
      }
      std::string name = folder_ + "/plumbline-rows-XXXXXX";
      descriptor_ = mkostemp(name.data(), O_CLOEXEC);
      if (descriptor_ < 0) return Failure("used");
      unlink(name.c_str());
    }
    *offset = end_;
    end_ += static_cast<int64_t>(bytes);
  }
  return WriteAt(*offset, data, bytes);
}

absl::Status SpillFile::WriteAt(int64_t offset, const char* data,
                                size_t bytes) {
  while (bytes > 0) {
    const ssize_t done = pwrite(descriptor_, data, bytes, offset);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return Failure("written");
    data += done;
    offset += done;
    bytes -= static_cast<size_t>(done);
  }
  return absl::OkStatus();
}

absl::Status SpillFile::Overwrite(int64_t offset, const char* data,
                                  size_t bytes) {
  return WriteAt(offset, data, bytes);
}

absl::Status SpillFile::Read(int64_t offset, size_t bytes, char* data) const {
  while (bytes > 0) {
    const ssize_t done = pread(descriptor_, data, bytes, offset);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return Failure("read");
    data += done;
    offset += done;
    bytes -= static_cast<size_t>(done);
  }
  return absl::OkStatus();
}

}  // namespace plumbline::replay
