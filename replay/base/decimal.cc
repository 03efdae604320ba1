#include "replay/base/decimal.h"

#include <limits>

namespace plumbline::replay {

bool ParseDecimal(std::string_view text, int digits, int64_t* value) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  const bool negative = !text.empty() && text.front() == '-';
  if (!text.empty() && (text.front() == '-' || text.front() == '+'))
    text.remove_prefix(1);
  __int128 number = 0;
  int decimals = -1;  // Digits after the point; -1 before it.
  bool any = false;
  for (const char c : text) {
    if (c == '.' && decimals < 0) {
      decimals = 0;
      continue;
    }
    if (c < '0' || c > '9') return false;
    any = true;
    if (decimals >= digits) {
      if (c != '0') return false;
      continue;
    }
    number = number * 10 + (c - '0');
    if (number > std::numeric_limits<int64_t>::max()) return false;
    if (decimals >= 0) ++decimals;
  }
  if (!any) return false;
  for (int i = decimals < 0 ? 0 : decimals; i < digits; ++i) {
    number *= 10;
    if (number > std::numeric_limits<int64_t>::max()) return false;
  }
  *value = static_cast<int64_t>(negative ? -number : number);
  return true;
}

std::string FormatDecimal(int64_t value, int digits, int min_digits) {
  const bool negative = value < 0;
  const uint64_t size = negative ? 0 - static_cast<uint64_t>(value)
                                 : static_cast<uint64_t>(value);
  std::string text = std::to_string(size);
  if (static_cast<int>(text.size()) <= digits) {
    text.insert(0, static_cast<size_t>(digits) + 1 - text.size(), '0');
  }
  if (digits > 0) {
    text.insert(text.size() - static_cast<size_t>(digits), 1, '.');
    int decimals = digits;
    while (decimals > min_digits && text.back() == '0') {
      text.pop_back();
      --decimals;
    }
    if (text.back() == '.') text.pop_back();
  }
  return negative ? "-" + text : text;
}

}  // namespace plumbline::replay
