#include "tests/fuzz/fuzz_folder.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "replay/ingest/ingest.h"
#include "tests/fuzz/row_sum.h"

namespace plumbline::replay {
namespace {

namespace fs = std::filesystem;

// One for the process, in memory where the machine has such a place; gone at
// its end.
class OwnFolder {
 public:
  OwnFolder() {
    std::error_code error;
    const bool memory = fs::is_directory("/dev/shm", error);
    std::string name =
        (memory ? fs::path("/dev/shm") : fs::temp_directory_path()) /
        "plumbline-fuzz-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) Fail("no folder");
    path_ = name;
  }
  ~OwnFolder() {
    std::error_code error;
    fs::remove_all(path_, error);
  }
  OwnFolder(const OwnFolder&) = delete;
  OwnFolder& operator=(const OwnFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

const fs::path& Folder() {
  static const OwnFolder folder;
  return folder.path();
}

void Put(const fs::path& path, std::string_view text) {
  std::error_code error;
  if (text.empty()) {
    fs::remove(path, error);
    return;
  }
  std::ofstream(path, std::ios::binary) << text;
}

struct Outcome {
  std::string message;
  uint64_t sum = 0;
  std::string facts;
};

Outcome Read(const std::string& log, const std::string& mapping, int threads) {
  IngestOptions options;
  options.threads = threads;
  options.mapping_file = mapping;
  FaultLog faults;
  RowSum rows;
  Outcome outcome;
  const auto result = Ingest(log, options, faults, rows);
  if (!result.ok()) {
    outcome.message = std::string(result.status().message());
    return outcome;
  }
  outcome.sum = rows.sum();
  v1::Input input;
  if (!faults.Conclude(&input).ok()) Fail("the fault log failed");
  outcome.facts = input.SerializeAsString() + result->info.SerializeAsString() +
                  result->mapping_name;
  for (const std::string& column : result->columns) outcome.facts += column;
  for (const std::string& note : result->notes) outcome.facts += note;
  return outcome;
}

}  // namespace

void FuzzFolder(const uint8_t* data, size_t size) {
  constexpr std::string_view kLine = "\n====\n";
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::vector<std::string_view> parts(3);
  for (size_t i = 0; i < parts.size(); ++i) {
    const size_t end =
        i + 1 == parts.size() ? std::string_view::npos : rest.find(kLine);
    parts[i] = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view()
                                         : rest.substr(end + kLine.size());
  }
  const fs::path log = Folder() / "log";
  fs::create_directory(log);
  const fs::path mapping = Folder() / "mapping.textproto";
  Put(log / "log.textproto", parts[0]);
  Put(mapping, parts[1]);
  Put(log / "tasks.csv", parts[2]);
  const std::string mapping_file =
      parts[1].empty() ? std::string() : mapping.string();
  const Outcome one = Read(log, mapping_file, 1);
  const Outcome three = Read(log, mapping_file, 3);
  if (one.message != three.message) {
    Fail("threads changed the message: " + one.message + " or " +
         three.message);
  }
  if (!one.message.empty()) CheckPlace(one.message);
  if (one.sum != three.sum || one.facts != three.facts) {
    Fail("threads changed the rows");
  }
}

}  // namespace plumbline::replay
