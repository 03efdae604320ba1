#include "audit/report/text.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"

namespace plumbline::audit {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// Reads one code point from the front of `text` and gives its length in bytes,
// or 0 where the front is not valid UTF-8.
int DecodeOne(std::string_view text, uint32_t* point) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(0);
  if (first < 0x80) {
    *point = first;
    return 1;
  }
  int length = 0;
  uint32_t least = 0;
  if ((first & 0xE0) == 0xC0) {
    length = 2;
    least = 0x80;
    *point = first & 0x1F;
  } else if ((first & 0xF0) == 0xE0) {
    length = 3;
    least = 0x800;
    *point = first & 0x0F;
  } else if ((first & 0xF8) == 0xF0) {
    length = 4;
    least = 0x10000;
    *point = first & 0x07;
  } else {
    return 0;
  }
  if (text.size() < static_cast<size_t>(length)) return 0;
  for (int i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
    *point = (*point << 6) | (byte(i) & 0x3F);
  }
  const bool surrogate = *point >= 0xD800 && *point <= 0xDFFF;
  return *point < least || *point > 0x10FFFF || surrogate ? 0 : length;
}

// Calls visit(code point, its bytes) for each code point of `text`.
template <typename Visit>
void ForEachPoint(std::string_view text, Visit visit) {
  while (!text.empty()) {
    uint32_t point = 0;
    const int length = DecodeOne(text, &point);
    if (length == 0) {
      visit(uint32_t{0xFFFD}, kReplacement);
      text.remove_prefix(1);
    } else {
      visit(point, text.substr(0, length));
      text.remove_prefix(length);
    }
  }
}

bool IsPlain(std::string_view text) {
  for (const char c : text) {
    if (static_cast<uint8_t>(c) >= 0x80) return false;
  }
  return true;
}

bool IsWide(uint32_t point) {
  return (point >= 0x1100 && point <= 0x115F) ||
         (point >= 0x2E80 && point <= 0xA4CF) ||
         (point >= 0xAC00 && point <= 0xD7A3) ||
         (point >= 0xF900 && point <= 0xFAFF) ||
         (point >= 0xFE30 && point <= 0xFE6F) ||
         (point >= 0xFF00 && point <= 0xFF60) ||
         (point >= 0xFFE0 && point <= 0xFFE6) ||
         (point >= 0x1F300 && point <= 0x1FAFF) ||
         (point >= 0x20000 && point <= 0x3FFFD) || point == 0x2026;
}

bool IsCombining(uint32_t point) {
  return (point >= 0x0300 && point <= 0x036F) ||
         (point >= 0x200B && point <= 0x200F) ||
         (point >= 0xFE00 && point <= 0xFE0F) || point == 0xFEFF;
}

int PointWidth(uint32_t point) {
  return IsCombining(point) ? 0 : IsWide(point) ? 2 : 1;
}

bool NeedsApostrophe(std::string_view text) {
  if (text.empty()) return false;
  constexpr std::string_view kStarts = "=+-@\t\r";
  return kStarts.find(text[0]) != std::string_view::npos && !IsNumber(text);
}

}  // namespace

std::string ValidUtf8(std::string_view text) {
  if (IsPlain(text)) return std::string(text);
  std::string out;
  out.reserve(text.size());
  ForEachPoint(text,
               [&](uint32_t, std::string_view bytes) { out.append(bytes); });
  return out;
}

std::string EscapeHtml(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 16);
  ForEachPoint(text, [&](uint32_t point, std::string_view bytes) {
    switch (point) {
      case '&':
        out += "&amp;";
        return;
      case '<':
        out += "&lt;";
        return;
      case '>':
        out += "&gt;";
        return;
      case '"':
        out += "&quot;";
        return;
      case '\'':
        out += "&#39;";
        return;
      default:
        break;
    }
    const bool control = (point < 0x20 && point != '\t' && point != '\n') ||
                         (point >= 0x7F && point < 0xA0);
    // Characters that turn the direction of writing could make an id read as
    // another one.
    const bool turns = (point >= 0x202A && point <= 0x202E) ||
                       (point >= 0x2066 && point <= 0x2069);
    out.append(control || turns ? kReplacement : bytes);
  });
  return out;
}

void AppendJsonString(std::string_view text, std::string* out) {
  constexpr char kHex[] = "0123456789abcdef";
  out->push_back('"');
  // Most text is plain and needs no look at its code points.
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return c >= 0x20 && c < 0x7F && c != '"' && c != '\\' && c != '<' &&
           c != '>' && c != '&';
  });
  if (plain) {
    out->append(text);
    out->push_back('"');
    return;
  }
  ForEachPoint(text, [&](uint32_t point, std::string_view bytes) {
    switch (point) {
      case '"':
        *out += "\\\"";
        return;
      case '\\':
        *out += "\\\\";
        return;
      case '\n':
        *out += "\\n";
        return;
      case '\t':
        *out += "\\t";
        return;
      case '\r':
        *out += "\\r";
        return;
      default:
        break;
    }
    if (point < 0x20 || point == 0x7F || point == '<' || point == '>' ||
        point == '&' || point == 0x2028 || point == 0x2029) {
      *out += "\\u";
      for (int shift = 12; shift >= 0; shift -= 4)
        out->push_back(kHex[(point >> shift) & 0xF]);
      return;
    }
    out->append(bytes);
  });
  out->push_back('"');
}

void AppendCsvCell(std::string_view text, std::string* out) {
  std::string clean;
  if (!IsPlain(text)) {
    clean = ValidUtf8(text);
    text = clean;
  }
  const bool apostrophe = NeedsApostrophe(text);
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    if (apostrophe) out->push_back('\'');
    out->append(text);
    return;
  }
  out->push_back('"');
  if (apostrophe) out->push_back('\'');
  for (const char c : text) {
    if (c == '"') out->push_back('"');
    out->push_back(c);
  }
  out->push_back('"');
}

std::string SpreadsheetSafe(std::string_view text) {
  std::string out = NeedsApostrophe(text) ? "'" : "";
  out += ValidUtf8(text);
  return out;
}

bool IsNumber(std::string_view text) {
  const auto digits = [&] {
    size_t n = 0;
    while (n < text.size() &&
           absl::ascii_isdigit(static_cast<unsigned char>(text[n])))
      ++n;
    text.remove_prefix(n);
    return n > 0;
  };
  const auto sign = [&] {
    if (!text.empty() && (text[0] == '+' || text[0] == '-'))
      text.remove_prefix(1);
  };
  sign();
  if (!digits()) return false;
  if (!text.empty() && text[0] == '.') {
    text.remove_prefix(1);
    if (!digits()) return false;
  }
  if (!text.empty() && (text[0] == 'e' || text[0] == 'E')) {
    text.remove_prefix(1);
    sign();
    if (!digits()) return false;
  }
  return text.empty();
}

int DisplayWidth(std::string_view text) {
  int width = 0;
  ForEachPoint(text, [&](uint32_t point, std::string_view) {
    width += PointWidth(point);
  });
  return width;
}

std::string CutToWidth(std::string_view text, int columns) {
  if (DisplayWidth(text) <= columns) return ValidUtf8(text);
  std::string out;
  int width = 0;
  bool full = false;
  ForEachPoint(text, [&](uint32_t point, std::string_view bytes) {
    full = full || width + PointWidth(point) > columns - 2;
    if (full) return;
    width += PointWidth(point);
    out.append(bytes);
  });
  return out + "…";
}

}  // namespace plumbline::audit
