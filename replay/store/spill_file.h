#ifndef PLUMBLINE_REPLAY_STORE_SPILL_FILE_H_
#define PLUMBLINE_REPLAY_STORE_SPILL_FILE_H_

#include <cstdint>
#include <mutex>
#include <string>

#include "absl/status/status.h"

namespace plumbline::replay {

// A file without a name for what does not fit in memory: it is made at the
// first Append and its space is free again when the object, or the process, is
// gone. All calls are thread-safe.
//
// Errors: Unavailable with the folder and the system's reason (no such folder,
// disk full).
class SpillFile {
 public:
  // `folder` empty: TMPDIR, or /tmp.
  explicit SpillFile(std::string folder) : folder_(std::move(folder)) {}
  ~SpillFile();
  SpillFile(const SpillFile&) = delete;
  SpillFile& operator=(const SpillFile&) = delete;

  absl::Status Append(const char* data, size_t bytes, int64_t* offset);
  absl::Status Read(int64_t offset, size_t bytes, char* data) const;
  absl::Status Overwrite(int64_t offset, const char* data, size_t bytes);

  int64_t bytes() const { return end_; }

 private:
  absl::Status Failure(const char* what) const;
  absl::Status WriteAt(int64_t offset, const char* data, size_t bytes);

  std::string folder_;
  std::mutex mutex_;
  int descriptor_ = -1;
  int64_t end_ = 0;
};

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_STORE_SPILL_FILE_H_
