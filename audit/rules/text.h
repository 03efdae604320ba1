#ifndef PLUMBLINE_AUDIT_RULES_TEXT_H_
#define PLUMBLINE_AUDIT_RULES_TEXT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace plumbline::audit {

// Puts texts and integers together. Debian's absl::StrCat does not take
// std::string_view, which is a type of its own there.
template <typename... Parts>
std::string Cat(const Parts&... parts) {
  std::string all;
  auto add = [&all](const auto& part) {
    if constexpr (std::is_integral_v<std::decay_t<decltype(part)>>) {
      all += std::to_string(part);
    } else {
      all += std::string_view(part);
    }
  };
  (add(parts), ...);
  return all;
}

// Texts of a list, one after another with `between`.
template <typename List>
std::string Joined(const List& list, std::string_view between) {
  std::string all;
  bool first = true;
  for (const auto& part : list) {
    if (!first) all += between;
    all += std::string_view(part);
    first = false;
  }
  return all;
}

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_RULES_TEXT_H_
