#include "audit/cli/sha256.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <memory>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace plumbline::audit {
namespace {

// Small enough to stay in the cache between the read and the digest.
constexpr size_t kBlock = size_t{256} << 10;

struct ContextDeleter {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, ContextDeleter>;

Context Begin() {
  Context context(EVP_MD_CTX_new());
  EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr);
  return context;
}

std::string End(EVP_MD_CTX* context) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_DigestFinal_ex(context, digest, &size);
  return absl::BytesToHexString(
      std::string(reinterpret_cast<const char*>(digest), size));
}

}  // namespace

std::string Sha256(std::string_view bytes) {
  const Context context = Begin();
  EVP_DigestUpdate(context.get(), bytes.data(), bytes.size());
  return End(context.get());
}

absl::StatusOr<std::string> Sha256OfFile(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return absl::NotFoundError(
        absl::StrCat(path,
                     ":1:1: the file cannot be opened, expected a readable "
                     "file; check the path"));
  }
  posix_fadvise(file, 0, 0, POSIX_FADV_SEQUENTIAL);
  const Context context = Begin();
  std::vector<char> block(kBlock);
  ssize_t got = 0;
  while ((got = read(file, block.data(), block.size())) > 0) {
    EVP_DigestUpdate(context.get(), block.data(), static_cast<size_t>(got));
  }
  close(file);
  if (got < 0) {
    return absl::NotFoundError(
        absl::StrCat(path,
                     ":1:1: reading the file failed, expected a readable file; "
                     "check the disk"));
  }
  return End(context.get());
}

}  // namespace plumbline::audit
