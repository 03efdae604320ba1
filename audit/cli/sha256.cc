#include "audit/cli/sha256.h"

#include <fcntl.h>
#include <unistd.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "replay/base/sha256.h"

namespace plumbline::audit {
namespace {

// Small enough to stay in the cache between the read and the digest.
constexpr size_t kBlock = size_t{256} << 10;

}  // namespace

absl::StatusOr<std::string> Sha256OfFile(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return absl::NotFoundError(
        absl::StrCat(path,
                     ":1:1: the file cannot be opened, expected a readable "
                     "file; check the path"));
  }
  posix_fadvise(file, 0, 0, POSIX_FADV_SEQUENTIAL);
  replay::Sha256Digest digest;
  std::vector<char> block(kBlock);
  ssize_t got = 0;
  while ((got = read(file, block.data(), block.size())) > 0) {
    digest.Add({block.data(), static_cast<size_t>(got)});
  }
  close(file);
  if (got < 0) {
    return absl::NotFoundError(
        absl::StrCat(path,
                     ":1:1: reading the file failed, expected a readable file; "
                     "check the disk"));
  }
  return digest.Hex();
}

}  // namespace plumbline::audit
