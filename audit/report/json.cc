#include "audit/report/json.h"

#include <algorithm>
#include <vector>

#include "audit/report/cat.h"
#include "audit/report/text.h"

namespace plumbline::audit {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// The value of a singular field, or element `index` of a repeated one.
class Value {
 public:
  Value(const Message& message, const FieldDescriptor* field, int index)
      : message_(message),
        reflection_(*message.GetReflection()),
        field_(field),
        index_(index) {}

  void Append(std::string* out) const {
    switch (field_->cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        AppendTo(out, index_ < 0 ? reflection_.GetInt32(message_, field_)
                                 : reflection_.GetRepeatedInt32(
                                       message_, field_, index_));
        break;
      case FieldDescriptor::CPPTYPE_UINT32:
        AppendTo(out, index_ < 0 ? reflection_.GetUInt32(message_, field_)
                                 : reflection_.GetRepeatedUInt32(
                                       message_, field_, index_));
        break;
      case FieldDescriptor::CPPTYPE_INT64:
        AppendTo(out, "\"",
                 index_ < 0
                     ? reflection_.GetInt64(message_, field_)
                     : reflection_.GetRepeatedInt64(message_, field_, index_),
                 "\"");
        break;
      case FieldDescriptor::CPPTYPE_UINT64:
        AppendTo(out, "\"",
                 index_ < 0
                     ? reflection_.GetUInt64(message_, field_)
                     : reflection_.GetRepeatedUInt64(message_, field_, index_),
                 "\"");
        break;
      case FieldDescriptor::CPPTYPE_BOOL: {
        const bool value =
            index_ < 0 ? reflection_.GetBool(message_, field_)
                       : reflection_.GetRepeatedBool(message_, field_, index_);
        AppendTo(out, value ? "true" : "false");
        break;
      }
      case FieldDescriptor::CPPTYPE_ENUM: {
        const auto* value =
            index_ < 0 ? reflection_.GetEnum(message_, field_)
                       : reflection_.GetRepeatedEnum(message_, field_, index_);
        AppendJsonString(value->name(), out);
        break;
      }
      case FieldDescriptor::CPPTYPE_STRING:
        AppendJsonString(Text(), out);
        break;
      case FieldDescriptor::CPPTYPE_MESSAGE:
        AppendJson(index_ < 0 ? reflection_.GetMessage(message_, field_)
                              : reflection_.GetRepeatedMessage(message_, field_,
                                                               index_),
                   out);
        break;
      case FieldDescriptor::CPPTYPE_FLOAT:
      case FieldDescriptor::CPPTYPE_DOUBLE:
        // A result holds decimal text and integers only; tests/report keeps it
        // so.
        AppendTo(out, "null");
        break;
    }
  }

  std::string Text() const {
    std::string scratch;
    return index_ < 0
               ? reflection_.GetStringReference(message_, field_, &scratch)
               : reflection_.GetRepeatedStringReference(message_, field_,
                                                        index_, &scratch);
  }

 private:
  const Message& message_;
  const Reflection& reflection_;
  const FieldDescriptor* field_;
  int index_;  // -1: singular.
};

void AppendMap(const Message& message, const FieldDescriptor* field,
               std::string* out) {
  const Reflection& reflection = *message.GetReflection();
  const FieldDescriptor* key = field->message_type()->map_key();
  const FieldDescriptor* value = field->message_type()->map_value();
  std::vector<std::pair<std::string, const Message*>> entries;
  for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
    const Message& entry = reflection.GetRepeatedMessage(message, field, i);
    std::string text;
    if (key->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      text = Value(entry, key, -1).Text();
    } else {
      Value(entry, key, -1).Append(&text);
      text.erase(std::remove(text.begin(), text.end(), '"'), text.end());
    }
    entries.emplace_back(std::move(text), &entry);
  }
  std::sort(entries.begin(), entries.end());
  out->push_back('{');
  for (size_t i = 0; i < entries.size(); ++i) {
    if (i > 0) out->push_back(',');
    AppendJsonString(entries[i].first, out);
    out->push_back(':');
    Value(*entries[i].second, value, -1).Append(out);
  }
  out->push_back('}');
}

}  // namespace

void AppendJsonField(const Message& message, const FieldDescriptor* field,
                     std::string* out) {
  AppendJsonString(field->json_name(), out);
  out->push_back(':');
  if (field->is_map()) {
    AppendMap(message, field, out);
  } else if (field->is_repeated()) {
    out->push_back('[');
    const int size = message.GetReflection()->FieldSize(message, field);
    for (int i = 0; i < size; ++i) {
      if (i > 0) out->push_back(',');
      Value(message, field, i).Append(out);
    }
    out->push_back(']');
  } else {
    Value(message, field, -1).Append(out);
  }
}

void AppendJson(const Message& message, std::string* out) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(
      message, &fields);  // In the order of field numbers.
  out->push_back('{');
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) out->push_back(',');
    AppendJsonField(message, fields[i], out);
  }
  out->push_back('}');
}

}  // namespace plumbline::audit
