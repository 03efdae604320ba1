#include "tests/support/program.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "tests/support/folders.h"

namespace plumbline {
namespace {

pid_t Start(const std::vector<std::string>& arguments, const std::string& input,
            const std::string& out, const std::string& err) {
  std::vector<char*> words;
  std::string program = PLUMBLINE_PROGRAM;
  words.push_back(program.data());
  std::vector<std::string> copies = arguments;
  for (std::string& word : copies) words.push_back(word.data());
  words.push_back(nullptr);
  const pid_t child = fork();
  if (child != 0) return child;
  const std::string from = input.empty() ? "/dev/null" : input;
  dup2(open(from.c_str(), O_RDONLY), STDIN_FILENO);
  dup2(open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDOUT_FILENO);
  dup2(open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
  execv(words[0], words.data());
  _exit(127);
}

}  // namespace

ProgramRun RunProgram(const std::vector<std::string>& arguments,
                      const std::string& input) {
  const TestFolder folder;
  const std::string out = folder.Path("out"), err = folder.Path("err");
  int status = 0;
  waitpid(Start(arguments, input, out, err), &status, 0);
  ProgramRun run;
  if (WIFEXITED(status)) run.exit_code = WEXITSTATUS(status);
  run.out = ReadFile(out);
  run.err = ReadFile(err);
  return run;
}

pid_t StartProgram(const std::vector<std::string>& arguments) {
  return Start(arguments, "", "/dev/null", "/dev/null");
}

bool Kill(pid_t process) {
  kill(process, SIGKILL);
  int status = 0;
  waitpid(process, &status, 0);
  return WIFSIGNALED(status);
}

}  // namespace plumbline
