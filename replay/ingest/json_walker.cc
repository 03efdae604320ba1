#include "replay/ingest/json_walker.h"

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

}  // namespace

bool JsonWalker::AtEnd() {
  Blank();
  return rest_.empty();
}

bool JsonWalker::Take(char c) {
  Blank();
  if (rest_.empty() || rest_.front() != c) return false;
  rest_.remove_prefix(1);
  return true;
}

char JsonWalker::Peek() {
  Blank();
  return rest_.empty() ? '\0' : rest_.front();
}

bool JsonWalker::String(std::string* value) {
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

bool JsonWalker::Value(std::string* value, int depth) {
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

bool JsonWalker::Number(std::string_view word) {
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

bool JsonWalker::Skip(int depth) {
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

bool JsonWalker::Hex(uint32_t* code) {
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

void JsonWalker::Blank() {
  while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t' ||
                            rest_.front() == '\r' || rest_.front() == '\n')) {
    rest_.remove_prefix(1);
  }
}

}  // namespace plumbline::replay
