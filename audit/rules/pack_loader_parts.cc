#include <algorithm>
#include <utility>

#include "audit/rules/exact.h"
#include "audit/rules/pack_loader.h"
#include "audit/rules/text.h"
#include "audit/rules/unit.h"

namespace plumbline::audit {

void PackLoader::Untestable(int index) {
  const v1::Untestable& clause = pack_->untestable(index);
  const Place place = At(&tree_, *pack_, "untestable", index);
  if (clause.id().empty() || !rule_ids_.insert(clause.id()).second) {
    Fail(place, Cat("found the id '", clause.id(),
                    "', expected one that no rule and no other untestable "
                    "clause has; give it its own"));
  }
  if (clause.clause().empty() || clause.clause_zh().empty() ||
      clause.why().empty() || clause.why_zh().empty() ||
      clause.settled_by().empty() || clause.settled_by_zh().empty()) {
    Fail(place, Cat("found the untestable clause ", clause.id(),
                    " without clause, why or settled_by in both languages, "
                    "expected all six; add them"));
  }
  if (sources_.find(clause.source()) == sources_.end()) {
    Fail(place, Cat("found the source '", clause.source(),
                    "', expected the id of one of the pack's sources; add "
                    "the source or correct the id"));
  }
}

void PackLoader::Sources() {
  for (int i = 0; i < pack_->sources_size(); ++i) {
    const v1::Source& source = pack_->sources(i);
    const Place place = At(&tree_, *pack_, "sources", i);
    if (source.id().empty() || source.title().empty()) {
      Fail(place,
           "found a source without id or title, expected both; add "
           "them");
    }
    if (!sources_.emplace(source.id(), i).second) {
      Fail(place, Cat("found the source '", source.id(),
                      "' twice, expected it once; rename one"));
    }
  }
}

void PackLoader::Places() {
  for (int i = 0; i < pack_->places_size(); ++i) {
    if (!places_.emplace(pack_->places(i).name(), i).second) {
      Fail(At(&tree_, *pack_, "places", i),
           Cat("found the place '", pack_->places(i).name(),
               "' twice, expected it once; merge them"));
    }
  }
}

void PackLoader::Masks() {
  for (int i = 0; i < pack_->masks_size(); ++i) {
    const v1::Mask& mask = pack_->masks(i);
    uint32_t bits = 0;
    for (int k = 0; k < mask.kinds_size(); ++k) {
      const int kind = PayKindNumber(mask.kinds(k));
      if (kind <= 0) {
        Fail(At(TreeOf("masks", i), mask, "kinds", k),
             Cat("found the pay kind '", mask.kinds(k),
                 "', expected one of log.proto such as base; "
                 "correct it"));
        return;
      }
      bits |= uint32_t{1} << kind;
    }
    if (!vocabulary_.masks.emplace(mask.name(), bits).second) {
      Fail(At(&tree_, *pack_, "masks", i),
           Cat("found the mask '", mask.name(),
               "' twice, expected it once; rename one"));
    }
  }
  vocabulary_.currency = pack_->currency();
}

bool PackLoader::Part(const PartError& error,
                      const google::protobuf::Message& message,
                      const Tree* tree, const Place& place) {
  if (error.message.empty()) return true;
  const auto* field = message.GetDescriptor()->FindFieldByName(error.field);
  const bool there =
      field->is_repeated()
          ? message.GetReflection()->FieldSize(message, field) > 0
          : message.GetReflection()->HasField(message, field);
  Fail(there ? At(tree, message, error.field, error.index) : place,
       error.message);
  return false;
}

void PackLoader::Calendars() {
  for (int i = 0; i < pack_->calendars_size(); ++i) {
    const v1::Calendar& calendar = pack_->calendars(i);
    const auto* tree = TreeOf("calendars", i);
    const Place place = At(&tree_, *pack_, "calendars", i);
    CompiledCalendar made;
    if (!Part(CompileCalendar(calendar, &made), calendar, tree, place)) {
      return;
    }
    if (sources_.find(calendar.source()) == sources_.end()) {
      Fail(calendar.source().empty() ? place : At(tree, calendar, "source"),
           Cat("found the source '", calendar.source(),
               "', expected the id of one of the pack's sources; add the "
               "source or correct the id"));
    }
    Confidence(calendar.confidence(), calendar.confidence().empty()
                                          ? place
                                          : At(tree, calendar, "confidence"));
    auto& names = vocabulary_.calendars;
    if (std::find(names.begin(), names.end(), calendar.name()) != names.end()) {
      Fail(place, Cat("found the calendar '", calendar.name(),
                      "' twice, expected it once; rename one"));
    }
    names.push_back(calendar.name());
    compiled_->calendars.push_back(std::move(made));
  }
}

void PackLoader::Verified() {
  for (int i = 0; i < pack_->verified_size(); ++i) {
    const v1::Verification& entry = pack_->verified(i);
    const Place place = At(&tree_, *pack_, "verified", i);
    int64_t day = 0;
    if (entry.against().empty() || entry.against_zh().empty()) {
      Fail(place,
           "found a check without its words in both languages, expected "
           "against and against_zh; add them");
    }
    Date(entry.on(),
         entry.on().empty() ? place : At(TreeOf("verified", i), entry, "on"),
         &day);
  }
}

void PackLoader::Parameter(int index) {
  const v1::RuleParameter& parameter = pack_->parameters(index);
  const auto* tree = TreeOf("parameters", index);
  const Place place = At(&tree_, *pack_, "parameters", index);
  CompiledParameter made;
  made.parameter = &parameter;
  for (const ParameterName& other : vocabulary_.parameters) {
    if (other.name == parameter.name()) {
      Fail(place, Cat("found the parameter '", parameter.name(),
                      "' twice, expected it once; put its values "
                      "together"));
    }
  }
  if (!ParseUnit(parameter.unit(), &made.unit)) {
    Fail(At(tree, parameter, "unit"),
         Cat("found the unit '", parameter.unit(), "', expected ", UnitList(),
             "; correct it"));
    return;
  }
  if (!made.unit.currency.empty() && made.unit.currency != pack_->currency()) {
    Fail(At(tree, parameter, "unit"),
         Cat("found the currency ", made.unit.currency, ", expected ",
             pack_->currency(), ", the pack's own; correct one of them"));
  }
  ParameterName name{.name = parameter.name(),
                     .dimension = made.unit.dimension};
  if (parameter.filled_by().empty() != parameter.filled_by_zh().empty()) {
    Fail(place, Cat("found the parameter '", parameter.name(),
                    "' with filled_by in one language, expected filled_by "
                    "and filled_by_zh; add the other"));
  }
  if (parameter.values_size() == 0 && parameter.filled_by().empty()) {
    Fail(place, Cat("found the parameter '", parameter.name(),
                    "' without values, expected at least one; add "
                    "values { ... }, or filled_by where only a document of "
                    "the parties gives the figure"));
  }
  std::set<std::string> classes;
  for (const v1::DatedValue& value : parameter.values()) {
    classes.insert(value.class_());
    name.by_place |= !value.place().empty();
  }
  if (classes.empty()) classes.insert("");
  made.classes.assign(classes.begin(), classes.end());
  name.classes = made.classes;
  for (int i = 0; i < parameter.values_size() && status_.ok(); ++i) {
    Value(parameter, tree, i, &made);
  }
  vocabulary_.parameters.push_back(std::move(name));
  compiled_->parameters.push_back(std::move(made));
}

void PackLoader::Value(const v1::RuleParameter& parameter, const Tree* parent,
                       int index, CompiledParameter* made) {
  const v1::DatedValue& value = parameter.values(index);
  const auto* tree = parent->GetTreeForNested(
      v1::RuleParameter::descriptor()->FindFieldByName("values"), index);
  const Place place = At(parent, parameter, "values", index);
  DatedRatio dated;
  dated.source = &value;
  if (!ParseExactDecimal(value.value(), &dated.value)) {
    Fail(value.value().empty() ? place : At(tree, value, "value"),
         Cat("found the value '", value.value(),
             "', expected a decimal number such as 0.583; correct "
             "it"));
    return;
  }
  FastMath math;
  dated.value = Reduced(math.Multiply(
      dated.value, {made->unit.numerator, made->unit.denominator}));
  if (value.valid_from().empty()) {
    Fail(place, Cat("found the value '", value.value(),
                    "' without valid_from, expected the day it took "
                    "effect; add valid_from"));
    return;
  }
  if (!Date(value.valid_from(), At(tree, value, "valid_from"), &dated.from)) {
    return;
  }
  if (!value.valid_to().empty() &&
      !Date(value.valid_to(), At(tree, value, "valid_to"), &dated.to)) {
    return;
  }
  if (dated.to < dated.from) {
    Fail(At(tree, value, "valid_to"),
         Cat("found an end ", value.valid_to(),
             " before the start, expected a later day; correct "
             "one of them"));
  }
  if (sources_.find(value.source()) == sources_.end()) {
    Fail(value.source().empty() ? place : At(tree, value, "source"),
         Cat("found the source '", value.source(),
             "', expected the id of one of the pack's sources; add "
             "the source or correct the id"));
  }
  Confidence(value.confidence(), value.confidence().empty()
                                     ? place
                                     : At(tree, value, "confidence"));
  dated.from_memory = value.confidence() == "M";
  if (!value.place().empty()) {
    const auto found = places_.find(value.place());
    if (found == places_.end()) {
      Fail(At(tree, value, "place"),
           Cat("found the place '", value.place(),
               "', expected one of the pack's places; add it "
               "there"));
      return;
    }
    dated.place = found->second;
  }
  dated.class_index = static_cast<int>(
      std::find(made->classes.begin(), made->classes.end(), value.class_()) -
      made->classes.begin());
  for (const DatedRatio& other : made->values) {
    if (other.place == dated.place && other.class_index == dated.class_index &&
        other.from <= dated.to && dated.from <= other.to) {
      Fail(place, Cat("found the value '", value.value(), "' from ",
                      value.valid_from(), " beside '", other.source->value(),
                      "' from ", other.source->valid_from(),
                      " for the same days, expected one value a day; end "
                      "the earlier one with valid_to"));
      return;
    }
  }
  made->values.push_back(dated);
}

void PackLoader::Confidence(const std::string& text, const Place& place) {
  if (text != "V1" && text != "V2" && text != "V3" && text != "C" &&
      text != "M") {
    Fail(place, Cat("found the confidence '", text,
                    "', expected V1 (read in the source), V2 (read "
                    "about), V3 (derived), C (a convention of the pack) or "
                    "M (from memory); say which"));
  }
}

}  // namespace plumbline::audit
