#include <algorithm>

#include "audit/rules/parser.h"
#include "audit/rules/text.h"
#include "replay/schema/schema.h"

namespace plumbline::audit {

int Parser::Named(std::string_view word, size_t where) {
  if (word == "true" || word == "false") {
    return Add({.op = Op::kConstant,
                .type = kBoolType,
                .constant = {word == "true", 1}});
  }
  if (Take("(")) return Call(word, where);
  if (word == "log.pay_per_order" || word == "log.guaranteed_per_hour") {
    const bool order = word == "log.pay_per_order";
    return Add({.op = Op::kLogValue,
                .type = NumberType(order ? kMoney : Over(kMoney, kTime)),
                .ref = static_cast<int>(order ? LogValue::kPayPerOrder
                                              : LogValue::kGuaranteedPerHour)});
  }
  if (word.substr(0, 7) == "roster." && domain_ != Domain::kAggregate &&
      domain_ != Domain::kPlatform) {
    return Column("workers", word.substr(7), Op::kRoster, where);
  }
  const auto let = lets_.find(std::string(word));
  if (let != lets_.end()) {
    if (nested_ > 0 && base_ == Domain::kAggregate) {
      return Fail(where, Cat("found '", word,
                             "' inside a sum over workers, expected a formula "
                             "of one worker; write it out here"));
    }
    return Add({.op = Op::kLet,
                .type = TypeOf(let->second),
                .ref = nested_ > 0 ? 1 : 0,
                .args = {let->second}});
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
    return Column(table_->name, word, Op::kField, where);
  }
  if (domain_ == Domain::kRun) return RunColumn(word, where);
  if (domain_ == Domain::kEstimate && word == "estimate") {
    return Add({.op = Op::kField,
                .type = NumberType(kTime),
                .domain = domain_,
                .ref = 0,
                .columns = Need("tasks.estimates_s", soft_)});
  }
  if ((word == "window_start" || word == "window_end") && OfWorker()) {
    return Add({.op = Op::kWindowEdge,
                .type = kInstantType,
                .domain = domain_,
                .ref = word == "window_end" ? 1 : 0});
  }
  return Fail(where, Cat("found the name '", word,
                         "', expected a let, a parameter of this "
                         "pack",
                         Columns(), "; correct the name or define it"));
}

std::string Parser::Columns() const {
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

std::vector<std::string> Parser::EnumWords(std::string_view table,
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

int Parser::Column(std::string_view table, std::string_view word, Op op,
                   size_t where) {
  const replay::TableSchema* schema = replay::FindTable(table);
  const int index = schema == nullptr ? -1 : schema->Find(word);
  if (index < 0) {
    std::vector<std::string> names;
    if (schema != nullptr) {
      for (const auto& column : schema->columns) names.push_back(column.name);
    }
    return Fail(where,
                Cat("found the name '", word, "', expected a column of ", table,
                    " (", Joined(names, ", "), "); correct the name"));
  }
  const replay::ColumnSchema& column = schema->columns[index];
  Node node{.op = op,
            .domain = domain_,
            .ref = index,
            .columns = Need(Cat(schema->name, ".", column.name), soft_),
            .table = schema};
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
        node.type = NumberType(kTime);
      } else if (column.unit == v1::MONEY) {
        node.type = NumberType(kMoney);
      } else if (column.unit == v1::DISTANCE) {
        node.type = NumberType(kDistance);
      } else {
        node.type = NumberType(kPure);
      }
      break;
    default:
      node.type = kTextType;
  }
  return Add(std::move(node));
}

int Parser::Parameter(int index, std::string name, size_t where) {
  const ParameterName& parameter = vocabulary_.parameters[index];
  const auto& classes = parameter.classes;
  if (std::find(classes.begin(), classes.end(), name) == classes.end()) {
    return Fail(where, Cat("found ", parameter.name, "('", name,
                           "'), expected one of its classes: ",
                           Joined(classes, ", "), "; correct the class"));
  }
  Node node{.op = Op::kParameter,
            .type = NumberType(parameter.dimension),
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

}  // namespace plumbline::audit
