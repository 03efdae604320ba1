#ifndef PLUMBLINE_AUDIT_RULES_PARSER_H_
#define PLUMBLINE_AUDIT_RULES_PARSER_H_

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "audit/rules/expression.h"
#include "replay/schema/schema.h"

namespace plumbline::audit {

inline constexpr Type kBoolType = {Kind::kBool, {}};
inline constexpr Type kInstantType = {Kind::kInstant, {}};
inline constexpr Type kTextType = {Kind::kText, {}};
constexpr Type NumberType(Dimension dimension) {
  return {Kind::kNumber, dimension};
}

// Reads one formula and adds its nodes to a program; the inside of
// ParseExpression. Every method that reads something gives the node's index, or
// -1 after the first error was noted.
class Parser {
 public:
  Parser(std::string_view text, Domain domain, const Vocabulary& vocabulary,
         const std::map<std::string, int>& lets, bool soft, Program* program,
         ExpressionError* error)
      : text_(text),
        vocabulary_(vocabulary),
        lets_(lets),
        base_(domain),
        domain_(domain),
        table_(replay::FindTable(vocabulary.row_table)),
        soft_(soft),
        program_(*program),
        error_(*error) {}
  int Run();
  int RunSubject();

 private:
  // parser_elements.cc: what sums go over, and events.
  bool FindElement(std::string_view word, Node* node) const;
  int ElementHead(Node* node);
  int Inside(const Node& element, Kind kind, std::string_view what);
  int Where(const Node& element);
  int EventList(std::vector<int>* args);
  int Event();
  bool HasWorker() const;
  int EventCall(std::string_view name, size_t where);
  int LatencyCall(size_t where);
  int Instant(std::string_view what);
  int ReachedCall(size_t where);
  int DuringCall(size_t where);
  int Calendar();
  int MeasureCall(bool verdict, size_t where);
  int RunColumn(std::string_view word, size_t where);
  int ClassByText(int index, size_t where);

  int Fail(size_t offset, std::string message) {
    if (error_.message.empty()) error_ = {offset, std::move(message)};
    return -1;
  }
  void Skip() {
    while (at_ < text_.size() && absl::ascii_isspace(text_[at_])) ++at_;
  }
  bool Take(std::string_view token);
  std::string_view PeekWord();
  std::string_view Word();
  bool TakeWord(std::string_view word);
  std::string Here();
  int Expect(std::string_view token);
  int Add(Node node);
  const Type& TypeOf(int node) const { return program_.nodes[node].type; }
  // Registers columns (separated by blanks) and gives their bits.
  uint64_t Need(std::string_view columns, bool soft);
  int Or();
  int And();
  int Logic(Op op, int left, int right, size_t where);
  int Not();
  int Comparison();
  int TextTest(int left, size_t where);
  int String(std::vector<std::string>* words);
  int Sum();
  int Product();
  int Unary();
  int Primary();
  int Literal();
  int Named(std::string_view word, size_t where);
  std::string Columns() const;
  static std::vector<std::string> EnumWords(std::string_view table,
                                            std::string_view column);
  int Column(std::string_view table, std::string_view word, Op op,
             size_t where);
  int Parameter(int index, std::string name, size_t where);
  int Call(std::string_view name, size_t where);
  bool OfWorker() const {
    return domain_ == Domain::kWindow || domain_ == Domain::kDay ||
           domain_ == Domain::kCity;
  }
  int Sets(uint32_t* mask, uint64_t* columns);
  int TimeCall(size_t where);
  int DistanceCall(size_t where);
  int Kinds(uint32_t* mask);
  int RecordedCall();
  int PayCall(size_t where);
  int OverCall(std::string_view name, size_t where);
  int ChoiceCall(bool minimum, size_t where);
  int IfCall(size_t where);
  int KnownCall();
  int StretchCall(bool run, size_t where);
  int RankCall(size_t where);
  int MonthsCall(size_t where);

  std::string_view text_;
  const Vocabulary& vocabulary_;
  const std::map<std::string, int>& lets_;
  const Domain base_;
  Domain domain_;
  const replay::TableSchema* table_;  // Of Domain::kRow.
  bool soft_;
  Program& program_;
  ExpressionError& error_;
  size_t at_ = 0;
  int depth_ = 0;
  int nested_ = 0;  // Elements that the parser is inside of.
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_RULES_PARSER_H_
