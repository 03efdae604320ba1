#ifndef PLUMBLINE_REPLAY_BASE_UTF8_H_
#define PLUMBLINE_REPLAY_BASE_UTF8_H_

#include <string_view>

namespace plumbline::replay {

// Whether the bytes are UTF-8 (RFC 3629): shortest forms, no surrogates.
bool IsUtf8(std::string_view text);

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_BASE_UTF8_H_
