#include <algorithm>

#include "audit/rules/parser.h"
#include "audit/rules/text.h"

namespace plumbline::audit {
namespace {

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

}  // namespace

int Parser::Call(std::string_view name, size_t where) {
  if (name == "time") return TimeCall(where);
  if (name == "dist") return DistanceCall(where);
  if (name == "pay") return PayCall(where);
  if (name == "sum" || name == "count" || name == "largest" ||
      name == "smallest" || name == "quantile") {
    return OverCall(name, where);
  }
  if (name == "absent" || name == "exists" || name == "first" ||
      name == "last") {
    return EventCall(name, where);
  }
  if (name == "latency") return LatencyCall(where);
  if (name == "reached") return ReachedCall(where);
  if (name == "during") return DuringCall(where);
  if (name == "measure" || name == "finding") {
    return MeasureCall(name == "finding", where);
  }
  if (name == "min" || name == "max") return ChoiceCall(name == "min", where);
  if (name == "if") return IfCall(where);
  if (name == "known") return KnownCall();
  if (name == "recorded") return RecordedCall();
  if (name == "longest_run" || name == "longest_gap" || name == "gap") {
    return StretchCall(name == "longest_run", where);
  }
  if (name == "rank_in_estimates") return RankCall(where);
  if (name == "add_months") return MonthsCall(where);
  for (size_t i = 0; i < vocabulary_.parameters.size(); ++i) {
    if (vocabulary_.parameters[i].name != name) continue;
    Skip();
    if (at_ < text_.size() && text_[at_] != '\'') {
      return ClassByText(static_cast<int>(i), where);
    }
    std::vector<std::string> words;
    if (String(&words) < 0 || Expect(")") < 0) return -1;
    return Parameter(static_cast<int>(i), words[0], where);
  }
  return Fail(
      where, Cat("found the function '", name,
                 "', expected time, dist, pay, sum, count, largest, "
                 "smallest, quantile, "
                 "min, max, if, known, recorded, longest_run, gap, "
                 "absent, exists, first, last, latency, reached, "
                 "during, measure, finding, rank_in_estimates, add_months or a "
                 "parameter; "
                 "correct the name"));
}

int Parser::Sets(uint32_t* mask, uint64_t* columns) {
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
    *columns |= Need(found->needs,
                     soft_ || (found->bit == kRequired && *mask != kRequired));
  } while (Take("|"));
  return 0;
}

int Parser::TimeCall(size_t where) {
  uint32_t mask = 0;
  uint64_t columns = 0;
  if (Sets(&mask, &columns) < 0) return -1;
  int calendar = -1;
  if (TakeWord("in")) {
    calendar = Calendar();
    if (calendar < 0) return -1;
  }
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
              .type = NumberType(kTime),
              .domain = domain_,
              .mask = mask,
              .ref = sum ? 1 : 0,
              .columns = columns,
              .calendar = calendar});
}

int Parser::DistanceCall(size_t where) {
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
                .type = NumberType(kDistance),
                .domain = domain_,
                .ref = static_cast<int>(leg.leg),
                .columns = Need(leg.needs, soft_)});
  }
  return Fail(where, Cat("found dist(", word,
                         "), expected ENGAGED, TO_PICKUP, LOADED or "
                         "ROUTE; use one of these"));
}

int Parser::Kinds(uint32_t* mask) {
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

int Parser::RecordedCall() {
  uint32_t mask = 0;
  if (Kinds(&mask) < 0) return -1;
  return Add({.op = Op::kRecorded, .type = kBoolType, .mask = mask});
}

int Parser::PayCall(size_t where) {
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
              .type = NumberType(kMoney),
              .domain = domain_,
              .mask = mask,
              .columns = Need(columns, soft_ || debits)});
}

int Parser::ChoiceCall(bool minimum, size_t where) {
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

int Parser::IfCall(size_t where) {
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

int Parser::KnownCall() {
  const bool soft = std::exchange(soft_, true);
  const int inner = Sum();  // A text stands here alone.
  soft_ = soft;
  if (inner < 0 || Expect(")") < 0) return -1;
  return Add({.op = Op::kKnown, .type = kBoolType, .args = {inner}});
}

int Parser::StretchCall(bool run, size_t where) {
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
    if (!(TypeOf(args[0]) == NumberType(kTime))) {
      return Fail(where, Cat("found a pause of ", TypeText(TypeOf(args[0])),
                             ", expected time such as 20 min; "
                             "give it a unit"));
    }
  }
  if (Expect(")") < 0) return -1;
  return Add({.op = run ? Op::kLongestRun : Op::kLongestGap,
              .type = NumberType(kTime),
              .domain = domain_,
              .mask = mask,
              .columns = columns,
              .args = args});
}

int Parser::RankCall(size_t where) {
  if (Expect(")") < 0) return -1;
  if (domain_ != Domain::kTask) {
    return Fail(where,
                "found rank_in_estimates() outside of a task, expected "
                "it of a task; move it there");
  }
  return Add({.op = Op::kRank,
              .type = NumberType(kPure),
              .domain = domain_,
              .columns = Need("tasks.estimates_s tasks.limit_at "
                              "tasks.accepted_at",
                              soft_)});
}

int Parser::MonthsCall(size_t where) {
  const int instant = Or();
  if (instant < 0 || Expect(",") < 0) return -1;
  const int months = Or();
  if (months < 0 || Expect(")") < 0) return -1;
  if (TypeOf(instant).kind != Kind::kInstant ||
      !(TypeOf(months) == NumberType(kPure))) {
    return Fail(where,
                "found add_months() of something else, expected an "
                "instant and a number of months; check them");
  }
  return Add(
      {.op = Op::kAddMonths, .type = kInstantType, .args = {instant, months}});
}

}  // namespace plumbline::audit
