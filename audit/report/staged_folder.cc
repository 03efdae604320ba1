#include "audit/report/staged_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "audit/report/cat.h"
#include "replay/base/sha256.h"

namespace plumbline::audit {
namespace {

constexpr size_t kBufferBytes = size_t{1} << 20;

absl::Status WriteError(std::string_view path, std::string_view what) {
  return absl::UnavailableError(
      Cat(path, ":1:1: ", what, ": ", std::strerror(errno),
          ", expected a folder with room that may be written, "
          "choose another --out"));
}

}  // namespace

StagedFile::StagedFile(std::string name, std::string path)
    : name_(std::move(name)),
      path_(std::move(path)),
      hash_(std::make_unique<replay::Sha256Digest>()) {
  file_ = open(path_.c_str(),
               O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (file_ < 0) Fail("cannot be made");
}

StagedFile::~StagedFile() {
  if (file_ >= 0) close(file_);
}

void StagedFile::Fail(std::string_view what) {
  if (status_.ok()) status_ = WriteError(path_, what);
}

void StagedFile::Write(std::string_view bytes) {
  if (!status_.ok()) return;
  buffer_.append(bytes);
  if (buffer_.size() >= kBufferBytes) Flush();
}

void StagedFile::Flush() {
  hash_->Add(buffer_);
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const ssize_t written = write(file_, rest.data(), rest.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      Fail("cannot be written");
      break;
    }
    rest.remove_prefix(static_cast<size_t>(written));
  }
  buffer_.clear();
}

absl::Status StagedFile::Finish() {
  if (status_.ok()) Flush();
  if (status_.ok() && fsync(file_) != 0) Fail("cannot be synced");
  if (file_ >= 0 && close(file_) != 0) Fail("cannot be closed");
  file_ = -1;
  sha256_ = hash_->Hex();
  return status_;
}

StagedFolder::StagedFolder(std::string folder, int handle)
    : folder_(std::move(folder)), handle_(handle) {}

absl::StatusOr<std::unique_ptr<StagedFolder>> StagedFolder::Open(
    const std::string& folder) {
  std::error_code error;
  const bool made = std::filesystem::create_directories(folder, error);
  if (error) {
    errno = error.value();
    return WriteError(folder, "cannot be made");
  }
  const int handle = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (handle < 0) return WriteError(folder, "is not a folder");
  if (flock(handle, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    close(handle);
    return absl::UnavailableError(Cat(folder,
                                      ":1:1: another run is writing into this "
                                      "folder, expected a folder for this run "
                                      "alone, wait or choose another --out"));
  }
  auto staged = std::unique_ptr<StagedFolder>(new StagedFolder(folder, handle));
  staged->made_ = made;
  return staged;
}

StagedFolder::~StagedFolder() {
  files_.clear();
  if (!committed_) {
    for (const std::string& name : names_) unlink(PathFor(name).c_str());
    if (made_) rmdir(folder_.c_str());  // Only goes if it is empty.
  }
  close(handle_);
}

std::string StagedFolder::PathFor(const std::string& name) const {
  return Cat(folder_, "/.", name, ".partial");
}

StagedFile* StagedFolder::Add(const std::string& name) {
  names_.push_back(name);
  files_.push_back(std::make_unique<StagedFile>(name, PathFor(name)));
  return files_.back().get();
}

void StagedFolder::LeaveOut(const std::string& name) {
  left_out_.push_back(name);
}

std::string StagedFolder::AddForeign(const std::string& name) {
  names_.push_back(name);
  const std::string path = PathFor(name);
  unlink(path.c_str());  // The library would follow a link.
  return path;
}

absl::StatusOr<std::string> StagedFolder::AdoptWritten(
    const std::string& name) {
  const std::string path = PathFor(name);
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0) return WriteError(path, "cannot be read back");
  replay::Sha256Digest digest;
  std::string buffer(kBufferBytes, '\0');
  ssize_t got = 0;
  while ((got = read(file, buffer.data(), buffer.size())) != 0) {
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) break;
    digest.Add(std::string_view(buffer).substr(0, static_cast<size_t>(got)));
  }
  const bool good = got == 0 && fsync(file) == 0;
  const absl::Status status =
      good ? absl::OkStatus() : WriteError(path, "cannot be read back");
  close(file);
  if (!status.ok()) return status;
  return digest.Hex();
}

absl::Status StagedFolder::Commit() {
  // A folder under a final name would make one rename fail after others went
  // through; look before the first.
  for (const std::string& name : names_) {
    struct stat found;
    const std::string path = Cat(folder_, "/", name);
    if (lstat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode)) {
      errno = EISDIR;
      return WriteError(path, "cannot be replaced");
    }
  }
  if (!names_.empty()) {
    const std::string seal = Cat(folder_, "/", names_.back());
    if (unlink(seal.c_str()) != 0 && errno != ENOENT)
      return WriteError(seal, "cannot be replaced");
  }
  for (const std::string& name : left_out_) {
    const std::string path = Cat(folder_, "/", name);
    if (unlink(path.c_str()) != 0 && errno != ENOENT)
      return WriteError(path, "of an earlier run cannot be removed");
  }
  for (size_t i = 0; i < names_.size(); ++i) {
    const std::string path = Cat(folder_, "/", names_[i]);
    if (rename(PathFor(names_[i]).c_str(), path.c_str()) == 0) continue;
    const absl::Status status = WriteError(path, "cannot be put in place");
    for (size_t j = 0; j < i; ++j) unlink(Cat(folder_, "/", names_[j]).c_str());
    return status;
  }
  committed_ = true;
  if (fsync(handle_) != 0) return WriteError(folder_, "cannot be synced");
  return absl::OkStatus();
}

}  // namespace plumbline::audit
