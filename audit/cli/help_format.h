#ifndef PLUMBLINE_AUDIT_CLI_HELP_FORMAT_H_
#define PLUMBLINE_AUDIT_CLI_HELP_FORMAT_H_

#include <memory>

#include "audit/report/report.h"

namespace CLI {
class FormatterBase;
}

namespace plumbline::audit {

// How the help is laid out: its headings in the language, columns aligned by
// the width that a terminal gives the characters. Subcommands that are added
// after it is set lay out theirs the same way.
std::shared_ptr<CLI::FormatterBase> MakeHelpFormat(Language language);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_CLI_HELP_FORMAT_H_
