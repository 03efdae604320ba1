#include "audit/rules/pack_loader.h"

#include <google/protobuf/io/tokenizer.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "audit/rules/exact.h"
#include "audit/rules/pack_lint.h"
#include "audit/rules/text.h"
#include "replay/base/sha256.h"
#include "replay/schema/utf8_texts.h"

namespace plumbline::audit {
namespace {

class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (!text.empty()) return;
    line_number = line + 1;
    column_number = column + 1;
    text = message;
  }
  void AddWarning(int, int, const std::string&) override {}
  int line_number = 1, column_number = 1;
  std::string text;
};

}  // namespace

PackLoader::PackLoader(std::string_view text, const std::string& file)
    : text_(text), file_(file) {
  size_t from = 0;
  while (from <= text.size()) {
    line_starts_.push_back(from);
    const size_t end = text.find('\n', from);
    if (end == std::string_view::npos) break;
    from = end + 1;
  }
}

absl::StatusOr<RulePack> PackLoader::Load() {
  RulePack result;
  result.file = file_;
  result.sha256 = replay::Sha256Hex(text_);

  auto compiled = std::make_shared<CompiledPack>();
  FirstError first;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&first);
  parser.WriteLocationsTo(&tree_);
  if (!parser.ParseFromString(std::string(text_), &compiled->pack)) {
    return Status({first.line_number, first.column_number},
                  Cat("found text that is no rule pack (", first.text,
                      "), expected the fields of rulepack.proto, "
                      "each once; correct or remove it"));
  }
  if (absl::Status status =
          replay::CheckUtf8Texts(file_, &tree_, compiled->pack);
      !status.ok()) {
    return status;
  }
  compiled_ = compiled.get();
  pack_ = &compiled->pack;
  Check();
  if (!status_.ok()) return status_;
  for (const PartError& warning : LintPack(*compiled)) {
    const Place place = At(&tree_, *pack_, warning.field, warning.index);
    result.warnings.push_back(
        Cat(file_, ":", place.line, ":", place.column, ": ", warning.message));
  }
  result.pack = compiled->pack;
  result.compiled = std::move(compiled);
  return result;
}

absl::Status PackLoader::Status(const Place& place,
                                std::string_view message) const {
  return absl::InvalidArgumentError(
      Cat(file_, ":", place.line, ":", place.column, ": ", message));
}

void PackLoader::Fail(const Place& place, std::string_view message) {
  if (status_.ok()) status_ = Status(place, message);
}

PackLoader::Place PackLoader::At(const Tree* tree,
                                 const google::protobuf::Message& message,
                                 const char* field, int index) {
  if (tree == nullptr) return {};
  const auto* found = message.GetDescriptor()->FindFieldByName(field);
  if (found->is_repeated() && index < 0) index = 0;
  const auto location =
      tree->GetLocation(found, found->is_repeated() ? index : -1);
  return location.line < 0 ? Place{}
                           : Place{location.line + 1, location.column + 1};
}

const PackLoader::Tree* PackLoader::TreeOf(const char* field, int index) {
  return tree_.GetTreeForNested(
      v1::RulePack::descriptor()->FindFieldByName(field), index);
}

PackLoader::Place PackLoader::Inside(const Place& field, size_t offset) const {
  size_t at = line_starts_[field.line - 1] + field.column - 1;
  while (at < text_.size() && text_[at] != '"' && text_[at] != '\'') ++at;
  while (at < text_.size()) {
    const char quote = text_[at++];
    while (at < text_.size() && text_[at] != quote) {
      if (offset == 0) return PlaceOf(at);
      --offset;
      at += text_[at] == '\\' ? 2 : 1;
    }
    if (offset == 0) return PlaceOf(at);
    size_t next = at + 1;
    while (next < text_.size() &&
           (text_[next] == ' ' || text_[next] == '\t' || text_[next] == '\n')) {
      ++next;
    }
    if (next >= text_.size() || (text_[next] != '"' && text_[next] != '\'')) {
      return PlaceOf(at);
    }
    at = next;
  }
  return field;
}

PackLoader::Place PackLoader::PlaceOf(size_t at) const {
  const auto line =
      std::upper_bound(line_starts_.begin(), line_starts_.end(), at);
  return {static_cast<int>(line - line_starts_.begin()),
          static_cast<int>(at - *(line - 1)) + 1};
}

bool PackLoader::Date(const std::string& text, const Place& place,
                      int64_t* day) {
  if (ParseDate(text, day)) return true;
  Fail(place, Cat("found the date '", text,
                  "', expected a day such as 2026-04-01; correct "
                  "it"));
  return false;
}

void PackLoader::Check() {
  const Place top{1, 1};
  if (pack_->name().empty()) {
    Fail(top, "found no name, expected name: \"...\"; add it");
  }
  if (pack_->last_checked().empty()) {
    Fail(top,
         "found no last_checked, expected the day the sources were last "
         "read; add last_checked: \"2026-11-23\"");
  } else {
    Date(pack_->last_checked(), At(&tree_, *pack_, "last_checked"),
         &compiled_->last_checked);
  }
  if (pack_->title().empty() || pack_->title_zh().empty()) {
    Fail(top,
         "found no title in both languages, expected title and title_zh; "
         "add them");
  }
  Sources();
  Places();
  Masks();
  Calendars();
  Verified();
  for (int i = 0; i < pack_->parameters_size() && status_.ok(); ++i) {
    Parameter(i);
  }
  for (int i = 0; i < pack_->rules_size() && status_.ok(); ++i) Rule(i);
  for (int i = 0; i < pack_->untestable_size(); ++i) Untestable(i);
  if (pack_->rules_size() == 0 && pack_->untestable_size() == 0) {
    Fail(top,
         "found no rules, expected at least one; add rules { ... }, or "
         "untestable { ... } where no log can decide anything");
  }
}

}  // namespace plumbline::audit
