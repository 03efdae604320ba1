#include "replay/schema/utf8_texts.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "replay/base/utf8.h"

namespace plumbline::replay {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::TextFormat;

absl::Status NotUtf8(const std::string& file,
                     const TextFormat::ParseInfoTree* places,
                     const FieldDescriptor& field, int index) {
  TextFormat::ParseLocation place;
  if (places != nullptr) place = places->GetLocation(&field, index);
  // The short list form has one place for the whole list.
  if (places != nullptr && place.line < 0 && index > 0) {
    place = places->GetLocation(&field, 0);
  }
  return absl::InvalidArgumentError(absl::StrCat(
      file, ":", place.line < 0 ? 1 : place.line + 1, ":",
      place.line < 0 ? 1 : place.column + 1, ": found bytes in ", field.name(),
      " that are not UTF-8, expected UTF-8; save the file in that "
      "encoding"));
}

}  // namespace

absl::Status CheckUtf8Texts(const std::string& file,
                            const TextFormat::ParseInfoTree* places,
                            const google::protobuf::Message& message) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const bool repeated = field->is_repeated();
    const int size = repeated ? reflection.FieldSize(message, field) : 1;
    for (int i = 0; i < size; ++i) {
      const int index = repeated ? i : -1;
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        absl::Status status = CheckUtf8Texts(
            file,
            places == nullptr ? nullptr
                              : places->GetTreeForNested(field, index),
            repeated ? reflection.GetRepeatedMessage(message, field, i)
                     : reflection.GetMessage(message, field));
        if (!status.ok()) return status;
      } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING &&
                 !IsUtf8(repeated
                             ? reflection.GetRepeatedString(message, field, i)
                             : reflection.GetString(message, field))) {
        return NotUtf8(file, places, *field, index);
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace plumbline::replay
