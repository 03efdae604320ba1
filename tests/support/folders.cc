#include "tests/support/folders.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace plumbline {

namespace fs = std::filesystem;

TestFolder::TestFolder() {
  path_ = (fs::temp_directory_path() / "plumbline-test-XXXXXX").string();
  if (mkdtemp(path_.data()) == nullptr) std::abort();
}

TestFolder::~TestFolder() {
  std::error_code error;
  fs::remove_all(path_, error);
}

std::string TestFolder::Write(const std::string& name,
                              std::string_view text) const {
  const std::string path = Path(name);
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream(path, std::ios::binary)
      .write(text.data(), static_cast<std::streamsize>(text.size()));
  return path;
}

std::string ReadFile(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

std::map<std::string, std::string> ReadFolder(const std::string& folder) {
  std::map<std::string, std::string> files;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(folder, error)) {
    if (!entry.is_regular_file()) continue;
    files[fs::relative(entry.path(), folder).string()] =
        ReadFile(entry.path().string());
  }
  return files;
}

}  // namespace plumbline
