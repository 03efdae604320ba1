#ifndef PLUMBLINE_AUDIT_FINDINGS_PACKED_TEXT_H_
#define PLUMBLINE_AUDIT_FINDINGS_PACKED_TEXT_H_

#include <string>
#include <string_view>

namespace plumbline::audit {

// Texts one after another in a string of bytes: each its length, seven bits a
// byte, the lowest first, and its letters.
inline void AppendPackedText(std::string_view text, std::string* bytes) {
  size_t size = text.size();
  for (; size >= 0x80; size >>= 7) {
    bytes->push_back(static_cast<char>(size | 0x80));
  }
  bytes->push_back(static_cast<char>(size));
  bytes->append(text);
}

// The text at `*bytes`, which moves behind it. Written by the above.
inline std::string_view TakePackedText(const char** bytes) {
  size_t size = 0;
  int shift = 0;
  unsigned char byte = 0;
  do {
    byte = static_cast<unsigned char>(*(*bytes)++);
    size |= static_cast<size_t>(byte & 0x7F) << shift;
    shift += 7;
  } while (byte >= 0x80);
  const std::string_view text(*bytes, size);
  *bytes += size;
  return text;
}

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_FINDINGS_PACKED_TEXT_H_
