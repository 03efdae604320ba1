#include "audit/rules/measure_path.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <string>

#include "plumbline/v1/result.pb.h"

namespace plumbline::audit {
namespace {

namespace pb = google::protobuf;

// Takes the first part of "a.b.c" off.
std::string NextPart(std::string_view* path) {
  const size_t point = path->find('.');
  const std::string part(path->substr(0, point));
  *path = point == std::string_view::npos ? std::string_view()
                                          : path->substr(point + 1);
  return part;
}

const pb::FieldDescriptor* FieldNamed(const pb::Descriptor& message,
                                      const std::string& name) {
  for (int i = 0; i < message.field_count(); ++i) {
    if (message.field(i)->json_name() == name) return message.field(i);
  }
  return nullptr;
}

bool IsFigure(const pb::FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case pb::FieldDescriptor::CPPTYPE_STRING:
    case pb::FieldDescriptor::CPPTYPE_INT64:
    case pb::FieldDescriptor::CPPTYPE_INT32:
      return !field.is_repeated();
    default:
      return false;
  }
}

bool NumberIn(const pb::Message& message, const pb::FieldDescriptor& field,
              Ratio* value) {
  const pb::Reflection& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case pb::FieldDescriptor::CPPTYPE_STRING: {
      const std::string text = reflection.GetString(message, &field);
      // Sixteen figures are more than any threshold asks for.
      std::string kept = text.substr(0, 17);
      if (!kept.empty() && kept.back() == '.') kept.pop_back();
      return ParseExactDecimal(kept, value) &&
             (kept.size() == text.size() ||
              kept.find('.') != std::string::npos);
    }
    case pb::FieldDescriptor::CPPTYPE_INT64:
      *value = {reflection.GetInt64(message, &field), 1};
      return true;
    case pb::FieldDescriptor::CPPTYPE_INT32:
      *value = {reflection.GetInt32(message, &field), 1};
      return true;
    default:
      return false;
  }
}

bool Descend(const pb::Message& message, std::string_view path, Ratio* value) {
  const pb::FieldDescriptor* field =
      FieldNamed(*message.GetDescriptor(), NextPart(&path));
  if (field == nullptr) return false;
  const pb::Reflection& reflection = *message.GetReflection();
  if (field->is_map()) {
    const std::string key = NextPart(&path);
    const pb::Descriptor& entry = *field->message_type();
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      const pb::Message& pair =
          reflection.GetRepeatedMessage(message, field, i);
      if (pair.GetReflection()->GetString(pair, entry.map_key()) != key) {
        continue;
      }
      const pb::FieldDescriptor& held = *entry.map_value();
      if (held.message_type() == nullptr) return NumberIn(pair, held, value);
      return Descend(pair.GetReflection()->GetMessage(pair, &held), path,
                     value);
    }
    return false;
  }
  if (field->is_repeated()) return false;
  if (field->has_presence() && !reflection.HasField(message, field)) {
    return false;
  }
  if (field->message_type() == nullptr) {
    return path.empty() && NumberIn(message, *field, value);
  }
  return Descend(reflection.GetMessage(message, field), path, value);
}

}  // namespace

bool IsMeasurePath(std::string_view path) {
  const pb::Descriptor* message = v1::Measures::descriptor();
  while (!path.empty()) {
    const pb::FieldDescriptor* field = FieldNamed(*message, NextPart(&path));
    if (field == nullptr) return false;
    if (field->is_map()) {
      if (NextPart(&path).empty()) return false;
      field = field->message_type()->map_value();
    } else if (field->is_repeated()) {
      return false;
    }
    if (field->message_type() == nullptr)
      return path.empty() && IsFigure(*field);
    message = field->message_type();
  }
  return false;
}

bool FindMeasure(const v1::Measures& measures, std::string_view path,
                 Ratio* value) {
  return Descend(measures, path, value);
}

}  // namespace plumbline::audit
