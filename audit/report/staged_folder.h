#ifndef PLUMBLINE_AUDIT_REPORT_STAGED_FOLDER_H_
#define PLUMBLINE_AUDIT_REPORT_STAGED_FOLDER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace plumbline::replay {
class Sha256Digest;
}  // namespace plumbline::replay

namespace plumbline::audit {

// One file being written under a temporary name, with the SHA-256 of what was
// written. The first error sticks; later writes do nothing.
class StagedFile {
 public:
  StagedFile(std::string name, std::string path);
  ~StagedFile();
  StagedFile(const StagedFile&) = delete;
  StagedFile& operator=(const StagedFile&) = delete;

  void Write(std::string_view bytes);
  const std::string& name() const { return name_; }

  // Writes what is left, syncs and closes. OK only if every byte is on disk.
  absl::Status Finish();
  // Lower-case hex, after Finish.
  const std::string& sha256() const { return sha256_; }

 private:
  void Flush();
  void Fail(std::string_view what);

  std::string name_;
  std::string path_;
  std::string buffer_;
  std::string sha256_;
  std::unique_ptr<replay::Sha256Digest> hash_;
  absl::Status status_;
  int file_ = -1;
};

// A folder whose files appear all at once: they are staged as ".NAME.partial"
// and renamed by Commit in the order in which they were made, the last one
// being the seal of the set: a seal of an earlier run is removed before the
// first rename, so a folder with a seal is whole. Without Commit nothing is
// left behind. The folder is locked meanwhile: two runs into one folder are
// refused, not mixed.
class StagedFolder {
 public:
  static absl::StatusOr<std::unique_ptr<StagedFolder>> Open(
      const std::string& folder);
  ~StagedFolder();
  StagedFolder(const StagedFolder&) = delete;
  StagedFolder& operator=(const StagedFolder&) = delete;

  // Owned by the folder.
  StagedFile* Add(const std::string& name);

  // The set has no file of this name: one that an earlier run left is removed
  // by Commit, so that no folder holds files of two runs.
  void LeaveOut(const std::string& name);

  // For a library that writes the file itself: the temporary path to hand to
  // it. AdoptWritten then syncs the file and gives its SHA-256.
  std::string AddForeign(const std::string& name);
  absl::StatusOr<std::string> AdoptWritten(const std::string& name);

  absl::Status Commit();

 private:
  std::string PathFor(const std::string& name) const;
  StagedFolder(std::string folder, int handle);

  std::string folder_;
  int handle_;
  bool made_ = false;
  bool committed_ = false;
  std::vector<std::string> names_;     // In the order of Add.
  std::vector<std::string> left_out_;  // What Commit removes.
  std::vector<std::unique_ptr<StagedFile>> files_;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_REPORT_STAGED_FOLDER_H_
