#ifndef PLUMBLINE_AUDIT_RULES_PACK_LOADER_H_
#define PLUMBLINE_AUDIT_RULES_PACK_LOADER_H_

#include <google/protobuf/text_format.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "audit/rules/compiled_pack.h"
#include "audit/rules/expression.h"
#include "audit/rules/pack_parts.h"
#include "audit/rules/rule_pack.h"

namespace plumbline::audit {

// Turns the text of one pack into what the judge uses, and checks it on the
// way: the first thing that is wrong ends it, "file:line:column: found,
// expected, what to do". One per text; `text` and `file` outlive it.
class PackLoader {
 public:
  PackLoader(std::string_view text, const std::string& file);

  absl::StatusOr<RulePack> Load();

 private:
  using Tree = google::protobuf::TextFormat::ParseInfoTree;
  // Where something stands in the text, from 1.
  struct Place {
    int line = 1;
    int column = 1;
  };

  // The text, and the head of the pack: pack_loader.cc.
  absl::Status Status(const Place& place, std::string_view message) const;
  void Fail(const Place& place, std::string_view message);
  // Start of a field, or of its message where the field is missing.
  static Place At(const Tree* tree, const google::protobuf::Message& message,
                  const char* field, int index = -1);
  const Tree* TreeOf(const char* field, int index);
  // Where byte `offset` of a field's text stands in the file: the text is the
  // field's quoted pieces put together.
  Place Inside(const Place& field, size_t offset) const;
  Place PlaceOf(size_t at) const;
  bool Date(const std::string& text, const Place& place, int64_t* day);
  void Check();

  // Its parts beside rules: pack_loader_parts.cc.
  void Untestable(int index);
  void Sources();
  void Places();
  void Masks();
  // Says what a part's compiler found, at the field that it names.
  bool Part(const PartError& error, const google::protobuf::Message& message,
            const Tree* tree, const Place& place);
  void Calendars();
  void Verified();
  void Parameter(int index);
  void Value(const v1::RuleParameter& parameter, const Tree* parent, int index,
             CompiledParameter* made);
  void Confidence(const std::string& text, const Place& place);

  // Its rules: pack_loader_rules.cc.
  void Rule(int index);
  void Over(const v1::Rule& rule, const Tree* tree, const Place& place,
            CompiledRule* made);
  void Run(const v1::Rule& rule, const Tree* tree, CompiledRule* made);
  void Window(const v1::Rule& rule, const Tree* tree, const Place& place,
              CompiledRule* made);
  void Formulas(const v1::Rule& rule, const Tree* tree, const Place& place,
                CompiledRule* made);
  void TopUp(const v1::Rule& rule, const Tree* tree, CompiledRule* made);
  // Windows that overlap hold a task more than once.
  static bool InOverlappingWindow(const CompiledRule& made);
  void Overlapping(const v1::Rule& rule, const Tree* tree, CompiledRule* made);
  // The figure that findings show, and its grade.
  bool Shows(const v1::Rule& rule, const Tree* tree, const CompiledRule& made);
  void Requirement(const v1::Rule& rule, const Tree* tree, const Place& place,
                   const std::map<std::string, int>& lets, CompiledRule* made);
  // Formula in one field. -1 on failure, which is reported.
  int Formula(const std::string& text, const Place& field, Domain domain,
              bool soft, Program* program,
              const std::map<std::string, int>& lets);
  bool Condition(int root, const Program& program, const Place& place);

  std::string_view text_;
  const std::string& file_;
  std::vector<size_t> line_starts_;
  Tree tree_;
  absl::Status status_;
  CompiledPack* compiled_ = nullptr;
  const v1::RulePack* pack_ = nullptr;
  Vocabulary vocabulary_;
  std::map<std::string, int> sources_, places_;
  std::set<std::string> rule_ids_;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_RULES_PACK_LOADER_H_
