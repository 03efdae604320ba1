#ifndef PLUMBLINE_REPLAY_INGEST_INPUT_FILES_H_
#define PLUMBLINE_REPLAY_INGEST_INPUT_FILES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace plumbline::replay {

struct InputFile {
  std::string name;  // Relative to the log; escaped where it is not UTF-8.
  std::string path;  // As it can be opened.
};

// The files that a log consists of, sorted by name: the file itself, "-" for
// standard input, or all files of a folder whose ending is that of a table.
// Hidden files and folders are left alone. Errors: InvalidArgument where there
// is no such file or folder, or no table in it.
absl::StatusOr<std::vector<InputFile>> FindInputFiles(const std::string& log);

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_INGEST_INPUT_FILES_H_
