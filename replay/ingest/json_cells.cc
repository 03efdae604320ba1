#include "replay/ingest/json_cells.h"

#include "replay/ingest/json_walker.h"

namespace plumbline::replay {
namespace {

std::string_view Strip(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

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
    JsonWalker walker(object);
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
  JsonWalker walker(text);
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
