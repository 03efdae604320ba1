#include "audit/rules/parser.h"

#include <algorithm>

#include "audit/rules/text.h"

namespace plumbline::audit {
namespace {

constexpr int kMaxDepth = 64;
constexpr size_t kMaxLength = 4000;

bool IsWordStart(char c) { return absl::ascii_isalpha(c) || c == '_'; }
bool IsWord(char c) { return absl::ascii_isalnum(c) || c == '_' || c == '.'; }

}  // namespace

int Parser::Run() {
  if (text_.size() > kMaxLength) {
    return Fail(kMaxLength,
                "found a formula of more than 4000 bytes, expected "
                "a shorter one; name parts with 'let'");
  }
  const int root = Or();
  if (root < 0) return -1;
  Skip();
  if (at_ < text_.size()) {
    return Fail(at_, Cat("found '", text_.substr(at_, 12),
                         "' after a whole formula, expected its "
                         "end; put an operator before it"));
  }
  return root;
}

bool Parser::Take(std::string_view token) {
  Skip();
  if (text_.substr(at_, token.size()) != token) return false;
  at_ += token.size();
  return true;
}

std::string_view Parser::PeekWord() {
  Skip();
  size_t end = at_;
  if (end < text_.size() && IsWordStart(text_[end])) {
    while (end < text_.size() && IsWord(text_[end])) ++end;
  }
  return text_.substr(at_, end - at_);
}

std::string_view Parser::Word() {
  const std::string_view word = PeekWord();
  at_ += word.size();
  return word;
}

bool Parser::TakeWord(std::string_view word) {
  if (PeekWord() != word) return false;
  at_ += word.size();
  return true;
}

std::string Parser::Here() {
  Skip();
  if (at_ >= text_.size()) return "the end of the formula";
  return Cat("'", text_.substr(at_, 12), "'");
}

int Parser::Expect(std::string_view token) {
  if (Take(token)) return 0;
  return Fail(at_, Cat("found ", Here(), ", expected '", token, "'; add it"));
}

int Parser::Add(Node node) {
  program_.nodes.push_back(std::move(node));
  return static_cast<int>(program_.nodes.size()) - 1;
}

uint64_t Parser::Need(std::string_view columns, bool soft) {
  uint64_t bits = 0;
  size_t from = 0;
  while (from < columns.size()) {
    size_t to = columns.find(' ', from);
    if (to == std::string_view::npos) to = columns.size();
    const std::string_view name = columns.substr(from, to - from);
    from = to + 1;
    size_t i = 0;
    while (i < program_.columns.size() && program_.columns[i].columns != name)
      ++i;
    if (i == program_.columns.size()) {
      program_.columns.push_back({std::string(name), soft});
    }
    program_.columns[i].soft &= soft;
    bits |= uint64_t{1} << (i < 62 ? i : 62);
  }
  return bits;
}

int Parser::Or() {
  if (++depth_ > kMaxDepth) {
    return Fail(at_,
                "found brackets nested too deeply, expected at most 64 "
                "levels; name parts with 'let'");
  }
  int left = And();
  while (left >= 0 && PeekWord() == "or") {
    const size_t where = at_;
    Word();
    left = Logic(Op::kOr, left, And(), where);
  }
  --depth_;
  return left;
}

int Parser::And() {
  int left = Not();
  while (left >= 0 && PeekWord() == "and") {
    const size_t where = at_;
    Word();
    left = Logic(Op::kAnd, left, Not(), where);
  }
  return left;
}

int Parser::Logic(Op op, int left, int right, size_t where) {
  if (left < 0 || right < 0) return -1;
  for (int side : {left, right}) {
    if (TypeOf(side).kind != Kind::kBool) {
      return Fail(where, Cat("found ", TypeText(TypeOf(side)),
                             " beside 'and' or 'or', expected a "
                             "condition; compare it with something"));
    }
  }
  return Add({.op = op, .type = kBoolType, .args = {left, right}});
}

int Parser::Not() {
  Skip();
  const size_t where = at_;
  if (!TakeWord("not")) return Comparison();
  const int inner = Not();
  if (inner < 0) return -1;
  if (TypeOf(inner).kind != Kind::kBool) {
    return Fail(where, Cat("found 'not' before ", TypeText(TypeOf(inner)),
                           ", expected a condition; compare it "
                           "with something"));
  }
  return Add({.op = Op::kNot, .type = kBoolType, .args = {inner}});
}

int Parser::Comparison() {
  const int left = Sum();
  if (left < 0) return -1;
  Skip();
  const size_t where = at_;
  if (TypeOf(left).kind == Kind::kText) return TextTest(left, where);
  struct Sign {
    std::string_view token;
    Op op;
    bool swap, negate;
  };
  static constexpr Sign kSigns[] = {
      {"<=", Op::kLessEqual, false, false}, {">=", Op::kLessEqual, true, false},
      {"!=", Op::kEqual, false, true},      {"<", Op::kLess, false, false},
      {">", Op::kLess, true, false},        {"=", Op::kEqual, false, false}};
  for (const Sign& sign : kSigns) {
    if (!Take(sign.token)) continue;
    const int right = Sum();
    if (right < 0) return -1;
    if (!(TypeOf(left) == TypeOf(right))) {
      return Fail(where, Cat("found ", TypeText(TypeOf(left)), " ", sign.token,
                             " ", TypeText(TypeOf(right)),
                             ", expected the same on both sides; "
                             "check the units"));
    }
    if (TypeOf(left).kind == Kind::kBool && sign.op != Op::kEqual) {
      return Fail(where,
                  "found conditions compared by size, expected "
                  "numbers; use 'and', 'or' or '='");
    }
    int node = Add({.op = sign.op,
                    .type = kBoolType,
                    .args = sign.swap ? std::vector<int>{right, left}
                                      : std::vector<int>{left, right}});
    // Which side was written first, for what is observed and required.
    program_.nodes[node].ref = sign.swap ? 1 : 0;
    if (sign.negate) {
      node = Add({.op = Op::kNot, .type = kBoolType, .args = {node}});
    }
    return node;
  }
  return left;
}

int Parser::TextTest(int left, size_t where) {
  std::vector<std::string> words;
  bool negate = false;
  if (Take("!=")) {
    negate = true;
    if (String(&words) < 0) return -1;
  } else if (Take("=")) {
    if (String(&words) < 0) return -1;
  } else if (TakeWord("in")) {
    if (Expect("{") < 0) return -1;
    do {
      if (String(&words) < 0) return -1;
    } while (Take(","));
    if (Expect("}") < 0) return -1;
  } else {
    return Fail(where, Cat("found ", Here(),
                           " after a text, expected = 'word' or "
                           "in {'a', 'b'}; compare it"));
  }
  // Words of an enum column are checked here, not found wrong at run time.
  for (const std::string& word : words) {
    const std::vector<std::string>& known = program_.nodes[left].words;
    if (!known.empty() &&
        std::find(known.begin(), known.end(), word) == known.end()) {
      return Fail(where, Cat("found \"", word, "\", expected one of ",
                             Joined(known, ", "), "; use one of these words"));
    }
  }
  int node = Add({.op = Op::kIn,
                  .type = kBoolType,
                  .args = {left},
                  .words = std::move(words)});
  if (negate) {
    node = Add({.op = Op::kNot, .type = kBoolType, .args = {node}});
  }
  return node;
}

int Parser::String(std::vector<std::string>* words) {
  Skip();
  if (at_ >= text_.size() || text_[at_] != '\'') {
    return Fail(at_, Cat("found ", Here(),
                         ", expected a word in single quotes; "
                         "write 'word'"));
  }
  const size_t end = text_.find('\'', at_ + 1);
  if (end == std::string_view::npos) {
    return Fail(at_,
                "found a quote that does not close, expected ' at the "
                "end of the word; add it");
  }
  words->emplace_back(text_.substr(at_ + 1, end - at_ - 1));
  at_ = end + 1;
  return 0;
}

int Parser::Sum() {
  int left = Product();
  while (left >= 0) {
    Skip();
    const size_t where = at_;
    Op op;
    if (Take("+")) {
      op = Op::kAdd;
    } else if (Take("-")) {
      op = Op::kSubtract;
    } else {
      break;
    }
    const int right = Product();
    if (right < 0) return -1;
    const Type a = TypeOf(left), b = TypeOf(right);
    Type type = a;
    if (a.kind == Kind::kInstant && b == kInstantType && op == Op::kSubtract) {
      type = NumberType(kTime);
    } else if (a.kind == Kind::kInstant && b == NumberType(kTime)) {
      type = kInstantType;
    } else if (!(a == b) || a.kind != Kind::kNumber) {
      return Fail(where, Cat("found ", TypeText(a),
                             op == Op::kAdd ? " + " : " - ", TypeText(b),
                             ", expected the same unit on both sides; "
                             "multiply by a rate first"));
    }
    left = Add({.op = op, .type = type, .args = {left, right}});
  }
  return left;
}

int Parser::Product() {
  int left = Unary();
  while (left >= 0) {
    Skip();
    const size_t where = at_;
    Op op;
    if (Take("*")) {
      op = Op::kMultiply;
    } else if (Take("/")) {
      op = Op::kDivide;
    } else {
      break;
    }
    const int right = Unary();
    if (right < 0) return -1;
    const Type a = TypeOf(left), b = TypeOf(right);
    if (a.kind != Kind::kNumber || b.kind != Kind::kNumber) {
      return Fail(where, Cat("found ", TypeText(a),
                             op == Op::kMultiply ? " * " : " / ", TypeText(b),
                             ", expected two numbers; take the "
                             "difference of instants first"));
    }
    left = Add({.op = op,
                .type = NumberType(op == Op::kMultiply
                                       ? Times(a.dimension, b.dimension)
                                       : Over(a.dimension, b.dimension)),
                .args = {left, right}});
  }
  return left;
}

int Parser::Unary() {
  Skip();
  const size_t where = at_;
  if (!Take("-")) return Primary();
  const int inner = Unary();
  if (inner < 0) return -1;
  if (TypeOf(inner).kind != Kind::kNumber) {
    return Fail(where, Cat("found '-' before ", TypeText(TypeOf(inner)),
                           ", expected a number; remove it"));
  }
  return Add({.op = Op::kNegate, .type = TypeOf(inner), .args = {inner}});
}

int Parser::Primary() {
  Skip();
  const size_t where = at_;
  if (where >= text_.size()) {
    return Fail(where,
                "found the end of the formula, expected a value; "
                "finish the formula");
  }
  if (Take("(")) {
    const int inner = Or();
    if (inner < 0 || Expect(")") < 0) return -1;
    return inner;
  }
  if (absl::ascii_isdigit(text_[where])) return Literal();
  const std::string_view word = Word();
  if (word.empty()) {
    return Fail(where, Cat("found ", Here(),
                           ", expected a number, a name or '('"
                           "; write a value here"));
  }
  return Named(word, where);
}

int Parser::Literal() {
  const size_t where = at_;
  size_t end = at_;
  while (end < text_.size() &&
         (absl::ascii_isdigit(text_[end]) || text_[end] == '.')) {
    ++end;
  }
  Ratio number;
  if (!ParseExactDecimal(text_.substr(at_, end - at_), &number)) {
    return Fail(where, Cat("found '", text_.substr(at_, end - at_),
                           "', expected a decimal number of at most "
                           "18 figures; shorten it"));
  }
  at_ = end;
  Skip();
  // A unit follows at once; a quotient of units has no blanks in it.
  size_t stop = at_;
  auto letters = [&] {
    while (stop < text_.size() &&
           (absl::ascii_isalpha(text_[stop]) || text_[stop] == '%')) {
      ++stop;
    }
  };
  letters();
  if (stop > at_ && stop < text_.size() && text_[stop] == '/' &&
      stop + 1 < text_.size() && absl::ascii_isalpha(text_[stop + 1])) {
    ++stop;
    letters();
  }
  Unit unit;
  const std::string_view name = text_.substr(at_, stop - at_);
  if (!name.empty() && name != "and" && name != "or" && name != "in") {
    if (!ParseUnit(name, &unit)) {
      return Fail(at_,
                  Cat("found '", name, "' after a number, expected a unit (",
                      UnitList(), "); use one of these"));
    }
    if (!unit.currency.empty() && unit.currency != vocabulary_.currency) {
      return Fail(at_, Cat("found an amount in ", unit.currency, ", expected ",
                           vocabulary_.currency,
                           ", the currency of the pack; use that"));
    }
    at_ = stop;
  }
  FastMath math;
  const Ratio value =
      Reduced(math.Multiply(number, {unit.numerator, unit.denominator}));
  if (math.overflow) {
    return Fail(where,
                "found a number that does not fit, expected a smaller "
                "one; use another unit");
  }
  return Add({.op = Op::kConstant,
              .type = NumberType(unit.dimension),
              .constant = value});
}

}  // namespace plumbline::audit
