#include "tests/fuzz/fuzz_ingest.h"

#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "replay/ingest/mapping.h"
#include "replay/ingest/readers/reader.h"
#include "tests/fuzz/row_sum.h"

namespace plumbline::replay {
namespace {

struct Outcome {
  std::string message;
  uint64_t sum = 0;
  std::string input;
};

Outcome Read(const SourceFile& file, int threads, int64_t block) {
  std::vector<v1::TableImport> imports;
  if (!file.names_its_tables()) {
    // The columns that are canonical, and the first as the id.
    v1::TableImport import = CanonicalImport("tasks", file.columns);
    if (import.columns_size() == 0 || import.columns(0).to() != "task_id") {
      v1::ColumnImport id;
      id.set_to("task_id");
      id.set_row_number(true);
      *import.add_columns() = id;
    }
    imports.push_back(import);
  }
  DecodeOptions decode;
  decode.time_zone = "Asia/Shanghai";
  ReadOptions read;
  read.threads = threads;
  read.block_bytes = block;
  FaultLog faults;
  faults.SetFiles({"input"});
  RowSum rows;
  Outcome outcome;
  const absl::Status status =
      ReadTables(file, imports, decode, read, faults, rows);
  outcome.message = std::string(status.message());
  if (!status.ok()) return outcome;
  outcome.sum = rows.sum();
  v1::Input input;
  if (!faults.Conclude(&input).ok()) Fail("the fault log failed");
  outcome.input = input.SerializeAsString();
  return outcome;
}

}  // namespace

void FuzzIngest(const uint8_t* data, size_t size) {
  const int descriptor = memfd_create("input", 0);
  if (descriptor < 0 ||
      write(descriptor, data, size) != static_cast<ssize_t>(size)) {
    Fail("no memory file");
  }
  auto file = Sniff(absl::StrCat("/proc/self/fd/", descriptor), "input");
  if (!file.ok()) {
    CheckPlace(std::string(file.status().message()));
  } else {
    const Outcome one = Read(*file, 1, 1 << 20);
    const Outcome two = Read(*file, 2, 97);
    if (!one.message.empty()) CheckPlace(one.message);
    if (one.message.empty() != two.message.empty()) {
      Fail("one way failed: " + one.message + two.message);
    }
    if (one.sum != two.sum || one.input != two.input) {
      Fail("block size or threads changed the rows");
    }
  }
  close(descriptor);
}

}  // namespace plumbline::replay
