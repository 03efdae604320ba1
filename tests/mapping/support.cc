#include "tests/mapping/support.h"

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "replay/base/units.h"
#include "replay/ingest/writers/writer.h"
#include "replay/schema/schema.h"

namespace plumbline::replay {
namespace {

class CollectingSink : public RecordSink {
 public:
  absl::Status Accept(int, const RecordBatch& batch) override {
    const std::lock_guard lock(mutex_);
    const TableSchema& table = Tables()[static_cast<size_t>(batch.table)];
    for (size_t i = 0; i < batch.rows; ++i) {
      TestRow& row = rows_[table.name][{batch.file, batch.lines[i]}];
      for (const ColumnData& data : batch.columns) {
        const ColumnSchema& column =
            table.columns[static_cast<size_t>(data.column)];
        std::string text;
        if (!data.texts.empty()) {
          text = data.texts[i];
        } else if (IsKnown(data.numbers[i])) {
          AppendValue(column, data.numbers[i], absl::UTCTimeZone(), &text);
        }
        if (!text.empty()) row[column.name] = text;
      }
      for (const auto& [name, texts] : batch.free) {
        if (!texts[i].empty()) row[std::string(name)] = texts[i];
      }
    }
    return absl::OkStatus();
  }

  std::map<std::string, std::vector<TestRow>> Rows() const {
    std::map<std::string, std::vector<TestRow>> rows;
    for (const auto& [table, by_place] : rows_) {
      for (const auto& [place, row] : by_place) rows[table].push_back(row);
    }
    return rows;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::map<std::pair<uint32_t, int64_t>, TestRow>> rows_;
};

}  // namespace

TestFolder::TestFolder() {
  path_ = (std::filesystem::temp_directory_path() / "plumbline-test-XXXXXX")
              .string();
  if (mkdtemp(path_.data()) == nullptr) ADD_FAILURE() << "no temporary folder";
}

TestFolder::~TestFolder() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
}

const TestFolder& TestFolder::Write(const std::string& name,
                                    const std::string& content) const {
  const std::filesystem::path path = File(name);
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
  return *this;
}

std::string ReadWhole(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

const TestRow& TestLog::Row(const std::string& table, size_t index) const {
  static const TestRow kNone;
  const auto found = rows.find(table);
  if (found == rows.end() || found->second.size() <= index) {
    ADD_FAILURE() << "no row " << index << " in " << table << "; " << status;
    return kNone;
  }
  return found->second[index];
}

int64_t TestLog::Faults(const std::string& id) const {
  int64_t n = 0;
  for (const v1::FaultCount& fault : input.faults()) {
    if (fault.id() == id) n += fault.n();
  }
  return n;
}

std::string TestLog::Funnel(const std::string& table) const {
  for (const v1::TableFunnel& funnel : input.tables()) {
    if (funnel.name() != table) continue;
    return absl::StrCat(funnel.rows_read(), "/", funnel.rows_used(), "/",
                        funnel.rows_repaired(), "/", funnel.rows_quarantined());
  }
  return "no such table";
}

TestLog ReadLog(const std::string& log, const IngestOptions& options) {
  TestLog read;
  FaultLog faults;
  CollectingSink sink;
  auto result = Ingest(log, options, faults, sink);
  read.status = result.status();
  if (!result.ok()) return read;
  read.result = *std::move(result);
  read.rows = sink.Rows();
  read.status = faults.Conclude(&read.input);
  if (!read.status.ok()) return read;
  read.status = faults.Visit([&](const v1::Fault& fault) {
    read.quarantine.push_back(fault);
    return absl::OkStatus();
  });
  return read;
}

}  // namespace plumbline::replay
