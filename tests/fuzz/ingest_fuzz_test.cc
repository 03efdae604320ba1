// The fuzzer's question over small files of every format and a fixed number of
// mutations of each, so that every compiler asks it on every run.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "plumbline/v1/log.pb.h"
#include "tests/fuzz/fuzz_ingest.h"
#include "tests/fuzz/mutate.h"

namespace plumbline::replay {
namespace {

void Mutate(const std::string& seed, int rounds, uint32_t start) {
  FuzzMutations(seed, rounds, start, FuzzIngest);
}

TEST(IngestFuzz, Text) {
  Mutate(
      "task_id,worker_id,zone,accepted_at,pay_base,status,estimates_s,attr_x\n"
      "t1,w1,\"a\nb\",2026-03-01T12:30:00+08:00,12.34,delivered,\"[1,2]\",x\n"
      "\r\nt2,,\"say \"\"x\"\"\",2026-03-01T04:30:00Z,-1e3,open,,\r\n"
      "short\nt3,w3,z,,0.0000001,flown,[,\xc3\xa9\n",
      3000, 1);
}

TEST(IngestFuzz, Ocel) {
  Mutate(
      R"({"objectTypes":[{"name":"tasks","attributes":[{"name":"task_id"},)"
      R"({"name":"x"}]}],"objects":[{"id":"1","type":"tasks","attributes":[)"
      R"({"name":"task_id","time":"","value":"t\u00e91"},{"name":"pay_base",)"
      R"("value":-1.5e2},{"name":"attr_y","value":[1,{"a":"]"}]}]},)"
      R"({"type":"worker_id"},{"type":"sessions","attributes":[{"name":)"
      R"("worker_id","value":"w"}]}],"events":[{"id":"\"]"}]})",
      3000, 5);
}

// Parquet and Arrow IPC, which are no texts to write down here.
TEST(IngestFuzz, SeedsAndTheirMutations) {
  int seeds = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(PLUMBLINE_INGEST_SEEDS)) {
    std::ostringstream text;
    text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    Mutate(text.str(), 400, 2);
    ++seeds;
  }
  EXPECT_GE(seeds, 9);
}

TEST(IngestFuzz, Protobuf) {
  std::string bytes;
  for (int i = 0; i < 10; ++i) {
    v1::LogRecord record;
    record.mutable_task()->set_task_id(std::to_string(i));
    record.mutable_task()->set_accepted_at(i);
    record.mutable_task()->add_estimates_s(i);
    record.mutable_task()->mutable_attributes()->insert({"x", "y"});
    if (i % 3 == 0) {
      record.mutable_session()->set_worker_id("w");
      record.mutable_session()->set_started_at(i);
    }
    const std::string one = record.SerializeAsString();
    bytes.push_back(static_cast<char>(one.size()));
    bytes += one;
  }
  Mutate(bytes, 2000, 4);
}

}  // namespace
}  // namespace plumbline::replay
