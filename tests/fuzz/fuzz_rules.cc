#include "tests/fuzz/fuzz_rules.h"

#include <cstdlib>
#include <string>
#include <string_view>

#include "audit/rules/expression.h"
#include "audit/rules/rule_pack.h"

namespace plumbline::audit {
namespace {

void Check(bool holds) {
  if (!holds) std::abort();
}

Vocabulary Names() {
  Vocabulary names;
  names.currency = "CNY";
  names.parameters = {
      {.name = "rate", .dimension = Over(kMoney, kTime), .classes = {"", "a"}},
      {.name = "local",
       .dimension = Over(kMoney, kTime),
       .by_place = true,
       .classes = {""}}};
  names.masks["wage"] = CountedPayMask();
  names.calendars = {"night"};
  names.row_table = "offers";
  return names;
}

}  // namespace

void FuzzExpression(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static const Vocabulary& names = *new Vocabulary(Names());
  for (const Domain domain :
       {Domain::kAggregate, Domain::kWindow, Domain::kTask, Domain::kRow,
        Domain::kRun, Domain::kPlatform}) {
    Program program;
    ExpressionError error;
    const int root =
        ParseExpression(text, domain, names, {}, false, &program, &error);
    if (root >= 0) {
      Check(root < static_cast<int>(program.nodes.size()));
      continue;
    }
    Check(error.message.find("found") != std::string::npos);
    Check(error.message.find("expected") != std::string::npos);
    Check(error.offset <= size);
  }
}

void FuzzPack(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto pack = ParseRulePack(text, "pack");
  const auto again = ParseRulePack(text, "pack");
  Check(pack.ok() == again.ok());
  if (pack.ok()) {
    Check(pack->sha256 == again->sha256);
    return;
  }
  const std::string message(pack.status().message());
  Check(message == std::string(again.status().message()));
  Check(message.rfind("pack:", 0) == 0);
  Check(message.find("found") != std::string::npos);
  Check(message.find("expected") != std::string::npos);
}

}  // namespace plumbline::audit
