#ifndef PLUMBLINE_TESTS_SUPPORT_PROGRAM_H_
#define PLUMBLINE_TESTS_SUPPORT_PROGRAM_H_

#include <sys/types.h>

#include <string>
#include <vector>

namespace plumbline {

struct ProgramRun {
  int exit_code = -1;  // -1 where a signal ended it.
  std::string out;
  std::string err;
};

// Runs the program of this build with `arguments` and waits. `input` is a file
// for its standard input, "" for none.
ProgramRun RunProgram(const std::vector<std::string>& arguments,
                      const std::string& input = "");

// Starts the program with its output thrown away and returns its process.
pid_t StartProgram(const std::vector<std::string>& arguments);

// Ends `process` without a chance to tidy up, and waits for it. False where it
// had ended by itself before.
bool Kill(pid_t process);

}  // namespace plumbline

#endif  // PLUMBLINE_TESTS_SUPPORT_PROGRAM_H_
