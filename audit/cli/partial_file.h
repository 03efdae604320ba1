#ifndef PLUMBLINE_AUDIT_CLI_PARTIAL_FILE_H_
#define PLUMBLINE_AUDIT_CLI_PARTIAL_FILE_H_

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "plumbline/v1/partial.pb.h"

namespace plumbline::audit {

inline constexpr char kPartialMagic[] = "plumbline.partial";
inline constexpr int kPartialSchema = 1;

// Writes a state file piece by piece: into a temporary file beside `path` that
// Finish renames, or straight to standard output for "-". A writer that is not
// finished leaves nothing behind.
class PartialWriter {
 public:
  static absl::StatusOr<std::unique_ptr<PartialWriter>> Open(
      const std::string& path);
  ~PartialWriter();

  absl::Status Write(const v1::Partial& piece);
  // The closing piece, then the rename.
  absl::Status Finish();

 private:
  PartialWriter(std::string path, std::string temporary, std::FILE* file);
  absl::Status Failed() const;

  const std::string path_;
  const std::string temporary_;  // Empty for standard output.
  std::FILE* file_;
  int64_t pieces_ = 0;
};

// Reads a state file piece by piece.
//
// Errors: InvalidArgument "file:1:byte: ..." for a file that is no state, is
// cut short, or was damaged; NotFound where it cannot be opened.
class PartialReader {
 public:
  static absl::StatusOr<std::unique_ptr<PartialReader>> Open(
      const std::string& path);
  ~PartialReader();

  // The first piece: header, plan, packs, facts. Its magic and schema version
  // are checked.
  const v1::Partial& head() const { return head_; }
  // The next piece; false after the last.
  absl::StatusOr<bool> Next(v1::Partial* piece);

 private:
  PartialReader(std::string path, std::FILE* file);
  absl::Status Damaged(const std::string& found) const;
  absl::StatusOr<bool> ReadPiece(v1::Partial* piece);

  const std::string path_;
  std::FILE* file_;
  int64_t at_ = 0;
  int64_t pieces_ = 0;
  std::string buffer_;
  v1::Partial head_;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_CLI_PARTIAL_FILE_H_
