#include "replay/ingest/json_cells.h"

#include "absl/strings/ascii.h"

namespace plumbline::replay {
namespace {

void AppendUtf8(uint32_t code, std::string* text) {
  if (code < 0x80) {
    text->push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    text->push_back(static_cast<char>(0xC0 | code >> 6));
    text->push_back(static_cast<char>(0x80 | (code & 0x3F)));
  } else if (code < 0x10000) {
    text->push_back(static_cast<char>(0xE0 | code >> 12));
    text->push_back(static_cast<char>(0x80 | (code >> 6 & 0x3F)));
    text->push_back(static_cast<char>(0x80 | (code & 0x3F)));
  } else {
    text->push_back(static_cast<char>(0xF0 | code >> 18));
    text->push_back(static_cast<char>(0x80 | (code >> 12 & 0x3F)));
    text->push_back(static_cast<char>(0x80 | (code >> 6 & 0x3F)));
    text->push_back(static_cast<char>(0x80 | (code & 0x3F)));
  }
}

std::string_view Strip(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// Walks over one JSON text from the front.
class Walker {
 public:
  explicit Walker(std::string_view text) : rest_(text) {}

  bool AtEnd() {
    Blank();
    return rest_.empty();
  }
  bool Take(char c) {
    Blank();
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  char Peek() {
    Blank();
    return rest_.empty() ? '\0' : rest_.front();
  }

  // A string without quotes and escapes.
  bool String(std::string* value) {
    value->clear();
    if (!Take('"')) return false;
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c != '\\') {
        value->push_back(c);
        continue;
      }
      if (rest_.empty()) return false;
      const char escape = rest_.front();
      rest_.remove_prefix(1);
      constexpr std::string_view kFrom = "\"\\/bfnrt";
      constexpr std::string_view kTo = "\"\\/\b\f\n\r\t";
      const size_t at = kFrom.find(escape);
      if (at != std::string_view::npos) {
        value->push_back(kTo[at]);
        continue;
      }
      uint32_t code = 0;
      if (escape != 'u' || !Hex(&code)) return false;
      if (code >= 0xD800 && code < 0xDC00) {
        uint32_t low = 0;
        if (!rest_.starts_with("\\u")) return false;
        rest_.remove_prefix(2);
        if (!Hex(&low) || low < 0xDC00 || low > 0xDFFF) return false;
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
      } else if (code >= 0xDC00 && code < 0xE000) {
        return false;
      }
      AppendUtf8(code, value);
    }
    return false;
  }

  // Any value, as it is written; a string is read.
  bool Value(std::string* value, int depth = 0) {
    if (depth > 64) return false;
    Blank();
    const std::string_view start = rest_;
    switch (Peek()) {
      case '"':
        return String(value);
      case '{':
      case '[': {
        if (!Skip(depth)) return false;
        value->assign(start.substr(0, start.size() - rest_.size()));
        return true;
      }
      default: {
        const size_t end = rest_.find_first_of(",]} \t\r\n");
        const std::string_view word = rest_.substr(0, end);
        if (word.empty()) return false;
        rest_.remove_prefix(word.size());
        if (word == "null") {
          value->clear();
          return true;
        }
        if (word != "true" && word != "false" && !Number(word)) return false;
        value->assign(word);
        return true;
      }
    }
  }

 private:
  static bool Number(std::string_view word) {
    size_t i = word.front() == '-' ? 1 : 0;
    const auto digits = [&] {
      const size_t first = i;
      while (i < word.size() &&
             absl::ascii_isdigit(static_cast<unsigned char>(word[i]))) {
        ++i;
      }
      return i - first;
    };
    const size_t start = i;
    const size_t whole = digits();
    if (whole == 0 || (whole > 1 && word[start] == '0')) return false;
    if (i < word.size() && word[i] == '.') {
      ++i;
      if (digits() == 0) return false;
    }
    if (i < word.size() && (word[i] == 'e' || word[i] == 'E')) {
      ++i;
      if (i < word.size() && (word[i] == '+' || word[i] == '-')) ++i;
      if (digits() == 0) return false;
    }
    return i == word.size();
  }

  // An object or array, past its end.
  bool Skip(int depth) {
    std::string ignored;
    const bool object = Peek() == '{';
    Take(object ? '{' : '[');
    const char end = object ? '}' : ']';
    if (Take(end)) return true;
    do {
      if (object && (!String(&ignored) || !Take(':'))) return false;
      if (!Value(&ignored, depth + 1)) return false;
    } while (Take(','));
    return Take(end);
  }

  bool Hex(uint32_t* code) {
    if (rest_.size() < 4) return false;
    *code = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = rest_[static_cast<size_t>(i)];
      if (!absl::ascii_isxdigit(static_cast<unsigned char>(c))) return false;
      *code = *code * 16 + static_cast<uint32_t>(c <= '9'   ? c - '0'
                                                 : c <= 'F' ? c - 'A' + 10
                                                            : c - 'a' + 10);
    }
    rest_.remove_prefix(4);
    return true;
  }

  void Blank() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t' ||
                              rest_.front() == '\r' || rest_.front() == '\n')) {
      rest_.remove_prefix(1);
    }
  }

  std::string_view rest_;
};

// "1", "'a'" or "\"a\"" of a bracketed list.
std::string Unquote(std::string_view item) {
  if (item.size() >= 2 && (item.front() == '\'' || item.front() == '"') &&
      item.back() == item.front()) {
    item = item.substr(1, item.size() - 2);
  }
  return std::string(item);
}

}  // namespace

bool JsonMember(std::string_view text, std::string_view path,
                std::string* value) {
  std::string object(text);
  while (true) {
    const size_t dot = path.find('.');
    const std::string_view name = path.substr(0, dot);
    Walker walker(object);
    if (!walker.Take('{')) return false;
    value->clear();
    std::string found;
    if (!walker.Take('}')) {
      std::string key;
      std::string member;
      do {
        if (!walker.String(&key) || !walker.Take(':') ||
            !walker.Value(&member)) {
          return false;
        }
        if (key == name) found = member;
      } while (walker.Take(','));
      if (!walker.Take('}')) return false;
    }
    if (!walker.AtEnd()) return false;
    if (dot == std::string_view::npos) {
      *value = found;
      return true;
    }
    if (found.empty()) return true;
    object = found;
    path = path.substr(dot + 1);
  }
}

bool ListItems(std::string_view text, v1::ListForm form,
               std::string_view separator, std::vector<std::string>* items) {
  items->clear();
  text = Strip(text);
  if (form == v1::SEPARATED) {
    if (separator.empty()) separator = ";";
    while (!text.empty()) {
      const size_t end = text.find(separator);
      items->emplace_back(Strip(text.substr(0, end)));
      if (end == std::string_view::npos) break;
      text.remove_prefix(end + separator.size());
    }
    return true;
  }
  if (form == v1::BRACKETED) {
    const bool square =
        text.size() >= 2 && text.front() == '[' && text.back() == ']';
    const bool curly =
        text.size() >= 2 && text.front() == '{' && text.back() == '}';
    if (!square && !curly) return false;
    text = Strip(text.substr(1, text.size() - 2));
    const bool commas = text.find(',') != std::string_view::npos;
    while (!text.empty()) {
      // A quoted item may hold the delimiter.
      size_t end = 0;
      if (text.front() == '\'' || text.front() == '"') {
        end = text.find(text.front(), 1);
        if (end == std::string_view::npos) return false;
        ++end;
      }
      end = commas ? text.find(',', end) : text.find_first_of(" \t\r\n", end);
      const std::string_view item = Strip(text.substr(0, end));
      if (item.empty()) return false;
      items->push_back(Unquote(item));
      if (end == std::string_view::npos) break;
      text = Strip(text.substr(end + 1));
      if (commas && text.empty()) return false;
    }
    return true;
  }
  Walker walker(text);
  if (!walker.Take('[')) return false;
  if (walker.Take(']')) return walker.AtEnd();
  std::string item;
  do {
    if (walker.Peek() == '[' || walker.Peek() == '{' || !walker.Value(&item)) {
      return false;
    }
    items->push_back(item);
  } while (walker.Take(','));
  return walker.Take(']') && walker.AtEnd();
}

void AppendJsonString(std::string_view text, std::string* json) {
  json->push_back('"');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      json->push_back('\\');
      json->push_back(c);
    } else if (byte < 0x20) {
      constexpr char kHex[] = "0123456789abcdef";
      json->append("\\u00");
      json->push_back(kHex[byte >> 4]);
      json->push_back(kHex[byte & 0xF]);
    } else {
      json->push_back(c);
    }
  }
  json->push_back('"');
}

void AppendJsonList(const std::vector<std::string>& items, bool numbers,
                    std::string* json) {
  json->push_back('[');
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) json->push_back(',');
    if (numbers) {
      json->append(items[i]);
    } else {
      AppendJsonString(items[i], json);
    }
  }
  json->push_back(']');
}

}  // namespace plumbline::replay
