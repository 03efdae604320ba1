#include "replay/ingest/located_text.h"

#include "absl/strings/str_cat.h"
#include "google/protobuf/io/tokenizer.h"
#include "replay/schema/utf8_texts.h"

namespace plumbline::replay {
namespace {

using google::protobuf::TextFormat;

// Keeps the first complaint of the text parser, with its place.
class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  explicit FirstError(std::string file) : file_(std::move(file)) {}
  void AddError(int line, int column, const std::string& message) override {
    if (text_.empty()) {
      text_ = absl::StrCat(file_, ":", line + 1, ":", column + 1,
                           ": found text that cannot be read (", message,
                           "), expected protobuf text");
    }
  }
  const std::string& text() const { return text_; }

 private:
  std::string file_;
  std::string text_;
};

}  // namespace

absl::Status LocatedText::Parse(const std::string& text, const char* remedy,
                                Message* message) {
  FirstError error(file_);
  TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  parser.WriteLocationsTo(&root_);
  if (parser.ParseFromString(text, message)) {
    return CheckUtf8Texts(file_, &root_, *message);
  }
  return absl::InvalidArgumentError(absl::StrCat(error.text(), "; ", remedy));
}

const LocatedText::Tree* LocatedText::Nested(const Tree* tree,
                                             const Message& parent,
                                             const char* field, int index) {
  if (tree == nullptr) return nullptr;
  return tree->GetTreeForNested(parent.GetDescriptor()->FindFieldByName(field),
                                index);
}

absl::Status LocatedText::Wrong(const Tree* tree, const Message& message,
                                const char* field, int index,
                                const std::string& what) const {
  int line = 1;
  int column = 1;
  const auto* descriptor = message.GetDescriptor()->FindFieldByName(field);
  // A repeated field that is empty has no place; its message's would do, but
  // the text format does not keep that.
  if (tree != nullptr && descriptor != nullptr &&
      descriptor->is_repeated() == (index >= 0)) {
    const auto place = tree->GetLocation(descriptor, index);
    if (place.line >= 0) {
      line = place.line + 1;
      column = place.column + 1;
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat(file_, ":", line, ":", column, ": ", what));
}

}  // namespace plumbline::replay
