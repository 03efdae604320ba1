#ifndef PLUMBLINE_REPLAY_BASE_SHA256_H_
#define PLUMBLINE_REPLAY_BASE_SHA256_H_

#include <memory>
#include <string>
#include <string_view>

namespace plumbline::replay {

// SHA-256 (FIPS 180-4) of bytes that come in pieces, at the speed of the
// machine's SHA instructions.
class Sha256Digest {
 public:
  Sha256Digest();
  ~Sha256Digest();
  Sha256Digest(const Sha256Digest&) = delete;
  Sha256Digest& operator=(const Sha256Digest&) = delete;

  void Add(std::string_view bytes);
  // Ends the digest: its 32 bytes, or as 64 letters of lower-case hex.
  std::string Bytes();
  std::string Hex();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

// Of bytes that are all there, in lower-case hex.
std::string Sha256Hex(std::string_view bytes);

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_BASE_SHA256_H_
