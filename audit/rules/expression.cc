#include "audit/rules/expression.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "audit/rules/text.h"
#include "replay/schema/schema.h"

namespace plumbline::audit {
namespace {

constexpr int kMaxDepth = 64;
constexpr size_t kMaxLength = 4000;
constexpr Type kBoolType = {Kind::kBool, {}};
constexpr Type kInstantType = {Kind::kInstant, {}};
constexpr Type kTextType = {Kind::kText, {}};
constexpr Type Number(Dimension dimension) {
  return {Kind::kNumber, dimension};
}

std::string Upper(std::string_view word) {
  std::string text(word);
  absl::AsciiStrToUpper(&text);
  return text;
}
bool IsWordStart(char c) { return absl::ascii_isalpha(c) || c == '_'; }
bool IsWord(char c) { return absl::ascii_isalnum(c) || c == '_' || c == '.'; }

struct SetName {
  std::string_view name;
  uint32_t bit;
  std::string_view needs;  // Columns, separated by blanks.
};
constexpr SetName kSets[] = {
    {"ENGAGED", kEngaged,
     "tasks.accepted_at tasks.completed_at|tasks.cancelled_at"},
    {"TO_PICKUP", kToPickup, "tasks.accepted_at tasks.picked_up_at"},
    {"LOADED", kLoaded,
     "tasks.picked_up_at tasks.completed_at|tasks.cancelled_at"},
    {"ONLINE", kOnline, "sessions.started_at sessions.ended_at"},
    {"ON_CALL", kOnCall,
     "sessions.started_at sessions.ended_at tasks.accepted_at "
     "tasks.completed_at|tasks.cancelled_at"},
    {"REQUIRED", kRequired, "sessions.required"},
};

struct LegName {
  std::string_view name;
  Leg leg;
  std::string_view needs;
};
constexpr LegName kLegs[] = {
    {"ENGAGED", Leg::kEngaged,
     "tasks.route_distance_m|tasks.pickup_distance_m"},
    {"TO_PICKUP", Leg::kToPickup, "tasks.pickup_distance_m"},
    {"LOADED", Leg::kLoaded, "tasks.dropoff_distance_m"},
    {"ROUTE", Leg::kRoute, "tasks.route_distance_m"},
};

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
        soft_(soft),
        program_(*program),
        error_(*error) {}

  int Run() {
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

 private:
  int Fail(size_t offset, std::string message) {
    if (error_.message.empty()) error_ = {offset, std::move(message)};
    return -1;
  }

  void Skip() {
    while (at_ < text_.size() && absl::ascii_isspace(text_[at_])) ++at_;
  }
  bool Take(std::string_view token) {
    Skip();
    if (text_.substr(at_, token.size()) != token) return false;
    at_ += token.size();
    return true;
  }
  std::string_view PeekWord() {
    Skip();
    size_t end = at_;
    if (end < text_.size() && IsWordStart(text_[end])) {
      while (end < text_.size() && IsWord(text_[end])) ++end;
    }
    return text_.substr(at_, end - at_);
  }
  std::string_view Word() {
    const std::string_view word = PeekWord();
    at_ += word.size();
    return word;
  }
  bool TakeWord(std::string_view word) {
    if (PeekWord() != word) return false;
    at_ += word.size();
    return true;
  }
  std::string Here() {
    Skip();
    if (at_ >= text_.size()) return "the end of the formula";
    return Cat("'", text_.substr(at_, 12), "'");
  }
  int Expect(std::string_view token) {
    if (Take(token)) return 0;
    return Fail(at_, Cat("found ", Here(), ", expected '", token, "'; add it"));
  }

  int Add(Node node) {
    program_.nodes.push_back(std::move(node));
    return static_cast<int>(program_.nodes.size()) - 1;
  }
  const Type& TypeOf(int node) const { return program_.nodes[node].type; }

  // Registers columns (separated by blanks) and gives their bits.
  uint64_t Need(std::string_view columns, bool soft) {
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
      bits |= uint64_t{1} << (i < 64 ? i : 63);
    }
    return bits;
  }

  int Or() {
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
  int And() {
    int left = Not();
    while (left >= 0 && PeekWord() == "and") {
      const size_t where = at_;
      Word();
      left = Logic(Op::kAnd, left, Not(), where);
    }
    return left;
  }
  int Logic(Op op, int left, int right, size_t where) {
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
  int Not() {
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

  int Comparison() {
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
    static constexpr Sign kSigns[] = {{"<=", Op::kLessEqual, false, false},
                                      {">=", Op::kLessEqual, true, false},
                                      {"!=", Op::kEqual, false, true},
                                      {"<", Op::kLess, false, false},
                                      {">", Op::kLess, true, false},
                                      {"=", Op::kEqual, false, false}};
    for (const Sign& sign : kSigns) {
      if (!Take(sign.token)) continue;
      const int right = Sum();
      if (right < 0) return -1;
      if (!(TypeOf(left) == TypeOf(right))) {
        return Fail(where, Cat("found ", TypeText(TypeOf(left)), " ",
                               sign.token, " ", TypeText(TypeOf(right)),
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

  int TextTest(int left, size_t where) {
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
        return Fail(where,
                    Cat("found \"", word, "\", expected one of ",
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

  int String(std::vector<std::string>* words) {
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

  int Sum() {
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
      if (a.kind == Kind::kInstant && b == kInstantType &&
          op == Op::kSubtract) {
        type = Number(kTime);
      } else if (a.kind == Kind::kInstant && b == Number(kTime)) {
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

  int Product() {
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
      left = Add(
          {.op = op,
           .type = Number(op == Op::kMultiply ? Times(a.dimension, b.dimension)
                                              : Over(a.dimension, b.dimension)),
           .args = {left, right}});
    }
    return left;
  }

  int Unary() {
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

  int Primary() {
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

  int Literal() {
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
        return Fail(at_, Cat("found an amount in ", unit.currency,
                             ", expected ", vocabulary_.currency,
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
                .type = Number(unit.dimension),
                .constant = value});
  }

  int Named(std::string_view word, size_t where) {
    if (word == "true" || word == "false") {
      return Add({.op = Op::kConstant,
                  .type = kBoolType,
                  .constant = {word == "true", 1}});
    }
    if (Take("(")) return Call(word, where);
    if (word == "log.pay_per_order" || word == "log.guaranteed_per_hour") {
      const bool order = word == "log.pay_per_order";
      return Add(
          {.op = Op::kLogValue,
           .type = Number(order ? kMoney : Over(kMoney, kTime)),
           .ref = static_cast<int>(order ? LogValue::kPayPerOrder
                                         : LogValue::kGuaranteedPerHour)});
    }
    if (word.substr(0, 7) == "roster." && domain_ != Domain::kAggregate) {
      return Column("workers", word.substr(7), Op::kRoster, where);
    }
    const auto let = lets_.find(std::string(word));
    if (let != lets_.end()) {
      if (domain_ != base_) {
        return Fail(where, Cat("found '", word,
                               "' inside a sum, expected a formula of "
                               "the summed thing; write it out here"));
      }
      return Add(
          {.op = Op::kLet, .type = TypeOf(let->second), .args = {let->second}});
    }
    for (size_t i = 0; i < vocabulary_.parameters.size(); ++i) {
      if (vocabulary_.parameters[i].name == word) {
        return Parameter(static_cast<int>(i), "", where);
      }
    }
    if (domain_ == Domain::kTask) {
      for (size_t i = 0; i < TaskFields().size(); ++i) {
        const TaskField& field = TaskFields()[i];
        if (field.name != word) continue;
        Node node{.op = Op::kField,
                  .type = field.type,
                  .domain = domain_,
                  .ref = static_cast<int>(i),
                  .columns = Need(field.column, soft_)};
        if (word == "status") node.words = EnumWords("tasks", "status");
        return Add(std::move(node));
      }
    }
    if (domain_ == Domain::kRow) {
      return Column(vocabulary_.row_table, word, Op::kField, where);
    }
    return Fail(where, Cat("found the name '", word,
                           "', expected a let, a parameter of this "
                           "pack",
                           Columns(), "; correct the name or define it"));
  }

  std::string Columns() const {
    if (domain_ == Domain::kTask) {
      std::vector<std::string_view> names;
      for (const TaskField& field : TaskFields()) names.push_back(field.name);
      return Cat(" or a column of tasks (", Joined(names, ", "), ")");
    }
    return domain_ == Domain::kWindow
               ? " or a function such as time(ENGAGED) (columns of tasks are "
                 "known inside sum(task: ...))"
               : "";
  }

  static std::vector<std::string> EnumWords(std::string_view table,
                                            std::string_view column) {
    const replay::TableSchema* schema = replay::FindTable(table);
    const replay::ColumnSchema& found = schema->columns[schema->Find(column)];
    std::vector<std::string> words;
    const google::protobuf::EnumDescriptor* values = found.field->enum_type();
    for (int i = 1; i < values->value_count(); ++i) {
      words.push_back(replay::EnumWord(found, values->value(i)->number()));
    }
    return words;
  }

  int Column(std::string_view table, std::string_view word, Op op,
             size_t where) {
    const replay::TableSchema* schema = replay::FindTable(table);
    const int index = schema == nullptr ? -1 : schema->Find(word);
    if (index < 0) {
      std::vector<std::string> names;
      if (schema != nullptr) {
        for (const auto& column : schema->columns) names.push_back(column.name);
      }
      return Fail(where,
                  Cat("found the name '", word, "', expected a column of ",
                      table, " (", Joined(names, ", "), "); correct the name"));
    }
    const replay::ColumnSchema& column = schema->columns[index];
    Node node{.op = op,
              .domain = domain_,
              .ref = index,
              .columns = Need(Cat(schema->name, ".", column.name), soft_)};
    switch (column.type) {
      case replay::ColumnType::kBool:
        node.type = kBoolType;
        break;
      case replay::ColumnType::kEnum:
        node.type = kTextType;
        node.words = EnumWords(schema->name, column.name);
        break;
      case replay::ColumnType::kNumber:
        if (column.unit == v1::INSTANT || column.unit == v1::DATE) {
          node.type = kInstantType;
        } else if (column.unit == v1::DURATION) {
          node.type = Number(kTime);
        } else if (column.unit == v1::MONEY) {
          node.type = Number(kMoney);
        } else if (column.unit == v1::DISTANCE) {
          node.type = Number(kDistance);
        } else {
          node.type = Number(kPure);
        }
        break;
      default:
        node.type = kTextType;
    }
    return Add(std::move(node));
  }

  int Parameter(int index, std::string name, size_t where) {
    const ParameterName& parameter = vocabulary_.parameters[index];
    const auto& classes = parameter.classes;
    if (std::find(classes.begin(), classes.end(), name) == classes.end()) {
      return Fail(where, Cat("found ", parameter.name, "('", name,
                             "'), expected one of its classes: ",
                             Joined(classes, ", "), "; correct the class"));
    }
    Node node{.op = Op::kParameter,
              .type = Number(parameter.dimension),
              .ref = index,
              .words = {std::move(name)}};
    if (parameter.by_place) {
      if (domain_ != Domain::kCity && domain_ != Domain::kTask) {
        return Fail(where, Cat("found ", parameter.name,
                               ", which differs by place, outside of one "
                               "place, expected it of a city or a task; put it "
                               "into sum(city: ...) or sum(task: ...)"));
      }
      node.columns = Need("tasks.city", false);
    }
    return Add(std::move(node));
  }

  int Call(std::string_view name, size_t where) {
    if (name == "time") return TimeCall(where);
    if (name == "dist") return DistanceCall(where);
    if (name == "pay") return PayCall(where);
    if (name == "sum" || name == "count" || name == "largest") {
      return OverCall(name, where);
    }
    if (name == "min" || name == "max") return ChoiceCall(name == "min", where);
    if (name == "if") return IfCall(where);
    if (name == "known") return KnownCall();
    if (name == "recorded") return RecordedCall();
    if (name == "longest_run" || name == "longest_gap") {
      return StretchCall(name == "longest_run", where);
    }
    if (name == "rank_in_estimates") return RankCall(where);
    if (name == "add_months") return MonthsCall(where);
    for (size_t i = 0; i < vocabulary_.parameters.size(); ++i) {
      if (vocabulary_.parameters[i].name != name) continue;
      std::vector<std::string> words;
      if (String(&words) < 0 || Expect(")") < 0) return -1;
      return Parameter(static_cast<int>(i), words[0], where);
    }
    return Fail(where, Cat("found the function '", name,
                           "', expected time, dist, pay, sum, count, largest,"
                           " min, max, if, known, longest_run, longest_gap, "
                           "rank_in_estimates, add_months or a parameter; "
                           "correct the name"));
  }

  bool OfWorker() const {
    return domain_ == Domain::kWindow || domain_ == Domain::kDay ||
           domain_ == Domain::kCity;
  }

  int Sets(uint32_t* mask, uint64_t* columns) {
    do {
      Skip();
      const size_t where = at_;
      const std::string_view word = Word();
      const SetName* found = nullptr;
      for (const SetName& set : kSets) {
        if (set.name == word) found = &set;
      }
      if (found == nullptr) {
        return Fail(where, Cat("found '", word,
                               "', expected a time set (ENGAGED, "
                               "TO_PICKUP, LOADED, ONLINE, ON_CALL, "
                               "REQUIRED); use one of these"));
      }
      *mask |= found->bit;
      // Beside other sets REQUIRED only adds: bounds can do without it.
      if (domain_ == Domain::kTask) {
        if (found->bit == kLoaded) {
          *columns |= Need(
              "tasks.trip_time_s|tasks.picked_up_at "
              "tasks.trip_time_s|tasks.completed_at|tasks.cancelled_at",
              soft_);
          continue;
        }
      }
      *columns |= Need(found->needs, soft_ || (found->bit == kRequired &&
                                               *mask != kRequired));
    } while (Take("|"));
    return 0;
  }

  int TimeCall(size_t where) {
    uint32_t mask = 0;
    uint64_t columns = 0;
    if (Sets(&mask, &columns) < 0) return -1;
    bool sum = false;
    if (Take(",")) {
      const size_t mode = at_;
      if (TakeWord("sum")) {
        sum = true;
      } else if (!TakeWord("union")) {
        return Fail(mode, Cat("found ", Here(),
                              ", expected union or sum; say how "
                              "overlaps count"));
      }
    }
    if (Expect(")") < 0) return -1;
    if (domain_ == Domain::kTask) {
      if (mask != kEngaged && mask != kToPickup && mask != kLoaded) {
        return Fail(where,
                    "found a time set that a task does not have, "
                    "expected ENGAGED, TO_PICKUP or LOADED; use one");
      }
    } else if (!OfWorker()) {
      return Fail(where,
                  "found time() outside of a worker, expected it inside "
                  "sum(worker: ...); move it there");
    }
    if (sum && mask != kEngaged && mask != kToPickup && mask != kLoaded) {
      return Fail(where,
                  "found a sum over tasks of sets that are not of tasks,"
                  " expected ENGAGED, TO_PICKUP or LOADED; use union");
    }
    return Add({.op = Op::kTime,
                .type = Number(kTime),
                .domain = domain_,
                .mask = mask,
                .ref = sum ? 1 : 0,
                .columns = columns});
  }

  int DistanceCall(size_t where) {
    const std::string_view word = Word();
    if (Expect(")") < 0) return -1;
    for (const LegName& leg : kLegs) {
      if (leg.name != word) continue;
      if (domain_ != Domain::kTask) {
        return Fail(where,
                    "found dist() outside of a task, expected it inside "
                    "sum(task: ...); move it there");
      }
      return Add({.op = Op::kDistance,
                  .type = Number(kDistance),
                  .domain = domain_,
                  .ref = static_cast<int>(leg.leg),
                  .columns = Need(leg.needs, soft_)});
    }
    return Fail(where, Cat("found dist(", word,
                           "), expected ENGAGED, TO_PICKUP, LOADED or "
                           "ROUTE; use one of these"));
  }

  int Kinds(uint32_t* mask) {
    do {
      Skip();
      const size_t here = at_;
      const std::string_view word = Word();
      const auto named = vocabulary_.masks.find(std::string(word));
      const int kind = PayKindNumber(word);
      if (named != vocabulary_.masks.end()) {
        *mask |= named->second;
      } else if (kind > 0) {
        *mask |= uint32_t{1} << kind;
      } else if (word == "counted") {
        *mask |= CountedPayMask();
      } else {
        return Fail(here, Cat("found pay kind '", word,
                              "', expected a kind such as base, a "
                              "mask of this pack or 'counted'; "
                              "correct the name"));
      }
    } while (Take("+"));
    return Expect(")");
  }

  int RecordedCall() {
    uint32_t mask = 0;
    if (Kinds(&mask) < 0) return -1;
    return Add({.op = Op::kRecorded, .type = kBoolType, .mask = mask});
  }

  int PayCall(size_t where) {
    uint32_t mask = 0;
    if (Kinds(&mask) < 0) return -1;
    if (domain_ != Domain::kTask && domain_ != Domain::kWindow) {
      return Fail(where,
                  "found pay() where no pay belongs, expected it of a "
                  "worker's period or inside sum(task: ...); move it");
    }
    std::string columns;
    for (int kind = 1; kind < 32; ++kind) {
      if (((mask >> kind) & 1) == 0) continue;
      std::string name = v1::PayKind_Name(static_cast<v1::PayKind>(kind));
      absl::AsciiStrToLower(&name);  // PAY_BASE, and the column pay_base.
      columns += Cat("tasks.", name, "|");
    }
    columns += "pay.amount";
    // A debit that no column or line records is none.
    const bool debits = (mask & ~DebitMask()) == 0;
    return Add({.op = Op::kPay,
                .type = Number(kMoney),
                .domain = domain_,
                .mask = mask,
                .columns = Need(columns, soft_ || debits)});
  }

  int OverCall(std::string_view name, size_t where) {
    const size_t here = at_;
    const std::string_view over = Word();
    Domain inner;
    if (over == "task" && OfWorker()) {
      inner = Domain::kTask;
    } else if (over == "day" && domain_ == Domain::kWindow) {
      inner = Domain::kDay;
    } else if (over == "city" && domain_ == Domain::kWindow) {
      inner = Domain::kCity;
    } else if (over == "worker" && domain_ == Domain::kAggregate) {
      inner = Domain::kWindow;
    } else {
      return Fail(here, Cat("found '", over,
                            "' to go over, expected task, day or city "
                            "(of a worker) or worker (of all); use "
                            "one that fits here"));
    }
    if (Expect(":") < 0) return -1;
    const Domain outer = std::exchange(domain_, inner);
    const int body = Or();
    domain_ = outer;
    if (body < 0 || Expect(")") < 0) return -1;
    const bool count = name == "count";
    const Kind expected = count ? Kind::kBool : Kind::kNumber;
    if (TypeOf(body).kind != expected) {
      return Fail(
          where,
          Cat("found ", TypeText(TypeOf(body)), " in ", name, "(), expected ",
              count ? "a condition" : "a number", "; change what is inside"));
    }
    return Add({.op = count           ? Op::kCount
                      : name == "sum" ? Op::kSum
                                      : Op::kLargest,
                .type = count ? Number(kPure) : TypeOf(body),
                .domain = inner,
                .args = {body}});
  }

  int ChoiceCall(bool minimum, size_t where) {
    std::vector<int> args;
    do {
      args.push_back(Or());
      if (args.back() < 0) return -1;
      if (!(TypeOf(args.back()) == TypeOf(args.front())) ||
          TypeOf(args.front()).kind == Kind::kText ||
          TypeOf(args.front()).kind == Kind::kBool) {
        return Fail(where, Cat("found ", TypeText(TypeOf(args[0])), " beside ",
                               TypeText(TypeOf(args.back())),
                               " in min or max, expected the same "
                               "unit everywhere; check the units"));
      }
    } while (Take(","));
    if (Expect(")") < 0) return -1;
    return Add({.op = minimum ? Op::kMinimum : Op::kMaximum,
                .type = TypeOf(args[0]),
                .args = args});
  }

  int IfCall(size_t where) {
    const bool soft = std::exchange(soft_, true);  // Bounds cover both ways.
    const int condition = Or();
    soft_ = soft;
    if (condition < 0 || Expect(",") < 0) return -1;
    // What is read only where it is known is not missed where it is not.
    soft_ |= program_.nodes[condition].op == Op::kKnown;
    const int yes = Or();
    soft_ = soft;
    if (yes < 0 || Expect(",") < 0) return -1;
    const int no = Or();
    if (no < 0 || Expect(")") < 0) return -1;
    if (TypeOf(condition).kind != Kind::kBool || !(TypeOf(yes) == TypeOf(no))) {
      return Fail(where, Cat("found if(", TypeText(TypeOf(condition)), ", ",
                             TypeText(TypeOf(yes)), ", ", TypeText(TypeOf(no)),
                             "), expected a condition and two values "
                             "of one unit; check the units"));
    }
    return Add(
        {.op = Op::kIf, .type = TypeOf(yes), .args = {condition, yes, no}});
  }

  int KnownCall() {
    const bool soft = std::exchange(soft_, true);
    const int inner = Sum();  // A text stands here alone.
    soft_ = soft;
    if (inner < 0 || Expect(")") < 0) return -1;
    return Add({.op = Op::kKnown, .type = kBoolType, .args = {inner}});
  }

  int StretchCall(bool run, size_t where) {
    uint32_t mask = 0;
    uint64_t columns = 0;
    if (!OfWorker()) {
      return Fail(where,
                  "found a run or gap outside of a worker's period, "
                  "expected it of a worker; move it");
    }
    if (Sets(&mask, &columns) < 0) return -1;
    std::vector<int> args;
    if (run) {
      if (Expect(",") < 0) return -1;
      args.push_back(Or());
      if (args[0] < 0) return -1;
      if (!(TypeOf(args[0]) == Number(kTime))) {
        return Fail(where, Cat("found a pause of ", TypeText(TypeOf(args[0])),
                               ", expected time such as 20 min; "
                               "give it a unit"));
      }
    }
    if (Expect(")") < 0) return -1;
    return Add({.op = run ? Op::kLongestRun : Op::kLongestGap,
                .type = Number(kTime),
                .domain = domain_,
                .mask = mask,
                .columns = columns,
                .args = args});
  }

  int RankCall(size_t where) {
    if (Expect(")") < 0) return -1;
    if (domain_ != Domain::kTask) {
      return Fail(where,
                  "found rank_in_estimates() outside of a task, expected "
                  "it of a task; move it there");
    }
    return Add({.op = Op::kRank,
                .type = Number(kPure),
                .domain = domain_,
                .columns = Need("tasks.estimates_s tasks.limit_at "
                                "tasks.accepted_at",
                                soft_)});
  }

  int MonthsCall(size_t where) {
    const int instant = Or();
    if (instant < 0 || Expect(",") < 0) return -1;
    const int months = Or();
    if (months < 0 || Expect(")") < 0) return -1;
    if (TypeOf(instant).kind != Kind::kInstant ||
        !(TypeOf(months) == Number(kPure))) {
      return Fail(where,
                  "found add_months() of something else, expected an "
                  "instant and a number of months; check them");
    }
    return Add({.op = Op::kAddMonths,
                .type = kInstantType,
                .args = {instant, months}});
  }

  std::string_view text_;
  const Vocabulary& vocabulary_;
  const std::map<std::string, int>& lets_;
  const Domain base_;
  Domain domain_;
  bool soft_;
  Program& program_;
  ExpressionError& error_;
  size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

std::string TypeText(const Type& type) {
  switch (type.kind) {
    case Kind::kBool:
      return "a condition";
    case Kind::kInstant:
      return "an instant";
    case Kind::kText:
      return "a text";
    case Kind::kNumber:
      break;
  }
  return DimensionText(type.dimension);
}

int ParseExpression(std::string_view text, Domain domain,
                    const Vocabulary& vocabulary,
                    const std::map<std::string, int>& lets, bool soft,
                    Program* program, ExpressionError* error) {
  return Parser(text, domain, vocabulary, lets, soft, program, error).Run();
}

const std::vector<TaskField>& TaskFields() {
  static const auto& fields = *new std::vector<TaskField>{
      {"placed_at", "tasks.placed_at", kInstantType},
      {"ready_at", "tasks.ready_at", kInstantType},
      {"offered_at", "tasks.offered_at", kInstantType},
      {"accepted_at", "tasks.accepted_at", kInstantType},
      {"arrived_pickup_at", "tasks.arrived_pickup_at", kInstantType},
      {"picked_up_at", "tasks.picked_up_at", kInstantType},
      {"arrived_dropoff_at", "tasks.arrived_dropoff_at", kInstantType},
      {"completed_at", "tasks.completed_at", kInstantType},
      {"cancelled_at", "tasks.cancelled_at", kInstantType},
      {"promised_at", "tasks.promised_at", kInstantType},
      {"limit_at", "tasks.limit_at", kInstantType},
      {"planned_wait", "tasks.planned_wait_s", Number(kTime)},
      {"trip_time", "tasks.trip_time_s", Number(kTime)},
      {"route_distance", "tasks.route_distance_m", Number(kDistance)},
      {"pickup_distance", "tasks.pickup_distance_m", Number(kDistance)},
      {"dropoff_distance", "tasks.dropoff_distance_m", Number(kDistance)},
      {"customer_total", "tasks.customer_total|fares.customer_total",
       Number(kMoney)},
      {"commission_shown", "tasks.commission_shown", Number(kPure)},
      {"rating", "ratings.score", Number(kPure)},
      {"prebooked", "tasks.prebooked", kBoolType},
      {"shared", "tasks.shared", kBoolType},
      {"wheelchair", "tasks.wheelchair", kBoolType},
      {"city", "tasks.city", kTextType},
      {"zone", "tasks.zone", kTextType},
      {"vehicle", "tasks.vehicle", kTextType},
      {"weather", "tasks.weather", kTextType},
      {"status", "tasks.status", kTextType},
      // Derived: the worker had another task under way during this one.
      {"overlapped", "tasks.worker_id", kBoolType},
      // Derived: by status, or by completed_at where the log has no status.
      {"delivered", "tasks.status|tasks.completed_at", kBoolType},
  };
  return fields;
}

int PayKindNumber(std::string_view word) {
  v1::PayKind kind;
  return v1::PayKind_Parse(Cat("PAY_", Upper(word)), &kind) ? kind : -1;
}

uint32_t DebitMask() {
  uint32_t mask = 0;
  for (int kind = v1::PAY_LATE_FINE; kind < v1::PayKind_ARRAYSIZE; ++kind) {
    mask |= uint32_t{1} << kind;
  }
  return mask;
}

uint32_t CountedPayMask() {
  uint32_t mask = 0;
  for (int kind = v1::PAY_BASE; kind <= v1::PAY_ALLOWANCE; ++kind) {
    mask |= uint32_t{1} << kind;
  }
  return mask;
}

}  // namespace plumbline::audit
