#include "replay/ingest/convert.h"

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "tests/mapping/support.h"

namespace plumbline::replay {
namespace {

using ::testing::HasSubstr;

constexpr std::pair<ConvertFormat, const char*> kFormats[] = {
    {ConvertFormat::kCsv, "csv"},
    {ConvertFormat::kParquet, "parquet"},
    {ConvertFormat::kArrow, "arrow"},
    {ConvertFormat::kProtobuf, "protobuf"},
    {ConvertFormat::kOcel, "ocel"}};

// A log with every form of cell: quotes, line breaks, Chinese, lists,
// fractions, negative money, dates, free columns, unknown cells, two files of
// one table.
void WriteLog(const TestFolder& folder) {
  folder
      .Write("tasks-2.csv",
             "task_id,worker_id,accepted_at,status,estimates_s,pay_base,pickup_"
             "lat,prebooked,attr_note\n"
             "t3,w1,2026-03-01T12:00:00.125+08:00,delivered,\"[600,1.5]\",-5.5,"
             "31.2345678,true,\"a, \"\"b\"\"\nc\"\n"
             "t4,,,,,,,,\n")
      .Write("tasks-1.csv",
             "task_id,worker_id,accepted_at,zone,route_distance_m,trip_time_s,"
             "commission_shown,attr_x\n"
             "t1,骑手一,2026-03-01T12:00:00+08:00,\" 东区\",1200.5,61.5,0.2,1\n"
             "t2,w2,2026-03-01T12:00:00Z,;,,,,\n")
      .Write("workers.csv",
             "worker_id,joined_at,birth_date,relation,insurances,attr_team\n"
             "w1,2025-01-01T00:00:00Z,1990-02-28,self_employed,\"["
             "\"\"injury\"\",\"\"a\\\"\"b\"\"]\",红\n")
      .Write("offers.csv",
             "moment_id,order_id,worker_id,chosen,rank,response,x_score\nm1,o1,"
             "w1,false,2,rejected,0.75\n")
      .Write("log.textproto",
             "platform: \"平台\" currency: \"CNY\" time_zone: "
             "\"Asia/Shanghai\" sources: \"synthetic: a "
             "test\" notes: \"One.\\nTwo.\"");
}

ConvertResult MustConvert(const std::string& log, ConvertFormat format,
                          const std::string& out, int threads = 1) {
  IngestOptions ingest;
  ingest.threads = threads;
  ConvertOptions options;
  options.format = format;
  FaultLog faults;
  auto result = Convert(log, ingest, options, out, faults);
  EXPECT_TRUE(result.ok()) << result.status();
  return result.ok() ? *std::move(result) : ConvertResult();
}

std::map<std::string, std::string> Bytes(const std::string& folder) {
  std::map<std::string, std::string> bytes;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    bytes[entry.path().filename()] = ReadWhole(entry.path());
  }
  return bytes;
}

TEST(ConvertTest, LosesNothingInAnyForm) {
  const TestFolder folder;
  WriteLog(folder);
  const TestLog before = ReadLog(folder.path());
  ASSERT_TRUE(before.status.ok()) << before.status;
  ASSERT_EQ(before.rows.at("tasks").size(), 4u);
  for (const auto& [format, word] : kFormats) {
    SCOPED_TRACE(word);
    const TestFolder out;
    MustConvert(folder.path(), format, out.File("log"));
    const TestLog after = ReadLog(out.File("log"));
    ASSERT_TRUE(after.status.ok()) << after.status;
    EXPECT_EQ(after.rows, before.rows);
    EXPECT_EQ(after.result.columns, before.result.columns);
    EXPECT_EQ(after.result.notes, before.result.notes);
    EXPECT_EQ(after.result.mapping_name, before.result.mapping_name);
    EXPECT_TRUE(after.quarantine.empty());
    EXPECT_EQ(after.result.info.platform(), "平台");
    EXPECT_EQ(after.result.info.currency(), "CNY");
    EXPECT_EQ(after.result.info.sources(0), "synthetic: a test");
  }
}

TEST(ConvertTest, ASecondTimeGivesTheSameBytes) {
  const TestFolder folder;
  WriteLog(folder);
  for (const auto& [format, word] : kFormats) {
    SCOPED_TRACE(word);
    const TestFolder out;
    MustConvert(folder.path(), format, out.File("first"));
    MustConvert(out.File("first"), format, out.File("second"), /*threads=*/3);
    EXPECT_EQ(Bytes(out.File("first")), Bytes(out.File("second")));
    // By way of any other form as well.
    for (const auto& [other, other_word] : kFormats) {
      SCOPED_TRACE(other_word);
      const std::string middle = out.File(absl::StrCat("by-", other_word));
      MustConvert(out.File("first"), other, middle);
      MustConvert(middle, format, middle + "-back");
      EXPECT_EQ(Bytes(out.File("first")), Bytes(middle + "-back"));
    }
  }
}

TEST(ConvertTest, KeepsTheOrderOfRowsForAnyNumberOfThreads) {
  const TestFolder folder;
  std::string tasks = "task_id,worker_id,accepted_at\n";
  for (int i = 0; i < 100'000; ++i) {
    absl::StrAppend(&tasks, "t", i, ",w", i % 97, ",", 1'772'337'600 + i, "\n");
  }
  folder.Write("tasks.csv", tasks)
      .Write("log.textproto", "instants: EPOCH_SECONDS");
  for (const auto& [format, word] : kFormats) {
    SCOPED_TRACE(word);
    const TestFolder out;
    MustConvert(folder.path(), format, out.File("one"), 1);
    MustConvert(folder.path(), format, out.File("four"), 4);
    EXPECT_EQ(Bytes(out.File("one")), Bytes(out.File("four")));
  }
}

TEST(ConvertTest, WritesTextsThatPeopleCanRead) {
  const TestFolder folder;
  WriteLog(folder);
  const ConvertResult result =
      MustConvert(folder.path(), ConvertFormat::kCsv, folder.File("out"));
  ASSERT_EQ(result.files.size(), 3u);
  EXPECT_EQ(result.files[1].name, "tasks.csv");
  EXPECT_EQ(result.files[1].rows, 4);
  EXPECT_EQ(
      ReadWhole(folder.File("out/tasks.csv")),
      "task_id,worker_id,zone,accepted_at,status,estimates_s,route_distance_m,"
      "pickup_lat,"
      "prebooked,trip_time_s,pay_base,commission_shown,attr_note,attr_x\n"
      "t1,骑手一,\" 东区\",2026-03-01T12:00:00+08:00,,,1200.5,,,61.5,,0.2,,1\n"
      "t2,w2,\";\",2026-03-01T20:00:00+08:00,,,,,,,,,,\n"
      "t3,w1,,2026-03-01T12:00:00.125+08:00,delivered,\"[600,1.5]\",,31."
      "2345678,true,,-5.50,,"
      "\"a, \"\"b\"\"\nc\",\n"
      "t4,,,,,,,,,,,,,\n");
}

TEST(ConvertTest, CarriesTheMappingAndTheInstanceAlong) {
  const TestFolder folder;
  folder
      .Write("orders.txt",
             "order\tx\ty\tplacement_time\trestaurant\tready_"
             "time\no1\t0\t0\t10\tr1\t20\n")
      .Write("couriers.txt",
             "courier\tx\ty\ton_time\toff_time\nc1\t0\t0\t0\t90\n")
      .Write("restaurants.txt", "restaurant\tx\ty\nr1\t0\t320\n")
      .Write("instance_parameters.txt",
             "meters_per_minute\tpickup service minutes\tdropoff service "
             "minutes\ttarget "
             "click-to-door\tmaximum click-to-door\tpay per order\tguaranteed "
             "pay per hour\n"
             "320\t4\t4\t40\t90\t10\t15\n")
      .Write("solution_info_orders.txt",
             "order placement_time ready_time pickup_time dropoff_time "
             "courier\no1 10 20 25 35 c1\n")
      .Write("solution_info_assignments.txt",
             "assignment_time pickup_time courier orders\n14 25 c1 o1\n")
      .Write("solution_info_couriers.txt",
             "courier departure_time origin destination\nc1 14 0 r1\n");
  const TestLog before = ReadLog(folder.path());
  const TestFolder out;
  MustConvert(folder.path(), ConvertFormat::kParquet, out.File("log"));
  const TestLog after = ReadLog(out.File("log"));
  ASSERT_TRUE(after.status.ok()) << after.status;
  EXPECT_EQ(after.result.mapping_name, "grubhub-mdrp");
  EXPECT_EQ(after.rows, before.rows);
  EXPECT_EQ(after.result.notes, before.result.notes);
  EXPECT_EQ(after.result.notes_zh, before.result.notes_zh);
  EXPECT_TRUE(after.result.mdrp.present);
  EXPECT_EQ(after.result.mdrp.driving, before.result.mdrp.driving);
  EXPECT_EQ(after.result.mdrp.guaranteed_per_hour, 15'000'000);
  EXPECT_EQ(after.result.mdrp.orders_total, 1);
}

TEST(ConvertTest, LeavesQuarantinedRowsOutAndNamesThem) {
  const TestFolder folder;
  folder.Write("tasks.csv", "task_id,worker_id,pay_base\nt1,w1,x\n,w2,1\n");
  FaultLog faults;
  ConvertOptions options;
  const auto result = Convert(folder.path(), IngestOptions(), options,
                              folder.File("out"), faults);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(ReadWhole(folder.File("out/tasks.csv")),
            "task_id,worker_id\nt1,w1\n");
  v1::Input input;
  ASSERT_TRUE(faults.Conclude(&input).ok());
  EXPECT_EQ(input.tables(0).rows_quarantined(), 1);
}

TEST(ConvertTest, LeavesNothingBehindWhenItFails) {
  const TestFolder folder;
  folder.Write("log/tasks.csv",
               "task_id,worker_id,accepted_at\nt1,w1,1772337600\n");
  FaultLog faults;
  const auto result = Convert(folder.File("log"), IngestOptions(),
                              ConvertOptions(), folder.File("out"), faults);
  EXPECT_FALSE(result.ok());
  EXPECT_EQ(Bytes(folder.File("log")).size(), 1u);
  int entries = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    (void)entry;
    ++entries;
  }
  EXPECT_EQ(entries, 1) << "only the log itself";
}

TEST(ConvertTest, RefusesAFolderThatHoldsSomething) {
  const TestFolder folder;
  folder.Write("log/tasks.csv", "task_id,worker_id\nt1,w1\n")
      .Write("out/old.csv", "x\n");
  FaultLog faults;
  const auto result = Convert(folder.File("log"), IngestOptions(),
                              ConvertOptions(), folder.File("out"), faults);
  EXPECT_THAT(std::string(result.status().message()),
              HasSubstr("out:1:1: found something there"));
  EXPECT_EQ(ReadWhole(folder.File("out/old.csv")), "x\n");
  std::filesystem::create_directory(folder.File("empty"));
  FaultLog again;
  EXPECT_TRUE(Convert(folder.File("log"), IngestOptions(), ConvertOptions(),
                      folder.File("empty"), again)
                  .ok());
}

TEST(ConvertTest, WritesOcelWithAnEventForEachInstant) {
  const TestFolder folder;
  folder.Write(
      "tasks.csv",
      "task_id,worker_id,order_id,accepted_at,completed_at,pay_base\n"
      "t1,w1,o1,2026-03-01T12:00:00Z,2026-03-01T12:30:00Z,5.5\nt2,w1,o1,,,\n");
  MustConvert(folder.path(), ConvertFormat::kOcel, folder.File("out"));
  google::protobuf::Struct ocel;
  const std::string json = ReadWhole(folder.File("out/log.ocel.json"));
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(json, &ocel).ok())
      << json;
  const auto& top = ocel.fields();
  EXPECT_EQ(top.at("objectTypes").list_value().values_size(), 3)
      << "tasks, order_id, worker_id";
  EXPECT_EQ(top.at("eventTypes").list_value().values_size(), 2);
  EXPECT_EQ(top.at("objects").list_value().values_size(), 4)
      << "two rows, an order, a worker";
  ASSERT_EQ(top.at("events").list_value().values_size(), 2);
  const auto& event =
      top.at("events").list_value().values(1).struct_value().fields();
  EXPECT_EQ(event.at("type").string_value(), "tasks.completed_at");
  EXPECT_EQ(event.at("time").string_value(), "2026-03-01T12:30:00Z");
  ASSERT_EQ(event.at("relationships").list_value().values_size(), 3);
  EXPECT_EQ(event.at("relationships")
                .list_value()
                .values(2)
                .struct_value()
                .fields()
                .at("objectId")
                .string_value(),
            "worker_id/w1");
  // Each object that an event names is there.
  std::set<std::string> ids;
  for (const auto& object : top.at("objects").list_value().values()) {
    ids.insert(object.struct_value().fields().at("id").string_value());
  }
  for (const auto& related : event.at("relationships").list_value().values()) {
    EXPECT_TRUE(ids.contains(
        related.struct_value().fields().at("objectId").string_value()));
  }
}

TEST(ConvertTest, OcelHoldsTheWholeLog) {
  const TestFolder folder;
  WriteLog(folder);
  MustConvert(folder.path(), ConvertFormat::kOcel, folder.File("out"));
  const auto files = Bytes(folder.File("out"));
  EXPECT_EQ(files.size(), 2u);
  EXPECT_TRUE(files.contains("log.ocel.json"));
  EXPECT_TRUE(files.contains("log.textproto"));
}

TEST(ConvertTest, KnowsItsWords) {
  for (const auto& [format, word] : kFormats) {
    ConvertFormat parsed = ConvertFormat::kCsv;
    EXPECT_TRUE(ParseConvertFormat(word, &parsed));
    EXPECT_EQ(parsed, format);
  }
  ConvertFormat parsed;
  EXPECT_FALSE(ParseConvertFormat("xlsx", &parsed));
}

}  // namespace
}  // namespace plumbline::replay
