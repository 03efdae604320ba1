#include "audit/rules/measure_path.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "audit/rules/text.h"
#include "plumbline/v1/result.pb.h"

namespace plumbline::audit {
namespace {

namespace pb = google::protobuf;

// One part of a path: a field or the key of a map, and of a list which entry.
struct Step {
  std::string name;
  std::vector<std::pair<std::string, std::string>> where;  // Field and word.
};

// "a.b[c=d,e=f].g"; empty where it is no path.
std::vector<Step> Steps(std::string_view path) {
  std::vector<Step> steps;
  while (true) {
    Step step;
    const size_t end = std::min(path.find_first_of(".["), path.size());
    step.name = std::string(path.substr(0, end));
    path.remove_prefix(end);
    if (!path.empty() && path[0] == '[') {
      const size_t close = path.find(']');
      if (close == std::string_view::npos) return {};
      std::string_view words = path.substr(1, close - 1);
      while (!words.empty()) {
        const size_t comma = std::min(words.find(','), words.size());
        const std::string_view one = words.substr(0, comma);
        const size_t equals = one.find('=');
        if (equals == std::string_view::npos) return {};
        step.where.emplace_back(one.substr(0, equals), one.substr(equals + 1));
        words.remove_prefix(std::min(comma + 1, words.size()));
      }
      path.remove_prefix(close + 1);
    }
    if (step.name.empty()) return {};
    steps.push_back(std::move(step));
    if (path.empty()) return steps;
    if (path[0] != '.') return {};
    path.remove_prefix(1);
  }
}

const pb::FieldDescriptor* FieldNamed(const pb::Descriptor& message,
                                      std::string_view name) {
  for (int i = 0; i < message.field_count(); ++i) {
    if (message.field(i)->json_name() == name) return message.field(i);
  }
  return nullptr;
}

const pb::FieldDescriptor* TextNamed(const pb::Descriptor& message,
                                     std::string_view name) {
  const pb::FieldDescriptor* field = FieldNamed(message, name);
  return field != nullptr && !field->is_repeated() &&
                 field->cpp_type() == pb::FieldDescriptor::CPPTYPE_STRING
             ? field
             : nullptr;
}

bool IsNumber(const pb::FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case pb::FieldDescriptor::CPPTYPE_STRING:
    case pb::FieldDescriptor::CPPTYPE_INT64:
    case pb::FieldDescriptor::CPPTYPE_INT32:
      return !field.is_repeated();
    default:
      return false;
  }
}

// Where a path ends: a field of `message`, or `message` itself.
struct Type {
  const pb::Descriptor* message = nullptr;  // nullptr: there is no such path.
  const pb::FieldDescriptor* field = nullptr;
};
Type TypeOf(std::string_view path) {
  const std::vector<Step> steps = Steps(path);
  Type type{steps.empty() ? nullptr : v1::Measures::descriptor()};
  for (size_t i = 0; i < steps.size(); ++i) {
    const pb::FieldDescriptor* field = FieldNamed(*type.message, steps[i].name);
    if (field == nullptr) return {};
    if (field->is_map()) {
      if (++i == steps.size()) return {};
      field = field->message_type()->map_value();
    } else if (field->is_repeated()) {
      if (steps[i].where.empty() || field->message_type() == nullptr) return {};
      for (const auto& [name, word] : steps[i].where) {
        if (TextNamed(*field->message_type(), name) == nullptr) return {};
      }
    } else if (!steps[i].where.empty()) {
      return {};
    }
    if (field->message_type() == nullptr) {
      type.field = field;
      return i + 1 == steps.size() ? type : Type{};
    }
    type.message = field->message_type();
  }
  return type;
}

std::string TextIn(const pb::Message& message,
                   const pb::FieldDescriptor* field) {
  const pb::Reflection& reflection = *message.GetReflection();
  if (field == nullptr ||
      (field->has_presence() && !reflection.HasField(message, field))) {
    return "";
  }
  switch (field->cpp_type()) {
    case pb::FieldDescriptor::CPPTYPE_STRING:
      return reflection.GetString(message, field);
    case pb::FieldDescriptor::CPPTYPE_INT64:
      return std::to_string(reflection.GetInt64(message, field));
    case pb::FieldDescriptor::CPPTYPE_INT32:
      return std::to_string(reflection.GetInt32(message, field));
    default:
      return "";
  }
}

// The same in a result.
struct Found {
  const pb::Message* message = nullptr;  // nullptr: it is absent.
  const pb::FieldDescriptor* field = nullptr;
};
Found Find(const v1::Measures& measures, std::string_view path) {
  const std::vector<Step> steps = Steps(path);
  Found found{steps.empty() ? nullptr : &measures};
  for (size_t i = 0; i < steps.size(); ++i) {
    const pb::Message& message = *found.message;
    const pb::Reflection& reflection = *message.GetReflection();
    const pb::FieldDescriptor* field =
        FieldNamed(*message.GetDescriptor(), steps[i].name);
    if (field == nullptr) return {};
    if (field->is_repeated()) {
      std::vector<std::pair<std::string, std::string>> where = steps[i].where;
      const bool map = field->is_map();
      if (map) {
        if (++i == steps.size()) return {};
        where = {{"key", steps[i].name}};
      }
      found.message = nullptr;
      for (int k = 0; k < reflection.FieldSize(message, field); ++k) {
        const pb::Message& entry =
            reflection.GetRepeatedMessage(message, field, k);
        const bool fits =
            std::all_of(where.begin(), where.end(), [&](const auto& one) {
              return TextIn(entry, FieldNamed(*entry.GetDescriptor(),
                                              one.first)) == one.second;
            });
        if (!fits) continue;
        found.message = &entry;
        break;
      }
      if (found.message == nullptr) return {};
      if (!map) continue;
      field = field->message_type()->map_value();
    } else if (field->has_presence() && !reflection.HasField(message, field)) {
      return {};
    }
    if (field->message_type() == nullptr) {
      found.field = field;
      return i + 1 == steps.size() ? found : Found{};
    }
    found.message =
        &found.message->GetReflection()->GetMessage(*found.message, field);
  }
  return found;
}

}  // namespace

bool IsMeasurePath(std::string_view path) {
  const Type type = TypeOf(path);
  if (type.message == nullptr) return false;
  return type.field != nullptr ? IsNumber(*type.field)
                               : TextNamed(*type.message, "value") != nullptr;
}

bool IsVerdictPath(std::string_view path) {
  const Type type = TypeOf(path);
  return type.message != nullptr && type.field == nullptr &&
         TextNamed(*type.message, "verdict") != nullptr;
}

bool FindFigure(const v1::Measures& measures, std::string_view path,
                MeasuredFigure* figure) {
  const Found found = Find(measures, path);
  if (found.message == nullptr) return false;
  const pb::Descriptor& type = *found.message->GetDescriptor();
  const pb::FieldDescriptor* value =
      found.field != nullptr ? found.field : TextNamed(type, "value");
  figure->value = TextIn(*found.message, value);
  auto end = [&](std::string_view word, std::string_view suffix) {
    const pb::FieldDescriptor* own =
        value == nullptr ? nullptr
                         : TextNamed(type, Cat(value->json_name(), suffix));
    if (own == nullptr) own = TextNamed(type, word);
    return own == value ? std::string() : TextIn(*found.message, own);
  };
  figure->lo = end("lo", "Lo");
  figure->hi = end("hi", "Hi");
  return !figure->value.empty();
}

bool FindMeasure(const v1::Measures& measures, std::string_view path,
                 Ratio* value) {
  MeasuredFigure figure;
  if (!FindFigure(measures, path, &figure)) return false;
  // Sixteen figures are more than any threshold asks for.
  std::string kept = figure.value.substr(0, 17);
  if (kept.back() == '.') kept.pop_back();
  return ParseExactDecimal(kept, value) &&
         (kept.size() == figure.value.size() ||
          kept.find('.') != std::string::npos ||
          figure.value[kept.size()] == '.');
}

bool FindVerdict(const v1::Measures& measures, std::string_view path,
                 MeasuredVerdict* verdict) {
  const Found found = Find(measures, path);
  if (found.message == nullptr || found.field != nullptr) return false;
  const pb::Descriptor& type = *found.message->GetDescriptor();
  auto text = [&](std::string_view name) {
    return TextIn(*found.message, TextNamed(type, name));
  };
  verdict->word = text("verdict");
  verdict->reason = text("reason");
  verdict->reason_zh = text("reasonZh");
  const std::string& word = verdict->word;
  if (word == "FINDING" || word == "STRICTEST" || word == "BELOW_MIDDLE") {
    verdict->verdict = OwnVerdict::kFinding;
  } else if (word == "NO_FINDING" || word == "AT_OR_ABOVE_MIDDLE") {
    verdict->verdict = OwnVerdict::kNoFinding;
  } else {
    verdict->verdict = OwnVerdict::kCannotConclude;
  }
  return !word.empty();
}

}  // namespace plumbline::audit
