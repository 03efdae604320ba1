#include "tests/fuzz/fuzz_ingest.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "replay/ingest/mapping.h"
#include "replay/ingest/readers/reader.h"
#include "replay/schema/schema.h"

namespace plumbline::replay {
namespace {

[[noreturn]] void Fail(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::abort();
}

// A sum over everything that came out, in no order.
class Summer : public RecordSink {
 public:
  absl::Status Accept(int, const RecordBatch& batch) override {
    uint64_t sum = 0;
    const auto mix = [](uint64_t value) {
      value *= 0x9E3779B97F4A7C15;
      return value ^ value >> 29;
    };
    const auto text_hash = [&](std::string_view text, uint64_t hash) {
      for (const char c : text) {
        hash = mix(hash + static_cast<unsigned char>(c));
      }
      return hash;
    };
    for (size_t row = 0; row < batch.rows; ++row) {
      uint64_t hash = mix(static_cast<uint64_t>(batch.lines[row]) + 1);
      // Unknown values count for nothing: batches of protobuf have only the
      // columns that their records have. A sum, for their order is free.
      uint64_t values = 0;
      for (const ColumnData& column : batch.columns) {
        const auto seed = static_cast<uint64_t>(column.column) + 7;
        if (!column.numbers.empty() && IsKnown(column.numbers[row])) {
          values += mix(mix(seed) + static_cast<uint64_t>(column.numbers[row]));
        }
        if (!column.texts.empty() && !column.texts[row].empty()) {
          values += text_hash(column.texts[row], mix(seed));
        }
      }
      for (const auto& [name, texts] : batch.free) {
        if (texts[row].empty()) continue;
        values += text_hash(texts[row], text_hash(name, 3));
      }
      hash = mix(hash + values);
      sum += hash;
    }
    const std::lock_guard lock(mutex_);
    sum_ += sum;
    return absl::OkStatus();
  }
  uint64_t sum() const { return sum_; }

 private:
  std::mutex mutex_;
  uint64_t sum_ = 0;
};

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
  Summer summer;
  Outcome outcome;
  const absl::Status status =
      ReadTables(file, imports, decode, read, faults, summer);
  outcome.message = std::string(status.message());
  if (!status.ok()) return outcome;
  outcome.sum = summer.sum();
  v1::Input input;
  if (!faults.Conclude(&input).ok()) Fail("the fault log failed");
  outcome.input = input.SerializeAsString();
  return outcome;
}

void CheckMessage(const std::string& message) {
  if (message.rfind("input:", 0) != 0) Fail("no place in: " + message);
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
    CheckMessage(std::string(file.status().message()));
  } else {
    const Outcome one = Read(*file, 1, 1 << 20);
    const Outcome two = Read(*file, 2, 97);
    if (!one.message.empty()) CheckMessage(one.message);
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
