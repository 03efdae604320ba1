#ifndef PLUMBLINE_AUDIT_REPORT_CAT_H_
#define PLUMBLINE_AUDIT_REPORT_CAT_H_

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>

namespace plumbline::audit {

// absl::StrCat and StrAppend for std::string_view: the packaged Abseil has a
// string view of its own, to which that of the standard does not convert.
inline void AppendPiece(std::string_view piece, std::string* out) {
  out->append(piece);
}

template <std::integral Integer>
requires(!std::same_as<Integer, char> &&
         !std::same_as<Integer, bool>) void AppendPiece(Integer value,
                                                        std::string* out) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof(digits), value);
  out->append(digits, end.ptr);
}

template <typename... Pieces>
void AppendTo(std::string* out, const Pieces&... pieces) {
  (AppendPiece(pieces, out), ...);
}

template <typename... Pieces>
std::string Cat(const Pieces&... pieces) {
  std::string out;
  AppendTo(&out, pieces...);
  return out;
}

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_REPORT_CAT_H_
