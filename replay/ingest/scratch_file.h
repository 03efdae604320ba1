#ifndef PLUMBLINE_REPLAY_INGEST_SCRATCH_FILE_H_
#define PLUMBLINE_REPLAY_INGEST_SCRATCH_FILE_H_

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace plumbline::replay {

// A file without a name: written once, read back, and gone with the process
// even if it is killed. Not thread-safe.
class ScratchFile {
 public:
  // `folder` empty: the system's folder for temporary files. Errors: Internal
  // "folder:1:1: ..." where no file can be made there.
  static absl::StatusOr<ScratchFile> Create(const std::string& folder);

  ScratchFile(ScratchFile&&) = default;
  ScratchFile& operator=(ScratchFile&&) = default;

  absl::Status Append(std::string_view bytes);
  int64_t size() const { return size_; }          // Bytes appended.
  int64_t position() const { return position_; }  // Bytes read since Rewind.

  // Ends the appending and goes back to the start.
  absl::Status Rewind();
  // The next `count` bytes after Rewind, or those at `offset`.
  absl::Status Read(size_t count, std::string* bytes);
  absl::Status ReadAt(int64_t offset, size_t count, std::string* bytes);

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  explicit ScratchFile(std::FILE* file) : file_(file) {}
  std::unique_ptr<std::FILE, Close> file_;
  int64_t size_ = 0;
  int64_t position_ = 0;
};

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_INGEST_SCRATCH_FILE_H_
