#include <algorithm>

#include "audit/rules/measure_path.h"
#include "audit/rules/parser.h"
#include "audit/rules/text.h"

namespace plumbline::audit {
namespace {

// Tables of which a worker has rows, by the word a formula uses for one.
struct RowWord {
  std::string_view word, table;
};
constexpr RowWord kRowWords[] = {
    {"offer", "offers"},   {"session", "sessions"}, {"pay_line", "pay"},
    {"prompt", "prompts"}, {"appeal", "appeals"},   {"sanction", "sanctions"},
};

}  // namespace

// Fills what `word` goes over, if it fits where the parser is.
bool Parser::FindElement(std::string_view word, Node* node) const {
  const bool window = domain_ == Domain::kWindow;
  auto set = [&](bool fits, Element element, Domain domain) {
    node->element = element;
    node->domain = domain;
    return fits;
  };
  if (word == "task") return set(OfWorker(), Element::kTask, Domain::kTask);
  if (word == "open_task") {
    return set(domain_ == Domain::kTask && base_ == Domain::kTask,
               Element::kOpenTask, Domain::kTask);
  }
  if (word == "day") return set(window, Element::kDay, Domain::kDay);
  if (word == "city") return set(window, Element::kCity, Domain::kCity);
  if (word == "run") return set(window, Element::kRun, Domain::kRun);
  if (word == "worker") {
    return set(domain_ == Domain::kAggregate, Element::kWorker,
               Domain::kWindow);
  }
  if (word == "estimate") {
    return set(domain_ == Domain::kTask, Element::kEstimate, Domain::kEstimate);
  }
  for (const RowWord& row : kRowWords) {
    if (row.word != word) continue;
    node->table = replay::FindTable(row.table);
    return set(window, Element::kRow, Domain::kRow);
  }
  return false;
}

// "task", "run(ENGAGED, 20 min)", ...: 0, with the pause of a run in args[2].
int Parser::ElementHead(Node* node) {
  Skip();
  const size_t where = at_;
  const std::string_view word = Word();
  if (!FindElement(word, node)) {
    return Fail(where,
                Cat("found '", word,
                    "' to go over, expected task, day, city, run(SETS, "
                    "pause), offer, session, pay_line, prompt, appeal "
                    "or sanction (of a worker's period), estimate or "
                    "open_task (of a task), or worker (of all); use one that "
                    "fits here"));
  }
  node->args = {-1, -1, -1};
  if (node->element == Element::kEstimate) {
    node->columns = Need("tasks.estimates_s", soft_);
  } else if (node->element == Element::kOpenTask) {
    node->columns =
        Need("tasks.accepted_at tasks.completed_at|tasks.cancelled_at", soft_);
  } else if (node->element == Element::kRun) {
    if (Expect("(") < 0 || Sets(&node->mask, &node->columns) < 0 ||
        Expect(",") < 0) {
      return -1;
    }
    Skip();
    const size_t pause = at_;
    node->args[2] = Or();
    if (node->args[2] < 0 || Expect(")") < 0) return -1;
    if (!(TypeOf(node->args[2]) == NumberType(kTime))) {
      return Fail(pause,
                  Cat("found a pause of ", TypeText(TypeOf(node->args[2])),
                      ", expected time such as 20 min; give it a "
                      "unit"));
    }
  }
  return 0;
}

// A formula of one element.
int Parser::Inside(const Node& element, Kind kind, std::string_view what) {
  const Domain outer = std::exchange(domain_, element.domain);
  const replay::TableSchema* table = table_;
  if (element.table != nullptr) table_ = element.table;
  ++nested_;
  Skip();
  const size_t where = at_;
  const int body = Or();
  --nested_;
  domain_ = outer;
  table_ = table;
  if (body < 0) return -1;
  const Kind found = TypeOf(body).kind;
  const bool fits = kind == Kind::kInstant
                        ? found == Kind::kInstant || found == Kind::kNumber
                        : found == kind;
  if (!fits) {
    return Fail(where, Cat("found ", TypeText(TypeOf(body)), " in ", what,
                           ", expected ",
                           kind == Kind::kBool      ? "a condition"
                           : kind == Kind::kInstant ? "a number or an instant"
                                                    : "a number",
                           "; change what is inside"));
  }
  return body;
}

// "where CONDITION": its node, or -1 without an error where there is none.
int Parser::Where(const Node& element) {
  if (!TakeWord("where")) return -1;
  return Inside(element, Kind::kBool, "where");
}

int Parser::OverCall(std::string_view name, size_t where) {
  Node node;
  if (ElementHead(&node) < 0) return -1;
  node.op = name == "sum"        ? Op::kSum
            : name == "count"    ? Op::kCount
            : name == "largest"  ? Op::kLargest
            : name == "smallest" ? Op::kSmallest
                                 : Op::kQuantile;
  node.args[1] = Where(node);
  if (!error_.message.empty()) return -1;
  if (node.op == Op::kCount && node.args[1] >= 0 && Take(")")) {
    // count(task where CONDITION): the condition is all there is to say.
    node.args[0] = std::exchange(node.args[1], -1);
    node.type = NumberType(kPure);
    return Add(std::move(node));
  }
  if (Expect(":") < 0) return -1;
  const bool ordered = node.op == Op::kLargest || node.op == Op::kSmallest ||
                       node.op == Op::kQuantile;
  node.args[0] = Inside(node,
                        node.op == Op::kCount ? Kind::kBool
                        : ordered             ? Kind::kInstant
                                              : Kind::kNumber,
                        Cat(name, "()"));
  if (node.args[0] < 0) return -1;
  if (node.element == Element::kWorker && node.op != Op::kSum &&
      node.op != Op::kCount) {
    return Fail(where, Cat("found ", name,
                           "(worker: ...), expected sum or count, which can "
                           "be added up over parts of a log; use one of "
                           "them"));
  }
  if (node.op == Op::kQuantile) {
    if (Expect(",") < 0) return -1;
    Skip();
    const size_t here = at_;
    const int share = Sum();
    if (share < 0) return -1;
    const Node& constant = program_.nodes[share];
    FastMath math;
    if (constant.op != Op::kConstant || !(constant.type == NumberType(kPure)) ||
        constant.constant.n < 0 ||
        math.Compare(constant.constant, {1, 1}) > 0) {
      return Fail(here,
                  "found no plain number from 0 to 1, expected which quantile "
                  "is asked for, such as 0.5; write it out");
    }
    node.constant = constant.constant;
  }
  if (Expect(")") < 0) return -1;
  node.type = node.op == Op::kCount ? NumberType(kPure) : TypeOf(node.args[0]);
  return Add(std::move(node));
}

// An instant in the formula.
int Parser::Instant(std::string_view what) {
  Skip();
  const size_t where = at_;
  const int node = Sum();
  if (node < 0) return -1;
  if (TypeOf(node).kind != Kind::kInstant) {
    return Fail(where, Cat("found ", TypeText(TypeOf(node)), " as the ", what,
                           ", expected an instant; name a clock"));
  }
  return node;
}

// "offer.offered_at where chosen": instants of a worker's elements.
int Parser::Event() {
  Skip();
  const size_t where = at_;
  const std::string_view word = Word();
  const size_t point = word.find('.');
  Node node{.op = Op::kEvent, .type = kInstantType};
  const std::string_view head = word.substr(0, point);
  const std::string_view column =
      point == std::string_view::npos ? "" : word.substr(point + 1);
  if (head == "task") {
    node.element = Element::kTask;
    node.domain = Domain::kTask;
    for (size_t i = 0; i < TaskFields().size(); ++i) {
      const TaskField& field = TaskFields()[i];
      if (field.name == column && field.type.kind == Kind::kInstant) {
        node.ref = static_cast<int>(i);
        node.words = {std::string(field.column)};
      }
    }
  }
  for (const RowWord& row : kRowWords) {
    if (row.word != head) continue;
    node.element = Element::kRow;
    node.domain = Domain::kRow;
    node.table = replay::FindTable(row.table);
    const int index = node.table->Find(column);
    if (index >= 0 && node.table->columns[index].unit == v1::INSTANT) {
      node.ref = index;
      node.words = {Cat(row.table, ".", column)};
    }
  }
  if (node.ref < 0) {
    return Fail(where, Cat("found '", word,
                           "', expected an event: a clock of task, offer, "
                           "session, pay_line, prompt, appeal, sanction or "
                           "rating, such as offer.offered_at; name one"));
  }
  node.args = {Where(node)};
  if (!error_.message.empty()) return -1;
  return Add(std::move(node));
}

// "EVENT | EVENT": of the clocks one has to be in the log.
int Parser::EventList(std::vector<int>* args) {
  std::string columns;
  std::vector<int> events;
  do {
    const int event = Event();
    if (event < 0) return -1;
    if (!columns.empty()) columns += "|";
    columns += program_.nodes[event].words[0];
    events.push_back(event);
  } while (Take("|"));
  const uint64_t bits = Need(columns, soft_);
  for (int event : events) {
    program_.nodes[event].columns = bits;
    args->push_back(event);
  }
  return 0;
}

// Whether the formula is about one worker, whose events can be asked for.
bool Parser::HasWorker() const {
  if (base_ == Domain::kPlatform) return false;
  if (base_ == Domain::kAggregate) return domain_ != Domain::kAggregate;
  return base_ != Domain::kRow || vocabulary_.row_table == "offers" ||
         vocabulary_.row_table == "sessions" || vocabulary_.row_table == "pay";
}

int Parser::EventCall(std::string_view name, size_t where) {
  if (!HasWorker()) {
    return Fail(where, Cat("found ", name,
                           "() where no worker's life is at hand, expected it "
                           "in a rule over worker, task, run, offer, session "
                           "or pay_line; move it"));
  }
  std::vector<int> events;
  if (EventList(&events) < 0 || Expect(",") < 0) return -1;
  const int from = Instant("start");
  if (from < 0 || Expect(",") < 0) return -1;
  const int to = Instant("end");
  if (to < 0 || Expect(")") < 0) return -1;
  Node node{.op = name == "first"  ? Op::kFirst
                  : name == "last" ? Op::kLast
                                   : Op::kExists,
            .domain = domain_,
            .args = {from, to}};
  node.type = node.op == Op::kExists ? kBoolType : kInstantType;
  node.columns = program_.nodes[events[0]].columns;
  node.args.insert(node.args.end(), events.begin(), events.end());
  const int made = Add(std::move(node));
  if (name != "absent") return made;
  return Add({.op = Op::kNot, .type = kBoolType, .args = {made}});
}

int Parser::LatencyCall(size_t where) {
  if (!HasWorker()) {
    return Fail(where,
                "found latency() where no worker's life is at hand, expected "
                "it in a rule over worker, task, run, offer, session or "
                "pay_line; take the difference of two columns instead");
  }
  const int from = Instant("start");
  if (from < 0 || Expect(",") < 0) return -1;
  Node node{.op = Op::kLatency,
            .type = NumberType(kTime),
            .domain = domain_,
            .args = {from}};
  if (EventList(&node.args) < 0 || Expect(")") < 0) return -1;
  node.columns = program_.nodes[node.args[1]].columns;
  return Add(std::move(node));
}

int Parser::ReachedCall(size_t where) {
  Node node{.op = Op::kReached, .type = kInstantType, .domain = domain_};
  if (domain_ != Domain::kWindow && domain_ != Domain::kDay &&
      (domain_ != Domain::kTask || !HasWorker())) {
    return Fail(where,
                "found reached() outside of a worker's period, expected it of "
                "a period, a day or a task; move it");
  }
  if (Sets(&node.mask, &node.columns) < 0 || Expect(",") < 0) return -1;
  Skip();
  const size_t here = at_;
  const int amount = Sum();
  if (amount < 0 || Expect(")") < 0) return -1;
  if (!(TypeOf(amount) == NumberType(kTime))) {
    return Fail(here, Cat("found ", TypeText(TypeOf(amount)),
                          " to be reached, expected time such as 8 h; give it "
                          "a unit"));
  }
  node.args = {amount};
  return Add(std::move(node));
}

int Parser::Calendar() {
  Skip();
  const size_t where = at_;
  const std::string_view word = Word();
  const auto& names = vocabulary_.calendars;
  const auto found = std::find(names.begin(), names.end(), word);
  if (found == names.end()) {
    return Fail(
        where,
        Cat("found the calendar '", word, "', expected one of this pack",
            names.empty() ? ", which has none" : ": ", Joined(names, ", "),
            "; add calendars { ... } or correct the name"));
  }
  return static_cast<int>(found - names.begin());
}

int Parser::DuringCall(size_t where) {
  if (domain_ == Domain::kPlatform || domain_ == Domain::kAggregate) {
    return Fail(where,
                "found during() where there is no clock, expected it of a "
                "task or a row; move it");
  }
  const int instant = Instant("clock");
  if (instant < 0 || Expect(",") < 0) return -1;
  const int calendar = Calendar();
  if (calendar < 0 || Expect(")") < 0) return -1;
  return Add({.op = Op::kDuring,
              .type = kBoolType,
              .domain = domain_,
              .args = {instant},
              .calendar = calendar});
}

int Parser::MeasureCall(bool verdict, size_t where) {
  std::vector<std::string> words;
  if (domain_ != Domain::kPlatform) {
    return Fail(where, Cat("found ", verdict ? "finding" : "measure",
                           "() in a rule that is not over the platform, "
                           "expected over: \"platform\"; change one of them"));
  }
  Skip();
  const size_t here = at_;
  if (String(&words) < 0 || Expect(")") < 0) return -1;
  if (verdict && !IsVerdictPath(words[0])) {
    return Fail(here, Cat("found the verdict of '", words[0],
                          "', expected a path under measures in findings.json "
                          "to what has one, such as erosion.limitRatchet; "
                          "correct it"));
  }
  if (!verdict && !IsMeasurePath(words[0])) {
    return Fail(here, Cat("found the measure '", words[0],
                          "', expected a path under measures in findings.json "
                          "such as targets.limit.rank.pi; correct it"));
  }
  return Add({.op = verdict ? Op::kFinding : Op::kMeasure,
              .type = verdict ? kBoolType : NumberType(kPure),
              .domain = domain_,
              .words = std::move(words)});
}

int Parser::RunColumn(std::string_view word, size_t where) {
  struct Column {
    std::string_view name;
    RunField field;
    Type type;
  };
  static constexpr Column kColumns[] = {
      {"started_at", RunField::kStartedAt, kInstantType},
      {"ended_at", RunField::kEndedAt, kInstantType},
      {"length", RunField::kLength, {Kind::kNumber, kTime}},
      {"stretch_started_at", RunField::kStretchStartedAt, kInstantType}};
  for (const Column& column : kColumns) {
    if (column.name != word) continue;
    return Add({.op = Op::kField,
                .type = column.type,
                .domain = Domain::kRun,
                .ref = static_cast<int>(column.field)});
  }
  return Fail(where, Cat("found the name '", word,
                         "', expected a let, a parameter, or started_at, "
                         "ended_at, length or stretch_started_at of a run; "
                         "correct the name"));
}

// rate(topic): the class is what a column says.
int Parser::ClassByText(int index, size_t where) {
  const int text = Sum();
  if (text < 0 || Expect(")") < 0) return -1;
  if (TypeOf(text).kind != Kind::kText) {
    return Fail(where, Cat("found ", TypeText(TypeOf(text)),
                           " as a class, expected a word in quotes or a "
                           "column of words; write 'word'"));
  }
  const int made =
      Parameter(index, vocabulary_.parameters[index].classes.front(), where);
  if (made < 0) return -1;
  program_.nodes[made].words.clear();
  program_.nodes[made].args = {text};
  program_.nodes[made].columns |= program_.nodes[text].columns;
  return made;
}

int Parser::RunSubject() {
  Node node;
  domain_ = Domain::kWindow;
  const size_t where = at_;
  if (ElementHead(&node) < 0) return -1;
  Skip();
  if (node.element != Element::kRun || at_ < text_.size()) {
    return Fail(where,
                "found no run, expected run(SETS, pause) such as "
                "run(ENGAGED, 20 min); say which");
  }
  node.op = Op::kLargest;  // Never evaluated: it only holds the parts.
  node.args[0] = node.args[2];
  node.type = NumberType(kTime);
  return Add(std::move(node));
}

}  // namespace plumbline::audit
