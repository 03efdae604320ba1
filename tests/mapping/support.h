#ifndef PLUMBLINE_TESTS_MAPPING_SUPPORT_H_
#define PLUMBLINE_TESTS_MAPPING_SUPPORT_H_

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "plumbline/v1/result.pb.h"
#include "replay/ingest/ingest.h"
#include "replay/ingest/record_batch.h"

namespace plumbline::replay {

// A folder of made-up files, gone with the object.
class TestFolder {
 public:
  TestFolder();
  ~TestFolder();
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  const TestFolder& Write(const std::string& name,
                          const std::string& content) const;
  const std::string& path() const { return path_; }
  std::string File(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

std::string ReadWhole(const std::string& path);

// One row: canonical column to the text that a CSV log would hold, in UTC.
// Unknown cells are not there.
using TestRow = std::map<std::string, std::string>;

// Everything that came out of a log, rows in order of (file, line).
struct TestLog {
  absl::Status status;
  IngestResult result;
  v1::Input input;  // Funnel and fault counts.
  std::vector<v1::Fault> quarantine;
  std::map<std::string, std::vector<TestRow>> rows;  // By table.

  const TestRow& Row(const std::string& table, size_t index) const;
  int64_t Faults(const std::string& id) const;
  // "read/used/repaired/quarantined"
  std::string Funnel(const std::string& table) const;
};

TestLog ReadLog(const std::string& log, const IngestOptions& options = {});

}  // namespace plumbline::replay

#endif  // PLUMBLINE_TESTS_MAPPING_SUPPORT_H_
