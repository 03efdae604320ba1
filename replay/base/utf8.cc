#include "replay/base/utf8.h"

#include <cstddef>
#include <cstdint>

namespace plumbline::replay {

bool IsUtf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    const size_t more = (lead & 0xe0) == 0xc0   ? 1
                        : (lead & 0xf0) == 0xe0 ? 2
                                                : 3;
    if ((lead & 0xc0) != 0xc0 || (more == 3 && (lead & 0xf8) != 0xf0)) {
      return false;
    }
    if (i + more >= text.size()) return false;
    uint32_t code = lead & (0x3fU >> more);
    for (size_t k = 1; k <= more; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xc0) != 0x80) return false;
      code = code << 6 | (next & 0x3f);
    }
    constexpr uint32_t kLeast[] = {0, 0x80, 0x800, 0x10000};
    if (code < kLeast[more] || code > 0x10ffff ||
        (code >= 0xd800 && code < 0xe000)) {
      return false;
    }
    i += more + 1;
  }
  return true;
}

}  // namespace plumbline::replay
