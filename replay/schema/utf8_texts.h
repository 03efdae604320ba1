#ifndef PLUMBLINE_REPLAY_SCHEMA_UTF8_TEXTS_H_
#define PLUMBLINE_REPLAY_SCHEMA_UTF8_TEXTS_H_

#include <string>

#include "absl/status/status.h"
#include "google/protobuf/text_format.h"

namespace plumbline::replay {

// The text form of protobuf takes any bytes between quotes; the binary form,
// which states and results are written in, takes none but UTF-8. Looks at every
// text of a message that was read from `file`, whose places are `places`.
// Errors: InvalidArgument "file:line:column: ..." for the first that is not.
absl::Status CheckUtf8Texts(
    const std::string& file,
    const google::protobuf::TextFormat::ParseInfoTree* places,
    const google::protobuf::Message& message);

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_SCHEMA_UTF8_TEXTS_H_
