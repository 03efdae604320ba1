// Every kind of fault in the catalogue is provoked by a small file.

#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "replay/ingest/ingest.h"
#include "replay/store/log_store.h"
#include "tests/mapping/support.h"

namespace plumbline::replay {
namespace {

struct Case {
  std::string fault;
  std::map<std::string, std::string> files;
  std::string table;
  std::string funnel;  // read/used/repaired/quarantined
  int64_t n = 1;
};

const std::vector<Case>& Cases() {
  static const auto& cases = *new std::vector<Case>{
      {"unparsable-cell",
       {{"tasks.csv", "task_id,worker_id,pay_base\nt1,w1,ten\nt2,w1,10\n"}},
       "tasks",
       "2/1/1/0"},
      {"number-out-of-range",
       {{"tasks.csv",
         "task_id,worker_id,pay_base\nt1,w1,99999999999999999999\n"}},
       "tasks",
       "1/0/1/0"},
      {"unknown-enum",
       {{"tasks.csv", "task_id,worker_id,status\nt1,w1,done\n"}},
       "tasks",
       "1/0/1/0"},
      {"negative-duration",
       {{"tasks.csv", "task_id,worker_id,trip_time_s\nt1,w1,-5\n"}},
       "tasks",
       "1/0/1/0"},
      {"negative-distance",
       {{"tasks.csv", "task_id,worker_id,route_distance_m\nt1,w1,-5\n"}},
       "tasks",
       "1/0/1/0"},
      {"coordinates-out-of-range",
       {{"tasks.csv",
         "task_id,worker_id,pickup_lat,pickup_lng\nt1,w1,91,181\nt2,w1,-90,"
         "180\n"}},
       "tasks",
       "2/1/1/0",
       2},
      {"not-utf8",
       // Enough good text for the file to be taken for UTF-8 as a whole.
       {{"tasks.csv",
         absl::StrCat("task_id,worker_id,zone\nt1,w1,",
                      std::string(1 << 20, 'a'), "\nt2,w1,\xff\xfe\n")}},
       "tasks",
       "2/1/1/0"},
      {"nonexistent-local-time",
       {{"trips.csv",
         "hvfhs_license_num,pickup_datetime,dropoff_datetime,trip_miles,driver_"
         "pay\n"
         "HV0003,2020-03-08 02:30:00,2020-03-08 03:30:00,1,8\n"}},
       "tasks",
       "1/0/1/0"},
      {"ambiguous-local-time",
       {{"trips.csv",
         "hvfhs_license_num,pickup_datetime,dropoff_datetime,trip_miles,driver_"
         "pay\n"
         "HV0003,2020-11-01 01:30:00,2020-11-01 03:30:00,1,8\n"}},
       "tasks",
       "1/1/0/0"},
      {"ragged-row",
       {{"tasks.csv", "task_id,worker_id\nt1,w1,x\nt2,w1\n"}},
       "tasks",
       "2/1/0/1"},
      {"missing-required",
       {{"tasks.csv", "task_id,worker_id\n,w1\nt2,\n"}},
       "tasks",
       "2/1/0/1"},
      {"unparsable-required",
       {{"sessions.csv", "worker_id,started_at\nw1,noon\n"}},
       "sessions",
       "1/0/0/1"},
      {"session-not-positive",
       {{"sessions.csv",
         "worker_id,started_at,ended_at\nw1,2026-03-01T10:00:00Z,2026-03-01T10:"
         "00:00Z\n"
         "w1,2026-03-01T10:00:00Z,2026-03-01T09:00:00Z\nw1,2026-03-01T10:00:"
         "00Z,\n"}},
       "sessions",
       "3/1/0/2",
       2},
      {"duplicate-id",
       {{"tasks.csv", "task_id,worker_id\nt1,w1\nt1,w1\nt2,w1\n"}},
       "tasks",
       "3/2/0/1"},
      {"conflicting-id",
       {{"tasks.csv", "task_id,worker_id\nt1,w1\nt1,w2\nt2,w1\n"}},
       "tasks",
       "3/1/0/2",
       2},
      {"currency-clash",
       {{"trips.csv",
         "provider_id,trip_id,trip_type,start_time,end_time,currency,trip_"
         "attributes.driver_id\n"
         "p,1,private,1772338200000,1772339400000,EUR,d\n"}},
       "tasks",
       "1/0/0/1"},
      {"not-of-this-table",
       {{"trips.csv",
         "provider_id,trip_id,trip_type,start_time,end_time,currency,trip_"
         "attributes.driver_id\n"
         "p,1,empty,1772338200000,1772339400000,USD,d\n"}},
       "tasks",
       "1/0/0/1"},
      {"clocks-out-of-order",
       {{"tasks.csv",
         "task_id,worker_id,accepted_at,completed_at\n"
         "t1,w1,2026-03-01T10:00:00Z,2026-03-01T09:00:00Z\n"}},
       "tasks",
       "1/1/0/0"},
      {"out-of-window",
       {{"tasks.csv",
         "task_id,worker_id,accepted_at\nt1,w1,2026-03-01T10:00:00Z\n"},
        {"log.textproto",
         "observed_from: \"2026-04-01T00:00:00Z\" observed_to: "
         "\"2026-05-01T00:00:00Z\""}},
       "tasks",
       "1/1/0/0"},
      {"mixed-zones",
       {{"tasks.csv",
         "task_id,worker_id,accepted_at\nt1,w1,2026-03-01T10:00:00+09:00\n"},
        {"log.textproto", "time_zone: \"Asia/Shanghai\""}},
       "tasks",
       "1/1/0/0"},
      {"orphan-reference",
       {{"tasks.csv", "task_id,worker_id\nt1,w1\n"},
        {"ratings.csv", "task_id,score\nt1,5\nt9,1\n"}},
       "ratings",
       "2/2/0/0"},
  };
  return cases;
}

TEST(FaultCatalogueTest, EveryKindIsProvoked) {
  std::set<std::string> provoked;
  for (const Case& item : Cases()) {
    SCOPED_TRACE(item.fault);
    const TestFolder folder;
    for (const auto& [name, content] : item.files) folder.Write(name, content);
    FaultLog faults;
    auto store = LogStore::Create(StoreOptions());
    ASSERT_TRUE(store.ok()) << store.status();
    const auto result = Ingest(folder.path(), IngestOptions(), faults, **store);
    ASSERT_TRUE(result.ok()) << result.status();
    ASSERT_TRUE((*store)->Finish(faults).ok());
    TestLog log;
    ASSERT_TRUE(faults.Conclude(&log.input).ok());
    EXPECT_EQ(log.Faults(item.fault), item.n) << log.input.DebugString();
    EXPECT_EQ(log.Funnel(item.table), item.funnel);
    std::set<std::pair<std::string, int64_t>> rows;
    ASSERT_TRUE(faults
                    .Visit([&](const v1::Fault& fault) {
                      rows.emplace(fault.file(), fault.line());
                      return absl::OkStatus();
                    })
                    .ok());
    int64_t touched = 0;
    for (const v1::TableFunnel& table : log.input.tables()) {
      touched += table.rows_repaired() + table.rows_quarantined();
    }
    EXPECT_EQ(static_cast<int64_t>(rows.size()), touched)
        << "distinct (file, line)";
    provoked.insert(item.fault);
  }
  for (const FaultKind& kind : FaultCatalogue()) {
    EXPECT_TRUE(provoked.contains(std::string(kind.id)))
        << std::string(kind.id);
  }
}

}  // namespace
}  // namespace plumbline::replay
