#ifndef PLUMBLINE_TESTS_SUPPORT_FOLDERS_H_
#define PLUMBLINE_TESTS_SUPPORT_FOLDERS_H_

#include <map>
#include <string>
#include <string_view>

namespace plumbline {

// A folder of its own for one test, gone at the end.
class TestFolder {
 public:
  TestFolder();
  ~TestFolder();
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  std::string Path(const std::string& name) const { return path_ + "/" + name; }
  // Writes a file, with its folders, and returns its path.
  std::string Write(const std::string& name, std::string_view text) const;

 private:
  std::string path_;
};

std::string ReadFile(const std::string& path);

// Every file under `folder` by relative name; empty where there is no folder.
std::map<std::string, std::string> ReadFolder(const std::string& folder);

}  // namespace plumbline

#endif  // PLUMBLINE_TESTS_SUPPORT_FOLDERS_H_
