#include "replay/ingest/ingest.h"

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "replay/ingest/recognise.h"
#include "tests/mapping/support.h"

namespace plumbline::replay {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kTasks =
    "task_id,worker_id,accepted_at,completed_at,pay_base\n"
    "t1,w1,2026-03-01T12:00:00+08:00,2026-03-01T12:30:00+08:00,5.50\n"
    "t2,,2026-03-01T12:10:00+08:00,2026-03-01T12:20:00+08:00,\n";

std::string Message(const TestLog& log) {
  EXPECT_EQ(log.status.code(), absl::StatusCode::kInvalidArgument);
  return std::string(log.status.message());
}

TEST(TableOfNameTest, ReadsTheStem) {
  EXPECT_EQ(TableOfName("tasks.csv"), "tasks");
  EXPECT_EQ(TableOfName("2026/Tasks.csv.gz"), "tasks");
  EXPECT_EQ(TableOfName("tasks-0001.parquet"), "tasks");
  EXPECT_EQ(TableOfName("tasks_2.arrow"), "tasks");
  EXPECT_EQ(TableOfName("moment_orders.csv"), "moment_orders");
  EXPECT_EQ(TableOfName("tasks-old.csv"), "");
  EXPECT_EQ(TableOfName("payments.csv"), "");
  EXPECT_EQ(TableOfName("tasks/part-00000.parquet"), "tasks");
  EXPECT_EQ(TableOfName("tasks.parquet/day=1/part-0.parquet"), "tasks");
  EXPECT_EQ(TableOfName("tasks/sessions.csv"), "sessions");
}

TEST(IngestTest, ReadsACanonicalFolder) {
  const TestFolder folder;
  folder.Write("tasks.csv", kTasks)
      .Write("sessions-1.csv",
             "worker_id,started_at,ended_at\nw1,2026-03-01T11:00:00Z,2026-03-"
             "01T12:00:00Z\n")
      .Write("sessions-2.csv",
             "worker_id,started_at\nw2,2026-03-01T11:00:00Z\n")
      .Write("log.textproto",
             "platform: \"P\" currency: \"CNY\" time_zone: \"Asia/Shanghai\"\n")
      .Write(".hidden/tasks.csv", "nonsense\n")
      .Write("README.md", "# A log\n");
  const TestLog log = ReadLog(folder.path());
  ASSERT_TRUE(log.status.ok()) << log.status;
  EXPECT_EQ(log.result.mapping_name, "canonical");
  EXPECT_THAT(log.result.files,
              ElementsAre("sessions-1.csv", "sessions-2.csv", "tasks.csv"));
  EXPECT_EQ(log.result.info.platform(), "P");
  EXPECT_EQ(log.Funnel("tasks"), "2/2/0/0");
  EXPECT_EQ(log.Funnel("sessions"), "2/2/0/0");
  EXPECT_EQ(log.Row("tasks", 0).at("accepted_at"), "2026-03-01T04:00:00Z");
  EXPECT_EQ(log.Row("tasks", 0).at("pay_base"), "5.50");
  EXPECT_FALSE(log.Row("tasks", 1).contains("worker_id"));
  EXPECT_FALSE(log.Row("tasks", 1).contains("pay_base"));
  EXPECT_THAT(log.result.columns,
              ElementsAre("sessions.ended_at", "sessions.started_at",
                          "sessions.worker_id", "tasks.accepted_at",
                          "tasks.completed_at", "tasks.pay_base",
                          "tasks.task_id", "tasks.worker_id"));
}

TEST(IngestTest, HashesFilesWhileTheyAreRead) {
  const TestFolder folder;
  folder.Write("sessions.csv",
               "worker_id,started_at\nw2,2026-03-01T11:00:00Z\n");
  IngestOptions options;
  options.hash_files = true;
  const TestLog log = ReadLog(folder.path(), options);
  ASSERT_TRUE(log.status.ok()) << log.status;
  // As sha256sum says.
  EXPECT_THAT(log.result.file_hashes,
              ElementsAre("19bb18d5522f23ccf737dbbbdbf38a1c"
                          "5bfc012b0c356510b1f276f966d9f082"));
  EXPECT_THAT(ReadLog(folder.path()).result.file_hashes, ElementsAre(""));
}

// No message may hold bytes that are not UTF-8: names in GBK, as archives from
// Windows give them, are told escaped.
TEST(IngestTest, TellsNamesThatAreNotUtf8Escaped) {
  const TestFolder folder;
  folder.Write("tasks-\xc8\xd5.csv", "task_id,worker_id\nt1,w1\n");
  const TestLog log = ReadLog(folder.path());
  ASSERT_TRUE(log.status.ok()) << log.status;
  EXPECT_THAT(log.result.files, ElementsAre("tasks-\\xc8\\xd5.csv"));
  EXPECT_EQ(log.Funnel("tasks"), "1/1/0/0");
}

TEST(IngestTest, AColumnThatIsEmptyThroughoutGivesNothing) {
  const TestFolder folder;
  folder.Write("tasks.csv",
               "task_id,worker_id,zone,attr_a,attr_b\nt1,,,x,\nt2,,,,\n");
  const TestLog log = ReadLog(folder.path());
  ASSERT_TRUE(log.status.ok()) << log.status;
  EXPECT_THAT(log.result.columns, ElementsAre("tasks.attr_a", "tasks.task_id"));
}

TEST(IngestTest, ReadsOneFileWithTheLogInfoBesideIt) {
  const TestFolder folder;
  folder.Write("march.csv", kTasks)
      .Write("log.textproto", "currency: \"CNY\"\n");
  const TestLog log = ReadLog(folder.File("march.csv"));
  ASSERT_TRUE(log.status.ok()) << log.status;
  EXPECT_THAT(log.result.files, ElementsAre("march.csv"));
  EXPECT_EQ(log.result.info.currency(), "CNY");
  EXPECT_EQ(log.Funnel("tasks"), "2/2/0/0");
}

TEST(IngestTest, KnowsCanonicalColumnsInCapitalsAndReportsUnknownOnes) {
  const TestFolder folder;
  folder.Write("tasks.csv",
               "Task_ID,WORKER_ID,colour,attr_size\nt1,w1,red,large\n");
  const TestLog log = ReadLog(folder.path());
  ASSERT_TRUE(log.status.ok()) << log.status;
  EXPECT_THAT(log.result.unknown_columns, ElementsAre("tasks.csv:colour"));
  EXPECT_EQ(log.Row("tasks", 0), (TestRow{{"task_id", "t1"},
                                          {"worker_id", "w1"},
                                          {"attr_size", "large"}}));
}

TEST(IngestTest, WritesRowNumbersOfSeveralFilesApart) {
  const TestFolder folder;
  const std::string mapping =
      "name: \"m\" tables { table: \"tasks\" fingerprint: \"rider\" "
      "columns { to: \"task_id\" row_number: true } columns { to: "
      "\"worker_id\" from: \"rider\" } }";
  folder.Write("a.csv", "rider\nw1\nw2\n").Write("m.textproto", mapping);
  IngestOptions options;
  options.mapping_file = folder.File("m.textproto");
  TestLog log = ReadLog(folder.path(), options);
  ASSERT_TRUE(log.status.ok()) << log.status;
  EXPECT_EQ(log.Row("tasks", 1).at("task_id"), "2");
  folder.Write("b.csv", "rider\nw3\n");
  log = ReadLog(folder.path(), options);
  EXPECT_EQ(log.Row("tasks", 1).at("task_id"), "a.csv#2");
  EXPECT_EQ(log.Row("tasks", 2).at("task_id"), "b.csv#1");
}

// Pay and fares of a wide row: three tables, counted once.
TEST(IngestTest, MakesSeveralTablesOfOneFile) {
  const TestFolder folder;
  folder.Write("trips.csv", "id,rider,wage,fare\n1,w1,5,9\n2,w2,,7\n")
      .Write("m.textproto",
             "name: \"wide\" log { currency: \"CNY\" }\n"
             "tables { table: \"pay\" derived: true fingerprint: [\"wage\"]\n"
             "  columns { to: \"worker_id\" from: \"rider\" } columns { to: "
             "\"task_id\" from: \"id\" }\n"
             "  columns { to: \"kind\" constant: \"base\" } columns { to: "
             "\"amount\" from: \"wage\" } }\n"
             "tables { table: \"fares\" derived: true fingerprint: [\"fare\"]\n"
             "  columns { to: \"task_id\" from: \"id\" } columns { to: "
             "\"customer_total\" from: \"fare\" } }\n"
             "tables { table: \"tasks\" fingerprint: [\"id\", \"rider\"]\n"
             "  columns { to: \"task_id\" from: \"id\" } columns { to: "
             "\"worker_id\" from: \"rider\" } }\n");
  IngestOptions options;
  options.mapping_file = folder.File("m.textproto");
  const TestLog log = ReadLog(folder.File("trips.csv"), options);
  ASSERT_TRUE(log.status.ok()) << log.status;
  EXPECT_EQ(log.input.tables_size(), 1);
  EXPECT_EQ(log.Funnel("tasks"), "2/1/1/0") << "the pay line without an amount";
  EXPECT_EQ(log.rows.at("pay").size(), 1u);
  EXPECT_EQ(log.Row("pay", 0), (TestRow{{"worker_id", "w1"},
                                        {"task_id", "1"},
                                        {"kind", "base"},
                                        {"amount", "5.00"}}));
  EXPECT_EQ(log.rows.at("fares").size(), 2u);
  EXPECT_THAT(log.result.columns, Contains("pay.kind")) << "a constant counts";
}

TEST(IngestTest, ReadsTheFormOfInstantsThatTheLogNames) {
  const TestFolder folder;
  folder.Write("tasks.csv", "task_id,worker_id,accepted_at\nt1,w1,1772337600\n")
      .Write("log.textproto", "instants: EPOCH_SECONDS\n");
  TestLog log = ReadLog(folder.path());
  ASSERT_TRUE(log.status.ok()) << log.status;
  EXPECT_EQ(log.Row("tasks", 0).at("accepted_at"), "2026-03-01T04:00:00Z");
  IngestOptions options;
  options.instants = v1::EPOCH_MILLISECONDS;  // Overrides log.textproto.
  log = ReadLog(folder.path(), options);
  ASSERT_TRUE(log.status.ok()) << log.status;
  EXPECT_EQ(log.Row("tasks", 0).at("accepted_at"), "1970-01-21T12:18:57.6Z");
  options.instants = v1::RFC_3339;
  EXPECT_THAT(Message(ReadLog(folder.path(), options)),
              AllOf(StartsWith("tasks.csv:2:"), HasSubstr("--instants")));
}

TEST(IngestTest, TheMappingsOwnFormOfInstantsWinsForItsColumns) {
  const TestFolder folder;
  folder.Write("x.csv", "id,rider,t\n1,w1,1772337600\n")
      .Write("workers.csv", "worker_id,joined_at\nw1,2026-01-01T00:00:00Z\n")
      .Write("m.textproto",
             "name: \"m\" log { instants: EPOCH_SECONDS }\n"
             "tables { table: \"tasks\" fingerprint: \"t\" columns { to: "
             "\"task_id\" from: \"id\" }\n"
             "  columns { to: \"worker_id\" from: \"rider\" } columns { to: "
             "\"accepted_at\" from: \"t\" } }\n"
             "tables { table: \"workers\" fingerprint: \"joined_at\"\n"
             "  columns { to: \"worker_id\" from: \"worker_id\" }\n"
             "  columns { to: \"joined_at\" from: \"joined_at\" instants: "
             "RFC_3339 } }\n");
  IngestOptions options;
  options.mapping_file = folder.File("m.textproto");
  options.instants = v1::EPOCH_MILLISECONDS;
  const TestLog log = ReadLog(folder.path(), options);
  ASSERT_TRUE(log.status.ok()) << log.status;
  EXPECT_EQ(log.Row("tasks", 0).at("accepted_at"), "2026-03-01T04:00:00Z");
  EXPECT_EQ(log.Row("workers", 0).at("joined_at"), "2026-01-01T00:00:00Z");
}

TEST(IngestTest, OptionsOverrideTheLogAndSaySo) {
  const TestFolder folder;
  folder.Write("tasks.csv", kTasks)
      .Write("log.textproto", "currency: \"CNY\" time_zone: \"UTC\"\n");
  IngestOptions options;
  options.currency = "EUR";
  options.time_zone = "Asia/Shanghai";
  const TestLog log = ReadLog(folder.path(), options);
  ASSERT_TRUE(log.status.ok()) << log.status;
  EXPECT_EQ(log.result.info.currency(), "EUR");
  EXPECT_THAT(
      log.result.notes,
      ElementsAre(
          "The currency is EUR as --currency says; log.textproto says CNY.",
          "The time zone is Asia/Shanghai as --time-zone says; log.textproto "
          "says "
          "UTC."));
  EXPECT_EQ(log.result.notes_zh.size(), log.result.notes.size());
}

TEST(IngestTest, RefusesWhatIsNoLog) {
  const TestFolder folder;
  EXPECT_THAT(Message(ReadLog(folder.File("none"))),
              StartsWith(folder.File("none") + ":1:1: found no such"));
  EXPECT_THAT(Message(ReadLog(folder.path())),
              HasSubstr(":1:1: found no table in the folder"));
  folder.Write("README.md", "nothing here\n");
  EXPECT_THAT(Message(ReadLog(folder.path())),
              HasSubstr("found no table in the folder"));
  folder.Write("tasks.csv", "task_id,worker_id\n");
  EXPECT_THAT(Message(ReadLog(folder.path())),
              StartsWith("tasks.csv:2:1: found a header and no row"));
  folder.Write("tasks.csv", kTasks).Write("other.csv", "a,b\n1,2\n");
  EXPECT_THAT(Message(ReadLog(folder.path())),
              AllOf(StartsWith("other.csv:1:1: found the header a,b"),
                    HasSubstr("plumbline inspect")));
}

TEST(IngestTest, RefusesATableWithoutItsRequiredColumns) {
  const TestFolder folder;
  folder.Write("pay.csv", "worker_id,task_id\nw1,t1\n");
  EXPECT_THAT(Message(ReadLog(folder.path())),
              AllOf(StartsWith("pay.csv:1:1: found no column kind, amount"),
                    HasSubstr("the table pay")));
}

TEST(IngestTest, RefusesAColumnThatStandsTwice) {
  const TestFolder folder;
  folder.Write("tasks.csv", "task_id,worker_id,zone,Zone\nt1,w1,a,b\n");
  EXPECT_THAT(Message(ReadLog(folder.path())),
              StartsWith("tasks.csv:1:4: found the column Zone a second time"));
}

TEST(IngestTest, RefusesAMappingThatNeedsAColumnTheFileLacks) {
  const TestFolder folder;
  folder.Write("a.csv", "rider\nw1\n")
      .Write("m.textproto",
             "name: \"m\" tables { table: \"tasks\" fingerprint: \"rider\" "
             "columns { to: \"task_id\" from: \"?\" } columns { to: "
             "\"worker_id\" from: \"rider\" } }");
  IngestOptions options;
  options.mapping_file = folder.File("m.textproto");
  EXPECT_THAT(Message(ReadLog(folder.File("a.csv"), options)),
              AllOf(StartsWith("a.csv:1:1: found no column ?"),
                    HasSubstr("tasks.task_id")));
}

TEST(IngestTest, MapsFreeColumns) {
  const TestFolder folder;
  folder.Write("a.csv", "rider,team,extra\nw1,red,5\n")
      .Write("m.textproto",
             "name: \"m\" tables { table: \"workers\" fingerprint: \"rider\" "
             "columns { to: \"worker_id\" from: \"rider\" } "
             "columns { to: \"attr_team\" from: \"team\" } }");
  IngestOptions options;
  options.mapping_file = folder.File("m.textproto");
  const TestLog log = ReadLog(folder.File("a.csv"), options);
  ASSERT_TRUE(log.status.ok()) << log.status;
  EXPECT_EQ(log.Row("workers", 0),
            (TestRow{{"worker_id", "w1"}, {"attr_team", "red"}}));
  EXPECT_THAT(log.result.unknown_columns, ElementsAre("a.csv:extra"));
}

TEST(IngestTest, RefusesTwoKindsOfExportInOneFolder) {
  const TestFolder folder;
  folder
      .Write(
          "a.csv",
          "order_id,region_id,courier_id,aoi_id,accept_time,delivery_time,ds\n"
          "1,2,3,4,05-01 10:00:00,05-01 11:00:00,501\n")
      .Write("b.csv",
             "dt,courier_id,wave_id,wave_start_time,wave_end_time,order_ids\n1,"
             "2,3,4,5,[1]\n");
  EXPECT_THAT(Message(ReadLog(folder.path())),
              StartsWith("b.csv:1:1: found a file of meituan-informs beside"));
}

TEST(IngestTest, RefusesOptionsThatCannotBe) {
  const TestFolder folder;
  folder.Write("tasks.csv", kTasks);
  IngestOptions options;
  options.currency = "yuan";
  EXPECT_THAT(Message(ReadLog(folder.path(), options)),
              StartsWith("--currency:1:1: "));
  options.currency = "CNY";
  options.time_zone = "Beijing";
  EXPECT_THAT(Message(ReadLog(folder.path(), options)),
              StartsWith("--time-zone:1:1: "));
}

TEST(IngestTest, TellsTheProgressUpToTheLastByte) {
  const TestFolder folder;
  folder.Write("tasks.csv", kTasks)
      .Write("sessions.csv", "worker_id,started_at\nw1,2026-03-01T11:00:00Z\n");
  int64_t last = -1;
  int64_t whole = 0;
  IngestOptions options;
  options.threads = 2;
  options.progress = [&](int64_t done, int64_t total) {
    EXPECT_GE(done, last);
    last = done;
    whole = total;
  };
  ASSERT_TRUE(ReadLog(folder.path(), options).status.ok());
  EXPECT_EQ(whole,
            static_cast<int64_t>(
                std::filesystem::file_size(folder.File("tasks.csv")) +
                std::filesystem::file_size(folder.File("sessions.csv"))));
  EXPECT_EQ(last, whole);
}

}  // namespace
}  // namespace plumbline::replay
