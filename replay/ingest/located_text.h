#ifndef PLUMBLINE_REPLAY_INGEST_LOCATED_TEXT_H_
#define PLUMBLINE_REPLAY_INGEST_LOCATED_TEXT_H_

#include <string>

#include "absl/status/status.h"
#include "google/protobuf/text_format.h"

namespace plumbline::replay {

// A message in protobuf text form together with the place of each of its
// fields, for messages that name it. Borrows nothing.
class LocatedText {
 public:
  using Tree = google::protobuf::TextFormat::ParseInfoTree;
  using Message = google::protobuf::Message;

  explicit LocatedText(std::string file) : file_(std::move(file)) {}

  // Errors: InvalidArgument "file:line:column: ...; remedy" for the first thing
  // that does not parse, and for a text that is not UTF-8, which no message may
  // hold.
  absl::Status Parse(const std::string& text, const char* remedy,
                     Message* message);

  const Tree* root() const { return &root_; }

  // The places of the message in `field` of `parent`; `index` is -1 where the
  // field is not repeated. Null where they are not known.
  static const Tree* Nested(const Tree* tree, const Message& parent,
                            const char* field, int index);

  // "file:line:column: what" at `field` of `message`, whose places are `tree`.
  absl::Status Wrong(const Tree* tree, const Message& message,
                     const char* field, int index,
                     const std::string& what) const;

 private:
  std::string file_;
  Tree root_;
};

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_INGEST_LOCATED_TEXT_H_
