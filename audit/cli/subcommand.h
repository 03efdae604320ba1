#ifndef PLUMBLINE_AUDIT_CLI_SUBCOMMAND_H_
#define PLUMBLINE_AUDIT_CLI_SUBCOMMAND_H_

#include <memory>
#include <string>
#include <vector>

#include "audit/cli/console.h"
#include "audit/cli/words.h"

namespace CLI {
class App;
}

namespace plumbline::audit {

// One subcommand: what it is called, what its help says, which flags it takes,
// and what it does. Arguments that AddFlags does not name are refused.
class Subcommand {
 public:
  virtual ~Subcommand() = default;
  virtual Words help() const = 0;      // One sentence.
  virtual Words examples() const = 0;  // Lines shown under --help.
  virtual std::string name() const = 0;
  virtual void AddFlags(CLI::App& app, Language language) = 0;
  // Called once, after the flags were read. Returns an ExitCode.
  virtual int Run(Console& console) = 0;
};

std::unique_ptr<Subcommand> MakeAuditCommand();
std::unique_ptr<Subcommand> MakeInspectCommand();
std::unique_ptr<Subcommand> MakeRulesCommand();
std::unique_ptr<Subcommand> MakeExplainCommand();
std::unique_ptr<Subcommand> MakeConvertCommand();
std::unique_ptr<Subcommand> MakePartialCommand();
std::unique_ptr<Subcommand> MakeMergeCommand();

// Reads the command line and runs what it asks for. Returns an ExitCode.
int RunCommandLine(int argc, const char* const* argv);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_CLI_SUBCOMMAND_H_
