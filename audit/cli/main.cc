#include "audit/cli/subcommand.h"

int main(int argc, char** argv) {
  return plumbline::audit::RunCommandLine(argc, argv);
}
