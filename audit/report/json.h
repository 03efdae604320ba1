#ifndef PLUMBLINE_AUDIT_REPORT_JSON_H_
#define PLUMBLINE_AUDIT_REPORT_JSON_H_

#include <string>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace plumbline::audit {

// Appends `message` in protobuf's JSON form: lowerCamel names (or json_name),
// 64-bit integers as strings, enums as words, unset fields left out, fields in
// the order of their numbers, maps in the order of their keys. The library's
// own writer goes over a second binary copy and writes maps in the order of a
// hash; this one gives the same bytes each time and streams.
void AppendJson(const google::protobuf::Message& message, std::string* out);

// Appends one field of `message` as "name":value.
void AppendJsonField(const google::protobuf::Message& message,
                     const google::protobuf::FieldDescriptor* field,
                     std::string* out);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_REPORT_JSON_H_
