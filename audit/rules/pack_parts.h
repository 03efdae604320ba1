#ifndef PLUMBLINE_AUDIT_RULES_PACK_PARTS_H_
#define PLUMBLINE_AUDIT_RULES_PACK_PARTS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "audit/rules/compiled_pack.h"

namespace plumbline::audit {

// What is wrong with a part of a pack: the field it stands in and the words.
struct PartError {
  const char* field = nullptr;  // Name in rulepack.proto.
  int index = -1;               // Of a repeated field.
  std::string message;          // Empty: nothing is wrong.
};

// Parts of a pack from text form to what the judge uses. The messages outlive
// the compiled forms.
PartError CompileCalendar(const v1::Calendar& calendar,
                          CompiledCalendar* compiled);
PartError CompileTopUp(const v1::TopUp& top_up, CompiledTopUp* compiled);
PartError CompileWindow(const v1::Rule& rule, CompiledRule* compiled);

// "22:00" as milliseconds after midnight; false for anything else.
bool ParseClock(std::string_view text, int64_t* milliseconds);
// "monday" is 0, "sunday" 6; -1 for anything else.
int WeekdayNumber(std::string_view word);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_RULES_PACK_PARTS_H_
