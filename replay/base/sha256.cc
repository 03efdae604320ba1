#include "replay/base/sha256.h"

#include <openssl/evp.h>

#include "absl/strings/escaping.h"

namespace plumbline::replay {

struct Sha256Digest::Context {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> evp{EVP_MD_CTX_new(),
                                                              &EVP_MD_CTX_free};
};

Sha256Digest::Sha256Digest() : context_(std::make_unique<Context>()) {
  EVP_DigestInit_ex(context_->evp.get(), EVP_sha256(), nullptr);
}

Sha256Digest::~Sha256Digest() = default;

void Sha256Digest::Add(std::string_view bytes) {
  EVP_DigestUpdate(context_->evp.get(), bytes.data(), bytes.size());
}

std::string Sha256Digest::Bytes() {
  std::string digest(EVP_MAX_MD_SIZE, '\0');
  unsigned int size = 0;
  EVP_DigestFinal_ex(context_->evp.get(),
                     reinterpret_cast<unsigned char*>(digest.data()), &size);
  digest.resize(size);
  return digest;
}

std::string Sha256Digest::Hex() { return absl::BytesToHexString(Bytes()); }

std::string Sha256Hex(std::string_view bytes) {
  Sha256Digest digest;
  digest.Add(bytes);
  return digest.Hex();
}

}  // namespace plumbline::replay
