#ifndef PLUMBLINE_AUDIT_CLI_WORDS_H_
#define PLUMBLINE_AUDIT_CLI_WORDS_H_

#include <string>
#include <string_view>

#include "audit/report/report.h"

namespace plumbline::audit {

// One text of the command line in both languages.
struct Words {
  std::string_view en;
  std::string_view zh;

  std::string In(Language language) const {
    return std::string(language == Language::kChinese ? zh : en);
  }
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_CLI_WORDS_H_
