#ifndef PLUMBLINE_REPLAY_BASE_DECIMAL_H_
#define PLUMBLINE_REPLAY_BASE_DECIMAL_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace plumbline::replay {

// Reads decimal text ("-12.34", "551.0", "1e3" is refused) as an integer in
// units of 10^-digits, exactly: more non-zero digits than that, an overflow or
// anything else gives false. Spaces around it are ignored.
bool ParseDecimal(std::string_view text, int digits, int64_t* value);

// Writes `value` * 10^-digits with at least `min_digits` decimals and no
// further trailing zeros: FormatDecimal(12340000, 6, 2) is "12.34".
std::string FormatDecimal(int64_t value, int digits, int min_digits);

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_BASE_DECIMAL_H_
